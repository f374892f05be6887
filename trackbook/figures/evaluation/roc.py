"""ROC curves: of all other rows, how many a threshold takes wrongly, against how many of the class it finds."""

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

__all__ = ["RocData", "roc_data", "roc_figure"]


class RocData(NamedTuple):
    """A curve and its area for each class that some rows have and others have not."""

    curves: tuple[ClassCurve, ...]


def roc_data(classes: Iterable[OneAgainstRest], weights: NDArray[np.float64] | None = None) -> RocData:
    """What to draw; a class that every row or no row has is left out, for it has no such curve."""
    require("A ROC curve", "sklearn")
    from sklearn import metrics

    curves = []
    for name, positive, score in classes:
        if positive.all() or not positive.any():
            continue
        x, y, _ = metrics.roc_curve(positive, score, sample_weight=weights)
        area = float(metrics.roc_auc_score(positive, score, sample_weight=weights))
        curves.append(ClassCurve(name, *thin(x, y), area))
    return RocData(tuple(curves))


def roc_figure(data: RocData, dark: bool | None = None) -> go.Figure:
    """The curves as a plotly figure, with the line of a model that guesses."""
    axes = Axes("ROC curve", "False positive rate", "True positive rate", ((0, 1), (0, 1)), "area")
    return class_curves(data.curves, axes, dark)
