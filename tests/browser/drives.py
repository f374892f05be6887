"""What a person does with each panel, wherever it stands: filter, sort, select, zoom, compare, look, undo, promote."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from sklearn.dummy import DummyClassifier

import trackbook
from trackbook.stores import close_stores

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

__all__ = ["RUNS", "choose_runs", "compare_runs", "find_runs", "look_at_files", "make_runs", "promote", "undo", "zoom"]

RUNS = ("amber", "birch", "cedar", "delta")
_ZOOM = "(chart) => chart._fullLayout.xaxis.range.map(Number)"


def make_runs(folder: Path) -> None:
    """Four runs with a curve, params and a picture each; the first has four versions of a registered model."""
    trackbook.set_tracking_uri(str(folder / "trackbook.db"))
    trackbook.set_experiment("wood")
    for place, name in enumerate(RUNS):
        with trackbook.start_run(run_name=name):
            trackbook.log_params({"lr": 0.1 * (place + 1), "solver": ("adam", "sgd")[place % 2]})
            for step in range(20):
                trackbook.log_metric("loss", (1 + place) / (step + 1), step=step)
            trackbook.log_image(Image.fromarray(np.full((30, 40, 3), 60 * place, dtype=np.uint8)), "plots/wood.png")
            for _ in range(4 if name == "amber" else 0):
                model = DummyClassifier().fit([[0.0], [1.0]], [0, 1])
                trackbook.sklearn.log_model(model, name="wood", registered_model_name="wood")
    close_stores()


def row(panel: Locator, name: str) -> Locator:
    return panel.locator(f'.rt-row:has(.rt-run:text-is("{name}"))')


def names(panel: Locator) -> list[str]:
    rows = panel.locator(".rt-row").all()
    placed = sorted((int(each.get_attribute("data-position") or 0), each) for each in rows)
    return [each.locator(".rt-run").inner_text().strip() for _, each in placed]


def find_runs(page: Page, panel: Locator) -> None:
    """Filter, take the filter away, and sort by a metric, both ways."""
    box = panel.locator(".rt-filter input, input.rt-input, [role=combobox]").first
    box.fill("metrics.loss < 0.12")
    page.wait_for_function("(grid) => grid.querySelectorAll('.rt-row').length === 2", arg=panel.element_handle())
    box.fill("")
    page.wait_for_function("(grid) => grid.querySelectorAll('.rt-row').length === 4", arg=panel.element_handle())
    head = panel.locator('[role=columnheader][data-column="metrics.loss"]')
    head.click()
    first = names(panel)
    head.click()
    assert {tuple(first), tuple(names(panel))} == {RUNS, RUNS[::-1]}


def choose_runs(panel: Locator, *chosen: str) -> None:
    """Select runs, and find them marked."""
    for name in chosen:
        row(panel, name).locator(".rt-mark").click()
    for name in chosen:
        assert row(panel, name).get_attribute("aria-selected") == "true"


def undo(panel: Locator) -> None:
    """Delete the selected runs at once, and take it back."""
    before = len(names(panel))
    panel.get_by_role("button", name="Delete").click()
    panel.locator(".tb-said", has_text="Deleted 2 runs.").wait_for(timeout=30_000)
    panel.locator(f".rt-row >> nth={before - 2}").wait_for(state="detached", timeout=30_000)
    panel.get_by_role("button", name="Undo").click()
    panel.locator(f".rt-row >> nth={before - 1}").wait_for(timeout=30_000)


def zoom(page: Page, panel: Locator) -> None:
    """Drag over a stretch of the first chart: it alone is shown."""
    chart = panel.locator(".tb-plot").first
    area = chart.locator(".nsewdrag").first
    area.wait_for(timeout=60_000)
    area.scroll_into_view_if_needed()
    box = area.bounding_box()
    assert box is not None
    before = chart.evaluate(_ZOOM)
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.25, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, middle + 2, steps=5)
    page.mouse.up()
    panel.get_by_role("button", name="Show all of loss").wait_for()
    after = chart.evaluate(_ZOOM)
    assert before[0] < after[0] < after[1] < before[1]


def compare_runs(panel: Locator) -> None:
    """What differs is marked; another chart is a click away."""
    lr = panel.locator("tr", has=panel.page.locator("th.cmp-key", has_text="lr"))
    lr.wait_for(timeout=60_000)
    assert "≠" in lr.inner_text()
    panel.get_by_role("button", name="Scatter", exact=True).click()
    panel.locator(".cmp-chart-card svg[role=img]").first.wait_for()


def look_at_files(panel: Locator, runs: int) -> None:
    """Choose a picture: it stands there once for each run."""
    panel.locator('[role=treeitem][data-path="plots"]').wait_for(timeout=60_000)
    if not panel.locator('[data-path="plots/wood.png"]').count():
        panel.locator('[role=treeitem][data-path="plots"]').click()
    panel.locator('[role=treeitem][data-path="plots/wood.png"]').click()
    panel.locator(f".art-card >> nth={runs - 1}").wait_for(timeout=60_000)
    assert "40 × 30 px" in panel.locator(".art-card-foot").first.inner_text()


def promote(panel: Locator, comment: str) -> None:
    """Promote the newest version, with a comment that the audit trail keeps."""
    panel.get_by_role("button", name="Promote v4…").click(timeout=60_000)
    dialog = panel.get_by_role("dialog", name="Promote wood v4 to Production")
    dialog.wait_for(timeout=30_000)
    dialog.locator("textarea").fill(comment)
    dialog.get_by_role("button", name="Promote v4 to Production").click()
    dialog.wait_for(state="detached", timeout=30_000)
    panel.locator(".tb-models-trail tbody tr", has_text=comment).first.wait_for(timeout=30_000)
