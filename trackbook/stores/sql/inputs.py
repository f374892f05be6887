"""Data sets that runs read, in a SQL database: a row for each of an experiment, and one for each reading."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from trackbook.entities import Dataset, DatasetInput, InputTag
from trackbook.entities.checks import checked_inputs
from trackbook.entities.keys import check_run_id
from trackbook.stores.journal.drainer import Extra
from trackbook.stores.sql.dialects.fragments import Fragment
from trackbook.stores.sql.engine import Connection
from trackbook.uris import strip_user_info_within

__all__ = ["Inputs", "inputs_of", "take_inputs_along"]

_FIND = "SELECT id FROM datasets WHERE experiment = ? AND name = ? AND digest = ?"
_MAKE = (
    'INSERT INTO datasets (experiment, name, digest, source_type, source, "schema", profile) '
    "VALUES (?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (experiment, name, digest) DO NOTHING"
)
_READ = "INSERT INTO inputs (run, dataset) VALUES (?, ?) ON CONFLICT DO NOTHING"
_TAG = (
    'INSERT INTO input_tags (run, dataset, "key", value) VALUES (?, ?, ?, ?) '
    'ON CONFLICT (run, dataset, "key") DO UPDATE SET value = excluded.value'
)


class Inputs:
    """The verb of RunStore that logs inputs."""

    _changeable: Callable[[Connection, str], int]
    _write_through: Callable[[Extra], None]

    def log_inputs(self, run_id: str, datasets: Sequence[DatasetInput]) -> None:
        check_run_id(run_id)
        checked = [_without_user_info(item) for item in checked_inputs(datasets)]
        self._write_through(lambda connection: self._put_inputs(connection, run_id, checked))

    def _put_inputs(self, connection: Connection, run_id: str, inputs: Sequence[DatasetInput]) -> None:
        run = self._changeable(connection, run_id)
        ((experiment,),) = connection.execute("SELECT experiment FROM runs WHERE id = ?", (run,))
        for item in inputs:
            dataset = _dataset_key(connection, experiment, item.dataset)
            connection.execute(_READ, (run, dataset))
            if item.tags:
                connection.executemany(_TAG, [(run, dataset, tag.key, tag.value) for tag in item.tags])


def _without_user_info(item: DatasetInput) -> DatasetInput:
    source = strip_user_info_within(item.dataset.source)
    return item if source == item.dataset.source else replace(item, dataset=replace(item.dataset, source=source))


def _dataset_key(connection: Connection, experiment: int, dataset: Dataset) -> int:
    key = (experiment, dataset.name, dataset.digest)
    rows = connection.execute(_FIND, key)
    if not rows:  # another writer may make it at this moment: then it is left as it is
        connection.execute(_MAKE, (*key, dataset.source_type, dataset.source, dataset.schema, dataset.profile))
        rows = connection.execute(_FIND, key)
    return int(rows[0][0])


def take_inputs_along(connection: Connection, run: int, experiment: int) -> None:
    """Have a run that comes to another experiment read that one's data sets: those of an experiment go with it."""
    rows = connection.execute(
        'SELECT d.id, d.name, d.digest, d.source_type, d.source, d."schema", d.profile '
        "FROM inputs v JOIN datasets d ON d.id = v.dataset WHERE v.run = ? AND d.experiment <> ?",
        (run, experiment),
    )
    for number, *described in rows:
        dataset = _dataset_key(connection, experiment, Dataset(*described))
        for table in ("inputs", "input_tags"):
            connection.execute(f"UPDATE {table} SET dataset = ? WHERE run = ? AND dataset = ?", (dataset, run, number))


def inputs_of(connection: Connection, runs: Sequence[int]) -> dict[int, list[DatasetInput]]:
    """The data sets that those runs read which read any; three statements, or one if none has."""
    wanted = Fragment("= ?", tuple(runs)) if len(runs) == 1 else connection.dialect.among(runs)
    rows = connection.execute(f"SELECT run, dataset FROM inputs WHERE run {wanted.sql}", wanted.values)
    if not rows:
        return {}
    datasets = _datasets(connection, sorted({dataset for _, dataset in rows}))
    tags: dict[tuple[int, int], list[InputTag]] = {}
    tagged = f'SELECT run, dataset, "key", value FROM input_tags WHERE run {wanted.sql} ORDER BY run, dataset, "key"'
    for run, dataset, key, value in connection.execute(tagged, wanted.values):
        tags.setdefault((run, dataset), []).append(InputTag(key, value))
    found: dict[int, list[DatasetInput]] = {}
    place = {key: number for number, key in enumerate(datasets)}
    for run, dataset in sorted(rows, key=lambda row: place[row[1]]):
        found.setdefault(run, []).append(DatasetInput(datasets[dataset], tags.get((run, dataset), [])))
    return found


def _datasets(connection: Connection, keys: Sequence[int]) -> dict[int, Dataset]:
    """Each data set once, however many runs read it, by name and digest."""
    columns = 'id, name, digest, source_type, source, "schema", profile'
    wanted = connection.dialect.among(keys)
    rows = connection.execute(f"SELECT {columns} FROM datasets WHERE id {wanted.sql}", wanted.values)
    return {key: Dataset(*described) for key, *described in sorted(rows, key=lambda row: row[1:3])}
