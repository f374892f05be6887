"""Measure the page in a real Voila and Chromium: ``python benchmarks/page.py [--viewers 10] [--rounds 3]``.

It needs the packages of ``.[test]``, a plain install of Trackbook in this interpreter, and Chromium. The clock runs
from the request to the table of runs being on the page. The viewers come within ten seconds, to a pool of warm kernels
of half their number. The memory of a viewer is what her kernel alone has (PSS), with all tabs but Statistics opened.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from playwright.sync_api import Browser, Page, sync_playwright

from trackbook.demo.plans import plans
from trackbook.demo.training import train_demo
from trackbook.stores import close_stores

WITHIN_S = 10.0
SHOWN = "() => document.querySelector('.tb-page [role=grid] [role=row]') !== null"


@contextmanager
def serving(folder: Path, preheat: int) -> Iterator[tuple[str, psutil.Process]]:
    """The page of a store, when its warm kernels are there."""
    command = [sys.executable, "-m", "trackbook", "ui", "--backend-store-uri", str(folder), "--max-viewers", "0"]
    server = subprocess.Popen([*command, "--preheat", str(preheat)], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        address = [server.stdout.readline(), server.stdout.readline()][1].split()[-1]
        process = psutil.Process(server.pid)
        wait_for_kernels(process, preheat)
        yield address, process
    finally:
        server.terminate()
        server.wait(60)
        server.stdout.close()


def kernels(server: psutil.Process) -> list[psutil.Process]:
    """The kernels of a page."""
    return [one for one in server.children(recursive=True) if "ipykernel_launcher" in " ".join(one.cmdline())]


def wait_for_kernels(server: psutil.Process, number: int) -> None:
    """Until so many are there and have been quiet for a while."""
    deadline, quiet = time.monotonic() + 180, 0
    while quiet < 3 and time.monotonic() < deadline:
        found = kernels(server)
        busy = sum(one.cpu_percent(0.5) for one in found)
        quiet = quiet + 1 if len(found) >= number and busy < 10 * max(1, number) else 0


def first_widget(page: Page, address: str) -> float:
    """Seconds from the request to the table of runs."""
    start = time.perf_counter()
    page.goto(address, timeout=180_000, wait_until="commit")
    page.wait_for_function(SHOWN, timeout=180_000, polling=50)
    return time.perf_counter() - start


def many(browser: Browser, address: str, viewers: int) -> list[float]:
    """Seconds of each of several viewers who come within ten seconds."""
    pages = [browser.new_context().new_page() for _ in range(viewers)]
    begun = [0.0] * viewers
    start = time.perf_counter()
    for place, page in enumerate(pages):
        page.wait_for_timeout(max(0.0, 1_000 * (start + place * WITHIN_S / viewers - time.perf_counter())))
        begun[place] = time.perf_counter()
        page.evaluate("(address) => { location.href = address; }", address)
    took = []
    for place, page in enumerate(pages):
        page.wait_for_function(SHOWN, timeout=60_000, polling=200)
        took.append(time.perf_counter() - begun[place])
        page.context.close()
    return took


def memory(page: Page, server: psutil.Process, before: set[int]) -> float:
    """MB of the viewer's kernel after all tabs but Statistics."""
    for name in ("curves", "compare", "artifacts", "models", "runs"):
        page.locator(f'.tb-tab[data-tab="{name}"]').click()
        page.wait_for_timeout(3_000)
    return max(one.memory_full_info().pss for one in kernels(server) if one.pid in before) / 1e6


def main() -> None:
    """Print a table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--viewers", type=int, default=10)
    arguments.add_argument("--rounds", type=int, default=3)
    asked = arguments.parse_args()
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        train_demo(Path(name), [plan.shortened(6) for plan in plans()[:12]])
        close_stores()
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        warm, held = [], []
        with serving(Path(name), 1) as (address, server):
            for _ in range(asked.rounds):
                wait_for_kernels(server, 1)
                before = {one.pid for one in kernels(server)}
                page = browser.new_context().new_page()
                warm.append(first_widget(page, address))
                held.append(memory(page, server, before))
                page.context.close()
        with serving(Path(name), asked.viewers // 2) as (address, _server):
            last = max(many(browser, address, asked.viewers))
        browser.close()
    print("| what | measured | aim | met |\n|---|---:|---:|---|")
    for what, value, unit, aim in (
        ("warm first widget", statistics.median(warm), "s", 3),
        (f"the last of {asked.viewers} viewers", last, "s", 20),
        ("a viewer's memory", statistics.median(held), "MB", 150),
    ):
        print(f"| {what} | {value:.1f} {unit} | ≤ {aim} {unit} | {'yes' if value <= aim else '**no**'} |")


if __name__ == "__main__":
    main()
