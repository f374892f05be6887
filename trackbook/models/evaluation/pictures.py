"""The pictures of an evaluation, each as data and as a plotly figure, under the names that MLflow gives them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from trackbook.figures.evaluation.calibration import calibration_data, calibration_figure
from trackbook.figures.evaluation.confusion import confusion_data, confusion_figure
from trackbook.figures.evaluation.importance import importance_data, importance_figure
from trackbook.figures.evaluation.one_against_rest import OneAgainstRest
from trackbook.figures.evaluation.precision_recall import precision_recall_data, precision_recall_figure
from trackbook.figures.evaluation.predicted import predicted_data, predicted_figure
from trackbook.figures.evaluation.residuals import residuals_data, residuals_figure
from trackbook.figures.evaluation.roc import roc_data, roc_figure
from trackbook.models.evaluation.classification import Labelled
from trackbook.models.evaluation.regression import Measured

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["Picture", "classifier_pictures", "importance_picture", "plain_data", "regressor_pictures"]

_CURVES, _MATRIX = 10, 200  # classes with a curve, and in the matrix that is stored as numbers


class Picture(NamedTuple):
    """What is drawn, and the drawing."""

    data: dict[str, Any]
    figure: go.Figure


def classifier_pictures(labelled: Labelled, config: Mapping[str, Any]) -> dict[str, Picture]:
    """Confusion matrix and, where the model gives probabilities, ROC, precision-recall and calibration curves."""
    full = confusion_data(*labelled.confusion(_MATRIX), limit=_MATRIX)
    left_out = len(labelled.labels) - len(full.labels)
    drawn = confusion_data(full.labels, full.counts)
    figure = confusion_figure(drawn._replace(left_out=drawn.left_out + left_out))
    found = {"confusion_matrix": Picture(plain_data(full._replace(left_out=left_out)), figure)}
    limit = config.get("max_classes_for_multiclass_roc_pr", _CURVES)
    if labelled.probabilities is None:
        return found
    if len(labelled.labels) > limit:
        labelled.notes.append(
            f"There are {len(labelled.labels)} classes, and curves are drawn of at most {limit}; "
            "max_classes_for_multiclass_roc_pr in evaluator_config says how many."
        )
        return found
    classes = _one_against_rest(labelled)
    roc, recall = roc_data(classes, labelled.weights), precision_recall_data(classes, labelled.weights)
    calibration = calibration_data(classes)
    return found | {
        "roc_curve_plot": Picture(plain_data(roc), roc_figure(roc)),
        "precision_recall_curve_plot": Picture(plain_data(recall), precision_recall_figure(recall)),
        "calibration_curve_plot": Picture(plain_data(calibration), calibration_figure(calibration)),
    }


def _one_against_rest(labelled: Labelled) -> list[OneAgainstRest]:
    """Each class against all others; of two only the positive one, for the other says the same."""
    chosen = labelled.classes if labelled.positive is None else [labelled.positive]
    scores = labelled.probabilities
    if scores is None:
        return []
    return [OneAgainstRest(str(labelled.labels[i]), labelled.truth == i, scores[:, i]) for i in chosen]


def regressor_pictures(measured: Measured) -> dict[str, Picture]:
    """Predictions against targets, and residuals."""
    predicted = predicted_data(measured.truth, measured.predicted)
    residuals = residuals_data(measured.truth, measured.predicted)
    return {
        "predictions_plot": Picture(plain_data(predicted), predicted_figure(predicted)),
        "residuals_plot": Picture(plain_data(residuals), residuals_figure(residuals)),
    }


def importance_picture(losses: Mapping[str, list[float]], metric: str) -> dict[str, Picture]:
    """The importance of features; nothing if none was measured."""
    if not losses:
        return {}
    every = importance_data(losses, metric, limit=len(losses))
    return {"feature_importance_plot": Picture(plain_data(every), importance_figure(importance_data(losses, metric)))}


def plain_data(value: Any) -> Any:
    """Data of a picture as dicts, lists and numbers, with None for what is no number."""
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {name: plain_data(member) for name, member in value._asdict().items()}
    if isinstance(value, np.ndarray):
        return [plain_data(item) for item in value.tolist()]
    if isinstance(value, (list, tuple)):
        return [plain_data(item) for item in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value
