"""The importance of features: how much worse a model is when the values of one are shuffled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from trackbook.figures.evaluation.layout import empty_figure, inks_of, name_of, note_on
from trackbook.figures.palette import run_color

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["ImportanceData", "importance_data", "importance_figure"]

_SHOWN = 20


class ImportanceData(NamedTuple):
    """What the chart shows.

    Attributes:
        names: the features, the most important first.
        means: how much worse the metric is without each, on average.
        spreads: the standard deviation of that.
        metric: which metric.
        left_out: how many further features are not shown.
    """

    names: tuple[str, ...]
    means: tuple[float, ...]
    spreads: tuple[float, ...]
    metric: str
    left_out: int


def importance_data(losses: Mapping[str, ArrayLike], metric: str, limit: int = _SHOWN) -> ImportanceData:
    """What to draw.

    Args:
        losses: by feature, how much worse the metric was each time that its values were shuffled.
        metric: its name.
        limit: greatest number of features.
    """
    found = {name: np.asarray(values, dtype=np.float64) for name, values in losses.items()}
    ordered = sorted(found, key=lambda name: -float(found[name].mean()))
    shown = ordered[:limit]
    means = tuple(float(found[name].mean()) for name in shown)
    spreads = tuple(float(found[name].std()) for name in shown)
    return ImportanceData(tuple(shown), means, spreads, metric, len(ordered) - len(shown))


def importance_figure(data: ImportanceData, dark: bool | None = None) -> go.Figure:
    """The features as bars of a plotly figure, the most important on top."""
    note = f"; {data.left_out} more not shown" if data.left_out else ""
    figure = empty_figure(f"Importance of features{note}", f"{data.metric} lost when shuffled", "", dark)
    if not data.names:
        return note_on(figure, "No feature was measured.")
    inks = inks_of(dark)
    places = list(range(len(data.names)))
    spread = {"type": "data", "array": data.spreads, "color": inks.text, "thickness": 1, "width": 3}
    figure.add_bar(
        x=data.means, y=places, orientation="h", error_x=spread, marker={"color": run_color(1, dark), "opacity": 0.85}
    )
    names = [name_of(name) for name in data.names]
    figure.update_yaxes(tickvals=places, ticktext=names, autorange="reversed", showgrid=False)
    figure.update_xaxes(showgrid=True, gridcolor=inks.grid, zeroline=True, zerolinecolor=inks.axis)
    figure.update_layout(height=max(260, 110 + 22 * len(places)), bargap=0.35)
    return figure
