"""Runs as a plain HTML table, so that a saved notebook shows something where no widget lives; all of it escaped."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Any

from trackbook.entities.cards import moment
from trackbook.stores.base import RunTable

__all__ = ["static_table"]

_ROWS, _METRICS, _PARAMS, _CHARACTERS = 20, 6, 6, 60
_HEAD = "text-align:left;font-weight:600;padding:2px 10px"
_CELL = "text-align:left;padding:2px 10px;font-variant-numeric:tabular-nums"


def static_table(table: RunTable, title: str = "") -> str:
    """The first 20 rows: name, status, start, and the first metrics and params."""
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
    head = "".join(f'<th style="{_HEAD}" dir="auto">{escape(key)}</th>' for key, _ in columns)
    body = "".join(f"<tr>{''.join(_cell(values, row) for _, values in columns)}</tr>" for row in range(shown))
    of = f" of {escape(title)}" if title else ""
    more = f", the first {shown} of {count}" if count > shown else f", {count}"
    return (
        f'<table class="trackbook-runs"><caption style="text-align:left">Runs{of}{more}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def _statuses(table: RunTable) -> list[str]:
    statuses = table.attributes.get("status") or [""] * len(table.run_ids)
    lost = table.attributes.get("lost") or [False] * len(statuses)
    return ["LOST" if gone else status for status, gone in zip(statuses, lost, strict=False)]


def _cell(values: Sequence[Any], row: int) -> str:
    value = values[row] if row < len(values) else None
    text = "–" if value is None else str(value)
    if len(text) > _CHARACTERS:
        text = text[:_CHARACTERS] + "…"
    return f'<td style="{_CELL}" dir="auto">{escape(text)}</td>'


def _number(value: float) -> str | None:
    return None if math.isnan(value) else f"{value:.6g}"
