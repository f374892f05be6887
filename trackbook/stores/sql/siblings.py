"""Other stores whose database lies in the same folder: their runs keep artifacts below the same root."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing
from urllib.parse import quote

from trackbook.errors import StoreError

__all__ = ["models_of_siblings", "runs_of_siblings"]

_MAGIC = b"SQLite format 3\x00"


def runs_of_siblings(path: str, run_ids: Collection[str]) -> set[str]:
    """Those of some ids that a run of another store in the same folder has, or one of a copy of this store.

    Args:
        path: of the database.
        run_ids: what to look for, at most some hundreds.

    Raises:
        StoreError: there is a database that cannot be read, so that nobody can tell.
    """
    return _used(path, "runs", "run_id", run_ids)


def models_of_siblings(path: str, model_ids: Collection[str]) -> set[str]:
    """The same for logged models."""
    return _used(path, "logged_models", "model_id", model_ids)


def _used(path: str, table: str, column: str, ids: Collection[str]) -> set[str]:
    found: set[str] = set()
    for sibling in _siblings(path):
        try:
            with closing(sqlite3.connect(f"file:{quote(sibling)}?mode=ro", uri=True, timeout=5)) as connection:
                if _is_store(connection, table):
                    marks = ", ".join("?" * len(ids))
                    rows = connection.execute(f"SELECT {column} FROM {table} WHERE {column} IN ({marks})", list(ids))
                    found.update(known for (known,) in rows)
        except sqlite3.Error as error:
            raise StoreError(
                f"The database {sibling} may have artifacts in the same folder, and cannot be read: {error}. Move it "
                "away if it is no longer needed."
            ) from error
    return found


def _is_store(connection: sqlite3.Connection, table: str) -> bool:
    """Whether it is a store of ours with a table, which older schemas may lack."""
    found = connection.execute("SELECT count(*) FROM sqlite_master WHERE name IN ('trackbook_store', ?)", (table,))
    return bool(found.fetchone() == (2,))


def _siblings(path: str) -> Iterator[str]:
    with os.scandir(os.path.dirname(path) or ".") as entries:
        names = sorted(entry.path for entry in entries if entry.is_file())
    for name in names:
        if not os.path.samefile(name, path) and _has_magic(name):
            yield name


def _has_magic(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC
    except OSError as error:
        raise StoreError(f"{path} cannot be read, and may be a database: {error.strerror}.") from error
