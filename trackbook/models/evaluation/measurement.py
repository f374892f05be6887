"""One model measured on one sample: its metrics, tables and pictures. Nothing is logged here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trackbook.errors import InvalidParameter
from trackbook.models.evaluation.classification import Labelled, classification_metrics, label, per_class
from trackbook.models.evaluation.importance import Limits, shuffled_losses
from trackbook.models.evaluation.metric import EvaluationMetric, Materials, MetricValue, measure_extra, numbers_of
from trackbook.models.evaluation.pictures import Picture, classifier_pictures, importance_picture, regressor_pictures
from trackbook.models.evaluation.predictor import Answers, Predictor, ask, split_answer
from trackbook.models.evaluation.regression import Measured, measure, regression_metrics
from trackbook.models.evaluation.sample import Sample, vector

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["BETTER", "Measurement", "Question", "measured"]

#: Whether more is better, of the metrics that say how good a model is.
BETTER = {
    "accuracy_score": True, "f1_score": True, "log_loss": False, "max_error": False, "mean_absolute_error": False,
    "mean_absolute_percentage_error": False, "mean_squared_error": False, "precision_recall_auc": True,
    "precision_score": True, "r2_score": True, "recall_score": True, "roc_auc": True, "root_mean_squared_error": False,
    "score": True,
}  # fmt: skip
_TABLE_ROWS = 10_000


@dataclass(frozen=True)
class Question:
    """What is to be measured.

    Attributes:
        model_type: ``classifier``, ``regressor`` or None for the extra metrics alone.
        config: of MLflow's evaluators.
        extra: metrics of the user's own.
        column: of what the model gives, if it gives several.
        pictures: whether to draw, and to shuffle features.
    """

    model_type: str | None
    config: Mapping[str, Any] = field(default_factory=dict)
    extra: Sequence[EvaluationMetric] = ()
    column: str | None = None
    pictures: bool = True


@dataclass
class Measurement:
    """What was found.

    Attributes:
        answers: what the model gave.
        metrics: by name.
        pictures: by name.
        tables: by name.
        notes: what was left out and why, as sentences.
    """

    answers: Answers
    metrics: dict[str, float] = field(default_factory=dict)
    pictures: dict[str, Picture] = field(default_factory=dict)
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def measured(predictor: Predictor | None, sample: Sample, question: Question) -> Measurement:
    """Ask a model, or take the predictions that are in the data, and measure.

    Raises:
        InvalidParameter: the answers do not fit the targets, or a metric of the user's own does not work.
    """
    kind = question.model_type
    if kind is not None:
        _targets(sample)  # before a model is asked
    if predictor is not None:
        answers = ask(predictor, sample, question.column, probabilities=kind == "classifier")
    elif sample.predictions is not None:
        answers = Answers(sample.predictions)
    else:
        raise InvalidParameter("There is neither a model nor a column of predictions; give model= or predictions=.")
    found = Measurement(answers)
    if kind == "classifier":
        _classifier(found, _targets(sample), predictor, sample, question)
    elif kind == "regressor":
        _regressor(found, _targets(sample), predictor, sample, question)
    if predictor is not None and kind is not None:
        _own_score(found, predictor, sample, question.config)
    _extra(found, sample, question)
    return found


def _targets(sample: Sample) -> NDArray[Any]:
    if sample.targets is None:
        raise InvalidParameter("A classifier or regressor is measured against targets; say with targets= which.")
    return sample.targets


def _classifier(
    found: Measurement, targets: NDArray[Any], predictor: Predictor | None, sample: Sample, question: Question
) -> None:
    labelled = label(targets, found.answers, question.config)
    found.metrics |= classification_metrics(labelled)
    found.answers = found.answers._replace(predictions=np.asarray(labelled.labels)[labelled.predicted])
    if question.pictures:
        found.tables["per_class_metrics"] = per_class(labelled)
        found.pictures |= classifier_pictures(labelled, question.config)
        _importance(found, predictor, sample, question, labelled)
    found.notes += labelled.notes


def _regressor(
    found: Measurement, targets: NDArray[Any], predictor: Predictor | None, sample: Sample, question: Question
) -> None:
    numbers = measure(targets, found.answers.predictions, question.config)
    found.metrics |= regression_metrics(numbers)
    if question.pictures:
        found.pictures |= regressor_pictures(numbers)
        _importance(found, predictor, sample, question, numbers)


def _importance(
    found: Measurement, predictor: Predictor | None, sample: Sample, question: Question, of: Labelled | Measured
) -> None:
    config = question.config
    if predictor is None or config.get("log_model_explainability") is False:
        return
    from sklearn import metrics

    classes = isinstance(of, Labelled)
    if not classes and not np.ptp(of.truth):
        return  # no r2 of targets that are all the same
    score = metrics.accuracy_score if classes else metrics.r2_score

    def predict(features: Any) -> NDArray[Any]:
        given, _ = split_answer(predictor.predict(features), question.column)
        if classes and given.ndim == 2 and given.shape[1] > 1:
            voted: NDArray[Any] = np.asarray(list(config["label_list"]))[np.asarray(given).argmax(axis=1)]
            return voted
        return vector("predictions", given, len(features))

    limits = Limits(
        config.get("explainability_nsamples", Limits().rows), seconds=config.get("importance_seconds", 10.0)
    )
    losses, note = shuffled_losses(predict, sample, score, limits)
    found.pictures |= importance_picture(losses, "accuracy_score" if classes else "r2_score")
    found.notes += [note] if note else []


def _own_score(found: Measurement, predictor: Predictor, sample: Sample, config: Mapping[str, Any]) -> None:
    """What a scikit-learn estimator says of itself, MLflow's metric ``score``."""
    raw = predictor.raw
    if not (callable(getattr(raw, "score", None)) and hasattr(raw, "get_params")):
        return
    weights = {} if config.get("sample_weights") is None else {"sample_weight": config["sample_weights"]}
    try:
        found.metrics["score"] = float(raw.score(predictor.prepared(sample.features), sample.targets, **weights))
    except (ValueError, TypeError, AttributeError) as error:
        found.notes.append(f"The model's own score is left out: {error!s:.200}")


