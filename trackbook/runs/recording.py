"""Sizes and hashes of a run's artifacts, kept in the store of the run."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from trackbook.entities import StoredFile
from trackbook.errors import StoreError
from trackbook.stores.base import Store

__all__ = ["RunRecords"]

log = logging.getLogger("trackbook")


class RunRecords:
    """What a store remembers of the artifacts of one run; see `trackbook.stores.artifacts.records`.

    Args:
        store: the run's store.
        run_id: the run.
    """

    def __init__(self, store: Store, run_id: str) -> None:
        self._store, self._run_id = store, run_id

    def replacing(self, paths: Sequence[str]) -> None:
        """Forget files that are about to be replaced, so that no kill leaves a record of other bytes."""
        self._store.forget_files(self._run_id, list(paths))

    def written(self, files: Sequence[StoredFile]) -> None:
        """Remember files that are there.

        Two processes that write one path at the same time both find that the other one has remembered it. Whose bytes
        came last is then not known here, so nothing is: the file is read unchecked. If the store cannot be reached,
        the files are there all the same; `doctor` finds them.
        """
        if not files:
            return
        try:
            if self._store.record_files(self._run_id, files):
                self._store.forget_files(self._run_id, [file.path for file in files])
        except StoreError as error:
            names = ", ".join(file.path for file in files[:3]) + (" ..." if len(files) > 3 else "")
            log.warning("%s: stored, but not remembered, so that reading it checks nothing: %s", names, error)

    def known(self, path: str | None = None) -> list[StoredFile]:
        """What is remembered of one file, of what lies below a folder, or of all."""
        return self._store.stored_files(self._run_id, path)
