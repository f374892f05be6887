"""Parallel coordinates: a line a run through its params to a metric, the best on top, as a small static SVG."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from trackbook.figures.axes import Axis, places_on
from trackbook.figures.palette import GREY, run_color, run_dash

__all__ = ["ParallelData", "parallel_data", "parallel_svg"]

_BYTES = 30_000
_INK = "#767676"
_LEFT, _RIGHT, _TOP, _FOOT = 60.0, 60.0, 44.0, 30.0
_LABEL = 18


class ParallelData(NamedTuple):
    """What the chart shows.

    Attributes:
        axes: from left to right.
        names: one a run.
        slots: 1 to 24, or None for grey.
        places: a row a run and a column an axis, 0 at the foot to 1 on top, NaN without a value.
        left_out: how many runs have fewer than two values, and no line.
    """

    axes: tuple[Axis, ...]
    names: tuple[str, ...]
    slots: tuple[int | None, ...]
    places: NDArray[np.float64]
    left_out: int


def parallel_data(axes: Sequence[Axis], names: Sequence[str], slots: Sequence[int | None]) -> ParallelData:
    """What to draw of some columns of the same runs."""
    places = np.stack([places_on(axis) for axis in axes], axis=1) if axes else np.empty((len(names), 0))
    drawn = np.isfinite(places).sum(axis=1) >= 2
    return ParallelData(tuple(axes), tuple(names), tuple(slots), places, int((~drawn).sum()))


def parallel_svg(data: ParallelData, width: int = 760, height: int = 260) -> str:
    """The chart in colours that read on white and on dark, at most 30 kB: if not all fit, coloured runs come first."""
    shown = len(data.names)
    while True:
        text = _svg(data, width, height, shown)
        if len(text.encode()) <= _BYTES or not shown:
            return text
        shown //= 2


def _svg(data: ParallelData, width: int, height: int, shown: int) -> str:
    order = sorted(range(len(data.names)), key=lambda place: data.slots[place] is None)[:shown]
    count = len(data.names) - data.left_out
    words = f"Parallel coordinates of {count} runs over {', '.join(axis.label[:40] for axis in data.axes) or 'nothing'}"
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img" aria-label="{escape(words)}" font-family="system-ui,sans-serif" font-size="11" fill="{_INK}">'
    )
    note = f", {min(shown, count)} drawn" if shown < count else ""
    title = f'<text x="12" y="16" font-weight="600" font-size="13">Parallel coordinates, {count} runs{note}</text>'
    if len(data.axes) < 2:
        nothing = '<text x="12" y="44">Nothing differs among these runs, so there is nothing to draw.</text>'
        return f"{head}{title}{nothing}</svg>"
    xs = np.linspace(_LEFT, width - _RIGHT, len(data.axes))
    lines = [_line(data, place, xs, height) for place in reversed(order)]
    axes = [_axis(axis, float(x), height) for axis, x in zip(data.axes, xs, strict=True)]
    return "".join([head, title, *lines, *axes, "</svg>"])


def _y(place: float, height: int) -> float:
    return height - _FOOT - place * (height - _FOOT - _TOP)


def _line(data: ParallelData, row: int, xs: NDArray[np.float64], height: int) -> str:
    path, before = [], False
    for x, place in zip(xs, data.places[row], strict=True):
        known = bool(np.isfinite(place))
        if known:
            path.append(f"{'L' if before else 'M'}{x:.0f} {_y(float(place), height):.1f}")
        before = known
    if len(path) < 2:
        return ""
    slot = data.slots[row]
    if slot is None:
        return f'<path d="{"".join(path)}" fill="none" stroke="{GREY}" opacity=".25"/>'
    dash = run_dash(slot)
    style = f' stroke-dasharray="{dash}"' if dash != "solid" else ""
    line = f'<path d="{"".join(path)}" fill="none" stroke="{run_color(slot, None)}" stroke-width="2"{style}/>'
    return f"<g><title>{escape(data.names[row][:80])}</title>{line}</g>"


def _axis(axis: Axis, x: float, height: int) -> str:
    short = axis.label if len(axis.label) <= _LABEL else axis.label[: _LABEL - 1] + "…"
    parts = [
        f'<path d="M{x:.0f} {_TOP - 3:g}V{height - _FOOT + 3:g}" stroke="{_INK}"/>',
        f'<text x="{x:.0f}" y="{_TOP - 10:g}" text-anchor="middle" font-weight="600">{escape(short)}</text>',
    ]
    places = places_on(axis, np.array([value for value, _ in axis.ticks], dtype=np.float64))
    for (_, text), place in list(zip(axis.ticks, places, strict=True))[:12]:
        cut = text if len(text) <= _LABEL else text[: _LABEL - 1] + "…"
        y = _y(float(place), height)
        parts.append(f'<text x="{x - 5:.0f}" y="{y + 4:.1f}" text-anchor="end" font-size="10">{escape(cut)}</text>')
    if axis.goal:
        foot = (
            f'<text x="{x:.0f}" y="{height - 10}" text-anchor="middle" font-size="10">{axis.goal}, best on top</text>'
        )
        parts.append(foot)
    return "".join(parts)
