"""Means with their intervals and their single values, one group a line, as SVG for pages without a kernel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from trackbook.figures.numbers import column_format
from trackbook.figures.paper import cut, paper, share, words

__all__ = ["Interval", "intervals_svg", "span_of"]

_ROWS, _POINTS, _CHARACTERS = 24, 40, 28
_LEFT, _WIDTH, _LINE, _TOP = 200, 640, 24, 10
_INK, _GREY, _RULE = "#333333", "#6b6b6b", "#c8c8c8"
_TONES = {"better": "#1b7a2b", "worse": "#b3261e"}


class Interval(NamedTuple):
    """One line of the picture.

    Attributes:
        name: of the group.
        mean: None if it has no value.
        interval: of the mean; None of a single run.
        values: the single values.
        tone: "better", "worse" or "".
    """

    name: str
    mean: float | None
    interval: tuple[float, float] | None
    values: Sequence[float]
    tone: str = ""


def span_of(rows: Sequence[Interval]) -> tuple[float, float]:
    """The least and the greatest of all that is drawn; never the same."""
    numbers = [value for row in rows for value in (*row.values, *(row.interval or ()))]
    if not numbers:
        return 0.0, 1.0
    low, high = min(numbers), max(numbers)
    return (low, high) if high > low else (low - (abs(low) / 100 or 1.0), high + (abs(high) / 100 or 1.0))


def intervals_svg(rows: Sequence[Interval], baseline: int | None = None) -> str:
    """The first 24 groups; the mean of the baseline as a dashed line; "" if there is nothing to draw."""
    shown = rows[:_ROWS]
    if not any(row.mean is not None for row in shown):
        return ""
    low, high = span_of(shown)

    def at(value: float) -> float:
        return _LEFT + 6 + share(value, low, high) * (_WIDTH - _LEFT - 28)

    height = _TOP + len(shown) * _LINE + 26
    foot = height - 24
    parts = [paper(_WIDTH, height)]
    base = rows[baseline].mean if baseline is not None else None
    if base is not None and low <= base <= high:
        parts.append(_path(f"M{at(base):.1f} {_TOP}V{foot}", _RULE, ' stroke-dasharray="3 3"'))
    for place, row in enumerate(shown):
        parts.append(_row(row, _TOP + place * _LINE + _LINE / 2, at))
    write = column_format([low, high])
    parts.append(_path(f"M{_LEFT} {foot}H{_WIDTH - 16}", _RULE))
    parts.append(words(_LEFT, foot + 16, write(low), "start", _INK))
    parts.append(words(_WIDTH - 16, foot + 16, write(high), "end", _INK))
    return "".join(parts) + "</svg>"


def _row(row: Interval, y: float, place: Callable[[float], float]) -> str:
    color = _TONES.get(row.tone, _INK)
    parts = [words(_LEFT - 12, y + 4, cut(row.name, _CHARACTERS), "end", _INK)]
    dots = "".join(f"M{place(value):.1f} {y - 3 + at % 3 * 3}h0" for at, value in enumerate(row.values[:_POINTS]))
    if dots:
        parts.append(_path(dots, _GREY, ' stroke-width="4" stroke-linecap="round" opacity=".5"'))
    if row.interval:
        left, right = place(row.interval[0]), place(row.interval[1])
        ends = f"M{left:.1f} {y - 4}v8M{right:.1f} {y - 4}v8M{left:.1f} {y}H{right:.1f}"
        parts.append(_path(ends, color, ' stroke-width="1.6"'))
    if row.mean is not None:
        parts.append(f'<rect x="{place(row.mean) - 3:.1f}" y="{y - 3}" width="6" height="6" fill="{color}"/>')
    return "".join(parts)


def _path(d: str, color: str, more: str = "") -> str:
    return f'<path d="{d}" stroke="{color}" fill="none"{more}/>'
