"""Stores on database servers: what only they can meet, and what they must hold as exactly as a file does."""

from __future__ import annotations

import math
import random
import struct
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import PASSWORD, Server
from trackbook.entities import Metric, Param, RunTag
from trackbook.errors import (
    ForeignDatabase,
    InvalidParameter,
    MissingDependency,
    ReadOnlyStore,
    SchemaTooNew,
    SchemaTooOld,
    StoreAway,
    StoreError,
)
from trackbook.stores import open_store
from trackbook.stores.base import NewRun
from trackbook.stores.sql.engine import Contended, retried
from trackbook.stores.sql.servers import ServerDatabase, server_dialect
from trackbook.stores.sql.store import SqlStore
from trackbook.uris import parse_store_uri


@pytest.fixture
def server_store(server_uri: str) -> Iterator[SqlStore]:
    """An empty store, on each of the servers."""
    opened = open_store(server_uri)
    assert isinstance(opened, SqlStore)
    yield opened
    opened.close()


def test_ten_thousand_floats_and_whole_numbers_come_back_bit_by_bit(server_store: SqlStore) -> None:
    chance = random.Random(7)
    values = [struct.unpack("<d", chance.randbytes(8))[0] for _ in range(10_000)]
    values[:8] = [0.0, -0.0, math.inf, -math.inf, math.nan, 5e-324, -5e-324, 1.7976931348623157e308]
    run_id = server_store.create_run(NewRun("0")).info.run_id
    limits = [-(2**63), 2**63 - 1]
    for place in range(0, len(values), 1_000):
        points = [Metric("m", value, 1, place + at) for at, value in enumerate(values[place : place + 1_000])]
        server_store.log_batch(run_id, points)
    server_store.log_batch(run_id, [Metric("limits", 0.5, 2**63 - 1, step) for step in limits])
    server_store.flush()
    read = server_store.points(run_id, "m").values.tolist()
    assert [_bits(value) for value in read] == [_bits(value) for value in values]
    assert [(m.step, m.timestamp) for m in server_store.get_metric_history(run_id, "limits")] == [
        (step, 2**63 - 1) for step in limits
    ]
    server_store.update_run(run_id, "FINISHED", 1)
    server_store.tidy()  # packs
    read = server_store.points(run_id, "m").values.tolist()
    assert [_bits(value) for value in read] == [_bits(value) for value in values]


def _bits(value: float) -> bytes:
    return b"nan" if math.isnan(value) else struct.pack("<d", value)


