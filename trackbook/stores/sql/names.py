"""Interned texts: the integer keys of metric series, and of the names of params and tags."""

from __future__ import annotations

from trackbook.stores.sql.engine import Connection

__all__ = ["Interned", "names", "series"]


class Interned:
    """Texts of one table and their keys, remembered in this process.

    Only what was read is remembered: a key that a transaction has just made may still be rolled back.

    Attributes:
        known: what is remembered, for a look before `key` is called.
    """

    def __init__(self, table: str, columns: tuple[str, ...]) -> None:
        where = " AND ".join(f'"{column}" = ?' for column in columns)
        listed = ", ".join(f'"{column}"' for column in columns)
        marks = ", ".join("?" * len(columns))
        self._select = f"SELECT id FROM {table} WHERE {where}"
        self._insert = f"INSERT INTO {table} ({listed}) VALUES ({marks}) RETURNING id"
        self.known: dict[tuple[str, ...], int] = {}
        self._made: tuple[Connection | None, set[tuple[str, ...]]] = (None, set())  # by which transaction, and what

    def find(self, connection: Connection, texts: tuple[str, ...]) -> int | None:
        """The key of a text; None if it was never used."""
        known = self.known.get(texts)
        if known is None:
            rows = connection.execute(self._select, texts)
            if rows:
                known = int(rows[0][0])
                if self._made[0] is not connection or texts not in self._made[1]:
                    self.known[texts] = known
        return known

    def key(self, connection: Connection, texts: tuple[str, ...]) -> int:
        """The key of a text, made if there is none; only in a writing transaction."""
        known = self.known.get(texts) or self.find(connection, texts)
        if known is None:  # on a server another session may make it now: the transaction is then made again
            ((known,),) = connection.execute(self._insert, texts)
            if self._made[0] is not connection:
                self._made = (connection, set())
            self._made[1].add(texts)
        return int(known)


def names() -> Interned:
    """Names of params and tags: (name,)."""
    return Interned("names", ("name",))


def series() -> Interned:
    """Metric series: (key, model, data set)."""
    return Interned("series", ("key", "model", "dataset"))
