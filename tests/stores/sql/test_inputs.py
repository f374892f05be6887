"""Data sets in a SQL database: one row for each of an experiment, and pages that need no statement a run."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

from trackbook.entities import Dataset, DatasetInput, InputTag
from trackbook.errors import InvalidParameter, ReadOnlyStore
from trackbook.stores import open_store
from trackbook.stores.base import NewRun, Store
from trackbook.stores.sql.engine import Connection
from trackbook.stores.sql.loading import load_runs
from trackbook.stores.sql.store import SqlStore


def read_data(name: str, digest: str = "d", **tags: str) -> DatasetInput:
    return DatasetInput(Dataset(name, digest, "local", "{}"), [InputTag(*tag) for tag in tags.items()])


def count(store: Store, table: str) -> int:
    assert isinstance(store, SqlStore)
    with store.database.read() as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}")[0][0])


def log_many(path: str, run_id: str, number: int) -> None:
    store = open_store(path)
    for turn in range(20):
        store.log_inputs(run_id, [read_data(f"data {turn}"), read_data("shared", **{f"writer{number}": str(turn)})])
    store.close()


def test_processes_that_log_the_same_data_sets_at_once_make_each_once(file_store: Store, tmp_path: Path) -> None:
    runs = [file_store.create_run(NewRun("0")).info.run_id for _ in range(2)]
    context = multiprocessing.get_context("spawn")
    path = str(tmp_path / "store.db")
    writers = [context.Process(target=log_many, args=(path, runs[number % 2], number)) for number in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    assert (count(file_store, "datasets"), count(file_store, "inputs")) == (21, 42)
    shared = file_store.get_run(runs[0]).inputs.dataset_inputs[-1]
    assert {tag.key: tag.value for tag in shared.tags} == {"writer0": "19", "writer2": "19"}


def test_logging_again_adds_no_rows(store: Store) -> None:
    run_id = store.create_run(NewRun("0")).info.run_id
    for _ in range(3):
        store.log_inputs(run_id, [read_data("wine", k="v")])
    assert [count(store, table) for table in ("datasets", "inputs", "input_tags")] == [1, 1, 1]


def test_a_refused_batch_writes_none_of_its_rows(store: Store) -> None:
    run_id = store.create_run(NewRun("0")).info.run_id
    store.delete_run(run_id)
    with pytest.raises(InvalidParameter):
        store.log_inputs(run_id, [read_data("wine")])
    assert [count(store, table) for table in ("datasets", "inputs", "input_tags")] == [0, 0, 0]


def test_read_only_store_takes_no_inputs(file_store: Store, tmp_path: Path) -> None:
    run_id = file_store.create_run(NewRun("0")).info.run_id
    reader = open_store(str(tmp_path / "store.db"), read_only=True)
    try:
        with pytest.raises(ReadOnlyStore):
            reader.log_inputs(run_id, [read_data("wine")])
        assert reader.get_run(run_id).inputs.dataset_inputs == []
    finally:
        reader.close()


class Counting(Connection):
    """A connection that counts its statements."""

    __slots__ = ("statements",)

    def __init__(self, raw: object) -> None:
        super().__init__(raw)
        self.statements = 0

    def execute(self, sql: str, parameters: object = ()) -> list[object]:
        self.statements += 1
        return super().execute(sql, parameters)  # type: ignore[arg-type]


def test_page_of_runs_needs_no_statement_a_run(file_store: Store) -> None:
    store = file_store
    assert isinstance(store, SqlStore)
    runs = [store.create_run(NewRun("0")).info.run_id for _ in range(40)]
    for number, run_id in enumerate(runs):
        store.log_inputs(run_id, [read_data("wine", context="training"), read_data(f"own {number}")])
    with store.database.read() as connection:
        keys = [row[0] for row in connection.execute("SELECT id FROM runs ORDER BY id")]
        asked = []
        for some in (keys[:5], keys):
            counting = Counting(connection.raw)
            found = load_runs(counting, some, store._artifact_uri)
            asked.append(counting.statements)
            assert [len(run.inputs.dataset_inputs) for run in found] == [2] * len(some)
    assert asked[0] == asked[1] <= 12
    shared = {id(run.inputs.dataset_inputs[1].dataset) for run in found}
    assert len(shared) == 1, "what many runs read is in memory once"
