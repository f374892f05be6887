"""What `%track_runs` and `%track_show` put below a cell: the table of runs, and a run's card with its curves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from trackbook.entities import Run
from trackbook.errors import InvalidParameter, NotFound
from trackbook.magics.formatters import run_html, run_text
from trackbook.magics.words import show
from trackbook.runs.session import current_experiment_id
from trackbook.stores.base import Store

if TYPE_CHECKING:
    from trackbook.widgets.runs_table import RunsTable

__all__ = ["show_curves", "show_run", "table_of_runs"]

_AGGREGATES = ("last", "min", "max", "count")


def table_of_runs(
    store: Store, filter_string: str | None = None, experiments: Sequence[str] | None = None, last: int | None = None
) -> RunsTable:
    """The table of the runs of some experiments.

    Args:
        store: where they are.
        filter_string: only the runs that match.
        experiments: names; the chosen experiment if None.
        last: only that many of the newest.

    Raises:
        NotFound: there is no experiment of a name.
        BadFilter: the filter does not parse.
        InvalidParameter: `last` is not positive.
    """
    from trackbook.widgets.runs_table import RunsTable

    ids = [_experiment_id(store, name) for name in experiments] if experiments else [current_experiment_id()]
    if last is None:
        return RunsTable.of(store, ids, filter_string=filter_string)
    if last < 1:
        raise InvalidParameter(f"--last takes a number of runs from 1 on, not {last}.")
    newest = store.run_table(ids, filter_string, max_results=last, aggregates=_AGGREGATES)
    return RunsTable(newest, experiments={each: store.get_experiment(each).name for each in ids})


def _experiment_id(store: Store, name: str) -> str:
    found = store.get_experiment_by_name(name)
    if found is None:
        raise NotFound(f"There is no experiment {name!r} in this store. %track_experiment makes one.")
    return found.experiment_id


def show_run(store: Store, run: Run, keys: Sequence[str] | None = None) -> None:
    """Display a run's card and its curves, which follow it while it runs.

    Raises:
        NotFound: the run has no metric of a name.
    """
    known = _known_metrics(store, [run], keys)
    show({"text/html": run_html(run, store), "text/plain": run_text(run)}, raw=True)
    if not known:
        return
    run_id = run.info.run_id
    if run.info.status == "RUNNING" and not store.run_life(run_id).lost:
        from trackbook.widgets.curves import LiveCurves

        show(LiveCurves(store, run_id, keys))
    else:
        show_curves(store, [run], keys)


def show_curves(store: Store, runs: Sequence[Run], keys: Sequence[str] | None = None) -> None:
    """Display the curves of some runs in common charts.

    Raises:
        NotFound: no run has a metric of a name.
    """
    from trackbook.widgets.curves import CurvesPanel

    _known_metrics(store, runs, keys)
    show(CurvesPanel(store, list(dict.fromkeys(run.info.run_id for run in runs)), keys))


def _known_metrics(store: Store, runs: Sequence[Run], keys: Sequence[str] | None) -> set[str]:
    known = {one.key for run in runs for one in store.summaries(run.info.run_id)}
    for key in keys or ():
        if key not in known:
            whose = f"The run {runs[0].info.run_name!r} has no" if len(runs) == 1 else "None of these runs has a"
            raise NotFound(f"{whose} metric {key!r}; there is {', '.join(sorted(known)) or 'none yet'}.")
    return known
