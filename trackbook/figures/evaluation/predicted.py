"""Predictions of a regressor against the targets: how far from the line where both agree."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trackbook.figures.evaluation.layout import drawn_rows, empty_figure, inks_of
from trackbook.figures.palette import run_color

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["PredictedData", "predicted_data", "predicted_figure"]


class PredictedData(NamedTuple):
    """Targets and predictions of the rows that are drawn, and how many rows there are."""

    targets: NDArray[np.float64]
    predictions: NDArray[np.float64]
    rows: int


def predicted_data(targets: NDArray[np.float64], predictions: NDArray[np.float64]) -> PredictedData:
    """What to draw: all of few rows, else a sample and the rows that are furthest off."""
    rows = drawn_rows(len(targets))
    if len(rows) < len(targets):
        worst = np.argpartition(-np.abs(predictions - targets), 20)[:20]
        rows = np.union1d(rows, worst)
    return PredictedData(targets[rows], predictions[rows], len(targets))


def predicted_figure(data: PredictedData, dark: bool | None = None) -> go.Figure:
    """The rows as a plotly figure, with the line where both agree."""
    shown = len(data.targets)
    part = f"; {shown:,} of {data.rows:,} rows" if shown < data.rows else ""
    figure = empty_figure(f"Predictions against targets{part}", "Target", "Prediction", dark)
    both = np.concatenate([data.targets, data.predictions])
    ends = [float(both.min()), float(both.max())]
    line = {"color": inks_of(dark).text, "width": 1, "dash": "4px,4px"}
    figure.add_scatter(x=ends, y=ends, mode="lines", line=line, hoverinfo="skip")
    mark = {"color": run_color(1, dark), "size": 5 if shown > 500 else 6, "opacity": 0.5 if shown > 500 else 0.7}
    figure.add_scatter(x=data.targets, y=data.predictions, mode="markers", marker=mark, name="row")
    return figure
