"""Plain HTML cards: how a run or an experiment shows itself where no widget can; all of it escaped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from html import escape

__all__ = ["card", "moment"]

_CARD = "border:1px solid rgba(128,128,128,.4);border-radius:8px;padding:10px 12px;display:inline-block;max-width:900px"
_LABEL = "opacity:.7;padding:0 12px 0 0;text-align:left;white-space:nowrap"
_VALUE = "text-align:left;font-variant-numeric:tabular-nums"
_SHOWN = 30  # rows of a section; a run may have thousands of metrics and a card is a glance


def moment(milliseconds: int | None) -> str:
    """Milliseconds since 1970 as an ISO time in UTC, or a dash."""
    if milliseconds is None:
        return "–"
    return datetime.fromtimestamp(milliseconds / 1000, tz=UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def card(
    kind: str, title: str, facts: Iterable[tuple[str, object]], sections: Mapping[str, Mapping[str, object]]
) -> str:
    """A card as HTML.

    Args:
        kind: what it is, such as ``Run``.
        title: its name, as the user gave it; escaped here, as are all values.
        facts: rows of label and value.
        sections: heading to rows, such as ``{"Params": {"lr": "0.1"}}``; empty ones are left out.
    """
    parts = [f'<div class="trackbook-card" style="{_CARD}">']
    parts.append(f'<div><span style="opacity:.7">{escape(kind)}</span> <b dir="auto">{escape(title)}</b></div>')
    parts.append(_rows(facts))
    for heading, rows in sections.items():
        if rows:
            parts.append(f'<div style="margin-top:8px"><b>{escape(heading)}</b></div>')
            parts.append(_rows(sorted(rows.items())[:_SHOWN]))
        if len(rows) > _SHOWN:
            parts.append(f'<div style="opacity:.7">and {len(rows) - _SHOWN} more</div>')
    parts.append("</div>")
    return "".join(parts)


def _rows(rows: Iterable[tuple[str, object]]) -> str:
    cells = (
        f'<tr style="background:none"><th style="{_LABEL}" dir="auto">{escape(label)}</th>'
        f'<td style="{_VALUE}" dir="auto">{escape(str(value))}</td></tr>'
        for label, value in rows
    )
    return f'<table style="margin:4px 0 0">{"".join(cells)}</table>'
