"""The reading end: every record is stored once, whoever else drains and whatever fails in between."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Collection, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from trackbook.errors import StoreAway, StoreError
from trackbook.stores.journal import drainer as drainers
from trackbook.stores.journal.drainer import Drainer, Extra, Moved, drain_segment
from trackbook.stores.journal.files import Segment
from trackbook.stores.journal.records import ONE_POINT_SIZE, Batch
from trackbook.stores.journal.writer import JournalRecorder, Writer


class Shelf:
    """A sink that keeps points in a list, with a stored position as a store has it.

    Attributes:
        before: called before each batch is stored; what it raises stores nothing.
        after: called when a batch is stored; what it raises is a crash behind the commit.
    """

    def __init__(self) -> None:
        self.steps: list[int] = []
        self.batches: list[int] = []
        self.positions: dict[int, int] = {}
        self.done: list[str] = []
        self.before: Callable[[], None] = lambda: None
        self.after: Callable[[], None] = lambda: None

    def apply(self, segment: Segment | None, batch: Batch, extra: Extra | None = None) -> None:
        self.before()
        if segment is not None:
            if self.positions.get(segment.number, segment.start) != batch.start:
                raise Moved
            self.positions[segment.number] = batch.end
            self.steps += [step for _, step, _, _ in batch.points]
            self.batches.append(len(batch.points))
        if extra is not None:
            extra(self.done)
        self.after()

    def position(self, writer: str, number: int) -> int | None:
        return self.positions.get(number)

    def settle(self) -> None:
        self.done.append("settled")

    def beat(self, runs: Collection[str], now: int) -> dict[str, str]:
        return {}

    def tidy(self) -> None:
        self.done.append("tidied")

    def after_commit(self) -> None:
        self.done.append("told")


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def writer(tmp_path: Path) -> Writer:
    return Writer(tmp_path, "store")


@pytest.fixture
def recorder(writer: Writer) -> JournalRecorder:
    return JournalRecorder(writer, "r" * 32)


@pytest.fixture
def drainer(writer: Writer, shelf: Shelf) -> Iterator[Drainer]:
    drainer = Drainer(writer, shelf, lambda: None)
    yield drainer
    shelf.before = shelf.after = lambda: None
    drainer.close()


def wait_for(condition: Callable[[], bool]) -> bool:
    until = time.monotonic() + 10
    while not condition() and time.monotonic() < until:
        time.sleep(0.005)
    return condition()


def log_steps(recorder: JournalRecorder, *steps: int) -> None:
    for step in steps:
        recorder.log("loss", 0.5, step)


def test_each_record_is_stored_once(drainer: Drainer, recorder: JournalRecorder, shelf: Shelf) -> None:
    drainer.drain()
    log_steps(recorder, 0, 1)
    drainer.drain()
    drainer.drain()
    log_steps(recorder, 2)
    drainer.drain()
    assert shelf.steps == [0, 1, 2]
    assert shelf.done.count("told") == 2


def test_batches_hold_ten_thousand_points_at_most(drainer: Drainer, recorder: JournalRecorder, shelf: Shelf) -> None:
    log_steps(recorder, *range(25_000))
    drainer.drain()
    assert shelf.steps == list(range(25_000))
    assert shelf.batches == [10_000, 10_000, 5_000]


def test_what_comes_with_a_flush_is_done_once_and_last(
    drainer: Drainer, recorder: JournalRecorder, shelf: Shelf
) -> None:
    log_steps(recorder, *range(12_000))
    drainer.drain(lambda done: done.append(f"ended after {len(shelf.steps)}"))
    drainer.drain(lambda done: done.append("nothing new"))
    assert [word for word in shelf.done if word != "told"] == ["ended after 12000", "nothing new"]


def test_position_moved_by_another_is_read_again(drainer: Drainer, recorder: JournalRecorder, shelf: Shelf) -> None:
    log_steps(recorder, 0, 1)
    drainer.drain()
    end = shelf.positions[0]
    log_steps(recorder, 2, 3)
    shelf.positions[0] = end + ONE_POINT_SIZE  # somebody has stored step 2
    shelf.steps.append(2)
    drainer.drain()
    assert shelf.steps == [0, 1, 2, 3]


def test_crash_between_the_commit_and_what_follows_stores_nothing_twice(
    drainer: Drainer, recorder: JournalRecorder, shelf: Shelf
) -> None:
    def crash() -> None:
        raise KeyboardInterrupt

    log_steps(recorder, 0, 1)
    shelf.after = crash
    with pytest.raises(KeyboardInterrupt):
        drainer.drain()
    shelf.after = lambda: None
    log_steps(recorder, 2)
    drainer.drain(lambda done: done.append("ended"))
    assert shelf.steps == [0, 1, 2]
    assert "ended" in shelf.done


def test_failure_leaves_the_position_where_it_was(drainer: Drainer, recorder: JournalRecorder, shelf: Shelf) -> None:
    def away() -> None:
        raise StoreAway("busy")

    log_steps(recorder, 0)
    shelf.before = away
    for _ in range(3):
        with pytest.raises(StoreAway):
            drainer.drain()
    shelf.before = lambda: None
    drainer.drain()
    assert shelf.steps == [0]


def test_full_segments_are_stored_settled_and_removed(
    drainer: Drainer, recorder: JournalRecorder, shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drainers, "SEGMENT_SIZE", 2_000)
    for step in range(1_000):
        log_steps(recorder, step)
        if step % 60 == 0:
            drainer.drain()
    drainer.drain()
    drainer.drain()
    assert shelf.steps == list(range(1_000))
    assert len(shelf.positions) > 10
    assert len(list(tmp_path.glob("*.log"))) == 1
    assert shelf.done.count("settled") == len(shelf.positions) - 1


def test_record_after_damage_is_stored_and_the_damage_kept(
    drainer: Drainer, writer: Writer, recorder: JournalRecorder, shelf: Shelf, caplog: pytest.LogCaptureFixture
) -> None:
    log_steps(recorder, 0)
    with writer.lock, writer.still:
        writer.append(b"\x00garbage" * 3)
    log_steps(recorder, 1)
    drainer.drain()
    with writer.lock, writer.still:
        writer.append(b"\xa7\x54torn")
    drainer.drain()
    log_steps(recorder, 2)
    drainer.drain()
    (segment,) = writer.segments()[0]
    assert shelf.steps == [0, 1, 2]
    assert segment.path.with_suffix(".bad").read_bytes() == b"\x00garbage" * 3 + b"\xa7\x54torn"
    assert caplog.text.count("damaged pieces") == 2


def test_record_longer_than_one_read_is_stored_whole(
    drainer: Drainer, recorder: JournalRecorder, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drainers, "_READ", 64)
    recorder.log_many({f"k{number}": 0.0 for number in range(500)}, 3)
    log_steps(recorder, 4)
    drainer.drain()
    assert shelf.steps == [3] * 500 + [4]
    assert shelf.batches[-1] <= 501


def test_thread_stores_soon_and_ends_when_told(drainer: Drainer, writer: Writer, recorder: JournalRecorder) -> None:
    shelf = drainer._sink
    assert isinstance(shelf, Shelf)
    writer.wake = drainer.wake
    for turn in range(3):
        log_steps(recorder, turn)
        assert wait_for(lambda turn=turn: shelf.steps == list(range(turn + 1)))  # type: ignore[misc]
        drainer.stop()
        writer.awake = False
    assert wait_for(lambda: "tidied" in shelf.done)


def test_thread_complains_once_and_tries_until_it_works(
    drainer: Drainer,
    writer: Writer,
    recorder: JournalRecorder,
    shelf: Shelf,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(drainers, "_BEAT", 0.02)
    monkeypatch.setattr(drainers, "_PAUSE", 0.0)
    failures: list[int] = []

    def fail() -> None:
        failures.append(1)
        if len(failures) < 5:
            raise StoreError("the disk is away")

    shelf.before = fail
    writer.wake = drainer.wake
    with caplog.at_level(logging.WARNING):
        log_steps(recorder, 0)
        assert wait_for(lambda: shelf.steps == [0])
    assert caplog.text.count("the disk is away") == 1
    failures.clear()
    log_steps(recorder, 1)
    assert wait_for(lambda: shelf.steps == [0, 1])
    assert caplog.text.count("the disk is away") == 2


def test_thread_in_trouble_ends_when_told(
    drainer: Drainer, writer: Writer, recorder: JournalRecorder, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise StoreError("the disk is away")

    monkeypatch.setattr(drainers, "_PAUSE", 0.0)
    before = len(os.listdir("/proc/self/task"))
    shelf.before = fail
    writer.wake = drainer.wake
    log_steps(recorder, 0)
    assert wait_for(lambda: drainer._complained)
    drainer.stop()
    assert wait_for(lambda: len(os.listdir("/proc/self/task")) <= before)
    assert drainer.is_behind()


def test_disk_takes_the_journal_twice_a_second(
    drainer: Drainer, writer: Writer, recorder: JournalRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a clock that is told the time."""
    now = [100.0]
    synced: list[float] = []
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(os, "fdatasync", lambda _: synced.append(round(now[0] - 100, 2)))
    for tenth in range(30):
        now[0] = 100 + tenth / 10
        log_steps(recorder, tenth)
        drainer._sync()
    assert synced[0] == 0
    assert max(b - a for a, b in pairwise(synced)) <= 0.5


def test_closing_beside_a_thread_that_logs_loses_nothing(
    drainer: Drainer, writer: Writer, recorder: JournalRecorder, shelf: Shelf
) -> None:
    stop = threading.Event()
    logged: list[int] = []

    def log() -> None:
        while not stop.is_set():
            log_steps(recorder, len(logged))
            logged.append(1)

    thread = threading.Thread(target=log)
    thread.start()
    for _ in range(20):
        drainer.close()
    stop.set()
    thread.join()
    drainer.close()
    assert shelf.steps == list(range(len(logged)))
    assert not drainer.is_behind()


def test_adopted_tail_that_is_no_record_counts_as_damage(
    writer: Writer, recorder: JournalRecorder, shelf: Shelf
) -> None:
    log_steps(recorder, 0, 1)
    with writer.lock, writer.still:
        writer.append(b"\xa7\x54\x03\x00")
    (segment,), end = writer.segments()
    drain_segment(shelf, segment, end)
    assert (shelf.steps, segment.pos) == ([0, 1], end)
    assert segment.path.with_suffix(".bad").stat().st_size == 4
    writer.drop(segment)
