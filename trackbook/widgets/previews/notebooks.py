"""Notebooks: cells with the best of each output that a page can show; HTML goes to the sandbox, pictures are bytes."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

from trackbook.widgets.artifact_files import ArtifactFile
from trackbook.widgets.previews.documents import parsed
from trackbook.widgets.previews.figures import figure_preview, is_figure
from trackbook.widgets.previews.preview import Preview, Unreadable

__all__ = ["notebook_preview"]

_CELLS, _OUTPUTS, _LETTERS = 300, 20, 40_000
_BYTES = 8_000_000
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_PLOTLY = "application/vnd.plotly.v1+json"


def notebook_preview(file: ArtifactFile) -> Preview:
    """The cells of a notebook of format 4.

    Raises:
        Unreadable: it is none.
    """
    content = parsed(file)
    cells = content.get("cells") if isinstance(content, dict) else None
    if not isinstance(cells, list):
        raise Unreadable("It is no notebook of format 4: its JSON has no list 'cells'. nbconvert makes one of it.")
    metadata = content.get("metadata")
    info = metadata.get("language_info") if isinstance(metadata, dict) else None
    language = str(info.get("name", "")) if isinstance(info, dict) else ""
    made = _Notebook()
    shown = [made.cell(cell) for cell in cells[:_CELLS] if isinstance(cell, dict)]
    value = {"kind": "notebook", "cells": shown, "left": max(0, len(cells) - _CELLS), "language": language[:40]}
    return Preview(value, made.buffers)


class _Notebook:
    """Cells as they are made; bytes of outputs are collected beside them."""

    def __init__(self) -> None:
        self.buffers: list[bytes] = []
        self._left = _BYTES

    def cell(self, cell: Mapping[str, Any]) -> dict[str, Any]:
        kind = cell.get("cell_type")
        count = cell.get("execution_count")
        outputs = cell.get("outputs") if kind == "code" else None
        listed = outputs if isinstance(outputs, list) else []
        return {
            "kind": kind if kind in ("code", "markdown") else "raw",
            "source": _text(cell.get("source")),
            "count": count if isinstance(count, int) else None,
            "outputs": [self._output(one) for one in listed[:_OUTPUTS] if isinstance(one, dict)],
            "left": max(0, len(listed) - _OUTPUTS),
        }

    def _output(self, output: Mapping[str, Any]) -> dict[str, Any]:
        kind = output.get("output_type")
        if kind == "stream":
            return {"kind": "text", "text": _plain(output.get("text")), "error": output.get("name") == "stderr"}
        if kind == "error":
            trace = output.get("traceback")
            said = "\n".join(map(str, trace)) if isinstance(trace, list) else ""
            name = f"{output.get('ename')}: {output.get('evalue')}"
            return {"kind": "text", "text": _plain(said or name), "error": True}
        data = output.get("data")
        return self._shown(data if isinstance(data, dict) else {})

    def _shown(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """The form that says most of those that can be shown."""
        figure = data.get(_PLOTLY)
        if is_figure(figure):
            try:
                found = figure_preview(figure)
            except Unreadable as problem:
                return {"kind": "text", "text": problem.text, "error": False}
            return self._bytes("figure", found.buffers[0], "")
        for media in _PICTURES:
            if media in data:
                return self._bytes("image", _unpacked(data[media]), media)
        if "image/svg+xml" in data:
            return self._bytes("image", _text(data["image/svg+xml"]).encode(), "image/svg+xml")
        if "text/html" in data:
            return self._bytes("page", "".join(_pieces(data["text/html"])).encode("utf-8", "replace"), "")
        if "text/markdown" in data:
            return {"kind": "markdown", "text": _text(data["text/markdown"])}
        if "application/vnd.jupyter.widget-view+json" in data and "text/plain" not in data:
            return {"kind": "text", "text": "A widget, which needs its kernel.", "error": False}
        return {"kind": "text", "text": _plain(data.get("text/plain")), "error": False}

    def _bytes(self, kind: str, data: bytes, media: str) -> dict[str, Any]:
        if len(data) > self._left:
            said = "An output that is too large to be shown here. Download the notebook."
            return {"kind": "text", "text": said, "error": False}
        self._left -= len(data)
        self.buffers.append(data)
        return {"kind": kind, "buffer": len(self.buffers) - 1, "media": media}


def _pieces(value: Any) -> list[str]:
    return [str(line) for line in value] if isinstance(value, list) else [str(value)] if value is not None else []


def _text(value: Any) -> str:
    written = "".join(_pieces(value))
    return written if len(written) <= _LETTERS else f"{written[:_LETTERS]}\n… ({len(written)} letters)"


def _plain(value: Any) -> str:
    return _CONTROL.sub("", _text(value))


def _unpacked(value: Any) -> bytes:
    try:
        return base64.b64decode("".join(_pieces(value)), validate=False)
    except (binascii.Error, ValueError):
        return b""
