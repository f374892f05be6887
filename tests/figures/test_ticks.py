"""Round places on an axis."""

from __future__ import annotations

import pytest

from trackbook.figures.ticks import linear_ticks, log_ticks, tick_text


def test_linear_ticks_are_round() -> None:
    assert linear_ticks(0, 60, 5) == [0, 20, 40, 60]
    assert linear_ticks(0.911, 0.992, 4) == [0.92, 0.94, 0.96, 0.98]
    assert linear_ticks(-1, 1, 4) == [-1, -0.5, 0, 0.5, 1]


@pytest.mark.parametrize(("low", "high"), [(1, 1), (2, 1), (0, float("inf")), (float("nan"), 1)])
def test_axis_without_length_has_no_ticks(low: float, high: float) -> None:
    assert linear_ticks(low, high, 4) == []


def test_log_ticks_are_decades_and_their_halves_when_few() -> None:
    assert log_ticks(-1.5, 0.4) == pytest.approx([0.05, 0.1, 0.2, 0.5, 1, 2])
    assert log_ticks(-4, 0) == pytest.approx([1e-4, 1e-3, 1e-2, 0.1, 1])


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.05, "0.05"), (20.0, "20"), (1e-5, "1e\u22125"), (-0.5, "\u22120.5"), (2.5e7, "2.5e7"), (0.0, "0")],
)
def test_tick_is_short_text(value: float, text: str) -> None:
    assert tick_text(value) == text
