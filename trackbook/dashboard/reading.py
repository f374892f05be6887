"""A store as a page reads it: opened when it is there, read only, and looked at anew only after it has changed."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from trackbook.entities import DEFAULT_EXPERIMENT_NAME, ViewType
from trackbook.errors import StoreAway, TrackbookError
from trackbook.stores import open_store
from trackbook.stores.base import Store
from trackbook.uris import parse_store_uri, strip_user_info

__all__ = ["StoreReader", "experiments_of", "read_ahead"]

#: Seconds after which a store counts as changed though its files say nothing: a run may have been lost meanwhile.
_LOOK_ANYWAY_S = 30.0
_MOST_EXPERIMENTS = 1_000


@dataclass(frozen=True)
class _Signs:
    """What the files of a database tell without opening it."""

    inode: int
    sizes: tuple[int, ...]
    times: tuple[int, ...]


class StoreReader:
    """Reads one store for one page.

    Args:
        uri: of the store.

    Attributes:
        uri: the same, absolute.
        path: its database file; None for another kind of store.
    """

    def __init__(self, uri: str) -> None:
        parsed = parse_store_uri(uri)
        self.uri, self.path = parsed.uri, parsed.path
        self._memory = parsed.kind == "memory"
        self._signs: _Signs | None = None
        self._looked = -_LOOK_ANYWAY_S
        self._inode: int | None = None
        self._store: Store | None = None

    @property
    def shown(self) -> dict[str, str]:
        """The store as people know it: its whole ``path``, and the same ``short``, with ~ for the home folder."""
        where, home = self.path or strip_user_info(self.uri), os.path.expanduser("~").rstrip("/")
        below = bool(home) and where.startswith(home + "/")
        return {"path": where, "short": "~" + where[len(home) :] if below else where}

    @property
    def exists(self) -> bool:
        """Whether there is a store to open; for a store that is no file, opening tells."""
        return self.path is None or os.path.exists(self.path)

    def store(self) -> Store:
        """The store, open; opened anew after its file was replaced by another.

        Raises:
            StoreAway: its file is gone.
            StoreError: see `trackbook.stores.open_store`.
        """
        signs = self._read_signs()
        if self.path is not None and signs is None:
            self.close()
            raise StoreAway(f"The store {self.path} is gone. Bring the file back, or open the page of another store.")
        inode = signs.inode if signs is not None else None
        if inode != self._inode:
            self.close()
        if self._store is None or self._store.closed:
            self._store, self._inode = open_store(self.uri, read_only=not self._memory), inode
        return self._store

    def changed(self) -> bool:
        """Whether there may be something new since this was last asked."""
        signs, now = self._read_signs(), time.monotonic()
        if signs is not None and signs == self._signs and now - self._looked < _LOOK_ANYWAY_S:
            return False
        self._signs, self._looked = signs, now
        return True

    def forget(self) -> None:
        """Have the next `changed` say yes: what was read last could not be used."""
        self._looked = -_LOOK_ANYWAY_S

    def close(self) -> None:
        """Close the store; the next read opens it again."""
        if self._store is not None and not self._memory:
            self._store.close()
        self._store = None

    def _read_signs(self) -> _Signs | None:
        if self.path is None:
            return None
        found = []
        for name in (self.path, self.path + "-wal"):
            try:
                found.append(os.stat(name))
            except OSError:
                continue
        if not found or not os.path.exists(self.path):
            return None
        return _Signs(found[0].st_ino, tuple(one.st_size for one in found), tuple(one.st_mtime_ns for one in found))


def experiments_of(store: Store) -> list[dict[str, Any]]:
    """The active experiments for the rail, newest first; the Default experiment only if it has runs or is alone."""
    counts = store.run_counts()
    found = []
    for experiment in store.search_experiments(ViewType.ACTIVE_ONLY, _MOST_EXPERIMENTS):
        by_status = counts.get(experiment.experiment_id, {})
        found.append({
            "id": experiment.experiment_id,
            "name": experiment.name,
            "total": sum(by_status.values()),
            "running": by_status.get("RUNNING", 0),
            "note": str(experiment.tags.get("mlflow.note.content", ""))[:500],
        })  # fmt: skip
    used = [one for one in found if one["name"] != DEFAULT_EXPERIMENT_NAME or one["total"]]
    return used or found


def read_ahead(uri: str) -> None:
    """Look at a store once, so that the page of whoever comes finds all it needs loaded: half a second of a core."""
    reader = StoreReader(uri)
    if reader.exists:
        with suppress(TrackbookError):  # the page itself will say so
            experiments_of(reader.store())
    reader.close()
