"""A panel in a notebook: the widget, and below it what is readable without a kernel, made anew when the cell ends."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbclient
import nbconvert
import nbformat
import pytest

MAKE = """
import traitlets
from trackbook.stores import open_store
from trackbook.widgets.assets import module, styles
from trackbook.widgets.panel import Panel

class Heavy(Panel):
    _esm = module("shared", "ask", "floats", "runs_table_cells", "curve_chart") + "export default {}"
    _css = styles("shared", "floats")
    _big = traitlets.Dict().tag(bulk=True)
    said = ["before"]

    def static_table(self):
        return f"<table><tr><td>{self.said[0]}</td></tr></table>"

    def static_picture(self):
        return f'<svg xmlns="http://www.w3.org/2000/svg"><text>{self.said[0]}</text></svg>' if self.said[0] else ""

store = open_store("t.db")
"""
# None of them types all that is used here.
books: Any = nbformat
converter: Any = nbconvert
#: The notebook's own size, with the state of its widgets.
MOST = 500_000


def executed(folder: Path, *sources: str) -> Any:
    """A notebook, run as nbclient runs it for nbconvert and papermill, with the widgets' state kept."""
    notebook = books.v4.new_notebook(cells=list(map(books.v4.new_code_cell, sources)))
    client = nbclient.NotebookClient(
        notebook, timeout=120, store_widget_state=True, resources={"metadata": {"path": str(folder)}}
    )
    return client.execute()


def kinds(cell: Any) -> list[list[str]]:
    return [sorted(output.data) for output in displays(cell)]


def displays(cell: Any) -> list[Any]:
    return [output for output in cell.outputs if output.output_type == "display_data"]


def said(cell: Any) -> str:
    return "".join(output.text for output in cell.outputs if output.output_type == "stream")


@pytest.mark.kernel
def test_panel_leaves_table_and_picture_as_they_are_when_the_cell_ends(tmp_path: Path) -> None:
    notebook = executed(
        tmp_path,
        MAKE,
        "one = Heavy(store, _big={'rows': [bytes(1_000_000)]})\none",
        "two = Heavy(store)\ndisplay(two)\ntwo.said = ['after']",
        "two.said = ['much later']",
        "three = Heavy(store)\nthree.said = ['']\nthree.static_table = lambda: 1 / 0\nthree",
        "four = Heavy(store)\nfour.static_picture = lambda: 'x' * 40_000\nfour.close()\nfour",
    )
    _, one, two, later, three, four = notebook.cells
    widget = "application/vnd.jupyter.widget-view+json"
    shown = [[widget, "text/plain"], ["text/html", "text/plain"], ["image/svg+xml", "text/plain"]]
    assert kinds(one) == kinds(two) == shown
    assert "before" in one.outputs[1].data["text/html"]
    assert "after" in two.outputs[1].data["text/html"]
    assert "after" in two.outputs[2].data["image/svg+xml"]
    assert later.outputs == []
    assert kinds(three) == [[widget, "text/plain"], *[["text/html", "text/plain"]] * 2]
    assert displays(three)[1].data["text/html"] == '<div class="trackbook-static"></div>'
    assert "could not be made" in said(three)
    assert kinds(four) == [["text/plain"], *[["text/html", "text/plain"]] * 2]
    assert said(four) == ""


@pytest.mark.kernel
def test_notebook_of_ten_panels_is_small_and_readable_without_its_kernel(tmp_path: Path) -> None:
    cells = ["import os\ndisplay(Heavy(store, _big={'rows': [os.urandom(2_000_000)]}))"] * 10
    notebook = executed(tmp_path, MAKE, *cells)
    text = books.writes(notebook)
    assert len(text) < MOST / 4
    models = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
    assert sum(one["model_name"] == "AnyModel" for one in models.values()) == 10
    assert not any(one.get("buffers") for one in models.values())
    page = as_page(notebook)
    assert page.count("<td>before</td>") == 10
    assert len(re.findall(r"<img[^>]*data:image/svg", page)) == 10
    assert "DecompressionStream" not in page


def as_page(notebook: Any) -> str:
    """What nbconvert makes of a notebook whose widgets' state was not kept."""
    bare = books.reads(books.writes(notebook), 4)
    bare.metadata.pop("widgets", None)
    page, _ = converter.HTMLExporter(template_name="lab").from_notebook_node(bare)
    assert "plotly.js v" not in page
    return str(page)


FILL = """
import trackbook
from trackbook import panels
trackbook.set_tracking_uri("runs.db")
trackbook.set_experiment("digits")
for place in range(12):
    with trackbook.start_run(run_name=f"run-{place}") as run:
        trackbook.log_params({"lr": place // 3, "seed": place % 3, **{f"param-{key}": place for key in range(40)}})
        for step in range(400):
            trackbook.log_metrics({f"val_loss_{key}": (step * place) % 7 + key for key in range(6)}, step=step)
        trackbook.log_text("text" * 99, "notes/a.txt")
runs = [run.info.run_id for run in trackbook.search_runs(output_format="list")]
"""
SHOWN = [
    "panels.runs()", "panels.runs(last=5)", "panels.curves(runs)", "panels.curves(runs[:2])",
    "panels.compare(runs[:8])",
    "panels.compare(runs[:2])", "panels.statistics()", "panels.statistics(by='lr')", "panels.artifacts(runs[:3])",
    "panels.models()",
]  # fmt: skip


@pytest.mark.kernel
@pytest.mark.slow
def test_notebook_of_all_kinds_of_panels_is_small_and_readable_without_its_kernel(tmp_path: Path) -> None:
    notebook = executed(tmp_path, FILL, *SHOWN)
    assert len(books.writes(notebook)) < MOST
    assert "plotly.js v" not in books.writes(notebook)
    for cell in notebook.cells[1:]:
        assert "application/vnd.jupyter.widget-view+json" in displays(cell)[0].data, cell.source
    page = as_page(notebook)
    assert page.count("<caption") >= 6
    assert len(re.findall(r"<img[^>]*data:image/svg", page)) >= 5
