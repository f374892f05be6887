"""What a panel may change, and as whom: in a notebook its user may, on a page only where its host allows it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address

from trackbook.config import read_settings

__all__ = ["GUARDED", "NAMED_BY_PROXY", "Permission", "listens_beyond", "permission_here"]

#: Set by `trackbook ui` for its kernels: "token" where whoever sees the page has shown one, "header" where a proxy
#: names the user.
GUARDED = "TRACKBOOK_PAGE_GUARDED"
#: Headers by which a proxy names the user, as Voila hands them on where its option http_header_envs lists them.
NAMED_BY_PROXY = ("HTTP_X_FORWARDED_USER", "HTTP_X_REMOTE_USER", "HTTP_REMOTE_USER", "HTTP_X_AUTH_REQUEST_USER")

_READ_ONLY = "This page only reads. Its host may allow changes: trackbook ui, or TRACKBOOK_ALLOW_CHANGES=1 for Voila."
_UNKNOWN = (
    "This page only reads. It is served to other machines, and nothing says who you are: serve it with trackbook ui, "
    "which asks for a token, or behind a hub or proxy that names its user."
)

_UNNAMED = "This page only reads: the proxy before it has not named you. Its option --user-header says by which header."


@dataclass(frozen=True)
class Permission:
    """Whether a panel may change the store.

    Attributes:
        allowed: whether it may.
        why: if not, a sentence that says so and what to do; it stands where a button would be.
        actor: who the audit trail names; "" for the user of this process.
    """

    allowed: bool
    why: str = ""
    actor: str = ""


def permission_here(environ: Mapping[str, str] | None = None, beyond: Callable[[], bool] | None = None) -> Permission:
    """The permission of panels in this process: a kernel of Voila asks its settings, any other is its user's own.

    Args:
        environ: the environment; this process's if None.
        beyond: whether the page is served to other machines; `listens_beyond` of the parent process if None.
    """
    environ = os.environ if environ is None else environ
    if not (environ.get("SERVER_SOFTWARE", "").startswith("voila") or environ.get("VOILA_PREHEAT") == "True"):
        return Permission(True)
    if not read_settings(environ).allow_changes:
        return Permission(False, _READ_ONLY)
    known = _named(environ)
    if known:
        return Permission(True, actor=known)
    guard = environ.get(GUARDED, "")
    if guard == "header" or (guard != "token" and (beyond or listens_beyond)()):
        return Permission(False, _UNNAMED if guard else _UNKNOWN)
    return Permission(True, actor=f"voila:{_process_user()}")


def listens_beyond(process: int | None = None) -> bool:
    """Whether a process (the parent of this one, if None) takes connections from other machines, as far as can be seen.

    What the request says of the host is its sender's word; the sockets of the server are not. Where they cannot be
    seen the answer is yes.
    """
    try:
        import psutil
    except ImportError:  # ipykernel brings it
        return True
    try:
        held = psutil.Process(process or os.getppid()).net_connections(kind="tcp")
    except (psutil.Error, OSError):
        return True
    listening = [one.laddr.ip for one in held if one.status == psutil.CONN_LISTEN]
    return not listening or any(not ip_address(address.partition("%")[0]).is_loopback for address in listening)


def _named(environ: Mapping[str, str]) -> str:
    """The user of the hub, or whom the proxy names; "" if neither does."""
    names = (environ.get(name, "").strip() for name in ("JUPYTERHUB_USER", *NAMED_BY_PROXY))
    return next((name for name in names if name), "")


def _process_user() -> str:
    from trackbook.stores.actors import process_user

    return process_user()
