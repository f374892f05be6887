"""Damage is noticed or harmless, and every row that can be read comes into a new store; nothing ends in a traceback."""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing
from math import inf, nan
from pathlib import Path
from typing import Any

import pytest

from trackbook.entities import Metric, Param, RunTag
from trackbook.stores import open_store
from trackbook.stores.base import NewRun, Store
from trackbook.stores.sql.tables import metadata
from trackbook.upkeep.checking import check_database
from trackbook.upkeep.recovery import recover

FLIPS = 200
RUNS = 16
Content = dict[str, set[tuple[Any, ...]]]


def _fill(store: Store) -> None:
    for number in range(RUNS):
        run_id = store.create_run(NewRun("0", f"run {number}", run_id=f"{number:032x}", owned=True)).info.run_id
        store.run_started(run_id)
        store.log_batch(run_id, params=[Param(f"p{n}", f"value {n} of {number}") for n in range(8)])
        store.log_batch(run_id, tags=[RunTag("note", "x" * 300)])
        recorder = store.recorder(run_id)
        for step in range(400 if number % 8 == 0 else 60):
            recorder.log("loss", 1 / (step + number + 1), step)
        recorder.log_points([Metric("odd", value, 5, 0) for value in (nan, inf, -0.0)])
        store.run_ended(run_id, "FINISHED")


def _content(path: Path) -> Content:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        connection.text_factory = bytes
        return {
            name: {tuple(map(repr, row)) for row in connection.execute(f'SELECT * FROM "{name}"')}
            for name in metadata.tables
        }


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sound") / "trackbook.db"
    store = open_store(path)
    _fill(store)
    store.close()
    return path


def _rows_that_differ(before: Content, after: Content) -> int:
    """How many rows are gone or changed."""
    return sum(len(rows - after[name]) for name, rows in before.items())


def _is_sound(path: Path) -> bool:
    found = check_database(path)
    return not (found.faults or found.contents or found.strays)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_one_flipped_byte_is_reported_or_harmless(sound: Path, tmp_path: Path) -> None:
    """What nothing else in a file tells, such as one value among many, may change unseen: then it is that one row."""
    content, data, chance = _content(sound), sound.read_bytes(), random.Random(6)
    counts = {"reported": 0, "harmless": 0, "one row changed": 0}
    lost = []
    for number in range(FLIPS):
        path, new = tmp_path / f"{number}.db", tmp_path / f"{number}" / "new.db"
        damaged = bytearray(data)
        damaged[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        path.write_bytes(damaged)
        if check_database(path).sound:
            changed = _rows_that_differ(content, _content(path))
            assert changed <= 1
            counts["one row changed" if changed else "harmless"] += 1
            continue
        counts["reported"] += 1
        recover(path, new)
        assert path.read_bytes() == damaged
        assert check_database(new).faults == []
        lost.append(_rows_that_differ(content, _content(new)))
        shutil.rmtree(new.parent)
    print(counts, sorted(lost))
    assert sum(counts.values()) == FLIPS
