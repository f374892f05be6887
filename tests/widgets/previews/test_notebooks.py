from __future__ import annotations

import base64
from collections.abc import Callable
from io import BytesIO
from typing import Any

import nbformat
import PIL.Image
import pytest

from trackbook.widgets.artifact_files import ArtifactFile
from trackbook.widgets.previews.preview import Preview

Logged = Callable[[str, bytes], ArtifactFile]
Show = Callable[..., Preview]
v4: Any = nbformat.v4
writes: Any = nbformat.writes


def png(width: int = 3, height: int = 2, kind: str = "PNG") -> bytes:
    out = BytesIO()
    PIL.Image.new("RGB", (width, height), "red").save(out, kind)
    return out.getvalue()


def test_cells_have_the_best_of_each_output(logged: Logged, preview: Show) -> None:
    notebook = v4.new_notebook(metadata={"language_info": {"name": "python"}})
    shown = {"text/plain": "<Figure>", "image/png": base64.b64encode(png()).decode()}
    notebook.cells = [
        v4.new_markdown_cell("# Title"),
        v4.new_code_cell("1", execution_count=3, outputs=[v4.new_output("display_data", shown)]),
        v4.new_code_cell("2", outputs=[v4.new_output("stream", name="stderr", text="\x1b[31mred\x1b[0m")]),
        v4.new_code_cell("3", outputs=[v4.new_output("error", ename="E", evalue="v", traceback=["a", "b"])]),
        v4.new_code_cell("4", outputs=[v4.new_output("display_data", {"text/html": "<b>x</b>", "text/plain": "x"})]),
    ]
    found = preview(logged("a.ipynb", writes(notebook).encode()))
    cells = found.value["cells"]
    assert [cell["kind"] for cell in cells] == ["markdown", "code", "code", "code", "code"]
    assert (cells[1]["count"], cells[1]["outputs"][0]["kind"]) == (3, "image")
    assert found.buffers[cells[1]["outputs"][0]["buffer"]] == png()
    assert cells[2]["outputs"] == [{"kind": "text", "text": "red", "error": True}]
    assert cells[3]["outputs"][0]["text"] == "a\nb"
    assert (cells[4]["outputs"][0]["kind"], found.buffers[1]) == ("page", b"<b>x</b>")


@pytest.mark.parametrize(
    "text", ["[]", "{}", '{"cells": 1}', "no json", '{"cells": [1, {"cell_type": 2, "outputs": [{"data": 3}, 4]}]}']
)
def test_what_is_no_notebook_says_so(logged: Logged, preview: Show, text: str) -> None:
    value = preview(logged("a.ipynb", text.encode())).value
    assert value["kind"] == ("notebook" if "cell_type" in text else "broken")


@pytest.mark.parametrize(
    ("kind", "ending"), [("PNG", "png"), ("JPEG", "jpg"), ("GIF", "gif"), ("BMP", "bmp"), ("WEBP", "webp")]
)
def test_size_of_a_picture_is_read_from_its_head(logged: Logged, preview: Show, kind: str, ending: str) -> None:
    found = preview(logged(f"a.{ending}", png(30, 20, kind)))
    known = (found.value["width"], found.value["height"])
    assert known == (30, 20) or (kind == "WEBP" and known == (None, None))
    assert found.buffers[0] == png(30, 20, kind)


def test_picture_that_no_browser_reads_is_changed(logged: Logged, preview: Show) -> None:
    found = preview(logged("a.tiff", png(30, 20, "TIFF")))
    assert (found.value["kind"], found.buffers[0][:4]) == ("image", b"\x89PNG")
    assert preview(logged("b.tiff", b"none")).value["kind"] == "broken"


def test_picture_of_too_many_pixels_is_asked_for(logged: Logged, preview: Show) -> None:
    bomb = bytearray(png())
    bomb[16:24] = (60_000).to_bytes(4, "big") * 2
    found = preview(logged("a.png", bytes(bomb)))
    assert (found.value["huge"], found.buffers) == (True, ())


def test_media_are_sent_in_pieces(logged: Logged, preview: Show) -> None:
    found = preview(logged("a.mp4", b"\0" * 3_000_000))
    sent: Any = (found.value["kind"], found.value["media"], len(found.buffers[0]), found.value["size"])
    assert sent == ("video", "video/mp4", 2_000_000, 3_000_000)
