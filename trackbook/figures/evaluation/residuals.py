"""Residuals of a regressor, target minus prediction: against the prediction, and how often each occurs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trackbook.figures.evaluation.layout import drawn_rows, empty_figure, inks_of
from trackbook.figures.palette import run_color

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["ResidualsData", "residuals_data", "residuals_figure"]

_BINS = 40


class ResidualsData(NamedTuple):
    """What the chart shows.

    Attributes:
        predictions, residuals: of the rows that are drawn as marks.
        counts, edges: how many of all rows have a residual between each two edges.
        rows: how many there are.
    """

    predictions: NDArray[np.float64]
    residuals: NDArray[np.float64]
    counts: NDArray[np.int64]
    edges: NDArray[np.float64]
    rows: int


def residuals_data(targets: NDArray[np.float64], predictions: NDArray[np.float64]) -> ResidualsData:
    """What to draw: marks of all of few rows, else of a sample; the histogram is of all rows."""
    residuals = targets - predictions
    finite = residuals[np.isfinite(residuals)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 0.0)
    if not np.isfinite(high - low) or high - low <= abs(high) * 1e-12:
        room = max(0.5, abs(low) * 1e-6)
        low, high = low - room, low + room
    counts, edges = np.histogram(finite, bins=min(_BINS, max(5, round(len(finite) ** 0.5))), range=(low, high))
    rows = drawn_rows(len(targets))
    return ResidualsData(predictions[rows], residuals[rows], counts.astype(np.int64), edges, len(targets))


def residuals_figure(data: ResidualsData, dark: bool | None = None) -> go.Figure:
    """The residuals as a plotly figure: marks at the left, their histogram at the right, on one scale."""
    shown = len(data.residuals)
    part = f"; {shown:,} of {data.rows:,} rows" if shown < data.rows else ""
    figure = empty_figure(f"Residuals{part}", "Prediction", "Target − prediction", dark)
    color, inks = run_color(1, dark), inks_of(dark)
    mark = {"color": color, "size": 5 if shown > 500 else 6, "opacity": 0.5 if shown > 500 else 0.7}
    figure.add_scatter(x=data.predictions, y=data.residuals, mode="markers", marker=mark, name="row")
    middles = (data.edges[:-1] + data.edges[1:]) / 2
    figure.add_bar(
        x=data.counts, y=middles, orientation="h", width=np.diff(data.edges) * 0.9, xaxis="x2", name="rows",
        marker={"color": color, "opacity": 0.7},
    )  # fmt: skip
    figure.add_hline(y=0, line={"color": inks.text, "width": 1, "dash": "4px,4px"})
    second = {"domain": [0.82, 1], "title": {"text": "Rows"}, "showgrid": False, "zeroline": False, "nticks": 3}
    figure.update_layout(xaxis={"domain": [0, 0.78]}, xaxis2=second | {"tickformat": "~s"}, bargap=0)
    return figure
