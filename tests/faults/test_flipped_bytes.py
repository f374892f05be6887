"""A flipped byte of the database is reported by doctor or has changed nothing that was logged; nothing ever fails."""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import suppress
from pathlib import Path

import pytest

from trackbook.entities import Metric, Param, RunTag
from trackbook.errors import TrackbookError
from trackbook.stores import open_store
from trackbook.stores.base import NewRun
from trackbook.upkeep.doctor.checkup import examine

FLIPS = 200
TABLES = ["experiments", "experiment_tags", "runs", "params", "run_tags", "names", "series", "points", "chunks"]
TABLES += ["metric_summary", "trackbook_store"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A store of twenty runs with long and short series, params and tags."""
    path = tmp_path_factory.mktemp("whole") / "store.db"
    store = open_store(path)
    for number in range(20):
        run_id = store.create_run(NewRun("0", start_time=number)).info.run_id
        points = [Metric("loss", 1 / (step + number + 1), step, step) for step in range(1000)]
        store.log_batch(run_id, points, [Param(f"p{key}", "v" * key) for key in range(9)], [RunTag("team", "vision")])
        store.log_batch(run_id, [Metric("accuracy", number / 20, 5, 1)])
        store.update_run(run_id, status="FINISHED", end_time=9)
    store.close()
    open_store(path).close()  # which packs
    return path.read_bytes()


def content(path: Path) -> object:
    """Everything that was logged, as the database has it; why it cannot be read, if so."""
    connection = sqlite3.connect(path)
    try:
        return [connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2, 3").fetchall() for table in TABLES]
    except (sqlite3.Error, UnicodeDecodeError) as error:
        return repr(error)
    finally:
        connection.close()


def test_flipped_byte_is_reported_or_changes_nothing(whole: bytes, tmp_path: Path) -> None:
    chance = random.Random(6)
    (tmp_path / "whole.db").write_bytes(whole)
    before = content(tmp_path / "whole.db")
    silent = []
    for number in range(FLIPS):
        folder = tmp_path / str(number)
        folder.mkdir()
        path, at = folder / "store.db", chance.randrange(len(whole))
        data = bytearray(whole)
        data[at] ^= 1 << chance.randrange(8)
        path.write_bytes(data)
        path.chmod(0o600)
        reported = [finding for finding in examine(str(path)) if finding.counts]
        if not reported and content(path) != before:
            silent.append(at)
        if number % 10 == 0:
            list(examine(str(path), fix=True))
            _close(path)
        shutil.rmtree(folder)
    print(f"{FLIPS} flips, {len(silent)} of them silent")
    assert len(silent) <= FLIPS // 20, silent


def _close(path: Path) -> None:
    with suppress(TrackbookError):
        open_store(path).close()
