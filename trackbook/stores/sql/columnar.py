"""Runs out of the database as columns, without a Python object a cell where that can be helped."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from trackbook.entities import RunStatus
from trackbook.stores.base import RunTable
from trackbook.stores.sql.columns import numbers_in_one, rows_of_ids, values_in_one
from trackbook.stores.sql.engine import Connection
from trackbook.stores.sql.loading import metric_names, text_names, uri_parts

if TYPE_CHECKING:
    import numpy as np

__all__ = ["ATTRIBUTES", "CHUNK", "Columns"]

_LABEL = 2**32  # place * _LABEL + series (or name) labels a value
CHUNK = 1_000  # runs whose values are in memory as text at one time
_RAW = ("run_id", "experiment", "status", "heartbeat", "writer", "name", "artifact_location")
ATTRIBUTES = (*_RAW, "user_id", "lifecycle_stage", "start_time", "end_time")
_STATUS = {number: RunStatus.to_string(number) for number in RunStatus.all_status()}


class _Group(NamedTuple):
    """The values of one series or name: its key, the places of the runs that have it, and of its values among all."""

    number: int
    places: Any
    cells: Any


@dataclass(frozen=True)
class Columns:
    """Reads runs as columns.

    Attributes:
        connection: within a transaction.
        keys: of existing runs, in the order in which they are wanted.
        aggregates: columns of metric_summary.
    """

    connection: Connection
    keys: Sequence[int]
    aggregates: Sequence[str]

    def table(
        self,
        artifact_uri: Callable[[str, str], str],
        silent_before: int,
        living_writers: Callable[[Collection[str]], set[str]],
    ) -> RunTable:
        """All columns.

        Args:
            artifact_uri: makes a URI of an experiment's location and a run id.
            silent_before: ms; a RUNNING run whose last heartbeat is older is lost, unless its writer lives.
            living_writers: those of some writers that live.
        """
        metrics: dict[str, dict[str, np.ndarray]] = {}
        texts: dict[str, dict[str, list[str | None]]] = {"params": {}, "run_tags": {}}
        for start in range(0, len(self.keys), CHUNK):
            chunk = self.keys[start : start + CHUNK]
            self._add_metrics(chunk, start, metrics)
            for table, columns in texts.items():
                self._add_texts(table, chunk, start, columns)
        params, tags = ({key: text[key] for key in sorted(text)} for text in texts.values())
        run_ids, attributes = self._attributes(artifact_uri, silent_before, living_writers)
        return RunTable(run_ids, attributes, {key: metrics[key] for key in sorted(metrics)}, params, tags)

    def _add_metrics(self, runs: Sequence[int], start: int, metrics: dict[str, dict[str, np.ndarray]]) -> None:
        import numpy as np

        wanted = json.dumps(list(runs))
        from_ = rows_of_ids("metric_summary")
        ((listed,),) = self.connection.execute(f"SELECT {numbers_in_one('v.series')} {from_}", (wanted,))
        columns = ", ".join(f"v.{name}" for name in self.aggregates)
        rows = self.connection.execute(f"SELECT {columns} {from_}", (wanted,))
        values = [np.array([row[i] for row in rows], dtype=np.float64) for i in range(len(self.aggregates))]
        groups = _even_groups(listed, len(runs)) or self._groups("metric_summary", "series", wanted)
        names = metric_names(self.connection, [group.number for group in groups])
        for number, places, cells in groups:
            if number not in names:
                continue
            metric = metrics.get(names[number])
            if metric is None:
                empty = {name: np.full(len(self.keys), np.nan) for name in self.aggregates}
                metric = metrics[names[number]] = empty
            for column, value in zip(metric.values(), values, strict=True):
                column[start : start + len(runs)][places] = value[cells]

    def _add_texts(self, table: str, runs: Sequence[int], start: int, columns: dict[str, list[str | None]]) -> None:
        wanted = json.dumps(list(runs))
        sql = f"SELECT {numbers_in_one('v.name')}, {values_in_one('v.value')} {rows_of_ids(table)}"
        try:
            ((listed, texts),) = self.connection.execute(sql, (wanted,))
        except sqlite3.DataError:  # together they are longer than the longest text that SQLite makes
            if len(runs) == 1:
                raise
            half = len(runs) // 2
            self._add_texts(table, runs[:half], start, columns)
            self._add_texts(table, runs[half:], start + half, columns)
            return
        values = json.loads(texts)
        groups = _even_groups(listed, len(runs)) or self._groups(table, "name", wanted)
        names = text_names(self.connection, [group.number for group in groups])
        for number, places, cells in groups:
            column = columns.get(names[number])
            if column is None:
                column = columns[names[number]] = [None] * len(self.keys)
            if isinstance(cells, slice):
                column[start : start + len(runs)] = values[cells]
                continue
            for place, cell in zip(places.tolist(), cells.tolist(), strict=True):
                column[start + place] = values[cell]

    def _groups(self, table: str, column: str, wanted: str) -> list[_Group]:
        """Where each number's values are, whichever runs have it."""
        import numpy as np

        labelled = f"SELECT {numbers_in_one(f'j.key * {_LABEL} + v.{column}')} {rows_of_ids(table)}"
        ((labels,),) = self.connection.execute(labelled, (wanted,))
        if labels is None:
            return []
        places, numbers = np.divmod(np.fromstring(labels, dtype=np.int64, sep=","), _LABEL)
        order = np.argsort(numbers, kind="stable")
        parts = np.split(order, np.flatnonzero(np.diff(numbers[order])) + 1)
        return [_Group(int(numbers[cells[0]]), places[cells], cells) for cells in parts]

    def _attributes(
        self,
        artifact_uri: Callable[[str, str], str],
        silent_before: int,
        living_writers: Callable[[Collection[str]], set[str]],
    ) -> tuple[list[str], dict[str, list[Any]]]:
        columns = self._read_attributes()
        ids, experiments, statuses, beats, writers, names, homes = (columns.pop(name) for name in _RAW)
        silent = [
            status == RunStatus.RUNNING and beat is not None and beat < silent_before
            for status, beat in zip(statuses, beats, strict=True)
        ]
        living = living_writers({writer for writer, quiet in zip(writers, silent, strict=True) if quiet and writer})
        places = self._uris(set(experiments), artifact_uri)
        return ids, {
            "experiment_id": [str(experiment) for experiment in experiments],
            "run_name": names,
            "status": [_STATUS[status] for status in statuses],
            "artifact_uri": [
                places[experiment][0] + run_id + places[experiment][1] if home is None else artifact_uri(home, run_id)
                for experiment, run_id, home in zip(experiments, ids, homes, strict=True)
            ],
            "lost": [quiet and writer not in living for quiet, writer in zip(silent, writers, strict=True)],
            **columns,
        }

    def _read_attributes(self) -> dict[str, list[Any]]:
        columns: dict[str, list[Any]] = {name: [] for name in ATTRIBUTES}
        arrays = ", ".join(values_in_one(f"v.{name}") for name in ATTRIBUTES)
        for start in range(0, len(self.keys), CHUNK):
            wanted = json.dumps(list(self.keys[start : start + CHUNK]))
            (row,) = self.connection.execute(f"SELECT {arrays} {rows_of_ids('runs', 'id')}", (wanted,))
            for name, text in zip(ATTRIBUTES, row, strict=True):
                columns[name] += json.loads(text)
        return columns

    def _uris(self, experiments: set[int], artifact_uri: Callable[[str, str], str]) -> dict[int, tuple[str, str]]:
        wanted = self.connection.dialect.among(experiments)
        sql = f"SELECT id, artifact_location FROM experiments WHERE id {wanted.sql}"
        rows = self.connection.execute(sql, wanted.values)
        return {number: uri_parts(artifact_uri, location) for number, location in rows}


def _even_groups(listed: str | None, runs: int) -> list[_Group]:
    """Where each number's values are if every run has the same numbers, which is mostly so and quick to see; else [].

    The numbers of a run rise. If one rising row of them comes again and again, as often as there are runs, then no run
    can have two of those rows, and so each has one.
    """
    if listed is None:
        return []
    width = (listed.count(",") + 1) // runs
    first = listed.split(",", width)[:width]
    numbers = [int(number) for number in first]
    if not first or listed != ",".join([",".join(first)] * runs) or numbers != sorted(set(numbers)):
        return []
    return [_Group(number, slice(None), slice(place, None, width)) for place, number in enumerate(numbers)]
