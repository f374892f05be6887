"""What the panel of artifacts says of its runs, and what a saved notebook shows of it: a table and a small picture."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import islice
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
from trackbook.widgets.static_table import plain_table

__all__ = ["run_cards", "tree_picture", "tree_table"]

_ROWS, _PICTURE = 200, 22_000


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
    entries = list(islice(_walk(trees, ""), _ROWS + 1))
    whose = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    several = len(names) > 1
    head = ["File", "Size", *(["Runs"] if several else [])]
    rows = [_row(entry, names)[: len(head)] for entry in entries[:_ROWS]]
    caption = f"{'Files' if rows else 'No files'} of {whose or 'any run'}"
    return plain_table(caption, head, rows, right=[1], total=len(entries))


def _row(entry: Mapping[str, Any], names: Sequence[str]) -> list[str | None]:
    size = None if entry["size"] is None else in_bytes(entry["size"])
    every = len(entry["runs"]) == len(names)
    return [
        entry["path"] + ("/" if entry["folder"] else ""),
        f"{entry['steps']} steps" if "steps" in entry else size,
        "all" if every else ", ".join(names[place] for place in entry["runs"]),
    ]


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
