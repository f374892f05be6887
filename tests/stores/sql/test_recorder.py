"""Logging to a store in memory: stored at once, refused at once, and safe between threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from trackbook.entities import Metric
from trackbook.errors import InvalidParameter, NotFound
from trackbook.stores.base import NewRun
from trackbook.stores.sql.recorder import DirectRecorder
from trackbook.stores.sql.store import SqlStore
from trackbook.uris import parse_store_uri


@pytest.fixture
def memory() -> Iterator[SqlStore]:
    store = SqlStore(parse_store_uri("sqlite://"))
    yield store
    store.close()


@pytest.fixture
def run_id(memory: SqlStore) -> str:
    return memory.create_run(NewRun("0")).info.run_id


def test_point_is_stored_when_the_call_returns(memory: SqlStore, run_id: str) -> None:
    recorder = memory.recorder(run_id)
    assert isinstance(recorder, DirectRecorder)
    recorder.log("loss", 0.5, 1)
    assert len(memory.read_feed(run_id).points["loss"].values) == 1  # a feed never flushes


def test_timestamps_never_fall(memory: SqlStore, run_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for second in (5_000_000_050, 5_000_000_040, 5_000_000_060):
        monkeypatch.setattr(time, "time_ns", lambda second=second: second * 10**9)
        memory.recorder(run_id).log("loss", 0.5, second)
    found = sorted(metric.timestamp - 5_000_000_000_000 for metric in memory.get_metric_history(run_id, "loss"))
    assert found == [50_000, 50_000, 60_000]


@pytest.mark.parametrize("metrics", [[("a", 1)], "a", {"a": "x"}, {"": 1.0}, {"a": 1.0, "b": None}])
def test_refused_call_stores_nothing(memory: SqlStore, run_id: str, metrics: Any) -> None:
    with pytest.raises(InvalidParameter):
        memory.recorder(run_id).log_many(metrics)
    assert memory.summaries(run_id) == []


def test_deleted_and_unknown_runs_take_nothing(memory: SqlStore, run_id: str) -> None:
    recorder = memory.recorder(run_id)
    memory.delete_run(run_id)
    with pytest.raises(InvalidParameter, match="deleted"):
        recorder.log_points([Metric("loss", 1.0, 1, 1)])
    with pytest.raises(NotFound):
        memory.recorder("f" * 32)
    with pytest.raises(NotFound):
        DirectRecorder(memory, "f" * 32, lambda: 5).log("loss", 1.0)


def test_threads_log_and_read_at_once(memory: SqlStore, run_id: str) -> None:
    def work(number: int) -> None:
        recorder = memory.recorder(run_id)
        for step in range(60):
            recorder.log(f"t{number}", 0.0, step)
            assert len(memory.get_metric_history(run_id, f"t{number}")) == step + 1

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [summary.count for summary in memory.summaries(run_id)] == [60] * 4
