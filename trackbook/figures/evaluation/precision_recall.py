"""Precision-recall curves: how many of a class a threshold finds, against how many of those it takes are of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trackbook.figures.evaluation.layout import thin
from trackbook.figures.evaluation.one_against_rest import Axes, ClassCurve, OneAgainstRest, class_curves
from trackbook.libraries import require

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["PrecisionRecallData", "precision_recall_data", "precision_recall_figure"]


class PrecisionRecallData(NamedTuple):
    """A curve and its average precision for each class that some rows have, and the share of a single class."""

    curves: tuple[ClassCurve, ...]
    share: float | None


def precision_recall_data(
    classes: Iterable[OneAgainstRest], weights: NDArray[np.float64] | None = None
) -> PrecisionRecallData:
    """What to draw; a class that every row or no row has is left out, for its curve says nothing."""
    require("A precision-recall curve", "sklearn")
    from sklearn import metrics

    curves, shares = [], []
    for name, positive, score in classes:
        if positive.all() or not positive.any():
            continue
        precision, recall, _ = metrics.precision_recall_curve(positive, score, sample_weight=weights)
        area = float(metrics.average_precision_score(positive, score, sample_weight=weights))
        curves.append(ClassCurve(name, *thin(recall[::-1], precision[::-1]), area))
        shares.append(float(np.average(positive, weights=weights)))
    return PrecisionRecallData(tuple(curves), shares[0] if len(shares) == 1 else None)


def precision_recall_figure(data: PrecisionRecallData, dark: bool | None = None) -> go.Figure:
    """The curves as a plotly figure; AP is average precision. For one class with the line of a model that guesses."""
    line = None if data.share is None else ((0, 1), (data.share, data.share))
    axes = Axes("Precision-recall curve", "Recall", "Precision", line, "AP")
    return class_curves(data.curves, axes, dark)
