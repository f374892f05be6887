"""Runs out of the database, as entities with all that was logged to them."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from itertools import groupby
from math import nan
from operator import itemgetter

from trackbook.entities import Run, RunData, RunInfo, RunInputs, RunOutputs, RunStatus
from trackbook.stores.sql.columns import numbers_in_one, values_in_one
from trackbook.stores.sql.dialects.fragments import Fragment
from trackbook.stores.sql.engine import Connection
from trackbook.stores.sql.inputs import inputs_of
from trackbook.stores.sql.logged_model_rows import models_of

__all__ = ["load_runs", "metric_names", "text_names", "uri_parts"]

_CHUNK = 1_000  # runs whose values are in memory as rows at one time
_SOME_RUN = "0123456789abcdef" * 2
_STATUS = {number: RunStatus.to_string(number) for number in RunStatus.all_status()}

_RUNS = (
    "SELECT r.id, r.run_id, r.experiment, r.user_id, r.status, r.start_time, r.end_time, r.lifecycle_stage, r.name, "
    "coalesce(r.artifact_location, e.artifact_location) "
    "FROM runs r JOIN experiments e ON e.id = r.experiment WHERE r.id"
)
_METRICS = (
    "SELECT s.key, m.last FROM metric_summary m JOIN series s ON s.id = m.series "
    "WHERE m.run = ? AND s.model = '' AND s.dataset = ''"
)


def load_runs(connection: Connection, keys: Sequence[int], artifact_uri: Callable[[str, str], str]) -> list[Run]:
    """Runs with their data.

    Args:
        connection: within a transaction.
        keys: of existing runs, in the order in which the runs are wanted.
        artifact_uri: makes a URI of an experiment's location and a run id.
    """
    runs: list[Run] = []
    if len(keys) > _CHUNK:
        for start in range(0, len(keys), _CHUNK):
            runs += load_runs(connection, keys[start : start + _CHUNK], artifact_uri)
        return runs
    if len(keys) == 1:
        data = [_data_of(connection, keys[0])]
        rows = connection.execute(f"{_RUNS} = ?", keys)
    else:
        data = _data_of_many(connection, keys)
        wanted = connection.dialect.among(keys)
        found = {row[0]: row for row in connection.execute(f"{_RUNS} {wanted.sql}", wanted.values)}
        rows = [found[key] for key in keys]
    inputs, (read, made) = inputs_of(connection, keys), models_of(connection, keys)
    for row, logged in zip(rows, data, strict=True):
        _, run_id, experiment, user, status, start, end, stage, name, location = row
        uri = artifact_uri(location, run_id)
        info = RunInfo(run_id, str(experiment), user, _STATUS[status], start, end, stage, uri, name)
        datasets = inputs.get(row[0], [])
        runs.append(Run(info, logged, RunInputs(datasets, read.get(row[0], [])), RunOutputs(made.get(row[0], []))))
    return runs


def _data_of(connection: Connection, run: int) -> RunData:
    metrics = {key: nan if value is None else value for key, value in connection.execute(_METRICS, (run,))}
    texts = "SELECT n.name, v.value FROM {} v JOIN names n ON n.id = v.name WHERE v.run = ?"
    params, tags = (dict(connection.execute(texts.format(table), (run,))) for table in ("params", "run_tags"))
    return RunData(metrics, params, tags)


def _data_of_many(connection: Connection, keys: Sequence[int]) -> list[RunData]:
    wanted = connection.dialect.among(keys)
    summaries = f"SELECT run, series, last FROM metric_summary WHERE run {wanted.sql} ORDER BY run"
    rows = connection.execute(summaries, wanted.values)
    names = metric_names(connection, {row[1] for row in rows})
    metrics = {
        run: {names[series]: nan if value is None else value for _, series, value in values if series in names}
        for run, values in groupby(rows, itemgetter(0))
    }
    texts = _texts if connection.dialect.lists_as_json else _texts_by_row
    params, tags = (texts(connection, table, wanted) for table in ("params", "run_tags"))
    return [RunData(metrics.get(key, {}), params.get(key, {}), tags.get(key, {})) for key in keys]


def _texts(connection: Connection, table: str, wanted: Fragment) -> dict[int, dict[str, str]]:
    """Params or tags of runs. Most runs have the same names in the same order: those are looked at once."""
    rows = connection.execute(
        f"SELECT run, {numbers_in_one('name')}, {values_in_one('value')} FROM {table} WHERE run {wanted.sql} "
        "GROUP BY run",
        wanted.values,
    )
    layouts = {listed: [int(number) for number in listed.split(",")] for listed in {row[1] for row in rows}}
    names = text_names(connection, {number for layout in layouts.values() for number in layout})
    keys = {listed: [names[number] for number in layout] for listed, layout in layouts.items()}
    texts = json.loads(f"[{','.join([row[2] for row in rows])}]")
    return {row[0]: dict(zip(keys[row[1]], values, strict=True)) for row, values in zip(rows, texts, strict=True)}


def _texts_by_row(connection: Connection, table: str, wanted: Fragment) -> dict[int, dict[str, str]]:
    rows = connection.execute(f"SELECT run, name, value FROM {table} WHERE run {wanted.sql}", wanted.values)
    names = text_names(connection, {row[1] for row in rows})
    found: dict[int, dict[str, str]] = {}
    for run, number, value in rows:
        found.setdefault(run, {})[names[number]] = value
    return found


def metric_names(connection: Connection, series: Collection[int]) -> dict[int, str]:
    """The keys of those series that are plain."""
    wanted = connection.dialect.among(series)
    sql = f"SELECT id, key FROM series WHERE id {wanted.sql} AND model = '' AND dataset = ''"
    return dict(connection.execute(sql, wanted.values))


def text_names(connection: Connection, numbers: Collection[int]) -> dict[int, str]:
    """The names of params or tags."""
    wanted = connection.dialect.among(numbers)
    return dict(connection.execute(f"SELECT id, name FROM names WHERE id {wanted.sql}", wanted.values))


def uri_parts(artifact_uri: Callable[[str, str], str], location: str) -> tuple[str, str]:
    """What stands before and after the run id in the artifact URIs of an experiment."""
    before, _, after = artifact_uri(location, _SOME_RUN).rpartition(_SOME_RUN)
    return before, after
