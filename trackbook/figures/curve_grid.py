"""Several charts of curves as one static picture: what a saved notebook shows of a panel of curves."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from trackbook.figures.curves import CurvesData, curves_svg
from trackbook.figures.palette import MARK_PATHS, run_color

__all__ = ["curve_grid_svg"]

_MOST_BYTES, _MOST_CHARTS, _MOST_NAMES = 30_000, 6, 12
_WIDTH, _HEIGHT, _GAP, _LINE = 430, 190, 10, 20
_INK = "#767676"


def curve_grid_svg(charts: Sequence[CurvesData], runs: Sequence[tuple[str, int | None]]) -> str:
    """Up to six charts, two in a row, over a line of runs with their marks; at most 30 kB.

    Args:
        charts: from `trackbook.figures.curves.curves_data`.
        runs: name and slot of each run, for the legend.
    """
    shown = charts[:_MOST_CHARTS]
    columns = min(2, max(1, len(shown)))
    width = columns * _WIDTH + (columns - 1) * _GAP
    legend = _legend(runs, width)
    top = _LINE * (legend.count('<g transform="translate(0,') or 1)
    budget = (_MOST_BYTES - 4_500) // max(1, len(shown))
    parts = []
    for place, data in enumerate(shown):
        x, y = place % columns * (_WIDTH + _GAP), top + place // columns * (_HEIGHT + _GAP)
        chart = curves_svg(data, _WIDTH, _HEIGHT, budget).replace("<svg ", f'<svg x="{x}" y="{y}" ', 1)
        parts.append(chart)
    height = top + -(-len(shown) // columns) * (_HEIGHT + _GAP)
    if len(charts) > len(shown):
        more = f"{len(charts) - len(shown)} more metrics are in the table."
        parts.append(f'<text x="12" y="{height + 14}">{more}</text>')
        height += _LINE
    label = escape(f"Curves of {len(runs)} runs: {', '.join(data.key[:60] for data in shown)}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img" aria-label="{label}" font-family="system-ui,sans-serif" font-size="12" fill="{_INK}">'
        f"{legend}{''.join(parts)}</svg>"
    )


def _legend(runs: Sequence[tuple[str, int | None]], width: int) -> str:
    """The runs in lines as wide as the picture, each with its mark."""
    lines: list[list[str]] = [[]]
    x = 12
    for name, slot in runs[:_MOST_NAMES]:
        text = name if len(name) <= 28 else f"{name[:27]}…"
        room = 30 + 7 * len(text)
        if x + room > width and lines[-1]:
            lines.append([])
            x = 12
        path, color = MARK_PATHS[((slot or 1) - 1) % 12], run_color(slot, None)
        mark = f'<path d="{path}" fill="{color}" transform="translate({x},0)"/>'
        lines[-1].append(f'{mark}<text x="{x + 11}" y="4">{escape(text)}</text>')
        x += room
    if len(runs) > _MOST_NAMES:
        lines[-1].append(f'<text x="{x}" y="4">and {len(runs) - _MOST_NAMES} more</text>')
    rows = [f'<g transform="translate(0,{10 + _LINE * row})">{"".join(line)}</g>' for row, line in enumerate(lines)]
    return "".join(rows)
