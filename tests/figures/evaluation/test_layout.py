"""Pictures of an evaluation: bounded, strict JSON, no markup from names, and readable on white and on near black."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from trackbook.figures.evaluation.calibration import calibration_data, calibration_figure
from trackbook.figures.evaluation.confusion import confusion_data, confusion_figure
from trackbook.figures.evaluation.importance import importance_data, importance_figure
from trackbook.figures.evaluation.layout import inks_of, thin
from trackbook.figures.evaluation.one_against_rest import OneAgainstRest
from trackbook.figures.evaluation.precision_recall import precision_recall_data, precision_recall_figure
from trackbook.figures.evaluation.predicted import predicted_data, predicted_figure
from trackbook.figures.evaluation.residuals import residuals_data, residuals_figure
from trackbook.figures.evaluation.roc import roc_data, roc_figure
from trackbook.figures.palette import BOTH

XSS = "<img src=x onerror=alert(1)>"
RANDOM = np.random.default_rng(0)
SCORES = RANDOM.random(200_000)
POSITIVE = RANDOM.random(200_000) < SCORES
ONE = [OneAgainstRest(XSS, POSITIVE, SCORES)]
TWO = [*ONE, OneAgainstRest("other", ~POSITIVE, 1 - SCORES)]
TARGETS = RANDOM.normal(size=200_000)
GUESSES = TARGETS + RANDOM.normal(size=200_000)

FIGURES: dict[str, Callable[[bool | None], Any]] = {
    "calibration": lambda dark: calibration_figure(calibration_data(TWO), dark),
    "confusion": lambda dark: confusion_figure(confusion_data([XSS, "b"], [[5, 1], [0, 1200]]), dark),
    "importance": lambda dark: importance_figure(importance_data({XSS: [0.2, 0.3], "b": [0.0]}, "r2_score"), dark),
    "nothing": lambda dark: roc_figure(roc_data([]), dark),
    "precision_recall": lambda dark: precision_recall_figure(precision_recall_data(TWO), dark),
    "predicted": lambda dark: predicted_figure(predicted_data(TARGETS, GUESSES), dark),
    "residuals": lambda dark: residuals_figure(residuals_data(TARGETS, GUESSES), dark),
    "roc": lambda dark: roc_figure(roc_data(TWO), dark),
}


@pytest.mark.parametrize("dark", [None, False, True])
@pytest.mark.parametrize("name", FIGURES)
def test_figure_is_small_strict_json_without_markup(name: str, dark: bool | None) -> None:
    text = FIGURES[name](dark).to_json()
    assert len(text) < 150_000
    assert "<img" not in json.dumps(json.loads(text), allow_nan=False)


def test_roc_and_precision_recall_keep_their_ends_and_areas() -> None:
    (curve,) = roc_data(ONE).curves
    assert len(curve.x) <= 402
    assert [curve.x[0], curve.y[0], curve.x[-1], curve.y[-1]] == [0, 0, 1, 1]
    assert curve.area == pytest.approx(np.trapezoid(curve.y, curve.x), abs=1e-3)
    (other,) = precision_recall_data(ONE).curves
    assert (other.x[0], other.x[-1]) == (0, 1)
    assert other.area == pytest.approx(np.trapezoid(other.y, other.x), abs=1e-2)


def test_class_that_all_rows_have_is_left_out() -> None:
    every = [OneAgainstRest("all", np.ones(3, dtype=bool), np.ones(3))]
    assert roc_data(every).curves == precision_recall_data(every).curves == calibration_data(every).curves == ()


def test_calibration_of_a_model_that_is_right_lies_on_the_line() -> None:
    (curve,) = calibration_data(ONE).curves
    assert np.abs(curve.x - curve.y).max() < 0.02


def test_confusion_shows_counts_shares_and_the_classes_with_most_rows() -> None:
    data = confusion_data(["a", "b", "c"], [[8, 2, 0], [0, 0, 0], [1, 0, 3]], limit=2)
    assert (data.labels, data.left_out) == (("a", "c"), 1)
    assert data.counts.tolist() == [[8, 0], [1, 3]]
    assert data.shares[0].tolist() == [0.8, 0.0]
    figure = confusion_figure(data)
    assert [note.text for note in figure.layout.annotations] == ["8", "0", "1", "3"]
    assert "1 rarer classes not shown" in figure.layout.title.text


def test_confusion_of_many_classes_is_drawn_without_numbers() -> None:
    figure = confusion_figure(confusion_data(range(300), np.eye(300)))
    assert len(figure.data[0].z) == 40
    assert not figure.layout.annotations


def test_predictions_draw_a_sample_and_the_worst_rows() -> None:
    targets = np.zeros(100_000)
    guesses = targets.copy()
    guesses[77_777] = 50.0
    data = predicted_data(targets, guesses)
    assert len(data.targets) <= 2_020
    assert 50.0 in data.predictions
    assert "of 100,000 rows" in predicted_figure(data).layout.title.text
    assert np.array_equal(data.predictions, predicted_data(targets, guesses).predictions)


@pytest.mark.parametrize("residual", [0.0, 1e300, 5.0])
def test_residuals_count_every_row(residual: float) -> None:
    data = residuals_data(np.full(5_000, residual), np.zeros(5_000))
    assert data.counts.sum() == data.rows == 5_000
    residuals_figure(data)


def test_importance_is_sorted_and_bounded() -> None:
    data = importance_data({f"f{i}": [float(i), float(i)] for i in range(50)}, "accuracy_score")
    assert (data.names[0], len(data.names), data.left_out) == ("f49", 20, 30)
    assert "30 more" in importance_figure(data).layout.title.text
    assert importance_figure(importance_data({}, "r2_score")).layout.annotations[0].text == "No feature was measured."


def test_thin_keeps_a_short_curve_and_the_steps_of_a_long_one() -> None:
    x = np.array([0.0, 0.0, 1.0])
    assert thin(x, x)[0] is x
    long = np.concatenate([np.zeros(50_000), np.linspace(0, 1, 50_000)])
    high = np.concatenate([np.linspace(0, 1, 50_000), np.ones(50_000)])
    a, b = thin(long, high)
    assert len(a) <= 402
    assert np.interp(0.5, a, b) == pytest.approx(1.0)


def luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("color", [*BOTH, inks_of(None).text])
@pytest.mark.parametrize("paper", ["#ffffff", "#212121", "#111111"])
def test_stored_pictures_read_on_white_and_on_dark(color: str, paper: str) -> None:
    dark, light = sorted([luminance(color), luminance(paper)])
    assert (light + 0.05) / (dark + 0.05) >= 3
