"""The page in a real Chromium, as `trackbook ui` serves it: curves, live runs, and what it refuses."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import sync_playwright

from tests.browser.pages import CHROMIUM_FLAGS, NAMES, Served, Viewer, serving, tab, train
from trackbook.dashboard.host import free_port, notebook_path

pytestmark = [pytest.mark.browser, pytest.mark.kernel, pytest.mark.slow]

#: Logs a point every 50 ms until its input is closed.
LIVE = """
import sys, threading
import trackbook
trackbook.set_tracking_uri(sys.argv[1])
trackbook.set_experiment("live")
stop = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
with trackbook.start_run(run_name="growing"):
    step = 0
    while not stop.wait(0.05):
        step += 1
        trackbook.log_metric("loss", 1 / step, step=step)
"""
#: Points of the longest curve on the page.
LONGEST = """() => Math.max(0, ...[...document.querySelectorAll(".js-plotly-plot")]
  .flatMap((plot) => plot.data.map((trace) => trace.x ? trace.x.length : 0)))"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """`trackbook ui` on a small demo, with kernels that are culled after a few seconds."""
    folder = tmp_path_factory.mktemp("demo")
    train(folder)
    quick = ["--MappingKernelManager.cull_idle_timeout=4", "--MappingKernelManager.cull_interval=1"]
    with serving(folder, "--", *quick) as page:
        yield page


@pytest.fixture(scope="module")
def viewer(served: Served, chromium: str) -> Iterator[Viewer]:
    """The page, opened once for the tests that look at it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        found = Viewer(browser.new_page(viewport={"width": 1280, "height": 800}))
        found.page.goto(served.address, timeout=120_000)
        found.page.locator(".tb-page [role=grid]").wait_for(timeout=120_000)
        yield found
        browser.close()


def test_page_shows_the_runs_and_their_real_curves(viewer: Viewer) -> None:
    page = viewer.page
    for name in NAMES:
        page.get_by_text(name, exact=True).first.wait_for()
    tab(page, "Curves")
    page.wait_for_function(f"({LONGEST})() === 6", timeout=60_000)
    assert page.locator(".tb-side-run").count() == 3
    assert page.locator(".js-plotly-plot .js-line").count() >= 9
    assert "token" not in page.locator("body").inner_text()
    assert viewer.complaints == []


def test_selection_in_the_table_chooses_the_curves(viewer: Viewer) -> None:
    page = viewer.page
    tab(page, "Runs")
    page.get_by_role("row", name=re.compile("mlp-wide-s0")).click()
    tab(page, "Curves")
    page.wait_for_function("document.querySelectorAll('.tb-side-run:not(.tb-side-grey)').length === 1", timeout=30_000)
    assert page.locator(".tb-side-run:not(.tb-side-grey)").inner_text().startswith("mlp-wide-s0")
    assert viewer.complaints == []


def test_opened_run_shows_params_metrics_and_artifacts(viewer: Viewer) -> None:
    page = viewer.page
    tab(page, "Runs")
    page.get_by_role("row", name=re.compile("mlp-base-s1")).dblclick()
    page.locator(".tb-run-head", has_text="mlp-base-s1").wait_for(timeout=30_000)
    shown = page.locator(".tb-panel-run").inner_text()
    assert {"val_accuracy", "batch_size", "confusion_matrix.png"} <= set(shown.split())
    assert viewer.complaints == []


def test_run_of_another_process_appears_and_grows(viewer: Viewer, served: Served) -> None:
    page = viewer.page
    training = subprocess.Popen([sys.executable, "-c", LIVE, str(served.folder)], stdin=subprocess.PIPE)
    try:
        page.locator(".tb-exp", has_text="live").click(timeout=60_000)
        page.get_by_text("growing", exact=True).first.wait_for(timeout=30_000)
        tab(page, "Curves")
        before = page.wait_for_function(f"({LONGEST})()", timeout=60_000).json_value()
        page.wait_for_function(f"(before) => ({LONGEST})() > before + 20", arg=before, timeout=60_000)
    finally:
        training.communicate(timeout=30)
    page.locator(".tb-exp", has_text="live").locator(".tb-status").wait_for(state="detached", timeout=30_000)
    assert viewer.complaints == []


