"""The writing end: appends whole records to this process's segment, and the recorder that log_metric calls."""

from __future__ import annotations

import os
import struct
import threading
import time
import weakref
import zlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from trackbook.entities import Metric
from trackbook.entities.checks import checked_metric
from trackbook.errors import InvalidParameter, StoreError
from trackbook.stores.base import Recorder
from trackbook.stores.journal.files import (
    Segment,
    SegmentFile,
    create_segment,
    new_writer_id,
    segment_path,
    storage_error,
)
from trackbook.stores.journal.records import (
    ONE_POINT_SIZE,
    PACK_CRC,
    PACK_ONE_POINT,
    POINTS,
    SHORT_NUMBERS,
    Series,
    dataset_of,
    frame,
    points_packer,
    series_record,
    short_prefix,
)
from trackbook.stores.journal.turns import NOBODY, Turn, watch_turns

__all__ = ["JournalRecorder", "Writer"]

_PATIENCE = 30.0  # seconds


class _Stillness:
    """Entered by whoever holds the writer's lock, it keeps the thread that appends without a lock from doing so.

    That thread marks its turn as taken and then looks whether the turn is still the writer's; here the writer's turn is
    put away first, and then looked at whether it is taken. The interpreter runs one of them at a time, so at least one
    sees the other. If Ctrl-C keeps `__exit__` from running, nobody has the turn until the next slow append takes it.
    """

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._before: list[Turn] = []
        watch_turns(self)

    def __enter__(self) -> None:
        turn, self._writer.turn = self._writer.turn, NOBODY
        self._before.append(turn)
        if turn.thread != threading.get_ident():  # else this is a signal handler in the middle of that thread's append
            # An append takes microseconds. Only a signal handler can hold that thread up for long: one that waits, in
            # turn, for what the caller here holds. Its append then finds its descriptor gone, and begins again.
            until = time.monotonic() + _PATIENCE
            while turn.taken and time.monotonic() < until:
                time.sleep(2e-5)

    def __exit__(self, *_: object) -> None:
        self._writer.turn = self._before.pop()

    def turns(self) -> Iterable[Turn]:
        """See `trackbook.stores.journal.turns`."""
        return (self._writer.turn, *self._before)

    def give_turn(self) -> None:
        """Let the calling thread append without a lock from now on. Called inside, by whoever found no turn."""
        if self._before and self._before[-1].thread != threading.get_ident():
            self._before[-1] = Turn(threading.get_ident())


