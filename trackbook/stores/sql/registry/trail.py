"""The audit trail in a SQL database: every change of the registry is a transaction that adds to its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from trackbook.entities import AuditEntry, AuditHead
from trackbook.entities.digests import BEGINNING, canonical_json, entry_hash
from trackbook.entities.keys import check_int64, check_registered_name
from trackbook.errors import InvalidParameter
from trackbook.stores.actors import ACTOR, process_user
from trackbook.stores.sql.engine import Connection, Database

__all__ = ["Ledger", "Trail"]

_COLUMNS = "seq, time, actor, action, name, version, before, after, previous, hash"
_ADD = f"INSERT INTO registry_audit ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_BEGIN = "INSERT INTO registry_head (id, seq, hash) VALUES (1, 0, ?) ON CONFLICT DO NOTHING"
_COUNT = "INSERT INTO version_numbers (name, last) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET last = excluded.last"
_MOST_ENTRIES = 100_000

Content = Mapping[str, Any] | None


class Ledger:
    """A transaction that changes the registry, and the entries that it adds to the trail.

    Attributes:
        connection: of the transaction.
        now: the one time of all that it changes, in ms.
        actor: who changes it.
    """

    def __init__(self, connection: Connection, head: AuditHead, now: int) -> None:
        self.connection, self.now, self.actor = connection, now, ACTOR.get() or process_user()
        self._head = head
        self._entries: list[AuditEntry] = []

    def note(
        self, action: str, name: str, version: int | None = None, *, before: Content = None, after: Content = None
    ) -> None:
        """Add an entry; see `trackbook.entities.AuditEntry`."""
        told = canonical_json(before), canonical_json(after)
        seq, previous = self._head.seq + 1, self._head.hash
        entry = AuditEntry(seq, self.now, self.actor, action, name, version, *told, previous, "")
        entry = replace(entry, hash=entry_hash(entry))
        self._entries.append(entry)
        self._head = AuditHead(seq, entry.hash)

    def touch(self, model: int, change: str = "", *values: Any) -> None:
        """Note the time of a change in a model's row, and change a column."""
        changes = ", ".join(filter(None, [change, "last_update_time = ?"]))
        self.connection.execute(f"UPDATE registered_models SET {changes} WHERE id = ?", (*values, self.now, model))

    def next_number(self, name: str) -> int:
        """The next version number of a name; it is taken when the transaction is stored."""
        number = self.last_number(name) + 1
        self.set_number(name, number)
        return number

    def last_number(self, name: str) -> int:
        """The last version number that a name has had; 0 if none."""
        rows = self.connection.execute("SELECT last FROM version_numbers WHERE name = ?", (name,))
        return int(rows[0][0]) if rows else 0

    def set_number(self, name: str, number: int) -> None:
        """Let the version numbers of a name go on after one."""
        self.connection.execute(_COUNT, (name, number))

    def write(self) -> None:
        """Bring the entries into the database."""
        if not self._entries:
            return
        rows = [tuple(getattr(entry, name) for name in entry.__dataclass_fields__) for entry in self._entries]
        self.connection.executemany(_ADD, rows)
        end = (self._head.seq, self._head.hash)
        self.connection.execute("UPDATE registry_head SET seq = ?, hash = ? WHERE id = 1", end)


class Trail:
    """The verbs of RegistryStore that concern the trail."""

    database: Database
    _now: Callable[[], int]

    @contextmanager
    def _registry(self, now: int | None = None) -> Iterator[Ledger]:
        """Change the registry: one transaction at a time, for each waits until it has the end of the trail.

        Args:
            now: the time of all that is changed, in ms; the clock's if None.
        """
        if now is None:
            now = self._now()  # takes the journal's lock, which a fork takes before the database's
        with self.database.write(durable=True) as connection:
            ledger = Ledger(connection, _locked_head(connection), now)
            yield ledger
            ledger.write()

    def audit_trail(self, after: int = 0, limit: int = 1000, name: str | None = None) -> list[AuditEntry]:
        if not 1 <= check_int64("limit", limit) <= _MOST_ENTRIES:
            raise InvalidParameter(f"limit is {limit}; ask for 1 to {_MOST_ENTRIES} entries, and go on after the last.")
        where = "seq > ?"
        values: tuple[Any, ...] = (check_int64("after", after),)
        if name is not None:
            named = check_registered_name(name)
            where, values = f"name = ? AND {where}", (named, *values)
        with self.database.read() as connection:
            sql = f"SELECT {_COLUMNS} FROM registry_audit WHERE {where} ORDER BY seq LIMIT ?"
            return [AuditEntry(*row) for row in connection.execute(sql, (*values, limit))]

    def audit_head(self) -> AuditHead:
        with self.database.read() as connection:
            return _head(connection) or AuditHead(0, BEGINNING)


def _head(connection: Connection, lock: str = "") -> AuditHead | None:
    rows = connection.execute(f"SELECT seq, hash FROM registry_head WHERE id = 1{lock}")
    return AuditHead(*rows[0]) if rows else None


def _locked_head(connection: Connection) -> AuditHead:
    lock = connection.dialect.lock
    head = _head(connection, lock)
    if head is None:
        connection.execute(_BEGIN, (BEGINNING,))
        head = _head(connection, lock)
    assert head is not None  # noqa: S101  # it was made, here or by another session
    return head
