"""Long curves with few points: nothing that the eye would see is lost."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackbook.figures.decimation import decimate, decimate_range


def test_short_curves_are_left_alone() -> None:
    x, y = np.arange(2_000.0), np.ones(2_000)
    assert decimate(x, y)[0] is x


@pytest.mark.parametrize("count", [2_001, 2_002, 3_999, 10_000, 100_003])
def test_result_is_within_the_limit_and_keeps_both_ends(count: int) -> None:
    x, y = decimate(np.arange(float(count)), np.random.default_rng(0).normal(size=count))
    assert 1_000 < len(x) <= 2_000
    assert (x[0], x[-1]) == (0, count - 1)
    assert len(x) == len(y)


def test_a_single_spike_survives() -> None:
    values = np.zeros(1_000_000)
    values[654_321], values[123_456] = 1e9, -1e9
    x, y = decimate(np.arange(1_000_000.0), values)
    assert x[y == 1e9].tolist() == [654_321]
    assert x[y == -1e9].tolist() == [123_456]


def test_gaps_survive_and_do_not_swallow_what_is_beside_them() -> None:
    values = np.ones(100_000)
    values[50_000], values[70_000:] = np.nan, np.inf
    values[50_001] = 7
    _, y = decimate(np.arange(100_000.0), values)
    assert np.isnan(y).sum() == 1
    assert 7 in y
    assert not np.isfinite(y[-100:]).any()
    assert len(y) <= 2_000


@given(st.lists(st.floats(), min_size=1, max_size=300), st.integers(8, 40))
def test_extremes_and_order_hold_for_any_values(values: list[float], limit: int) -> None:
    given_y = np.array(values)
    x, y = decimate(np.arange(float(len(values))), given_y, limit)
    assert len(x) <= max(limit, 0)
    assert (np.diff(x) > 0).all()
    finite = given_y[np.isfinite(given_y)]
    if len(finite):
        assert finite.min() in y
        assert finite.max() in y


def test_range_has_one_neighbour_on_each_side() -> None:
    x, _ = decimate_range(np.arange(100.0), np.zeros(100), 10.5, 12.5)
    assert x.tolist() == [10, 11, 12, 13]
    assert decimate_range(np.arange(5.0), np.zeros(5), -9, 99)[0].tolist() == [0, 1, 2, 3, 4]


def test_range_beyond_the_curve_is_not_an_error() -> None:
    assert len(decimate_range(np.arange(5.0), np.zeros(5), 50, 60)[0]) == 1
    assert len(decimate_range(np.empty(0), np.empty(0), 0, 1)[0]) == 0


def test_a_million_points_take_milliseconds() -> None:
    x, y = np.arange(1e6), np.random.default_rng(0).normal(size=1_000_000)
    times = []
    for _ in range(5):
        start = time.perf_counter()
        decimate(x, y)
        times.append(time.perf_counter() - start)
    assert min(times) < 0.1  # 2 ms on an idle machine
