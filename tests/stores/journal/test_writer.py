"""The writing end: what goes out whole or not at all, through full disks, Ctrl-C, signals and new segments."""

from __future__ import annotations

import errno
import math
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from trackbook.entities import Metric
from trackbook.errors import InvalidParameter, StorageFull, StoreError
from trackbook.stores.journal.files import Segment, storage_error
from trackbook.stores.journal.records import ONE_POINT_SIZE, Series, read_batch
from trackbook.stores.journal.writer import JournalRecorder, Writer

RUN = "r" * 32
Point = tuple[str, int, float]


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Writer]:
    writer = Writer(tmp_path, "store")
    writer.wake = lambda: setattr(writer, "awake", True)
    yield writer
    for segment in writer.segments()[0]:
        segment.pos = 1 << 62
        writer.drop(segment)


@pytest.fixture
def recorder(writer: Writer) -> JournalRecorder:
    return JournalRecorder(writer, RUN)


def written(writer: Writer) -> list[Point]:
    """What a reader would find: key, step and value of each point, damage being an error."""
    points: list[Point] = []
    for segment in writer.segments()[0]:
        series: dict[int, Series] = {}
        batch = read_batch(segment.path.read_bytes(), 0, series, 1 << 30)
        assert batch.damage == []
        points += [(series[number].key, step, value) for number, step, _, value in batch.points]
    return points


def test_series_is_named_once_a_segment(writer: Writer, recorder: JournalRecorder) -> None:
    for step in range(3):
        recorder.log("loss", 0.5, step)
    before = writer.size()
    recorder.log("loss", 0.5, 3)
    assert writer.size() - before == ONE_POINT_SIZE
    assert written(writer) == [("loss", step, 0.5) for step in range(4)]


def test_rotation_names_every_series_anew(writer: Writer, recorder: JournalRecorder) -> None:
    for step in range(3):
        recorder.log("loss", 0.5, step)
        recorder.log_many({"loss": 1.0, "acc": 2.0}, step)
        writer.rotate(1)
    assert [segment.number for segment in writer.segments()[0]] == [0, 1, 2, 3]
    assert sorted(written(writer)) == sorted(
        point for step in range(3) for point in [("loss", step, 0.5), ("loss", step, 1.0), ("acc", step, 2.0)]
    )


def test_segment_smaller_than_the_limit_stays(writer: Writer, recorder: JournalRecorder) -> None:
    writer.rotate(0)
    recorder.log("loss", 0.5)
    writer.rotate(1 << 20)
    assert len(writer.segments()[0]) == 1


def test_torn_record_is_taken_back_before_the_next(
    writer: Writer, recorder: JournalRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder.log("loss", 1.0, 1)
    real = os.write
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda descriptor, data: real(descriptor, data[:-7]))
        calls: list[Callable[[], None]] = [
            lambda: recorder.log_many({"loss": 2.0}, 2),
            lambda: recorder.log("new", 2.0, 2),
        ]
        for call in calls:
            with pytest.raises(StorageFull, match="bytes are free"):
                call()
    recorder.log("loss", 3.0, 3)
    assert written(writer) == [("loss", 1, 1.0), ("loss", 3, 3.0)]


