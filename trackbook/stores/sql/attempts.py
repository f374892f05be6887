"""Attempts of runs: one row for each that was resumed later; the present one is in the run's own row."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection

from trackbook.entities import Attempt, RunStatus
from trackbook.entities.keys import check_run_id
from trackbook.stores.journal.files import host_and_boot
from trackbook.stores.sql.engine import Connection, Database

__all__ = ["Attempts"]

_PRESENT = (
    "SELECT attempt, status, coalesce(resumed, start_time), end_time, host, pid, heartbeat, writer, boot "
    "FROM runs WHERE id = ?"
)
_KEEP = (
    "INSERT INTO attempts (run, attempt, status, start_time, end_time, host, pid) VALUES (?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT DO NOTHING"
)


class Attempts:
    """The verbs of RunStore that concern attempts."""

    database: Database
    flush: Callable[[], None]
    _key: Callable[[Connection, str], int]
    _changeable: Callable[[Connection, str], int]
    living_writers: Callable[[Collection[str]], set[str]]

    def list_attempts(self, run_id: str) -> list[Attempt]:
        check_run_id(run_id)
        self.flush()
        with self.database.read() as connection:
            key = self._key(connection, run_id)
            rows = connection.execute(
                "SELECT attempt, status, start_time, end_time, host, pid FROM attempts WHERE run = ? ORDER BY attempt",
                (key,),
            )
            rows += [row[:6] for row in connection.execute(_PRESENT, (key,))]
        return [Attempt(number, RunStatus.to_string(status), *rest) for number, status, *rest in rows]

    def _keep_attempt(self, connection: Connection, key: int) -> None:
        """Write down the present attempt of a run, which another follows."""
        (row,) = connection.execute(_PRESENT, (key,))
        attempt, status, start, end, host, pid, heartbeat, writer, boot = row
        if status == RunStatus.RUNNING and heartbeat is not None and self._is_gone(writer, host, boot):
            status, end = RunStatus.KILLED, heartbeat
        connection.execute(_KEEP, (key, attempt, status, start, end, host, pid))

    def _is_gone(self, writer: str | None, host: str | None, boot: str | None) -> bool:
        """Whether the process of a run is certainly gone; of one on another host nobody here knows."""
        here, now = host_and_boot()
        return host == here and (boot != now or not self.living_writers([writer or ""]))

    def _end_own(self, connection: Connection, run_id: str, status: int, end: int, writer: str | None) -> None:
        """End a run for the writer that runs it; if another has resumed it meanwhile, only this process's attempt."""
        key = self._changeable(connection, run_id)
        if not connection.change(
            "UPDATE runs SET status = ?, end_time = ? WHERE id = ? AND (writer IS NULL OR writer = ?)",
            (status, end, key, writer),
        ):
            connection.execute(
                "UPDATE attempts SET status = ?, end_time = ? WHERE run = ? AND host = ? AND pid = ? AND status = 1",
                (status, end, key, host_and_boot()[0], os.getpid()),
            )
