"""Starting a run from a cell: what was asked for, and what an earlier execution of the cell has left open."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from dataclasses import dataclass, field

from trackbook.entities import Param, Run
from trackbook.entities.cards import moment
from trackbook.errors import InvalidParameter, InvalidState
from trackbook.magics.arguments import checked_pairs
from trackbook.magics.notebook import Notebook
from trackbook.magics.panels import CurvesUnderCell
from trackbook.magics.words import RUNS_LISTED, place, printable, say
from trackbook.runs.active import ActiveRun, own_run
from trackbook.runs.fluent import log_params, start_run
from trackbook.runs.life import end_lost_runs
from trackbook.runs.lookup import find_run
from trackbook.runs.session import current_store, set_experiment
from trackbook.stores.base import Store

__all__ = ["Wish", "begin", "wish_of"]

CELL_TAG = "trackbook.cell"


@dataclass(frozen=True, slots=True)
class Wish:
    """The run that a magic asks for.

    Attributes:
        name: a name for people; made up if None.
        experiment: the experiment to choose; the chosen one if None.
        params: to log at once.
        tags: to set at once.
        live: metrics for the live curves; all if None.
        shown: whether to show live curves.
        nested: whether it may begin inside another run.
        resume: id, beginning of an id or name of the run to go on with; a new run if None.
    """

    name: str | None = None
    experiment: str | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    live: list[str] | None = None
    shown: bool = True
    nested: bool = False
    resume: str | None = None


def wish_of(given: Namespace) -> Wish:
    """What the arguments of a magic ask for.

    Raises:
        InvalidParameter: a param, a tag or a combination of options breaks the rules.
    """
    if given.resume and given.experiment:
        raise InvalidParameter("A resumed run stays in its experiment: leave --experiment out.")
    if given.live and given.no_live:
        raise InvalidParameter("--live and --no-live exclude each other. Leave one out.")
    params, tags = checked_pairs("param", given.param), checked_pairs("tag", given.tag)
    shown = not given.no_live
    return Wish(given.name, given.experiment, params, tags, given.live, shown, given.nested, given.resume)


def begin(notebook: Notebook, wish: Wish) -> tuple[ActiveRun, CurvesUnderCell | None]:
    """Start the run, after ending those that an earlier execution of the cell has left open; the run and its curves.

    Raises:
        InvalidState: another cell's run is open, and the run is not nested.
        NotFound: there is no run to resume.
    """
    store = current_store()
    resumed = find_run(store, wish.resume, RUNS_LISTED).info.run_id if wish.resume else None
    for run, status in notebook.end_runs_of_cell():
        say(f"The run that this cell had left open, {_name(run)}, has ended {status}.")
    _refuse_second(wish)
    experiment = set_experiment(wish.experiment).experiment_id if wish.experiment is not None else None
    _end_lost_runs(store, notebook.cell.key)
    tags = {**wish.tags, CELL_TAG: notebook.cell.key}
    if resumed is not None:  # before it runs again: a param that stands otherwise leaves it as it is
        store.log_batch(resumed, params=[Param(key, value) for key, value in wish.params.items()])
    active = start_run(resumed, experiment, wish.name, nested=wish.nested, tags=tags)
    if wish.params and resumed is None:
        log_params(wish.params)
    _announce(active, resumed is not None)
    return active, CurvesUnderCell(active, wish.live) if wish.shown and notebook.shows_widgets else None


def _refuse_second(wish: Wish) -> None:
    run = own_run()
    if run is not None and not wish.nested:
        raise InvalidState(
            f"The run {run.info.run_name!r} ({run.info.run_id}) is already active. End it with %track_end, or "
            "start this one inside it with --nested."
        )


def _end_lost_runs(store: Store, cell: str) -> None:
    """End what this cell has left open in a kernel that died; a run that may still be alive is left alone."""
    for run, heartbeat in end_lost_runs(store, filter_string=f"tags.`{CELL_TAG}` = '{cell}'", ended_by="rerun"):
        say(f"Run {_name(run)} was lost with its kernel at {moment(heartbeat)} and is now KILLED.")


def _announce(run: ActiveRun, resumed: bool) -> None:
    experiment = run.store.get_experiment(run.info.experiment_id).name
    deed = "resumed" if resumed else "started"
    say(
        f"Run {_name(run)} {deed} in experiment {printable(experiment)}.",
        f"Store: {printable(place(run.store.uri))}",
    )


def _name(run: Run) -> str:
    return printable(run.info.run_name or run.info.run_id)
