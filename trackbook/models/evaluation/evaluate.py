"""Evaluate a model: measure it on data, log what was found, and hold it against thresholds."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from trackbook.errors import InvalidParameter, NotFound, NotSupported
from trackbook.models.evaluation.custom import checked_makers, make_artifacts
from trackbook.models.evaluation.measurement import Measurement, Question, measured
from trackbook.models.evaluation.metric import EvaluationMetric, checked_metrics
from trackbook.models.evaluation.predictor import Predictor, predictor_of
from trackbook.models.evaluation.recording import Finding, record
from trackbook.models.evaluation.result import EvaluationResult
from trackbook.models.evaluation.sample import Sample, Wanted, read_sample
from trackbook.models.evaluation.thresholds import (
    MetricThreshold,
    Thresholds,
    judge,
    read_thresholds,
    thresholds_to_json,
)
from trackbook.runs.active import ActiveRun, current_run
from trackbook.runs.fluent import start_run
from trackbook.runs.session import current_store
from trackbook.stores.base import Store

__all__ = ["Plan", "carry_out", "evaluate"]

log = logging.getLogger("trackbook")

_TYPES = ("classifier", "regressor")
_LANGUAGE = ("question-answering", "retriever", "text", "text-summarization")
_EVALUATORS = ("default", *_TYPES)
#: Keys of evaluator_config that do something; the last ones are MLflow's for explainers that are not used here.
_CONFIG = {
    "average", "col_mapping", "explainability_nsamples", "importance_seconds", "label_list", "log_model_explainability",
    "max_classes_for_multiclass_roc_pr", "metric_prefix", "pos_label", "sample_weights",
    "explainability_algorithm", "explainability_kernel_link", "log_explainer", "log_metrics_with_dataset_info",
}  # fmt: skip
#: What a check asks again.
_REMEMBERED = ("average", "label_list", "pos_label", "max_classes_for_multiclass_roc_pr")


@dataclass(frozen=True)
class Plan:
    """An evaluation that can be carried out: everything in it has been checked.

    Attributes:
        predictor: the model; None if predictions are in the data.
        sample: the data.
        question: what is to be measured.
        makers: functions of artifacts.
        thresholds: by metric, without a prefix.
        baseline: metrics of the model to compare with, or that model; None for none.
        model_id: of the logged model.
        features: the columns that were named for the model.
        remember: whether a check shall ask the same again.
    """

    predictor: Predictor | None
    sample: Sample
    question: Question
    makers: Sequence[Callable[..., Any]] = ()
    thresholds: Thresholds = field(default_factory=dict)
    baseline: Mapping[str, float] | Predictor | None = None
    model_id: str | None = None
    features: Sequence[str] | None = None
    remember: bool = True

    @property
    def prefix(self) -> str:
        """Before the names of metrics and files."""
        return str(self.question.config.get("metric_prefix") or "")


def evaluate(  # noqa: PLR0913 - MLflow's parameters
    model: Any = None,
    data: Any = None,
    *,
    model_type: str | None = None,
    targets: Any = None,
    predictions: str | None = None,
    dataset_path: str | None = None,
    feature_names: Sequence[str] | None = None,
    evaluators: str | Sequence[str] | None = None,
    evaluator_config: Mapping[str, Any] | None = None,
    extra_metrics: Sequence[EvaluationMetric] | None = None,
    custom_artifacts: Sequence[Callable[..., Any]] | None = None,
    env_manager: str | None = "local",
    model_config: Mapping[str, Any] | None = None,
    inference_params: Mapping[str, Any] | None = None,
    model_id: str | None = None,
    thresholds: Mapping[str, MetricThreshold] | Sequence[str] | None = None,
    baseline: Any = None,
) -> EvaluationResult:
    """Measure a model on data, and log metrics, tables and pictures to the active run, started if need be.

    Metrics are linked to the logged model and to the data set. Pictures are plotly figures and their data, as JSON,
    in the folder ``evaluation`` of the run's artifacts.

    Args:
        model: an address such as ``models:/digits/1``, a loaded model, an object with `predict`, or a function of the
            features; None if the data has predictions already.
        data: a pandas or polars DataFrame, an array or list of features, a data set of `trackbook.data`, or the path
            of a .csv or .parquet file.
        model_type: ``classifier``, ``regressor``, or None for extra_metrics alone.
        targets: the column of the targets, or the targets themselves.
        predictions: the column of predictions in the data, or in what the model gives.
        dataset_path: where the data came from.
        feature_names: the columns that the model is given, or names for those of an array.
        evaluators: taken for MLflow's sake: ``default``, or the model's type.
        evaluator_config: ``pos_label``, ``label_list``, ``average``, ``sample_weights``, ``metric_prefix``,
            ``col_mapping``, ``max_classes_for_multiclass_roc_pr``, ``log_model_explainability`` (False: no importance
            of features), ``explainability_nsamples`` and ``importance_seconds``; also values for extra_metrics.
        extra_metrics: what `make_metric` made.
        custom_artifacts: functions of a table of prediction and target, the metrics and a folder, which give a dict
            of name to artifact.
        env_manager: only ``local``.
        model_config: for loading the model.
        inference_params: for the `predict` of a logged model.
        model_id: the logged model to which the metrics belong; the model's own if None.
        thresholds: what must be reached: metric to MetricThreshold, or rules such as ``accuracy_score>=0.9``. The
            verdict is kept with the run and the logged model.
        baseline: a model to compare with, measured on the same data, or what `evaluate` gave for one.

    Returns:
        Metrics, artifacts, tables and the verdict.

    Raises:
        InvalidParameter: data, targets and predictions do not fit together, or an argument is none of the above.
        NotFound: there is no such model.
        NotSupported: another environment, or a model of language, is asked for.
        MissingDependency: scikit-learn or pandas is not installed.
    """
    _check_environment(env_manager)
    config = _config(evaluators, evaluator_config, model_type)
    extra = checked_metrics(extra_metrics)
    _check_type(model_type, extra)
    _warn_of_unknown(config, extra)
    makers, wanted_thresholds = checked_makers(custom_artifacts), read_thresholds(thresholds)
    predictor = None if model is None else predictor_of(model, model_config, inference_params)
    wanted = Wanted(targets, predictions, feature_names, dataset_path, has_model=model is not None)
    sample = read_sample(data, wanted)
    question = Question(model_type, config, extra, predictions if model is not None else None)
    known = _model_id(model_id, predictor)
    plan = Plan(predictor, sample, question, makers, wanted_thresholds, _baseline(baseline), known, feature_names)
    _check_baseline(plan)
    return carry_out(plan, _run)


def _check_environment(env_manager: object) -> None:
    if env_manager in ("virtualenv", "conda", "uv"):
        raise NotSupported(
            f"A model is evaluated in this environment, not in one made by {env_manager}; prepare the model's "
            "environment with `trackbook models prepare-env` and evaluate there."
        )
    if env_manager not in ("local", None):
        raise InvalidParameter(f"env_manager is 'local', not {env_manager!r:.80}.")


def _config(evaluators: Any, given: Any, model_type: str | None) -> dict[str, Any]:
    """One flat dict; MLflow takes one an evaluator too."""
    names = [evaluators] if isinstance(evaluators, str) else list(evaluators or ())
    unknown = [name for name in names if name not in _EVALUATORS]
    if unknown:
        raise InvalidParameter(f"There is no evaluator {unknown[0]!r:.80}; there are {', '.join(_EVALUATORS)}.")
    if given is None:
        return {}
    if not isinstance(given, Mapping) or not all(isinstance(key, str) for key in given):
        raise InvalidParameter(f"evaluator_config is a dict of options by name, not {given!r:.80}.")
    nested = [name for name in ("default", model_type) if name in given and isinstance(given[name], Mapping)]
    flat: dict[str, Any] = {}
    for name in nested:
        flat |= given[name]
    return flat if nested else dict(given)


def _check_type(model_type: object, extra: Sequence[EvaluationMetric]) -> None:
    if model_type in _LANGUAGE:
        raise NotSupported(f"Models of language ({model_type}) are left out; give extra_metrics and no model_type.")
    if model_type is None and not extra:
        raise InvalidParameter("Say model_type='classifier' or 'regressor', or give extra_metrics.")
    if model_type is not None and model_type not in _TYPES:
        raise InvalidParameter(f"model_type is 'classifier', 'regressor' or None, not {model_type!r:.80}.")


def _warn_of_unknown(config: Mapping[str, Any], extra: Sequence[EvaluationMetric]) -> None:
    """MLflow takes any key, for metrics may ask for it; a misspelt one must not go unheard."""
    if extra:
        return
    unknown = sorted(config.keys() - _CONFIG)
    if unknown:
        log.warning("evaluator_config has %s, which nothing asks for.", ", ".join(map(repr, unknown)))


def _model_id(given: str | None, predictor: Predictor | None) -> str | None:
    own = None if predictor is None else predictor.model_id
    if given is not None and not isinstance(given, str):
        raise InvalidParameter(f"model_id is the id of a logged model, not {given!r:.80}.")
    if given is not None and own is not None and given != own:
        raise InvalidParameter(f"model_id says {given!r}, but the model is {own!r}; leave model_id out.")
    return own if given is None else given


def _baseline(given: Any) -> Mapping[str, float] | Predictor | None:
    if given is None:
        return None
    if isinstance(given, EvaluationResult):
        return given.metrics
    return predictor_of(given)


def _check_baseline(plan: Plan) -> None:
    if plan.baseline is None and (comparing := [n for n, t in plan.thresholds.items() if t.compares]):
        raise InvalidParameter(f"The threshold of {comparing[0]!r} compares with a baseline; give baseline=.")


@contextmanager
def _run() -> Iterator[ActiveRun]:
    """The active run, or one of the evaluation's own, which ends with it."""
    run = current_run()
    if run is not None:
        yield run
    else:
        with start_run() as started:
            yield started


