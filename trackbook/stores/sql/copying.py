"""Copy a SQLite database as it is at one moment, while others write to it: whole and on the disk, or not at all."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from trackbook.errors import StorageFull
from trackbook.stores.permissions import make_file

__all__ = ["NASCENT", "copy_database", "free_name", "put_in_place"]

#: What the name of a file ends in while it is being made.
NASCENT = ".new"
_FULL = frozenset({27, 28, 122})  # EFBIG, ENOSPC, EDQUOT


def copy_database(source: sqlite3.Connection, target: Path) -> None:
    """Copy the database of a connection by SQLite's online backup; in a transaction that has read, what that sees.

    Args:
        target: appears when the disk has all of it; a file of that name is replaced.

    Raises:
        StorageFull: no room for the copy; nothing is left of it.
    """
    nascent = target.with_name(target.name + NASCENT)
    nascent.unlink(missing_ok=True)
    try:
        make_file(nascent)
        with closing(sqlite3.connect(f"file:{quote(str(nascent))}", uri=True, isolation_level=None)) as copy:
            for pragma in ("journal_mode=OFF", "synchronous=OFF"):  # a copy that is not whole is thrown away
                copy.execute(f"PRAGMA {pragma}")
            source.backup(copy)
        put_in_place(nascent, target)
    except (sqlite3.Error, OSError) as error:
        if not _is_full(error):
            raise
        raise _no_room(source, target) from error
    finally:
        nascent.unlink(missing_ok=True)


def put_in_place(nascent: Path, target: Path) -> None:
    """Give a finished file its name, once the disk has it."""
    _sync(nascent)
    nascent.rename(target)
    _sync(target.parent)


def _sync(path: Path) -> None:
    if os.name != "posix":  # Windows opens no folders, and flushes only what is open for writing
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def free_name(wanted: Path, ending: str = "") -> Path:
    """A name, with this ending, that nothing bears yet: the wanted one, or with a number behind it."""
    path, number = wanted.with_name(wanted.name + ending), 1
    while os.path.lexists(path):
        path, number = wanted.with_name(f"{wanted.name}-{number}{ending}"), number + 1
    return path


def _is_full(error: Exception) -> bool:
    if isinstance(error, OSError):
        return error.errno in _FULL
    # a file that may grow no further, by a limit or a quota, is an I/O error to SQLite
    return getattr(error, "sqlite_errorname", "") in ("SQLITE_FULL", "SQLITE_IOERR_WRITE")


def _no_room(source: sqlite3.Connection, target: Path) -> StorageFull:
    ((pages,),) = source.execute("PRAGMA page_count").fetchall()
    ((size,),) = source.execute("PRAGMA page_size").fetchall()
    room = os.statvfs(target.parent)
    return StorageFull(
        f"No space left in {str(target.parent)!r} for a copy of the database: it has {pages * size} bytes, and "
        f"{room.f_bavail * room.f_frsize} are free. Nothing was changed; free some space and try again."
    )
