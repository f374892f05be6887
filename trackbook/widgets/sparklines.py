"""Curves as small as a cell of a table, for the rows that one sees: read when they come into view."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from trackbook.errors import NotFound
from trackbook.figures.decimation import decimate
from trackbook.stores.base import PointArrays, Store

__all__ = ["sparklines"]

#: Points of one curve: a cell is 84 px wide.
_POINTS = 42
_MOST_RUNS = 200


def sparklines(store: Store, run_ids: Sequence[str], key: str) -> tuple[dict[str, Any], list[bytes]]:
    """The curves of one metric.

    Args:
        store: where the runs are.
        run_ids: the runs; those beyond 200 are left out.
        key: the metric.

    Returns:
        ``counts``, how many points each run's curve has here, and one buffer of float32: all steps, then all values;
        an infinite value is NaN, which is a gap.
    """
    counts, xs, ys = [], [], []
    for run_id in list(run_ids)[:_MOST_RUNS]:
        x, y = _curve(store, run_id, key)
        counts.append(len(x))
        xs.append(x)
        ys.append(y)
    parts = np.concatenate([*xs, *ys]) if counts else np.zeros(0)
    return {"counts": counts}, [parts.astype("<f4").tobytes()]


def _curve(store: Store, run_id: str, key: str) -> tuple[np.ndarray, np.ndarray]:
    try:
        points = store.points(run_id, key)
    except NotFound:
        points = PointArrays(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))
    if len(points.steps) < 2:
        return np.zeros(0), np.zeros(0)
    x, y = decimate(points.steps.astype(np.float64), points.values, _POINTS)
    return x, np.where(np.isfinite(y), y, np.nan)
