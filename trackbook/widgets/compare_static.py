"""A comparison as a plain HTML table and as an SVG, for notebooks that are read where no widget lives."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from itertools import accumulate
from typing import Any

from trackbook.figures.numbers import column_format
from trackbook.figures.parallel import parallel_data, parallel_svg
from trackbook.widgets.compare_context import Surroundings

__all__ = ["compare_picture", "compare_table"]

_RUNS, _ROWS, _LETTERS = 8, 40, 60
#: Of the rows; with the head they stay within what a notebook keeps of a panel.
_BYTES = 11_000
_HEAD = "text-align:left;font-weight:600;padding:2px 10px"
_CELL = "text-align:right;padding:2px 10px;font-variant-numeric:tabular-nums"
_DIFFERS = "background:rgba(63,99,232,.13)"
_BEST = "font-weight:700;background:rgba(67,160,71,.16)"


def compare_table(runs: Sequence[Mapping[str, Any]], sections: Sequence[Mapping[str, Any]], baseline: str = "") -> str:
    """The rows that differ among the first eight runs; what differs from the baseline is marked with ≠."""
    shown = runs[:_RUNS]
    if not shown:
        return '<table class="trackbook-compare"><caption>No runs to compare.</caption></table>'
    base = next((place for place, run in enumerate(shown) if run["id"] == baseline), 0)
    names = "".join(_head(run, place == base) for place, run in enumerate(shown))
    body, left = [], _ROWS
    for one in sections:
        rows = [row for row in one["rows"] if _differs(row, len(shown))][:left]
        left -= len(rows)
        if rows:
            title = f"{escape(one['title'])} <small>{one['differing']} of {one['total']} differ</small>"
            body.append(f'<tr><th colspan="{len(shown) + 1}" style="{_HEAD}">{title}</th></tr>')
            body += [_row(row, len(shown), base) for row in rows]
    more = f" The first {_RUNS} of {len(runs)} runs." if len(runs) > _RUNS else ""
    fitting = sum(size < _BYTES for size in accumulate(len(row.encode()) for row in body))
    if fitting < len(body):
        body, more = body[:fitting], f"{more} The first rows."
    caption = f'<caption style="text-align:left">{len(runs)} runs side by side: what differs.{more}</caption>'
    head = f'<thead><tr><th style="{_HEAD}"></th>{names}</tr></thead>'
    return f'<table class="trackbook-compare">{caption}{head}<tbody>{"".join(body)}</tbody></table>'


def compare_picture(seen: Surroundings, columns: Sequence[str], slots: Mapping[str, int]) -> str:
    """The parallel coordinates of the runs around, those compared in their colours."""
    axes = [axis for axis in map(seen.axis, columns) if axis is not None]
    found = [slots.get(run_id) for run_id in seen.table.run_ids]
    names = seen.table.attributes.get("run_name") or seen.table.run_ids
    return parallel_svg(parallel_data(axes, [name or "" for name in names], found))


def _head(run: Mapping[str, Any], is_base: bool) -> str:
    note = "<br><small>baseline</small>" if is_base else ""
    return f'<th style="{_HEAD}" dir="auto">{escape(_short(run["name"]))}{note}</th>'


def _row(row: Mapping[str, Any], count: int, base: int) -> str:
    tag, cells = "", []
    if "n" in row:
        goal = row["goal"] or "last"
        numbers = _numbers(row, count)
        write, best = column_format(numbers), _best(numbers, row["goal"])
        tag = f" <small>{goal}</small>"
        cells = [_cell(write(value), _BEST if value is not None and value == best else "") for value in numbers]
    else:
        for code in row["c"][:count]:
            text = "–" if code < 0 else _short(row["t"][code])
            other = code != row["c"][base]
            cells.append(_cell(f"≠ {text}" if other else text, _DIFFERS if other else ""))
    return (
        f'<tr><th style="{_HEAD};font-weight:400" dir="auto">{escape(_short(row["k"]))}{tag}</th>{"".join(cells)}</tr>'
    )


def _numbers(row: Mapping[str, Any], count: int) -> list[float | None]:
    values = row["n"].get(row["goal"] or "last", row["n"]["last"])[:count]
    return [None if value is None else float(value) for value in values]


def _best(numbers: Sequence[float | None], goal: str | None) -> float | None:
    real = [value for value in numbers if value is not None and math.isfinite(value)]
    return None if goal is None or len(set(real)) < 2 else (min if goal == "min" else max)(real)


def _differs(row: Mapping[str, Any], count: int) -> bool:
    return len(set(map(str, row["n"]["last"][:count] if "n" in row else row["c"][:count]))) > 1


def _cell(text: str, style: str) -> str:
    return f'<td style="{_CELL};{style}" dir="auto">{escape(text)}</td>'


def _short(text: str) -> str:
    return text if len(text) <= _LETTERS else text[: _LETTERS - 1] + "…"
