"""The metrics of a classifier under MLflow's names, and what its pictures are drawn from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trackbook.errors import InvalidParameter
from trackbook.libraries import require
from trackbook.models.evaluation.predictor import Answers
from trackbook.models.evaluation.sample import weights_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Labelled", "classification_metrics", "label", "per_class"]

_AVERAGES = ("weighted", "macro", "micro")
_AREAS = 200  # classes; each area sorts all rows


@dataclass(frozen=True)
class Labelled:
    """Targets and predictions of a classifier as numbers of classes.

    Attributes:
        truth: the class of each row, counted from 0.
        predicted: the class that the model gave.
        labels: what each class is called, sorted.
        probabilities: one column a class, in the order of `labels`; None if the model gives none.
        positive: the positive class where there are two; else None.
        weights: of the rows.
        average: how classes are averaged where there are more than two.
        notes: what was left out and why, as sentences.
    """

    truth: NDArray[np.intp]
    predicted: NDArray[np.intp]
    labels: list[Any]
    probabilities: NDArray[np.float64] | None
    positive: int | None
    weights: NDArray[np.float64] | None
    average: str
    notes: list[str] = field(default_factory=list)

    @property
    def classes(self) -> range:
        """The numbers of the classes."""
        return range(len(self.labels))

    @property
    def sizes(self) -> NDArray[np.int64]:
        """How many rows are of each class."""
        return np.bincount(self.truth, minlength=len(self.labels)).astype(np.int64)

    def confusion(self, limit: int) -> tuple[list[Any], NDArray[np.int64]]:
        """The classes with the most rows, and how many of each (down) were given each (across)."""
        kept = np.sort(np.argsort(-self.sizes, kind="stable")[:limit])
        place = np.full(len(self.labels), -1)
        place[kept] = np.arange(len(kept))
        down, across = place[self.truth], place[self.predicted]
        both = (down >= 0) & (across >= 0)
        counts = np.bincount(down[both] * len(kept) + across[both], minlength=len(kept) ** 2)
        return [self.labels[i] for i in kept], counts.reshape(len(kept), len(kept)).astype(np.int64)


def label(targets: NDArray[Any], answers: Answers, config: Mapping[str, Any]) -> Labelled:
    """Bring targets and predictions to numbers of classes.

    Args:
        targets: one a row.
        answers: what the model gave; several columns are probabilities if ``label_list`` names them.
        config: ``label_list``, ``pos_label``, ``average`` and ``sample_weights`` of MLflow's evaluators.

    Raises:
        InvalidParameter: labels of several kinds, numbers that are no labels, or a config that does not fit.
    """
    require("Evaluation of a classifier", "sklearn")
    notes: list[str] = []
    answers = _voted(answers, len(targets), config.get("label_list"))
    labels = _labels(targets, answers, config.get("label_list"))
    truth, predicted = _numbers(targets, labels), _numbers(answers.predictions, labels)
    probabilities = _aligned(answers, labels, notes)
    _note_classes(truth, answers.classes, labels, notes)
    weights, average = weights_of(config, len(targets)), config.get("average", "weighted")
    if average not in _AVERAGES:
        raise InvalidParameter(f"average is one of {', '.join(_AVERAGES)}, not {average!r:.80}.")
    positive = _positive(labels, config.get("pos_label"))
    return Labelled(truth, predicted, labels, probabilities, positive, weights, str(average), notes)


def _voted(answers: Answers, rows: int, label_list: Any) -> Answers:
    """A table of scores, one column a class, as the class with the highest score."""
    scores = answers.probabilities
    if len(answers.predictions) or scores is None:
        return answers
    if label_list is None or len(label_list) != scores.shape[1] or len(scores) != rows:
        raise InvalidParameter(
            f"The model gives {scores.shape[1]} values a row, where a classifier gives one label. If they are the "
            "scores of the classes, name these in order: evaluator_config={'label_list': [...]}."
        )
    names = np.asarray(list(label_list))
    return Answers(names[scores.argmax(axis=1)], scores, list(names), answers.others)


def _labels(targets: NDArray[Any], answers: Answers, label_list: Any) -> list[Any]:
    given = (
        [np.asarray(list(label_list))]
        if label_list is not None
        else []
        if answers.classes is None
        else [np.asarray(answers.classes)]
    )
    try:
        found = np.unique(np.concatenate([np.unique(targets), np.unique(answers.predictions), *given]))
    except TypeError as error:
        raise InvalidParameter(_mixed(targets, answers.predictions)) from error
    kinds = {_kind(part) for part in (targets, answers.predictions, *given)}
    if len(kinds) > 1:
        raise InvalidParameter(_mixed(targets, answers.predictions))
    if found.dtype.kind == "f":
        broken = found[found != np.floor(found)]
        if len(broken):
            raise InvalidParameter(
                f"{broken[0]!r} is no label of a class. A classifier is measured by labels; for numbers say "
                "model_type='regressor', and for scores name the classes in evaluator_config={'label_list': [...]}."
            )
    return list(found)


def _kind(values: NDArray[Any]) -> str:
    """Texts or numbers: bool, int and float compare with one another, and texts with neither."""
    if values.dtype.kind == "O":
        return "text" if any(isinstance(value, str) for value in values[:1]) else "number"
    return "text" if values.dtype.kind in "US" else "number"


def _mixed(targets: NDArray[Any], predictions: NDArray[Any]) -> str:
    names = [type(values[0]).__name__ for values in (targets, predictions)]
    held = f"the targets hold {names[0]} and the predictions {names[1]}"
    return f"Targets and predictions are labels of one kind; here {held}."


def _numbers(values: NDArray[Any], labels: list[Any]) -> NDArray[np.intp]:
    return np.searchsorted(np.asarray(labels), values).astype(np.intp)


def _aligned(answers: Answers, labels: list[Any], notes: list[str]) -> NDArray[np.float64] | None:
    """Probabilities with one column a label; 0 for a class that the model does not know."""
    proba = answers.probabilities
    if proba is None:
        return None
    classes = labels if answers.classes is None else answers.classes
    if proba.shape[1] != len(classes) or not np.isfinite(proba).all() or proba.min() < 0 or proba.max() > 1 + 1e-6:
        notes.append("What the model gives as probabilities are none, so nothing is made of them.")
        return None
    if not np.allclose(proba.sum(axis=1), 1, atol=1e-3):
        notes.append("The probabilities of a row do not add up to 1, so nothing is made of them.")
        return None
    aligned = np.zeros((len(proba), len(labels)))
    aligned[:, np.searchsorted(np.asarray(labels), classes)] = proba
    aligned /= aligned.sum(axis=1, keepdims=True)
    return aligned


def _note_classes(truth: NDArray[np.intp], known: list[Any] | None, labels: list[Any], notes: list[str]) -> None:
    there = np.unique(truth)
    if len(there) == 1:
        notes.append(f"All targets are {labels[there[0]]!s:.80}, so areas under curves are not defined.")
    strange = [labels[i] for i in there if known is not None and labels[i] not in known]
    if strange:
        listed = ", ".join(f"{name!s:.40}" for name in strange[:10])
        notes.append(f"The model does not know these classes of the targets: {listed}.")


def _positive(labels: list[Any], wanted: Any) -> int | None:
    if len(labels) != 2:
        return None
    if wanted is None:
        return 1
    if wanted not in labels:
        raise InvalidParameter(f"pos_label is one of {labels[0]!r} and {labels[1]!r}, not {wanted!r:.80}.")
    return labels.index(wanted)


def classification_metrics(labelled: Labelled) -> dict[str, float]:
    """The usual metrics under MLflow's names; those that are not defined are left out, and noted."""
    from sklearn import metrics

    y, given, weights = labelled.truth, labelled.predicted, labelled.weights
    found: dict[str, float] = {}
    how: dict[str, Any] = {"average": labelled.average, "labels": list(labelled.classes)}
    if labelled.positive is not None:
        how = {"average": "binary", "pos_label": labelled.positive}
        _, counts = labelled.confusion(2)
        yes, no = labelled.positive, 1 - labelled.positive
        found |= {
            "true_negatives": counts[no, no],
            "false_positives": counts[no, yes],
            "false_negatives": counts[yes, no],
            "true_positives": counts[yes, yes],
        }
    found["example_count"] = len(y)
    found["accuracy_score"] = metrics.accuracy_score(y, given, sample_weight=weights)
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(
        y, given, sample_weight=weights, zero_division=0, **how
    )
    found |= {"recall_score": recall, "precision_score": precision, "f1_score": f1}
    if labelled.probabilities is not None:
        found |= _of_probabilities(labelled, labelled.probabilities)
    return {name: float(value) for name, value in found.items()}


