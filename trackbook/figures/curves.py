"""Curves of one metric of several runs: what is drawn, as a plotly figure, and as a small static SVG."""

from __future__ import annotations

import math
from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trackbook.figures.decimation import decimate
from trackbook.figures.direction import better, wants_log
from trackbook.figures.palette import GREY, run_color, run_dash, run_mark
from trackbook.figures.paths import svg_path
from trackbook.figures.ticks import linear_ticks, log_ticks, tick_text
from trackbook.libraries import require

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["Curve", "CurvesData", "curves_data", "curves_figure", "curves_svg"]

_SVG_BYTES = 30_000
#: Readable on white and on near black: a static picture does not know what it will lie on.
_INK, _LINE = "#767676", "rgba(128,128,128,.3)"


class Curve(NamedTuple):
    """One run's curve: x and y as float64, NaN where there is a gap; slot 1 to 24 or None for grey."""

    name: str
    slot: int | None
    x: NDArray[np.float64]
    y: NDArray[np.float64]


class CurvesData(NamedTuple):
    """What a chart of one metric shows.

    Attributes:
        key: the metric.
        log: whether the y axis is logarithmic.
        best: the best value by the metric's name, and the curve that has it; None where the name does not say.
        goal: ``min``, ``max`` or None.
        curves: decimated, in the order given.
        gaps: how many values are NaN or infinite, before decimation.
    """

    key: str
    log: bool
    best: tuple[float, int] | None
    goal: str | None
    curves: tuple[Curve, ...]
    gaps: int


def curves_data(
    key: str, curves: Iterable[tuple[str, int | None, ArrayLike, ArrayLike]], limit: int = 2_000
) -> CurvesData:
    """What to draw of a metric.

    Args:
        key: the metric.
        curves: name, slot, steps and values of each run, sorted by step.
        limit: greatest number of points a curve.
    """
    drawn, finite, best, gaps, falling = [], [], None, 0, False
    goal = better(key)
    for place, (name, slot, steps, values) in enumerate(curves):
        x, y = np.asarray(steps, dtype=np.float64), np.asarray(values, dtype=np.float64)
        real = y[np.isfinite(y)]
        gaps += len(y) - len(real)
        if len(real):
            finite += [float(real.min()), float(real.max())]
            falling = falling or bool(real[-1] < real[0])
            candidate = float(real.max() if goal == "max" else real.min())
            if goal and (best is None or (candidate > best[0] if goal == "max" else candidate < best[0])):
                best = (candidate, place)
        drawn.append(Curve(name, slot, *decimate(x, np.where(np.isfinite(y), y, np.nan), limit)))
    low, high = (min(finite), max(finite)) if finite else (None, None)
    return CurvesData(key, wants_log(key, low, high, falling), best, goal, tuple(drawn), gaps)


def curves_figure(data: CurvesData, dark: bool = False) -> go.Figure:
    """The chart as a plotly figure; names are texts that plotly does not read as markup."""
    require("A figure of curves", "plotly")
    import plotly.graph_objects as go

    figure = go.Figure()
    for curve in data.curves:
        color = run_color(curve.slot, dark)
        line = {"color": color, "width": 1.9 if curve.slot else 1, "dash": run_dash(curve.slot)}
        name = escape(curve.name)
        figure.add_scatter(x=curve.x, y=curve.y, mode="lines", name=name, line=line, opacity=1 if curve.slot else 0.5)
        end = _last(curve, data.log)
        if end is not None and curve.slot:
            mark = {"color": color, "symbol": run_mark(curve.slot), "size": 8}
            figure.add_scatter(x=[end[0]], y=[end[1]], mode="markers", marker=mark, hoverinfo="skip", showlegend=False)
    ink, line_color = ("#c8c8c8", "#4a4a4a") if dark else (_INK, _LINE)
    figure.update_layout(
        template="none",
        title={"text": escape(data.key) + (" (log)" if data.log else "")},
        margin={"l": 46, "r": 14, "t": 40, "b": 30},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"size": 11, "color": ink},
        hovermode="x",
        uirevision="keep",
        showlegend=len(data.curves) > 1,
        xaxis={"showgrid": False, "zeroline": False, "showline": True, "linecolor": line_color, "nticks": 6},
        yaxis={"gridcolor": line_color, "zeroline": False, "nticks": 5, "tickformat": "~g"},
    )
    if data.log:
        figure.update_yaxes(type="log", dtick="D2")
    return figure


