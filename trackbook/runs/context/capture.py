"""Brings a run its context, beside the run: a thread takes it, and no start of a run waits for that."""

from __future__ import annotations

import _thread
import io
import logging
import os
import threading
import time
from typing import NamedTuple

from trackbook.config import read_capture
from trackbook.entities import Run, RunTag
from trackbook.errors import TrackbookError
from trackbook.runs.context.git import Git
from trackbook.runs.context.snapshot import Snapshot, take
from trackbook.runs.context.source import code_folder, source_tags
from trackbook.stores.base import Store
from trackbook.stores.forks import in_forked_child
from trackbook.uris import DATABASE_NAME, local_path, parse_store_uri

__all__ = ["CONTEXT", "Known", "abandon", "follow", "known_context", "settle"]

log = logging.getLogger("trackbook")

#: The tag of a short run that names the run whose files are its own too.
CONTEXT = "trackbook.context"
_BESIDE = frozenset({"git", "diff", "packages"})  # what takes time
_LONG_RUN = 1.0  # seconds after which a run gets files of its own
_PATIENCE = 2.0  # seconds that the end of a run waits
_LINGER = 0.5  # seconds that the thread stays for the next run
_KEPT = 16  # snapshots

Key = tuple[str, str, frozenset[str]]  # store, folder, parts


class Known(NamedTuple):
    """What is known of the context when a run starts.

    Attributes:
        tags: for the run.
        key: what to look at for the rest; None if nothing is asked for.
        fresh: whether the tags hold all that there is.
    """

    tags: dict[str, str]
    key: Key | None
    fresh: bool


def known_context(store: Store) -> Known:
    """The tags that a run can have at once.

    Raises:
        InvalidParameter: TRACKBOOK_CAPTURE has a word that it does not know.
    """
    parts = read_capture()
    tags = source_tags(parts)
    if store.uri == _IN_MEMORY:  # its runs end with the process, and files would not
        parts -= {"diff", "packages"}
    if not parts & _BESIDE:
        return Known(tags, None, True)
    try:
        key = (store.uri, code_folder(), parts)
    except OSError:  # the working directory is gone
        return Known(tags, None, True)
    snapshot = _snapshots.get(key)
    if snapshot is None or not snapshot.is_current(key[1]):
        return Known(tags, key, False)
    tags |= snapshot.tags
    if snapshot.holder is not None:
        tags[CONTEXT] = snapshot.holder
    return Known(tags, key, snapshot.is_young())


class _Job:
    """A run that is to get its context."""

    __slots__ = ("due", "key", "known", "later", "run", "store", "taking")

    def __init__(self, run: Run, store: Store, known: Known, key: Key) -> None:
        self.run, self.store, self.known, self.key = run, store, known.tags, key
        now = time.monotonic()
        self.later = now + _LONG_RUN
        snapshot = _snapshots.get(key)
        self.taking = not known.fresh or snapshot is None or (bool(snapshot.files) and snapshot.holder is None)
        self.due = now if self.taking else self.later


def follow(run: Run, store: Store, known: Known) -> None:
    """Have a run get what was not known when it started, and after a second files of its own."""
    if known.key is None:
        return
    snapshot = _snapshots.get(known.key)
    if not (known.fresh and snapshot is not None and not snapshot.files):
        _worker.add(_Job(run, store, known, known.key))


def settle(run_id: str) -> None:
    """Called when a run ends: wait, two seconds at most, for what is on its way to it."""
    job = _worker.jobs.get(run_id)
    if job is None:
        return
    if job.taking:
        _worker.settle(run_id)
    else:
        _worker.jobs.pop(run_id, None)  # it ends before it gets files of its own


def abandon() -> None:
    """Drop what is on its way: the process is ending now."""
    _worker.abandon()


