"""Records of the journal that the rules refused: shown, stored once their reason is gone, or forgotten."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from trackbook.entities import LifecycleStage
from trackbook.entities.keys import INT64_MAX, INT64_MIN
from trackbook.stores.journal.records import Series
from trackbook.stores.sql.engine import Connection, Database
from trackbook.stores.sql.tables import PURGING
from trackbook.stores.upkeep import RejectedRecord

__all__ = ["Rejecting", "points_as_body"]

_PAGE = 200

Columns = tuple[list[int], list[int], list[float]]
Groups = list[tuple[Series, Columns]]


class _Read(NamedTuple):
    """What a refused record says: points of one run, or the ending of one; neither where it cannot be told."""

    run_id: str = ""
    points: Groups | None = None
    ending: tuple[int, int] | None = None


class Rejecting:
    """The verbs of ExaminedStore about refused records."""

    database: Database
    _store_run: Callable[[Connection, int, Any], None]
    _update: Callable[[Connection, str, int | None, int | None, str | None], None]
    after_commit: Callable[[], None]

    def rejected(self) -> Iterator[RejectedRecord]:
        after = -1
        while True:
            with self.database.read() as connection:
                rows = connection.execute(
                    "SELECT id, writer, reason, time, body FROM rejected WHERE id > ? ORDER BY id LIMIT ?",
                    (after, _PAGE),
                )
                found = [self._rejected_record(connection, row) for row in rows]
            yield from found
            if len(rows) < _PAGE:
                return
            after = rows[-1][0]

    def _rejected_record(self, connection: Connection, row: tuple[Any, ...]) -> RejectedRecord:
        number, writer, reason, time, body = row
        read = _read(body)
        stage = _stage(connection, read.run_id)
        return RejectedRecord(
            number, writer, reason, time, len(body), _storable(read, stage), bool(read.run_id) and stage is None
        )

    def retry_rejected(self, number: int) -> bool:
        with self.database.write() as connection:
            rows = connection.execute("SELECT body FROM rejected WHERE id = ?", (number,))
            read = _read(rows[0][0]) if rows else _Read()
            if not _storable(read, _stage(connection, read.run_id)):
                return False
            if read.points is not None:
                ((key,),) = connection.execute("SELECT id FROM runs WHERE run_id = ?", (read.run_id,))
                self._store_run(connection, key, read.points)
            elif read.ending is not None:
                self._update(connection, read.run_id, *read.ending, None)
            connection.execute("DELETE FROM rejected WHERE id = ?", (number,))
        self.after_commit()
        return True

    def forget_rejected(self, before: int) -> int:
        homeless = [record.number for record in self.rejected() if record.homeless and record.time <= before]
        for number in homeless:
            with self.database.write() as connection:
                connection.execute("DELETE FROM rejected WHERE id = ?", (number,))
        return len(homeless)


def points_as_body(groups: Any) -> bytes:
    """Refused points of one run as they are kept: JSON, in which Python reads its floats back exactly."""
    return json.dumps([[list(series), columns] for series, columns in groups]).encode()


def _stage(connection: Connection, run_id: str) -> str | None:
    rows = connection.execute("SELECT lifecycle_stage FROM runs WHERE run_id = ?", (run_id,))
    return str(rows[0][0]) if rows and rows[0][0] != PURGING else None


def _storable(read: _Read, stage: str | None) -> bool:
    if read.points is not None:
        return stage is not None
    return read.ending is not None and stage == LifecycleStage.ACTIVE


def _read(body: bytes) -> _Read:
    try:
        content = _parsed(body.decode())
        if isinstance(content, dict):
            run_id = str(content["run"])
            if "status" not in content:
                return _Read(run_id)  # a param and a tag look alike
            return _Read(run_id, ending=(int(content["status"]), int(content["end_time"])))
        groups = [_group(*group) for group in content]
        run_ids = {series.run_id for series, _ in groups}
        return _Read(run_ids.pop(), groups) if len(run_ids) == 1 and "" not in run_ids else _Read()
    except (ValueError, SyntaxError, TypeError, KeyError, AttributeError, RecursionError):
        return _Read()  # a record that makes no sense is only shown


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return ast.literal_eval(text)  # how points were kept before; NaN and the infinities are then not read


def _group(names: Any, columns: Any) -> tuple[Series, Columns]:
    series = Series(*map(str, names))
    steps, times, values = (list(column) for column in columns)
    whole = all(type(number) is int and INT64_MIN <= number <= INT64_MAX for number in (*steps, *times))
    if not (whole and len(steps) == len(times) == len(values) > 0):
        raise ValueError(names)
    return series, (steps, times, [float(value) for value in values])
