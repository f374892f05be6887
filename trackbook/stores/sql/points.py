"""Points of metrics in a SQL database: stored from the journal, summed up, and read as history or as a feed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby, repeat
from math import isfinite, isnan, nan
from operator import itemgetter
from time import time_ns
from typing import TYPE_CHECKING, Any, NamedTuple

from trackbook.entities import Metric
from trackbook.entities.keys import check_key, check_run_id
from trackbook.stores.base import FeedAnswer, PointArrays, Summary
from trackbook.stores.journal.drainer import Extra, Moved
from trackbook.stores.journal.files import Segment
from trackbook.stores.journal.records import Batch, Record, Series, dataset_of
from trackbook.stores.sql import packing
from trackbook.stores.sql.engine import Connection, Database, retried
from trackbook.stores.sql.names import Interned
from trackbook.stores.sql.rejecting import points_as_body
from trackbook.stores.sql.tables import FINITE, MINUS_INFINITY, NOT_A_NUMBER, PLUS_INFINITY, PURGING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["READ_SUMMARY", "WRITE_SUMMARY", "Points", "RawPoint", "batch_summary", "merged_summary"]

log = logging.getLogger("trackbook")

RawPoint = tuple[int, int, int, float]  # series number, step, time, value
Columns = tuple[Sequence[int], Sequence[int], Sequence[float]]

_ATTEMPT_SHIFT = 48  # a feed's cursor is the run's attempt above its next sequence number
_BY_NUMBER = itemgetter(0)
# SQLite is let go to work once a statement, not once a row: a training's thread then waits for the interpreter
# a few times in a thousand points, not a thousand times.
_ROWS = {
    count: "INSERT INTO points VALUES " + ", ".join(["(?, ?, ?, ?, ?, ?, ?, 0)"] * count) for count in (256, 32, 4, 1)
}
_SUMMARY = "last, last_class, last_step, last_time, min, min_step, max, max_step, first, first_step, count"
READ_SUMMARY = f"SELECT {_SUMMARY} FROM metric_summary WHERE run = ? AND series = ?"
WRITE_SUMMARY = f"REPLACE INTO metric_summary (run, series, {_SUMMARY}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)"


class Points:
    """The verbs of PointStore, and what the journal's drainer asks of a store."""

    database: Database
    _series: Interned
    _run_keys: dict[str, int]
    _rejected: set[str]
    _hot_limits: dict[int, int]  # rows of a run beyond which it is looked at for packing
    _listeners: list[Callable[[], None]]
    _now: Callable[[], int]
    flush: Callable[[], None]
    _other_record: Callable[[Connection, Segment, Record], None]

    @retried
    def apply(self, segment: Segment | None, batch: Batch, extra: Extra | None = None) -> None:
        """See `trackbook.stores.journal.drainer.Sink`."""
        with self.database.write() as connection:
            if segment is not None:
                self._advance(connection, segment, batch)
                self._store_raw(connection, batch.points, segment.series, segment)
                for record in batch.others:
                    self._other_record(connection, segment, record)
            if extra is not None:
                extra(connection)

    def _advance(self, connection: Connection, segment: Segment, batch: Batch) -> None:
        """Move the stored position of a segment: what makes two drainers safe and a replay exact."""
        place, now = (segment.writer, segment.number), time_ns() // 1_000_000
        moved = connection.change(
            "UPDATE positions SET pos = ?, updated = ? WHERE writer = ? AND segment = ? AND pos = ?",
            (batch.end, now, *place, batch.start),
        )
        if not moved and batch.start == segment.start:
            moved = connection.change(
                "INSERT INTO positions VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", (*place, batch.end, now)
            )
        if not moved:
            raise Moved

    def position(self, writer: str, number: int) -> int | None:
        """See `trackbook.stores.journal.drainer.Sink`."""
        with self.database.read() as connection:
            rows = connection.execute("SELECT pos FROM positions WHERE writer = ? AND segment = ?", (writer, number))
        return int(rows[0][0]) if rows else None

    def pack_hot(self) -> None:
        """Pack the long series of open runs that have gathered many rows."""
        for run in [run for run, limit in self._hot_limits.items() if not limit]:
            left = packing.pack_run(self.database, run, packing.HOT_LIMIT)
            self._hot_limits[run] = left + packing.HOT_LIMIT

    @retried
    def settle(self) -> None:
        """See `trackbook.stores.journal.drainer.Sink`."""
        with self.database.write(durable=True) as connection:
            connection.execute("UPDATE trackbook_store SET version = version")

    def after_commit(self) -> None:
        """See `trackbook.stores.journal.drainer.Sink`."""
        for nudge in tuple(self._listeners):
            nudge()

    def listen(self, nudge: Callable[[], None]) -> Callable[[], None]:
        self._listeners.append(nudge)
        return lambda: self._listeners.remove(nudge) if nudge in self._listeners else None

    def _store_raw(
        self, connection: Connection, points: list[RawPoint], series: Mapping[int, Series], segment: Segment | None
    ) -> None:
        """Store points that carry a segment's series numbers; those of purged runs are put aside."""
        points.sort(key=_BY_NUMBER)  # stable: a series keeps its order
        by_run: dict[str, list[tuple[Series, Columns]]] = {}
        for number, group in groupby(points, _BY_NUMBER):
            _, steps, times, values = zip(*group, strict=True)
            named = series.get(number) or Series("", f"number {number}")  # the record that named it is damaged
            by_run.setdefault(named.run_id, []).append((named, (steps, times, values)))
        for run_id, groups in sorted(by_run.items()):  # in one order everywhere, so that no two wait for each other
            run = self._run_key(connection, run_id)
            if run is None:
                self._reject(connection, segment, run_id, groups)
            else:
                self._store_run(connection, run, groups)

    def store_points(self, connection: Connection, run: int, run_id: str, metrics: Iterable[Metric]) -> None:
        """Store checked points of one run within a transaction."""
        by_series: dict[Series, list[tuple[int, int, float]]] = {}
        for metric in metrics:
            series = Series(run_id, metric.key, metric.model_id or "", dataset_of(metric))
            by_series.setdefault(series, []).append((metric.step, metric.timestamp, metric.value))
        groups = [(series, tuple(zip(*rows, strict=True))) for series, rows in by_series.items()]
        self._store_run(connection, run, groups)  # type: ignore[arg-type]

    def _run_key(self, connection: Connection, run_id: str) -> int | None:
        """The key of a run, asked anew each time: another process may have purged the run, or be about to."""
        rows = connection.execute("SELECT id FROM runs WHERE run_id = ? AND lifecycle_stage <> ?", (run_id, PURGING))
        if not rows:
            self._run_keys.pop(run_id, None)
            return None
        key = self._run_keys[run_id] = int(rows[0][0])
        return key

    def _store_run(self, connection: Connection, run: int, groups: list[tuple[Series, Columns]]) -> None:
        count = sum(len(columns[0]) for _, columns in groups)
        ((next_seq, hot),) = connection.execute(
            "UPDATE runs SET next_seq = next_seq + ?, hot = hot + ? WHERE id = ? RETURNING next_seq, hot",
            (count, count, run),
        )
        if hot > self._hot_limits.get(run, packing.HOT_LIMIT):
            self._hot_limits[run] = 0  # pack_hot looks at it
        seq = int(next_seq) - count
        rows: list[tuple[Any, ...]] = []
        for series, columns in groups:
            key = self._series.known.get(series[1:]) or self._series.key(connection, series[1:])
            finite = all(map(isfinite, columns[2]))
            classes = repeat(FINITE) if finite else map(_class, columns[2])
            rows += zip(repeat(run), repeat(key), range(seq, seq + len(columns[0])), *columns, classes, strict=False)
            seq += len(columns[0])
            self._sum_up(connection, run, key, columns, finite)
            if series.model or series.dataset:
                plain = self._series.key(connection, (series.key, "", ""))
                self._sum_up(connection, run, plain, columns, finite)
        _insert(connection, rows)

    def _sum_up(self, connection: Connection, run: int, series: int, columns: Columns, finite: bool) -> None:
        stored = connection.execute(READ_SUMMARY, (run, series))
        summary = merged_summary(stored[0] if stored else None, batch_summary(*columns, finite))
        connection.execute(WRITE_SUMMARY, (run, series, *summary))

    def _reject(
        self, connection: Connection, segment: Segment | None, run_id: str, groups: list[tuple[Series, Columns]]
    ) -> None:
        """Keep the points of a run that exists no more, with the reason, for doctor to show."""
        body = points_as_body(groups)
        reason = f"there is no run {run_id}" if run_id else "the record that named their run and metric is damaged"
        writer, number, offset = (segment.writer, segment.number, segment.pos) if segment else ("", 0, 0)
        connection.execute(
            "INSERT INTO rejected (writer, segment, offset, reason, body, time) VALUES (?, ?, ?, ?, ?, ?)",
            (writer, number, offset, reason, body, self._now()),
        )
        if run_id not in self._rejected:
            self._rejected.add(run_id)
            log.warning("Points cannot be stored, and are kept in the table 'rejected': %s.", reason)

    def points(self, run_id: str, key: str) -> PointArrays:
        check_run_id(run_id)
        key = check_key("metric", key)
        self.flush()
        with self.database.read() as connection:
            run = self._run_key(connection, run_id)
            keys = [number for number, *_ in _series_of(connection, [key])]
            parts = [packing.read(connection, run, number) for number in keys] if run is not None else []
        return packing.sorted_once(packing.joined(parts))

    def get_metric_history(self, run_id: str, key: str) -> list[Metric]:
        check_run_id(run_id)
        key = check_key("metric", key)
        self.flush()
        with self.database.read() as connection:
            run = self._run_key(connection, run_id)
            if run is None:
                return []
            history: list[Metric] = []
            parts = 0
            for number, _, model, dataset in _series_of(connection, [key]):
                points = packing.sorted_once(packing.read(connection, run, number))
                parts += len(points.steps) > 0
                history += _metrics(points, key, model, dataset)
        if parts > 1:
            history.sort(key=lambda m: (m.step, m.timestamp, not isnan(m.value), m.value))
        return history

    def summaries(self, run_id: str) -> list[Summary]:
        self.flush()
        with self.database.read() as connection:
            rows = connection.execute(
                "SELECT s.key, m.last, m.last_step, m.last_time, m.min, m.min_step, m.max, m.max_step, m.first, "
                "m.first_step, m.count "
                "FROM runs r JOIN metric_summary m ON m.run = r.id JOIN series s ON s.id = m.series "
                "WHERE r.run_id = ? AND r.lifecycle_stage <> ? AND s.model = '' AND s.dataset = '' ORDER BY s.key",
                (check_run_id(run_id), PURGING),
            )
        return [Summary(row[0], nan if row[1] is None else row[1], *row[2:]) for row in rows]

    def read_feed(self, run_id: str, cursor: int = 0, keys: Sequence[str] | None = None) -> FeedAnswer:
        with self.database.read() as connection:
            rows = connection.execute(
                "SELECT id, attempt, next_seq FROM runs WHERE run_id = ? AND lifecycle_stage <> ?", (run_id, PURGING)
            )
            if not rows:
                return FeedAnswer(cursor, False, {})
            run, attempt, next_seq = rows[0]
            new_cursor = (attempt << _ATTEMPT_SHIFT) | next_seq
            if new_cursor == cursor:
                return FeedAnswer(cursor, False, {})
            after = cursor & ((1 << _ATTEMPT_SHIFT) - 1)
            moved = cursor >> _ATTEMPT_SHIFT != attempt or after > next_seq  # resumed, or made anew
            reload = bool(cursor) and (moved or _packed_since(connection, run, after))
            found = _feed_points(connection, run, 0 if reload else after, keys)
        return FeedAnswer(new_cursor, reload, found)


