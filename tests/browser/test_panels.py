"""Each panel driven as a person would, in a notebook of JupyterLab, while a cell is busy too, and on the page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser import drives
from tests.browser.pages import Viewer, serving, tab
from trackbook.stores import open_store

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = [pytest.mark.browser, pytest.mark.kernel, pytest.mark.slow, pytest.mark.timeout(600)]

READY = "() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
CELLS = (
    "import trackbook\n%load_ext trackbook\n%track_experiment wood",
    "%track_runs",
    "%track_curves amber birch --metric loss",
    "%track_compare amber birch",
    "%track_artifacts amber birch",
    "%track_models wood",
    "import pathlib, time\nwhile not pathlib.Path('enough').exists(): time.sleep(0.05)",
)


def notebook(folder: Path) -> str:
    cells: list[dict[str, Any]] = [
        {"cell_type": "code", "id": f"c{place}", "metadata": {}, "execution_count": None, "outputs": [], "source": code}
        for place, code in enumerate(CELLS)
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    found = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    (folder / "panels.ipynb").write_text(json.dumps(found), encoding="utf-8")
    return "panels.ipynb"


def panel(page: Page, cell: int) -> Locator:
    return page.locator(".jp-CodeCell").nth(cell).locator(".tb").first


def test_panels_in_a_notebook_while_a_cell_is_busy_and_after_it(lab: Any, page: Page) -> None:
    drives.make_runs(lab.folder)
    viewer = Viewer(page)
    page.set_viewport_size({"width": 1280, "height": 5_000})  # JupyterLab draws only the cells in view
    page.goto(lab.address(notebook(lab.folder)))
    page.wait_for_function(READY, timeout=120_000)
    page.evaluate("() => void window.jupyterapp.commands.execute('notebook:run-all-cells')")
    page.locator(".jp-CodeCell").nth(6).get_by_text("[*]:").wait_for(timeout=120_000)
    for cell in range(1, 6):
        panel(page, cell).wait_for(timeout=120_000)

    drives.find_runs(page, panel(page, 1))
    drives.choose_runs(panel(page, 1), "cedar", "delta")
    drives.zoom(page, panel(page, 2))
    drives.compare_runs(panel(page, 3))
    assert page.locator(".jp-CodeCell").nth(6).get_by_text("[*]:").count() == 1, "all that while the cell was busy"
    (lab.folder / "enough").touch()
    page.wait_for_function(READY, timeout=60_000)

    drives.undo(panel(page, 1))
    drives.look_at_files(panel(page, 4), runs=2)
    drives.promote(panel(page, 5), "Seen in the notebook.")
    assert viewer.complaints == []
    store = open_store(lab.folder / "trackbook.db")
    assert store.get_model_version("wood", 4).current_stage == "Production"
    assert len(store.search_runs([run.experiment_id for run in store.search_experiments()])) == 4


def test_panels_on_the_page(tmp_path: Path, page: Page) -> None:
    drives.make_runs(tmp_path)
    with serving(tmp_path) as served:
        viewer = Viewer(page)
        page.set_viewport_size({"width": 1400, "height": 900})
        page.goto(served.address, timeout=120_000)
        whole = page.locator(".tb-page")
        whole.locator(".rt-row").first.wait_for(timeout=120_000)
        drives.find_runs(page, whole)
        drives.choose_runs(whole, "cedar", "delta")
        drives.undo(whole)
        drives.choose_runs(whole, "amber", "birch")
        tab(page, "Curves")
        drives.zoom(page, whole)
        tab(page, "Compare")
        drives.compare_runs(whole)
        tab(page, "Artifacts")
        drives.look_at_files(whole, runs=2)
        tab(page, "Models")
        drives.promote(whole, "Seen on the page.")
        assert viewer.complaints == []
        page.goto("about:blank")
    trail = open_store(tmp_path / "trackbook.db").audit_trail()
    assert trail[-1].actor.startswith("voila:")
