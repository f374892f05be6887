"""How runs end that nobody ends: with their process, and, when that is gone, by whoever finds them lost."""

from __future__ import annotations

import logging
import os
import time
from typing import TYPE_CHECKING, NamedTuple

from trackbook.entities import Run, RunTag, ViewType
from trackbook.errors import InvalidParameter, NotFound
from trackbook.runs.active import open_runs
from trackbook.runs.context.capture import abandon
from trackbook.runs.exits import uncaught
from trackbook.stores.journal.files import host_and_boot

if TYPE_CHECKING:
    from trackbook.stores.base import RunLife, Store

__all__ = ["ENDED_BY", "EndedRun", "end_lost_runs", "end_with_process", "find_lost_runs", "warn_of_another_process"]

log = logging.getLogger("trackbook")

#: The tag that says who ended a run that did not end itself: ``rerun`` or ``doctor``.
ENDED_BY = "trackbook.ended_by"
_PAGE = 1000


class EndedRun(NamedTuple):
    """A run that was ended for its process, which is gone.

    Attributes:
        run: as it was before.
        end_time: ms: its last heartbeat.
    """

    run: Run
    end_time: int


def warn_of_another_process(store: Store, run_id: str) -> None:
    """Say so, if a run that is to be resumed is being run by another process: both then log to it, as in MLflow."""
    life = store.run_life(run_id)
    if life.heartbeat is None or life.lost or not _is_beating(life) or life.pid == os.getpid():
        return
    if store.get_run(run_id).info.status == "RUNNING":
        log.warning(
            "The run %s is still being run by the process %s on %s. Both log to it now; it ends with this one.",
            *(run_id, life.pid, life.host),
        )


def _is_beating(life: RunLife) -> bool:
    """Whether the process of a run is alive: asked on this host, and elsewhere guessed from its heartbeat."""
    if (life.host, life.boot) != host_and_boot() or os.name == "nt":  # on Windows, asking would end the process
        return time.time() * 1000 - (life.heartbeat or 0) < 60_000
    return life.pid is not None and _exists(life.pid)


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def end_with_process() -> None:
    """At the end of the process its runs end too: FINISHED, or as the error by which it ends demands."""
    error = uncaught()
    if isinstance(error, KeyboardInterrupt):
        abandon()  # she has asked for an end now
    for run in reversed(open_runs()):
        run.end_after(error)


def find_lost_runs(store: Store, now: int | None = None, filter_string: str | None = None) -> list[tuple[Run, int]]:
    """The lost runs of a store and the last heartbeat of each, in ms.

    Args:
        store: the store.
        now: ms since 1970-01-01 UTC; the clock's if None.
        filter_string: only runs that it finds.
    """
    also = f" AND {filter_string}" if filter_string else ""
    lost, token = [], None
    experiments = _experiments(store)
    while True:
        page = store.search_runs(
            experiments, f"attributes.status = 'RUNNING'{also}", max_results=_PAGE, page_token=token
        )
        for run in page:
            life = store.run_life(run.info.run_id, now)
            if life.lost and life.heartbeat is not None:
                lost.append((run, life.heartbeat))
        token = page.token
        if not token:
            return lost


def _experiments(store: Store) -> list[str]:
    ids: list[str] = []
    token = None
    while True:
        page = store.search_experiments(ViewType.ACTIVE_ONLY, _PAGE, page_token=token)
        ids += [experiment.experiment_id for experiment in page]
        token = page.token
        if not token:
            return ids


def end_lost_runs(
    store: Store, now: int | None = None, *, filter_string: str | None = None, ended_by: str = "doctor"
) -> list[EndedRun]:
    """End every lost run KILLED, at its last heartbeat; a run that may still be alive is left alone.

    Args:
        store: the store.
        now: ms since 1970-01-01 UTC; the clock's if None.
        filter_string: only runs that it finds.
        ended_by: who does so, for the tag trackbook.ended_by.

    Returns:
        what was ended, newest first.
    """
    ended = []
    for run, heartbeat in find_lost_runs(store, now, filter_string):
        try:
            store.log_batch(run.info.run_id, tags=[RunTag(ENDED_BY, ended_by)])
            store.update_run(run.info.run_id, status="KILLED", end_time=heartbeat)
        except (InvalidParameter, NotFound) as problem:  # somebody has deleted or purged it meanwhile
            log.info("The lost run %s was not ended: %s", run.info.run_id, problem)
            continue
        ended.append(EndedRun(run, heartbeat))
    return ended