@pytest.mark.parametrize("width", [380, 760, 1280, 2500])
def test_page_fits_its_width(viewer: Viewer, width: int) -> None:
    page = viewer.page
    tab(page, "Runs")
    page.set_viewport_size({"width": width, "height": 800})
    page.wait_for_timeout(200)
    wide: Any = page.evaluate("document.querySelector('.tb-frame').scrollWidth")
    assert wide <= width
    assert page.locator(".tb-rail").is_visible() == (width >= 760)
    assert page.locator(".tb-menu").is_visible() == (width < 760)
    page.set_viewport_size({"width": 1280, "height": 800})


def test_nothing_is_shown_without_the_token(served: Served) -> None:
    status, body = served.ask("/", known=False)
    assert status == 302
    assert b"mlp-base" not in body
    for path in ("/api/kernels/00000000-0000-0000-0000-000000000000", "/voila/api/shutdown/x"):
        assert served.ask(path, known=False)[0] in (302, 403, 405)


@pytest.mark.parametrize(
    "path",
    [
        "/voila/static/etc/passwd",
        "/voila/static//etc/passwd",
        "/voila/static/..%2f..%2f..%2f..%2fetc/passwd",
        "/voila/templates/lab/static//etc/passwd",
        "/voila/files/trackbook.db",
        "/voila/files/dashboard.ipynb",
        "/voila/files/../trackbook.db",
        "/voila/files/%2e%2e/trackbook.db",
        "/files/trackbook.db",
        "/voila/tree/",
        "/voila/api/contents/",
    ],
)
def test_no_file_is_served(served: Served, path: str) -> None:
    status, body = served.ask(path)
    if status == 302:  # anything unknown is sent to /voila/files, which refuses it
        status, body = served.ask("/voila/files" + path)
    assert status in (400, 403, 404)
    assert b"root:" not in body
    assert b"SQLite format" not in body
    assert b"Traceback" not in body


def test_other_host_names_are_refused(served: Served) -> None:
    assert served.ask("/", host="evil.example")[0] == 403


def test_kernel_is_culled_after_its_page_is_closed(served: Served, viewer: Viewer) -> None:
    assert served.kernels()
    viewer.page.close()
    deadline = time.monotonic() + 60
    while served.kernels() and time.monotonic() < deadline:
        time.sleep(0.5)
    assert served.kernels() == []
    assert os.path.exists(served.folder / "trackbook.db")


def test_plain_voila_shows_the_same_page(served: Served, viewer: Viewer) -> None:
    port = free_port("127.0.0.1", 8866)
    command = [sys.executable, "-m", "voila", str(notebook_path()), "--no-browser", f"--port={port}"]
    environment = {**os.environ, "TRACKBOOK_TRACKING_URI": str(served.folder)}
    server = subprocess.Popen(command, env=environment, cwd=served.folder, stderr=subprocess.DEVNULL)
    try:
        wait_for(port)
        browser = viewer.page.context.browser
        assert browser is not None
        page = browser.new_page()
        page.route(re.compile("jsdelivr"), lambda route: route.abort())  # Voila's own template asks for icons
        page.goto(f"http://127.0.0.1:{port}/", timeout=120_000)
        page.locator(".tb-exp", has_text="digits-mlp").click(timeout=120_000)
        page.get_by_text(NAMES[0], exact=True).first.wait_for(timeout=30_000)
        page.close()
    finally:
        server.terminate()
        server.wait(60)


def wait_for(port: int) -> None:
    """Until somebody listens."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise AssertionError(f"nobody listens on {port}")
