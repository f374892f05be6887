"""One value a line, as dots on a common scale: what a table's column of numbers looks like, as SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence

from trackbook.figures.numbers import column_format
from trackbook.figures.paper import cut, paper, share, words

__all__ = ["dots_svg"]

_ROWS, _CHARACTERS = 24, 28
_LEFT, _RIGHT, _WIDTH, _LINE, _TOP = 200, 90, 640, 20, 30
_INK, _RULE, _BEST = "#333333", "#e2e2e2", "#1b7a2b"


def dots_svg(title: str, rows: Sequence[tuple[str, float | None]], goal: str | None = None) -> str:
    """The first 24 lines that have a finite value.

    Args:
        title: what the values are.
        rows: a name and a value each.
        goal: ``min`` or ``max`` if less or more is better; the best is green then.

    Returns:
        "" if there is nothing to draw.
    """
    shown = [(name, value) for name, value in rows if value is not None and math.isfinite(value)][:_ROWS]
    if not shown:
        return ""
    values = [value for _, value in shown]
    low, high = min(values), max(values)
    best = {"min": low, "max": high}.get(goal or "")
    write = column_format(values)
    height = _TOP + len(shown) * _LINE + 8
    parts = [paper(_WIDTH, height), words(_LEFT, 18, cut(title, 60), "start", _INK)]
    for place, (name, value) in enumerate(shown):
        y = _TOP + place * _LINE + _LINE / 2
        along = share(value, low, high) if high > low else 0.5
        x = _LEFT + 8 + along * (_WIDTH - _LEFT - _RIGHT - 16)
        color = _BEST if value == best and high > low else _INK
        parts += [
            words(_LEFT - 12, y + 4, cut(name, _CHARACTERS), "end", _INK),
            f'<path d="M{_LEFT} {y}H{_WIDTH - _RIGHT}" stroke="{_RULE}"/>',
            f'<circle cx="{x:.1f}" cy="{y}" r="4" fill="{color}"/>',
            words(_WIDTH - 8, y + 4, write(value), "end", color),
        ]
    return "".join(parts) + "</svg>"
