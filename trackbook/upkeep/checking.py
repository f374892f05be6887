"""Whether a database file is whole: what SQLite finds, what its tables refer to, and what waits in journals."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from trackbook.errors import DamagedStore, ForeignDatabase, SchemaTooNew, TrackbookError
from trackbook.stores.journal.files import SegmentFile, list_segments, living_writers, read_header
from trackbook.stores.sql.schema import find_version
from trackbook.stores.sql.store import SqlStore
from trackbook.stores.sql.tables import SCHEMA_VERSION, metadata
from trackbook.upkeep.values import row_check
from trackbook.uris import StoreUri, parse_store_uri

__all__ = [
    "Soundness",
    "WaitingJournal",
    "check_database",
    "check_server",
    "content_faults",
    "count_rows",
    "open_copy",
    "read_positions",
    "require_sound",
]

_SHOWN = 100


@dataclass(frozen=True, slots=True)
class WaitingJournal:
    """A segment in which something waits to be stored.

    Attributes:
        path: where it is.
        waiting: bytes that the database does not have yet.
        alive: whether its writer is; one that is stores it itself, another's is stored by whoever opens the store next.
    """

    path: Path
    waiting: int
    alive: bool


@dataclass(frozen=True, slots=True)
class Soundness:
    """What a check found.

    Attributes:
        schema: version of the schema; None if it cannot be read.
        faults: what SQLite finds wrong with the file.
        contents: what is no longer as it can have been stored: values of a wrong type, points that are not what is
            summed up of them, text that is no UTF-8.
        strays: rows that refer to rows that do not exist.
        journals: where something waits.
    """

    schema: int | None
    faults: list[str]
    contents: list[str]
    strays: list[str]
    journals: list[WaitingJournal]

    @property
    def schema_fits(self) -> bool:
        """Whether it has the schema that this Trackbook writes."""
        return self.schema == SCHEMA_VERSION

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong. Something that waits is not."""
        return self.schema_fits and not (self.faults or self.contents or self.strays)


def check_database(path: Path) -> Soundness:
    """Examine a database and the journals beside it. Nothing is changed, and damage is reported, never raised."""
    try:
        with _reading(path) as connection:
            schema = _schema(connection)
            faults = list(_faults(connection))
            contents = list(_values(connection))
            strays = list(_strays(connection))
            journals = list(_waiting(connection, path))
    except (sqlite3.Error, ValueError, OverflowError) as error:  # a damaged text is no UTF-8
        return Soundness(None, [str(error)], [], [], [])
    if schema == SCHEMA_VERSION and not (faults or contents):
        contents = _points(path)
    return Soundness(schema, faults, contents, strays, journals)


def check_server(uri: StoreUri) -> Soundness:
    """Examine a database on a server, as far as a client can.

    Raises:
        TrackbookError: it cannot be opened.
    """
    store = SqlStore(uri, read_only=True)
    try:
        contents = [f"run {fault.run_id}: {fault.what}" for fault in store.run_faults()]
        return Soundness(find_version(store.database), list(store.database_faults()), contents, [], [])
    finally:
        store.close()


def content_faults(path: Path) -> list[str]:
    """Tables of a database with values that cannot be what was stored, a sentence each."""
    with _reading(path) as connection:
        return list(_values(connection))


@contextmanager
def _reading(path: Path, how: str = "mode=ro") -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(f"file:{quote(str(path))}?{how}", uri=True, isolation_level=None, timeout=30)
    with closing(connection):
        connection.execute("PRAGMA trusted_schema=OFF")
        connection.execute("BEGIN")
        yield connection


def open_copy(path: Path) -> closing[sqlite3.Connection]:
    """A database that nobody uses, for reading: nothing is made beside it."""
    address = f"file:{quote(str(path))}?mode=ro&immutable=1"
    return closing(sqlite3.connect(address, uri=True, isolation_level=None))


def _schema(connection: sqlite3.Connection) -> int | None:
    row = connection.execute("SELECT version FROM trackbook_store").fetchone()
    return row[0] if row and isinstance(row[0], int) else None


def _faults(connection: sqlite3.Connection) -> Iterator[str]:
    for (text,) in connection.execute(f"PRAGMA integrity_check({_SHOWN})"):
        if text != "ok":
            yield str(text)