def carry_out(plan: Plan, opened: Callable[[], AbstractContextManager[ActiveRun]]) -> EvaluationResult:
    """Measure, judge and log.

    Args:
        plan: what is to be done.
        opened: gives the run. It is asked for when all has been measured, so that what does not fit leaves no run; but
            before the user's own functions are called, for these may log too.

    Raises:
        InvalidParameter: the model's answers do not fit the targets; nothing has been logged then.
        NotFound: the store has no logged model with the id that was given.
    """
    active = current_run()
    known = _knows(current_store() if active is None else active.store, plan)
    with ExitStack() as stack:
        run = stack.enter_context(opened()) if plan.makers or plan.question.extra else None
        found = measured(plan.predictor, plan.sample, plan.question)
        other = _measured_baseline(plan, found)
        thresholds = {name.removeprefix(plan.prefix): threshold for name, threshold in plan.thresholds.items()}
        judgements = judge(thresholds, found.metrics, other)
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="trackbook-evaluation-"))
        files = make_artifacts(plan.makers, plan.sample, found, Path(folder))
        asked = _remembered(plan, thresholds) if plan.remember else None
        finding = Finding(found, plan.sample, judgements, files, asked, plan.model_id, known, plan.prefix)
        return record(run or stack.enter_context(opened()), finding)


