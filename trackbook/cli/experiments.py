"""`trackbook experiments`: make, find, rename, delete, restore and export experiments."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from trackbook.cli.options import experiment_options, force_option, named_experiment, pairs, view_option
from trackbook.cli.output import FORMATS, as_csv, format_option, say, show, show_document
from trackbook.cli.rows import EXPERIMENT_COLUMNS, experiment_row, run_rows
from trackbook.cli.store import existing_store, store_option, store_to_fill

__all__ = ["experiments"]

_EVERY_RUN = 1_000_000


@click.group()
def experiments() -> None:
    """Experiments: named groups of runs."""


@experiments.command()
@click.option("--experiment-name", "-n", metavar="NAME", required=True, help="Its name.")
@click.option(
    "--artifact-location", "-l", metavar="URI", help="Folder for its artifacts; beside the store if left out."
)
@click.option("--tags", "-t", metavar="KEY=VALUE", multiple=True, help="A tag to begin with; repeatable.")
@store_option
def create(experiment_name: str, artifact_location: str | None, tags: Sequence[str], store_uri: str | None) -> None:
    """Make an experiment, and the store if there is none."""
    given = pairs("--tags", tags)
    made = store_to_fill(store_uri).create_experiment(experiment_name, artifact_location, given)
    say(f"Created experiment '{experiment_name}' with id {made}")


@experiments.command()
@view_option
@click.option("--filter", "filter_string", metavar="FILTER", help="Such as: name LIKE 'digits%'")
@click.option(
    "--order-by", metavar="COLUMN", multiple=True, help="Such as 'name ASC'; repeatable. The newest first if left out."
)
@click.option("--max-results", type=click.IntRange(min=0), help="At most so many.")
@format_option
@store_option
def search(
    view: int,
    filter_string: str | None,
    order_by: Sequence[str],
    max_results: int | None,
    form: str,
    store_uri: str | None,
) -> None:
    """List experiments."""
    from trackbook.runs.queries import all_pages

    find = existing_store(store_uri).search_experiments
    found = all_pages(lambda size, token: find(view, size, filter_string, order_by, token), max_results)
    rows = [experiment_row(experiment) for experiment in found]
    show(rows, form, EXPERIMENT_COLUMNS if form == "table" else [*EXPERIMENT_COLUMNS, "last_update_time", "tags"])


@experiments.command()
@experiment_options
@click.option(
    "--output",
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="table",
    show_default=True,
    help="How to answer.",
)
@store_option
def get(experiment_id: str | None, experiment_name: str | None, form: str, store_uri: str | None) -> None:
    """Show one experiment, by its id or its name."""
    row = experiment_row(named_experiment(existing_store(store_uri), experiment_id, experiment_name))
    if form == "json":
        show_document(row)
    elif form == "csv":
        show([row], form)
    else:
        show([{"field": name, "value": value} for name, value in row.items()], form)


@experiments.command()
@experiment_options
@click.option("--new-name", metavar="NAME", required=True, help="What it shall be called.")
@store_option
def rename(experiment_id: str | None, experiment_name: str | None, new_name: str, store_uri: str | None) -> None:
    """Change the name of an experiment."""
    store = existing_store(store_uri)
    found = named_experiment(store, experiment_id, experiment_name).experiment_id
    store.rename_experiment(found, new_name)
    say(f"Experiment with id {found} has been renamed to '{new_name}'.")


@experiments.command()
@experiment_options
@force_option
@store_option
def delete(experiment_id: str | None, experiment_name: str | None, force: bool, store_uri: str | None) -> None:
    """Mark an experiment and its runs as deleted; it keeps its name, and `restore` undoes it."""
    store = existing_store(store_uri)
    found = named_experiment(store, experiment_id, experiment_name).experiment_id
    store.delete_experiment(found, force)
    say(f"Experiment with ID {found} has been deleted.", f"`trackbook experiments restore -x {found}` brings it back.")


@experiments.command()
@experiment_options
@store_option
def restore(experiment_id: str | None, experiment_name: str | None, store_uri: str | None) -> None:
    """Undo `delete`, for the runs of the experiment too."""
    store = existing_store(store_uri)
    found = named_experiment(store, experiment_id, experiment_name).experiment_id
    store.restore_experiment(found)
    say(f"Experiment with id {found} has been restored.")


@experiments.command("csv")
@experiment_options
@click.option(
    "--filename", "-o", type=click.Path(dir_okay=False, path_type=Path), help="File to write; printed if left out."
)
@store_option
def csv_(experiment_id: str | None, experiment_name: str | None, filename: Path | None, store_uri: str | None) -> None:
    """Export the active runs of an experiment, with all params, metrics and tags, as CSV."""
    store = existing_store(store_uri)
    found = named_experiment(store, experiment_id, experiment_name).experiment_id
    rows = run_rows(store.run_table([found], max_results=_EVERY_RUN, aggregates=("last", "count")), "csv")
    columns = list(rows[0]) if rows else ["run_id"]
    if filename is None:
        show(rows, "csv", columns)
        return
    filename.write_text(as_csv(rows, columns), encoding="utf-8", newline="")
    say(f"Experiment with ID {found} has been exported as a CSV to file: {filename}.")


experiments.add_command(search, "list")
