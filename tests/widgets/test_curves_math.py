"""What the page reckons with curves, against NumPy and pandas."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import sync_playwright

from trackbook.widgets.assets import module

pytestmark = pytest.mark.browser
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
Reckon = Callable[..., Any]

#: JSON has no NaN: numbers travel as text, both ways.
_CALL = """([name, texts]) => {
  const read = (text) => JSON.parse(text, (_, value) => (value === "NaN" ? NaN : value === "inf" ? Infinity : value));
  const plain = (_, value) => ArrayBuffer.isView(value) ? [...value] : typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
  return JSON.stringify(window.curveMath[name](...texts.map(read)), plain);
}"""  # noqa: E501
_NAMES = ("smoothed", "bestSoFar", "fences", "valuesAt", "meanAndBand", "thinPlaces", "sortedByX", "countBelowZero")


@pytest.fixture(scope="module")
def reckon(chromium: str) -> Iterator[Reckon]:
    """Calls one of the page's functions: ``reckon("smoothed", y, 0.6)``."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page()
        page.set_default_timeout(120_000)
        page.add_script_tag(content=f"{module('curve_math')}\nwindow.curveMath = {{ {', '.join(_NAMES)} }};")

        def call(name: str, *given: Any) -> Any:
            return json.loads(page.evaluate(_CALL, [name, [_said(one) for one in given]]), object_hook=_floats)

        yield call
        browser.close()


def _said(value: Any) -> str:
    def plain(one: Any) -> Any:
        if isinstance(one, dict):
            return {key: plain(item) for key, item in one.items()}
        if isinstance(one, (list, tuple, np.ndarray)):
            return [plain(item) for item in one]
        if isinstance(one, float) and not np.isfinite(one):
            return "NaN" if np.isnan(one) else "inf"
        return float(one) if isinstance(one, np.floating) else one

    return json.dumps(plain(value))


def _floats(found: dict[str, Any]) -> dict[str, Any]:
    return {key: numbers(value) if isinstance(value, list) else value for key, value in found.items()}


def numbers(values: list[Any]) -> np.ndarray:
    return np.array([float(value) for value in values])


@pytest.fixture
def walk() -> np.ndarray:
    """A curve with gaps."""
    y = np.random.default_rng(7).normal(size=200).cumsum()
    y[[0, 31, 32, 150]] = np.nan
    return y


@pytest.mark.parametrize("weight", [0.1, 0.6, 0.99])
def test_smoothing_is_the_weighted_mean_of_pandas(reckon: Reckon, walk: np.ndarray, weight: float) -> None:
    mean = pd.Series(walk).ewm(alpha=1 - weight, ignore_na=True).mean().where(~np.isnan(walk))
    np.testing.assert_allclose(numbers(reckon("smoothed", walk, weight)), mean, rtol=1e-9)


def test_no_smoothing_leaves_the_curve_alone(reckon: Reckon, walk: np.ndarray) -> None:
    np.testing.assert_array_equal(numbers(reckon("smoothed", walk, 0)), walk)


def test_infinite_values_are_gaps_to_the_mean(reckon: Reckon) -> None:
    found = numbers(reckon("smoothed", [1.0, float("inf"), 1.0], 0.5))
    np.testing.assert_array_equal(found, [1, np.nan, 1])


@pytest.mark.parametrize(("goal", "so_far"), [("min", np.fmin), ("max", np.fmax)])
def test_best_so_far_is_what_numpy_accumulates(reckon: Reckon, walk: np.ndarray, goal: str, so_far: np.ufunc) -> None:
    np.testing.assert_array_equal(numbers(reckon("bestSoFar", walk, goal)), so_far.accumulate(walk))


@pytest.mark.parametrize("log", [False, True])
def test_fences_are_tukeys_outer_ones(reckon: Reckon, log: bool) -> None:
    y = np.exp(np.random.default_rng(3).normal(size=101))
    y[:2] = 1e6, 1e-6
    first, third = np.quantile(y, [0.25, 0.75])
    low, high = (np.log10([first, third]) if log else (first, third)) + 3 * np.array([-1, 1]) * (
        np.log10(third / first) if log else third - first
    )
    found = reckon("fences", [y[:40], y[40:]], log)
    least, greatest = np.log10([y.min(), y.max()]) if log else (y.min(), y.max())
    expected = np.array([max(low, least), min(high, greatest)])
    np.testing.assert_allclose([found["low"], found["high"]], 10**expected if log else expected)
    assert found["outside"] == int(((y < found["low"]) | (y > found["high"])).sum())
    assert reckon("fences", [np.arange(20.0)], False) is None


def test_values_between_points_are_interpolated_and_never_beyond(reckon: Reckon) -> None:
    x, y = np.array([0.0, 1, 4, 9]), np.array([5.0, 3, 4, 0])
    at = np.linspace(-1, 10, 23)
    found = numbers(reckon("valuesAt", x, y, at))
    np.testing.assert_allclose(found, np.interp(at, x, y, left=np.nan, right=np.nan))
    np.testing.assert_array_equal(
        numbers(reckon("valuesAt", x, [5.0, np.nan, 4, 0], [0, 0.5, 1, 2, 4])), [5, *[np.nan] * 3, 4]
    )


def test_mean_and_band_are_those_of_pandas(reckon: Reckon) -> None:
    steps = [np.arange(30), np.arange(0, 40, 2), np.arange(5, 20)]
    curves = [pd.Series(np.random.default_rng(i).normal(size=len(x)), index=x) for i, x in enumerate(steps)]
    wide = pd.concat(curves, axis=1).sort_index().interpolate(method="index", limit_area="inside")
    found = reckon("meanAndBand", [{"x": list(map(float, one.index)), "y": one.to_numpy()} for one in curves])
    np.testing.assert_array_equal(found["x"], wide.index)
    np.testing.assert_allclose(found["mean"], wide.mean(axis=1))
    np.testing.assert_allclose(found["sd"], wide.std(axis=1))
    np.testing.assert_array_equal(found["n"], wide.count(axis=1))


def test_thinning_keeps_every_extreme_and_both_ends(reckon: Reckon, walk: np.ndarray) -> None:
    places = numbers(reckon("thinPlaces", walk, 50)).astype(int)
    assert len(places) <= 80
    assert {int(np.nanargmin(walk)), int(np.nanargmax(walk)), 199} <= set(places.tolist())
    assert np.isnan(walk[places]).any()
    assert reckon("thinPlaces", walk[:40], 50) is None


def test_curves_along_a_metric_are_put_in_order_for_their_mean(reckon: Reckon) -> None:
    found = reckon("sortedByX", {"x": [3.0, float("nan"), 1.0], "y": [30.0, 20.0, 10.0]})
    assert (found["x"].tolist(), found["y"].tolist()) == ([1, 3], [10, 30])
    assert reckon("countBelowZero", [0.0, -1.0, 1.0, float("nan")]) == 2
