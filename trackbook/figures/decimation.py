"""Long curves drawn with few points: the smallest and the largest of each stretch, so that no spike is lost."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["DRAWN_POINTS", "chosen_places", "decimate", "decimate_range", "places_within"]

#: A chart is some 1,000 px wide; two points a pixel draw what all of them would.
DRAWN_POINTS = 2_000


def decimate(
    x: NDArray[np.float64], y: NDArray[np.float64], limit: int = DRAWN_POINTS
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """At most `limit` of the points, in their order: first, last, and each stretch's minimum, maximum and gap.

    Args:
        x: float64, sorted.
        y: float64, as long as x; NaN and the infinities are gaps in the curve, and some stay as gaps.
        limit: at least 8.

    Returns:
        x and y themselves if they are short enough, else new arrays.
    """
    places = chosen_places(y, limit)
    return (x, y) if places is None else (x[places], y[places])


def chosen_places(y: NDArray[np.float64], limit: int = DRAWN_POINTS) -> NDArray[np.intp] | None:
    """The places of the points that `decimate` keeps; None if it keeps them all."""
    if len(y) <= limit:
        return None
    gaps = ~np.isfinite(y)
    holey = bool(gaps.any())
    stretches = (limit - 2) // (3 if holey else 2)
    width = -(-len(y) // stretches)
    whole = len(y) // width
    picks = [np.array([0, len(y) - 1])]
    picks += _extremes(y[: whole * width].reshape(whole, width), gaps[: whole * width].reshape(whole, width), 0, holey)
    if whole * width < len(y):
        rest = slice(whole * width, None)
        picks += _extremes(y[rest].reshape(1, -1), gaps[rest].reshape(1, -1), whole * width, holey)
    return np.unique(np.concatenate(picks))


def decimate_range(
    x: NDArray[np.float64], y: NDArray[np.float64], low: float, high: float, limit: int = DRAWN_POINTS
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The points with low <= x <= high and one neighbour on each side, decimated."""
    within = places_within(x, low, high)
    return decimate(x[within], y[within], limit)


def places_within(x: NDArray[np.float64], low: float, high: float) -> slice:
    """The places with low <= x <= high and one neighbour on each side."""
    start = max(0, int(np.searchsorted(x, low, side="left")) - 1)
    return slice(start, int(np.searchsorted(x, high, side="right")) + 1)


def _extremes(y: NDArray[np.float64], gaps: NDArray[np.bool_], offset: int, holey: bool) -> list[NDArray[Any]]:
    """Positions of the least, the greatest and (if there are gaps at all) the first gap of each row."""
    starts = offset + np.arange(len(y)) * y.shape[1]
    if not holey:
        return [starts + y.argmin(axis=1), starts + y.argmax(axis=1)]
    low = starts + np.where(gaps, np.inf, y).argmin(axis=1)
    high = starts + np.where(gaps, -np.inf, y).argmax(axis=1)
    gap = starts + gaps.argmax(axis=1)
    return [low, high, gap[gaps.any(axis=1)]]
