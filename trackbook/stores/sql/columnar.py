"""Runs out of the database as columns, without a Python object a cell where that can be helped."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from trackbook.entities import RunStatus
from trackbook.stores.base import RunTable
from trackbook.stores.sql.columns import by_id_list, id_list
from trackbook.stores.sql.engine import Connection
from trackbook.stores.sql.loading import metric_names, text_names, uri_parts

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Columns"]

_CHUNK = 1_000  # runs whose values are in memory as text at one time
_LABEL = 2**32  # run * _LABEL + series (or name) labels a value
_STATUS = {number: RunStatus.to_string(number) for number in RunStatus.all_status()}


class _Group(NamedTuple):
    """The values of one series or name: its key, the runs that have it, and where their values are among others."""

    number: int
    runs: np.ndarray
    cells: np.ndarray


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
        import numpy as np

        keys = np.asarray(self.keys, dtype=np.int64)
        place = np.zeros(int(keys.max(initial=0)) + 1, dtype=np.int64)
        place[keys] = np.arange(len(keys))
        metrics: dict[str, dict[str, np.ndarray]] = {}
        texts: dict[str, dict[str, np.ndarray]] = {"params": {}, "run_tags": {}}
        ordered = np.sort(keys).tolist()
        for start in range(0, len(ordered), _CHUNK):
            wanted = by_id_list(ordered[start : start + _CHUNK])
            self._add_metrics(wanted, place, metrics)
            for table, columns in texts.items():
                self._add_texts(table, wanted, place, columns)
        params, tags = ({key: text[key].tolist() for key in sorted(text)} for text in texts.values())
        run_ids, attributes = self._attributes(artifact_uri, silent_before, living_writers)
        return RunTable(run_ids, attributes, {key: metrics[key] for key in sorted(metrics)}, params, tags)

    def _add_metrics(self, wanted: str, place: np.ndarray, metrics: dict[str, dict[str, np.ndarray]]) -> None:
        import numpy as np

        label = f"run * {_LABEL} + series"
        sql = f"SELECT {', '.join([label, *self.aggregates])} FROM metric_summary WHERE run IN {id_list()}"
        rows = self.connection.execute(sql, (wanted,))
        groups = _groups(np.array([row[0] for row in rows], dtype=np.int64))
        values = [np.array([row[i] for row in rows], dtype=np.float64) for i in range(1, len(self.aggregates) + 1)]
        names = metric_names(self.connection, [group.number for group in groups])
        for number, runs, cells in groups:
            if number not in names:
                continue
            columns = metrics.get(names[number])
            if columns is None:
                empty = {name: np.full(len(self.keys), np.nan) for name in self.aggregates}
                columns = metrics[names[number]] = empty
            for column, value in zip(columns.values(), values, strict=True):
                column[place[runs]] = value[cells]

    def _add_texts(self, table: str, wanted: str, place: np.ndarray, columns: dict[str, np.ndarray]) -> None:
        import numpy as np

        label = f"run * {_LABEL} + name"
        sql = f"SELECT group_concat({label}), json_group_array(value) FROM {table} WHERE run IN {id_list()}"
        ((labels, texts),) = self.connection.execute(sql, (wanted,))
        groups = _groups(np.fromstring(labels or "", dtype=np.int64, sep=","))
        values = np.array(json.loads(texts), dtype=object)
        names = text_names(self.connection, [group.number for group in groups])
        for number, runs, cells in groups:
            column = columns.get(names[number])
            if column is None:
                column = columns[names[number]] = np.full(len(self.keys), None, dtype=object)
            column[place[runs]] = values[cells]

    def _attributes(
        self,
        artifact_uri: Callable[[str, str], str],
        silent_before: int,
        living_writers: Callable[[Collection[str]], set[str]],
    ) -> tuple[list[str], dict[str, list[Any]]]:
        rows = self.connection.execute(
            "SELECT id, run_id, experiment, name, user_id, lifecycle_stage, start_time, end_time, status, heartbeat, "
            f"writer FROM runs WHERE id IN {id_list()}",
            (by_id_list(self.keys),),
        )
        found = {row[0]: row for row in rows}
        columns = list(zip(*(found[key] for key in self.keys), strict=True)) or [()] * 11
        _, ids, experiments, names, users, stages, starts, ends, statuses, beats, writers = columns
        silent = [
            status == RunStatus.RUNNING and beat is not None and beat < silent_before
            for status, beat in zip(statuses, beats, strict=True)
        ]
        living = living_writers({writer for writer, quiet in zip(writers, silent, strict=True) if quiet and writer})
        places = self._uris(set(experiments), artifact_uri)
        return list(ids), {
            "experiment_id": [str(experiment) for experiment in experiments],
            "run_name": list(names),
            "status": [_STATUS[status] for status in statuses],
            "user_id": list(users),
            "artifact_uri": [places[e][0] + run_id + places[e][1] for e, run_id in zip(experiments, ids, strict=True)],
            "lifecycle_stage": list(stages),
            "start_time": list(starts),
            "end_time": list(ends),
            "lost": [quiet and writer not in living for quiet, writer in zip(silent, writers, strict=True)],
        }

    def _uris(self, experiments: set[int], artifact_uri: Callable[[str, str], str]) -> dict[int, tuple[str, str]]:
        sql = f"SELECT id, artifact_location FROM experiments WHERE id IN {id_list()}"
        rows = self.connection.execute(sql, (by_id_list(experiments),))
        return {number: uri_parts(artifact_uri, location) for number, location in rows}


def _groups(labels: np.ndarray) -> list[_Group]:
    """What is labelled with run and number, by number."""
    import numpy as np

    if not labels.size:
        return []
    runs, numbers = np.divmod(labels, _LABEL)
    order = np.argsort(numbers, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(numbers[order])) + 1)
    return [_Group(int(numbers[cells[0]]), runs[cells], cells) for cells in parts]
