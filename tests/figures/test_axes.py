"""Axes: what is a number, what is a category, where a value lies, and what is said to be missing."""

from __future__ import annotations

import math

import numpy as np
import pytest

from trackbook.figures.axes import MOST_CATEGORIES, duration_axis, metric_axis, param_axis, places_on


def test_texts_that_are_numbers_make_a_log_axis_where_they_span_much() -> None:
    axis = param_axis("lr", ["0.1", "0.001", "1e-05", None])
    assert (axis.kind, axis.low, axis.high, axis.missing) == ("log", 1e-5, 0.1, 1)
    assert [text for _, text in axis.ticks] == ["1e\u22125", "0.001", "0.1"]
    places = places_on(axis)
    assert places[:3] == pytest.approx([1, 0.5, 0])
    assert math.isnan(places[3])


def test_numbers_near_one_another_or_with_a_zero_are_linear() -> None:
    assert param_axis("noise", ["0", "0.1", "0.45"]).kind == "linear"
    assert param_axis("batch", ["32", "64", "128"]).kind == "linear"


def test_other_texts_are_categories_in_the_order_in_which_people_count() -> None:
    axis = param_axis("hidden", ["8", "128x64", "64", "128", None, "64x32"])
    assert axis.texts == ("8", "64", "64x32", "128", "128x64")
    assert places_on(axis)[:2] == pytest.approx([0, 1])


def test_the_rarest_of_too_many_categories_share_a_place() -> None:
    texts = [f"word-{place}" for place in range(100)] + ["common"] * 5
    axis = param_axis("word", [*texts, None])
    assert len(axis.texts) == MOST_CATEGORIES
    assert "common" in axis.texts
    assert axis.texts[-1] == f"others ({101 - MOST_CATEGORIES + 1})"
    assert np.nanmax(axis.values) == MOST_CATEGORIES - 1


@pytest.mark.parametrize("texts", [["nan", "inf"], ["0x10"], ["1" * 5_000], ["\u202etrap", "1"], [""]])
def test_texts_that_only_look_like_numbers_are_categories(texts: list[str]) -> None:
    assert param_axis("key", texts).kind == "category"


def test_best_of_a_loss_is_on_top_and_nan_is_told_from_missing() -> None:
    axis = metric_axis("loss", [0.1, np.nan, np.nan, np.inf, 0.5], [True, True, False, True, True], "min")
    assert axis.flipped
    assert (axis.missing, axis.strange) == (1, 2)
    assert places_on(axis)[[0, 4]] == pytest.approx([1, 0])
    assert np.isnan(places_on(axis)[[1, 2, 3]]).all()


@pytest.mark.parametrize("values", [[], [np.nan], [3.0, 3.0], [0.0], [1e308, -1e308], [5e-324, 1e308]])
def test_any_numbers_have_finite_ends_that_differ(values: list[float]) -> None:
    axis = metric_axis("loss", values)
    assert math.isfinite(axis.low)
    assert math.isfinite(axis.high - axis.low)
    assert axis.low < axis.high
    assert not axis.varies or len(set(values)) > 1


def test_ticks_do_not_touch() -> None:
    axis = param_axis("x", ["1", "1.001", "1.002", "3"])
    assert [text for _, text in axis.ticks] == ["1", "3"]


def test_durations_are_written_as_durations() -> None:
    axis = duration_axis([8_100, 133_000, np.nan])
    assert axis.missing == 1
    assert [text for _, text in axis.ticks] == ["8.1 s", "2 m 13 s"]
