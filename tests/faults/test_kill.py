"""kill -9 at any moment loses nothing that was acknowledged, tears no batch and stores no point twice."""

from __future__ import annotations

import mmap
import os
import random
import signal
import sqlite3
import struct
import time
from pathlib import Path

import pytest

from trackbook.entities import Param
from trackbook.stores import open_store
from trackbook.stores.base import NewRun, Store

KEYS = [f"k{number}" for number in range(10)]
ACKED = struct.Struct("<II")  # single points, batches


def _log_for_ever(store: Store, run_id: str, acked: mmap.mmap) -> None:
    """What a training does, with each acknowledgement noted where the parent sees it."""
    recorder = store.recorder(run_id)
    singles = batches = 0
    while True:
        recorder.log("single", float(singles), singles)
        singles += 1
        acked[:8] = ACKED.pack(singles, batches)
        if singles % 7 == 0:
            recorder.log_many(dict.fromkeys(KEYS, float(batches)), batches)
            batches += 1
            acked[:8] = ACKED.pack(singles, batches)
        if singles % 500 == 0:
            store.log_batch(run_id, params=[Param(f"p{singles}", "v")])


def _start_and_kill(store: Store, run_id: str, seconds: float) -> tuple[int, int]:
    acked = mmap.mmap(-1, 8)
    child = os.fork()
    if child == 0:
        try:
            _log_for_ever(store, run_id, acked)
        finally:
            os._exit(1)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return ACKED.unpack(acked[:8])


def _check(store: Store, run_id: str, singles: int, batches: int) -> None:
    steps = [metric.step for metric in store.get_metric_history(run_id, "single")]
    assert steps == list(range(len(steps)))
    assert len(steps) in (singles, singles + 1)  # one more may have been written and not yet acknowledged
    lengths = {len(store.get_metric_history(run_id, key)) for key in KEYS}
    assert len(lengths) == 1, "a batch was torn"
    assert lengths.pop() in (batches, batches + 1)
    counts = {summary.key: summary.count for summary in store.summaries(run_id)}
    assert counts.get("single", 0) == len(steps)


@pytest.mark.timeout(600)
def test_kill_at_random_moments_loses_nothing(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    rounds = 10_000 if request.config.getoption("--fuzz") else 300
    chance = random.Random(20)
    store = open_store(tmp_path / "trackbook.db")
    logged = 0
    for _ in range(rounds):
        run_id = store.create_run(NewRun("0")).info.run_id
        # most deaths right at the start and around the first drains, some later
        singles, batches = _start_and_kill(store, run_id, chance.choice([0.004, 0.02, 0.08]) * chance.random())
        _check(store, run_id, singles, batches)
        logged += singles
    store.close()
    assert logged > rounds  # the children did log
    with sqlite3.connect(tmp_path / "trackbook.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    # what is left, if anything, is the beginning of a record that a kill cut off and nobody was told was logged
    assert not list((tmp_path / "trackbook.db.d" / "writers").glob("*.log"))
