"""What a panel of curves says besides its points."""

from __future__ import annotations

import numpy as np

from trackbook.widgets.curve_facts import charts_of, summary_table
from trackbook.widgets.curves import Series


def series_of(*points: tuple[int, float], key: str = "loss", run: int = 0) -> Series:
    series = Series(run, key)
    take(series, *points)
    return series


def take(series: Series, *points: tuple[int, float]) -> None:
    series.take(np.array([step for step, _ in points]), np.array([value for _, value in points], dtype=float))


def test_charts_keep_the_order_asked_for_and_say_which_axis_is_logarithmic() -> None:
    group = [series_of((1, 0.2), (2, 0.9), key="accuracy"), series_of((1, 2.0), (2, 0.01), key="loss")]
    assert charts_of(group, ["loss", "accuracy"]) == [
        {"key": "loss", "log": True, "goal": "min"},
        {"key": "accuracy", "log": False, "goal": "max"},
    ]


def test_summary_table_escapes_names() -> None:
    html = summary_table(["<b>run</b>"], [series_of((1, 0.5), key="<i>loss</i>")])
    assert "<b>" not in html
    assert "<i>" not in html
    assert "0.5000 at 1" in html


def test_summary_table_without_points_says_so() -> None:
    assert "No points yet" in summary_table([], [])
