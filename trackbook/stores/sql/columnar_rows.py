"""Runs out of a server's database as columns: rows as they are, since no server packs many of them into one text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from trackbook.stores.sql.columnar import ATTRIBUTES, CHUNK, Columns
from trackbook.stores.sql.loading import metric_names, text_names

if TYPE_CHECKING:
    import numpy as np

__all__ = ["PlainColumns"]


class PlainColumns(Columns):
    """Reads runs as columns, row by row."""

    def _add_metrics(self, runs: Sequence[int], start: int, metrics: dict[str, dict[str, np.ndarray]]) -> None:
        import numpy as np

        places = {run: start + place for place, run in enumerate(runs)}
        wanted = self.connection.dialect.among(runs)
        aggregates = "".join(f", {name}" for name in self.aggregates)
        rows = self.connection.execute(
            f"SELECT run, series{aggregates} FROM metric_summary WHERE run {wanted.sql}", wanted.values
        )
        names = metric_names(self.connection, {row[1] for row in rows})
        groups: dict[int, list[Any]] = {number: [] for number in names}
        for row in rows:
            if row[1] in groups:
                groups[row[1]].append(row)
        for number, group in groups.items():
            metric = metrics.get(names[number])
            if metric is None:
                empty = {name: np.full(len(self.keys), np.nan) for name in self.aggregates}
                metric = metrics[names[number]] = empty
            at = [places[row[0]] for row in group]
            for column, values in enumerate(metric.values(), 2):
                values[at] = np.array([row[column] for row in group], dtype=np.float64)

    def _add_texts(self, table: str, runs: Sequence[int], start: int, columns: dict[str, list[str | None]]) -> None:
        places = {run: start + place for place, run in enumerate(runs)}
        wanted = self.connection.dialect.among(runs)
        rows = self.connection.execute(f"SELECT run, name, value FROM {table} WHERE run {wanted.sql}", wanted.values)
        names = text_names(self.connection, {row[1] for row in rows})
        for run, number, value in rows:
            column = columns.get(names[number])
            if column is None:
                column = columns[names[number]] = [None] * len(self.keys)
            column[places[run]] = value

    def _read_attributes(self) -> dict[str, list[Any]]:
        found: dict[int, tuple[Any, ...]] = {}
        listed = ", ".join(ATTRIBUTES)
        for start in range(0, len(self.keys), CHUNK):
            wanted = self.connection.dialect.among(self.keys[start : start + CHUNK])
            rows = self.connection.execute(f"SELECT id, {listed} FROM runs WHERE id {wanted.sql}", wanted.values)
            found.update((row[0], row[1:]) for row in rows)
        rows = [found[key] for key in self.keys]
        return {name: [row[place] for row in rows] for place, name in enumerate(ATTRIBUTES)}
