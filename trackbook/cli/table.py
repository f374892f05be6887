"""Rows as a table of plain text, in columns that a terminal shows straight, whatever script they are in."""

from __future__ import annotations

import json
import math
import os
import shutil
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import click

__all__ = ["Layout", "as_table", "visible", "width"]

_GAP = "  "
_LEAST = 8  # a column is not cut below this
#: Format characters that belong to the writing of a language or to an emoji, and that move nothing.
_JOINERS = frozenset("\u200c\u200d\u00ad") | {chr(code) for code in range(0xE0020, 0xE0080)}
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class Layout:
    """What a table has to fit.

    Attributes:
        width: characters a line; None cuts nothing.
        colour: whether the heading is set off.
    """

    width: int | None = None
    colour: bool = False

    @classmethod
    def of_terminal(cls) -> Layout:
        """Of the terminal that this process writes to."""
        return cls(shutil.get_terminal_size().columns, not os.environ.get("NO_COLOR"))


@dataclass(frozen=True, slots=True)
class _Column:
    heading: str
    cells: list[str]
    right: bool
    width: int


def as_table(rows: Sequence[Mapping[str, object]], columns: Sequence[str], layout: Layout) -> str:
    """The text of a table: a heading and a line a row. Without columns it is empty.

    Where a terminal is too narrow the widest columns are cut, never the first; columns for which there is no room at
    all are counted in a last line.
    """
    whole = [_column(name, [row.get(name) for row in rows], exact=layout.width is None) for name in columns]
    shown = whole if layout.width is None else _fitted(whole, layout.width)
    if not shown:
        return ""
    heading = _line([column.heading for column in shown], shown)
    lines = [click.style(heading, bold=True) if layout.colour else heading]
    lines += [_line(cells, shown) for cells in zip(*(column.cells for column in shown), strict=True)]
    if len(shown) < len(whole):
        lines.append(f"({len(whole) - len(shown)} more columns have no room here; --format json shows them)")
    return "".join(line + "\n" for line in lines)


def _column(name: str, values: Sequence[object], exact: bool) -> _Column:
    cells, heading = [_text(value, exact) for value in values], visible(name)
    right = any(map(_is_number, values)) and all(value is None or _is_number(value) for value in values)
    return _Column(heading, cells, right, max(map(width, [heading, *cells])))


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _text(value: object, exact: bool) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _number(value, exact)
    if isinstance(value, datetime):
        return _local(value).isoformat(" ", "seconds")
    if isinstance(value, (dict, list, tuple)):
        value = json.dumps(value, ensure_ascii=False, default=str)
    return visible(str(value))


def _local(moment: datetime) -> datetime:
    try:
        return moment.astimezone()
    except (OverflowError, ValueError, OSError):  # at the ends of the calendar
        return moment


def _number(value: float, exact: bool) -> str:
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return repr(value) if exact else f"{value:.6g}"


def _fitted(columns: Sequence[_Column], room: int) -> list[_Column]:
    """Columns of which the widest are cut until a line fits; the last ones are left out where that is not enough."""
    kept, used = 0, 0
    for column in columns:
        used += min(column.width, _LEAST) if kept else column.width
        if kept and used + len(_GAP) * kept > room:
            break
        kept += 1
    widths = _narrowed([column.width for column in columns[:kept]], room - len(_GAP) * (kept - 1))
    return [_cut(column, most) for column, most in zip(columns, widths, strict=False)]


def _narrowed(widths: list[int], room: int) -> list[int]:
    """Widths with that sum at most, where that can be: the same limit for all that are wider than it, but the first."""
    limit = min(max(widths, default=0), room)
    first, rest = widths[:1], widths[1:]
    while limit > _LEAST and sum(first) + sum(min(each, limit) for each in rest) > room:
        limit -= 1
    return first + [min(each, limit) for each in rest]


def _cut(column: _Column, most: int) -> _Column:
    if column.width <= most:
        return column
    return _Column(_shortened(column.heading, most), [_shortened(c, most) for c in column.cells], column.right, most)


def _shortened(text: str, most: int) -> str:
    if width(text) <= most:
        return text
    end, used = 0, 0
    while used + (more := width(text[end])) < most:
        end, used = end + 1, used + more
    while width(text[:end]) >= most:  # a mark may have made the letter before it wider
        end -= 1
    return text[:end] + "…"


def _line(cells: Iterable[str], columns: Sequence[_Column]) -> str:
    padded = []
    for cell, column in zip(cells, columns, strict=True):
        blank = " " * (column.width - width(cell))
        padded.append(blank + cell if column.right else cell + blank)
    return _GAP.join(padded).rstrip(" ")


def width(text: str) -> int:
    """How many characters of a terminal a text takes: an emoji or a Chinese character is two wide, a mark none."""
    if text.isascii():
        return len(text)
    from wcwidth import wcswidth

    return max(0, wcswidth(text))


def visible(text: str, keep: str = "") -> str:
    """A text in which no character steers the terminal or turns the direction of writing: those stand as escapes.

    Args:
        text: any.
        keep: control characters to leave as they are.
    """
    if text.isprintable():
        return text
    return "".join(c if c in keep or not _is_unseen(c) else _escape(c) for c in text)


def _is_unseen(character: str) -> bool:
    return character not in _JOINERS and unicodedata.category(character) in _UNSEEN


def _escape(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
