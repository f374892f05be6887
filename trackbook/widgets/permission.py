"""What a panel may change, and as whom: in a notebook its user may, on a page only where its host allows it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from trackbook.config import read_settings

__all__ = ["Permission", "permission_here"]

_READ_ONLY = "This page only reads. Its host may allow changes: trackbook ui, or TRACKBOOK_ALLOW_CHANGES=1 for Voila."


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


def permission_here(environ: Mapping[str, str] | None = None) -> Permission:
    """The permission of panels in this process: a kernel of Voila asks its settings, any other is its user's own."""
    environ = os.environ if environ is None else environ
    if not (environ.get("SERVER_SOFTWARE", "").startswith("voila") or environ.get("VOILA_PREHEAT") == "True"):
        return Permission(True)
    if not read_settings(environ).allow_changes:
        return Permission(False, _READ_ONLY)
    return Permission(True, actor=_visitor(environ))


def _visitor(environ: Mapping[str, str]) -> str:
    """The user of the hub; else the operating system's user, marked as a visitor of the page."""
    from trackbook.stores.actors import process_user

    return environ.get("JUPYTERHUB_USER") or f"voila:{process_user()}"
