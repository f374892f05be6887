"""What the panel of artifacts says of its runs, and what a saved notebook shows of it: a table and a small picture."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from trackbook.entities import Run
from trackbook.errors import TrackbookError
from trackbook.figures.direction import better
from trackbook.figures.numbers import column_format
from trackbook.figures.palette import SLOTS
from trackbook.stores.base import Store, Summary
from trackbook.widgets.artifact_files import ArtifactFiles
from trackbook.widgets.artifact_tree import Trees
from trackbook.widgets.previews.images import pixels_of
from trackbook.widgets.previews.kinds import kind_of
from trackbook.widgets.previews.preview import in_bytes

__all__ = ["run_cards", "tree_picture", "tree_table"]

_ROWS, _PICTURE = 200, 22_000
_CELL = "text-align:left;padding:2px 10px;font-variant-numeric:tabular-nums"


def run_cards(store: Store, runs: Sequence[Run], slots: Mapping[str, int] | None) -> list[dict[str, Any]]:
    """Id, name, status, slot and the metric that says most, of each run."""
    summaries = [{one.key: one for one in store.summaries(run.info.run_id)} for run in runs]
    key = _telling(summaries)
    values = [_best(found.get(key)) for found in summaries]
    write = column_format(values)
    cards = []
    for place, run in enumerate(runs):
        info = run.info
        slot = place + 1 if slots is None else slots.get(info.run_id)
        lost = info.status == "RUNNING" and store.run_life(info.run_id).lost
        value = values[place]
        cards.append({
            "id": info.run_id,
            "name": info.run_name or info.run_id,
            "status": "LOST" if lost else info.status,
            "slot": slot if slot and 1 <= slot <= SLOTS else None,
            "metric": None if value is None else {"key": key, "value": write(value), "full": repr(value)},
        })  # fmt: skip
    return cards


def _telling(summaries: Sequence[Mapping[str, Summary]]) -> str:
    """The metric to compare runs by: one that most have, whose name says what is better, of a validation rather."""
    counts: dict[str, int] = {}
    for found in summaries:
        for key in found:
            counts[key] = counts.get(key, 0) + 1
    return max(counts, key=lambda key: (counts[key], better(key) is not None, "val" in key, -len(key)), default="")


def _best(summary: Summary | None) -> float | None:
    if summary is None:
        return None
    goal = better(summary.key)
    return {"min": summary.minimum, "max": summary.maximum}.get(goal or "", summary.last)


def tree_table(trees: Trees, names: Sequence[str]) -> str:
    """The tree as HTML: path, size, and which runs have it."""
    rows, more = list[str](), False
    for entry in _walk(trees, ""):
        if len(rows) >= _ROWS:
            more = True
            break
        rows.append(_row(entry, names))
    whose = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    said = f"Files of {whose}" if rows else f"No files of {whose or 'any run'}"
    count = f", the first {_ROWS}" if more else ""
    titles = ["File", "Size", *(["Runs"] if len(names) > 1 else [])]
    head = "".join(f'<th style="{_CELL};font-weight:600">{title}</th>' for title in titles)
    caption = f'<caption style="text-align:left" dir="auto">{escape(said)}{count}</caption>'
    return (
        f'<table class="trackbook-artifacts">{caption}'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def _row(entry: Mapping[str, Any], names: Sequence[str]) -> str:
    path, size = entry["path"] + ("/" if entry["folder"] else ""), entry["size"]
    cells = [path, "–" if size is None else in_bytes(size)]
    if "steps" in entry:
        cells[1] = f"{entry['steps']} steps"
    if len(names) > 1:
        every = len(entry["runs"]) == len(names)
        cells.append("all" if every else ", ".join(names[place] for place in entry["runs"]))
    return "<tr>" + "".join(f'<td style="{_CELL}" dir="auto">{escape(cell[:200])}</td>' for cell in cells) + "</tr>"


def _walk(trees: Trees, folder: str) -> Iterator[dict[str, Any]]:
    for entry in trees.folder(folder).entries:
        yield entry
        if entry["folder"]:
            yield from _walk(trees, entry["path"])


def tree_picture(files: Sequence[ArtifactFiles], path: str) -> str:
    """An image as an SVG of at most 30 kB; "" for a larger one, or for what is no image."""
    kind = kind_of(path.rpartition("/")[2])
    if kind.name != "image" or kind.media == "image/svg+xml":
        return ""
    for one in files:
        try:
            if one.info(path) is None:
                continue
            file = one.open(path)
            data = file.whole() if file.size <= _PICTURE else b""
        except (TrackbookError, OSError):
            return ""
        size = pixels_of(data)
        if size is None or not all(size):
            return ""
        width, height = size
        coded = base64.b64encode(data).decode()
        box = f'viewBox="0 0 {width} {height}" width="{min(width, 640)}"'
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" {box} role="img">'
            f'<title>{escape(path)}</title><image width="{width}" height="{height}" '
            f'href="data:{kind.media};base64,{coded}"/></svg>'
        )
    return ""