def curves_svg(data: CurvesData, width: int = 520, height: int = 220, most_bytes: int = _SVG_BYTES) -> str:
    """The chart as a static SVG on no background, in colours that read on white and on dark.

    Args:
        data: from `curves_data`.
        width: px.
        height: px.
        most_bytes: its greatest size.
    """
    shown = data._replace(curves=data.curves[: max(1, min(60, (most_bytes - 2_000) // 400))])
    points = max(8, min(400, width, most_bytes // 2 // 13 // max(1, len(shown.curves))))
    while True:
        text = _svg(shown, width, height, points)
        if len(text.encode()) <= most_bytes or points <= 8:
            return text
        points = max(8, points // 2)


def _svg(data: CurvesData, width: int, height: int, points: int) -> str:
    box = _Box.around(data, width, height)
    title = escape(f"{data.key}{', log' if data.log else ''}")
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img" aria-label="{title}" font-family="system-ui,sans-serif" font-size="11" fill="{_INK}">'
    )
    parts = [
        head,
        f'<text x="12" y="16" font-weight="600" font-size="13">{title}</text>',
    ]
    if box is None:
        return "".join([*parts, f'<text x="12" y="40">{escape(_nothing(data))}</text></svg>'])
    parts += box.axes()
    for curve in data.curves:  # no more than are told apart, and fit
        parts.append(box.curve(curve, points))
    return "".join([*parts, "</svg>"])


class _Box:
    """The rectangle of a chart: data to px."""

    def __init__(self, size: tuple[int, int], xs: tuple[float, float], ys: tuple[float, float], log: bool) -> None:
        self.width, self.height = size
        self.left, self.right, self.top, self.bottom = 50.0, size[0] - 14.0, 28.0, size[1] - 24.0
        self.xs, self.ys, self.log = xs, ys, log

    @classmethod
    def around(cls, data: CurvesData, width: int, height: int) -> _Box | None:
        """The box that holds every finite point, or None if there is none."""
        kept = [(curve.x[mask], curve.y[mask]) for curve in data.curves if (mask := _drawable(curve, data.log)).any()]
        if not kept:
            return None
        xs = min(float(x.min()) for x, _ in kept), max(float(x.max()) for x, _ in kept)
        ys = min(float(y.min()) for _, y in kept), max(float(y.max()) for _, y in kept)
        if data.log:
            ys = math.log10(ys[0]), math.log10(ys[1])
        pad = (ys[1] - ys[0]) * 0.04 or abs(ys[1]) * 0.1 or 1.0
        if xs[0] == xs[1]:
            xs = xs[0] - 1, xs[1] + 1
        return cls((width, height), xs, (ys[0] - pad, ys[1] + pad), data.log)

    def x(self, value: float) -> float:
        return self.left + (value - self.xs[0]) / (self.xs[1] - self.xs[0]) * (self.right - self.left)

    def y(self, value: float) -> float:
        height = math.log10(value) if self.log else value
        return self.bottom - (height - self.ys[0]) / (self.ys[1] - self.ys[0]) * (self.bottom - self.top)

    def axes(self) -> list[str]:
        parts = []
        for tick in log_ticks(*self.ys) if self.log else linear_ticks(*self.ys, 4):
            y = self.y(tick)
            parts.append(f'<path d="M{self.left:g} {y:.1f}H{self.right:g}" stroke="{_LINE}"/>')
            parts.append(f'<text x="{self.left - 6:g}" y="{y + 4:.1f}" text-anchor="end">{tick_text(tick)}</text>')
        parts.append(f'<path d="M{self.left:g} {self.bottom:g}H{self.right:g}" stroke="{_INK}" opacity=".5"/>')
        for tick in linear_ticks(*self.xs, 5):
            x, y = self.x(tick), self.height - 8
            parts.append(f'<text x="{x:.1f}" y="{y}" text-anchor="middle">{tick_text(tick)}</text>')
        return parts

    def curve(self, curve: Curve, points: int) -> str:
        color = run_color(curve.slot, None) if curve.slot else GREY
        dash = run_dash(curve.slot)
        style = f' stroke-dasharray="{dash}"' if dash != "solid" else ""
        path = _path(self, curve, points)
        line = f'<path d="{path}" fill="none" stroke="{color}" stroke-width="1.6"{style} stroke-linejoin="round"/>'
        end = _last(curve, self.log)
        mark = f'<circle cx="{self.x(end[0]):.1f}" cy="{self.y(end[1]):.1f}" r="3" fill="{color}"/>' if end else ""
        return f"<g><title>{escape(curve.name[:80])}</title>{line}{mark}</g>"


def _path(box: _Box, curve: Curve, points: int) -> str:
    x, y = decimate(curve.x, curve.y, points)
    drawable = _drawable(curve._replace(x=x, y=y), box.log)
    return svg_path((box.x(float(a)), box.y(float(b))) if ok else None for a, b, ok in zip(x, y, drawable, strict=True))


def _drawable(curve: Curve, log: bool) -> NDArray[np.bool_]:
    return np.isfinite(curve.y) & ((curve.y > 0) | (not log))


def _last(curve: Curve, log: bool) -> tuple[float, float] | None:
    places = np.flatnonzero(_drawable(curve, log))
    return (float(curve.x[places[-1]]), float(curve.y[places[-1]])) if len(places) else None


def _nothing(data: CurvesData) -> str:
    if not data.gaps:
        return "No points yet."
    return f"All {data.gaps} points are NaN or infinite. Nothing to draw."