class Writer:
    """This process's segment of one store's journal.

    Attributes:
        id: 32 hexadecimal digits, new in every process.
        segment: number of the open segment.
        start: length of its header: where its records begin.
        awake: whether the drainer already knows that there is something to drain.
        turn: whose appends need no lock.
        wake: called after an append when it does not.
        on_open: called when a segment was made.
        offset: what makes a wall clock that never goes back out of the monotonic one, in ns.
    """

    def __init__(self, folder: Path, store_id: str) -> None:
        self.id = new_writer_id()
        self.lock = threading.RLock()  # a signal handler may log in the middle of a log
        self.turn = NOBODY
        self.still = _Stillness(self)
        self.awake = False
        self.offset = time.time_ns() - time.monotonic_ns()
        self.wake: Callable[[], None] = _nothing
        self.on_open: Callable[[], None] = _nothing
        self.descriptor, self.segment, self.start = -1, 0, 0
        self.series: dict[int, Series] = {}
        self._opened: list[Segment] = []
        self._folder, self._store_id = folder, store_id
        self._recorders: weakref.WeakSet[JournalRecorder] = weakref.WeakSet()
        self._count = self._synced = 0

    def open(self) -> None:
        """Make the first segment, whose lock tells others that this process is alive; nothing if there is one."""
        with self.lock:
            if self.descriptor < 0:
                self._open()

    def _open(self) -> None:
        try:
            self.descriptor, self.start = create_segment(self._folder, self._store_id, self.id, self.segment)
        except OSError as error:
            raise storage_error(error, self._folder) from error
        path = segment_path(self._folder, self.id, self.segment)
        file = SegmentFile(self.id, self.segment, path)
        self._opened.append(Segment(file, self.descriptor, self.start, self.series))
        self.on_open()

    def begin_anew(self) -> None:
        """Become another writer in a forked child: the parent's segment and its lock are the parent's."""
        for segment in self._opened:
            os.close(segment.descriptor)
        self._opened = []
        self.id = new_writer_id()
        self.lock = threading.RLock()
        self.turn, self.still = NOBODY, _Stillness(self)
        self.awake = False
        self._begin(0)

    def now(self) -> int:
        """Milliseconds since 1970-01-01 UTC; never less than before."""
        return (time.monotonic_ns() + self.offset) // 1_000_000

    def follow_clock(self) -> None:
        """Take over a wall clock that has gone forward (a suspended laptop); one that went back is not followed."""
        self.offset = max(self.offset, time.time_ns() - time.monotonic_ns())

    def register(self, recorder: JournalRecorder) -> None:
        """Have a recorder forget its numbers when a new segment begins."""
        with self.lock:
            self._recorders.add(recorder)

    def declare(self, series: Series) -> int:
        """Number a series and put that into the journal. The lock is held by the caller."""
        number = self._count
        self.append(series_record(number, series))
        self._count += 1
        self.series[number] = series
        return number

    def append(self, record: bytes) -> None:
        """Append whole records. The lock is held by the caller.

        Raises:
            StorageFull: no room; the segment is as it was before.
            StoreError: another failure; the same.
        """
        if self.descriptor < 0:
            self._open()
        try:
            written = os.write(self.descriptor, record)
        except OSError as error:
            raise storage_error(error, self._folder) from error
        if written != len(record):
            self.withdraw(written)

    def withdraw(self, written: int) -> None:
        """Take back a record that did not go out whole, so that nothing is ever appended behind a torn one."""
        try:
            os.ftruncate(self.descriptor, os.fstat(self.descriptor).st_size - written)
        except OSError:
            self._next_segment()
        raise storage_error(OSError(28, os.strerror(28)), self._folder)

    def size(self) -> int:
        """Length of the open segment in bytes, whole records only; 0 if there is none."""
        with self.lock, self.still:
            return self._size()

    def _size(self) -> int:
        return 0 if self.descriptor < 0 else os.fstat(self.descriptor).st_size

    def segments(self) -> tuple[list[Segment], int]:
        """Every open segment, the one that is written last, and how long that one is."""
        with self.lock, self.still:
            return list(self._opened), os.fstat(self._opened[-1].descriptor).st_size if self._opened else 0

    def rotate(self, size: int) -> None:
        """Begin a new segment if the open one has reached a size."""
        with self.lock, self.still, suppress(StoreError):  # where there is no room for one, the next append says so
            if self._size() >= size:
                self._next_segment()

    def drop(self, segment: Segment) -> bool:
        """Remove a segment that is stored, and with it its lock; not one to which something was added meanwhile.

        Returns:
            whether it is gone.
        """
        with self.lock, self.still:
            if os.fstat(segment.descriptor).st_size > segment.pos:
                return False
            segment.path.unlink(missing_ok=True)
            self._opened.remove(segment)
            os.close(segment.descriptor)
            if segment.descriptor == self.descriptor:
                self._begin(self.segment + 1)
            return True

    def abandon(self) -> None:
        """Leave every segment to whoever opens the store next."""
        with self.lock, self.still:
            for segment in self._opened:
                os.close(segment.descriptor)
            self._opened = []
            self._begin(self.segment + 1)

    def _next_segment(self) -> None:
        self._begin(self.segment + 1)
        self._open()

    def _begin(self, segment: int) -> None:
        """Forget what belongs to a segment; the next one is made when it is needed."""
        self.descriptor, self.segment, self.start = -1, segment, 0
        self._renumber()

    def _renumber(self) -> None:
        self._count = self._synced = 0
        self.series = {}
        for recorder in self._recorders:
            recorder.forget_numbers()

    def sync(self) -> None:
        """Have the disk take what was appended since the last time (fdatasync), if anything was."""
        size = self.size()
        if size != self._synced and size > self.start:
            try:
                os.fdatasync(self.descriptor)
            except OSError as error:
                raise storage_error(error, self._folder) from error
            self._synced = size


Log = Callable[..., None]


