"""Opening a database: make the schema where there is none, recognise it, and leave other programs' files alone."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from trackbook.entities import DEFAULT_EXPERIMENT_NAME, LifecycleStage
from trackbook.errors import ForeignDatabase, ReadOnlyStore, SchemaTooNew, SchemaTooOld
from trackbook.stores.sql.alone import alone_at
from trackbook.stores.sql.engine import Connection, Database
from trackbook.stores.sql.tables import SCHEMA_VERSION, metadata

if TYPE_CHECKING:
    from trackbook.stores.sql.migrations.upgrade import Upgrade

__all__ = ["FoundStore", "fill", "find_store", "find_version", "open_schema", "upgrade_schema"]


class FoundStore(NamedTuple):
    """What a database says of its store: its id, and the schema that it has."""

    store_id: str
    version: int


def open_schema(database: Database, default_location: str) -> str:
    """Check a database's schema, making it first if the database is empty, and upgrading it if it is an older one.

    Args:
        default_location: artifact location of the Default experiment, as stored.

    Returns:
        the id of the store.

    Raises:
        ForeignDatabase: it holds other tables than ours.
        SchemaTooNew: a newer Trackbook wrote it.
        SchemaTooOld: an older one did, and it may not be written.
        ReadOnlyStore: it is empty and may not be written.
    """
    with database.read() as connection:
        found = find_store(connection, database)
    if found and found.version == SCHEMA_VERSION:
        return found.store_id
    if found and database.read_only:
        raise SchemaTooOld(
            f"{database.where} has schema {found.version}, and this Trackbook reads {SCHEMA_VERSION}; the file is "
            f"untouched. Bring it up to date, with a copy kept: trackbook db upgrade {database.uri.path}"
        )
    if database.read_only:
        raise ReadOnlyStore(f"{database.where} is empty and opened read-only; open it for writing once.")
    with alone_at(database.uri.path):
        if found:
            _upgrade(database)
            return found.store_id
        _prepare_file(database)
        with database.write(durable=True) as connection:
            made = find_store(connection, database)
            return made.store_id if made else _create(connection, default_location)


def upgrade_schema(database: Database) -> Upgrade:
    """Bring a database up to date that somebody asked to be, making its tables if it is empty.

    Raises:
        ForeignDatabase, SchemaTooNew: as `open_schema` does.
        StorageFull: no room for the copy of it or for the new schema; the old one is as it was.
    """
    if not find_version(database):
        open_schema(database, "0")
    with alone_at(database.uri.path):
        return _upgrade(database)


def _upgrade(database: Database) -> Upgrade:
    from trackbook.stores.sql.migrations.upgrade import upgrade

    return upgrade(database)


def find_version(database: Database) -> int:
    """The schema of a database; 0 if the database is empty.

    Raises:
        ForeignDatabase, SchemaTooNew: as `open_schema` does.
    """
    with database.read() as connection:
        found = find_store(connection, database)
    return found.version if found else 0


def find_store(connection: Connection, database: Database) -> FoundStore | None:
    """The store in a database; None if the database is empty, or its tables are not all made yet.

    Raises:
        ForeignDatabase: it holds other tables than ours.
        SchemaTooNew: a newer Trackbook wrote it.
    """
    tables = {str(name) for (name,) in connection.execute(connection.dialect.tables)}
    where = database.where
    if "trackbook_store" in tables:
        rows = connection.execute("SELECT store_id, version FROM trackbook_store")
        if not rows and tables <= set(metadata.tables):
            return None  # MySQL keeps each table at once, and a process was killed between two of them
        ((store_id, version),) = rows
        if version > SCHEMA_VERSION:
            raise SchemaTooNew(
                f"{where} has schema {version}, and this Trackbook knows {SCHEMA_VERSION}; the file is untouched. "
                "Update with: pip install --upgrade trackbook"
            )
        return FoundStore(str(store_id), int(version))
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
    return None


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
    return fill(connection, default_location)


def fill(connection: Connection, default_location: str) -> str:
    """Put in what every store has; its own row is the last, and says that all is there.

    Returns:
        the new store's id.
    """
    store_id, now = secrets.token_hex(16), time.time_ns() // 1_000_000
    connection.execute(
        "INSERT INTO experiments VALUES (0, ?, ?, ?, ?, ?)",
        (DEFAULT_EXPERIMENT_NAME, default_location, LifecycleStage.ACTIVE, now, now),
    )
    connection.execute("INSERT INTO trackbook_store VALUES (?, ?, ?)", (store_id, SCHEMA_VERSION, now))
    return store_id