class _Series(NamedTuple):
    number: int
    key: str
    model: str
    dataset: str


def _series_of(connection: Connection, keys: Sequence[str]) -> list[_Series]:
    marks = ", ".join("?" * len(keys))
    return [_Series(*row) for row in connection.execute(f"SELECT * FROM series WHERE key IN ({marks})", keys)]


def _packed_since(connection: Connection, run: int, after: int) -> bool:
    return bool(connection.execute("SELECT 1 FROM chunks WHERE run = ? AND last_seq >= ? LIMIT 1", (run, after)))


def _feed_points(connection: Connection, run: int, after: int, keys: Sequence[str] | None) -> dict[str, PointArrays]:
    """Points from a sequence number on, by metric key."""
    known: dict[int, str] = dict(
        connection.execute(
            "SELECT s.id, s.key FROM metric_summary m JOIN series s ON s.id = m.series WHERE m.run = ?", (run,)
        )
    )
    wanted = {number: key for number, key in known.items() if keys is None or key in keys}
    if after:
        return _new_rows(connection, run, after, wanted)
    found: dict[str, list[PointArrays]] = {}
    for number, key in wanted.items():
        points = packing.read(connection, run, number, after)
        if len(points.steps):
            found.setdefault(key, []).append(points)
    return {key: packing.joined(parts) for key, parts in found.items()}


