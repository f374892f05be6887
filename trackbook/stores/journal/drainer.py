"""The reading end: moves whole records from this process's segments into the store, and beats the heart of its runs."""

from __future__ import annotations

import _thread
import logging
import os
import threading
import time
from collections.abc import Callable, Collection
from typing import Any, Protocol

from trackbook.errors import StoreError, TrackbookError
from trackbook.stores.journal.files import Segment, put_aside
from trackbook.stores.journal.records import Batch, read_batch
from trackbook.stores.journal.writer import Writer

__all__ = ["BATCH_POINTS", "Drainer", "Moved", "Sink", "drain_segment"]

log = logging.getLogger("trackbook")

BATCH_POINTS = 10_000
SEGMENT_SIZE = 64 << 20
_READ = 1 << 20
_PAUSE = 0.05  # seconds between two drains: at most 20 a second
_BEAT = 1.0
_SYNC = 0.45  # power loss may cost half a second


class Moved(Exception):
    """Somebody else has stored the records from this position on; read the position again."""


Extra = Callable[[Any], None]


class Sink(Protocol):
    """What a store offers to the journal."""

    def apply(self, segment: Segment | None, batch: Batch, extra: Extra | None = None) -> None:
        """Store a batch and the segment's new position in one transaction, with what `extra` does to it.

        Without a segment only `extra` is done.

        Raises:
            Moved: the stored position is not `segment.pos`.
        """

    def position(self, writer: str, number: int) -> int | None:
        """How far a segment has been stored; None if nothing of it was."""

    def settle(self) -> None:
        """Commit so that the disk has everything that was committed before."""

    def beat(self, runs: Collection[str], now: int) -> dict[str, str]:
        """Set the heartbeat of this process's open runs; their control words."""

    def tidy(self) -> None:
        """Do what can wait until no run is open: pack."""

    def after_commit(self) -> None:
        """Tell those who listen that there is something new."""


def drain_segment(sink: Sink, segment: Segment, end: int, extra: Extra | None = None) -> None:
    """Bring a segment's records up to `end` into the store.

    Args:
        end: length of the whole records in the segment; a last record that is not whole counts as damage only
            for a segment that nobody writes any more, and then the caller has put it aside.
        extra: done in the transaction of the last batch, or in one of its own if there is none.
    """
    while segment.pos < end:
        data = _read_whole(segment, end)
        batch = read_batch(data, segment.pos, segment.series, BATCH_POINTS)
        if batch.end == batch.start:
            batch.end = end  # nothing intact is left: what remains was damaged
            batch.damage.append((batch.start, end))
        last = batch.end >= end
        try:
            sink.apply(segment, batch, extra if last else None)
        except Moved:
            segment.pos = sink.position(segment.writer, segment.number) or segment.start
            continue
        segment.pos = batch.end
        if batch.damage:
            put_aside(segment, batch.damage)
        sink.after_commit()
        if last:
            return
    if extra is not None:
        sink.apply(None, Batch(0, 0), extra)


def _read_whole(segment: Segment, end: int) -> bytes:
    """Bytes from the position on; more than a piece only where one record is longer than a piece."""
    size = _READ
    while True:
        data = os.pread(segment.descriptor, min(size, end - segment.pos), segment.pos)
        if segment.pos + len(data) >= end or read_batch(data, 0, {}, 1).end or size > 80 * _READ:
            return data
        size *= 8


