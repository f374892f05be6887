"""The run that this process works on: ActiveRun, and which one a thread or task means when it names none."""

from __future__ import annotations

import logging
import os
import sys
import threading
import weakref
from collections.abc import Callable, Collection, Mapping
from contextvars import ContextVar
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from trackbook.entities import Run
from trackbook.errors import InvalidState, TrackbookError
from trackbook.runs import exits
from trackbook.runs.context import capture
from trackbook.runs.failures import record_failure, status_after
from trackbook.stores.forks import in_forked_child

if TYPE_CHECKING:
    from trackbook.stores.base import Recorder, Store

__all__ = ["ActiveRun", "current_run", "innermost", "open_run", "open_runs", "outer_run", "own_run"]

log = logging.getLogger("trackbook")


class Home:
    """Where a run was started: this process and thread, and this asyncio task if there is one."""

    def __init__(self) -> None:
        task = _current_task()
        self.process = os.getpid()
        self._thread = threading.get_ident()
        self._task = None if task is None else weakref.ref(task)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Home) and (self._thread, self._task) == (other._thread, other._task)

    def __hash__(self) -> int:
        return hash(self._thread)

    def is_here(self) -> bool:
        """Whether that is where the caller is; a task that is done has left its thread to others, as a cell does."""
        if self._thread != threading.get_ident():
            return False
        task = None if self._task is None else self._task()
        return task is None or task is _current_task() or bool(task.done())


def _current_task() -> Any:
    asyncio = sys.modules.get("asyncio")  # who has not imported it runs no task
    try:
        return None if asyncio is None else asyncio.current_task()
    except RuntimeError:  # no loop runs in this thread
        return None


class ActiveRun(Run):
    """A run that is open in this process; as a context manager it ends itself.

    Its `info` and `data` are those of the moment when it was started; `get_run` gives today's.

    Attributes:
        recorder: the quick way in for points.
        store: where it is kept.
        below: the run that was active when this one was started, and will be again.
        ended: whether it has ended.
        log_point: the recorder's `log` while the run is open, then None: what `trackbook.log_metric` looks at.
        home: the process, the thread and the asyncio task that started it.
    """

    recorder: Recorder
    store: Store
    below: ActiveRun | None
    ended: bool
    log_point: Callable[..., None] | None
    home: Home

    def __init__(self, run: Run, store: Store, below: ActiveRun | None = None) -> None:
        super().__init__(run.info, run.data, run.inputs, run.outputs)
        recorder = store.recorder(run.info.run_id)
        attributes: dict[str, Any] = {"store": store, "recorder": recorder, "log_point": recorder.log}
        attributes |= {"below": below, "ended": False, "home": Home()}
        for name, value in attributes.items():
            object.__setattr__(self, name, value)

    def log_metric(self, key: str, value: float, step: int | None = None, timestamp: int | None = None) -> None:
        """Log one point to this run; see `trackbook.log_metric`.

        Raises:
            InvalidParameter: a key, value, step or time breaks the rules, or the run is deleted.
        """
        self.recorder.log(key, value, step, timestamp)

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None, timestamp: int | None = None) -> None:
        """Log one point of each metric to this run, all or none.

        Raises:
            InvalidParameter: a key, value, step or time breaks the rules, or the run is deleted.
        """
        self.recorder.log_many(metrics, step, timestamp)

    def end(self, status: str = "FINISHED") -> None:
        """End this run and those that were started inside it; nothing if it has ended, or is a forked parent's.

        Raises:
            InvalidParameter: it is no status.
        """
        if self.ended:
            return
        for inner in [run for run in open_runs() if run.below is self]:
            inner.end(status)
        capture.settle(self.info.run_id)
        _close(self)
        if self.home.process == os.getpid():
            self.store.run_ended(self.info.run_id, status)

    def end_after(self, error: BaseException | None, frames: TracebackType | None = None) -> str:
        """End this run as an error demands, or FINISHED without one, and keep the error with it.

        Nothing is raised: the user's own error matters more.

        Args:
            error: by which its block, cell or process was left.
            frames: where the traceback is to begin; where the error's own does if None.

        Returns:
            how it ended.
        """
        status = status_after(error)
        if status == "FAILED" and error is not None and not self.ended and self.home.process == os.getpid():
            record_failure(self.store, self, error, frames)
        self.end_quietly(status)
        return status

    def end_quietly(self, status: str) -> None:
        """`end` where raising would hide what matters more; a run that was deleted meanwhile cannot end."""
        try:
            self.end(status)
        except TrackbookError as problem:
            log.warning("The run %s was not ended: %s", self.info.run_id, problem)

    def __reduce__(self) -> tuple[Any, ...]:
        """In another process it is a run like any other, to be logged to by its id."""
        return Run, (self.info, self.data, self.inputs, self.outputs)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None:
            self.end()
        else:
            self.end_after(error)

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Run) and (self.info, self.data) == (other.info, other.data))

    def __hash__(self) -> int:
        return hash(self.info.run_id)


