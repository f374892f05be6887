"""Reading every point of a run again, a piece at a time, to see whether what is summed up of them is true."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import inf, isfinite, nan
from typing import Any, NamedTuple

from trackbook.errors import StoreError
from trackbook.stores.sql import packing
from trackbook.stores.sql.engine import Connection
from trackbook.stores.sql.points import READ_SUMMARY, WRITE_SUMMARY, batch_summary, merged_summary
from trackbook.stores.sql.tables import FINITE, MINUS_INFINITY, NOT_A_NUMBER, PLUS_INFINITY
from trackbook.stores.upkeep import UNREADABLE

__all__ = ["Recount", "recount", "write_recount"]

_ROWS = 10_000
_CHUNKS = 16
_SPECIAL = {NOT_A_NUMBER: nan, PLUS_INFINITY: inf, MINUS_INFINITY: -inf}
_NAMES = ("last", "last_class", "last_step", "last_time", "min", "min_step", "max", "max_step", "first", "first_step")
#: Of a key measured on several data sets, the order in which equal points came is not known any more.
_ORDERLESS = ("last", "last_class", "last_step", "last_time", "min", "max")

Piece = tuple[Sequence[int], Sequence[int], Sequence[float]]


class Recount(NamedTuple):
    """What the points of a run tell.

    Attributes:
        summaries: the row that each series should have in metric_summary.
        next_seq: the least sequence number that is free.
        unreadable: series that could not be read whole, and why.
        faults: how what is stored disagrees, a sentence each; that of unreadable series is not looked at.
    """

    summaries: dict[int, tuple[Any, ...]]
    next_seq: int
    unreadable: dict[int, str]
    faults: list[str]


def recount(connection: Connection, run: int, next_seq: int) -> Recount:
    """Read every point of a run within one transaction.

    Args:
        connection: within a transaction.
        run: its key.
        next_seq: the sequence number that its next point is to get.
    """
    found = Recount({}, _free_seq(connection, run), {}, [])
    series = _series_of_run(connection, run)
    for number in series:
        _sum_up(connection, run, number, found)
    combined = _add_plain(connection, series, found)
    if found.next_seq > next_seq:
        found.faults.append(f"its next point would get the number {next_seq}, which is taken")
    _compare(connection, run, found, combined)
    return found


def write_recount(connection: Connection, run: int, found: Recount) -> None:
    """Store what a recount found, within the transaction in which it was made."""
    for series, summary in found.summaries.items():
        connection.execute(WRITE_SUMMARY, (run, series, *summary))
    for (series,) in connection.execute("SELECT series FROM metric_summary WHERE run = ?", (run,)):
        if series not in found.summaries and series not in found.unreadable:
            connection.execute("DELETE FROM metric_summary WHERE run = ? AND series = ?", (run, series))
    connection.execute(
        "UPDATE runs SET next_seq = ? WHERE id = ? AND next_seq < ?", (found.next_seq, run, found.next_seq)
    )


def _series_of_run(connection: Connection, run: int) -> list[int]:
    sql = "SELECT series FROM points WHERE run = ? UNION SELECT series FROM chunks WHERE run = ? ORDER BY 1"
    return [int(series) for (series,) in connection.execute(sql, (run, run))]


def _free_seq(connection: Connection, run: int) -> int:
    highest = [
        connection.execute(f"SELECT max({column}) FROM {table} WHERE run = ?", (run,))[0][0]
        for table, column in (("points", "seq"), ("chunks", "last_seq"))
    ]
    return max((int(seq) + 1 for seq in highest if seq is not None), default=0)


def _sum_up(connection: Connection, run: int, series: int, found: Recount) -> None:
    try:
        summary: tuple[Any, ...] | None = None
        for steps, times, values in _pieces(connection, run, series):
            summary = merged_summary(summary, batch_summary(steps, times, values, all(map(isfinite, values))))
    except (StoreError, *UNREADABLE) as error:
        found.unreadable[series] = str(error) or type(error).__name__
    else:
        if summary is not None:
            found.summaries[series] = summary


def _pieces(connection: Connection, run: int, series: int) -> Iterator[Piece]:
    """The points of a series in the order in which they came."""
    after = -1
    while chunks := connection.execute(
        "SELECT first_seq, last_seq, count, data FROM chunks WHERE run = ? AND series = ? AND first_seq > ? "
        "ORDER BY first_seq LIMIT ?",
        (run, series, after, _CHUNKS),
    ):
        for first, last, count, data in chunks:
            if not 0 < count <= last - first + 1:
                raise ValueError(f"a chunk of {count} points has the numbers {first} to {last}")
            points = packing.unpack(data, count)
            yield points.steps.tolist(), points.times.tolist(), points.values.tolist()
        after = chunks[-1][0]
    after = -1
    while rows := connection.execute(
        "SELECT seq, step, time, value, class FROM points WHERE run = ? AND series = ? AND seq > ? "
        "ORDER BY seq LIMIT ?",
        (run, series, after, _ROWS),
    ):
        seqs, steps, times, values, classes = zip(*rows, strict=True)
        if any(type(number) is not int for column in (seqs, steps, times) for number in column):
            raise ValueError("a point has a step or a time that is no whole number")
        yield steps, times, [_value(value, kind) for value, kind in zip(values, classes, strict=True)]
        after = seqs[-1]


def _value(value: object, kind: object) -> float:
    if kind != FINITE:
        return _SPECIAL[kind]  # type: ignore[index]  # a KeyError says that it is damaged
    if not isinstance(value, (float, int)) or not isfinite(value):
        raise ValueError(f"a point has the value {value!r:.40}")
    return float(value)


def _add_plain(connection: Connection, series: Sequence[int], found: Recount) -> set[int]:
    """Sum up keys over the models and data sets that they were measured on; those plain series."""
    known = {}
    for number in series:
        rows = connection.execute("SELECT key, model, dataset FROM series WHERE id = ?", (number,))
        if not rows:
            found.unreadable.setdefault(number, "the name of the metric is lost")
            found.summaries.pop(number, None)
            continue
        known[number] = rows[0]
    combined: set[int] = set()
    for number, (key, model, dataset) in known.items():
        if not (model or dataset):
            continue
        rows = connection.execute("SELECT id FROM series WHERE key = ? AND model = '' AND dataset = ''", (key,))
        plain = int(rows[0][0]) if rows else -1
        combined.add(plain)
        if number in found.unreadable or plain in found.unreadable or plain < 0:
            found.summaries.pop(plain, None)
            found.unreadable.setdefault(plain, f"a part of {key!r} cannot be read")
        else:
            found.summaries[plain] = _joined(found.summaries.get(plain), found.summaries[number])
    return combined


def _joined(stored: tuple[Any, ...] | None, new: tuple[Any, ...]) -> tuple[Any, ...]:
    """Two summaries as one."""
    if stored is None:
        return new
    (low, low_step), (high, high_step), (first, first_step) = new[4:6], new[6:8], new[8:10]
    values = [(value, step) for value, step in ((low, low_step), (high, high_step)) if value is not None]
    last = nan if new[1] == NOT_A_NUMBER else new[0]
    joined = list(merged_summary(stored, batch_summary([new[2]], [new[3]], [last], isfinite(last))))
    for value, step in values:
        if joined[4] is None or value < joined[4]:
            joined[4:6] = value, step
        if joined[6] is None or value > joined[6]:
            joined[6:8] = value, step
    if stored[8] is None:
        joined[8:10] = first, first_step
    joined[10] = stored[10] + new[10]
    return tuple(joined)


def _compare(connection: Connection, run: int, found: Recount, combined: set[int]) -> None:
    stored = {series for (series,) in connection.execute("SELECT series FROM metric_summary WHERE run = ?", (run,))}
    for series, summary in found.summaries.items():
        rows = connection.execute(READ_SUMMARY, (run, series))
        if not rows:
            found.faults.append(f"the metric {_name(connection, series)} is not summed up")
            continue
        names = _ORDERLESS if series in combined else _NAMES
        places = [_NAMES.index(name) for name in names]
        wrong = [_NAMES[place] for place in places if rows[0][place] != summary[place]]
        if rows[0][10] != summary[10]:
            wrong.append(f"count ({rows[0][10]}, and there are {summary[10]} points)")
        if wrong:
            found.faults.append(f"of the metric {_name(connection, series)} these are wrong: {', '.join(wrong)}")
    empty = stored - found.summaries.keys() - found.unreadable.keys()
    found.faults.extend(f"the metric {_name(connection, series)} is summed up and has no points" for series in empty)


def _name(connection: Connection, series: int) -> str:
    rows = connection.execute("SELECT key, model, dataset FROM series WHERE id = ?", (series,))
    return (
        repr("".join(f" of {part}" if place else str(part) for place, part in enumerate(rows[0]) if part))
        if rows
        else "?"
    )
