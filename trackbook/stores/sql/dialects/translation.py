"""From the package's one SQL to what a database server reads: placeholders, reserved words, upserts and RETURNING."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from trackbook.stores.sql.tables import metadata

__all__ = ["Statement", "Upsert", "column_names", "columns_of", "primary_key", "quoted", "read_upsert", "with_marks"]

_TOKEN = re.compile(r"""'(?:[^']|'')*'|"[^"]*"|\?|%|\b[a-z_]+\b(?!\s*\()""")
_UPSERT = re.compile(
    r"^(?P<verb>INSERT INTO|REPLACE INTO) (?P<table>\w+)\s*(?:\((?P<columns>[^)]*)\))?\s*VALUES\s*(?P<rows>.*?)"
    r"(?:\s+ON CONFLICT\s*(?:\((?P<key>[^)]*)\))?\s*DO (?:(?P<nothing>NOTHING)|UPDATE SET (?P<changes>.*?)))?"
    r"(?:\s+RETURNING (?P<returning>[\w\", ]+))?\s*$",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement as a driver takes it.

    Attributes:
        sql: its text.
        then: a statement whose rows are the answer; "" if the first one's are.
        then_values: how many of the last values belong to that one, too.
        key: the answer is the key that the database gave to the new row.
        ignoring: rows that are there already are left out, and a warning says so.
        swapped: the last two values change places.
    """

    sql: str
    then: str = ""
    then_values: int = 0
    key: bool = False
    ignoring: bool = False
    swapped: bool = False


@dataclass(frozen=True, slots=True)
class Upsert:
    """An INSERT with what happens to a row that is there already.

    Attributes:
        table: its table.
        columns: in the order of the values, as written.
        listed: whether the statement lists them.
        rows: what stands behind VALUES.
        key: columns that tell whether the row is there.
        changes: what stands behind DO UPDATE SET; "" for DO NOTHING, None if there is no such clause.
        returning: what stands behind RETURNING, or "".
    """

    table: str
    columns: tuple[str, ...]
    listed: bool
    rows: str
    key: tuple[str, ...]
    changes: str | None
    returning: str

    @property
    def head(self) -> str:
        """INTO, the table and its columns."""
        return f"INTO {self.table} ({', '.join(self.columns)}) VALUES {self.rows}"


@cache
def column_names() -> frozenset[str]:
    """The names of all columns."""
    return frozenset(column.name for table in metadata.tables.values() for column in table.columns)


def columns_of(table: str) -> tuple[str, ...]:
    """The columns of a table, in their order."""
    return tuple(column.name for column in metadata.tables[table].columns)


def primary_key(table: str) -> tuple[str, ...]:
    """The columns of a table's primary key."""
    return tuple(column.name for column in metadata.tables[table].primary_key)


def read_upsert(sql: str) -> Upsert | None:
    """An INSERT or REPLACE in its parts; None for any other statement, and for INSERT ... SELECT."""
    found = _UPSERT.match(sql)
    if found is None:
        return None
    table = found["table"]
    columns = _names(found["columns"]) if found["columns"] else columns_of(table)
    key, changes = _names(found["key"] or ""), found["changes"]
    if found["verb"] == "REPLACE INTO":
        key = primary_key(table)
        changes = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in key)
    elif found["nothing"]:
        changes = ""
    return Upsert(table, columns, bool(found["columns"]), found["rows"], key, changes, found["returning"] or "")


def _names(listed: str) -> tuple[str, ...]:
    return tuple(name.strip().strip('"') for name in listed.split(",") if name.strip())


def with_marks(sql: str, reserved: Iterable[str], mark: str = "%s") -> str:
    """The statement with a driver's placeholders, and with double quotes around columns whose names are reserved.

    Keywords are written in capitals here, and columns in small letters: that is how the two are told apart.
    """
    quoted_names = frozenset(reserved)

    def replace(match: re.Match[str]) -> str:
        found = match[0]
        if found == "?":
            return mark
        if "%" in found and mark == "%s":
            return found.replace("%", "%%")
        return f'"{found}"' if found in quoted_names else found

    return _TOKEN.sub(replace, sql)


def quoted(names: Iterable[str], reserved: frozenset[str]) -> list[str]:
    """Column names, in double quotes where they are reserved."""
    return [f'"{name}"' if name in reserved else name for name in names]
