"""`trackbook runs`: make, find, look at, end, delete and restore runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from trackbook.cli import run_views
from trackbook.cli.completion import experiment_ids, experiment_names, run_ids
from trackbook.cli.options import chosen_experiments, experiments_options, force_option, pairs, run_option, view_option
from trackbook.cli.output import format_option, say, show, show_document
from trackbook.cli.rows import RUN_COLUMNS, columns_of_runs, run_rows
from trackbook.cli.store import existing_store, store_option, store_to_fill
from trackbook.errors import InvalidState

if TYPE_CHECKING:
    from trackbook.entities import Run
    from trackbook.stores.base import Store

__all__ = ["runs"]

_ENDINGS = ("FINISHED", "FAILED", "KILLED")
_AGGREGATES = ("last", "count")


@click.group()
def runs() -> None:
    """Runs: executions with their params, metrics, tags and artifacts."""


@runs.command()
@click.option("--experiment-id", "-x", metavar="ID", shell_complete=experiment_ids, help="The experiment.")
@click.option(
    "--experiment-name",
    "-n",
    metavar="NAME",
    shell_complete=experiment_names,
    help="Its name, instead of its id; made if there is none.",
)
@click.option("--run-name", metavar="NAME", help="A name for people; two words and a number if left out.")
@click.option("--description", metavar="TEXT", help="What the run is about, in Markdown.")
@click.option("--tags", "-t", metavar="KEY=VALUE", multiple=True, help="A tag; repeatable.")
@click.option("--params", "-p", metavar="KEY=VALUE", multiple=True, help="A param; repeatable.")
@click.option(
    "--status",
    type=click.Choice(_ENDINGS, case_sensitive=False),
    default="FINISHED",
    show_default=True,
    help="How it ends.",
)
@click.option("--parent-run-id", metavar="RUN", shell_complete=run_ids, help="Make it a child of this run.")
@store_option
def create(store_uri: str | None, **wish: Any) -> None:
    """Make a run that has ended already, and print it as JSON.

    Without an experiment on the line it is that of the settings.
    """
    info = _ended_run(store_uri, wish).info
    told = {"run_id": info.run_id, "experiment_id": info.experiment_id, "status": info.status}
    show_document({**told, "run_name": info.run_name})


def _ended_run(store_uri: str | None, wish: dict[str, Any]) -> Run:
    from trackbook.config import read_capture
    from trackbook.entities import Param, RunTag
    from trackbook.entities.checks import checked_batch
    from trackbook.runs.context.source import source_tags
    from trackbook.runs.lookup import run_by_id
    from trackbook.stores.base import NewRun

    tags, params = pairs("--tags", wish["tags"]), pairs("--params", wish["params"])
    experiment_id, experiment_name = _experiment_to_fill(wish["experiment_id"], wish["experiment_name"])
    store = store_to_fill(store_uri)  # from here on the line is right
    if wish["description"] is not None:
        tags.setdefault("mlflow.note.content", wish["description"])
    if wish["parent_run_id"] is not None:
        tags["mlflow.parentRunId"] = run_by_id(store, wish["parent_run_id"]).info.run_id
    logged = [Param(key, value) for key, value in params.items()]
    checked_batch((), logged, [RunTag(key, value) for key, value in tags.items()])  # before the run is there
    found = store.get_experiment(experiment_id) if experiment_id else store.ensure_experiment(experiment_name)
    tags = source_tags(read_capture() & {"user", "source"}) | tags
    new = NewRun(found.experiment_id, wish["run_name"], tags.get("mlflow.user", ""), tags=tags)
    run_id = store.create_run(new).info.run_id
    store.log_batch(run_id, params=logged)
    store.update_run(run_id, status=wish["status"].upper())
    return store.get_run(run_id)


def _experiment_to_fill(experiment_id: str | None, experiment_name: str | None) -> tuple[str, str]:
    """The id or the name of the experiment for a new run; one of them is empty."""
    from trackbook.config import read_settings

    if experiment_id is None and experiment_name is None:
        settings = read_settings()
        experiment_id = settings.experiment_id
        experiment_name = None if experiment_id else settings.experiment_name
    if (experiment_id is None) == (experiment_name is None):
        raise click.UsageError("Give one of --experiment-id and --experiment-name.")
    return experiment_id or "", experiment_name or ""


@dataclass(frozen=True, slots=True)
class _Search:
    experiment_ids: Sequence[str]
    experiment_names: Sequence[str]
    view: int
    max_results: int
    filter_string: str | None = None
    order_by: Sequence[str] = ()

    def rows(self, store: Store, form: str) -> Sequence[Mapping[str, object]]:
        where = chosen_experiments(store, self.experiment_ids, self.experiment_names) if self.max_results else []
        most = max(self.max_results, 1)  # one at least, so that a filter is checked also where nothing is wanted
        return run_rows(store.run_table(where, self.filter_string, self.view, most, self.order_by, _AGGREGATES), form)


_max_results = click.option(
    "--max-results", type=click.IntRange(min=0), default=100_000, show_default=True, help="At most so many."
)


@runs.command("list")
@experiments_options
@view_option
@_max_results
@format_option
@store_option
def list_(form: str, store_uri: str | None, **asked: Any) -> None:
    """List runs, the newest first."""
    rows = _Search(**asked).rows(existing_store(store_uri), form)
    show(rows, form, RUN_COLUMNS)


@runs.command()
@click.option(
    "--filter", "filter_string", metavar="FILTER", help="Such as: metrics.loss < 0.1 AND params.model = 'tree'"
)
@click.option(
    "--order-by",
    metavar="COLUMN",
    multiple=True,
    help="Such as 'metrics.loss ASC'; repeatable. The newest first if left out.",
)
@experiments_options
@view_option
@_max_results
@click.option(
    "--columns",
    "-c",
    metavar="NAMES",
    multiple=True,
    help="Only these, with commas between, such as run_name,metrics.loss,params.lr; repeatable.",
)
@format_option
@store_option
def search(columns: Sequence[str], form: str, store_uri: str | None, **asked: Any) -> None:
    """Find runs, with what was logged to them."""
    rows = _Search(**asked).rows(existing_store(store_uri), form)
    show(rows, form, columns_of_runs(rows, columns, form))


@runs.command()
@run_option
@store_option
def describe(run_id: str, store_uri: str | None) -> None:
    """Print everything about a run as JSON: info, data, inputs and outputs."""
    show_document(_run(existing_store(store_uri), run_id).to_dictionary())


def _run(store: Store, text: str) -> Run:
    from trackbook.runs.lookup import run_by_id

    return run_by_id(store, text)


@runs.command()
@run_option
@force_option
@store_option
def delete(run_id: str, force: bool, store_uri: str | None) -> None:
    """Mark a run as deleted; `restore` undoes it."""
    store = existing_store(store_uri)
    found = _run(store, run_id).info.run_id
    store.delete_run(found, force)
    say(f"Run with ID {found} has been deleted.", f"`trackbook runs restore --run-id {found}` brings it back.")


@runs.command()
@run_option
@store_option
def restore(run_id: str, store_uri: str | None) -> None:
    """Undo `delete`."""
    store = existing_store(store_uri)
    found = _run(store, run_id).info.run_id
    store.restore_run(found)
    say(f"Run with id {found} has been restored.")


@runs.command()
@run_option
@click.option(
    "--status",
    type=click.Choice(_ENDINGS, case_sensitive=False),
    default="FINISHED",
    show_default=True,
    help="How it ends.",
)
@store_option
def end(run_id: str, status: str, store_uri: str | None) -> None:
    """End a run that is still RUNNING; where its process has gone, with the time at which that was last seen."""
    store = existing_store(store_uri)
    run = _run(store, run_id).info
    if run.status in _ENDINGS:
        raise InvalidState(f"The run {run.run_id} has ended already, {run.status}. Resume it to run it again.")
    life = store.run_life(run.run_id)
    store.update_run(run.run_id, status=status.upper(), end_time=life.heartbeat if life.lost else None)
    say(f"Run with id {run.run_id} has ended {status.upper()}.")


@runs.command("set-tag")
@run_option
@click.option("--tags", "-t", metavar="KEY=VALUE", multiple=True, required=True, help="A tag; repeatable.")
@store_option
def set_tag(run_id: str, tags: Sequence[str], store_uri: str | None) -> None:
    """Set tags of a run, all of them or none."""
    from trackbook.entities import RunTag

    store = existing_store(store_uri)
    found = _run(store, run_id).info.run_id
    given = pairs("--tags", tags)
    store.log_batch(found, tags=[RunTag(key, value) for key, value in given.items()])
    say(f"Run with id {found} has the tags {', '.join(given)}.")


for view in (run_views.show_run, run_views.history, run_views.compare):
    runs.add_command(view)