def test_torn_record_that_cannot_be_taken_back_ends_its_segment(
    writer: Writer, recorder: JournalRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise OSError(errno.EIO, "broken")

    recorder.log("loss", 1.0, 1)
    real = os.write
    with monkeypatch.context() as patch:
        torn = iter([True])
        patch.setattr(os, "write", lambda fd, data: real(fd, data[:-7] if next(torn, False) else data))
        patch.setattr(os, "ftruncate", fail)
        with pytest.raises(StorageFull):
            recorder.log_many({"loss": 2.0}, 2)
    recorder.log("loss", 3.0, 3)
    first, second = writer.segments()[0]
    assert read_batch(second.path.read_bytes(), 0, {}, 9).points[0][1] == 3
    assert [point[1] for point in read_batch(first.path.read_bytes(), 0, {}, 9).points] == [1]


def test_series_whose_naming_failed_is_named_by_the_next_call(
    writer: Writer, recorder: JournalRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> int:
        raise OSError(errno.ENOSPC, "full")

    recorder.log("loss", 1.0)
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(StorageFull):
            recorder.log("acc", 1.0)
    recorder.log("acc", 2.0, 7)
    assert written(writer)[-1] == ("acc", 7, 2.0)


def test_no_room_for_a_new_segment_leaves_the_old_one_readable(
    writer: Writer, recorder: JournalRecorder, tmp_path: Path
) -> None:
    recorder.log("loss", 1.0, 1)
    (tmp_path / f"{writer.id}.1.new").mkdir()  # in the way
    writer.rotate(1)
    with pytest.raises(StoreError, match="journal"):
        recorder.log("loss", 2.0, 2)
    opened, end = writer.segments()
    assert (len(opened), end) == (1, opened[0].path.stat().st_size)
    (tmp_path / f"{writer.id}.1.new").rmdir()
    recorder.log("loss", 3.0, 3)
    assert written(writer) == [("loss", 1, 1.0), ("loss", 3, 3.0)]


def test_segment_with_something_new_is_not_dropped(writer: Writer, recorder: JournalRecorder) -> None:
    recorder.log("loss", 1.0)
    (segment,), end = writer.segments()
    segment.pos = end
    recorder.log("loss", 2.0)
    assert not writer.drop(segment)
    segment.pos = writer.size()
    assert writer.drop(segment)
    assert not segment.path.exists()
    recorder.log("loss", 3.0, 3)
    assert written(writer) == [("loss", 3, 3.0)]


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.fixture
def alarm() -> Iterator[None]:
    before = signal.signal(signal.SIGALRM, interrupt)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def is_free(lock: Any) -> bool:
    """Whether another thread gets a lock."""
    got: list[bool] = []
    thread = threading.Thread(target=lambda: got.append(lock.acquire(timeout=5)) or lock.release())  # type: ignore[func-returns-value]
    thread.start()
    thread.join()
    return got == [True]


def test_ctrl_c_at_any_moment_leaves_no_lock_and_no_torn_record(
    writer: Writer, recorder: JournalRecorder, alarm: None
) -> None:
    acked = 0
    for turn in range(150):
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.001 + turn * 1e-6)
            while True:
                recorder.log("loss", 0.0, acked)
                acked += 1
        except KeyboardInterrupt:
            pass
    assert is_free(writer.lock)
    steps = [step for _, step, _ in written(writer)]
    assert acked <= len(steps) <= acked + 150
    assert set(range(acked)) <= set(steps)


def test_ctrl_c_while_another_thread_holds_the_lock_leaves_it_to_that_thread(
    writer: Writer, recorder: JournalRecorder, alarm: None
) -> None:
    recorder.log("loss", 0.0)
    held = threading.Event()

    def hold() -> None:
        with writer.lock, writer.still:
            held.set()
            time.sleep(0.5)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    with pytest.raises(KeyboardInterrupt):
        signal.setitimer(signal.ITIMER_REAL, 0.02)
        recorder.log("loss", 1.0, 1)
    thread.join()
    assert is_free(writer.lock)
    assert len(written(writer)) == 1


class LoggingFloat:
    """A number whose conversion logs: as a signal handler does, in the middle of a log."""

    def __init__(self, recorder: JournalRecorder) -> None:
        self._recorder = recorder

    def __float__(self) -> float:
        self._recorder.log("loss", 2.0, 2)
        return 1.0


@pytest.mark.timeout(30)
def test_log_inside_a_log_is_no_deadlock(writer: Writer, recorder: JournalRecorder) -> None:
    recorder.log("loss", 0.0, 0)
    number: Any = LoggingFloat(recorder)
    recorder.log("loss", number, 1)
    recorder.log_many({"loss": number}, 1)
    assert sorted(written(writer)) == [("loss", 0, 0.0), *[("loss", 1, 1.0)] * 2, *[("loss", 2, 2.0)] * 2]


class Unwilling:
    """As a tensor of several elements."""

    def __float__(self) -> float:
        raise RuntimeError("a Tensor with 2 elements cannot be converted to Scalar")


@pytest.mark.parametrize("value", ["x", None, [1.0], 1j, Unwilling()])
def test_refused_value_writes_nothing_and_says_so(writer: Writer, recorder: JournalRecorder, value: Any) -> None:
    recorder.log("loss", 0.0)
    before = writer.size()
    calls: list[Callable[[], None]] = [
        lambda: recorder.log("loss", value),
        lambda: recorder.log_many({"loss": value}),
        lambda: recorder.log_points([Metric("loss", value, 1, 1)]),
    ]
    for call in calls:
        with pytest.raises(InvalidParameter, match="loss"):
            call()
    assert writer.size() == before


@pytest.mark.parametrize("metrics", [[("loss", 1.0)], "loss", 1.0, None])
def test_metrics_that_are_no_mapping_are_refused(recorder: JournalRecorder, metrics: Any) -> None:
    with pytest.raises(InvalidParameter, match="dict"):
        recorder.log_many(metrics)


def test_values_are_exact_on_every_way_in(writer: Writer, recorder: JournalRecorder) -> None:
    for value in (math.nan, math.inf, -math.inf, -0.0, 5e-324):
        recorder.log("loss", value)
        recorder.log_many({"loss": value})
        recorder.log_points([Metric("loss", value, 1, 0)])
        found = [point[2] for point in written(writer)[-3:]]
        assert len({(math.isnan(each) or each, math.copysign(1, each)) for each in found}) == 1
        assert math.isnan(value) or found[0] == value


def test_refusal_stops_and_lets_go(writer: Writer, recorder: JournalRecorder) -> None:
    recorder.log("loss", 1.0, 1)
    recorder.refuse("the run is deleted")
    calls: list[Callable[[], None]] = [lambda: recorder.log("loss", 2.0), lambda: recorder.log_many({"loss": 2.0})]
    for call in calls:
        with pytest.raises(InvalidParameter, match="deleted"):
            call()
    recorder.refuse(None)
    recorder.log("loss", 3.0, 3)
    assert written(writer) == [("loss", 1, 1.0), ("loss", 3, 3.0)]


def test_too_many_points_for_one_record_are_refused(recorder: JournalRecorder) -> None:
    class Endless(Mapping[str, float]):
        def __getitem__(self, key: str) -> float:
            return 0.0

        def __iter__(self) -> Iterator[str]:
            return iter(())

        def __len__(self) -> int:
            return 10_000_000

    with pytest.raises(InvalidParameter, match="at most"):
        recorder.log_many(Endless())


def test_log_kept_from_before_a_fork_writes_to_the_child_s_segment(tmp_path: Path, writer: Writer) -> None:
    recorder = JournalRecorder(writer, RUN)
    recorder.log("loss", 1.0)
    log, before = recorder.log, writer.size()
    child = os.fork()
    if child == 0:
        writer.begin_anew()
        log("loss", 2.0)
        os._exit(0 if len(written(writer)) == 1 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert writer.size() == before


def test_sync_happens_only_after_something_was_logged(
    writer: Writer, recorder: JournalRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fdatasync", synced.append)
    writer.sync()
    recorder.log("loss", 1.0)
    writer.sync()
    writer.sync()
    assert synced == [writer.descriptor]


def test_broken_disk_is_an_error_that_names_the_place(
    writer: Writer, recorder: JournalRecorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    recorder.log("loss", 1.0)
    monkeypatch.setattr(os, "fdatasync", broken)
    with pytest.raises(StoreError, match=str(tmp_path)):
        writer.sync()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_no_room_is_told_from_other_failures(tmp_path: Path, number: int) -> None:
    assert isinstance(storage_error(OSError(number, "x"), tmp_path), StorageFull)
    assert not isinstance(storage_error(OSError(errno.EIO, "x"), tmp_path), StorageFull)


def test_positions_of_segments_are_their_own(writer: Writer, recorder: JournalRecorder) -> None:
    recorder.log("loss", 1.0)
    (segment,), end = writer.segments()
    assert isinstance(segment, Segment)
    assert (segment.pos, segment.start) == (writer.start, writer.start)
    assert end == writer.size()
