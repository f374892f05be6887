"""Opening a database: make the schema where there is none, recognise it, and leave other programs' files alone."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from trackbook.entities import DEFAULT_EXPERIMENT_NAME, LifecycleStage
from trackbook.errors import ForeignDatabase, ReadOnlyStore, SchemaTooNew
from trackbook.stores.permissions import file_mode, make_folder
from trackbook.stores.sql.engine import Connection, Database
from trackbook.stores.sql.tables import SCHEMA_VERSION, metadata

__all__ = ["open_schema"]


def open_schema(database: Database, default_location: str) -> str:
    """Check a database's schema, making it first if the database is empty.

    Args:
        default_location: artifact location of the Default experiment, as stored.

    Returns:
        the id of the store.

    Raises:
        ForeignDatabase: it holds other tables than ours.
        SchemaTooNew: a newer Trackbook wrote it.
        ReadOnlyStore: it is empty and may not be written.
    """
    with database.read() as connection:
        found = _store_id(connection, database)
    if found:
        return found
    if database.read_only:
        raise ReadOnlyStore(f"{database.uri.uri} is empty and opened read-only; open it for writing once.")
    with _alone(database):
        _prepare_file(database)
        with database.write(durable=True) as connection:
            return _store_id(connection, database) or _create(connection, default_location)


def _store_id(connection: Connection, database: Database) -> str:
    """The id of the store in a database; "" if the database is empty."""
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    where = database.uri.path
    if "trackbook_store" in tables:
        ((store_id, version),) = connection.execute("SELECT store_id, version FROM trackbook_store")
        if version > SCHEMA_VERSION:
            raise SchemaTooNew(
                f"{where} has schema {version}, and this Trackbook knows {SCHEMA_VERSION}; the file is untouched. "
                "Update with: pip install --upgrade trackbook"
            )
        return str(store_id)
    tables.discard("sqlite_sequence")
    if {"alembic_version", "experiments", "runs"} <= tables:
        raise ForeignDatabase(
            f"{where} is an MLflow database and was left untouched. Name another file for Trackbook, and bring the "
            f"runs over with: trackbook import {where}"
        )
    if tables:
        raise ForeignDatabase(
            f"{where} belongs to another program (it has the tables {', '.join(sorted(tables)[:3])}) and was left "
            "untouched. Name another file, such as trackbook.db."
        )
    return ""


@contextmanager
def _alone(database: Database) -> Iterator[None]:
    """Let one process at a time turn an empty file into a store: a switch to WAL does not wait for its turn."""
    if database.in_memory:
        yield
        return
    from filelock import FileLock

    folder = Path(f"{database.uri.path}.d")
    make_folder(folder)
    with FileLock(folder / "open.lock", timeout=120, mode=file_mode(), poll_interval=0.005):
        yield


def _prepare_file(database: Database) -> None:
    with database.read() as connection:
        if connection.execute("SELECT count(*) FROM sqlite_master") != [(0,)]:
            return
    database.set_up_file()


def _create(connection: Connection, default_location: str) -> str:
    dialect = sqlite.dialect()
    for table in metadata.sorted_tables:
        connection.execute(str(CreateTable(table).compile(dialect=dialect)))
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            connection.execute(str(CreateIndex(index).compile(dialect=dialect)))
    store_id, now = secrets.token_hex(16), time.time_ns() // 1_000_000
    connection.execute("INSERT INTO trackbook_store VALUES (?, ?, ?)", (store_id, SCHEMA_VERSION, now))
    connection.execute(
        "INSERT INTO experiments VALUES (0, ?, ?, ?, ?, ?)",
        (DEFAULT_EXPERIMENT_NAME, default_location, LifecycleStage.ACTIVE, now, now),
    )
    return store_id
