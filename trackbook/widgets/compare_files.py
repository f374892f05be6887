"""Packages and uncommitted changes of runs, read from the files that Trackbook keeps with them."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from typing import Any

from trackbook.entities import Run
from trackbook.errors import TrackbookError
from trackbook.runs.artifacts import run_artifacts
from trackbook.runs.context.capture import CONTEXT
from trackbook.runs.context.snapshot import DIFF, PACKAGES
from trackbook.stores.base import Store
from trackbook.uris import SafeRelPath
from trackbook.widgets.compare_rows import Compared, section

__all__ = ["CHANGES", "RunFiles"]

CHANGES = "uncommitted changes"
_LARGEST = 2 << 20  # bytes of one such file; Trackbook writes less
_SECONDS = 3.0  # for all runs of one question; what comes later is said not to have been read


class RunFiles:
    """Reads such files once each: runs that started together share them.

    Args:
        store: where the runs are.
        clock: seconds.
    """

    def __init__(self, store: Store, clock: Callable[[], float] = time.monotonic) -> None:
        self._store, self._clock = store, clock
        self._known: dict[tuple[str, str], str | None] = {}

    def text(self, run: Run, path: str) -> str | None:
        """The file of a run, or of the run whose files are its own too; None if it has none, or it is too large."""
        holder = run.data.tags.get(CONTEXT) or run.info.run_id
        known = (holder, path)
        if known not in self._known:
            self._known[known] = self._read(run, holder, path)
        return self._known[known]

    def changes(self, run: Run) -> str | None:
        """The diff of what was not committed; None if there is none."""
        return self.text(run, DIFF)

    def packages(self, runs: Sequence[Compared]) -> dict[str, Any]:
        """The section of packages, with a note where some could not be read."""
        until, columns, unread, without = self._clock() + _SECONDS, [], 0, 0
        for one in runs:
            late = self._clock() > until
            text = None if late else self.text(one.run, PACKAGES)
            unread += late
            without += not late and text is None
            columns.append(_versions(text or "") | ({} if late else _told_of(self.changes(one.run))))
        found = section("packages", "Packages", columns)
        notes = [f"{without} of {len(runs)} runs keep no list of packages."] if without else []
        notes += [f"Those of {unread} runs were not read within {_SECONDS:.0f} s."] if unread else []
        return {**found, "note": " ".join(notes)}

    def _read(self, run: Run, holder: str, path: str) -> str | None:
        try:
            owner = run if holder == run.info.run_id else self._store.get_run(holder)
            place = SafeRelPath.parse(path)
            files = run_artifacts(self._store, owner)
            about = files.info(place)
            if about is None or about.is_dir or (about.file_size or 0) > _LARGEST:
                return None
            return files.read_bytes(place).decode("utf-8", "replace")
        except (TrackbookError, OSError):  # the files are gone, damaged or far away: their rows stay empty
            return None


def _told_of(changes: str | None) -> dict[str, str]:
    """The row of uncommitted changes: how many lines, and a digest by which two are told apart."""
    if not changes:
        return {}
    lines = sum(line[:1] in ("+", "-") and line[:3] not in ("+++", "---") for line in changes.splitlines())
    digest = hashlib.sha256(changes.encode("utf-8", "replace")).hexdigest()[:7]
    return {CHANGES: f"{lines} line{'' if lines == 1 else 's'}, {digest}"}


def _versions(text: str) -> dict[str, str]:
    """``name==1.2`` and ``name @ address``, a line each."""
    found = {}
    for line in text.splitlines()[:5_000]:
        for sign in ("==", " @ "):
            name, there, version = line.partition(sign)
            if there:
                found[name.strip()] = version.strip()
                break
    return found