def _extra(found: Measurement, sample: Sample, question: Question) -> None:
    """The metrics of the user's own, and a table of the rows if one of them scores each row."""
    if not question.extra:
        return
    import pandas as pd

    frame = sample.frame()
    columns = {str(name): frame[name] for name in frame.columns}
    others = {name: pd.Series(values) for name, values in found.answers.others.items()}
    targets = None if sample.targets is None else pd.Series(sample.targets, name="target")
    predictions = pd.Series(found.answers.predictions, name="prediction")
    if sample.targets_name is not None and targets is not None:
        columns[sample.targets_name] = targets
    built_in = {name: MetricValue(aggregate_results={name: value}) for name, value in found.metrics.items()}
    aliases = question.config.get("col_mapping", {})
    materials = Materials(
        predictions, targets, columns | others, question.config, aliases, built_in, dict(found.metrics)
    )
    values = measure_extra(question.extra, materials)
    for key, value in values.items():
        found.metrics |= numbers_of(key, value)
    _rows(found, frame, materials, values)


def _rows(found: Measurement, frame: pd.DataFrame, materials: Materials, values: Mapping[str, MetricValue]) -> None:
    columns: dict[str, Any] = {}
    for key, value in values.items():
        for word, given in (("score", value.scores), ("justification", value.justifications)):
            if given is not None and len(given) == len(frame):
                columns[f"{key}/{word}"] = list(given)
    if not columns:
        return
    table = frame.reset_index(drop=True).assign(outputs=materials.predictions)
    if materials.targets is not None:
        table["target"] = materials.targets
    table = table.assign(**columns)
    if len(table) > _TABLE_ROWS:
        found.notes.append(f"The table has the first {_TABLE_ROWS} of {len(table)} rows.")
    found.tables["eval_results_table"] = table.head(_TABLE_ROWS)
