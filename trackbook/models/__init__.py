"""Models, at MLflow's path: what describes, checks and loads them; names are found when they are first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trackbook.models.batch.prediction import predict
    from trackbook.models.deploying.images import build_docker, generate_dockerfile
    from trackbook.models.evaluation.artifact import EvaluationArtifact
    from trackbook.models.evaluation.checks import CheckResult, check, checks
    from trackbook.models.evaluation.evaluate import evaluate
    from trackbook.models.evaluation.metric import EvaluationMetric, MetricValue, make_metric
    from trackbook.models.evaluation.result import EvaluationResult
    from trackbook.models.evaluation.thresholds import MetricThreshold, validate_evaluation_results
    from trackbook.models.examples import convert_input_example_to_serving_input
    from trackbook.models.model import Model, ModelInfo
    from trackbook.models.model_code import ModelConfig, set_model
    from trackbook.models.pyfunc import validate_serving_input
    from trackbook.models.signature import (
        ModelSignature,
        get_model_info,
        infer_signature,
        set_signature,
        validate_schema,
    )

__all__ = [
    "CheckResult",
    "EvaluationArtifact",
    "EvaluationMetric",
    "EvaluationResult",
    "MetricThreshold",
    "MetricValue",
    "Model",
    "ModelConfig",
    "ModelInfo",
    "ModelSignature",
    "build_docker",
    "check",
    "checks",
    "convert_input_example_to_serving_input",
    "evaluate",
    "generate_dockerfile",
    "get_model_info",
    "infer_signature",
    "make_metric",
    "predict",
    "set_model",
    "set_signature",
    "validate_evaluation_results",
    "validate_schema",
    "validate_serving_input",
]

#: Module -> the names that it gives to this one.
_ROOMS = {
    "trackbook.models.evaluation.artifact": "EvaluationArtifact",
    "trackbook.models.evaluation.checks": "CheckResult check checks",
    "trackbook.models.evaluation.evaluate": "evaluate",
    "trackbook.models.evaluation.metric": "EvaluationMetric MetricValue make_metric",
    "trackbook.models.evaluation.result": "EvaluationResult",
    "trackbook.models.evaluation.thresholds": "MetricThreshold validate_evaluation_results",
    "trackbook.models.batch.prediction": "predict",
    "trackbook.models.deploying.images": "build_docker generate_dockerfile",
    "trackbook.models.examples": "convert_input_example_to_serving_input",
    "trackbook.models.model": "Model ModelInfo",
    "trackbook.models.model_code": "ModelConfig set_model",
    "trackbook.models.pyfunc": "validate_serving_input",
    "trackbook.models.signature": "ModelSignature get_model_info infer_signature set_signature validate_schema",
}
_HOMES = {name: room for room, names in _ROOMS.items() for name in names.split()}

if not TYPE_CHECKING:  # a type checker shall find a misspelt name

    def __getattr__(name: str) -> Any:
        if name == "signature":  # MLflow's code reads mlflow.models.signature after import mlflow alone
            return import_module("trackbook.models.signature")
        if name not in _HOMES:
            raise AttributeError(f"module 'trackbook.models' has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(_HOMES[name]), name)
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
