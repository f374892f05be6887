"""Views of runs: one run for people, the points of a metric, and several runs side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from trackbook.cli.completion import metric_keys, run_ids
from trackbook.cli.output import format_option, instant, show
from trackbook.cli.store import existing_store, store_option
from trackbook.errors import NotFound

if TYPE_CHECKING:
    from trackbook.entities import Run
    from trackbook.stores.base import Store

__all__ = ["compare", "history", "show_run"]

_OWN_TAGS = ("mlflow.", "trackbook.")


@click.command("show")
@click.argument("run", shell_complete=run_ids)
@store_option
def show_run(run: str, store_uri: str | None) -> None:
    """Show a run to people: what it is, and what was logged to it. `describe` is for programs."""
    from trackbook.runs.lookup import run_by_id

    store = existing_store(store_uri)
    found = run_by_id(store, run)
    tags = {key: value for key, value in found.data.tags.items() if not key.startswith(_OWN_TAGS)}
    (heading,) = _headings([found], "run")
    facts = [{"run": name, heading: value} for name, value in _facts(store, found).items()]
    metrics = [
        {"metric": one.key, "last": one.last, "step": one.last_step, "min": one.minimum, "max": one.maximum}
        | {"points": one.count}
        for one in store.summaries(found.info.run_id)
    ]
    params = [{"param": key, "value": value} for key, value in found.data.params.items()]
    shown_tags = [{"tag": key, "value": value} for key, value in tags.items()]
    for rows in (facts, _attempts(store, found), metrics, params, shown_tags):
        if rows:
            click.echo(nl=rows is not facts)
            show(rows, "table")


def _attempts(store: Store, run: Run) -> list[dict[str, object]]:
    """The attempts of a run that was resumed."""
    attempts = store.list_attempts(run.info.run_id)
    rows = [
        {"attempt": one.number, "status": one.status, "started": instant(one.start_time)}
        | {"ended": instant(one.end_time), "host": one.host, "pid": one.pid}
        for one in attempts
    ]
    return rows if len(rows) > 1 else []


def _facts(store: Store, run: Run) -> dict[str, object]:
    info = run.info
    experiment = store.get_experiment(info.experiment_id)
    return {
        "run_id": info.run_id,
        "status": "LOST" if store.run_life(info.run_id).lost else info.status,
        "experiment": f"{info.experiment_id} ({experiment.name})",
        "user": info.user_id,
        "started": instant(info.start_time),
        "ended": instant(info.end_time),
        "lifecycle_stage": info.lifecycle_stage,
        "artifacts": info.artifact_uri,
    }


@click.command()
@click.argument("run", shell_complete=run_ids)
@click.argument("key", shell_complete=metric_keys)
@format_option
@store_option
def history(run: str, key: str, form: str, store_uri: str | None) -> None:
    """List all points of a metric, sorted by step and time."""
    from trackbook.runs.lookup import run_by_id

    store = existing_store(store_uri)
    run_id = run_by_id(store, run).info.run_id
    points = store.get_metric_history(run_id, key)
    if not points:
        known = ", ".join(one.key for one in store.summaries(run_id))
        raise NotFound(f"The run {run_id} has no metric {key!r}; there is {known or 'none yet'}.")
    rows = [{"step": one.step, "time": instant(one.timestamp), "value": one.value} for one in points]
    show(rows, form, ("step", "time", "value"))


@click.command()
@click.argument("wanted", metavar="RUN RUN...", nargs=-1, required=True, shell_complete=run_ids)
@click.option("--differences", "-d", is_flag=True, help="Only what is not the same in all of them.")
@format_option
@store_option
def compare(wanted: Sequence[str], differences: bool, form: str, store_uri: str | None) -> None:
    """Show params and the last values of metrics of several runs side by side."""
    from trackbook.runs.lookup import run_by_id

    store = existing_store(store_uri)
    found = {run.info.run_id: run for run in (run_by_id(store, text) for text in wanted)}
    columns = _headings(list(found.values()), "name") if form == "table" else list(found)
    rows = _side_by_side(dict(zip(columns, found.values(), strict=True)))
    if differences:
        rows = [row for row in rows if len({repr(row.get(name)) for name in columns}) > 1]
    show(rows, form, ["name", *columns])


def _headings(runs: Sequence[Run], first: str) -> list[str]:
    """Names of runs for columns behind the first one, with the beginning of the id where names tell nothing apart."""
    names = [run.info.run_name or run.info.run_id for run in runs]
    headings = [
        f"{name} ({run.info.run_id[:8]})" if names.count(name) > 1 or name == first else name
        for name, run in zip(names, runs, strict=True)
    ]
    return headings if len(set(headings)) == len(runs) else [run.info.run_id for run in runs]


def _side_by_side(runs: Mapping[str, Run]) -> list[Mapping[str, object]]:
    rows: dict[str, dict[str, object]] = {}
    for heading, run in runs.items():
        logged: dict[str, object] = {f"params.{key}": value for key, value in run.data.params.items()}
        logged |= {f"metrics.{key}": value for key, value in run.data.metrics.items()}
        for name, value in logged.items():
            rows.setdefault(name, {"name": name})[heading] = value
    return [rows[name] for name in sorted(rows, key=lambda name: (name.startswith("metrics."), name))]
