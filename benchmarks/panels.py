"""Measure the panels in a real JupyterLab and Chromium: ``python benchmarks/panels.py [--rounds 3]``.

It needs the packages of ``.[test]``, a plain install of Trackbook in this interpreter, and Chromium. A kernel that has
its imports done shows each panel in a cell of its own; the clock runs from the key that runs the cell to the last thing
that the panel paints, so it holds the kernel's work, the messages and the browser's. Bytes are those of the web socket.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

RUNS, CURVES, POINTS = 10_000, 50, 10_000
SETUP = """
import trackbook, numpy, pandas, trackbook.widgets.curves
from trackbook import panels
trackbook.set_tracking_uri({uri!r})
trackbook.set_experiment("small")
panels.runs();
trackbook.set_experiment("big");
"""
#: What is measured: a cell, what to wait for on the page, and the aim in seconds.
CELLS = {
    "10,000 runs x 40 columns, usable": (
        "panels.runs()", "() => document.querySelectorAll('.rt-row').length > 5", 3.0),
    "50 curves x 10,000 points, painted": (
        "panels.curves([f'long-{place}' for place in range(50)], ['m0'])",
        "() => document.querySelectorAll('.js-plotly-plot .js-line').length >= 50", 5.0),
    "six charts, painted": (
        "panels.curves(['long-0', 'long-1'], view={'columns': 3})",
        "() => document.querySelectorAll('.js-plotly-plot:has(.js-line)').length >= 6", 5.0),
}  # fmt: skip
READY = "() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
#: A click on a header to the next frame in which the first row is another one; ms.
SORT = """async () => {
  const first = () => document.querySelector('.rt-row')?.textContent;
  const heads = [...document.querySelectorAll('[role=columnheader]')];
  const head = heads.find((one) => /^m0[0-3]/.test(one.textContent.trim()));
  const before = first(), start = performance.now();
  head.click();
  while (first() === before && performance.now() - start < 5000) await new Promise(requestAnimationFrame);
  return performance.now() - start;
}"""


@dataclass
class Figures:
    """What a row was in each round."""

    seconds: list[float] = field(default_factory=list)
    megabytes: list[float] = field(default_factory=list)


def build(folder: Path) -> str:
    """10,000 runs of 40 columns, and 50 runs with long curves; the store's URI."""
    import numpy as np

    from trackbook.entities import Metric, Param
    from trackbook.stores import open_store
    from trackbook.stores.base import NewRun

    store, random = open_store(folder / "trackbook.db"), np.random.default_rng(0)
    big, small = store.create_experiment("big"), store.create_experiment("small")
    for place in range(RUNS):
        run = store.create_run(NewRun(big, f"run-{place}", start_time=place)).info.run_id
        values = random.normal(size=20)
        metrics = [Metric(f"m{each:02d}", float(value), 1, 0) for each, value in enumerate(values)]
        params = [Param(f"p{each:02d}", str(int(random.integers(1_000)))) for each in range(14)]
        store.log_batch(run, metrics, params)
        store.update_run(run, "FINISHED", place + 60_000)
    for place in range(CURVES):
        run = store.create_run(NewRun(small, f"long-{place}", start_time=place)).info.run_id
        for key in range(6 if place < 2 else 1):
            losses = np.exp(-np.arange(POINTS) / 3_000) + random.normal(0, 0.02, POINTS)
            store.log_batch(run, [Metric(f"m{key}", float(loss), 1, step) for step, loss in enumerate(losses)])
        store.update_run(run, "FINISHED", 1)
    store.flush()
    store.close()
    return store.uri


@contextmanager
def jupyterlab(folder: Path) -> Iterator[tuple[str, str]]:
    """A JupyterLab on loopback; its address and token."""
    token, port = secrets.token_hex(16), "0"
    places = {f"JUPYTER_{name}_DIR": str(folder / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", f"--port={port}", "--allow-root"]
    command += ["--expose-app-in-browser", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    environment = {**os.environ, **places, "HOME": str(folder), "JUPYTER_TOKEN": token}
    with (folder / "lab.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
    try:
        written = folder / "runtime" / f"jpserver-{server.pid}.json"
        while not (written.exists() and written.stat().st_size):
            time.sleep(0.1)
            assert server.poll() is None, (folder / "lab.log").read_text()
        yield json.loads(written.read_text())["url"], token
    finally:
        server.terminate()
        server.wait(30)


def measure(folder: Path, rounds: int) -> tuple[dict[str, Figures], list[float]]:
    """Every cell in a new kernel and page, as many times as there are rounds; and what a sort takes, in ms."""
    uri = build(folder)
    figures, sorts = {name: Figures() for name in CELLS}, []
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with jupyterlab(folder) as (address, token), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        for turn in range(rounds):
            for name, (code, done, _) in CELLS.items():
                page = browser.new_page(viewport={"width": 1_400, "height": 1_000})
                received = _count_bytes(page)
                notebook = folder / f"{len(figures[name].seconds)}-{turn}.ipynb"
                notebook.write_text(json.dumps(_notebook([SETUP.format(uri=uri), code])), encoding="utf-8")
                page.goto(f"{address}lab/tree/{notebook.name}?token={token}&reset", timeout=120_000)
                page.wait_for_function(READY, timeout=120_000)
                _run_cell(page)
                page.wait_for_function("() => document.querySelectorAll('.jp-InputPrompt')[0].innerText.includes('1')")
                page.wait_for_function(READY)
                before, start = received(), time.perf_counter()
                _run_cell(page)
                page.wait_for_function(done, timeout=120_000)
                figures[name].seconds.append(time.perf_counter() - start)
                page.wait_for_timeout(500)
                figures[name].megabytes.append((received() - before) / 1e6)
                if "runs" in name:
                    sorts.append(float(page.evaluate(SORT)))
                page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
                page.close()
        browser.close()
    return figures, sorts


def _run_cell(page: Page) -> None:
    page.evaluate("() => void window.jupyterapp.commands.execute('notebook:run-cell-and-select-next')")


def _count_bytes(page: Page) -> Callable[[], int]:
    total = 0

    def add(frame: str | bytes) -> None:
        nonlocal total
        total += len(frame)

    page.on("websocket", lambda socket: socket.on("framereceived", add))
    return lambda: total


def _notebook(cells: list[str]) -> dict[str, object]:
    made = [
        {"cell_type": "code", "id": f"c{place}", "execution_count": None, "metadata": {}, "outputs": [], "source": code}
        for place, code in enumerate(cells)
    ]
    kernel = {"kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}}
    return {"cells": made, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}


def main() -> None:
    """Print a table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=3)
    rounds = arguments.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        figures, sorts = measure(Path(folder), rounds)
    print(f"Medians of {rounds} rounds.\n\n| what | seconds | MB sent | aim | met |\n|---|---:|---:|---:|---|")
    for name, found in figures.items():
        seconds, aim = statistics.median(found.seconds), CELLS[name][2]
        met = "yes" if seconds <= aim else "**no**"
        print(f"| {name} | {seconds:.2f} s | {statistics.median(found.megabytes):.2f} | ≤ {aim:g} s | {met} |")
    sort = statistics.median(sorts)
    print(f"| sort of 10,000 runs | {sort / 1000:.3f} s | 0 | ≤ 0.1 s | {'yes' if sort <= 100 else '**no**'} |")


if __name__ == "__main__":
    main()
