"""The metrics of a regressor: as scikit-learn tells them, under MLflow's names."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from sklearn import metrics as sk

from trackbook.errors import InvalidParameter
from trackbook.models.evaluation.regression import measure, regression_metrics

RANDOM = np.random.default_rng(0)
TARGETS = RANDOM.normal(10, 3, 300)
GIVEN = TARGETS + RANDOM.normal(size=300)


@pytest.mark.parametrize("weights", [None, RANDOM.random(300)])
def test_metrics_are_mlflows(weights: Any) -> None:
    found = regression_metrics(measure(TARGETS, GIVEN, {"sample_weights": weights}))
    total = float((TARGETS * (1 if weights is None else weights)).sum())
    squared = sk.mean_squared_error(TARGETS, GIVEN, sample_weight=weights)
    assert found == pytest.approx(
        {
            "example_count": 300,
            "mean_absolute_error": sk.mean_absolute_error(TARGETS, GIVEN, sample_weight=weights),
            "mean_squared_error": squared,
            "root_mean_squared_error": math.sqrt(squared),
            "sum_on_target": total,
            "mean_on_target": total / 300,
            "r2_score": sk.r2_score(TARGETS, GIVEN, sample_weight=weights),
            "max_error": sk.max_error(TARGETS, GIVEN),
            "mean_absolute_percentage_error": sk.mean_absolute_percentage_error(TARGETS, GIVEN, sample_weight=weights),
        }
    )


def test_single_row_has_no_r2() -> None:
    found = regression_metrics(measure(np.array([1.0]), np.array([2.0]), {}))
    assert math.isnan(found["r2_score"])
    assert found["max_error"] == 1


def test_numbers_too_large_for_a_square_are_infinite_and_not_an_error() -> None:
    found = regression_metrics(measure(np.array([1e300, 0.0]), np.array([0.0, 1e300]), {}))
    assert found["mean_squared_error"] == math.inf
    assert found["max_error"] == 1e300


@pytest.mark.parametrize(
    ("targets", "predictions", "message"),
    [
        (["a", "b"], [1, 2], "The targets of a regressor are numbers; here the first is 'a'"),
        ([1, 2], ["1", "2"], "The predictions of a regressor are numbers"),
        ([1.0, np.inf], [1, 2], "1 of 2 targets are infinite, the first in row 1"),
        ([1, 2], np.array([object(), 2]), "numbers"),
    ],
)
def test_what_is_no_number_is_refused(targets: Any, predictions: Any, message: str) -> None:
    with pytest.raises(InvalidParameter, match=message):
        measure(np.asarray(targets), np.asarray(predictions), {})
