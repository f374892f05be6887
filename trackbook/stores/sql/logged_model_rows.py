"""Logged models out of the database, as entities with all that was logged to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import nan

from trackbook.entities import Metric
from trackbook.entities.logged_models import LoggedModel, LoggedModelInput, LoggedModelOutput, LoggedModelStatus
from trackbook.stores.sql.dialects.fragments import Fragment
from trackbook.stores.sql.engine import Connection
from trackbook.stores.sql.tables import PURGING

__all__ = ["INPUT", "MODEL_LOCATION", "OUTPUT", "load_models", "models_of"]

#: Directions of run_models.
INPUT, OUTPUT = 1, 2
#: Where the files of a model lie below the folder of its experiment: that folder, and the id.
MODEL_LOCATION = "{}/models/{}/artifacts"

_MODELS = (
    "SELECT m.id, m.experiment, m.model_id, m.name, e.artifact_location, m.creation_time, m.last_update_time, "
    "m.model_type, m.source_run, m.status, m.status_message "
    "FROM logged_models m JOIN experiments e ON e.id = m.experiment WHERE m.id"
)
_METRICS = (
    "SELECT s.model, s.key, s.dataset, v.last, v.last_time, v.last_step, r.run_id FROM series s "
    "JOIN metric_summary v ON v.series = s.id JOIN runs r ON r.id = v.run WHERE {} AND r.lifecycle_stage <> ? "
    "ORDER BY s.model, s.key, s.dataset, r.id"
)
_LINKS = "SELECT run, direction, model_id, step FROM run_models WHERE run"


def load_models(connection: Connection, keys: Sequence[int], absolute: Callable[[str], str]) -> list[LoggedModel]:
    """Models with their params, tags and metrics: four statements, however many there are.

    Args:
        connection: within a transaction.
        keys: of existing models, in the order in which they are wanted.
        absolute: makes an address of an experiment's location.
    """
    if not keys:
        return []
    wanted = Fragment("= ?", tuple(keys)) if len(keys) == 1 else connection.dialect.among(keys)
    rows = {row[0]: row[1:] for row in connection.execute(f"{_MODELS} {wanted.sql}", wanted.values)}
    tags, params = (_pairs(connection, table, wanted) for table in ("logged_model_tags", "logged_model_params"))
    metrics = _metrics(connection, [row[1] for row in rows.values()])
    models = []
    for key in keys:
        experiment, model_id, name, location, created, updated, kind, run, status, message = rows[key]
        models.append(
            LoggedModel(
                experiment_id=str(experiment),
                model_id=model_id,
                name=name,
                artifact_location=MODEL_LOCATION.format(absolute(location).rstrip("/"), model_id),
                creation_timestamp=created,
                last_updated_timestamp=updated,
                model_type=kind,
                source_run_id=run,
                status=LoggedModelStatus.of(status),
                status_message=message,
                tags=tags.get(key, {}),
                params=params.get(key, {}),
                metrics=metrics.get(model_id, []),
            )
        )
    return models


def _pairs(connection: Connection, table: str, wanted: Fragment) -> dict[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = {}
    sql = f"SELECT model, key, value FROM {table} WHERE model {wanted.sql} ORDER BY model, key"
    for model, key, value in connection.execute(sql, wanted.values):
        found.setdefault(model, {})[key] = value
    return found


def _metrics(connection: Connection, model_ids: Sequence[str]) -> dict[str, list[Metric]]:
    """The latest point of each metric, data set and run, from what is summed up of them."""
    wanted = connection.dialect.members(Fragment("s.model"), model_ids)
    found: dict[str, list[Metric]] = {}
    for model, key, dataset, last, time, step, run_id in connection.execute(
        _METRICS.format(wanted.sql), (*wanted.values, PURGING)
    ):
        name, _, digest = dataset.partition("\n")
        value = nan if last is None else last
        found.setdefault(model, []).append(Metric(key, value, time, step, model, name or None, digest or None, run_id))
    return found


def models_of(
    connection: Connection, runs: Sequence[int]
) -> tuple[dict[int, list[LoggedModelInput]], dict[int, list[LoggedModelOutput]]]:
    """The models that runs read, and those that they made, as far as there are any; one statement."""
    wanted = Fragment("= ?", tuple(runs)) if len(runs) == 1 else connection.dialect.among(runs)
    read: dict[int, list[LoggedModelInput]] = {}
    made: dict[int, list[LoggedModelOutput]] = {}
    for run, direction, model_id, step in connection.execute(f"{_LINKS} {wanted.sql}", wanted.values):
        if direction == INPUT:
            read.setdefault(run, []).append(LoggedModelInput(model_id))
        else:
            made.setdefault(run, []).append(LoggedModelOutput(model_id, step))
    for models in made.values():
        models.sort(key=lambda model: model.step)
    return read, made
