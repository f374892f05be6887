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

__all__ = ["find_version", "open_schema", "upgrade_schema"]


class _Found(NamedTuple):
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
        found = _find(connection, database)
    if found and found.version == SCHEMA_VERSION:
        return found.store_id
    if found and database.read_only:
        raise SchemaTooOld(
            f"{database.uri.path} has schema {found.version}, and this Trackbook reads {SCHEMA_VERSION}; the file is "
            f"untouched. Bring it up to date, with a copy kept: trackbook db upgrade {database.uri.path}"
        )
    if database.read_only:
        raise ReadOnlyStore(f"{database.uri.uri} is empty and opened read-only; open it for writing once.")
    with alone_at(database.uri.path):
        if found:
            _upgrade(database)
            return found.store_id
        _prepare_file(database)
        with database.write(durable=True) as connection:
            made = _find(connection, database)
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
        found = _find(connection, database)
    return found.version if found else 0


def _find(connection: Connection, database: Database) -> _Found | None:
    """The store in a database; None if the database is empty."""
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    where = database.uri.path
    if "trackbook_store" in tables:
        ((store_id, version),) = connection.execute("SELECT store_id, version FROM trackbook_store")
        if version > SCHEMA_VERSION:
            raise SchemaTooNew(
                f"{where} has schema {version}, and this Trackbook knows {SCHEMA_VERSION}; the file is untouched. "
                "Update with: pip install --upgrade trackbook"
            )
        return _Found(str(store_id), int(version))
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
    store_id, now = secrets.token_hex(16), time.time_ns() // 1_000_000
    connection.execute("INSERT INTO trackbook_store VALUES (?, ?, ?)", (store_id, SCHEMA_VERSION, now))
    connection.execute(
        "INSERT INTO experiments VALUES (0, ?, ?, ?, ?, ?)",
        (DEFAULT_EXPERIMENT_NAME, default_location, LifecycleStage.ACTIVE, now, now),
    )
    return store_id
