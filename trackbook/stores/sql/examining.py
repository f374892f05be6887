"""What doctor and du read in a SQL database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from trackbook.entities import LifecycleStage
from trackbook.errors import StoreError
from trackbook.stores.journal.files import list_segments
from trackbook.stores.sql.engine import Connection, Database
from trackbook.stores.sql.purging import batches, delete_rows_of_run, marks
from trackbook.stores.sql.recounting import Recount, recount, write_recount
from trackbook.stores.sql.soundness import integrity_faults, sizes_of_tables
from trackbook.stores.sql.tables import PURGING
from trackbook.stores.upkeep import UNREADABLE, KeptRun, RunFault, RunUsage, StoreUsage

__all__ = ["Examining"]

_PAGE = 200
_POINT_BYTES = 36  # a row of points, as measured
_HOMELESS = "#"  # before the key of a run that has no id any more
_OWNED = ("points", "chunks", "metric_summary")


class Examining:
    """The verbs of ExaminedStore, but for those about refused records."""

    database: Database
    _folder: Path | None
    _artifact_uri: Callable[[str, str], str]
    flush: Callable[[], None]

    def database_faults(self) -> Iterator[str]:
        yield from integrity_faults(self.database)

    def run_faults(self) -> Iterator[RunFault]:
        self.flush()
        after = -1
        while True:
            with self.database.read() as connection:
                rows = connection.execute(
                    "SELECT id, run_id, next_seq FROM runs WHERE id > ? AND lifecycle_stage <> ? ORDER BY id LIMIT ?",
                    (after, PURGING, _PAGE),
                )
            for key, run_id, _ in rows:
                yield from self._faults_of(key, run_id)
            if len(rows) < _PAGE:
                break
            after = rows[-1][0]
        yield from self._homeless_rows()

    def _faults_of(self, key: int, run_id: str) -> Iterator[RunFault]:
        try:
            with self.database.read() as connection:
                found = self._recount(connection, key)
        except (StoreError, *UNREADABLE) as error:
            yield RunFault(run_id, f"it cannot be read: {error}", mendable=False)
            return
        if found is None:
            return
        for series, reason in found.unreadable.items():
            yield RunFault(run_id, f"points of its metric number {series} cannot be read: {reason}", mendable=False)
        for fault in found.faults:
            yield RunFault(run_id, fault, mendable=True)

    def _recount(self, connection: Connection, key: int) -> Recount | None:
        rows = connection.execute("SELECT next_seq FROM runs WHERE id = ? AND lifecycle_stage <> ?", (key, PURGING))
        return recount(connection, key, rows[0][0]) if rows else None

    def _homeless_rows(self) -> Iterator[RunFault]:
        keys: dict[int, list[str]] = {}
        with self.database.read() as connection:
            for table in _OWNED:
                sql = f"SELECT DISTINCT run FROM {table} WHERE run NOT IN (SELECT id FROM runs)"
                for (key,) in connection.execute(sql):
                    keys.setdefault(key, []).append(table)
        for key, tables in keys.items():
            what = f"rows of {', '.join(tables)} belong to a run, number {key}, that does not exist"
            yield RunFault(f"{_HOMELESS}{key}", what, mendable=True)

    def mend_run(self, run_id: str) -> None:
        if run_id.startswith(_HOMELESS):
            delete_rows_of_run(self.database, int(run_id.removeprefix(_HOMELESS)))
            return
        with self.database.write(durable=True) as connection:
            rows = connection.execute("SELECT id FROM runs WHERE run_id = ?", (run_id,))
            found = self._recount(connection, rows[0][0]) if rows else None
            if found is not None and found.faults:
                write_recount(connection, rows[0][0], found)

    def kept_runs(self) -> Iterator[KeptRun]:
        for _, run_id, _, experiment, stage, location in self._all_runs():
            yield KeptRun(run_id, str(experiment), self._artifact_uri(location, run_id), stage)

    def _all_runs(self) -> Iterator[tuple[Any, ...]]:
        after = -1
        while True:
            with self.database.read() as connection:
                rows = connection.execute(
                    "SELECT r.id, r.run_id, r.name, r.experiment, r.lifecycle_stage, "
                    "coalesce(r.artifact_location, e.artifact_location) FROM runs r "
                    "JOIN experiments e ON e.id = r.experiment WHERE r.id > ? AND r.lifecycle_stage <> ? "
                    "ORDER BY r.id LIMIT ?",
                    (after, PURGING, _PAGE),
                )
            yield from rows
            if len(rows) < _PAGE:
                return
            after = rows[-1][0]

    def half_purged(self) -> int:
        with self.database.read() as connection:
            return sum(
                int(connection.execute(f"SELECT count(*) FROM {table} WHERE lifecycle_stage = ?", (PURGING,))[0][0])
                for table in ("experiments", "runs", "logged_models")
            )

    def newest_heartbeat(self) -> int | None:
        with self.database.read() as connection:
            ((newest,),) = connection.execute(
                "SELECT max(heartbeat) FROM runs WHERE lifecycle_stage = ?", (LifecycleStage.ACTIVE,)
            )
        return None if newest is None else int(newest)

    def vanished_writers(self, before: int) -> list[str]:
        if self.database.uri.path is None or self._folder is None:
            return []  # a server knows journals of other machines, and nobody can tell whether those are gone
        present = {segment.writer for segment in list_segments(self._folder)}
        with self.database.read() as connection:
            rows = connection.execute(
                "SELECT writer FROM positions GROUP BY writer HAVING max(updated) < ? ORDER BY writer", (before,)
            )
        return [writer for (writer,) in rows if writer not in present]

    def forget_writers(self, writers: Sequence[str]) -> None:
        for some in batches(writers):
            with self.database.write() as connection:
                connection.execute(f"DELETE FROM positions WHERE writer IN ({marks(some)})", some)

    def usage(self) -> Iterator[RunUsage]:
        self.flush()
        page: list[tuple[Any, ...]] = []
        for row in self._all_runs():
            page.append(row)
            if len(page) == _PAGE:
                yield from self._usage_of(page)
                page = []
        if page:
            yield from self._usage_of(page)

    def _usage_of(self, page: list[tuple[Any, ...]]) -> Iterator[RunUsage]:
        between = (page[0][0], page[-1][0])
        where = "WHERE run BETWEEN ? AND ? GROUP BY run"
        with self.database.read() as connection:
            files = _by_run(connection, f"SELECT run, count(*), sum(size) FROM files {where}", between)
            rows = _by_run(connection, f"SELECT run, count(*), 0 FROM points {where}", between)
            chunks = _by_run(connection, f"SELECT run, sum(count), sum(length(data)) FROM chunks {where}", between)
        for key, run_id, name, experiment, _, location in page:
            count, size = files.get(key, (None, 0))
            packed, packed_bytes = chunks.get(key, (0, 0))
            unpacked = rows.get(key, (0, 0))[0]
            uri = self._artifact_uri(location, run_id)
            points, point_bytes = unpacked + packed, unpacked * _POINT_BYTES + packed_bytes
            yield RunUsage(run_id, name, str(experiment), uri, count, size, points, point_bytes)

    def database_usage(self) -> StoreUsage:
        return StoreUsage(sizes_of_tables(self.database))


def _by_run(connection: Connection, sql: str, between: tuple[int, int]) -> dict[int, tuple[int, int]]:
    return {run: (int(count), int(size)) for run, count, size in connection.execute(sql, between)}
