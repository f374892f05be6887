"""Runs and experiments as the rows of an answer."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from trackbook.cli.output import instant
from trackbook.errors import InvalidParameter

if TYPE_CHECKING:
    from trackbook.entities import Experiment
    from trackbook.stores.base import RunTable

__all__ = ["EXPERIMENT_COLUMNS", "RUN_COLUMNS", "columns_of_runs", "experiment_row", "run_rows"]

EXPERIMENT_COLUMNS = ("experiment_id", "name", "artifact_location", "lifecycle_stage", "creation_time")
RUN_COLUMNS = ("run_id", "run_name", "experiment_id", "status", "start_time")
_ALL_ATTRIBUTES = (*RUN_COLUMNS, "end_time", "lost", "user_id", "lifecycle_stage", "artifact_uri")
_VALUES = ("metrics.", "params.", "tags.")
_OWN_TAGS = ("mlflow.", "trackbook.")

Row = Mapping[str, object]


def experiment_row(experiment: Experiment) -> Row:
    """What there is to say of an experiment."""
    return {
        "experiment_id": experiment.experiment_id,
        "name": experiment.name,
        "artifact_location": experiment.artifact_location,
        "lifecycle_stage": experiment.lifecycle_stage,
        "tags": experiment.tags,
        "creation_time": instant(experiment.creation_time),
        "last_update_time": instant(experiment.last_update_time),
    }


def run_rows(table: RunTable, form: str) -> list[Row]:
    """A row a run, with the columns of `search_runs`: attributes, `metrics.*`, `params.*` and `tags.*`.

    Args:
        table: with the aggregates "last" and "count".
        form: in a table for people a run whose process has gone has the status LOST; programs get the status as it is
            stored and `lost`.
    """
    columns: dict[str, Sequence[object]] = {"run_id": table.run_ids, **table.attributes}
    for name in ("start_time", "end_time"):
        columns[name] = [instant(value) for value in columns[name]]
    if form == "table":
        pairs = zip(columns["status"], columns["lost"], strict=True)
        columns["status"] = ["LOST" if lost else status for status, lost in pairs]
    for key, aggregates in table.metrics.items():
        counts = aggregates["count"].tolist()
        values = zip(aggregates["last"].tolist(), counts, strict=True)
        columns[f"metrics.{key}"] = [None if math.isnan(count) else value for value, count in values]
    columns |= {f"params.{key}": values for key, values in table.params.items()}
    columns |= {f"tags.{key}": values for key, values in table.tags.items()}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def columns_of_runs(rows: Sequence[Row], wanted: Sequence[str], form: str) -> list[str]:
    """The columns of an answer about runs.

    Args:
        rows: see `run_rows`.
        wanted: what was asked for, each a name or several with commas between; nothing for all that users log, without
            the tags that Trackbook and MLflow set themselves.
        form: as for `run_rows`.

    Raises:
        InvalidParameter: a name is no attribute and does not begin as a metric, param or tag.
    """
    names = [name.strip() for text in wanted for name in text.split(",") if name.strip()]
    for name in names:
        if name not in _ALL_ATTRIBUTES and not name.startswith(_VALUES):
            raise InvalidParameter(
                f"There is no column {name!r}; there are {', '.join(_ALL_ATTRIBUTES)}, metrics.<key>, params.<key> "
                "and tags.<key>."
            )
    if names:
        return list(dict.fromkeys(names))
    attributes = [*RUN_COLUMNS, "end_time", *(() if form == "table" else ("lost",))]
    logged = [name for name in (rows[0] if rows else ()) if name.startswith(_VALUES)]
    return attributes + [name for name in logged if not name.removeprefix("tags.").startswith(_OWN_TAGS)]
