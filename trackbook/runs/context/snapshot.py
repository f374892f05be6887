"""The context of this process in one folder: taken once, and again when git's files or the packages have changed."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from trackbook.runs.context.git import Git, NoAnswer, files_of_git, find_repository
from trackbook.runs.context.packages import installed_packages, stamps_of_packages
from trackbook.runs.context.source import entry_below
from trackbook.runs.context.uncommitted import uncommitted_diff

__all__ = ["DIFF", "PACKAGES", "Snapshot", "take"]

log = logging.getLogger("trackbook")

DIFF, PACKAGES = "trackbook/uncommitted.diff", "trackbook/packages.txt"
_PAUSE = 0.002  # seconds between two looks at the stamps: no commit is quicker, and a loop of short runs need not look
_YOUNG = 2.0  # seconds in which a working tree is taken as it was
_SHARE = 50  # and so many times what it took: to look again costs 2 % at most

Stamp = tuple[int, int, int] | None


@dataclass(slots=True, eq=False)
class Snapshot:
    """What one taking found.

    Attributes:
        tags: for every run that starts while this is current.
        files: the artifacts: path to content.
        holder: id of the run that has the files already.
        seconds: how long it took.
    """

    tags: dict[str, str]
    files: dict[str, bytes]
    seconds: float
    holder: str | None = None
    _root: str | None = None
    _stamps: dict[str, Stamp] = field(default_factory=dict)
    _packages: tuple[int, ...] = ()
    _taken: float = 0.0
    _checked: float = 0.0

    def is_current(self, folder: str) -> bool:
        """Whether the commit, the branch, what is staged and the packages are still those."""
        now = time.monotonic()
        if now < self._checked + _PAUSE:
            return True
        current = (
            find_repository(folder) == self._root
            and self._packages == (stamps_of_packages() if self._packages else ())
            and all(_stamp(path) == stamp for path, stamp in self._stamps.items())
        )
        self._checked = now if current else 0.0
        return current

    def is_young(self) -> bool:
        """Whether files that were edited meanwhile may be passed over: no stamp tells of them."""
        return not self._stamps or time.monotonic() - self._taken < max(_YOUNG, _SHARE * self.seconds)


def _stamp(path: str) -> Stamp:
    try:
        about = os.stat(path)
    except (OSError, ValueError):
        return None
    return about.st_mtime_ns, about.st_size, about.st_ino


_listed: tuple[tuple[int, ...], bytes] | None = None  # the packages, which are the same in every folder


def take(folder: str, parts: Collection[str], own_files: Callable[[str], list[str]], asking: list[Git]) -> Snapshot:
    """Look at the folder's repository and at the packages; what cannot be had is left out.

    Args:
        folder: where the code lies.
        parts: what TRACKBOOK_CAPTURE asks for.
        own_files: the files of Trackbook's own below a folder, as relative paths.
        asking: holds the `Git` that is being asked, for whoever wants to stop it.
    """
    began = time.monotonic()
    root = find_repository(folder)
    asked = root is not None and bool({"git", "diff"} & set(parts))
    stamps = {path: _stamp(path) for path in files_of_git(root)} if root is not None and asked else {}
    files: dict[str, bytes] = {}
    packages: tuple[int, ...] = ()
    if "packages" in parts:
        packages, files[PACKAGES] = _packages()
    tags: dict[str, str] = {}
    if root is not None and asked:
        try:
            asking[:] = [Git(root, own_files(root))]
            _ask(asking[0], parts, tags, files)
        except NoAnswer as problem:
            log.info("What git says of %s is not all stored with the run: %s.", root, problem)
        finally:
            asking.clear()
    return Snapshot(tags, files, time.monotonic() - began, None, root, stamps, packages, began)


def _packages() -> tuple[tuple[int, ...], bytes]:
    global _listed
    now = stamps_of_packages()
    if _listed is None or _listed[0] != now:
        _listed = (now, installed_packages().encode("utf-8", "replace"))
    return _listed


def _ask(git: Git, parts: Collection[str], tags: dict[str, str], files: dict[str, bytes]) -> None:
    """Add what git says: tags first, then the diff, which takes longer."""
    facts = git.facts()
    if "git" in parts:
        told = {
            "mlflow.source.git.commit": facts.commit,
            "mlflow.source.git.branch": facts.branch,
            "mlflow.source.git.repoURL": facts.remote,
            "trackbook.git.entry": entry_below(git.root) if "source" in parts else "",
            "trackbook.git.dirty": "true" if facts.dirty else "false",
        }
        tags |= {key: _storable(value) for key, value in told.items() if value}
    if "diff" in parts and facts.dirty:
        diff = uncommitted_diff(git, facts)
        if diff:
            files[DIFF] = diff


def _storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\0", "")[:2_000]