@pytest.mark.parametrize("size", [65_535, 65_536])
def test_long_text_is_kept_whole(server_store: SqlStore, size: int) -> None:
    run_id = server_store.create_run(NewRun("0")).info.run_id
    text = ("🧪" * (size // 4) + "x" * (size % 4))[:size]
    assert len(text.encode()) == size
    server_store.log_batch(run_id, params=[Param("long", text)], tags=[RunTag("long", text)])
    data = server_store.get_run(run_id).data
    assert (data.params["long"], data.tags["long"]) == (text, text)
    with pytest.raises(InvalidParameter, match="65536"):
        server_store.log_batch(run_id, params=[Param("longer", text + "x" * (65_537 - size))])


def test_keys_of_any_script_stay_apart(server_store: SqlStore) -> None:
    letters = ["é", "Ж", "数", "א", "🎯", "ß", "क", "ا", "한", "x"]
    keys = [letter * length for letter in letters for length in range(1, 26)]
    keys += ["Loss", "loss", "LOSS", "straße", "strasse", "a", "a b", "é" * 250, "🎯" * 62, "a/b", "ａ"]
    keys += [f"key {number}" for number in range(300 - len(set(keys)))]
    run_id = server_store.create_run(NewRun("0")).info.run_id
    params = [Param(key, key) for key in dict.fromkeys(keys)]
    server_store.log_batch(run_id, [Metric(key, float(at), 1) for at, key in enumerate(keys)], params)
    data = server_store.get_run(run_id).data
    assert data.params == {key: key for key in keys}
    assert set(data.metrics) == set(keys)
    server_store.log_batch(run_id, params=[Param("cafe\u0301", "1")])
    assert server_store.get_run(run_id).data.params["caf\xe9"] == "1"


def test_names_of_experiments_differ_by_case_and_by_a_space(server_store: SqlStore) -> None:
    names = ["digits", "Digits", "digits ", "dïgits"]
    made = [server_store.create_experiment(name) for name in names]
    assert [server_store.get_experiment(number).name for number in made] == names
    found = [item for name in names if (item := server_store.get_experiment_by_name(name))]
    assert [item.experiment_id for item in found] == made


def test_longest_labels_of_a_metric_are_kept(server_store: SqlStore) -> None:
    run_id = server_store.create_run(NewRun("0", user_id="u" * 1000)).info.run_id
    labelled = Metric("é" * 250, 1.0, 1, 1, "🧪" * 500, "数" * 500, "d" * 36)
    server_store.log_batch(run_id, [labelled])
    server_store.flush()
    assert server_store.get_metric_history(run_id, "é" * 250) == [labelled]
    other = Metric("é" * 250, 2.0, 1, 1, "🧪" * 500, "数" * 500, "d" * 35 + "e")
    server_store.log_batch(run_id, [other])
    assert len(server_store.get_metric_history(run_id, "é" * 250)) == 2


def test_store_of_a_server_is_opened_for_reading(server_uri: str) -> None:
    with pytest.raises(ReadOnlyStore, match="empty"):
        open_store(server_uri, read_only=True)
    writer = open_store(server_uri)
    run_id = writer.create_run(NewRun("0")).info.run_id
    reader = open_store(server_uri, read_only=True)
    assert reader.get_run(run_id).info.run_id == run_id
    with pytest.raises(ReadOnlyStore):
        reader.create_run(NewRun("0"))
    writer.close()
    reader.close()


def test_other_programs_tables_are_left_alone(server: Server) -> None:
    for tables, words in (["notes"], "another program"), (["alembic_version", "experiments", "runs"], "MLflow"):
        with server.database() as uri:
            database = ServerDatabase(parse_store_uri(uri))
            with database.write() as connection:
                for table in tables:
                    connection.run(f"CREATE TABLE {table} (id INTEGER)")  # type: ignore[attr-defined]
            with pytest.raises(ForeignDatabase, match=words):
                open_store(uri)
            with database.read() as connection:
                assert {name for (name,) in connection.execute(connection.dialect.tables)} == set(tables)
            database.close()


@pytest.mark.parametrize(("version", "error"), [(1, SchemaTooOld), (99, SchemaTooNew)])
def test_another_schema_is_refused_and_kept(server_uri: str, version: int, error: type[Exception]) -> None:
    open_store(server_uri).close()
    database = ServerDatabase(parse_store_uri(server_uri))
    with database.write() as connection:
        connection.execute("UPDATE trackbook_store SET version = ?", (version,))
    with pytest.raises(error, match=str(version)):
        open_store(server_uri)
    with database.read() as connection:
        assert connection.execute("SELECT version FROM trackbook_store") == [(version,)]
    database.close()


def test_schema_that_a_killed_process_left_half_made_is_made_anew(server_uri: str) -> None:
    open_store(server_uri).close()
    database = ServerDatabase(parse_store_uri(server_uri))
    with database.write() as connection:
        connection.execute("DELETE FROM trackbook_store")
        connection.run("DROP TABLE rejected")  # type: ignore[attr-defined]
    store = open_store(server_uri)
    assert store.get_experiment("0").name == "Default"
    store.close()
    database.close()


def test_wrong_address_says_so_without_the_password(server: Server) -> None:
    for uri in (
        server.uri("nowhere").replace("postgres?", "nowhere?"),
        server.uri("x").replace("trackbook:", "nobody:"),
    ):
        with pytest.raises(StoreError, match="does not let this user in") as caught:
            open_store(uri)
        assert PASSWORD not in str(caught.value)
        assert "s3cr" not in str(caught.value)
    with pytest.raises(StoreAway, match="out of reach"):
        open_store(server.uri("x").replace(f":{server.port}/", ":1/"))


@pytest.mark.parametrize(
    "uri", ["postgresql://u:s3cr/t?x@:port/d", "mysql://u:s3cr@h:99999999/d", "postgresql+asyncpg://u:s3cr@h/d"]
)
def test_address_that_is_none_is_refused_without_the_password(uri: str) -> None:
    with pytest.raises((InvalidParameter, StoreError)) as caught:
        open_store(uri)
    assert "s3cr" not in str(caught.value)


def test_missing_driver_is_named_with_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyodbc", None)
    with pytest.raises(MissingDependency, match=r'pip install "trackbook\[mssql\]"'):
        open_store("mssql://u:p@h/d")


@pytest.mark.parametrize(
    ("uri", "name", "driver"),
    [
        ("postgresql://h/d", "postgresql", "psycopg"),
        ("postgresql+psycopg2://h/d", "postgresql", "psycopg"),
        ("mysql+pymysql://h/d", "mysql", "pymysql"),
        ("mariadb://h/d", "mysql", "pymysql"),
        ("mssql+pyodbc://h/d", "mssql", "pyodbc"),
    ],
)
def test_driver_is_ours_unless_the_uri_names_it(uri: str, name: str, driver: str) -> None:
    dialect = server_dialect(uri)
    assert (dialect.name, dialect.driver) == (name, driver)


def test_artifacts_lie_where_the_operator_says(server_uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACKBOOK_ARTIFACT_ROOT", "s3://bucket/trackbook")
    store = open_store(server_uri)
    number = store.create_experiment("digits")
    run = store.create_run(NewRun(number))
    assert run.info.artifact_uri == f"s3://bucket/trackbook/{number}/{run.info.run_id}"
    store.close()
    monkeypatch.delenv("TRACKBOOK_ARTIFACT_ROOT")
    again = open_store(server_uri)
    assert again.get_run(run.info.run_id).info.artifact_uri == run.info.artifact_uri
    other = again.get_experiment(again.create_experiment("other"))
    assert other.artifact_location == str(Path("trackbook-artifacts").absolute() / other.experiment_id)
    again.close()


def test_broken_off_transaction_is_made_again_five_times_at_most() -> None:
    calls: list[int] = []

    @retried
    def work(needed: int) -> int:
        calls.append(1)
        if len(calls) < needed:
            raise Contended("deadlock")
        return len(calls)

    assert work(5) == 5
    calls.clear()
    with pytest.raises(StoreAway):
        work(6)
    assert len(calls) == 5


def test_server_breaks_off_a_deadlock_and_both_transactions_are_made(server_store: SqlStore) -> None:
    first, second = (server_store.create_experiment(name) for name in ("one", "two"))
    meet = threading.Barrier(2)
    tries: list[str] = []

    @retried
    def change(order: tuple[str, str]) -> None:
        tries.append(order[0])
        with server_store.database.write() as connection:
            for place, number in enumerate(order):
                connection.execute(
                    "UPDATE experiments SET last_update_time = last_update_time + 1 WHERE id = ?", (int(number),)
                )
                if place == 0 and len(tries) <= 2:
                    meet.wait(20)

    threads = [threading.Thread(target=change, args=[order]) for order in ((first, second), (second, first))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(tries) == 3


def test_write_within_a_write_of_the_same_thread_is_refused(server_store: SqlStore) -> None:
    with server_store.database.write(), pytest.raises(StoreAway, match="very thread"), server_store.database.write():
        pass
    server_store.create_run(NewRun("0"))


def test_failed_transaction_leaves_nothing(server_store: SqlStore) -> None:
    with pytest.raises(ValueError, match="no"), server_store.database.write() as connection:
        connection.execute("UPDATE experiments SET name = ? WHERE id = 0", ("changed",))
        raise ValueError("no")
    assert server_store.get_experiment("0").name == "Default"
