"""Opening a server's database: make the schema where there is none, and change one only when asked to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trackbook.errors import ReadOnlyStore, SchemaTooOld
from trackbook.stores.sql.schema import fill, find_store
from trackbook.stores.sql.servers import ServerConnection, ServerDatabase
from trackbook.stores.sql.tables import SCHEMA_VERSION, metadata

if TYPE_CHECKING:
    from trackbook.stores.sql.migrations.upgrade import Upgrade

__all__ = ["open_server_schema", "upgrade_server_schema"]


def open_server_schema(database: ServerDatabase, default_location: str) -> str:
    """Check a database's schema, making it first if the database is empty.

    Args:
        default_location: artifact location of the Default experiment, as stored.

    Returns:
        the id of the store.

    Raises:
        ForeignDatabase: it holds other tables than ours.
        SchemaTooNew: a newer Trackbook wrote it.
        SchemaTooOld: an older one did.
        ReadOnlyStore: it is empty and may not be written.
    """
    with database.read() as connection:
        found = find_store(connection, database)
    if found and found.version < SCHEMA_VERSION:
        raise SchemaTooOld(
            f"{database.where} has schema {found.version}, and this Trackbook writes {SCHEMA_VERSION}. A server's "
            f"database is not changed when it is opened: make a backup, then run: trackbook db upgrade {database.where}"
        )
    if found:
        return found.store_id
    if database.read_only:
        raise ReadOnlyStore(f"{database.where} is empty and opened read-only; open it for writing once.")
    with database.alone():
        return _create(database, default_location)


def upgrade_server_schema(database: ServerDatabase) -> Upgrade:
    """Bring a database up to date that somebody asked to be, making its tables if it is empty.

    Raises:
        ForeignDatabase, SchemaTooNew: as `open_server_schema` does.
    """
    from trackbook.stores.sql.migrations.upgrade import upgrade

    with database.read() as connection:
        found = find_store(connection, database)
    if not found:
        open_server_schema(database, "0")
    with database.alone():
        return upgrade(database)


def _create(database: ServerDatabase, default_location: str) -> str:
    with database.write() as connection:
        found = find_store(connection, database)
        if found:
            return found.store_id  # another process was quicker
        assert isinstance(connection, ServerConnection)  # noqa: S101  # for the type alone
        database.dialect.check(connection)
        tables = {str(name) for (name,) in connection.execute(connection.dialect.tables)}
        for table in reversed(metadata.sorted_tables):
            if table.name in tables:  # left by a process that was killed in the middle of this
                connection.run(f"DROP TABLE {table.name}")
        for statement in database.dialect.schema(connection):
            connection.run(statement)
        return fill(connection, default_location)