def _new_rows(connection: Connection, run: int, after: int, wanted: Mapping[int, str]) -> dict[str, PointArrays]:
    """What a follower lacks, none of which is packed."""
    import numpy as np

    columns: dict[str, list[tuple[int, int, float | None]]] = {}
    for number, key in wanted.items():
        rows = connection.execute(
            "SELECT step, time, value FROM points WHERE run = ? AND series = ? AND seq >= ? ORDER BY seq",
            (run, number, after),
        )
        if rows:
            columns.setdefault(key, []).extend(rows)
    found = {}
    for key, rows in columns.items():
        steps, times, values = zip(*rows, strict=True)
        found[key] = PointArrays(np.array(steps, np.int64), np.array(times, np.int64), np.array(values, np.float64))
    return found


def _metrics(points: PointArrays, key: str, model: str, dataset: str) -> Iterator[Metric]:
    name, _, digest = dataset.partition("\n")
    columns = (points.values.tolist(), points.times.tolist(), points.steps.tolist())
    if not (model or dataset):
        return map(Metric, repeat(key), *columns)
    return map(Metric, repeat(key), *columns, repeat(model or None), repeat(name or None), repeat(digest or None))


def _insert(connection: Connection, rows: list[tuple[Any, ...]]) -> None:
    at = 0
    for count, statement in _ROWS.items():
        while len(rows) - at >= count:
            connection.execute(statement, tuple(chain.from_iterable(rows[at : at + count])))
            at += count


