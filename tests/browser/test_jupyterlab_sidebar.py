"""The sidebar and the dashboard in a real JupyterLab: live runs, a click that shows one, names that are only names."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.payloads import PAYLOADS
from trackbook.entities import Metric
from trackbook.stores import open_store
from trackbook.stores.base import NewRun

if TYPE_CHECKING:
    from playwright.sync_api import Page, Request

pytestmark = [pytest.mark.browser, pytest.mark.kernel, pytest.mark.slow, pytest.mark.timeout(600)]

#: Names that would be a command of a cell, a line of code in it, or nothing that one can read, beside those of a page.
NAMES = (*PAYLOADS, "\u202egnp.exe \U0001f9ea עברית", "!touch pwned", '"); import os; os.mkdir("pwned"); ("')
#: Logs a point every 100 ms until its input is closed.
LIVE = """
import sys, threading
import trackbook
trackbook.set_experiment("digits-mlp")
stop = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
with trackbook.start_run(run_name="amber-otter-23"):
    trackbook.log_param("epochs", 5000)
    step = 0
    while not stop.wait(0.1):
        step += 1
        trackbook.log_metric("val_loss", 1 / step, step=step)
"""
CELL: dict[str, Any] = {
    "cell_type": "code",
    "id": "a",
    "metadata": {},
    "execution_count": None,
    "outputs": [],
    "source": "1 + 1",
}
NOTEBOOK = {
    "cells": [CELL],
    "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}
#: The step that the first row tells; 0 before its first point.
STEP = """Number((/step ([\\d\\u202f]+)/.exec(document.querySelector(".tb-lab-run").textContent)?.[1] ?? "0")
  .replace(/\\D/g, ""))"""
READY = "() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"


def hostile_store(folder: Path) -> None:
    """Runs, experiments and errors that are called like attacks."""
    store = open_store(folder / "trackbook.db")
    for number, payload in enumerate(NAMES):
        experiment = store.create_experiment(payload)
        run = store.create_run(NewRun(experiment, payload, payload[:100], tags={"mlflow.source.name": payload}))
        points = [Metric("val_loss", 1 / (step + 1), 1, step) for step in range(9)]
        store.log_batch(run.info.run_id, points)
        store.update_run(run.info.run_id, "FAILED" if number % 2 else "FINISHED")
    store.close()


@contextmanager
def training(folder: Path) -> Iterator[None]:
    """A run of another process while the block lasts."""
    process = subprocess.Popen([sys.executable, "-P", "-c", LIVE], stdin=subprocess.PIPE, cwd=folder)
    try:
        yield
    finally:
        process.communicate(timeout=60)


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """Errors on the console, and requests that leave this machine."""
    found: list[str] = []
    page.set_default_timeout(120_000)
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("console", lambda said: found.append(said.text) if said.type == "error" else None)

    def look(request: Request) -> None:
        if not re.match(r"(https?|wss?)://(127\.0\.0\.1|localhost)[:/]|data:|blob:", request.url):
            found.append(request.url)

    page.on("request", look)
    return found


def open_notebook(page: Page, lab: Any) -> None:
    (lab.folder / "train.ipynb").write_text(json.dumps(NOTEBOOK), encoding="utf-8")
    page.goto(lab.address("train.ipynb"))
    page.wait_for_function(READY, timeout=120_000)


def open_sidebar(page: Page) -> None:
    page.get_by_role("tab", name="Trackbook").click()
    page.locator(".tb-lab").wait_for()


def kernels(lab: Any) -> int:
    asked = urllib.request.Request(f"{lab.url}api/kernels", headers={"Authorization": f"token {lab.token}"})
    with urllib.request.urlopen(asked, timeout=60) as answer:
        return len(json.load(answer))


def test_sidebar_shows_runs_live_and_a_click_shows_one(lab: Any, page: Page, complaints: list[str]) -> None:
    hostile_store(lab.folder)
    open_notebook(page, lab)
    with training(lab.folder):
        open_sidebar(page)
        running = page.locator(".tb-lab-run", has_text="amber-otter-23").first
        running.wait_for()
        first = page.wait_for_function(f"() => {STEP}").json_value()
        page.wait_for_function(f"(before) => {STEP} > before", arg=first)
        assert re.search(r"step .* of 5\s000 · val_loss ", running.inner_text().replace("\n", " "))
        assert running.get_by_role("img", name="Running").is_visible()

        running.click()
        page.locator(".jp-CodeCell").nth(1).wait_for()
        lines = page.locator(".jp-CodeCell").nth(1).locator(".cm-content").inner_text().split("\n")
        assert lines[:2] == ["%load_ext trackbook", "# amber-otter-23, digits-mlp"]
        assert re.fullmatch(r"%track_show [0-9a-f]{32}", lines[2])
        page.locator(".jp-CodeCell").nth(1).locator(".jp-OutputArea", has_text="amber-otter-23").first.wait_for()
    page.mouse.move(900, 500)
    page.get_by_role("group", name="Running").wait_for(state="detached")
    assert (
        page.locator(".tb-lab-run", has_text="amber-otter-23").get_by_role("img").first.get_attribute("aria-label")
        == "Finished"
    )
    look_at_everything(page)
    assert page.evaluate("window.pwned ?? 0") == 0
    assert not (lab.folder / "pwned").exists()
    assert complaints == []


def look_at_everything(page: Page) -> None:
    """Unfold each experiment, find, and put a hostile run into the notebook, by keyboard."""
    page.locator(".tb-lab-experiment").nth(len(NAMES)).wait_for()  # and the one that trains
    for place in range(len(NAMES) + 1):
        page.locator(".tb-lab-experiment").nth(place).click()
        page.locator(".tb-lab-run[aria-level='2']").nth(place).wait_for()
    page.keyboard.press("/")
    page.keyboard.type("mkdir pwned")
    found = page.locator(".tb-lab-run", has_text="os.mkdir")
    found.first.wait_for()
    page.wait_for_function("() => document.querySelectorAll('.tb-lab-run[aria-level=\"1\"]').length === 1")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.className").startswith("tb-lab-item")
    assert page.locator(".tb-lab-list [tabindex='0']").count() == 1
    page.keyboard.press("Enter")
    page.locator(".jp-CodeCell").nth(2).wait_for()
    lines = page.locator(".jp-CodeCell").nth(2).locator(".cm-content").inner_text().split("\n")
    assert re.fullmatch(r"# [\w ._()+=,-]+", lines[0])
    assert re.fullmatch(r"%track_show [0-9a-f]{32}", lines[1])
    page.wait_for_function(READY, timeout=120_000)
    page.keyboard.press("Escape")


def test_palette_opens_the_dashboard_whose_kernel_ends_with_its_tab(
    lab: Any, page: Page, complaints: list[str]
) -> None:
    hostile_store(lab.folder)
    page.goto(f"{lab.url}lab?token={lab.token}&reset")
    page.locator(".jp-LauncherCard", has_text="Trackbook dashboard").wait_for()
    page.evaluate("() => void window.jupyterapp.commands.execute('apputils:activate-command-palette')")
    page.locator(".lm-CommandPalette-input").fill("Trackbook dashboard")
    page.keyboard.press("Enter")
    frame = page.frame_locator("iframe[title='Trackbook dashboard']")
    frame.get_by_role("grid").first.wait_for(timeout=240_000)
    assert frame.locator("body").get_attribute("data-jp-theme-name") == "JupyterLab Light"
    assert kernels(lab) == 1
    page.evaluate("() => window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})")
    frame.locator("body[data-jp-theme-name='JupyterLab Dark']").wait_for()
    page.locator(".lm-TabBar-tab", has_text="Trackbook").locator(".lm-TabBar-tabCloseIcon").click()
    for _ in range(60):
        if kernels(lab) == 0:
            break
        page.wait_for_timeout(500)
    assert kernels(lab) == 0
    assert page.evaluate("window.pwned ?? 0") == 0
    assert complaints == []


def test_newcomer_is_told_the_next_step_and_where_it_goes(lab: Any, page: Page, complaints: list[str]) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/trackbook/api/" in request.url else None)
    open_notebook(page, lab)
    assert asked == [], "nobody has looked yet"
    open_sidebar(page)
    page.locator(
        ".tb-lab-empty", has_text=str(lab.folder / "trackbook.db").replace(str(lab.folder.parent), "~")
    ).wait_for()
    page.get_by_role("button", name="Insert this cell").click()
    page.locator(".jp-CodeCell").nth(1).wait_for()
    assert page.locator(".jp-InputPrompt").nth(1).inner_text().strip() == "[ ]:", "it is left to be changed"
    page.evaluate("() => void window.jupyterapp.commands.execute('notebook:run-all-cells')")
    page.locator(".tb-lab-run", has_text="first-try").wait_for()
    page.locator(".tb-lab-facts", has_text="this notebook").wait_for()
    page.get_by_role("tab", name="File Browser").click()
    page.wait_for_timeout(1_000)  # an answer may be on its way
    count = len(asked)
    page.wait_for_timeout(4_000)
    assert len(asked) == count, "a sidebar that is out of view asks nothing"
    assert complaints == []
