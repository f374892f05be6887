"""Calibration curves: of the rows that a model gives a probability, how many are of the class."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from trackbook.figures.evaluation.one_against_rest import Axes, ClassCurve, OneAgainstRest, class_curves
from trackbook.libraries import require

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["CalibrationData", "calibration_data", "calibration_figure"]


class CalibrationData(NamedTuple):
    """A curve for each class: the mean probability of each bin that has rows, and the share that is of the class."""

    curves: tuple[ClassCurve, ...]
    bins: int


def calibration_data(classes: Iterable[OneAgainstRest], bins: int = 10) -> CalibrationData:
    """What to draw.

    Args:
        classes: each with its probabilities.
        bins: of equal width, from 0 to 1.
    """
    require("A calibration curve", "sklearn")
    from sklearn.calibration import calibration_curve

    curves = []
    for name, positive, score in classes:
        if positive.all() or not positive.any():
            continue
        share, mean = calibration_curve(positive, np.clip(score, 0, 1), n_bins=bins)
        curves.append(ClassCurve(name, mean, share))
    return CalibrationData(tuple(curves), bins)


def calibration_figure(data: CalibrationData, dark: bool | None = None) -> go.Figure:
    """The curves as a plotly figure, with the line of a model that is right."""
    axes = Axes("Calibration", "Mean probability given", "Share that is so", ((0, 1), (0, 1)), mode="lines+markers")
    return class_curves(data.curves, axes, dark)
