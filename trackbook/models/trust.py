"""Trust: whether a model that runs code when it is loaded may do so, by the digest of its files.

Trust belongs to a user: a file of digests in her configuration folder, which only she can read. A digest enters it when
a process of hers saves or logs the model, or by the command ``trackbook models trust``.
"""

from __future__ import annotations

import os
import pickle
import re
import stat
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from trackbook.config import read_settings
from trackbook.errors import InvalidParameter, UntrustedModel

if TYPE_CHECKING:
    from trackbook.runs.model_addresses import Located

__all__ = [
    "IMPORTED_TAG",
    "Origin",
    "Trust",
    "config_folder",
    "forget",
    "is_trusted",
    "origin_of",
    "remember",
    "trusted",
    "trusted_digests",
]

#: Tag of a logged model that came from another store.
IMPORTED_TAG = "trackbook.imported"
_FILE = "trusted-models"
_DIGEST = re.compile("[0-9a-f]{64}")
_seen: tuple[tuple[str, int, int] | None, frozenset[str]] = (None, frozenset())


def config_folder() -> Path:
    """The user's folder for what Trackbook keeps about her."""
    chosen = read_settings().config_dir
    if chosen:
        return Path(chosen).expanduser()
    base = os.environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base and os.path.isabs(base) else Path.home() / ".config") / "trackbook"


def trusted_digests() -> frozenset[str]:
    """The digests that this user trusts."""
    global _seen
    path = config_folder() / _FILE
    try:
        found = os.stat(path)
    except OSError:
        return frozenset()
    state = (str(path), found.st_mtime_ns, found.st_size)
    if _seen[0] != state:
        _check_private(path, found)
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        words = (line.partition(" ")[0] for line in lines)
        _seen = (state, frozenset(word for word in words if _DIGEST.fullmatch(word)))
    return _seen[1]


def _check_private(path: Path, found: os.stat_result) -> None:
    if hasattr(os, "getuid") and (found.st_uid != os.getuid() or found.st_mode & 0o022):
        raise UntrustedModel(
            f"{path} says which models may run code, and others can write to it. Make it yours alone: chmod 600 {path}"
        )


def remember(digest: str, what: str) -> None:
    """Trust a digest from now on.

    Args:
        digest: of the files, 64 hexadecimal digits.
        what: the model's address, noted beside it for people.

    Raises:
        InvalidParameter: it is no digest.
    """
    global _seen
    if not _DIGEST.fullmatch(digest):
        raise InvalidParameter(f"A digest has 64 hexadecimal digits; {digest!r:.80} has not.")
    path = config_folder() / _FILE
    note = "".join(character if character.isprintable() else " " for character in what)[:500]
    line = f"{digest} {time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} {note}\n".encode(errors="replace")
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        before = os.fstat(descriptor)
        if stat.S_IMODE(before.st_mode) & 0o077 and hasattr(os, "fchmod"):
            os.fchmod(descriptor, 0o600)
        os.write(descriptor, line)  # one write: two processes do not mix their lines
        after = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    state = (str(path), before.st_mtime_ns, before.st_size)
    if _seen[0] == state and after.st_size == before.st_size + len(line):  # nobody else has written in between
        _seen = ((str(path), after.st_mtime_ns, after.st_size), _seen[1] | {digest})


def trusted() -> list[tuple[str, str, str]]:
    """What this user trusts: digest, since when, and which model it was then; oldest first."""
    if not trusted_digests():
        return []
    lines = (config_folder() / _FILE).read_text(encoding="utf-8", errors="replace").splitlines()
    rows = {}
    for line in lines:
        digest, since, what = f"{line}  ".split(" ", 2)
        if _DIGEST.fullmatch(digest):
            rows[digest] = (digest, since, what.strip())
    return list(rows.values())


