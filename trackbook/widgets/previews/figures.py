"""Figures of plotly out of their JSON: what could fetch from another host or run on a click is taken out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from trackbook.widgets.artifact_files import ArtifactFile
from trackbook.widgets.previews.preview import Preview, Unreadable

__all__ = ["figure_preview", "is_figure", "safe_figure"]

#: Kinds of traces, and parts of a layout, that fetch tiles or outlines of maps from another host.
_MAPS = ("scattergeo", "choropleth", "choroplethmap", "choroplethmapbox", "densitymap", "densitymapbox",
         "scattermap", "scattermapbox")  # fmt: skip
_MAP_LAYOUTS = ("geo", "map", "mapbox")
_ADDRESSES = ("source", "src", "href", "url")
_BUTTONS = ("args", "args2")
_EMBEDDED = "data:image/"
_DEPTH = 40


def is_figure(value: Any) -> bool:
    """Whether a JSON value is a figure: a dict with traces and a layout."""
    return (
        isinstance(value, dict)
        and isinstance(value.get("data"), list)
        and isinstance(value.get("layout", {}), dict)
        and ("layout" in value or "frames" in value)
        and all(isinstance(trace, dict) for trace in value["data"])
    )


def figure_preview(value: Any, file: ArtifactFile | None = None) -> Preview:
    """A figure for the page.

    Raises:
        Unreadable: it is none, or it draws a map.
    """
    if not is_figure(value):
        name = f"{file.name} is no figure" if file else "It is no figure"
        raise Unreadable(f"{name} of plotly: its JSON has no list 'data' beside a 'layout'.")
    figure, taken = safe_figure(value)
    note = "" if not taken else f"Left out, because it would load from another host: {', '.join(sorted(taken)[:5])}."
    return Preview({"kind": "figure", "note": note}, [orjson.dumps(figure, option=orjson.OPT_NON_STR_KEYS)])


def safe_figure(value: dict[str, Any]) -> tuple[dict[str, Any], set[str]]:
    """Traces, layout and frames without addresses, and the names of what was taken out.

    The config of a figure is never taken from a file.

    Raises:
        Unreadable: it draws a map.
    """
    maps = sorted({str(trace.get("type")) for trace in value["data"] if trace.get("type") in _MAPS})
    if maps:
        raise Unreadable(
            f"It draws a map ({', '.join(maps)}), and plotly loads maps from another host. Download it and open it "
            "where that may be."
        )
    taken: set[str] = set()
    data = _clean(value["data"], taken, 0)
    layout = {key: part for key, part in value.get("layout", {}).items() if not key.startswith(_MAP_LAYOUTS)}
    frames = [frame for frame in value.get("frames") or [] if isinstance(frame, dict)]
    return {"data": data, "layout": _clean(layout, taken, 0), "frames": _clean(frames, taken, 0)}, taken


def _clean(value: Any, taken: set[str], depth: int) -> Any:
    if depth > _DEPTH:
        return None
    if isinstance(value, list):
        if value and not isinstance(value[0], dict | list):
            return value  # numbers or words of a trace, of which there may be millions
        return [_clean(item, taken, depth + 1) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {}
    for key, item in value.items():
        name = str(key).lower()
        if name.endswith(_ADDRESSES) and not _is_embedded(item):
            taken.add(str(key)[:40])
        elif name in _BUTTONS and _sets_address(item):
            taken.add("a button")
        elif name == "type" and isinstance(item, str) and item in _MAPS:
            taken.add(item)
        elif name == "template":  # its traces are defaults, by kind, and draw nothing
            kept[key] = _clean(item, set(), depth + 1)
        else:
            kept[key] = _clean(item, taken, depth + 1)
    return kept


def _is_embedded(item: Any) -> bool:
    """Whether a picture is in the figure itself; a name of plotly's, such as a column source, has no address."""
    return item is None or (isinstance(item, str) and item.startswith(_EMBEDDED) and "svg" not in item[:20])


def _sets_address(arguments: Any) -> bool:
    """Whether a button sets, by name, what may hold an address, or makes a map of a trace."""
    words = list(_words(arguments, 0))
    return any(one.endswith(_ADDRESSES) or one.startswith(_MAP_LAYOUTS) or one in _MAPS for one in words)


def _words(value: Any, depth: int) -> Iterator[str]:
    """The names and short texts of a button's arguments."""
    if isinstance(value, str) and len(value) < 200:
        yield value.lower()
    elif isinstance(value, dict | list) and depth < _DEPTH:
        for item in [*value, *value.values()] if isinstance(value, dict) else value[:1_000]:
            yield from _words(item, depth + 1)
