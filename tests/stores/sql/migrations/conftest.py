"""Databases as earlier versions of Trackbook left them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from trackbook.stores.journal.files import host_and_boot, read_header
from trackbook.stores.journal.records import HEADER, json_record

SNAPSHOTS = Path(__file__).parents[3] / "data" / "schemas"
Lay = Callable[[int], Path]


@pytest.fixture
def lay(tmp_path: Path) -> Lay:
    """Lays a store of a schema into a folder of its own: the database, and the journal of a writer that was killed."""

    def laid(version: int) -> Path:
        path = tmp_path / f"v{version}" / "trackbook.db"
        writers = path.parent / "trackbook.db.d" / "writers"
        writers.mkdir(parents=True)
        with closing(sqlite3.connect(path)) as connection:
            for pragma in ("auto_vacuum=INCREMENTAL", "journal_mode=WAL"):
                connection.execute(f"PRAGMA {pragma}")
            connection.executescript((SNAPSHOTS / f"v{version}.sql").read_text(encoding="utf-8"))
        snapshot = SNAPSHOTS / f"v{version}.journal"
        with open(snapshot, "rb") as file:
            header, length = read_header(file.fileno())
        here = json_record(HEADER, header | {"host": host_and_boot()[0]})  # only the same host may adopt it
        (writers / f"{header['writer']}.log").write_bytes(here + snapshot.read_bytes()[length:])
        return path

    return laid
