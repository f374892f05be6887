"""Clocks that jump: times of a process never fall, the last value is that of the greatest step, durations are real."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from trackbook.stores.base import NewRun
from trackbook.stores.sql.store import SqlStore
from trackbook.uris import parse_store_uri

HOUR = 3_600_000


class Wall:
    """A wall clock that is set by hand, beside the monotonic one that nobody can set."""

    def __init__(self) -> None:
        self.ahead = 0

    def time_ns(self) -> int:
        return time.monotonic_ns() + 1_700_000_000 * 10**9 + self.ahead * 1_000_000


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Wall:
    wall = Wall()
    monkeypatch.setattr(time, "time_ns", wall.time_ns)
    return wall


@pytest.fixture
def store(tmp_path: Path, wall: Wall) -> Iterator[SqlStore]:
    store = SqlStore(parse_store_uri(tmp_path / "trackbook.db"))
    yield store
    store.close()


def follow(store: SqlStore) -> None:
    """What the drainer's thread does once a second."""
    assert store._journal is not None
    store._journal.writer.follow_clock()


def test_clock_set_back_in_mid_run(store: SqlStore, wall: Wall) -> None:
    """F49."""
    run_id = store.create_run(NewRun("0", owned=True)).info.run_id
    for step, jump in enumerate([0, -HOUR, -HOUR // 2, -2 * HOUR]):
        wall.ahead = jump
        follow(store)
        store.recorder(run_id).log("loss", float(step), step)
        store.recorder(run_id).log_many({"loss": float(step), "acc": 0.5}, step)
    store.run_ended(run_id, "FINISHED")
    run = store.get_run(run_id)
    times = [metric.timestamp for metric in store.get_metric_history(run_id, "loss")]
    assert times == sorted(times)
    assert run.data.metrics["loss"] == 3.0
    assert run.info.end_time is not None
    assert run.info.start_time is not None
    assert 0 <= run.info.end_time - run.info.start_time < HOUR // 2
    assert times[0] >= run.info.start_time


def test_clock_set_forward_is_followed_once_a_second(store: SqlStore, wall: Wall) -> None:
    """A laptop that slept: its monotonic clock stood still."""
    run_id = store.create_run(NewRun("0")).info.run_id
    store.recorder(run_id).log("loss", 0.5, 1)
    wall.ahead = 8 * HOUR
    follow(store)
    store.recorder(run_id).log("loss", 0.5, 2)
    first, second = (metric.timestamp for metric in store.get_metric_history(run_id, "loss"))
    assert 8 * HOUR <= second - first < 9 * HOUR


def test_own_timestamps_are_kept_whatever_the_clock_says(store: SqlStore, wall: Wall) -> None:
    run_id = store.create_run(NewRun("0")).info.run_id
    for when in (2**53, 5, 0):
        store.recorder(run_id).log("loss", 0.5, 1, when)
    assert [metric.timestamp for metric in store.get_metric_history(run_id, "loss")] == [0, 5, 2**53]


def test_heartbeat_follows_the_clock_that_never_falls(store: SqlStore, wall: Wall) -> None:
    run_id = store.create_run(NewRun("0", owned=True)).info.run_id
    before = store.run_life(run_id).heartbeat
    wall.ahead = -HOUR
    follow(store)
    store.beat([run_id], store._now())
    after = store.run_life(run_id).heartbeat
    assert before is not None
    assert after is not None
    assert after >= before
    assert not store.run_life(run_id).lost
