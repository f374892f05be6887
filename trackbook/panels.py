"""The panels, called by the names of experiments and runs: ``from trackbook import panels``, then ``panels.runs()``.

Each function returns a panel, which a cell shows as its value; the magics do the same. All look at the store that
`trackbook.get_tracking_uri` names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from trackbook.entities import Run
from trackbook.errors import InvalidParameter, NotFound
from trackbook.libraries import require
from trackbook.runs.lookup import find_run
from trackbook.runs.session import current_experiment_id, current_store
from trackbook.stores.base import Store

if TYPE_CHECKING:
    from trackbook.dashboard.page import Dashboard
    from trackbook.widgets.artifacts import ArtifactsPanel
    from trackbook.widgets.compare import ComparePanel
    from trackbook.widgets.curves import CurvesPanel
    from trackbook.widgets.registry import RegistryPanel
    from trackbook.widgets.runs_table import RunsTable
    from trackbook.widgets.statistics import StatisticsPanel

__all__ = [
    "artifacts",
    "compare",
    "curves",
    "dashboard",
    "experiment_ids",
    "known_metrics",
    "models",
    "run_ids",
    "runs",
    "statistics",
    "view",
]

_AGGREGATES = ("last", "min", "max", "count")
#: Runs that are shown where none is named.
_NEWEST = 6
_LISTED = "%track_runs lists the runs."
_NEEDS = ("anywidget", "ipywidgets", "plotly")


def runs(
    filter_string: str | None = None,
    experiments: Sequence[str] | None = None,
    last: int | None = None,
    *,
    order_by: Sequence[str] | None = None,
    view: Mapping[str, Any] | None = None,
) -> RunsTable:
    """The table of the runs of some experiments.

    Args:
        filter_string: only the runs that match.
        experiments: names; the chosen experiment if None.
        last: only that many of the newest.
        order_by: clauses such as ``metrics.loss DESC``; the newest first if None.
        view: how the table stands, as "Copy as code" gives it.

    Raises:
        NotFound: there is no experiment of a name.
        BadFilter: `filter_string` or `order_by` does not parse.
        InvalidParameter: `last` is not positive.
    """
    require("A panel", *_NEEDS)
    from trackbook.widgets.runs_table import RunsTable

    store = current_store()
    ids = experiment_ids(store, experiments)
    if last is not None and last < 1:
        raise InvalidParameter(f"--last takes a number of runs from 1 on, not {last}.")
    return RunsTable.of(store, ids, filter_string, order_by, view=view, last=last)


def curves(
    runs: Sequence[str | Run] | None = None,
    metrics: Sequence[str] | None = None,
    *,
    view: Mapping[str, Any] | None = None,
) -> CurvesPanel:
    """The curves of some runs in common charts, one a metric.

    Args:
        runs: runs, their ids, the beginnings of these, or names; the newest of the chosen experiment if None.
        metrics: the metrics; all of them if None.
        view: how they are drawn, as the panel's `view` says it: ``{"smooth": 0.6, "by": "params.lr"}``.

    Raises:
        NotFound: there is no such run, or none of them has a metric of a name.
    """
    require("A panel", *_NEEDS)
    from trackbook.widgets.curves import CurvesPanel

    store = current_store()
    newest = store.search_runs([current_experiment_id()], max_results=_NEWEST) if runs is None else runs
    found = run_ids(store, newest)
    known_metrics(store, found, metrics)
    return CurvesPanel(store, found, metrics, view=view)


def dashboard(view: str | Mapping[str, Any] | None = None, *, experiment: str | None = None) -> Dashboard:
    """The whole page of the store: experiments, saved views, and all panels in tabs.

    Args:
        view: how it stands at first: the text after ``?view=`` in a link, or what `Dashboard.standing` said.
        experiment: name of the experiment to begin with; one that runs, or the newest, if None.

    Raises:
        NotFound: there is no experiment of that name.
        InvalidParameter: `view` cannot be read.
    """
    require("A panel", *_NEEDS)
    from trackbook.dashboard.page import Dashboard
    from trackbook.dashboard.standing import decode_view

    begin = experiment_ids(current_store(), [experiment])[0] if experiment else ""
    stands = decode_view(view) if isinstance(view, str) else view
    return Dashboard(experiment=begin, view=stands)


def view(name: str) -> Dashboard:
    """The page as it was saved by a name.

    Raises:
        NotFound: there is no view of that name.
    """
    require("A panel", *_NEEDS)
    from trackbook.dashboard.page import Dashboard

    return Dashboard(saved=current_store().get_view(name).name)


def statistics(
    metric: str | None = None,
    by: str | None = None,
    baseline: str | None = None,
    experiments: Sequence[str] | None = None,
    *,
    test: str | None = None,
    filter_string: str | None = None,
) -> StatisticsPanel:
    """Groups of runs over their seeds, each tested against a baseline.

    Args:
        metric: such as ``val_accuracy.max``, ``.min`` or ``.last``; the most telling one, at its best, if None.
        by: params or tags that make the groups, joined by commas; every param but the seed if None.
        baseline: name of a group; the one with the oldest run if None.
        experiments: names; the chosen experiment if None.
        test: "welch", "paired", "permutation" or "auto", which pairs runs where all seeds match.
        filter_string: only the runs that match.

    Raises:
        NotFound: there is no experiment of a name.
        InvalidParameter: there is no such metric, param, tag, group or test.
        BadFilter: `filter_string` does not parse.
        MissingDependency: scipy is not installed.
    """
    require("A panel", *_NEEDS)
    require("Statistics of runs", "scipy")
    from trackbook.widgets.statistics import StatisticsPanel

    store = current_store()
    ids, view = experiment_ids(store, experiments), {"test": test} if test else None
    return StatisticsPanel(store, ids, metric, by=by, baseline=baseline, filter_string=filter_string, view=view)


def artifacts(runs: Sequence[str | Run] = (), path: str | None = None, *, model: str | None = None) -> ArtifactsPanel:
    """The files of some runs side by side, or those of a model.

    Args:
        runs: runs, their ids, the beginnings of these, or names.
        path: the file or folder that is shown at first.
        model: instead of runs, a model's address: ``models:/<name>/<version>`` and its other forms.

    Raises:
        NotFound: there is no such run or model.
        InvalidParameter: there are both runs and a model, or neither.
    """
    require("A panel", *_NEEDS)
    from trackbook.widgets.artifacts import ArtifactsPanel

    if bool(runs) == (model is not None):
        raise InvalidParameter(
            "Artifacts are shown of runs, or of one model: artifacts(['first']) or artifacts(model=...)."
        )
    if model is not None:
        return ArtifactsPanel.of_model(current_store(), model, path=path)
    store = current_store()
    return ArtifactsPanel(store, run_ids(store, runs), path=path)


def compare(
    runs: Sequence[str | Run] | None = None,
    experiments: Sequence[str] | None = None,
    chart: str = "table",
    *,
    baseline: str | Run | None = None,
    metric: str | None = None,
    differs: bool = True,
    **columns: str | None,
) -> ComparePanel:
    """Some runs side by side, and how they stand among the other runs of their experiments.

    Args:
        runs: runs, their ids, the beginnings of these, or names; the six newest if None.
        experiments: names of those whose runs stand around; those of `runs` if None.
        chart: ``table``, ``scatter``, ``contour``, ``box`` or ``pareto``.
        baseline: which of the runs the others are compared with; the first if None.
        metric: what the charts are about; the likeliest if None.
        differs: whether rows in which no two runs differ are left out.
        **columns: params and metrics of a chart: ``x``, ``y``, ``color`` and ``size``, and ``by`` for groups.

    Raises:
        NotFound: there is no such run, metric or column.
        InvalidParameter: there is no such chart, or a word that `columns` does not know.
    """
    require("A panel", *_NEEDS)
    from trackbook.widgets.compare import CHARTS, COLUMN_WORDS, ComparePanel

    if chart not in CHARTS:
        raise InvalidParameter(f"There is no chart {chart!r}; there are {', '.join(CHARTS)}.")
    unknown = sorted(set(columns) - set(COLUMN_WORDS))
    if unknown:
        raise InvalidParameter(f"A chart has no {unknown[0]!r}; it has {', '.join(COLUMN_WORDS)}.")
    store = current_store()
    given = run_ids(store, runs) if runs else _newest(store, experiment_ids(store, experiments))
    homes = list(dict.fromkeys(store.get_run(each).info.experiment_id for each in given))
    around = experiment_ids(store, experiments) if experiments or not homes else homes
    view: dict[str, Any] = {"chart": chart, "metric": metric, **columns}
    if baseline is not None:
        view["baseline"] = run_ids(store, [baseline])[0]
    view = {word: value for word, value in view.items() if value} | ({} if differs else {"differs": False})
    panel = ComparePanel(store, around, given, view=view)
    panel.check_columns([each for each in (*columns.values(), metric and f"metrics.{metric}") if each])
    panel.observe(lambda change: panel.show(change["new"]) if change["new"] else None, "selected")
    return panel


def _newest(store: Store, experiments: Sequence[str]) -> list[str]:
    return store.run_table(experiments, max_results=_NEWEST).run_ids


def experiment_ids(store: Store, names: Sequence[str] | None = None) -> list[str]:
    """The ids of experiments by their names; the chosen experiment if None.

    Raises:
        NotFound: there is no experiment of a name.
    """
    if not names:
        return [current_experiment_id()]
    ids = []
    for name in names:
        experiment = store.get_experiment_by_name(name)
        if experiment is None:
            raise NotFound(f"There is no experiment {name!r} in this store. %track_experiment makes one.")
        ids.append(experiment.experiment_id)
    return ids


def run_ids(store: Store, given: Sequence[str | Run]) -> list[str]:
    """The ids of runs given by themselves, their ids, beginnings of these, or names; each once, in order.

    Raises:
        NotFound: there is no such run.
        InvalidParameter: several ids begin so.
    """
    found = (one if isinstance(one, Run) else find_run(store, one, _LISTED) for one in given)
    return list(dict.fromkeys(run.info.run_id for run in found))


def known_metrics(store: Store, run_ids: Sequence[str], keys: Sequence[str] | None) -> set[str]:
    """The metrics that some runs have.

    Raises:
        NotFound: none of them has one of `keys`.
    """
    known = {one.key for run_id in run_ids for one in store.summaries(run_id)}
    for key in keys or ():
        if key not in known:
            name = store.get_run(run_ids[0]).info.run_name if run_ids else ""
            whose = f"The run {name!r} has no" if len(run_ids) == 1 else "None of these runs has a"
            raise NotFound(f"{whose} metric {key!r}; there is {', '.join(sorted(known)) or 'none yet'}.")
    return known


def models(name: str | None = None, version: int | None = None) -> RegistryPanel:
    """Registered models: versions beside the one in production, promotion, roll back and the audit trail.

    Args:
        name: of the registered model; the first one if None.
        version: the one whose lineage and files are shown; the newest if None.
    """
    require("A panel", *_NEEDS)
    from trackbook.widgets.registry import RegistryPanel

    return RegistryPanel(current_store(), name=name, view={} if version is None else {"version": version})