def _class(value: float) -> int:
    if isfinite(value):
        return FINITE
    if isnan(value):
        return NOT_A_NUMBER
    return PLUS_INFINITY if value > 0 else MINUS_INFINITY


@dataclass(frozen=True, slots=True)
class _Sum:
    """A summary in the making: `last` is (step, time, (is a number, value)), the others (value, step)."""

    last: tuple[int, int, tuple[bool, float]]
    low: tuple[float | None, int | None]
    high: tuple[float | None, int | None]
    first: tuple[float | None, int | None]
    count: int


def batch_summary(steps: Sequence[int], times: Sequence[int], values: Sequence[float], finite: bool) -> _Sum:
    """Last by (step, time, value) with NaN below all numbers; the others without NaN."""
    if not finite and any(map(isnan, values)):
        return _summary_of_numbers(steps, times, values)
    step, time, value = max(zip(steps, times, values, strict=True))
    low, high = min(values), max(values)
    low_step, high_step = steps[values.index(low)], steps[values.index(high)]
    first = (values[0], steps[0])
    return _Sum((step, time, (True, value)), (low, low_step), (high, high_step), first, len(values))


def _summary_of_numbers(steps: Sequence[int], times: Sequence[int], values: Sequence[float]) -> _Sum:
    ordered = [(False, 0.0) if isnan(value) else (True, value) for value in values]
    last = max(zip(steps, times, ordered, strict=True))
    numbers = [(value, step) for value, step in zip(values, steps, strict=True) if not isnan(value)]
    if not numbers:
        return _Sum(last, (None, None), (None, None), (None, None), len(values))
    return _Sum(last, min(numbers, key=_BY_NUMBER), max(numbers, key=_BY_NUMBER), numbers[0], len(values))


def merged_summary(stored: tuple[Any, ...] | None, new: _Sum) -> tuple[Any, ...]:
    """A summary's row after further points."""
    last, low, high, first, count = new.last, new.low, new.high, new.first, new.count
    if stored is not None:
        last = max(last, (stored[2], stored[3], (stored[0] is not None, stored[0] or 0.0)))
        low = min((pair for pair in (stored[4:6], low) if pair[0] is not None), key=_BY_NUMBER, default=low)
        high = max((pair for pair in (stored[6:8], high) if pair[0] is not None), key=_BY_NUMBER, default=high)
        first = first if stored[8] is None else stored[8:10]
        count += stored[10]
    step, time, (is_number, value) = last
    shown = (value, _class(value)) if is_number else (None, NOT_A_NUMBER)
    return *shown, step, time, *low, *high, *first, count
