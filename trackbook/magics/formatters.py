"""How runs and experiments show themselves as the value of a cell: the rich cards, and one line of text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from trackbook.entities import Experiment, Run
from trackbook.errors import TrackbookError
from trackbook.runs.active import ActiveRun
from trackbook.runs.session import current_store
from trackbook.stores.base import Store, Summary

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
        store: where it is; its own or the chosen store if None.
    """
    from trackbook.widgets.cards import run_card

    try:
        store = store or (run.store if isinstance(run, ActiveRun) else current_store())
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


def _sparkline(store: Store, run_id: str, summaries: list[Summary]) -> Any:
    """The curve that says most: a validation metric before others, one with a best value before the rest."""
    from trackbook.figures.direction import better
    from trackbook.widgets.cards import Sparkline

    curves = [one.key for one in summaries if one.count > 1]
    if not curves:
        return None
    key = min(curves, key=lambda name: (better(name) is None, not name.startswith(("val", "test")), name))
    return Sparkline(key, store.points(run_id, key).values.tolist())


def run_text(run: Run) -> str:
    """A run in a line; the same in every execution of a notebook that names its runs."""
    return f"<Run {run.info.run_name}>"


def experiment_html(experiment: Experiment) -> str:
    """An experiment's card with the number of its runs by status."""
    from collections import Counter

    from trackbook.widgets.cards import experiment_card

    try:
        table = current_store().run_table([experiment.experiment_id])
    except TrackbookError:
        return experiment._repr_html_()
    lost = table.attributes["lost"]
    states = ["LOST" if gone else status for status, gone in zip(table.attributes["status"], lost, strict=True)]
    return experiment_card(experiment, Counter(states))


def experiment_text(experiment: Experiment) -> str:
    """An experiment in a line."""
    return f"<Experiment {experiment.name}>"
