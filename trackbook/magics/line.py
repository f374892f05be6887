"""The line magics: `%track_start` and the verbs that go with an open run."""

from __future__ import annotations

import time
from typing import Any

from IPython.core.magic import Magics, magics_class

from trackbook.entities import Run
from trackbook.errors import InvalidParameter, InvalidState
from trackbook.figures.numbers import duration
from trackbook.magics.arguments import checked_pairs, line_verb, option, pairs, parse
from trackbook.magics.notebook import Notebook
from trackbook.magics.starts import begin, wish_of
from trackbook.magics.words import place, printable, say
from trackbook.runs.active import ActiveRun, current_run, open_runs
from trackbook.runs.fluent import log_metrics, log_params, set_tags
from trackbook.runs.session import (
    current_experiment_id,
    current_store,
    get_tracking_uri,
    set_experiment,
    set_tracking_uri,
)
from trackbook.stores import open_store

__all__ = ["RUN_OPTIONS", "LineMagics", "ending"]

_MOST_LOST = 10
_NO_RUN = "No run is open. %track_start opens one."


#: The options that `%track_start` and `%%track` share.
RUN_OPTIONS = (
    option("name", nargs="?", help="Name of the run; two words and a number if left out."),
    option("-e", "--experiment", help="Choose this experiment, made if there is none, for this run and the next."),
    option("-p", "--param", action="append", default=[], metavar="KEY=VALUE", help="Log a param; repeatable."),
    option("-t", "--tag", action="append", default=[], metavar="KEY=VALUE", help="Set a tag; repeatable."),
    option("--live", action="append", metavar="METRIC", help="Show only the curve of this metric; repeatable."),
    option("--no-live", action="store_true", help="Show no curves."),
    option("--nested", action="store_true", help="Start it inside the open run."),
    option("--resume", metavar="RUN", help="Go on with a run, given by id or name."),
)


@magics_class
class LineMagics(Magics):
    """`%track_uri` and its siblings.

    Args:
        notebook: the shell's cells and runs.
        shell: the shell.
    """

    def __init__(self, notebook: Notebook, shell: Any) -> None:
        super().__init__(shell)
        self._notebook = notebook

    # ---- where ----

    @line_verb(
        option("uri", nargs="?", help="A database file, a folder or sqlite:///path; shows the store if left out."),
    )
    def track_uri(self, line: str) -> None:
        """Show the store, or take another for the runs that start from now on."""
        given = parse(self.track_uri, line)
        if given.uri is not None:
            open_store(given.uri)  # what cannot be opened is not chosen
            set_tracking_uri(given.uri)
        say(f"Store: {printable(place(get_tracking_uri()))}")

    @line_verb(
        option("name", nargs="?", help="The experiment, made if there is none; shows the chosen one if left out."),
    )
    def track_experiment(self, line: str) -> None:
        """Show the chosen experiment, or choose another for the runs that start from now on."""
        given = parse(self.track_experiment, line)
        if given.name is not None:
            set_experiment(given.name)
        store = current_store()
        experiment = store.get_experiment(current_experiment_id())
        say(f"Experiment {printable(experiment.name)} (id {experiment.experiment_id}) in {printable(place(store.uri))}")

    # ---- a run ----

    @line_verb(*RUN_OPTIONS)
    def track_start(self, line: str) -> ActiveRun | None:
        """Start a run that stays open across cells; running its cell again ends it and starts another."""
        silent = line.rstrip().endswith(";")
        given = parse(self.track_start, line.rstrip().removesuffix(";") if silent else line)
        run, panel = begin(self._notebook, wish_of(given))
        self._notebook.keep(run, panel)
        return None if silent else run

    @line_verb(
        option("param", nargs="+", metavar="KEY=VALUE", help="A param; set once."),
    )
    def track_param(self, line: str) -> None:
        """Log params to the open run, as in %track_param lr=0.1 depth=4."""
        params = checked_pairs("param", parse(self.track_param, line).param)
        _needed_run()
        log_params(params)

    @line_verb(
        option("metric", nargs="+", metavar="KEY=NUMBER", help="A metric."),
        option("--step", type=int, help="The step of the points; 0 if left out."),
    )
    def track_metric(self, line: str) -> None:
        """Log one point of each metric to the open run, as in %track_metric loss=0.3 --step 7."""
        given = parse(self.track_metric, line)
        numbers = {key: _number(key, text) for key, text in pairs(given.metric).items()}
        _needed_run()
        log_metrics(numbers, step=given.step)

    @line_verb(
        option("tag", nargs="+", metavar="KEY=VALUE", help="A tag; the last value wins."),
    )
    def track_tag(self, line: str) -> None:
        """Set tags of the open run, as in %track_tag team=vision."""
        tags = checked_pairs("tag", parse(self.track_tag, line).tag)
        _needed_run()
        set_tags(tags)

    @line_verb(
        option("path", help="A file, or a folder with all that is in it."),
        option("--to", metavar="FOLDER", help="Folder of the run's artifacts; the root if left out."),
    )
    def track_artifact(self, line: str) -> None:
        """Store a file or a folder with the open run, as in %track_artifact plot.png --to plots."""
        from trackbook.runs.artifacts import log_artifact

        given = parse(self.track_artifact, line)
        run = _needed_run()
        log_artifact(run.store, run, given.path, given.to)
        say(f"Stored {printable(given.path)} with run {_name(run)}.")

    @line_verb(
        option("--status", default="FINISHED", choices=["FINISHED", "FAILED", "KILLED"], help="FINISHED if left out."),
    )
    def track_end(self, line: str) -> None:
        """End the open run."""
        given = parse(self.track_end, line)
        run = current_run()
        if run is None:
            say(_NO_RUN)
            return
        self._notebook.end_run(run, given.status)
        say(ending(run, given.status))

    # ---- looking ----

    @line_verb()
    def track_status(self, line: str) -> None:
        """Show the store, the experiment, the open runs, and the experiment's runs whose process is gone."""
        parse(self.track_status, line)
        store = current_store()
        experiment = store.get_experiment(current_experiment_id())
        say(f"Store: {printable(place(store.uri))}", f"Experiment: {printable(experiment.name)}")
        for run in open_runs():
            stored = run.store.get_run(run.info.run_id)
            say(f"Run: {_name(stored)} ({stored.info.run_id}), RUNNING, {_counted(stored)}")
        if not open_runs():
            say(_NO_RUN)
        for lost in store.search_runs(
            [experiment.experiment_id], "attributes.liveness = 'lost'", max_results=_MOST_LOST
        ):
            say(f"Run: {_name(lost)} ({lost.info.run_id}), LOST: its process is gone")


def ending(run: ActiveRun, status: str) -> str:
    """One sentence on a run that has ended just now."""
    took = duration(time.time() * 1000 - (run.info.start_time or 0))
    return f"Run {_name(run)} ended {status} after {took}."


def _needed_run() -> ActiveRun:
    run = current_run()
    if run is None:
        raise InvalidState(_NO_RUN)
    return run


def _number(key: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InvalidParameter(
            f"The value of metric {key!r} is {text!r:.80}, which is no number. Texts are params or tags."
        ) from None


def _name(run: Run) -> str:
    return printable(run.info.run_name or run.info.run_id)


def _counted(run: Run) -> str:
    metrics, params = len(run.data.metrics), len(run.data.params)
    return f"{metrics} {'metric' if metrics == 1 else 'metrics'}, {params} {'param' if params == 1 else 'params'}"
