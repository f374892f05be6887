"""How runs and experiments show themselves as the value of a cell: the rich cards, and one line of text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from trackbook.entities import Experiment, Run
from trackbook.errors import TrackbookError
from trackbook.runs.active import ActiveRun
from trackbook.runs.session import current_store, get_tracking_uri
from trackbook.stores.base import Store, Summary
from trackbook.uris import parse_store_uri

#: Of a curve that a card reads to draw; a million take longer than a glance.
_MOST_POINTS = 100_000
#: Runs without an end that are asked for signs of life.
_MOST_OPEN = 500

__all__ = ["experiment_html", "experiment_text", "register", "run_html", "run_text"]


def register(shell: Any) -> Callable[[], None]:
    """Have a shell show runs and experiments as cards.

    Returns:
        what brings back how it showed them before.
    """
    formatters = shell.display_formatter.formatters
    wanted: list[tuple[Any, type, Any]] = [
        (formatters["text/html"], Run, run_html),
        (formatters["text/html"], Experiment, experiment_html),
        (formatters["text/plain"], Run, lambda run, printer, _: printer.text(run_text(run))),
        (formatters["text/plain"], Experiment, lambda one, printer, _: printer.text(experiment_text(one))),
    ]
    before = [(formatter, kind, formatter.for_type(kind, show)) for formatter, kind, show in wanted]

    def restore() -> None:
        for formatter, kind, show in before:
            if show is None:
                formatter.pop(kind, None)
            else:
                formatter.for_type(kind, show)

    return restore


def run_html(run: Run, store: Store | None = None) -> str:
    """A run's card with its metrics as the store has them; its own plain card if the store does not know it.

    Args:
        run: an active run is shown as it stands now, any other as it was read.
        store: where it is, to be asked wherever that is. If None its own or the chosen store, if that is a file: the
            value of a cell is shown without a call over a network, from what the run itself holds.
    """
    from trackbook.widgets.cards import run_card

    try:
        store = store or _store_nearby(run)
        if store is None:
            return run_card(run, [_last_alone(key, value) for key, value in run.data.metrics.items()])
        shown = store.get_run(run.info.run_id) if isinstance(run, ActiveRun) else run
        summaries = store.summaries(run.info.run_id)
        experiment = store.get_experiment(run.info.experiment_id).name
        life = store.run_life(run.info.run_id)
        if shown.info.status == "RUNNING" and life.lost:
            shown = replace(shown, info=replace(shown.info, status="LOST"))
        attempts = store.list_attempts(run.info.run_id) if life.attempt > 1 else ()
        return run_card(shown, summaries, _sparkline(store, run.info.run_id, summaries), experiment, attempts)
    except TrackbookError:
        return run._repr_html_()


def _store_nearby(run: Run | None = None) -> Store | None:
    """The store of a run, or the chosen one; None if it is not a file."""
    if isinstance(run, ActiveRun):
        return run.store if parse_store_uri(run.store.uri).path else None
    return current_store() if parse_store_uri(get_tracking_uri()).path else None


def _last_alone(key: str, value: float) -> Summary:
    """A metric of which only the last value is known."""
    return Summary(key, value, 0, 0, None, None, None, None, None, None, 1)


def _sparkline(store: Store, run_id: str, summaries: list[Summary]) -> Any:
    """The curve that says most: a validation metric before others, one with a best value before the rest."""
    from trackbook.figures.direction import better
    from trackbook.widgets.cards import Sparkline

    curves = [one.key for one in summaries if 1 < one.count <= _MOST_POINTS]
    if not curves:
        return None
    key = min(curves, key=lambda name: (better(name) is None, not name.startswith(("val", "test")), name))
    return Sparkline(key, store.points(run_id, key).values.tolist())


def run_text(run: Run) -> str:
    """A run in a line; the same in every execution of a notebook that names its runs."""
    return f"<Run {run.info.run_name}>"


def experiment_html(experiment: Experiment) -> str:
    """An experiment's card with the number of its runs by status; counted by the database, if that is a file."""
    from trackbook.widgets.cards import experiment_card

    try:
        store = _store_nearby()
        if store is None:
            return experiment._repr_html_()
        counts = dict(store.run_counts().get(experiment.experiment_id, {}))
        if counts.get("RUNNING"):
            found = store.run_table([experiment.experiment_id], "attributes.status = 'RUNNING'", max_results=_MOST_OPEN)
            lost = sum(map(bool, found.attributes["lost"]))
            counts = {**counts, "RUNNING": counts["RUNNING"] - lost, "LOST": lost}
    except TrackbookError:
        return experiment._repr_html_()
    return experiment_card(experiment, counts)


def experiment_text(experiment: Experiment) -> str:
    """An experiment in a line."""
    return f"<Experiment {experiment.name}>"
