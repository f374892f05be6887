"""Measure the page in a real Voila and Chromium: ``python benchmarks/page.py [--viewers 10] [--rounds 3]``.

It needs the packages of ``.[test]``, a plain install of Trackbook in this interpreter, and Chromium. The clock runs
from the request to the table of runs being on the page. The viewers come within ten seconds, to a warm kernel each;
their browsers run on the same machine, and take most of it. The memory of a viewer is what her kernel alone has (PSS),
with all tabs but Statistics opened.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import Page, sync_playwright
from tornado.websocket import WebSocketClientConnection, websocket_connect

from trackbook.demo.plans import plans
from trackbook.demo.training import train_demo
from trackbook.stores import close_stores

WITHIN_S = 10.0
GIVEN_UP_S = 180.0
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


class Visitors:
    """Viewers in one Chromium, each with a context of her own, driven without Playwright: its eyes cost a third more.

    Args:
        connection: to the browser's own endpoint.
    """

    def __init__(self, connection: WebSocketClientConnection) -> None:
        self.connection = connection
        self.asked = 0
        self.begun: list[float] = []
        self.sessions: list[str] = []
        self.took: dict[int, float] = {}

    async def call(self, method: str, session: str | None = None, **given: Any) -> Any:
        """The answer to one command of the DevTools protocol."""
        self.asked += 1
        command = {"id": self.asked, "method": method, "params": given}
        await self.connection.write_message(json.dumps(command | ({"sessionId": session} if session else {})))
        while True:
            answer = json.loads(await self.connection.read_message() or "{}")
            if answer.get("id") == self.asked:
                return answer["result"]

    async def come(self, address: str) -> None:
        """One more viewer opens the page."""
        context = await self.call("Target.createBrowserContext")
        self.begun.append(time.perf_counter())
        target = await self.call("Target.createTarget", url=address, **context)
        attached = await self.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self.sessions.append(attached["sessionId"])

    async def look(self) -> None:
        """See who has her table of runs by now."""
        for place, session in enumerate(self.sessions):
            if place not in self.took:
                said = await self.call("Runtime.evaluate", session, expression=f"({SHOWN})()", returnByValue=True)
                if said.get("result", {}).get("value"):
                    self.took[place] = time.perf_counter() - self.begun[place]


async def many(endpoint: str, address: str, viewers: int) -> list[float]:
    """Seconds of each of several viewers who come within ten seconds, in the order in which they came."""
    visitors = Visitors(await websocket_connect(endpoint, max_message_size=2**28))
    start = time.perf_counter()
    while len(visitors.took) < viewers:
        if time.perf_counter() > start + GIVEN_UP_S:
            raise TimeoutError(f"{viewers - len(visitors.took)} of {viewers} viewers saw nothing")
        if time.perf_counter() >= start + len(visitors.begun) * WITHIN_S / viewers < start + WITHIN_S:
            await visitors.come(address)
        await visitors.look()
        await asyncio.sleep(0.2)
    return [took for _place, took in sorted(visitors.took.items())]


@contextmanager
def browsing(chromium: str) -> Iterator[str]:
    """A Chromium of its own; the address of its DevTools."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        flags = ("--headless=new", "--no-sandbox", "--remote-debugging-port=0", f"--user-data-dir={profile}")
        opened = subprocess.Popen([chromium, *flags, "about:blank"], stderr=subprocess.PIPE, text=True)
        assert opened.stderr is not None
        try:
            yield next(line.split()[-1] for line in opened.stderr if "DevTools listening" in line)
        finally:
            opened.terminate()
            opened.wait(30)
            opened.stderr.close()


def memory(page: Page, server: psutil.Process, before: set[int]) -> float:
    """MB of the viewer's kernel after all tabs but Statistics."""
    for name in ("curves", "compare", "artifacts", "models", "runs"):
        page.locator(f'.tb-tab[data-tab="{name}"]').click()
        page.wait_for_timeout(3_000)
    return max(one.memory_full_info().pss for one in kernels(server) if one.pid in before) / 1e6


def alone(chromium: str, folder: Path, rounds: int) -> tuple[list[float], list[float]]:
    """Seconds to the first widget of somebody who comes alone to a warm kernel, and MB of that kernel; one a round."""
    warm, held = [], []
    with sync_playwright() as playwright, serving(folder, 1) as (address, server):
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for _ in range(rounds):
            wait_for_kernels(server, 1)
            before = {one.pid for one in kernels(server)}
            page = browser.new_context().new_page()
            warm.append(first_widget(page, address))
            held.append(memory(page, server, before))
            page.context.close()
        browser.close()
    return warm, held


def main() -> None:
    """Print a table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--viewers", type=int, default=10)
    arguments.add_argument("--rounds", type=int, default=3)
    asked = arguments.parse_args()
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with tempfile.TemporaryDirectory() as name:
        train_demo(Path(name), [plan.shortened(6) for plan in plans()[:12]])
        close_stores()
        warm, held = alone(chromium, Path(name), asked.rounds)
        came = []
        for _ in range(asked.rounds):
            with serving(Path(name), asked.viewers) as (address, _server), browsing(chromium) as endpoint:
                came.append(asyncio.run(many(endpoint, address, asked.viewers)))
    print("| what | measured | aim | met |\n|---|---:|---:|---|")
    for what, value, unit, aim in (
        ("warm first widget", statistics.median(warm), "s", 3),
        (f"the last of {asked.viewers} viewers to come", statistics.median(times[-1] for times in came), "s", 20),
        (f"the slowest of {asked.viewers} viewers", statistics.median(max(times) for times in came), "s", None),
        ("a viewer's memory", statistics.median(held), "MB", 150),
    ):
        met = "" if aim is None else "yes" if value <= aim else "**no**"
        print(f"| {what} | {value:.1f} {unit} | {'' if aim is None else f'≤ {aim} {unit}'} | {met} |")


if __name__ == "__main__":
    main()
