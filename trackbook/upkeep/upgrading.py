"""Bring the database of a store up to date when somebody asks for it."""

from __future__ import annotations

import os
from contextlib import closing

from trackbook.errors import NotFound, NotSupported
from trackbook.stores.sql.engine import Database
from trackbook.stores.sql.migrations.upgrade import Upgrade
from trackbook.stores.sql.schema import upgrade_schema
from trackbook.stores.sql.server_schema import upgrade_server_schema
from trackbook.stores.sql.servers import ServerDatabase
from trackbook.uris import parse_store_uri

__all__ = ["upgrade_store"]


def upgrade_store(uri: str) -> Upgrade:
    """Upgrade a store's database to the present schema, unless it has it.

    Raises:
        NotFound: there is no database file.
        NotSupported: what is named has no tables.
        ForeignDatabase, SchemaTooNew: see `trackbook.errors`; the database is then untouched.
        StorageFull: no room for the copy, or for the new schema; the old one is as it was.
    """
    parsed = parse_store_uri(uri)
    if parsed.kind == "http":
        raise NotSupported(f"{parsed.uri} is a server; upgrade the database where the server runs.")
    if parsed.path is not None and not os.path.isfile(parsed.path):
        raise NotFound(f"There is no store at {parsed.path}; one that is made has the present schema.")
    if parsed.kind == "sql":
        server = ServerDatabase(parsed)
        with closing(server):
            return upgrade_server_schema(server)
    with closing(Database(parsed)) as database:
        return upgrade_schema(database)
