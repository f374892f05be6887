"""Read what can be read of a table of a damaged SQLite file, around what cannot."""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

__all__ = ["LOOKS", "UNREADABLE", "salvage_table"]

#: What reading a damaged file can raise: SQLite's own errors, and numbers and texts that Python cannot take.
UNREADABLE = (sqlite3.Error, ValueError, OverflowError, MemoryError)

Key = tuple[Any, ...]
Take = Callable[[list[tuple[Any, ...]]], None]

_BATCH = 1_000
LOOKS = 2_000  # into a table for rows between damaged places
_BEFORE = -1  # all: keys are natural numbers
_BEYOND = 1 << 40


def salvage_table(
    connection: sqlite3.Connection,
    table: str,
    keys: Sequence[str],
    columns: Sequence[str],
    take: Take,
    looks: int = LOOKS,
) -> bool:
    """Hand over every row of a table that can be reached: from both ends, then from between what is damaged.

    Args:
        keys: columns by which the table's tree is ordered: ``rowid``, or the primary key of a table without one.
        columns: what is wanted of a row.
        take: called with some rows at a time; a row may come twice.
        looks: how often to look between what is damaged.

    Returns:
        whether nothing was in the way.
    """
    table_reader = _Reader(connection, table, keys, columns, take)
    last, whole = table_reader.read(">=", (), None)
    if whole:
        return True
    first, _ = table_reader.read("<", (), last)
    width = len(keys)
    gaps: deque[tuple[Key, Key]] = deque()
    if last or first:  # else no way leads into the table
        gaps.append((last or (_BEFORE,) * width, first or (_BEYOND,) * width))
    for _ in range(looks):
        if not gaps:
            break
        gaps.extend(_narrowed(table_reader, *gaps.popleft(), width))
    return False


def _narrowed(reader: _Reader, before: Key, behind: Key, width: int) -> list[tuple[Key, Key]]:
    """Read both ways from the middle of a gap; the gaps that are left."""
    middle = _middle(before, behind, width)
    if middle is None:
        return []
    last, met_behind = reader.read(">=", middle, behind)
    first, met_before = reader.read("<", middle, before)
    left = []
    if not met_before:
        left.append((before, first or middle))
    if not met_behind:
        left.append((last or middle, behind))
    return left


def _middle(before: Key, behind: Key, width: int) -> Key | None:
    """A prefix of a key between two keys, or prefixes, which stand for the place before all that begin so."""
    low, high = (key + (_BEFORE,) * (width - len(key)) for key in (before, behind))
    at = next((place for place in range(width) if low[place] != high[place]), width)
    if at == width or type(low[at]) is not int or type(high[at]) is not int or low[at] >= high[at]:
        return None
    if high[at] - low[at] > 1:
        return (*low[:at], (low[at] + high[at]) // 2)
    block = high[: at + 1]
    if any(part != _BEFORE for part in high[at + 1 :]):
        return block
    if at + 1 == width or type(low[at + 1]) is not int or low[at + 1] >= _BEYOND - 1:
        return None
    return (*low[: at + 1], (low[at + 1] + _BEYOND) // 2)  # somewhere behind, in the block of the lower one


class _Reader:
    def __init__(
        self, connection: sqlite3.Connection, table: str, keys: Sequence[str], columns: Sequence[str], take: Take
    ) -> None:
        self._connection, self._take = connection, take
        self._names = [_quoted(key) for key in keys]
        wanted = ", ".join([*self._names, *map(_quoted, columns)])
        self._select = f"SELECT {wanted} FROM {_quoted(table)} NOT INDEXED"  # noqa: S608  # names of our own

    def read(self, sign: str, start: Key, stop: Key | None) -> tuple[Key | None, bool]:
        """Read on from a prefix of a key (``>=``) or back from before it (``<``) to a known key.

        Returns:
            the last key that was read, and whether the known one, or the end of the table, was met.
        """
        upwards = sign == ">="
        sql = self._select
        if start:
            names = ", ".join(self._names[: len(start)])
            sql += f" WHERE ({names}) {sign} ({', '.join('?' * len(start))})"
        sql += " ORDER BY " + ", ".join(f"{name} {'ASC' if upwards else 'DESC'}" for name in self._names)
        rows: list[tuple[Any, ...]] = []
        last, met = None, False
        try:
            for row in self._connection.execute(sql, start):
                key = row[: len(self._names)]
                if stop and _reaches(key, stop, upwards):
                    break
                last = key
                rows.append(row[len(self._names) :])
                if len(rows) == _BATCH:
                    self._take(rows)
                    rows = []
            met = True
        except UNREADABLE:
            pass
        self._take(rows)
        return last, met


def _reaches(key: Key, stop: Key, upwards: bool) -> bool:
    try:
        return key >= stop if upwards else key <= stop
    except TypeError:  # a damaged key
        return False


def _quoted(name: str) -> str:
    return name if name == "rowid" else f'"{name}"'
