"""A server's database is upgraded once, when somebody asks for it, and an interrupted upgrade is gone on with."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import alembic.migration  # warm: the children fork from this process
import alembic.operations
import pytest
import sqlalchemy

from trackbook.errors import SchemaTooNew, SchemaTooOld
from trackbook.stores import open_store
from trackbook.stores.base import NewRun
from trackbook.stores.sql import schema, server_schema
from trackbook.stores.sql.migrations import upgrade as steps
from trackbook.stores.sql.servers import ServerDatabase
from trackbook.stores.sql.tables import SCHEMA_VERSION
from trackbook.upkeep.upgrading import upgrade_store
from trackbook.uris import parse_store_uri

NEXT = SCHEMA_VERSION + 1
Step = Callable[[alembic.operations.Operations], None]


def _add(operations: alembic.operations.Operations, between: Callable[[], None] = lambda: None) -> None:
    """A step as one is written: it looks what is there."""
    present = sqlalchemy.inspect(operations.get_bind())
    if not present.has_table("notes"):
        operations.create_table("notes", sqlalchemy.Column("id", sqlalchemy.Integer, primary_key=True))
    between()
    if "note" not in {column["name"] for column in present.get_columns("runs")}:
        operations.add_column("runs", sqlalchemy.Column("note", sqlalchemy.String(10)))


@pytest.fixture
def next_version(monkeypatch: pytest.MonkeyPatch) -> Callable[[Step], None]:
    """Makes this process a Trackbook of the next version, with a step that leads to it."""

    def release(step: Step) -> None:
        module = ModuleType("step")
        module.upgrade = step  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, f"trackbook.stores.sql.migrations.version_{NEXT}", module)
        for place in (schema, server_schema, steps):
            monkeypatch.setattr(place, "SCHEMA_VERSION", NEXT)

    return release


def _columns(uri: str) -> set[str]:
    database = ServerDatabase(parse_store_uri(uri))
    try:
        with database.alter() as connection:
            present = sqlalchemy.inspect(connection)
            return {column["name"] for column in present.get_columns("runs")} | set(present.get_table_names())
    finally:
        database.close()


@pytest.fixture
def uri(server_uri: str) -> str:
    """A database of the present schema, with one run."""
    store = open_store(server_uri)
    store.create_run(NewRun("0", "kept"))
    store.close()
    return server_uri


def test_upgrade_is_asked_for_and_keeps_the_rows(uri: str, next_version: Callable[[Step], None]) -> None:
    assert upgrade_store(uri) == (SCHEMA_VERSION, SCHEMA_VERSION, None)
    next_version(_add)
    with pytest.raises(SchemaTooOld, match=rf"schema {SCHEMA_VERSION}.*trackbook db upgrade") as caught:
        open_store(uri)
    assert "s3cr" not in caught.value.message
    assert not {"note", "notes"} & _columns(uri)
    assert upgrade_store(uri) == (SCHEMA_VERSION, NEXT, None)
    assert upgrade_store(uri) == (NEXT, NEXT, None)
    assert {"note", "notes"} <= _columns(uri)


def test_upgraded_database_is_too_new_for_the_version_before(
    uri: str, next_version: Callable[[Step], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    next_version(_add)
    upgrade_store(uri)
    monkeypatch.setattr(schema, "SCHEMA_VERSION", SCHEMA_VERSION)
    with pytest.raises(SchemaTooNew, match=rf"{NEXT}.*{SCHEMA_VERSION}"):
        open_store(uri)


def test_empty_database_gets_its_tables(server_uri: str) -> None:
    assert upgrade_store(server_uri) == (SCHEMA_VERSION, SCHEMA_VERSION, None)
    assert open_store(server_uri).search_runs(["0"]) == []


def test_upgrade_killed_between_two_changes_is_gone_on_with(uri: str, next_version: Callable[[Step], None]) -> None:
    next_version(lambda operations: _add(operations, lambda: os.kill(os.getpid(), signal.SIGKILL)))
    child = os.fork()
    if child == 0:
        upgrade_store(uri)
    os.waitpid(child, 0)
    next_version(_add)
    assert upgrade_store(uri) == (SCHEMA_VERSION, NEXT, None)
    assert {"note", "notes"} <= _columns(uri)


#: What schema 3 has added, each behind what it refers to.
_NEW_IN_3 = [
    "logged_models",
    "logged_model_tags",
    "logged_model_params",
    "run_models",
    "registered_models",
    "version_numbers",
    "registered_model_tags",
    "registered_model_aliases",
    "model_versions",
    "model_version_tags",
    "registry_audit",
    "registry_head",
]


def _shape(uri: str) -> dict[str, object]:
    """Columns and indexes of every table, in words that only the kind of database decides."""
    database = ServerDatabase(parse_store_uri(uri))
    try:
        with database.alter() as connection:
            present = sqlalchemy.inspect(connection)
            return {
                table: (
                    [
                        (c["name"], str(c["type"]), c["nullable"], getattr(c["type"], "collation", None))
                        for c in columns
                    ],
                    sorted((str(i["name"]), str(i["column_names"]), i["unique"]) for i in present.get_indexes(table)),
                    sorted(str(key["referred_table"]) + str(key["options"]) for key in present.get_foreign_keys(table)),
                )
                for table in present.get_table_names()
                if (columns := present.get_columns(table))
            }
    finally:
        database.close()


def _set_back(uri: str, keep: int = 0) -> None:
    """Make a database of schema 3 one of schema 2, but for some tables that a killed upgrade has made already."""
    database = ServerDatabase(parse_store_uri(uri))
    try:
        with database.alter() as connection:
            for table in reversed(_NEW_IN_3[keep:]):
                connection.exec_driver_sql(f"DROP TABLE {table}")
            on = " ON series" if "mysql" in uri or "mariadb" in uri else ""
            connection.exec_driver_sql(f"DROP INDEX series_by_model{on}")
            if keep:
                connection.exec_driver_sql(f"DROP INDEX logged_models_by_run{' ON logged_models' if on else ''}")
            connection.exec_driver_sql("UPDATE trackbook_store SET version = 2")
    finally:
        database.close()


@pytest.mark.parametrize("keep", [0, 5], ids=["whole", "half way"])
def test_database_of_schema_2_becomes_as_a_new_one_is(uri: str, keep: int) -> None:
    new = _shape(uri)
    _set_back(uri, keep)
    with pytest.raises(SchemaTooOld):
        open_store(uri)
    assert upgrade_store(uri) == (2, SCHEMA_VERSION, None)
    assert _shape(uri) == new
    store = open_store(uri)
    assert store.search_logged_models(["0"]) == []
    store.close()


def _upgrade_at_once(uri: str, barrier: Any, done: Any) -> None:
    logging.disable()
    barrier.wait()
    done.put(upgrade_store(uri).before)


def test_many_processes_upgrade_once(uri: str, next_version: Callable[[Step], None]) -> None:
    next_version(_add)
    context = multiprocessing.get_context("fork")
    barrier, done = context.Barrier(6), context.SimpleQueue()
    processes = [context.Process(target=_upgrade_at_once, args=(uri, barrier, done)) for _ in range(6)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * 6
    assert sorted(done.get() for _ in processes) == [SCHEMA_VERSION, *[NEXT] * 5]