class JournalRecorder(Recorder):
    """One run's way into the journal."""

    __slots__ = ("_numbers", "_prefixes", "_refusal", "_run_id", "_writer", "log")
    log: Log

    def __init__(self, writer: Writer, run_id: str) -> None:
        self._writer = writer
        self._run_id = run_id
        self._numbers: dict[str, int] = {}
        self._refusal: str | None = None
        self.control = ""
        self._prefixes: dict[str, bytes] = {}
        self.log = _hot_path(writer, self._prefixes, self._log_checked)
        writer.register(self)

    def log_many(self, metrics: Mapping[str, float], step: int | None = None, timestamp: int | None = None) -> None:
        writer = self._writer
        try:
            when = writer.now() if timestamp is None else _untouched(timestamp)
            with writer.lock, writer.still:
                numbers = self._numbers
                flat: list[float] = []
                for key, value in metrics.items():
                    flat += (numbers[key], step or 0, when, value)
                writer.append(frame(POINTS, points_packer(len(metrics))(*flat)))
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RuntimeError, struct.error):
            points = [Metric(key, value, timestamp, step or 0) for key, value in _pairs(metrics)]  # type: ignore[arg-type]
            self._log_checked(points)
        if not writer.awake:
            writer.wake()

    def log_points(self, points: Iterable[Metric]) -> None:
        points = list(points)
        try:
            with self._writer.lock, self._writer.still:
                self._writer.append(frame(POINTS, self._packed(points)))
        except (KeyError, TypeError, ValueError, OverflowError, RuntimeError, struct.error):
            self._log_checked(points)
        if not self._writer.awake:
            self._writer.wake()

    def _packed(self, points: list[Metric]) -> bytes:
        """Points whose series are all numbered and plain; anything else raises and goes the slow way."""
        numbers = self._numbers
        flat: list[float] = []
        for point in points:
            when = point.timestamp
            if when < 0 or point.model_id or point.dataset_name:
                raise ValueError(point)
            flat += (numbers[point.key], point.step, when, point.value)
        return points_packer(len(points))(*flat)

    def _log_checked(self, points: list[Metric]) -> None:
        """Check every field, number what is new, and append all points as one record."""
        writer = self._writer
        if self._refusal:
            raise InvalidParameter(self._refusal)
        checked = [checked_metric(point, writer.now) for point in points]
        if not checked:
            return
        with writer.lock, writer.still:
            flat: list[float] = []
            for metric in checked:
                flat += (self._number(metric), metric.step, metric.timestamp, metric.value)
            writer.append(frame(POINTS, points_packer(len(checked))(*flat)))
            writer.still.give_turn()

    def _number(self, metric: Metric) -> int:
        series = Series(self._run_id, metric.key, metric.model_id or "", dataset_of(metric))
        cached = "\0".join(series[1:]) if series.model or series.dataset else metric.key
        number = self._numbers.get(cached)
        if number is None:
            number = self._numbers[cached] = self._writer.declare(series)
            if cached == metric.key and number <= SHORT_NUMBERS:
                self._prefixes[cached] = short_prefix(number)
        return number

    def forget_numbers(self) -> None:
        """Begin to number anew. The writer's lock is held by the caller."""
        self._numbers.clear()
        self._prefixes.clear()

    def refuse(self, reason: str | None) -> None:
        """Refuse further points, for this reason; None takes them again."""
        with self._writer.lock:
            self._refusal = reason
            self._numbers.clear()  # the quick ways then meet an unknown key and ask the slow one
            self._prefixes.clear()


def _hot_path(writer: Writer, prefixes: dict[str, bytes], log_checked: Callable[[list[Metric]], None]) -> Log:
    """`Recorder.log` of one run, a closure because each attribute it need not look up is felt: it takes 2 µs."""
    write, checksum, clock, pack, pack_crc = os.write, zlib.crc32, time.monotonic_ns, PACK_ONE_POINT, PACK_CRC
    size, thread = ONE_POINT_SIZE, threading.get_ident

    def log(key: str, value: float, step: int | None = None, timestamp: int | None = None) -> None:
        turn = writer.turn
        try:
            if turn.thread != thread() or turn.taken or timestamp is not None:
                raise ValueError
            turn.taken = True
            try:
                if writer.turn is not turn:
                    raise ValueError
                body = pack(prefixes[key], step or 0, clock() + writer.offset, value)
                record = body + pack_crc(checksum(body))
                written = write(writer.descriptor, record)  # read and used at once: no signal handler comes between
                if written != size:
                    writer.withdraw(written)
            finally:
                turn.taken = False
        except (KeyError, TypeError, ValueError, OverflowError, RuntimeError, struct.error, OSError):
            log_checked([Metric(key, value, timestamp, step or 0)])  # type: ignore[arg-type]
        if not writer.awake:
            writer.wake()

    return log


def _nothing() -> None:
    """What a writer calls that nobody listens to."""


def _untouched(timestamp: object) -> int:
    """Send a caller's own timestamp the slow way, where it is checked."""
    raise ValueError(timestamp)


def _pairs(metrics: object) -> Iterable[tuple[str, float]]:
    if not isinstance(metrics, Mapping):
        raise InvalidParameter(f"log_metrics takes a dict of keys and numbers, not {type(metrics).__name__}.")
    return metrics.items()
