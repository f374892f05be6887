"""Checks: a logged model is measured again as it was, in runs of its own, and its values are a series to read."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LogisticRegression, Ridge

import trackbook
from trackbook.errors import InvalidParameter, NotFound
from trackbook.models import check, checks, make_metric
from trackbook.runs.session import current_store

RANDOM = np.random.default_rng(0)


def sample(shift: float = 0.0, rows: int = 200) -> pd.DataFrame:
    """Rows whose class follows from x, or no longer does."""
    x = RANDOM.normal(size=rows)
    return pd.DataFrame({"x": x + shift, "noise": RANDOM.normal(size=rows), "class": np.where(x > 0, "up", "down")})


@pytest.fixture(scope="module")
def estimator() -> LogisticRegression:
    known = sample()
    return LogisticRegression().fit(known[["x", "noise"]], known["class"])


@pytest.fixture
def model(estimator: LogisticRegression) -> str:
    """A model that was evaluated and registered."""
    with trackbook.start_run():
        info = trackbook.sklearn.log_model(estimator, name="signs", registered_model_name="signs")
        trackbook.evaluate(
            info.model_uri, sample(), targets="class", model_type="classifier", thresholds=["accuracy_score>=0.9"],
            evaluator_config={"pos_label": "down", "log_model_explainability": False},
        )  # fmt: skip
    return str(info.model_uri)


def test_loaded_model_gives_probabilities_and_its_id(model: str) -> None:
    loaded = trackbook.pyfunc.load_model(model)
    quick = {"log_model_explainability": False}
    result = trackbook.evaluate(loaded, sample(), targets="class", model_type="classifier", evaluator_config=quick)
    assert f"models:/{result.model_id}" == model
    assert result.metrics["roc_auc"] > 0.9
    assert "score" in result.metrics
    with pytest.raises(InvalidParameter, match="leave model_id out"):
        trackbook.evaluate(loaded, sample(), targets="class", model_type="classifier", model_id="m-1")


def test_check_asks_as_the_evaluation_did(model: str) -> None:
    found = check("models:/signs/1", sample())
    assert (found.verdict, found.name) == ("passed", "signs version 1")
    assert found.sentence == "signs version 1 passes: accuracy_score >= 0.9."
    assert found.metrics["true_positives"] > 50
    run = trackbook.get_run(str(found.run_id))
    assert run.info.status == "FINISHED"
    assert run.info.run_name == "check signs version 1"
    assert run.data.tags["trackbook.check"] == found.model_id
    assert run.data.tags["trackbook.check.version"] == "signs/1"
    assert [one.model_id for one in run.inputs.model_inputs] == [found.model_id]


def test_data_that_has_changed_fails_and_says_to_retrain(model: str) -> None:
    found = check(model, sample(shift=2.0))
    assert found.verdict == "failed"
    assert "does not pass: accuracy_score is 0." in found.sentence
    assert found.sentence.endswith("Retrain it, or find what has changed in the data.")
    logged = current_store().get_logged_model(str(found.model_id))
    assert (logged.tags["trackbook.verdict"], logged.tags["trackbook.verdict_run"]) == ("failed", found.run_id)
    assert check(model, sample()).verdict == "passed", "the thresholds are those of the evaluation still"


def test_values_over_time_are_a_series(model: str) -> None:
    for shift in (0.0, 1.0, 3.0):
        check(model, sample(shift))
    table = checks("models:/signs/1")
    series = table[table["metric"] == "accuracy_score"]
    assert series["kind"].tolist() == ["evaluation", "check", "check", "check"]
    assert series["verdict"].tolist()[:2] == ["passed", "passed"]
    assert series["verdict"].tolist()[-1] == "failed"
    assert series["value"].is_monotonic_decreasing or series["value"].iloc[-1] < series["value"].iloc[0]
    assert series["time"].is_monotonic_increasing
    assert str(series["time"].dtype).endswith("UTC]")
    assert series["run_id"].is_unique


def test_check_while_a_run_is_active_has_a_run_of_its_own(model: str) -> None:
    with trackbook.start_run() as outer:
        found = check(model, sample())
        assert trackbook.active_run() is outer
    assert found.run_id != outer.info.run_id
    assert trackbook.get_run(outer.info.run_id).data.metrics == {}


def test_thresholds_and_baselines_can_be_given(model: str, estimator: LogisticRegression) -> None:
    assert check(model, sample(), thresholds=["f1_score>=1.1", "log_loss<=9"]).verdict == "failed"
    same = check(model, sample(), against=model)
    assert same.verdict == "passed"
    assert [one.rule.partition(",")[0] for one in same.judgements] == [
        "accuracy_score >= 0.9", "accuracy_score >= baseline"
    ]  # fmt: skip
    better: Any = lambda features: np.where(features["x"] > 2, "up", "down")  # noqa: E731
    assert check(model, sample(shift=2), thresholds=[], against=better).verdict == "failed"
    guess: Any = lambda features: ["up"] * len(features)  # noqa: E731
    assert check(model, sample(), thresholds=[], against=guess).verdict == "passed"


def test_own_metrics_are_asked_again_only_if_they_are_given(estimator: LogisticRegression) -> None:
    own = make_metric(
        eval_fn=lambda predictions, targets, noise: float(len(noise)), greater_is_better=True, name="rows"
    )
    with trackbook.start_run():
        info = trackbook.sklearn.log_model(estimator, name="signs")
        trackbook.evaluate(
            info.model_uri, sample(), targets="class", model_type="classifier", extra_metrics=[own],
            thresholds=["rows>=100", "accuracy_score>=0.5"],
        )  # fmt: skip
    found = check(info.model_uri, sample())
    assert (found.verdict, len(found.judgements)) == ("passed", 1)
    assert "Not held again, for it needs extra_metrics: the threshold of rows." in found.notes
    assert check(info.model_uri, sample(rows=50), extra_metrics=[own]).verdict == "failed"


def test_regressor_that_was_never_evaluated_is_told_what_it_is() -> None:
    features, numbers = load_diabetes(return_X_y=True, as_frame=True)
    with trackbook.start_run():
        info = trackbook.sklearn.log_model(Ridge().fit(features, numbers), name="sugar")
    data = features.assign(goal=numbers)
    with pytest.raises(InvalidParameter, match="has not been evaluated yet"):
        check(info.model_uri, data, targets="goal")
    found = check(info.model_uri, data, targets="goal", model_type="regressor")
    assert found.verdict is None
    assert "has no threshold to reach" in found.sentence
    assert found.metrics["r2_score"] > 0.4
    assert set(checks(info.model_uri)["kind"]) == {"check"}


def test_tags_that_somebody_else_wrote_are_not_believed(model: str) -> None:
    model_id = model.removeprefix("models:/")
    for wrong in (
        "{",
        "[1]",
        '{"model_type": 7, "thresholds": {"a": 7}}',
        '{"model_type": "classifier", "config": []}',
    ):
        current_store().set_logged_model_tags(model_id, {"trackbook.evaluation": wrong})
        with pytest.raises(InvalidParameter):
            check(model, sample())


def test_model_that_is_not_logged_has_no_checks(estimator: LogisticRegression) -> None:
    trackbook.sklearn.save_model(estimator, "folder")
    for call in (lambda: check("folder", sample()), lambda: checks("folder")):
        with pytest.raises(InvalidParameter, match="no logged model"):
            call()
    for uri in ("models:/nothing/1", "models:/m-" + "0" * 32):
        with pytest.raises(NotFound):
            check(uri, sample())


def test_model_that_was_only_saved_can_be_evaluated(estimator: LogisticRegression) -> None:
    trackbook.sklearn.save_model(estimator, "folder")
    result = trackbook.evaluate("folder", sample(), targets="class", model_type="classifier")
    assert result.metrics["accuracy_score"] > 0.9