class _Worker:
    """The thread that takes contexts; it is there while runs wait for one, and half a second longer."""

    def __init__(self) -> None:
        self.jobs: dict[str, _Job] = {}
        self.changed = threading.Condition()  # of an RLock: a signal handler may end a run in the middle of this
        self.asking: list[Git] = []
        self._running = False
        self._slow: set[str] = set()
        self._complained: set[str] = set()

    def add(self, job: _Job) -> None:
        """Take over a run."""
        with self.changed:
            self.jobs[job.run.info.run_id] = job
            if not self._running:
                try:
                    _thread.start_new_thread(self._work, ())
                    self._running = True
                except RuntimeError:  # the interpreter is ending
                    self.jobs.clear()
            elif job.taking:
                self.changed.notify_all()

    def settle(self, run_id: str) -> None:
        """Wait until a run has its context; one that ends soon shares the files of the run before it."""
        patience = time.monotonic() + _PATIENCE
        with self.changed:
            job = self.jobs.get(run_id)
            if job is not None and not job.taking:
                del self.jobs[run_id]
                return
            while self._is_waiting(run_id) and job is not None and job.key[1] not in self._slow:
                if not self.changed.wait(patience - time.monotonic()) and time.monotonic() >= patience:
                    break
            if not self._is_waiting(run_id) or job is None:
                return
            self._give_up(job)
            patience = time.monotonic() + _PATIENCE / 2  # for the rest, without git
            while len(self.jobs) == 1 and self._is_waiting(run_id) and time.monotonic() < patience:
                self.changed.wait(patience - time.monotonic())
            self.jobs.pop(run_id, None)

    def _is_waiting(self, run_id: str) -> bool:
        job = self.jobs.get(run_id)
        if job is not None and not job.taking:  # it has what it needs, and ends before it gets files of its own
            del self.jobs[run_id]
            return False
        return job is not None

    def _give_up(self, job: _Job) -> None:
        if job.key[1] not in self._slow:
            self._slow.add(job.key[1])
            log.warning(
                "Git has not answered within %.0f s in %s: the run %s is stored without what it says. "
                "TRACKBOOK_CAPTURE=-git,-diff asks it no more.",
                *(_PATIENCE, job.key[1], job.run.info.run_id),
            )
        if len(self.jobs) == 1:  # else another run, which lasts longer, waits for git too
            for git in list(self.asking):
                git.stop()

    def abandon(self) -> None:
        """Forget all runs, and stop git."""
        self.jobs.clear()
        for git in list(self.asking):
            git.stop()

    def _work(self) -> None:
        while (job := self._next()) is not None:
            try:
                self._bring(job)
            except (TrackbookError, OSError) as problem:  # it was deleted, the store was closed, the disk is full
                self._complain(job, problem, unexpected=False)
            except Exception as problem:  # noqa: BLE001  # the named seam: an artifact store may raise anything
                self._complain(job, problem, unexpected=True)
            with self.changed:
                if job.due <= time.monotonic() or job.taking:
                    self._forget(job)
                self.changed.notify_all()

    def _forget(self, job: _Job) -> None:
        if self.jobs.get(job.run.info.run_id) is job:
            del self.jobs[job.run.info.run_id]

    def _next(self) -> _Job | None:
        """The job that is due, waited for; None if there was none for a while, and the thread ends."""
        ends = time.monotonic() + _LINGER
        with self.changed:
            while True:
                now = time.monotonic()
                first = min(list(self.jobs.values()), key=lambda job: job.due, default=None)
                if first is not None:
                    if first.due <= now:
                        first.taking = True
                        return first
                    ends = now + _LINGER
                elif now >= ends:
                    self._running = False
                    return None
                self.changed.wait(min(_LINGER, (ends if first is None else first.due) - now))

    def _bring(self, job: _Job) -> None:
        snapshot = _snapshots.get(job.key)
        if snapshot is None or not (snapshot.is_current(job.key[1]) and snapshot.is_young()):
            snapshot = self._taken_anew(job)
        run_id = job.run.info.run_id
        wanted = dict(snapshot.tags)
        if snapshot.holder not in (None, run_id) and time.monotonic() < job.later:
            wanted[CONTEXT] = str(snapshot.holder)
        tags = [RunTag(key, value) for key, value in wanted.items() if job.known.get(key) != value]
        if tags and self.jobs.get(run_id) is job:
            job.store.log_batch(run_id, tags=tags)
            job.known |= wanted
        if CONTEXT in wanted:
            job.taking, job.due = False, job.later  # it shares those files unless it lasts
            return
        self._give_files(job, snapshot)

    def _taken_anew(self, job: _Job) -> Snapshot:
        before = _snapshots.pop(job.key, None)
        snapshot = take(job.key[1], job.key[2], lambda root: own_files(job.store, root), self.asking)
        if before is not None and before.files == snapshot.files:
            snapshot.holder = before.holder
        while len(_snapshots) >= _KEPT:
            del _snapshots[next(iter(_snapshots))]
        _snapshots[job.key] = snapshot
        return snapshot

    def _give_files(self, job: _Job, snapshot: Snapshot) -> None:
        run_id = job.run.info.run_id
        if not snapshot.files or self.jobs.get(run_id) is not job:
            return  # there are none, or the run did not wait
        from trackbook.runs.artifacts import log_stream

        for path, content in snapshot.files.items():
            log_stream(job.store, job.run, io.BytesIO(content), path)
        if snapshot.holder is None:
            snapshot.holder = run_id
        if job.known.get(CONTEXT) not in (None, run_id):
            job.store.delete_tag(run_id, CONTEXT)

    def _complain(self, job: _Job, problem: Exception, *, unexpected: bool) -> None:
        level = logging.WARNING if unexpected and not self._complained else logging.INFO
        self._complained.add(type(problem).__name__)
        log.log(
            level, "The context of the run %s is not all stored: %s", job.run.info.run_id, problem, exc_info=unexpected
        )


def own_files(store: Store, root: str) -> list[str]:
    """Trackbook's own files below a folder, as relative paths: they make no working tree dirty."""
    from trackbook.stores.sql.places import ARTIFACTS

    path = parse_store_uri(store.uri).path
    top = os.path.join(os.path.realpath(root), "")
    databases = [top + DATABASE_NAME] if path is None else [os.path.realpath(path), top + DATABASE_NAME]
    paths = [database + ending for database in databases for ending in ("", "-wal", "-shm", "-journal", ".d")]
    # a server's store has no file, but may have artifacts here; those of the store used before are no change either
    paths += [top + ARTIFACTS, os.path.realpath(local_path(store.artifact_root()))]
    return [path[len(top) :] for path in dict.fromkeys(paths) if path.startswith(top)]


_IN_MEMORY = "sqlite://"
_snapshots: dict[Key, Snapshot] = {}
_worker = _Worker()
in_forked_child(lambda: globals().update(_worker=_Worker()))