def _of_probabilities(labelled: Labelled, probabilities: NDArray[np.float64]) -> dict[str, float]:
    from sklearn import metrics

    y, weights = labelled.truth, labelled.weights
    found: dict[str, float] = {}
    if len(labelled.labels) > 1:
        found["log_loss"] = metrics.log_loss(y, probabilities, labels=list(labelled.classes), sample_weight=weights)
    if len(np.unique(y)) < 2:
        return found
    if labelled.positive is not None:
        score, positive = probabilities[:, labelled.positive], y == labelled.positive
        found["roc_auc"] = metrics.roc_auc_score(positive, score, sample_weight=weights)
        found["precision_recall_auc"] = metrics.average_precision_score(positive, score, sample_weight=weights)
    elif labelled.average != "micro" and len(labelled.labels) <= _AREAS:
        found |= _one_against_rest(labelled, probabilities)
    return found


def _one_against_rest(labelled: Labelled, probabilities: NDArray[np.float64]) -> dict[str, float]:
    """The mean of each class's area against all others; a class that no target has has none."""
    from sklearn import metrics

    y, weights = labelled.truth, labelled.weights
    there = np.unique(y)
    if len(there) < len(labelled.labels):
        names = ", ".join(f"{labelled.labels[i]!s:.40}" for i in sorted({*labelled.classes} - {*there.tolist()})[:10])
        labelled.notes.append(f"No target is {names}, so the mean area under ROC curves is that of the other classes.")
    areas = [metrics.roc_auc_score(y == i, probabilities[:, i], sample_weight=weights) for i in there]
    sizes = np.bincount(y, weights=weights, minlength=len(labelled.labels))[there]
    shares = sizes if labelled.average == "weighted" else np.ones(len(there))
    return {"roc_auc": float(np.average(areas, weights=shares))}


def per_class(labelled: Labelled) -> pd.DataFrame:
    """A row for each class: its counts against all others, and the metrics of it, under MLflow's names."""
    import pandas as pd
    from sklearn import metrics

    y, given, weights = labelled.truth, labelled.predicted, labelled.weights
    true = np.bincount(y[y == given], minlength=len(labelled.labels))
    wrong = np.bincount(given, minlength=len(labelled.labels)) - true
    missed = labelled.sizes - true
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(
        y, given, labels=list(labelled.classes), sample_weight=weights, zero_division=0
    )
    table = {
        "positive_class": [str(name) for name in labelled.labels],
        "true_negatives": len(y) - true - wrong - missed,
        "false_positives": wrong,
        "false_negatives": missed,
        "true_positives": true,
        "example_count": labelled.sizes,
        "recall_score": recall,
        "precision_score": precision,
        "f1_score": f1,
    }
    return pd.DataFrame(table)
