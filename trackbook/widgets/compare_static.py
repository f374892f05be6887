"""A comparison as a plain HTML table and as an SVG, for notebooks that are read where no widget lives."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from trackbook.figures.numbers import column_format
from trackbook.figures.parallel import parallel_data, parallel_svg
from trackbook.widgets.compare_context import Surroundings

__all__ = ["compare_picture", "compare_table"]

_RUNS, _LETTERS = 8, 48
#: Of the table; it may have 14 kB with its head.
_BYTES = 12_000
_STYLE = "border-collapse:collapse;font-variant-numeric:tabular-nums"


def compare_table(runs: Sequence[Mapping[str, Any]], sections: Sequence[Mapping[str, Any]], baseline: str = "") -> str:
    """The rows that differ among the first eight runs; what differs from the baseline is marked with ≠."""
    shown = runs[:_RUNS]
    if not shown:
        return "<table><caption>No runs to compare.</caption></table>"
    base = next((place for place, run in enumerate(shown) if run["id"] == baseline), 0)
    names = "".join(_head(run, place == base) for place, run in enumerate(shown))
    body, size, left = [], 0, 0
    for one in sections:
        rows = [_row(row, len(shown), base) for row in one["rows"] if _differs(row, len(shown))]
        if rows:
            title = f"{escape(one['title'])} <small>{one['differing']} of {one['total']} differ</small>"
            rows[0] = f'<tr><th colspan="{len(shown) + 1}" align="left">{title}</th></tr>{rows[0]}'
        for row in rows:
            size += len(row.encode())
            left += size > _BYTES
            body += [row] if size <= _BYTES else []
    more = f", the first {_RUNS} of them" if len(runs) > _RUNS else ""
    caption = f'<caption style="text-align:left">{len(runs)} runs side by side{more}: what differs</caption>'
    rest = f"<p>and {left} more rows</p>" if left else ""
    head = f"<thead><tr><th></th>{names}</tr></thead>"
    return f'<table style="{_STYLE}">{caption}{head}<tbody>{"".join(body)}</tbody></table>{rest}'


def compare_picture(seen: Surroundings, columns: Sequence[str], slots: Mapping[str, int]) -> str:
    """The parallel coordinates of the runs around, those compared in their colours."""
    axes = [axis for axis in map(seen.axis, columns) if axis is not None]
    found = [slots.get(run_id) for run_id in seen.table.run_ids]
    names = seen.table.attributes.get("run_name") or seen.table.run_ids
    return parallel_svg(parallel_data(axes, [name or "" for name in names], found))


def _head(run: Mapping[str, Any], is_base: bool) -> str:
    note = "<br><small>baseline</small>" if is_base else ""
    return f'<th align="right" dir="auto">{_short(run["name"])}{note}</th>'


def _row(row: Mapping[str, Any], count: int, base: int) -> str:
    tag = ""
    if "n" in row:
        numbers = _numbers(row, count)
        write, best = column_format(numbers), _best(numbers, row["goal"])
        tag = f" <small>{row['goal'] or 'last'}</small>"
        texts = [f"<b>{write(value)}</b>" if best is not None and value == best else write(value) for value in numbers]
    else:
        codes = row["c"][:count]
        plain = ["–" if code < 0 else _short(row["t"][code]) for code in codes]
        texts = [text if code == codes[base] else f"≠ {text}" for code, text in zip(codes, plain, strict=True)]
    cells = "".join(f'<td align="right" dir="auto">{text}</td>' for text in texts)
    return f'<tr><td dir="auto">{_short(row["k"])}{tag}</td>{cells}</tr>'


def _numbers(row: Mapping[str, Any], count: int) -> list[float | None]:
    values = row["n"].get(row["goal"] or "last", row["n"]["last"])[:count]
    return [None if value is None else float(value) for value in values]


def _best(numbers: Sequence[float | None], goal: str | None) -> float | None:
    real = [value for value in numbers if value is not None and math.isfinite(value)]
    return None if goal is None or len(set(real)) < 2 else (min if goal == "min" else max)(real)


def _differs(row: Mapping[str, Any], count: int) -> bool:
    return len(set(map(str, row["n"]["last"][:count] if "n" in row else row["c"][:count]))) > 1


def _short(text: str) -> str:
    return escape(text if len(text) <= _LETTERS else f"{text[: _LETTERS - 1]}…")