# A task or thread that started a run has it here. Notebooks may run each cell in a context of its own, and threads
# begin with an empty one: then the process's only open stack answers.
innermost: ContextVar[ActiveRun | None] = ContextVar("trackbook_run", default=None)
_lock = threading.RLock()
_open: dict[str, ActiveRun] = {}
_leaf: ActiveRun | None = None  # innermost run of the only open stack
in_forked_child(lambda: globals().update(_lock=threading.RLock()))


def open_runs() -> list[ActiveRun]:
    """Every run that is open in this process, oldest first."""
    with _lock:
        return list(_open.values())


def open_run(run: Run, store: Store, below: ActiveRun | None) -> ActiveRun:
    """Make a run active for whoever calls."""
    active = ActiveRun(run, store, below)
    with _lock:
        _open[run.info.run_id] = active
        _find_leaf()
    innermost.set(active)
    exits.watch(_end_all_killed)
    return active


def _end_all_killed() -> None:
    """What a signal that ends the process does to its runs; it waits for nothing."""
    capture.abandon()
    for run in reversed(open_runs()):
        run.end_quietly("KILLED")


def _close(run: ActiveRun) -> None:
    object.__setattr__(run, "ended", True)
    object.__setattr__(run, "log_point", None)
    with _lock:
        _open.pop(run.info.run_id, None)
        _find_leaf()
        here = os.getpid()
        if all(left.home.process != here for left in _open.values()):
            exits.unwatch()
    if innermost.get() is run:
        innermost.set(run.below)


def _find_leaf() -> None:
    global _leaf
    leaves = _leaves(_open.values())
    _leaf = leaves[0] if len(leaves) == 1 else None


def _leaves(runs: Collection[ActiveRun]) -> list[ActiveRun]:
    """Those inside which no other of them was started."""
    with_others = {id(run.below) for run in runs}
    return [run for run in runs if id(run) not in with_others]


def own_run() -> ActiveRun | None:
    """The innermost run that this thread or task has started; None if it has started none.

    A notebook may run each cell in a context of its own: what an earlier cell has started in this thread counts too.
    """
    run = innermost.get()
    while run is not None and run.ended:
        run = run.below
    if run is None and _open:
        with _lock:
            own = _leaves([run for run in _open.values() if run.home.is_here()])
        run = own[-1] if own else None
        innermost.set(run)  # the rest of this cell need not look again
    return run


def outer_run() -> ActiveRun | None:
    """The run inside which a worker's nested run is: the innermost that was started where the only open stack began."""
    with _lock:
        bottoms = [run for run in _open.values() if run.below is None]
        if len(bottoms) != 1:
            return None
        run = bottoms[0]
        while above := [r for r in _open.values() if r.below is run and r.home == run.home]:
            run = above[-1]
        return run


def current_run() -> ActiveRun | None:
    """The run that is meant when none is named; None if no run is open.

    Raises:
        InvalidState: this thread has started no run, and the process has several open ones to choose from.
    """
    run = own_run()
    if run is not None:
        return run
    if _leaf is not None or not _open:
        return _leaf
    names = ", ".join(repr(run.info.run_name) for run in open_runs())
    raise InvalidState(
        f"This thread has started no run, and several are open ({names}). Log to one of them by its object "
        "(run.log_metric(...)) or its id (log_metric(..., run_id=...)), or start a run in this thread."
    )