class Drainer:
    """Drains one writer, on a thread of its own while runs are open and in whoever asks for a flush.

    Args:
        beat: called once a second on the thread.
    """

    def __init__(self, writer: Writer, sink: Sink, beat: Callable[[], None]) -> None:
        self.lock = threading.RLock()  # a signal handler may end a run in the middle of a flush
        self._writer, self._sink = writer, sink
        self._segments: list[Segment] = []
        self._wake = threading.Event()
        self._starting = threading.Lock()
        self._running = self._wanted = False
        self._complained = False
        self._drained = False
        self._synced_at = 0.0
        self._beat_of = beat

    def drain(self, extra: Extra | None = None) -> None:
        """Bring everything that was logged so far into the store, in the thread that calls."""
        with self.lock:
            self._drain(extra)

    def _drain(self, extra: Extra | None = None) -> None:
        end = self._collect()
        for full in self._segments[:-1]:
            drain_segment(self._sink, full, os.fstat(full.descriptor).st_size)
            self._retire(full)
        if self._segments and end > self._segments[-1].pos:
            self._drained = True
            drain_segment(self._sink, self._segments[-1], end, extra)
        elif extra is not None:
            self._sink.apply(None, Batch(0, 0), extra)
        self._writer.rotate(SEGMENT_SIZE)

    def _collect(self) -> int:
        """Learn of segments that the writer has begun or closed; the length of the open one."""
        known = {segment.number for segment in self._segments}
        opened, end = self._writer.segments()
        self._segments += [segment for segment in opened if segment.number not in known]
        return end

    def _retire(self, segment: Segment) -> None:
        """Remove a segment whose records are all stored, once the disk has them."""
        self._sink.settle()
        if self._writer.drop(segment):
            self._segments.remove(segment)

    def close(self) -> None:
        """Stop, drain and remove every segment, but for one to which another thread goes on to log."""
        self.stop()
        self._wake.set()
        with self.lock:
            for _ in range(3):
                self._drain()
                for segment in list(self._segments):
                    self._retire(segment)
                if not self._segments:
                    break

    def abandon(self) -> None:
        """Stop, and leave what is not stored to whoever opens the store next."""
        self.stop()
        with self.lock:
            self._segments = []
            self._writer.abandon()

    def is_behind(self) -> bool:
        """Whether something was logged that is not stored."""
        opened, end = self._writer.segments()
        return bool(opened) and (len(opened) > 1 or end > opened[-1].pos)

    def sync(self) -> None:
        """Have the disk take what was logged."""
        with self.lock:
            self._writer.sync()

    def start(self) -> None:
        """Have a thread; it is there already if one run follows another."""
        with self._starting:
            self._wanted = True
            if not self._running:
                self._running = True
                # Thread.start would wait until the thread runs, which is most of what starting a run costs
                _thread.start_new_thread(self._work, ())

    def stop(self) -> None:
        """Let the thread end when it looks up next, within half a second."""
        self._wanted = False

    def _ends(self) -> bool:
        """Whether the thread, which asks, is wanted no more."""
        with self._starting:
            self._running = self._wanted
            return not self._wanted

    def wake(self) -> None:
        """Tell the thread, started if need be, that there is something to drain."""
        self._writer.awake = True
        self._wake.set()
        self.start()

    def after_fork(self) -> None:
        """Begin without thread and segments in a forked child."""
        self.lock = threading.RLock()
        self._wake = threading.Event()
        self._starting = threading.Lock()
        self._running = self._wanted = False
        self._segments = []

    def _work(self) -> None:
        beat_at = time.monotonic() + _BEAT
        while True:
            woken = self._wake.wait(min(_SYNC, max(0.0, beat_at - time.monotonic())))
            if self._ends():
                break
            try:
                if woken:
                    time.sleep(_PAUSE)
                    self._wake.clear()
                    self._writer.awake = False
                    self.drain()
                if time.monotonic() >= beat_at:
                    beat_at = time.monotonic() + _BEAT
                    self._writer.follow_clock()
                    self._beat_of()
                self._sync()
                self._complained = False
            except Exception as error:  # noqa: BLE001  # the named seam: a thread that dies would stop all storing
                self._complain(error)
                time.sleep(_BEAT)
                self._wake.set()  # try again
        self._tidy()

    def _tidy(self) -> None:
        if not self._drained:
            return
        self._drained = False
        try:
            self._sink.tidy()
        except StoreError as error:
            log.info("Packing waits for the next writer: %s", error)

    def _sync(self) -> None:
        now = time.monotonic()
        if now - self._synced_at >= _SYNC:
            self._synced_at = now
            self.sync()

    def _complain(self, error: Exception) -> None:
        if self._complained:
            return
        self._complained = True
        unexpected = None if isinstance(error, TrackbookError) else error
        log.warning("Logged points wait in the journal: %s", error, exc_info=unexpected)
