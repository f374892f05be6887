"""The quickstart in a real JupyterLab: the curve grows while its cell runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.kernel, pytest.mark.slow, pytest.mark.timeout(600)]

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
FIRST, LONGER = "train(hidden=64, lr=0.001)", "train(hidden=64, lr=0.001, epochs=500)"
READY = "() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
#: Points of the longest curve on the page while a cell is running; 0 if there is none yet, -1 when no cell runs.
POINTS = """() => {
  const busy = [...document.querySelectorAll(".jp-InputPrompt")].some((prompt) => prompt.innerText.includes("*"));
  const charts = [...document.querySelectorAll(".js-plotly-plot")];
  const lengths = charts.flatMap((chart) => chart.data.map((trace) => trace.x?.length ?? 0));
  return busy ? Math.max(0, ...lengths) : -1;
}"""


def quickstart(folder: Path) -> str:
    """A copy whose first training is long enough to look at, on any machine."""
    text = (NOTEBOOKS / "quickstart.ipynb").read_text(encoding="utf-8")
    assert FIRST in text
    (folder / "quickstart.ipynb").write_text(text.replace(FIRST, LONGER), encoding="utf-8")
    return "quickstart.ipynb"


def test_curve_grows_while_the_cell_runs(lab: Any, page: Page) -> None:
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.set_viewport_size({"width": 1280, "height": 3_600})  # JupyterLab draws only the cells in view
    page.goto(lab.address(quickstart(lab.folder)))
    page.wait_for_function(READY, timeout=120_000)
    page.evaluate("() => void window.jupyterapp.commands.execute('notebook:run-all-cells')")
    some = page.wait_for_function(
        f"() => {{ const points = ({POINTS})(); return points > 2 ? points : 0; }}", timeout=90_000
    )
    first = some.json_value()
    page.wait_for_function(f"(before) => ({POINTS})() > before", arg=first, timeout=30_000)
    page.wait_for_function(f"() => ({POINTS})() === -1", timeout=300_000)
    last = page.locator(".jp-CodeCell .jp-InputPrompt").last
    assert last.inner_text().strip() == "[11]:", "a cell failed, and those behind it did not run"
    assert complaints == []
