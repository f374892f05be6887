"""Thresholds: what is one, how it is written, and what a model must reach."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import pytest

from trackbook.errors import InvalidParameter, ModelValidationFailed
from trackbook.models.evaluation.thresholds import (
    MetricThreshold,
    judge,
    read_thresholds,
    thresholds_from_json,
    thresholds_to_json,
    validate_evaluation_results,
)

LEAST = MetricThreshold(threshold=0.9, greater_is_better=True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"threshold": 0.9},
        {"greater_is_better": True},
        {"threshold": "0.9", "greater_is_better": True},
        {"threshold": True, "greater_is_better": True},
        {"threshold": math.nan, "greater_is_better": True},
        {"threshold": 0.9, "greater_is_better": 1},
        {"min_absolute_change": 0, "greater_is_better": True},
        {"min_absolute_change": -1, "greater_is_better": True},
        {"min_relative_change": 1.5, "greater_is_better": True},
        {"min_relative_change": -0.1, "greater_is_better": False},
    ],
)
def test_threshold_that_breaks_a_rule_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidParameter):
        MetricThreshold(**wrong)


def test_threshold_reads_as_mlflows() -> None:
    text = str(MetricThreshold(0.9, min_absolute_change=0.1, min_relative_change=0.05, greater_is_better=False))
    assert text == (
        "Threshold: 0.9. Minimum Absolute Change: 0.1. Minimum Relative Change: 0.05. Lower value is better."
    )


def test_rules_are_read_from_lines() -> None:
    assert read_thresholds(["accuracy_score>=0.9", " val/f1 <= 1e-3 "]) == {
        "accuracy_score": LEAST,
        "val/f1": MetricThreshold(threshold=0.001, greater_is_better=False),
    }
    assert read_thresholds("accuracy_score >= 0.9") == read_thresholds({"accuracy_score": LEAST})
    assert read_thresholds(None) == {}


@pytest.mark.parametrize(
    "wrong",
    [
        ["accuracy_score>0.9"], ["accuracy_score=0.9"], ["accuracy_score>=high"], ["accuracy_score>=nan"], [">=0.9"],
        ["a>=1", "a<=2"], [7], 7, {"a": 0.9}, {"a//b": LEAST}, {7: LEAST}, ["accuracy_score>=inf"], "",
    ],
)  # fmt: skip
def test_lines_that_are_no_rules_are_refused(wrong: Any) -> None:
    with pytest.raises(InvalidParameter):
        read_thresholds(wrong)


@pytest.mark.parametrize(
    ("threshold", "value", "baseline", "ok"),
    [
        (LEAST, 0.9, None, True),
        (LEAST, 0.89, None, False),
        (LEAST, math.nan, None, False),
        (LEAST, None, None, False),
        (MetricThreshold(threshold=3, greater_is_better=False), 3, None, True),
        (MetricThreshold(threshold=3, greater_is_better=False), 3.1, None, False),
        (MetricThreshold(min_absolute_change=0.1, greater_is_better=True), 0.8, 0.7, True),
        (MetricThreshold(min_absolute_change=0.1, greater_is_better=True), 0.79, 0.7, False),
        (MetricThreshold(min_absolute_change=0.1, greater_is_better=True), 0.79, None, False),
        (MetricThreshold(min_relative_change=0.1, greater_is_better=False), 0.9, 1.0, True),
        (MetricThreshold(min_relative_change=0.1, greater_is_better=False), 0.95, 1.0, False),
        (MetricThreshold(min_relative_change=0.1, greater_is_better=True), -0.9, -1.0, True),
        (MetricThreshold(min_relative_change=0.1, greater_is_better=True), -1.1, -1.0, False),
        (MetricThreshold(min_relative_change=0.1, greater_is_better=True), 0.0, 0.0, False),
        (MetricThreshold(min_relative_change=0.0, greater_is_better=True), 0.5, 0.5, True),
        (MetricThreshold(min_relative_change=0.0, greater_is_better=False), 0.0, 0.0, True),
    ],
)
def test_model_is_judged(threshold: MetricThreshold, value: float | None, baseline: float | None, ok: bool) -> None:
    metrics = {} if value is None else {"m": value}
    (judgement,) = judge({"m": threshold}, metrics, None if baseline is None else {"m": baseline})
    assert (judgement.ok, judgement.metric, judgement.value) == (ok, "m", value) or math.isnan(value or 0)


def test_judgement_says_what_was_found_and_what_was_asked() -> None:
    both = MetricThreshold(threshold=0.9, min_absolute_change=0.02, greater_is_better=True)
    found = judge({"f1_score": both}, {"f1_score": 0.91}, {"f1_score": 0.9})
    assert [(str(one), one.ok) for one in found] == [
        ("f1_score is 0.91; the rule is f1_score >= 0.9", True),
        ("f1_score is 0.91; the rule is f1_score >= baseline + 0.02, which is 0.9", False),
    ]


def test_validation_raises_with_every_rule_that_does_not_hold() -> None:
    result: Any = SimpleNamespace(metrics={"accuracy_score": 0.8, "log_loss": 0.1})
    thresholds = read_thresholds(["accuracy_score>=0.9", "log_loss<=0.2", "roc_auc>=0.5"])
    with pytest.raises(ModelValidationFailed) as caught:
        validate_evaluation_results(thresholds, result)
    assert caught.value.error_code == "BAD_REQUEST"
    assert str(caught.value).splitlines()[1:] == [
        "accuracy_score is 0.8; the rule is accuracy_score >= 0.9.",
        "roc_auc was not measured; the rule is roc_auc >= 0.5.",
    ]
    validate_evaluation_results(read_thresholds(["accuracy_score>=0.8"]), result, result)
    wrong: Any
    for wrong in (["accuracy_score>=0.8"], None):
        with pytest.raises(InvalidParameter, match="dict of metric"):
            validate_evaluation_results(wrong, result)
    with pytest.raises(InvalidParameter, match="candidate_result"):
        validate_evaluation_results({}, 7)  # type: ignore[arg-type]


def test_thresholds_are_kept_as_json() -> None:
    thresholds = {"a": MetricThreshold(0.9, 0.1, 0.2, greater_is_better=True), "b": LEAST}
    assert thresholds_from_json(thresholds_to_json(thresholds)) == thresholds
    for wrong in ("{", "[1]", {"a": {"limit": 1}}, 7, {"a": 7}, "[" * 100_000):
        with pytest.raises(InvalidParameter):
            thresholds_from_json(wrong)
