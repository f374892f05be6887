"""Contours: near the runs their values, blank far from them, and a sentence where there are too few."""

from __future__ import annotations

import numpy as np
import pytest

from trackbook.figures.axes import metric_axis
from trackbook.figures.contour import ContourData, contour_data


def of(points: list[tuple[float, float, float]]) -> ContourData:
    x, y, z = (metric_axis(name, [point[place] for point in points]) for place, name in enumerate("xyz"))
    return contour_data(x, y, z)


def grid_points(side: int) -> list[tuple[float, float, float]]:
    return [(x, y, float(x + y)) for x in range(side) for y in range(side)]


def test_surface_rises_as_the_runs_do() -> None:
    data = of(grid_points(6))
    cells = np.array(data.cells, dtype=np.float64).reshape(data.rows, data.columns)
    assert cells[0, 0] == pytest.approx(0, abs=0.08)
    assert cells[-1, -1] == pytest.approx(1, abs=0.08)
    assert cells[data.rows // 2, data.columns // 2] == pytest.approx(0.5, abs=0.08)
    assert (data.runs, data.note) == (36, "")


def test_lines_stay_within_the_picture_and_between_their_heights() -> None:
    data = of(grid_points(5))
    assert len(data.lines) == 7
    ends = [end for _, pieces in data.lines for piece in pieces for end in piece]
    assert ends
    assert 0 <= min(ends) <= max(ends) <= 1


def test_outside_of_all_runs_it_is_blank() -> None:
    data = of([(0, 0, 1), (1, 0, 2), (0, 1, 3), (0.2, 0.2, 1), (0.1, 0.6, 2)])
    assert data.cells[-1] is None, "the corner beyond the triangle"
    assert data.cells[0] is not None
    assert "5 places are few" in data.note


@pytest.mark.parametrize("points", [[], [(1, 1, 1)], [(0, 0, 1), (1, 1, 2), (2, 2, 3), (3, 3, 4)], [(1, 1, 1)] * 50])
def test_too_few_places_span_no_surface(points: list[tuple[float, float, float]]) -> None:
    data = of(points)
    assert data.cells == ()
    assert "span no surface" in data.note


def test_equal_heights_have_no_lines() -> None:
    data = of([(x, y, 2.0) for x, y, _ in grid_points(3)])
    assert data.lines == ()
