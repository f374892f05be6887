"""Doctor's look at artifacts: every file that was recorded is read and compared, and what else lies there is told."""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from trackbook.entities import StoredFile
from trackbook.errors import NotFound, TrackbookError
from trackbook.stores.artifacts.paths import is_reserved
from trackbook.stores.artifacts.repository import ArtifactRepository, open_artifacts
from trackbook.stores.base import Store
from trackbook.stores.upkeep import KeptRun
from trackbook.upkeep.doctor.findings import ERROR, NOTE, WARNING, Finding
from trackbook.upkeep.folders import local_root
from trackbook.upkeep.orphans import DAY, orphan_folders
from trackbook.uris import SafeRelPath, strip_user_info

__all__ = ["check_artifacts", "check_orphans", "entries_of", "state_of"]

_LINK_REMEDY = "It is neither shown nor followed. Delete it, and log what it leads to if that is wanted."


class Entry(NamedTuple):
    """What lies in a run's folder: its path below that, its size, and what it is."""

    path: str
    found: os.stat_result

    @property
    def is_file(self) -> bool:
        return stat.S_ISREG(self.found.st_mode)

    @property
    def is_link(self) -> bool:
        return stat.S_ISLNK(self.found.st_mode)


def check_artifacts(store: Store, now: float | None = None) -> Iterator[Finding]:
    """Recorded files that are missing or changed, unfinished writes, links, and how many files nobody recorded.

    Args:
        store: the store; only artifacts on a local disk are looked at.
        now: seconds since 1970-01-01 UTC; the clock's if None.
    """
    now = time.time() if now is None else now
    unrecorded = elsewhere = 0
    for run in store.kept_runs():
        root = local_root(run.artifact_uri)
        if root is None:
            elsewhere += 1
            continue
        recorded = _recorded(store, run.run_id)
        if recorded is None:
            continue
        check = _RunCheck(store, run, root, recorded)
        yield from check.findings(now)
        unrecorded += check.unrecorded
    yield from _not_looked_at(store, unrecorded, elsewhere)


def _not_looked_at(store: Store, unrecorded: int, elsewhere: int) -> Iterator[Finding]:
    if unrecorded:
        what = f"Of {unrecorded} files size and hash were not recorded, so nobody can tell whether they are whole."
        remedy = "Nothing need be done: they come from an older version, or were put there by hand."
        yield Finding("artifacts", store.artifact_root(), what, NOTE, remedy)
    if elsewhere:
        what = f"The artifacts of {elsewhere} runs lie elsewhere than on a local disk, and were not read."
        yield Finding("artifacts", strip_user_info(store.uri), what, NOTE, "They are checked when they are downloaded.")


def _recorded(store: Store, run_id: str) -> dict[str, StoredFile] | None:
    try:
        return {file.path: file for file in store.stored_files(run_id)}
    except NotFound:  # purged meanwhile
        return None


class _RunCheck:
    """The check of one run's folder.

    Attributes:
        unrecorded: how many files were not recorded.
    """

    def __init__(self, store: Store, run: KeptRun, root: str, recorded: dict[str, StoredFile]) -> None:
        self._store, self._run, self._root, self._recorded = store, run, root, recorded
        self._repository = open_artifacts(root)
        self.unrecorded = 0

    def findings(self, now: float) -> Iterator[Finding]:
        """What is wrong in the folder."""
        missing = dict(self._recorded)
        left_over = []
        for entry in entries_of(self._root, ""):
            expected = missing.pop(entry.path, None) if entry.is_file else None
            if "/" not in entry.path and is_reserved(entry.path):
                left_over += [entry.path] if now - entry.found.st_mtime > DAY else []
            elif entry.is_link:
                yield self._link(entry)
            elif entry.is_file and expected is not None:
                yield from self._compare(expected, entry.found.st_size)
            elif entry.is_file:
                self.unrecorded += 1
        for expected in missing.values():
            yield from self._compare(expected, None)
        if left_over:
            yield self._left_over(left_over)

    def _compare(self, expected: StoredFile, size: int | None) -> Iterator[Finding]:
        """Compare a file with its record; once more if it was replaced meanwhile."""
        found = state_of(self._repository, expected, size)
        if not found:
            return
        now = _recorded(self._store, self._run.run_id) or {}
        if now.get(expected.path) == expected:
            remedy = "Restore it from a backup, or log it again; its run and every other file are not harmed."
            yield Finding("artifacts", f"{self._root}/{expected.path}", found, ERROR, remedy)

    def _link(self, entry: Entry) -> Finding:
        path = os.path.join(self._root, entry.path)
        real, root = os.path.realpath(path), os.path.realpath(self._root)
        if os.path.commonpath([real, root]) == root:
            return Finding("artifacts", path, f"It is a link, to {real}.", NOTE, _LINK_REMEDY)
        return Finding(
            "artifacts", path, f"It is a link that leads out of the run's folder, to {real}.", WARNING, _LINK_REMEDY
        )

    def _left_over(self, names: list[str]) -> Finding:
        what = f"{len(names)} writes were killed more than a day ago and left unfinished files: {', '.join(names[:3])}."
        remedy = "--fix deletes them; no listing shows them."
        return Finding("artifacts", self._root, what, NOTE, remedy, self._repository.remove_leftovers)


def state_of(repository: ArtifactRepository, expected: StoredFile, size: int | None) -> str:
    """What is wrong with a file, if anything; its size is None if it is missing."""
    if size is None:
        return f"It was stored with {expected.size} bytes, and is missing."
    if size != expected.size:
        return f"It has {size} bytes, and {expected.size} were stored."
    try:
        with repository.open(SafeRelPath.parse(expected.path)) as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]
    except (TrackbookError, OSError) as error:
        return f"It cannot be read: {error}"
    return "" if digest == expected.sha256 else f"Its content is not what was stored: its SHA-256 is {digest}."


def entries_of(root: str, below: str) -> Iterator[Entry]:
    """Everything in a folder and below it; links are not followed, unfinished writes not looked into."""
    try:
        with os.scandir(os.path.join(root, below)) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in found:
        path = f"{below}/{entry.name}" if below else entry.name
        with suppress(FileNotFoundError):
            yield Entry(path, entry.stat(follow_symlinks=False))
        if entry.is_dir(follow_symlinks=False) and not (below == "" and is_reserved(entry.name)):
            yield from entries_of(root, path)


def check_orphans(store: Store, now: float | None = None) -> Iterator[Finding]:
    """Folders of artifacts whose run does not exist."""
    for orphan in orphan_folders(store, time.time() if now is None else now):
        which = "a model that was never finished" if orphan.kind == "unfinished" else f"no such {orphan.kind}"
        what = f"{orphan.found.files} files with {orphan.found.size} bytes lie here, and there is {which}."
        remedy = "Look at them, then: trackbook gc --orphans" + ("" if orphan.old else " (in a day: they are new)")
        yield Finding("artifacts", orphan.path, what, WARNING if orphan.old else NOTE, remedy)
