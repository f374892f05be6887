"""Public calls about evaluation for the table of bad input: how each is made rightly, and what is wrong."""

from __future__ import annotations

from typing import Any

import pandas as pd

from trackbook.errors import InvalidParameter, NotFound, NotSupported, TrackbookError
from trackbook.models.evaluation.result import EvaluationResult
from trackbook.models.evaluation.thresholds import MetricThreshold

Wrong = list[tuple[Any, type[TrackbookError]]]

TABLE = pd.DataFrame({"x": [1.0, 2.0], "label": [0, 1], "guess": [0, 1]})
COMPARED = {"f1_score": MetricThreshold(min_absolute_change=0.1, greater_is_better=True)}
MEASURED = EvaluationResult({"f1_score": 1.0}, {})


def invalid(*values: Any) -> Wrong:
    return [(value, InvalidParameter) for value in values]


GOOD: dict[str, Any] = {"data": TABLE, "targets": "label", "predictions": "guess", "model_type": "classifier"}
RULES = invalid(7, "f1_score", ["f1_score>1"], ["f1_score>=x"], {"f1_score": 0.9}, {"a//b": MEASURED}, [7])

EVALUATION_CALLS: list[tuple[str, dict[str, Any], dict[str, Wrong]]] = [
    (
        "evaluate",
        GOOD,
        {
            "model": [("nowhere", NotFound), ("models:/nothing/1", NotFound), *invalid(7, "", [1], int)],
            "data": invalid(None, 7, "none.csv", "file.txt", TABLE.head(0), {"x": [1]}, b"x"),
            "targets": invalid(None, "goal", [0], [0, None], 7, [[0, 1], [1, 0]]),
            "predictions": invalid("nothing", None),
            "model_type": [("text", NotSupported), *invalid(None, "clusterer", 7, ["classifier"])],
            "feature_names": invalid("x", ["nothing"], 7),
            "evaluators": invalid("shap", ["shap"]),
            "evaluator_config": invalid(7, ["a"], {1: 2}, {"average": "x"}, {"pos_label": 9}, {"sample_weights": [1]}),
            "extra_metrics": invalid(7, "mine", [len], [7]),
            "custom_artifacts": invalid(7, "mine", [7]),
            "env_manager": [("virtualenv", NotSupported), *invalid("docker", 7)],
            "model_id": [(f"m-{'0' * 32}", NotFound), *invalid("", "m-1", "../x", 7, ["a"])],
            "thresholds": [*RULES, (COMPARED, InvalidParameter)],
            "baseline": invalid(7, ""),
        },
    ),
    (
        "validate_evaluation_results",
        {"validation_thresholds": {}, "candidate_result": MEASURED, "baseline_result": None},
        {
            "validation_thresholds": invalid(None, 7, ["f1_score>=1"], {"f1_score": 1}),
            "candidate_result": invalid(None, 7, {}),
            "baseline_result": invalid(7, {}),
        },
    ),
]
