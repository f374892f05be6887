"""Logging without a journal: for a store in memory, where there is nothing that kill -9 could spare."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from trackbook.entities import Metric
from trackbook.entities.checks import checked_metric
from trackbook.errors import InvalidParameter
from trackbook.stores.base import Recorder

__all__ = ["DirectRecorder"]


class _Sink(Protocol):
    def write_points(self, run_id: str, points: list[Metric]) -> None: ...


class DirectRecorder(Recorder):
    """Stores each point at once."""

    __slots__ = ("_now", "_run_id", "_store")

    def __init__(self, store: _Sink, run_id: str, now: Callable[[], int]) -> None:
        self._store, self._run_id, self._now = store, run_id, now
        self.control = ""

    def log(self, key: str, value: float, step: int | None = None, timestamp: int | None = None) -> None:
        self.log_points([Metric(key, value, timestamp, step or 0)])  # type: ignore[arg-type]

    def log_many(self, metrics: Mapping[str, float], step: int | None = None, timestamp: int | None = None) -> None:
        if not isinstance(metrics, Mapping):
            raise InvalidParameter(f"log_metrics takes a dict of keys and numbers, not {type(metrics).__name__}.")
        self.log_points([Metric(key, value, timestamp, step or 0) for key, value in metrics.items()])  # type: ignore[arg-type]

    def log_points(self, points: Iterable[Metric]) -> None:
        checked = [checked_metric(point, self._now) for point in points]
        if checked:
            self._store.write_points(self._run_id, checked)
