"""A confusion matrix: how many rows of each class were given each class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trackbook.figures.evaluation.layout import empty_figure, name_of

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["ConfusionData", "confusion_data", "confusion_figure"]

_LARGEST = 40
#: From a class that got nothing to one that got all; the text of a cell is that which reads on it.
_LIGHT = ((0.0, "#eef1fb"), (0.5, "#7f97ee"), (1.0, "#1f3a9e"))
_DARK = ((0.0, "#23283a"), (0.5, "#4a63c0"), (1.0, "#b3c4ff"))
_TURNS = {False: 0.4, True: 0.72}


class ConfusionData(NamedTuple):
    """What the chart shows.

    Attributes:
        labels: the classes, in their order.
        counts: rows of the class (down) that were given the class (across).
        shares: the same as parts of the class; 0 for a class without rows.
        left_out: how many further classes are not shown: those with the fewest rows.
    """

    labels: tuple[str, ...]
    counts: NDArray[np.int64]
    shares: NDArray[np.float64]
    left_out: int


def confusion_data(labels: Sequence[object], counts: ArrayLike, limit: int = _LARGEST) -> ConfusionData:
    """What to draw of a square of counts; at most `limit` classes, those with the most rows."""
    square = np.asarray(counts, dtype=np.int64)
    totals = square.sum(axis=1, keepdims=True)
    shares = square / np.maximum(totals, 1)
    kept = np.sort(np.argsort(-totals[:, 0], kind="stable")[:limit])
    names = tuple(str(labels[i]) for i in kept)
    return ConfusionData(names, square[np.ix_(kept, kept)], shares[np.ix_(kept, kept)], len(labels) - len(kept))


def confusion_figure(data: ConfusionData, dark: bool | None = None) -> go.Figure:
    """The matrix as a plotly figure: counts in the cells, coloured by their share of the class."""
    note = f"; {data.left_out} rarer classes not shown" if data.left_out else ""
    figure = empty_figure(f"Confusion matrix{note}", "Given by the model", "Target", dark)
    names, scale = [name_of(label) for label in data.labels], _DARK if dark else _LIGHT
    places = list(range(len(names)))
    figure.add_heatmap(
        x=places,
        y=places,
        z=data.shares,
        zmin=0,
        zmax=1,
        colorscale=[list(stop) for stop in scale],
        customdata=data.counts,
        hovertemplate="target %{y}, given %{x}: %{customdata} rows, %{z:.1%} of the class<extra></extra>",
        xgap=2,
        ygap=2,
        colorbar={
            "title": {"text": "Share of the target", "side": "right"},
            "tickformat": ".0%",
            "thickness": 10,
            "outlinewidth": 0,
        },
    )
    if len(names) <= 20:
        _write_counts(figure, data, bool(dark))
    axis = {"tickvals": places, "ticktext": names, "showgrid": False, "showline": False, "ticks": ""}
    figure.update_xaxes(**axis, constrain="domain")
    figure.update_yaxes(**axis, autorange="reversed", scaleanchor="x", constrain="domain")
    return figure


def _write_counts(figure: go.Figure, data: ConfusionData, dark: bool) -> None:
    size = 13 if len(data.labels) <= 6 else 11 if len(data.labels) <= 12 else 9
    low, high = ("#e8e8e8", "#14181f") if dark else ("#1c2333", "#ffffff")
    for down, row in enumerate(data.counts):
        for across, count in enumerate(row):
            ink = low if data.shares[down, across] < _TURNS[dark] else high
            figure.add_annotation(
                x=across,
                y=down,
                text=f"{count:,}".replace(",", "\u202f"),
                showarrow=False,
                font={"size": size, "color": ink},
            )
