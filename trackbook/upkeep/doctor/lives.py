"""Doctor's look at runs whose process is gone."""

from __future__ import annotations

from collections.abc import Iterator

from trackbook.runs.life import end_lost_runs, find_lost_runs
from trackbook.stores.base import Store
from trackbook.upkeep.doctor.findings import WARNING, Finding

__all__ = ["check_lost_runs"]


def check_lost_runs(store: Store, now: int | None = None) -> Iterator[Finding]:
    """Runs that are RUNNING and whose process is gone.

    Args:
        store: the store.
        now: ms since 1970-01-01 UTC; the clock's if None.
    """
    for run, heartbeat in find_lost_runs(store, now):

        def end(run_id: str = run.info.run_id) -> bool:
            return bool(end_lost_runs(store, now, filter_string=f"attributes.run_id = '{run_id}'"))

        what = f"Its process is gone; it last beat at {heartbeat} (ms since 1970), and its status is still RUNNING."
        remedy = "--fix ends it: KILLED, at that time."
        yield Finding("life", run.info.run_id, what, WARNING, remedy, end)
