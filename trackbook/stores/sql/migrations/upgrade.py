"""Bring a database of an older schema up to date: by alembic's operations, behind a copy, in one transaction.

MySQL keeps every statement that changes tables at once: there a step that was interrupted is taken again from its
beginning, so a step looks first whether a thing is there.

`trackbook_store.version` is the one place that says which schema a database has; each step sets it in its own
transaction, and there is no table of alembic's. A step is a module ``version_<n>`` with ``upgrade(operations)``, which
turns schema n - 1 into n. It says what tables were like then, and takes nothing from tables.py, which moves on.

A step only adds: a process of the version before may be logging while it is taken, and goes on afterwards.
"""

from __future__ import annotations

import logging
import os
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from sqlalchemy.engine import Connection

from trackbook.stores.sql.copying import NASCENT, copy_database, free_name
from trackbook.stores.sql.engine import Database
from trackbook.stores.sql.tables import SCHEMA_VERSION

__all__ = ["Upgrade", "upgrade"]

log = logging.getLogger("trackbook")


class Upgrade(NamedTuple):
    """What was done: from which schema to which, and where the database as it was before is kept."""

    before: int
    after: int
    copy: Path | None  # none of a server's database, whose own tool takes it


def upgrade(database: Database) -> Upgrade:
    """Upgrade a database, unless another process has meanwhile. The caller holds the lock for that.

    Writers are shut out of a file from before the copy until the new schema is in: the copy lacks nothing that the
    upgraded database has.

    Raises:
        StorageFull: no room for the copy or the new schema; the old one is as it was.
    """
    with database.alter() as connection:
        before = int(connection.exec_driver_sql("SELECT version FROM trackbook_store").scalar_one())
        if before >= SCHEMA_VERSION:
            return Upgrade(before, before, None)
        copy = None if database.uri.path is None else _keep_copy(database, before)
        _take_steps(connection, before)
    kept = "" if copy is None else f"; as it was before, it is kept in {copy}"
    log.warning("Upgraded %s from schema %d to %d%s", database.where, before, SCHEMA_VERSION, kept)
    return Upgrade(before, SCHEMA_VERSION, copy)


def _take_steps(connection: Connection, before: int) -> None:
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    operations = Operations(MigrationContext.configure(connection))
    for version in range(before + 1, SCHEMA_VERSION + 1):
        import_module(f"trackbook.stores.sql.migrations.version_{version}").upgrade(operations)
        connection.exec_driver_sql(f"UPDATE trackbook_store SET version = {version}")


def _keep_copy(database: Database, version: int) -> Path:
    """Copy the database, beside it."""
    path = Path(str(database.uri.path))
    for name in os.listdir(path.parent):
        if name.startswith(f"{path.name}.v") and name.endswith(f".bak{NASCENT}"):  # left by an upgrade that was killed
            path.with_name(name).unlink(missing_ok=True)
    copy = free_name(path.with_name(f"{path.name}.v{version}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"), ".bak")
    with database.read() as connection:
        copy_database(connection.raw, copy)
    return copy