def _knows(store: Store, plan: Plan) -> bool:
    if plan.model_id is None:
        return False
    try:
        store.get_logged_model(plan.model_id)
    except NotFound:
        if plan.predictor is None or plan.predictor.model_id is None:
            raise
        return False  # it lies in another store, or was only saved into a folder
    return True


def _measured_baseline(plan: Plan, found: Measurement) -> Mapping[str, float] | None:
    if not isinstance(plan.baseline, Predictor):
        return None if plan.baseline is None else {k.removeprefix(plan.prefix): v for k, v in plan.baseline.items()}
    other = measured(plan.baseline, plan.sample, replace(plan.question, pictures=False))
    named = ", ".join(f"{name} {value:.6g}" for name, value in other.metrics.items() if name in plan.thresholds)
    found.notes.append(f"The baseline is {plan.baseline.name}{': ' if named else '.'}{named}")
    return other.metrics


def _remembered(plan: Plan, thresholds: Thresholds) -> dict[str, Any]:
    config = {key: plan.question.config[key] for key in _REMEMBERED if key in plan.question.config}
    if "label_list" in config:
        config["label_list"] = [getattr(one, "item", lambda one=one: one)() for one in config["label_list"]]
    return {
        "model_type": plan.question.model_type,
        "targets": plan.sample.targets_name,
        "features": None if plan.features is None else list(plan.features),
        "config": config,
        "thresholds": thresholds_to_json(thresholds),
        "extra_metrics": [metric.key for metric in plan.question.extra],
    }