def forget(digest: str) -> None:
    """Trust a digest no longer; one that was not trusted is no error."""
    path = config_folder() / _FILE
    if digest not in trusted_digests():
        return
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
    descriptor, staged = tempfile.mkstemp(dir=path.parent, prefix=f".{_FILE}-")  # 0600
    with open(descriptor, "w", encoding="utf-8") as stream:
        stream.writelines(line for line in lines if not line.startswith(digest))
    os.replace(staged, path)


@dataclass(frozen=True)
class Origin:
    """Where a model came from, as far as trust goes.

    Attributes:
        label: its address, for errors.
        own: it lies in a local database that this user alone can write to.
        registered: the address names a registered version.
        logged_by: who logged it, if that is known.
    """

    label: str
    own: bool = False
    registered: bool = False
    logged_by: str = ""


def origin_of(located: Located) -> Origin:
    """What trust needs to know of a model that was found."""
    model, version, store = located.model, located.version, located.store
    imported = model is not None and IMPORTED_TAG in model.tags
    own = store is not None and located.files is not None and not imported and _is_own_file(store.uri)
    by = (version.user_id if version else None) or (model.tags.get("mlflow.user", "") if model else "")
    return Origin(str(located), own, version is not None, by)


def _is_own_file(uri: str) -> bool:
    """Whether a store is a database file of this user's that nobody else can write to."""
    if uri == "sqlite://":
        return True  # in the memory of this process
    if not uri.startswith("sqlite:///"):
        return False
    try:
        found = os.stat(uri.removeprefix("sqlite:///"))
    except OSError:
        return False
    return not hasattr(os, "getuid") or (found.st_uid == os.getuid() and not found.st_mode & 0o022)


def is_trusted(digest: str, origin: Origin) -> bool:
    """Whether this user's rules let a model run code: TRACKBOOK_TRUST, her file, and where it lies."""
    policy = read_settings().trust
    if policy == "none":
        return False
    if policy == "store" and origin.registered:
        return True
    return origin.own or digest in trusted_digests()


class Trust:
    """The decision for one model that is being loaded.

    Args:
        digest: of its files, as they were just read.
        origin: where they came from.
        given: what the caller said by ``trust=``; True is for this call alone, None asks the rules.
    """

    def __init__(self, digest: str, origin: Origin, given: bool | None = None) -> None:
        self.digest, self.origin, self.given = digest, origin, given

    @property
    def granted(self) -> bool:
        """Whether its code may run."""
        return is_trusted(self.digest, self.origin) if self.given is None else self.given

    def require(self, hazard: str) -> None:
        """Let a model go on whose loading runs code.

        Args:
            hazard: why it would, as the end of a sentence.

        Raises:
            UntrustedModel: it may not; the message names the digest, who logged it, and the command.
        """
        if self.granted:
            return
        origin = self.origin
        by = f", logged by {origin.logged_by}" if origin.logged_by else ""
        raise UntrustedModel(
            f"The model {origin.label} (digest {self.digest}{by}) {hazard}, so loading it could run code that came "
            f"with it. If you know where it comes from: `trackbook models trust {self.digest}` trusts it from now "
            "on, and trust=True allows this one call."
        )

    def unpickle(self, path: Path, purpose: str = "is a pickle", find: Callable[[str, str], Any] | None = None) -> Any:
        """The object in a pickle file of a model's private copy; trust is asked first.

        Args:
            path: the file.
            purpose: what kind of file it is, for the error.
            find: finds a global by module and name; None from it means the usual way.

        Raises:
            UntrustedModel: the model may not run code.
        """
        self.require(purpose)
        with path.open("rb") as stream:
            return _Unpickler(stream, find).load()


class _Unpickler(pickle.Unpickler):
    """Reads globals by way of a function first."""

    def __init__(self, stream: IO[bytes], find: Callable[[str, str], Any] | None) -> None:
        super().__init__(stream)
        self._find = find

    def find_class(self, module: str, name: str, /) -> Any:
        """The global that a pickle names."""
        found = self._find(module, name) if self._find is not None else None
        return super().find_class(module, name) if found is None else found