def _values(connection: sqlite3.Connection) -> Iterator[str]:
    """Tables with values that cannot be what was stored; points are looked at a run at a time."""
    for name, table in metadata.tables.items():
        present = [row[1] for row in connection.execute(f'PRAGMA table_info("{name}")')]
        if name in ("points", "chunks") or present != [column.name for column in table.columns]:
            continue  # an older schema
        fits = row_check(table)
        try:
            wrong = sum(not fits(row) for row in connection.execute(f'SELECT * FROM "{name}"'))  # noqa: S608  # our own
        except (sqlite3.OperationalError, ValueError) as error:
            yield f"{name}: {error}"
        else:
            if wrong:
                yield f"{name}: {wrong} rows have values of a wrong type"


def _points(path: Path) -> list[str]:
    """Runs whose points cannot be read, or are not what is summed up of them."""
    try:
        store = SqlStore(parse_store_uri(path), read_only=True)
    except TrackbookError as error:
        return [error.message]
    try:
        return [f"run {fault.run_id}: {fault.what}" for fault in store.run_faults()]
    except TrackbookError as error:
        return [error.message]
    finally:
        store.close()


def _strays(connection: sqlite3.Connection) -> Iterator[str]:
    wrong: dict[tuple[str, str], int] = {}
    for table, _, parent, _ in connection.execute("PRAGMA foreign_key_check"):
        wrong[table, parent] = wrong.get((table, parent), 0) + 1
    for (table, parent), count in sorted(wrong.items()):
        yield f"{count} rows of {table} refer to rows of {parent} that do not exist"


def _waiting(connection: sqlite3.Connection, path: Path) -> Iterator[WaitingJournal]:
    folder = Path(f"{path}.d") / "writers"
    segments = list_segments(folder)
    alive = living_writers(folder, {segment.writer for segment in segments})
    stored = read_positions(connection)
    for segment in segments:
        waiting = _bytes_behind(segment, stored.get((segment.writer, segment.number)))
        if waiting > 0:
            yield WaitingJournal(segment.path, waiting, segment.writer in alive)


def read_positions(connection: sqlite3.Connection) -> dict[tuple[str, int], int]:
    """How far the segment (writer, number) of each journal is stored."""
    rows = connection.execute("SELECT writer, segment, pos FROM positions")
    return {(writer, number): pos for writer, number, pos in rows}


def _bytes_behind(segment: SegmentFile, position: int | None) -> int:
    try:
        descriptor = os.open(segment.path, os.O_RDONLY)
    except OSError:
        return 0  # stored and removed meanwhile, or another user's
    try:
        start = read_header(descriptor)[1] if position is None else position
        return os.fstat(descriptor).st_size - start
    finally:
        os.close(descriptor)


def count_rows(connection: sqlite3.Connection) -> dict[str, int]:
    """How many rows each table has."""
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
    return {
        name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608  # held by require_sound
        for (name,) in tables
        if not name.startswith("sqlite_") and '"' not in name
    }


def require_sound(path: Path) -> int:
    """The schema version of a database that nobody uses.

    Raises:
        DamagedStore: it is not whole.
        SchemaTooNew: a newer Trackbook wrote it.
        ForeignDatabase: it is no store, or something other than tables and indexes is in it.
    """
    try:
        with open_copy(path) as connection:
            if connection.execute("SELECT 1 FROM sqlite_master WHERE type NOT IN ('table', 'index')").fetchone():
                raise ForeignDatabase(f"{path} has triggers or views; Trackbook makes none. Take another backup.")
            version, faults = _schema(connection), [*_faults(connection), *_strays(connection)]
    except (sqlite3.Error, ValueError, OverflowError) as error:
        raise DamagedStore(f"{path} is damaged: {error}. Take another backup.") from error
    if faults or version is None:
        raise DamagedStore(f"{path} is damaged: {'; '.join(faults[:3]) or 'no version is in it'}. Take another backup.")
    if version > SCHEMA_VERSION:
        raise SchemaTooNew(
            f"{path} has schema {version}, and this Trackbook knows {SCHEMA_VERSION}. "
            "Update with: pip install --upgrade trackbook"
        )
    return version
