"""Copy a store while it is written to, and check the copy: nothing acknowledged before the call is missing from it.

What was acknowledged is in the database, or in a segment of somebody's journal that is not stored yet, and a segment
goes only when the database has it. So the segments are opened first and the database is copied afterwards: whatever
leaves a segment in between is in the copy of the database. In the other order it could be in neither. Then the copy
stores what the segments hold, by the rule by which a killed writer's journal is: the position of each segment, copied
with the database, says what it already has. The segments are only read, with no lock taken, so nobody is held up.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from trackbook.errors import (
    AlreadyExists,
    DamagedStore,
    InvalidParameter,
    NotFound,
    NotSupported,
    SchemaTooOld,
    StorageFull,
)
from trackbook.stores.permissions import make_folder
from trackbook.stores.sql.copying import NASCENT, copy_database, free_name, put_in_place
from trackbook.stores.sql.engine import Database
from trackbook.stores.sql.places import ARTIFACTS
from trackbook.stores.sql.schema import find_version
from trackbook.stores.sql.tables import SCHEMA_VERSION
from trackbook.upkeep.backups.copies import copy_artifacts
from trackbook.upkeep.backups.manifest import Manifest, hash_file, read_manifest, write_manifest
from trackbook.upkeep.backups.segments import open_segments, take_in
from trackbook.upkeep.checking import count_rows, open_copy, require_sound
from trackbook.uris import DATABASE_NAME, StoreUri, parse_store_uri, strip_user_info

__all__ = ["backup", "database_file", "verify_backup"]

_DUMPS = {
    "postgresql": "pg_dump to take a backup, and psql or pg_restore to bring it back",
    "mysql": "mariadb-dump --single-transaction (or mysqldump) to take a backup, and the client to bring it back",
    "mssql": "BACKUP DATABASE and RESTORE DATABASE",
}


def backup(uri: str, into: Path | None = None, *, artifacts: bool = False) -> Path:
    """Back up a store into a new folder, which is whole or not there.

    Args:
        uri: path or URI of the store.
        into: a folder that does not exist; if None, one called after the time in ``trackbook-backups`` beside the
            database.
        artifacts: copy what lies in the artifacts' folder beside the database too.

    Returns:
        the folder. It holds the database, the artifacts if they were asked for, and a manifest; it can be opened as
        a store.

    Raises:
        NotFound: there is no database.
        NotSupported: the store is on a server, which has a tool of its own; the message names it.
        AlreadyExists: the folder exists.
        StorageFull: no room for the copy.
        DamagedStore: the database, or the copy of it, is not whole.
    """
    path = database_file(uri, exists=True)
    made = datetime.now(UTC)
    if into is None:
        into = free_name(path.parent / "trackbook-backups" / f"{made:%Y%m%dT%H%M%SZ}")
    into = into.absolute()
    if os.path.lexists(into):
        raise AlreadyExists(f"{into} exists. Name a folder that does not: each backup gets one of its own.")
    with _made_whole(into) as folder:
        copy = folder / DATABASE_NAME
        _copy_store(path, copy)
        found, elsewhere = None, _elsewhere(copy)
        if artifacts:
            found = copy_artifacts(path.parent / ARTIFACTS, folder / ARTIFACTS)
        schema = require_sound(copy)
        with open_copy(copy) as connection:
            rows = count_rows(connection)
        size, digest = copy.stat().st_size, hash_file(copy)
        told = Manifest(made.isoformat(), str(path), schema, size, digest, rows, found, elsewhere)
        write_manifest(folder, told)
    return into


def database_file(uri: str, *, exists: bool) -> Path:
    """The file of a store.

    Raises:
        NotFound: it is wanted and there is none.
        NotSupported: the store is on a server or in memory.
    """
    parsed = parse_store_uri(uri)
    if parsed.path is None:
        raise NotSupported(_advice(parsed))
    if exists and not os.path.isfile(parsed.path):
        raise NotFound(f"There is no store at {parsed.path}.")
    return Path(parsed.path)


def _advice(uri: StoreUri) -> str:
    where = strip_user_info(uri.uri)
    if uri.kind == "memory":
        return "A store in memory ends with its process; backups are of database files."
    tool = _DUMPS.get(where.partition(":")[0].partition("+")[0].lower())
    if tool is None:
        return f"{where} is a server's store. Back it up where the server runs."
    return f"{where} is on a database server, which copies it consistently itself: use {tool}. Copy the artifacts next."


@contextmanager
def _made_whole(folder: Path) -> Iterator[Path]:
    """A folder to fill, which gets its name when the block ends and goes if it fails."""
    nascent = free_name(folder.with_name(f".{folder.name}"), NASCENT)
    try:
        make_folder(nascent)
        yield nascent
        put_in_place(nascent, folder)
    except OSError as error:
        if error.errno not in (27, 28, 122):
            raise
        raise StorageFull(f"No space left in {str(folder.parent)!r} for the backup. Nothing is left of it.") from error
    finally:
        shutil.rmtree(nascent, ignore_errors=True)


def _copy_store(path: Path, copy: Path) -> None:
    with open_segments(path) as segments:
        _copy_rows(path, copy)
        take_in(copy, segments)


def _copy_rows(path: Path, copy: Path) -> None:
    database = Database(parse_store_uri(path), read_only=True)
    try:
        _require_present_schema(find_version(database), path)
        with database.read() as connection:
            rows = count_rows(connection.raw)  # the first to read: from here on the transaction sees one state
            copy_database(connection.raw, copy)
    finally:
        database.close()
    with open_copy(copy) as copied:
        if count_rows(copied) != rows:
            raise DamagedStore(f"The copy of {path} lacks rows that it has. Check it: trackbook db check {path}")


def _require_present_schema(version: int, path: Path) -> None:
    if not version:
        raise InvalidParameter(f"{path} is empty: there is nothing to back up.")
    if version < SCHEMA_VERSION:
        raise SchemaTooOld(
            f"{path} has schema {version}, and this Trackbook writes {SCHEMA_VERSION}. Bring it up to date first; that "
            f"keeps a copy of it as it is: trackbook db upgrade {path}"
        )


_LOCATIONS = (
    "SELECT artifact_location FROM experiments "
    "UNION SELECT artifact_location FROM runs WHERE artifact_location IS NOT NULL"
)


def _elsewhere(copy: Path) -> list[str]:
    with open_copy(copy) as connection:
        rows = connection.execute(_LOCATIONS).fetchall()
    return sorted({location for (location,) in rows if "/" in location})


def verify_backup(folder: Path) -> Manifest:
    """Check a backup against its manifest; nothing is changed.

    Raises:
        InvalidParameter: the folder is no backup.
        DamagedStore: something in it is not as it was when it was made.
        SchemaTooNew: a newer Trackbook made it.
    """
    manifest = read_manifest(folder)
    copy = folder / DATABASE_NAME
    wanted = {copy: manifest.sha256}
    wanted |= {folder / ARTIFACTS / name: digest for name, digest in (manifest.artifacts or {}).items()}
    for path, digest in wanted.items():
        try:
            same = hash_file(path) == digest
        except OSError as error:
            raise DamagedStore(f"The backup {folder} is damaged: {error}. Take another one.") from error
        if not same:
            raise DamagedStore(f"The backup {folder} is damaged: {path} is not as it was written. Take another one.")
    require_sound(copy)
    with open_copy(copy) as connection:
        if count_rows(connection) != dict(manifest.rows):
            raise DamagedStore(f"The backup {folder} is damaged: its rows are not those of its manifest.")
    return manifest
