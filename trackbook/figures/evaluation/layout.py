"""What the pictures of an evaluation have in common: inks, margins, axes, and how many points are drawn."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trackbook.libraries import require

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["DRAWN_CURVE", "DRAWN_MARKS", "Inks", "drawn_rows", "empty_figure", "inks_of", "name_of", "note_on", "thin"]

#: A point a pixel of a curve, and as many marks as an eye can tell apart.
DRAWN_CURVE, DRAWN_MARKS = 400, 2_000
_NAME = 40


class Inks(NamedTuple):
    """Colours of text, of axes and of the grid."""

    text: str
    axis: str
    grid: str


def inks_of(dark: bool | None) -> Inks:
    """The inks on white, on dark, or (None) those that read on both."""
    if dark is None:
        return Inks("#808080", "rgba(128,128,128,.6)", "rgba(128,128,128,.25)")
    return Inks("#c8c8c8", "#6a6a6a", "#3a3a3a") if dark else Inks("#595959", "#a0a0a0", "#e2e2e2")


def empty_figure(title: str, x: str, y: str, dark: bool | None) -> go.Figure:
    """A figure without traces; titles are texts that plotly does not read as markup."""
    require("A figure of an evaluation", "plotly")
    import plotly.graph_objects as go

    inks = inks_of(dark)
    axis: dict[str, Any] = {"zeroline": False, "automargin": True}
    figure = go.Figure()
    figure.update_layout(
        template="none",
        title={"text": escape(title), "x": 0, "xref": "paper", "xanchor": "left", "font": {"size": 14}},
        margin={"l": 56, "r": 16, "t": 44, "b": 48},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"size": 12, "color": inks.text},
        hovermode="closest",
        showlegend=False,
        legend={"bgcolor": "rgba(0,0,0,0)"},
        xaxis=axis
        | {"title": {"text": escape(x)}, "showgrid": False, "showline": True, "linecolor": inks.axis}
        | {"ticks": "outside", "ticklen": 4, "tickcolor": inks.axis, "nticks": 6},
        yaxis=axis | {"title": {"text": escape(y)}, "gridcolor": inks.grid, "nticks": 6},
    )
    return figure


def note_on(figure: go.Figure, text: str) -> go.Figure:
    """Say something in the middle of a figure that has nothing to draw."""
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    figure.add_annotation(text=escape(text), x=0.5, y=0.5, xref="paper", yref="paper", showarrow=False)
    return figure


def name_of(label: object) -> str:
    """A class or feature as a short text that plotly does not read as markup."""
    text = str(label)
    return escape(text if len(text) <= _NAME else f"{text[: _NAME - 1]}…")


def drawn_rows(rows: int, limit: int = DRAWN_MARKS, seed: int = 0) -> NDArray[np.intp]:
    """Which rows are drawn as marks: all of few, else a sample that is the same in every process, in their order."""
    if rows <= limit:
        return np.arange(rows)
    return np.sort(np.random.default_rng(seed).choice(rows, limit, replace=False))


def thin(
    x: NDArray[np.float64], y: NDArray[np.float64], limit: int = DRAWN_CURVE
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """At most `limit` points of a curve from (0, 0) to (1, 1), evenly along its way, with both its ends."""
    if len(x) <= limit:
        return x, y
    way = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y)))])
    places = np.searchsorted(way, np.linspace(0, way[-1], limit))
    kept = np.unique(np.clip(np.concatenate([[0], places, [len(x) - 1]]), 0, len(x) - 1))
    return x[kept], y[kept]
