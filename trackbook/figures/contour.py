"""A metric over two columns: a coarse surface between the runs, and blank where no run is near."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from trackbook.figures.axes import Axis, places_on

__all__ = ["ContourData", "contour_data"]

_COLUMNS, _ROWS, _LEVELS = 44, 30, 7
#: Farther from every run than this share of the picture nothing is drawn, nor outside of all runs.
_REACH = 0.45
_SMOOTH = 0.03
_MARGIN = 0.02
_FEW = 20
_LEAST = 4

Segment = tuple[float, float, float, float]


class ContourData(NamedTuple):
    """What the chart shows; places go from 0 to 1, from the low end of an axis to its high one.

    Attributes:
        columns, rows: of the grid.
        cells: the height of each grid point in row order, as a place on the third axis, the best at 1; None where
            no run is near.
        lines: for each level its height and the pieces of its line as (x, y, x, y).
        runs: how many runs it is drawn from.
        note: how far to trust it, or why there is no surface.
    """

    columns: int
    rows: int
    cells: tuple[float | None, ...]
    lines: tuple[tuple[float, tuple[Segment, ...]], ...]
    runs: int
    note: str


def contour_data(x: Axis, y: Axis, z: Axis) -> ContourData:
    """What to draw of the runs that have all three values: the mean of near ones, weighted by distance."""
    across, up, height = places_on(x._replace(goal=None)), places_on(y._replace(goal=None)), places_on(z)
    has = np.isfinite(across) & np.isfinite(up) & np.isfinite(height)
    points, heights = np.stack([across[has], up[has]], axis=1), height[has]
    distinct = np.unique(np.round(points, 6), axis=0)
    if len(distinct) < _LEAST or _on_a_line(distinct):
        where = f"{len(distinct)} different place{'' if len(distinct) == 1 else 's'}"
        why = (
            f"The {len(heights)} runs stand in {where}, which span no surface. Choose other columns, or log more runs."
        )
        return ContourData(0, 0, (), (), len(heights), why)
    grid = _surface(points, heights)
    low, high = float(np.nanmin(grid)), float(np.nanmax(grid))
    levels = np.linspace(low, high, _LEVELS + 2)[1:-1] if high - low > 1e-9 else ()
    cells = tuple(None if np.isnan(value) else round(float(value), 4) for value in grid.ravel())
    lines = tuple((round(float(level), 4), tuple(_line(grid, float(level)))) for level in levels)
    note = f"Between the marks it is a guess, and {len(distinct)} places are few." if len(distinct) < _FEW else ""
    return ContourData(_COLUMNS, _ROWS, cells, lines, len(heights), note)


def _on_a_line(points: NDArray[np.float64]) -> bool:
    spread = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
    return bool(spread[-1] < 1e-3)


def _surface(points: NDArray[np.float64], heights: NDArray[np.float64]) -> NDArray[np.float64]:
    across, up = np.meshgrid(np.linspace(0, 1, _COLUMNS), np.linspace(0, 1, _ROWS))
    places = np.stack([across.ravel(), up.ravel()], axis=1)
    found = np.empty(len(places))
    hull = _hull(points)
    for start in range(0, len(places), 200):  # 200 x 2,000 distances at a time
        part = places[start : start + 200]
        squares = ((part[:, None, :] - points[None, :, :]) ** 2).sum(axis=2)
        weights = 1.0 / (squares + _SMOOTH**2) ** 1.5
        near = (squares.min(axis=1) <= _REACH**2) & _inside(part, hull)
        found[start : start + 200] = np.where(near, (weights * heights).sum(axis=1) / weights.sum(axis=1), np.nan)
    return found.reshape(_ROWS, _COLUMNS)


def _hull(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """The corners around all points, against the clock."""
    ordered = [(float(x), float(y)) for x, y in np.unique(points, axis=0)]

    def half(of: list[tuple[float, float]]) -> list[tuple[float, float]]:
        kept: list[tuple[float, float]] = []
        for x, y in of:
            while len(kept) > 1 and _turn(kept[-2], kept[-1], (x, y)) <= 0:
                kept.pop()
            kept.append((x, y))
        return kept[:-1]

    return np.array(half(ordered) + half(ordered[::-1]))


def _turn(start: tuple[float, float], middle: tuple[float, float], end: tuple[float, float]) -> float:
    return (middle[0] - start[0]) * (end[1] - start[1]) - (middle[1] - start[1]) * (end[0] - start[0])


def _inside(places: NDArray[np.float64], hull: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which places lie within the corners, or a little outside."""
    sides = np.roll(hull, -1, axis=0) - hull
    lengths = np.linalg.norm(sides, axis=1)
    offsets = places[:, None, :] - hull[None, :, :]
    left = (sides[None, :, 0] * offsets[:, :, 1] - sides[None, :, 1] * offsets[:, :, 0]) / lengths
    return np.asarray((left >= -_MARGIN).all(axis=1))


def _line(grid: NDArray[np.float64], level: float) -> Iterator[Segment]:
    """The pieces of a level's line, found square by square."""
    rows, columns = grid.shape
    above = grid > level
    for row in range(rows - 1):
        for column in range(columns - 1):
            square = grid[row : row + 2, column : column + 2]
            if np.isnan(square).any() or above[row : row + 2, column : column + 2].all():
                continue
            ends = list(_crossings(square, level))
            for first, second in zip(ends[::2], ends[1::2], strict=False):
                (x, y), (to_x, to_y) = first, second
                yield (
                    round((column + x) / (columns - 1), 4),
                    round((row + y) / (rows - 1), 4),
                    round((column + to_x) / (columns - 1), 4),
                    round((row + to_y) / (rows - 1), 4),
                )


def _crossings(square: NDArray[np.float64], level: float) -> Iterator[tuple[float, float]]:
    """Where the level crosses the sides of a square, around it."""
    corners = [(0, 0), (1, 0), (1, 1), (0, 1)]  # (x, y)
    for (x, y), (to_x, to_y) in zip(corners, corners[1:] + corners[:1], strict=True):
        low, high = float(square[y, x]), float(square[to_y, to_x])
        if (low > level) != (high > level):
            share = (level - low) / (high - low)
            yield x + share * (to_x - x), y + share * (to_y - y)
