"""What a metric's name says about its values."""

from __future__ import annotations

import math

import pytest

from trackbook.figures.direction import better, telling, wants_log


@pytest.mark.parametrize("key", ["loss", "val_loss", "train/Loss", "rmse", "MAE", "test_error", "perplexity"])
def test_less_is_better_of_losses_and_errors(key: str) -> None:
    assert better(key) == "min"


@pytest.mark.parametrize("key", ["acc", "val_accuracy", "f1", "roc_auc", "r2_score", "reward", "precision@5"])
def test_more_is_better_of_scores(key: str) -> None:
    assert better(key) == "max"


@pytest.mark.parametrize("key", ["epoch", "lr", "neg_log_loss_score", "weight_norm", "", "learning_rate"])
def test_other_names_leave_it_open(key: str) -> None:
    assert better(key) is None


def test_loss_over_a_wide_span_gets_a_log_axis() -> None:
    assert wants_log("val_loss", 0.05, 2.0)
    assert not wants_log("val_loss", 0.5, 2.0)


def test_any_metric_that_falls_over_two_decades_gets_a_log_axis() -> None:
    assert wants_log("grad_norm", 0.1, 50.0, falling=True)
    assert not wants_log("grad_norm", 0.1, 50.0, falling=False)


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-1.0, 1e6), (None, None), (1e-3, math.inf), (math.nan, 1.0)])
def test_log_axis_needs_positive_finite_values(low: float | None, high: float | None) -> None:
    assert not wants_log("loss", low, high, falling=True)


def test_held_out_loss_says_more_of_a_run_than_other_metrics() -> None:
    keys = ["epoch", "train_loss", "val_accuracy", "val_loss", "validity", "my_long_val_loss"]
    assert sorted(keys, key=telling, reverse=True)[:4] == ["val_loss", "my_long_val_loss", "val_accuracy", "train_loss"]
