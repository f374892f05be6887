"""Bring what can be read of a damaged database into a new one."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Table

from trackbook.errors import AlreadyExists, NotFound
from trackbook.stores.permissions import make_file, make_folder
from trackbook.stores.sql.copying import put_in_place
from trackbook.stores.sql.engine import Database
from trackbook.stores.sql.schema import open_schema
from trackbook.stores.sql.tables import metadata
from trackbook.upkeep.backups.segments import open_segments, take_in
from trackbook.upkeep.recovery.layout import first_page, guess_roots, made_by
from trackbook.upkeep.recovery.pages import PageFile
from trackbook.upkeep.recovery.placeholders import stand_in
from trackbook.upkeep.recovery.salvage import LOOKS, UNREADABLE, salvage_table
from trackbook.upkeep.values import row_check
from trackbook.uris import parse_store_uri

__all__ = ["Recovery", "recover"]

_MAGIC = b"SQLite format 3\0"
_TABLES = [table for table in metadata.sorted_tables if table.name != "trackbook_store"]
_PAGE_SIZES = frozenset(512 << power for power in range(8))


@dataclass(frozen=True, slots=True)
class Recovery:
    """What was recovered.

    Attributes:
        path: the new database.
        rows: by table.
        torn: tables of which something could not be read.
        stand_ins: rows made up, by table, because others refer to them: a run of which only the metrics are left.
    """

    path: Path
    rows: dict[str, int]
    torn: list[str]
    stand_ins: dict[str, int]


def recover(path: Path, into: Path) -> Recovery:
    """Read every row of a damaged database that can be read into a new one. The damaged one is not changed.

    What waits in the journals beside it is stored in the new one too.

    Raises:
        NotFound: there is no database.
        AlreadyExists: there is something at the new place.
    """
    if not path.is_file():
        raise NotFound(f"There is no database at {path}.")
    if os.path.lexists(into):
        raise AlreadyExists(f"{into} exists. Name a new file for what is recovered.")
    make_folder(into.parent)
    with tempfile.TemporaryDirectory(dir=into.parent, prefix=f".{into.name}-") as folder:
        copy, new = Path(folder) / "damaged.db", Path(folder) / into.name
        with open_segments(path) as segments:
            _copy_with_log(path, copy)
            _mend(copy)
            made = _recover(copy, new)
            with suppress(sqlite3.Error):
                take_in(new, segments)
        shutil.rmtree(f"{new}.d", ignore_errors=True)
        put_in_place(new, into)
    return Recovery(into, *made)


def _copy_with_log(path: Path, copy: Path) -> None:
    """Copy the file with its write-ahead log, and move the log into the copy where that is possible."""
    shutil.copyfile(path, copy)
    with suppress(FileNotFoundError):
        shutil.copyfile(f"{path}-wal", f"{copy}-wal")
    with suppress(*UNREADABLE), closing(sqlite3.connect(copy, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    for ending in ("-wal", "-shm"):
        Path(f"{copy}{ending}").unlink(missing_ok=True)


def _mend(copy: Path) -> None:
    """Set right what every database of ours has alike: its header, and the statements that made its tables."""
    with open(copy, "r+b") as file:
        header = bytearray(file.read(100).ljust(100, b"\0"))
        _mend_header(header, os.fstat(file.fileno()).st_size)
        file.seek(0)
        file.write(header)
    with suppress(*UNREADABLE), _opened(copy) as connection:
        rows = connection.execute("SELECT rowid, name, sql FROM sqlite_master").fetchall()
        # indexes are not needed, and may be damaged
        connection.execute("DELETE FROM sqlite_master WHERE type <> 'table'")
        for name, table in metadata.tables.items():
            statement = made_by(table)
            for rowid, called, sql in rows:
                if called == name or _same(sql, statement):
                    connection.execute(
                        "UPDATE sqlite_master SET type = 'table', name = ?, tbl_name = ?, sql = ? WHERE rowid = ?",
                        (name, name, statement, rowid),
                    )


def _same(sql: object, other: str) -> bool:
    return isinstance(sql, str) and sql.split() == other.split()


def _mend_header(header: bytearray, length: int) -> None:
    size = int.from_bytes(header[16:18], "big")
    size = 65536 if size == 1 else size
    if size not in _PAGE_SIZES or length % size:
        size = 4096
    header[:16] = _MAGIC
    header[16:18] = (1 if size == 65536 else size).to_bytes(2, "big")
    header[18:24] = bytes([1, 1, 0, 64, 32, 32])  # no write-ahead log; nothing reserved; fixed fractions
    header[28:32] = (length // size).to_bytes(4, "big")
    header[32:40] = bytes(8)  # no free pages: nothing is added to this file
    header[44:48] = (4).to_bytes(4, "big")  # the schema's format
    header[56:60] = (1).to_bytes(4, "big")  # UTF-8
    header[92:96] = header[24:28]  # the number of pages counts


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A damaged file, whose schema need not make sense."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.text_factory = lambda text: text.decode("utf-8", "replace")
        for pragma in ("trusted_schema=OFF", "cell_size_check=ON", "writable_schema=ON"):
            connection.execute(f"PRAGMA {pragma}")
        yield connection


def _recover(damaged: Path, new: Path) -> tuple[dict[str, int], list[str], dict[str, int]]:
    make_file(new)
    database = Database(parse_store_uri(new))
    try:
        open_schema(database, "0")
    finally:
        database.close()
    with closing(sqlite3.connect(new, isolation_level=None)) as writing:
        writing.execute("PRAGMA foreign_keys=OFF")
        writing.execute("BEGIN")
        writing.execute("DELETE FROM experiments")
        with _opened(damaged) as reading:
            torn = [table for table in _TABLES if not _bring_over(reading, writing, table)]
            _keep_identity(reading, writing)
            roots = _roots(reading)
        with closing(PageFile(damaged)) as pages:
            if len(roots) < len(metadata.tables):  # the list of tables is damaged
                guessed = guess_roots(pages, roots)
                torn = [
                    table
                    for table in torn
                    if not _bring_unlisted(damaged, pages, guessed.get(table.name, 0), writing, table)
                ]
            else:
                for table in torn:
                    _bring_pages(damaged, pages, roots[table.name], writing, table)
        made = stand_in(writing)
        rows = {
            name: writing.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608  # our own names
            for name in sorted(metadata.tables)
        }
        writing.execute("COMMIT")
    return rows, [table.name for table in torn], made


def _roots(reading: sqlite3.Connection) -> dict[str, int]:
    """The page where the tree of each table begins."""
    with suppress(*UNREADABLE):
        rows = reading.execute("SELECT name, rootpage FROM sqlite_master WHERE type = 'table'").fetchall()
        return {name: page for name, page in rows if isinstance(page, int)}
    return {}


def _bring_unlisted(damaged: Path, pages: PageFile, root: int, writing: sqlite3.Connection, table: Table) -> bool:
    """Read a table of a file whose list of tables is lost, by a list of it alone; whether that was all of it."""
    if not 1 < root <= pages.count:
        return False
    before = pages.read(1)
    page = bytearray(first_page(table, root, pages.size))
    _mend_header(page, pages.count * pages.size)
    pages.write(1, bytes(page))
    whole = False
    with suppress(*UNREADABLE), _opened(damaged) as reading:
        whole = _bring_over(reading, writing, table)
    if not whole:
        _bring_pages(damaged, pages, root, writing, table)
    pages.write(1, before)
    return whole


def _bring_pages(damaged: Path, pages: PageFile, root: int, writing: sqlite3.Connection, table: Table) -> None:
    """Read the pages of a table to which no way leads any more: each, in its turn, takes the place of the root."""
    if not 1 < root <= pages.count:
        return
    before = pages.read(root)
    for page in pages.below(root):
        pages.write(root, pages.read(page))
        with suppress(*UNREADABLE), _opened(damaged) as reading:
            _bring_over(reading, writing, table, looks=0)
    pages.write(root, before)


def _keep_identity(reading: sqlite3.Connection, writing: sqlite3.Connection) -> None:
    """Let the new store have the id of the old one, if that can be read."""
    with suppress(*UNREADABLE):
        for store_id, created in reading.execute("SELECT store_id, created FROM trackbook_store").fetchall():
            if isinstance(store_id, str) and isinstance(created, int):
                writing.execute("UPDATE trackbook_store SET store_id = ?, created = ?", (store_id, created))


def _bring_over(reading: sqlite3.Connection, writing: sqlite3.Connection, table: Table, looks: int = LOOKS) -> bool:
    """Copy a table's readable rows; whether that was all of them."""
    columns = [column.name for column in table.columns]
    with_rowid = table.dialect_options["sqlite"]["with_rowid"]
    keys = ["rowid"] if with_rowid else [column.name for column in table.primary_key]
    try:
        return salvage_table(reading, table.name, keys, columns, _taker(writing, table), looks)
    except UNREADABLE:
        return False


def _taker(writing: sqlite3.Connection, table: Table) -> Callable[[list[tuple[Any, ...]]], None]:
    """What puts rows into the new database, but for those whose values cannot be what was stored."""
    marks = ", ".join("?" * len(table.columns))
    sql = f'INSERT OR IGNORE INTO "{table.name}" VALUES ({marks})'  # noqa: S608  # our own names
    fits = row_check(table)

    def take(rows: list[tuple[Any, ...]]) -> None:
        writing.executemany(sql, [row for row in rows if fits(row)])

    return take
