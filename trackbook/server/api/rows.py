"""A run as a list shows it: how it stands, its telling metric, how far it has come, and a curve as small as a word."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from trackbook.entities import Run
from trackbook.figures.direction import better, telling, wants_log
from trackbook.stores.base import Store, Summary
from trackbook.wire import float_to_json

__all__ = ["Rows", "telling_metric"]

#: Points of a sparkline, and the tallest of its heights.
_SPARK_POINTS, _SPARK_HEIGHT = 42, 100
#: A longer curve is read at most this often, in seconds.
_LONG, _LONG_EVERY_S = 100_000, 30.0
_KEPT = 500
_MOST_TEXT = 300
#: Params that say how many steps there will be.
_LENGTHS = (
    "epochs", "max_epochs", "num_epochs", "n_epochs", "num_train_epochs", "max_steps", "num_steps", "total_steps",
    "steps", "max_iter", "iterations", "num_boost_round", "n_estimators",
)  # fmt: skip


@dataclass
class _Spark:
    count: int
    read: float
    drawn: dict[str, Any]


@dataclass
class Rows:
    """Makes rows, and remembers the curves that it has drawn.

    Attributes:
        store: where the runs are.
        experiments: names of experiments by id.
    """

    store: Store
    experiments: Mapping[str, str] = field(default_factory=dict)
    _sparks: OrderedDict[tuple[str, str], _Spark] = field(default_factory=OrderedDict)

    def row(self, run: Run) -> dict[str, Any]:
        """One run, in values that JSON can carry; every text as it was logged, cut where it is long."""
        info, tags = run.info, run.data.tags
        lost = info.status == "RUNNING" and self.store.run_life(info.run_id).lost
        row: dict[str, Any] = {
            "id": info.run_id,
            "name": _cut(info.run_name or info.run_id),
            "experiment_id": info.experiment_id,
            "experiment": _cut(self.experiments.get(info.experiment_id, "")),
            "status": "LOST" if lost else info.status,
            "start": info.start_time,
            "end": info.end_time,
            "user": _cut(info.user_id or ""),
            "source": _cut(tags.get("mlflow.source.name", "")),
            "error": _cut(tags.get("trackbook.error", "")) if info.status == "FAILED" else "",
        }
        summaries = self.store.summaries(info.run_id) if run.data.metrics else []
        chosen = telling_metric(summaries)
        if chosen is not None:
            row |= {"metric": _metric(chosen), **_progress(run, summaries), **self._spark(info.run_id, chosen)}
        return row

    def rows(self, runs: Iterable[Run]) -> list[dict[str, Any]]:
        """Many runs."""
        return [self.row(run) for run in runs]

    def _spark(self, run_id: str, summary: Summary) -> dict[str, Any]:
        if summary.count < 2:
            return {}
        place, now = (run_id, summary.key), time.monotonic()
        known = self._sparks.get(place)
        fresh = known is not None and (
            known.count == summary.count or (summary.count > _LONG and now - known.read < _LONG_EVERY_S)
        )
        if known is None or not fresh:
            known = self._sparks[place] = _Spark(summary.count, now, self._drawn(run_id, summary))
        self._sparks.move_to_end(place)
        while len(self._sparks) > _KEPT:
            self._sparks.popitem(last=False)
        return known.drawn

    def _drawn(self, run_id: str, summary: Summary) -> dict[str, Any]:
        """Heights from 0 to 100 at places from 0 to 1; what cannot be drawn is null."""
        import numpy as np

        from trackbook.figures.decimation import decimate

        points = self.store.points(run_id, summary.key)
        x, y = decimate(points.steps.astype(np.float64), points.values, _SPARK_POINTS)
        falling = summary.first is not None and summary.last < summary.first
        log = wants_log(summary.key, summary.minimum, summary.maximum, falling)
        with np.errstate(divide="ignore", invalid="ignore"):
            heights = np.log10(y) if log else y
        real = np.isfinite(heights)
        if int(real.sum()) < 2:
            return {}
        low, high = float(heights[real].min()), float(heights[real].max())
        with np.errstate(over="ignore", invalid="ignore"):
            scaled = (heights / 2 - low / 2) / ((high / 2 - low / 2) or 1.0) * _SPARK_HEIGHT
            places = (x - x[0]) / ((x[-1] - x[0]) or 1.0)
        drawn = [round(float(value)) if math.isfinite(value) else None for value in scaled]
        return {"spark": {"x": [round(float(place), 3) for place in places], "y": drawn}}


def telling_metric(summaries: Iterable[Summary]) -> Summary | None:
    """The metric that says most about a run: measured on held-out data, with a known best, with a curve."""
    own = [one for one in summaries if not one.key.startswith("system/")]
    return max(own, key=lambda summary: (summary.count > 1, *telling(summary.key)), default=None)


def _metric(summary: Summary) -> dict[str, Any]:
    """The best value if the name says what is best, else the last; steps are text, since they have 64 bits."""
    goal = better(summary.key)
    value, step = summary.last, summary.last_step
    if goal == "min" and summary.minimum is not None and summary.min_step is not None:
        value, step = summary.minimum, summary.min_step
    elif goal == "max" and summary.maximum is not None and summary.max_step is not None:
        value, step = summary.maximum, summary.max_step
    return {
        "key": _cut(summary.key),
        "goal": goal or "",
        "value": float_to_json(value),
        "step": str(step),
        "last": float_to_json(summary.last),
        "scale": [float_to_json(one) for one in (summary.minimum, summary.maximum) if one is not None],
        "count": summary.count,
    }


def _progress(run: Run, summaries: Iterable[Summary]) -> dict[str, Any]:
    """The last step, and of how many where a param says it."""
    step = max(one.last_step for one in summaries)
    for name in _LENGTHS:
        text = run.data.params.get(name, "")
        if text.isascii() and text.isdecimal() and len(text) <= 12 and int(text) > 0 and 0 <= step <= int(text):
            return {"step": str(step), "of": int(text)}
    return {"step": str(step)}


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_TEXT else text[:_MOST_TEXT] + "…"
