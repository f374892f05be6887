"""Curves as data, as a plotly figure and as a static picture."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from trackbook.figures.curves import curves_data, curves_figure, curves_svg
from trackbook.figures.palette import LIGHT, run_color, run_dash, run_mark

XSS = "<img src=x onerror=alert(1)>\"'&</svg><script>alert(2)</script>"
STEPS = np.arange(1, 61)
FALLING = 2.0 * np.exp(-STEPS / 10.0) + 0.01


def test_data_knows_the_best_run_and_the_axis() -> None:
    data = curves_data("val_loss", [("a", 1, STEPS, FALLING + 0.1), ("b", 2, STEPS, FALLING)])
    assert data.log
    assert data.best is not None
    assert (round(data.best[0], 4), data.best[1]) == (0.015, 1)


def test_data_counts_gaps_and_draws_them_as_nan() -> None:
    data = curves_data("x", [("a", 1, [1, 2, 3], [1.0, float("inf"), float("nan")])])
    assert data.gaps == 2
    assert np.isnan(data.curves[0].y[1:]).all()


def test_data_is_decimated() -> None:
    data = curves_data("x", [("a", 1, np.arange(100_000), np.random.default_rng(0).normal(size=100_000))])
    assert len(data.curves[0].x) <= 2_000


def test_figure_has_each_run_in_its_colour_dash_and_mark() -> None:
    figure = curves_figure(curves_data("x", [("a", 2, [1, 2], [1.0, 2.0]), ("b", 8, [1, 2], [1.0, 3.0])]))
    lines = [trace for trace in figure.data if trace.mode == "lines"]
    marks = [trace for trace in figure.data if trace.mode == "markers"]
    assert [trace.line.color for trace in lines] == [LIGHT[1], LIGHT[7]]
    assert [trace.line.dash for trace in lines] == ["solid", "6px,3px"]
    assert [trace.marker.symbol for trace in marks] == ["square", "pentagon"]


def test_figure_is_strict_json_and_escapes_names() -> None:
    figure = curves_figure(curves_data(XSS, [(XSS, 1, [1, 2], [1.0, float("nan")])]), dark=True)
    text = json.dumps(json.loads(figure.to_json()), allow_nan=False)
    assert "<img" not in text
    assert "<script" not in text


def test_figure_says_that_an_axis_is_logarithmic() -> None:
    figure = curves_figure(curves_data("loss", [("a", 1, STEPS, FALLING)]))
    assert figure.layout.yaxis.type == "log"
    assert "(log)" in figure.layout.title.text


@pytest.mark.parametrize("runs", [1, 24, 200])
def test_svg_stays_small_however_much_there_is(runs: int) -> None:
    values = np.random.default_rng(0).normal(size=50_000)
    text = curves_svg(curves_data("x", [("n" * 200, place + 1, np.arange(50_000), values) for place in range(runs)]))
    assert len(text.encode()) <= 30_000
    ET.fromstring(text)


def test_svg_lifts_the_pen_at_gaps_and_below_zero_on_a_log_axis() -> None:
    values = [1.0, 0.5, float("nan"), 0.1, 0.01, 0.011]
    text = curves_svg(curves_data("loss", [("a", 1, range(6), values)]))
    paths = re.findall(r'<path d="(M[^"]+)" fill="none" stroke="#', text)
    assert [path.count("M") for path in paths] == [2]


def test_svg_escapes_names() -> None:
    text = curves_svg(curves_data(XSS, [(XSS, 1, [1, 2], [1.0, 2.0])]))
    assert "<img" not in text
    assert "<script" not in text
    ET.fromstring(text)


@pytest.mark.parametrize(
    ("values", "words"), [([], "No points yet."), ([float("nan"), float("inf")], "All 2 points are NaN or infinite.")]
)
def test_svg_without_points_says_so(values: list[float], words: str) -> None:
    assert words in curves_svg(curves_data("x", [("a", 1, range(len(values)), values)]))


@pytest.mark.parametrize("values", [[3.0], [3.0, 3.0], [0.0, 0.0], [1e300, -1e300], [5e-324, 1e-310], [-1e-9, -1e-9]])
def test_svg_draws_any_span(values: list[float]) -> None:
    text = curves_svg(curves_data("x", [("a", 1, range(len(values)), values)]))
    assert "nan" not in text.lower()
    ET.fromstring(text)


def test_slots_beyond_the_last_are_grey_and_plain() -> None:
    assert run_color(None) == run_color(25) == run_color(0)
    assert (run_dash(25), run_mark(None)) == ("solid", "circle")
    assert (run_color(13), run_dash(13), run_mark(13)) == (run_color(1), "2px,3px", run_mark(1))
