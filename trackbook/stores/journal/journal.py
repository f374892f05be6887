"""A store's journal in this process: its writer, its drainer, the orphans it adopts and what happens at a fork."""

from __future__ import annotations

import logging
import os
import sys
import time
import weakref
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from trackbook.errors import ReadOnlyStore, StoreAway, StoreError
from trackbook.stores.journal.drainer import Drainer, Extra, Sink, drain_segment
from trackbook.stores.journal.files import Segment, orphans, read_header
from trackbook.stores.journal.records import json_record, read_batch
from trackbook.stores.journal.writer import JournalRecorder, Writer

__all__ = ["Journal"]

log = logging.getLogger("trackbook")

_ABSENCE = 5.0  # seconds in which a store that was away is not tried again


class Journal:
    """What a store holds to log without waiting for its database.

    Attributes:
        writer: appends this process's records.
    """

    def __init__(self, folder: Path, store_id: str, sink: Sink) -> None:
        self._folder, self._sink = folder, sink
        self.writer = Writer(folder, store_id)
        self._drainer = Drainer(self.writer, sink, self._beat)
        self.writer.wake = self._drainer.wake
        self.writer.on_open = self._drain_at_exit_of_a_worker
        self._recorders: weakref.WeakValueDictionary[str, JournalRecorder] = weakref.WeakValueDictionary()
        self._open_runs: set[str] = set()
        self._told = False  # whether the user knows that something waits
        self._absence: tuple[float, StoreAway] | None = None  # until when the store is taken to be away, and why

    def recorder(self, run_id: str) -> JournalRecorder:
        """The recorder of a run; always the same one while somebody holds it."""
        found = self._recorders.get(run_id)
        if found is None:
            found = self._recorders[run_id] = JournalRecorder(self.writer, run_id)
        return found

    def refuse(self, run_id: str, reason: str | None) -> None:
        """Have a run's recorder, if there is one, refuse further points; None takes them again."""
        recorder = self._recorders.get(run_id)
        if recorder is not None:
            recorder.refuse(reason)

    def _beat(self) -> None:
        if not self._open_runs:
            self._rest()  # what was logged to runs that are not open here is stored
        else:
            words = self._sink.beat(tuple(self._open_runs), self.writer.now())
            for run_id, word in words.items():
                self.recorder(run_id).control = word

    def run_started(self, run_id: str) -> None:
        """Keep the thread, which beats for this run, until `run_ended`."""
        self._open_runs.add(run_id)
        self._drainer.start()

    def run_ended(self, run_id: str) -> None:
        """Let the thread end with the last run."""
        self._open_runs.discard(run_id)
        self._rest()

    def _rest(self) -> None:
        if not self._open_runs:
            self._drainer.stop()
            self.writer.awake = False
            if self._drainer.is_behind():  # another thread logged meanwhile, or the store does not take it now
                self._drainer.wake()

    def flush(self, extra: Extra | None = None, *, adopt: bool = True) -> None:
        """Bring everything logged so far into the store, also what dead writers left; in the calling thread.

        Args:
            extra: done in the last transaction.
            adopt: look for dead writers as well.
        """
        self._drainer.drain(extra)
        self._told, self._absence = False, None
        if adopt:
            self.adopt()
        self._rest()

    def end(self, extra: Extra) -> None:
        """Store everything with a run's ending, and have the disk take the journal if anything was logged.

        Raises:
            StoreAway: the store did not take it in its 30 seconds; the journal has what was logged.
        """
        self.flush(extra)
        self.sync()

    def keep(self, records: Iterable[tuple[int, dict[str, Any]]], reason: BaseException) -> None:
        """Put something into the journal that the store cannot take now, for this reason; said once an absence.

        Args:
            records: kinds and contents, which go in together.
            reason: why.
        """
        with self.writer.lock, self.writer.still:
            self.writer.append(b"".join(json_record(kind, content) for kind, content in records))
        self.writer.wake()
        if isinstance(reason, StoreAway) and self.absence() is None:
            self._absence = (time.monotonic() + _ABSENCE, reason)
        if not self._told:
            self._told = True
            log.warning(
                "What was logged waits in %s, to be stored as soon as that works again: %s", self._folder, reason
            )

    def absence(self) -> StoreAway | None:
        """Why the store could not be reached a moment ago: each try may cost a training seconds."""
        if self._absence is None or time.monotonic() > self._absence[0]:
            return None
        return self._absence[1]

    def adopt(self) -> int:
        """Store what dead writers left and remove their segments.

        Returns:
            how many segments that were.
        """
        adopted = 0
        for file, descriptor in orphans(self._folder, self.writer.id):
            try:
                self._adopt(Segment(file, descriptor, read_header(descriptor)[1], {}))
                adopted += 1
            except (StoreError, ReadOnlyStore) as error:
                log.warning("A journal of another process waits to be stored: %s", error)
            finally:
                os.close(descriptor)
        return adopted

    def _adopt(self, segment: Segment) -> None:
        stored = self._sink.position(segment.writer, segment.number)
        if stored is not None:
            read_batch(os.pread(segment.descriptor, stored, 0), 0, segment.series, stored)
            segment.pos = stored
        drain_segment(self._sink, segment, os.fstat(segment.descriptor).st_size)
        self._sink.settle()
        segment.path.unlink(missing_ok=True)

    def sync(self) -> None:
        """Have the disk take what was logged."""
        self._drainer.sync()

    def close(self) -> None:
        """Drain, stop and remove the segments; what cannot be stored now stays for whoever opens the store next."""
        self._drainer.stop()
        try:
            self.flush()
            self._drainer.close()
        except (StoreError, ReadOnlyStore) as error:
            self._drainer.abandon()
            log.warning("What was logged waits in %s: %s", self._folder, error)

    def _drain_at_exit_of_a_worker(self) -> None:
        """A multiprocessing child ends with os._exit, which runs finalizers of multiprocessing and no atexit."""
        process = sys.modules.get("multiprocessing.process")
        if process is not None and process.parent_process() is not None:
            from multiprocessing.util import Finalize

            Finalize(None, self.close, exitpriority=100)

    def before_fork(self) -> None:
        """Hold still, so that the child gets whole records and no lock that nobody will release."""
        self._drainer.lock.acquire()
        self.writer.lock.acquire()
        self.writer.still.__enter__()

    def after_fork_in_parent(self) -> None:
        """Go on."""
        self.writer.still.__exit__()
        self.writer.lock.release()
        self._drainer.lock.release()

    def after_fork_in_child(self) -> None:
        """Become a writer of its own: it logs to the parent's runs, and never ends, beats or reaps them."""
        self._open_runs = set()
        self.writer.begin_anew()
        self._drainer.after_fork()
