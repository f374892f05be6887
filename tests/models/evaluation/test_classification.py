"""The metrics of a classifier: as scikit-learn tells them, under MLflow's names, and none where there is none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn import metrics as sk

from trackbook.errors import InvalidParameter
from trackbook.models.evaluation.classification import Labelled, classification_metrics, label, per_class
from trackbook.models.evaluation.predictor import Answers

RANDOM = np.random.default_rng(0)
ROWS = 500


def labelled(targets: Any, predictions: Any, proba: Any = None, classes: Any = None, **config: Any) -> Labelled:
    answers = Answers(np.asarray(predictions), None if proba is None else np.asarray(proba, dtype=float), classes)
    return label(np.asarray(targets), answers, config)


def three_classes() -> tuple[Any, Any, Any]:
    truth = RANDOM.integers(0, 3, ROWS)
    proba = RANDOM.dirichlet([1, 1, 1], ROWS) + 0.7 * np.eye(3)[truth]
    proba /= proba.sum(axis=1, keepdims=True)
    return truth, proba.argmax(axis=1), proba


def test_two_classes_have_mlflows_metrics() -> None:
    truth = RANDOM.integers(0, 2, ROWS)
    score = np.clip(truth * 0.4 + RANDOM.random(ROWS) * 0.6, 0, 1)
    given = (score > 0.5).astype(int)
    found = classification_metrics(labelled(truth, given, np.column_stack([1 - score, score])))
    tn, fp, fn, tp = sk.confusion_matrix(truth, given).ravel()
    assert found == pytest.approx(
        {
            "true_negatives": tn, "false_positives": fp, "false_negatives": fn, "true_positives": tp,
            "example_count": ROWS,
            "accuracy_score": sk.accuracy_score(truth, given),
            "recall_score": sk.recall_score(truth, given),
            "precision_score": sk.precision_score(truth, given),
            "f1_score": sk.f1_score(truth, given),
            "log_loss": sk.log_loss(truth, score),
            "roc_auc": sk.roc_auc_score(truth, score),
            "precision_recall_auc": sk.average_precision_score(truth, score),
        }
    )  # fmt: skip


@pytest.mark.parametrize("average", ["weighted", "macro"])
def test_several_classes_are_averaged(average: str) -> None:
    truth, given, proba = three_classes()
    weights = RANDOM.random(ROWS)
    found = classification_metrics(labelled(truth, given, proba, sample_weights=weights, average=average))
    how: dict[str, Any] = {"average": average, "sample_weight": weights}
    assert found == pytest.approx(
        {
            "example_count": ROWS,
            "accuracy_score": sk.accuracy_score(truth, given, sample_weight=weights),
            "recall_score": sk.recall_score(truth, given, **how),
            "precision_score": sk.precision_score(truth, given, **how),
            "f1_score": sk.f1_score(truth, given, **how),
            "log_loss": sk.log_loss(truth, proba, sample_weight=weights),
            "roc_auc": sk.roc_auc_score(truth, proba, multi_class="ovr", **how),
        }
    )


def test_texts_truth_values_and_numbers_are_labels_alike() -> None:
    truth, given = [0, 1, 1, 0], [0, 1, 0, 0]
    numbers = classification_metrics(labelled(truth, given))
    texts = np.array(["no", "yes"], dtype=object)
    assert classification_metrics(labelled(texts[truth], texts[given])) == numbers
    assert classification_metrics(labelled(np.array(truth, dtype=bool), given)) == numbers
    assert classification_metrics(labelled(np.array(truth, dtype=float), given)) == numbers


def test_the_positive_class_can_be_named() -> None:
    two = labelled(["a", "a", "b"], ["a", "b", "b"], [[0.9, 0.1], [0.4, 0.6], [0.2, 0.8]], ["a", "b"], pos_label="a")
    found = classification_metrics(two)
    assert (found["true_positives"], found["false_negatives"], found["precision_score"]) == (1, 1, 1)
    assert found["roc_auc"] == 1
    with pytest.raises(InvalidParameter, match="pos_label is one of"):
        labelled(["a", "b"], ["a", "b"], pos_label="c")


def test_one_class_only_has_metrics_but_no_areas() -> None:
    one = labelled([1, 1, 1], [1, 1, 1], [[0.2, 0.8]] * 3, [0, 1])
    found = classification_metrics(one)
    assert (found["accuracy_score"], found["recall_score"], found["true_positives"]) == (1, 1, 3)
    assert "roc_auc" not in found
    assert one.notes == ["All targets are 1, so areas under curves are not defined."]
    alone = classification_metrics(labelled(["x", "x"], ["x", "x"]))
    assert (alone["accuracy_score"], alone["f1_score"]) == (1, 1)


def test_class_that_the_model_does_not_know_is_counted_and_noted() -> None:
    strange = labelled([0, 1, 2, 2], [0, 1, 1, 0], [[0.9, 0.1], [0.2, 0.8], [0.4, 0.6], [0.7, 0.3]], [0, 1])
    found = classification_metrics(strange)
    assert found["accuracy_score"] == 0.5
    assert found["log_loss"] > 10
    assert "does not know these classes of the targets: 2." in strange.notes[0]
    assert per_class(strange)["recall_score"].tolist() == [1, 1, 0]


def test_class_that_no_target_has_is_left_out_of_the_mean_area() -> None:
    truth, given, proba = three_classes()
    rows = truth != 2
    few = labelled(truth[rows], given[rows], proba[rows], [0, 1, 2])
    areas = [sk.roc_auc_score(truth[rows] == i, proba[rows][:, i]) for i in (0, 1)]
    assert classification_metrics(few)["roc_auc"] == pytest.approx(np.average(areas, weights=np.bincount(truth[rows])))
    assert any("No target is 2" in note for note in few.notes)


@pytest.mark.parametrize(
    "proba", [[[2.0, -1.0]] * 3, [[np.nan, 1]] * 3, [[0.1, 0.2]] * 3, [[1.0]] * 3, [[0.1, 0.1, 0.8]] * 3]
)
def test_scores_that_are_no_probabilities_are_not_taken_for_some(proba: Any) -> None:
    odd = labelled([0, 1, 1], [0, 1, 0], proba, [0, 1])
    assert "log_loss" not in classification_metrics(odd)
    assert len(odd.notes) == 1


def test_scores_by_class_are_read_where_the_classes_are_named() -> None:
    scores = np.array([[3.0, 1.0, 0.0], [0.0, 9.0, 1.0]])
    voted = label(np.array(["a", "b"]), Answers(np.empty(0), scores), {"label_list": ["a", "b", "c"]})
    assert classification_metrics(voted)["accuracy_score"] == 1
    with pytest.raises(InvalidParameter, match="3 values a row"):
        label(np.array(["a", "b"]), Answers(np.empty(0), scores), {})


@pytest.mark.parametrize(
    ("targets", "predictions"),
    [(["0", "1"], [0, 1]), ([0, 1], [0.2, 0.9]), (np.array([0, "x"], dtype=object), ["x", "x"])],
)
def test_labels_of_two_kinds_and_scores_are_refused(targets: Any, predictions: Any) -> None:
    with pytest.raises(InvalidParameter, match=r"one kind|no label of a class"):
        labelled(targets, predictions)


@pytest.mark.parametrize(
    "config",
    [
        {"average": "mean"}, {"average": None}, {"sample_weights": [1]}, {"sample_weights": ["a", "b"]},
        {"sample_weights": [0, 0]}, {"sample_weights": [-1, 1]}, {"sample_weights": [np.inf, 1]},
        {"sample_weights": [None, 1]}, {"sample_weights": "ab"},
    ],
)  # fmt: skip
def test_config_that_does_not_fit_is_refused(config: dict[str, Any]) -> None:
    with pytest.raises(InvalidParameter):
        labelled([0, 1], [0, 1], **config)


def test_per_class_counts_each_class_against_all_others() -> None:
    truth, given, _ = three_classes()
    table = per_class(labelled(truth, given))
    assert table["positive_class"].tolist() == ["0", "1", "2"]
    assert (table[["true_negatives", "false_positives", "false_negatives", "true_positives"]].sum(axis=1) == ROWS).all()
    assert table["recall_score"].tolist() == pytest.approx(sk.recall_score(truth, given, average=None).tolist())
    assert table["example_count"].tolist() == np.bincount(truth).tolist()


def test_many_rows_take_a_moment() -> None:
    truth = RANDOM.integers(0, 2, 1_000_000)
    score = np.clip(truth * 0.3 + RANDOM.random(1_000_000) * 0.7, 0, 1)
    found = classification_metrics(labelled(truth, score > 0.5, np.column_stack([1 - score, score])))
    assert found["example_count"] == 1_000_000
