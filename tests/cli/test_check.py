"""`trackbook models check` as it is typed, in a cron job."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from click.testing import Result
from sklearn.linear_model import LogisticRegression

import trackbook
from trackbook.stores.base import Store

Shell = Callable[..., Result]

GOOD = pd.DataFrame({"x": [-2.0, -1.0, 1.0, 2.0] * 5, "y": [0, 0, 1, 1] * 5})
BAD = GOOD.assign(y=1 - GOOD["y"])


@pytest.fixture
def uri(here: Store) -> str:
    """A registered model that was evaluated, and two files of newer data."""
    model = LogisticRegression().fit(GOOD[["x"]], GOOD["y"])
    with trackbook.start_run():
        info = trackbook.sklearn.log_model(model, name="signs", registered_model_name="signs")
        trackbook.evaluate(
            info.model_uri, GOOD, targets="y", model_type="classifier", thresholds=["accuracy_score>=0.9"]
        )
    GOOD.to_csv("good.csv", index=False)
    BAD.to_csv("bad.csv", index=False)
    return "models:/signs/1"


def test_model_that_passes_ends_with_0(shell: Shell, uri: str) -> None:
    answer = shell("models", "check", uri, "good.csv").output
    assert "accuracy_score" in answer
    assert answer.endswith("signs version 1 passes: accuracy_score >= 0.9.\n")


def test_model_that_does_not_pass_ends_with_1_and_says_to_retrain(shell: Shell, uri: str) -> None:
    answer = shell("models", "check", uri, "bad.csv", code=1).output
    assert "signs version 1 does not pass: accuracy_score is 0; the rule is accuracy_score >= 0.9. Retrain it" in answer


def test_answer_for_programs_is_one_document(shell: Shell, uri: str) -> None:
    found = json.loads(shell("models", "check", uri, "bad.csv", "--format", "json", code=1).output)
    assert (found["model"], found["verdict"], found["metrics"]["accuracy_score"]) == ("signs version 1", "failed", 0)
    assert found["thresholds"] == [
        {"rule": "accuracy_score >= 0.9", "metric": "accuracy_score", "value": 0.0, "ok": False}
    ]
    assert trackbook.get_run(found["run_id"]).data.tags["trackbook.check.version"] == "signs/1"
    assert (
        "accuracy_score,0.0,accuracy_score >= 0.9,false"
        in shell("models", "check", uri, "bad.csv", "--format", "csv", code=1).output
    )


def test_rules_and_a_baseline_can_be_typed(shell: Shell, uri: str) -> None:
    shell("models", "check", uri, "bad.csv", "--threshold", "accuracy_score>=0", "--threshold", "example_count<=20")
    shell("models", "check", uri, "good.csv", "--threshold", "accuracy_score>=0.9", "--against", uri)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["models:/signs/1", "nowhere.csv"], "There is no file"),
        (["models:/signs/9", "good.csv"], "9"),
        (["models:/nothing/1", "good.csv"], "nothing"),
        (["models:/signs/1", "good.csv", "--targets", "goal"], "no column 'goal'"),
        (["models:/signs/1", "good.csv", "--threshold", "accuracy_score=1"], "A threshold is"),
        (["models:/signs/1", "empty.csv"], "cannot be read"),
        (["models:/signs/1", "few.csv"], "no column 'y'|x"),
        (["models:/signs/1", "good.csv", "--model-type", "clusterer"], "clusterer"),
    ],
)
def test_what_could_not_be_measured_ends_with_2(shell: Shell, uri: str, words: list[str], message: str) -> None:
    Path("empty.csv").touch()
    Path("few.csv").write_text("z\n1\n")
    answer = shell("models", "check", *words, code=2)
    assert "Error: " in answer.output
    assert answer.stdout == ""


def test_check_makes_no_store(shell: Shell, own_folder: None) -> None:
    GOOD.to_csv("good.csv", index=False)
    assert "There is no store" in shell("models", "check", "models:/signs/1", "good.csv", code=2).output
    assert not Path("trackbook.db").exists()
