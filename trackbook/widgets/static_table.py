"""Panels as plain HTML tables, and runs as a picture, so that a saved notebook shows something where no widget lives.

All of it is escaped.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape
from itertools import islice
from typing import Any

import numpy as np

from trackbook.entities.cards import moment
from trackbook.figures.direction import better, telling
from trackbook.figures.dots import dots_svg
from trackbook.stores.base import RunTable

__all__ = ["plain_table", "runs_picture", "static_table"]

_ROWS, _METRICS, _PARAMS, _CHARACTERS = 20, 6, 6, 60
#: Of a table with all that it says; the rest of 14 kB is for the caption.
_BYTES = 13_000
_STYLE = "border-collapse:collapse;font-variant-numeric:tabular-nums"


def plain_table(
    caption: str, head: Sequence[str], rows: Iterable[Sequence[object]], *, right: Iterable[int] = (), total: int = 0
) -> str:
    """A table of texts for `Panel.static_table`.

    Args:
        caption: what the table is of.
        head: names of the columns.
        rows: their cells; None is shown as missing. Text is cut at 60 characters, and rows stop at 13 kB.
        right: places of the columns that hold numbers.
        total: how many rows there are, if `rows` holds only the first.
    """
    numeric = frozenset(right)
    parts, size, shown, given = [_line("th", head, numeric)], 0, 0, 0
    for row in rows:
        given += 1
        if shown + 1 == given:
            line = _line("td", row, numeric)
            size += len(line.encode())
            if size < _BYTES:
                parts.append(line)
                shown += 1
    more = max(given, total) - shown
    rest = f"<p>and {more} more</p>" if more else ""
    title = f'<caption style="text-align:left" dir="auto">{_cut(caption, 200)}</caption>'
    return f'<table style="{_STYLE}">{title}<thead>{parts[0]}</thead><tbody>{"".join(parts[1:])}</tbody></table>{rest}'


def _line(tag: str, cells: Sequence[object], numeric: frozenset[int]) -> str:
    made = (
        f'<{tag} align="{"right" if place in numeric else "left"}" dir="auto">{_cut(cell, _CHARACTERS)}</{tag}>'
        for place, cell in enumerate(islice(cells, 24))
    )
    return f"<tr>{''.join(made)}</tr>"


def _cut(cell: object, most: int) -> str:
    text = "–" if cell is None else str(cell)
    return escape(text[:most] + "…" if len(text) > most else text)


def static_table(table: RunTable, title: str = "") -> str:
    """The first 20 runs: name, status, start, and the first metrics and params."""
    count = len(table.run_ids)
    shown = min(count, _ROWS)
    attributes = table.attributes
    names = attributes.get("run_name") or table.run_ids
    columns: list[tuple[str, Sequence[Any]]] = [
        ("Run", [name or run_id for name, run_id in zip(names, table.run_ids, strict=False)]),
        ("Status", _statuses(table)),
        ("Started", [moment(time) for time in attributes.get("start_time", [])[:shown]]),
    ]
    metrics, params = list(table.metrics.items()), list(table.params.items())
    columns += [(key, [_number(value) for value in each["last"][:shown]]) for key, each in metrics[:_METRICS]]
    columns += [(key, values) for key, values in params[:_PARAMS]]
    rows = ([values[row] if row < len(values) else None for _, values in columns] for row in range(shown))
    of = f" of {title}" if title else ""
    more = f", the first {shown} of {count}" if count > shown else f", {count}"
    numbers = range(3, 3 + len(metrics[:_METRICS]))
    return plain_table(f"Runs{of}{more}", [key for key, _ in columns], rows, right=numbers)


def runs_picture(table: RunTable) -> str:
    """The first runs' best values of the metric that says most, of those that one of them has."""
    there = [key for key, each in table.metrics.items() if np.isfinite(each["last"][:_ROWS]).any()]
    key = max(there, key=telling, default=None)
    if key is None:
        return ""
    goal = better(key)
    values = table.metrics[key].get(goal or "last", table.metrics[key]["last"])[:_ROWS]
    names = table.attributes.get("run_name") or table.run_ids
    rows = [
        (str(name or run_id), float(value)) for name, run_id, value in zip(names, table.run_ids, values, strict=False)
    ]
    what = {"min": "least", "max": "greatest"}.get(goal or "", "last")
    return dots_svg(f"{key}, the {what} of each run", rows, goal)


def _statuses(table: RunTable) -> list[str]:
    statuses = table.attributes.get("status") or [""] * len(table.run_ids)
    lost = table.attributes.get("lost") or [False] * len(statuses)
    return ["LOST" if gone else status for status, gone in zip(statuses, lost, strict=False)]


def _number(value: float) -> str | None:
    return None if math.isnan(value) else f"{value:.6g}"
