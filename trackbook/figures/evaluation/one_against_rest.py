"""A class against all others: what ROC, precision-recall and calibration curves are made from, and how they look."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trackbook.figures.evaluation.layout import empty_figure, inks_of, name_of, note_on
from trackbook.figures.palette import run_color, run_dash

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["ClassCurve", "OneAgainstRest", "class_curves"]


class OneAgainstRest(NamedTuple):
    """One class: which rows are of it, and the probability that the model gives it."""

    name: str
    positive: NDArray[np.bool_]
    score: NDArray[np.float64]


class ClassCurve(NamedTuple):
    """The curve of one class, and the area under it if that is what it shows."""

    name: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    area: float | None = None


class Axes(NamedTuple):
    """Titles of a chart on the unit square, and the line of a model that knows nothing or is right; None for none."""

    title: str
    x: str
    y: str
    line: tuple[tuple[float, float], tuple[float, float]] | None
    area: str = ""
    mode: str = "lines"


def class_curves(curves: Sequence[ClassCurve], axes: Axes, dark: bool | None) -> go.Figure:
    """A chart on the unit square with a curve a class."""
    several = len(curves) > 1
    figure = empty_figure(axes.title, axes.x, axes.y, dark)
    if not curves:
        return note_on(figure, "Nothing to draw: the targets hold one class only.")
    if axes.line is not None:
        line = {"color": inks_of(dark).axis, "width": 1, "dash": "4px,4px"}
        figure.add_scatter(x=axes.line[0], y=axes.line[1], mode="lines", line=line, hoverinfo="skip", showlegend=False)
    for slot, curve in enumerate(curves, 1):
        area = "" if curve.area is None else f"{axes.area} {curve.area:.3f}"
        name = ", ".join(part for part in (name_of(curve.name) if several else "", area) if part)
        style = {"color": run_color(slot, dark), "width": 1.9, "dash": run_dash(slot)}
        figure.add_scatter(
            x=curve.x, y=curve.y, mode=axes.mode, name=name, line=style, marker={"size": 6}, cliponaxis=False
        )
    figure.update_xaxes(range=[0, 1], constrain="domain")
    figure.update_yaxes(range=[0, 1.02])
    figure.update_layout(showlegend=several or bool(axes.area))
    if not several:
        figure.update_layout(legend={"x": 1, "xanchor": "right", "y": 0.02, "yanchor": "bottom"})
    return figure
