"""One metric of one run in a panel: order, summary, and what a page still lacks."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from trackbook.widgets.curves import Series


def series_of(*points: tuple[int, float], key: str = "loss", run: int = 0) -> Series:
    series = Series(run, key)
    take(series, *points)
    return series


def take(series: Series, *points: tuple[int, float]) -> None:
    series.take(np.array([step for step, _ in points]), np.array([value for _, value in points], dtype=float))


def listed(arrays: tuple[Any, ...]) -> list[tuple[float, float]]:
    return list(zip(arrays[0].tolist(), arrays[1].tolist(), strict=True))


def test_tail_gives_what_no_page_has() -> None:
    series = series_of((1, 0.5), (2, 0.4))
    assert listed(series.tail()) == [(1, 0.5), (2, 0.4)]
    take(series, (3, 0.3))
    assert listed(series.tail()) == [(3, 0.3)]
    assert listed(series.tail()) == []


def test_points_that_come_late_are_sorted_in_and_ask_to_be_sent_anew() -> None:
    series = series_of((1, 0.5), (5, 0.1))
    series.drawn()
    take(series, (3, 0.3))
    assert series.disordered
    assert listed(series.drawn()) == [(1, 0.5), (3, 0.3), (5, 0.1)]
    assert not series.disordered


def test_points_without_steps_are_drawn_in_their_order() -> None:
    series = series_of((0, 5.0), (0, 4.0), (0, 3.0))
    assert listed(series.points()) == [(0, 5.0), (1, 4.0), (2, 3.0)]
    assert series.entry(3, whole=True)["numbered"]


def test_points_that_get_steps_at_last_are_sent_anew() -> None:
    series = series_of((0, 5.0), (0, 4.0))
    series.drawn()
    take(series, (1, 3.0))
    assert series.disordered
    assert [x for x, _ in listed(series.drawn())] == [0, 0, 1]


def test_a_single_point_lies_at_its_step() -> None:
    series = series_of((7, 5.0))
    assert listed(series.drawn()) == [(7, 5.0)]
    take(series, (7, 4.0))
    assert series.disordered
    assert listed(series.drawn()) == [(0, 5.0), (1, 4.0)]


def test_summary_ignores_what_is_not_finite() -> None:
    entry = series_of((1, 0.5), (2, float("nan")), (3, float("-inf")), (4, 0.2), (5, 0.9)).entry(5, whole=False)
    assert (entry["min"], entry["min_step"], entry["max"], entry["max_step"]) == (0.2, 4, 0.9, 5)
    assert (entry["gaps"], entry["count"], entry["last"], entry["last_step"]) == (2, 5, 0.9, 5)


@pytest.mark.parametrize(("value", "text"), [("nan", "NaN"), ("inf", "Infinity"), ("-inf", "-Infinity")])
def test_entry_is_strict_json(value: str, text: str) -> None:
    entry = series_of((1, float(value))).entry(1, whole=True)
    assert json.loads(json.dumps(entry, allow_nan=False))["last"] == text


def test_steps_beyond_float32_stay_apart() -> None:
    x, _, _ = series_of((2**24, 1.0), (2**24 + 1, 2.0), (2**24 + 2, 3.0)).points()
    assert x.tolist() == [2**24, 2**24 + 1, 2**24 + 2]


def test_long_series_is_decimated_before_it_is_sent() -> None:
    series = Series(0, "loss")
    series.take(np.arange(100_000), np.sin(np.arange(100_000)))
    x, _, _ = series.drawn()
    assert len(x) <= 2_000
    assert series.count == 100_000
    assert series.page_points == len(x)
