"""A page that a test serves with `trackbook ui`, and those who look at it in a real Chromium."""

from __future__ import annotations

import http.client
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psutil
from playwright.sync_api import Page, Request

from trackbook.demo.plans import plans
from trackbook.demo.training import train_demo
from trackbook.stores import close_stores

__all__ = ["CHROMIUM_FLAGS", "NAMES", "Served", "Viewer", "serving", "tab", "train"]

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]
NAMES = ("mlp-base-s0", "mlp-base-s1", "mlp-wide-s0")


@dataclass
class Served:
    """A running page.

    Attributes:
        address: with its token.
        folder: of the store.
        process: the server.
    """

    address: str
    folder: Path
    process: subprocess.Popen[str]

    def ask(self, path: str, *, known: bool = True, host: str | None = None) -> tuple[int, bytes]:
        """Status and body of a GET, with the token or without, exactly as the path is written."""
        where = urlsplit(self.address)
        headers = {"Authorization": f"token {where.query.partition('=')[2]}"} if known else {}
        connection = http.client.HTTPConnection(str(where.hostname), int(where.port or 0), timeout=60)
        try:
            connection.request("GET", path, headers=headers | ({"Host": host} if host else {}))
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def kernels(self) -> list[psutil.Process]:
        """The kernels of its viewers."""
        found = []
        for child in psutil.Process(self.process.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):  # it has just ended
                if "ipykernel" in " ".join(child.cmdline()):
                    found.append(child)
        return found


@dataclass
class Viewer:
    """A page in Chromium, and what it complained of.

    Attributes:
        page: the page.
        complaints: errors on its console, and requests that left this machine.
    """

    page: Page
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        self.page.on("request", self._look_at)

    def _look_at(self, request: Request) -> None:
        if not re.match(r"(https?|wss?)://(127\.0\.0\.1|localhost)[:/]|data:|blob:", request.url):
            self.complaints.append(request.url)


def train(folder: Path) -> None:
    """Three runs of the demo, cut short."""
    train_demo(folder, [plan.shortened(6) for plan in plans() if plan.name in NAMES])
    close_stores()


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[Served]:
    """`trackbook ui` on a store; at the end it and its kernels are gone, and its token is in no log."""
    command = [sys.executable, "-m", "trackbook", "ui", "--backend-store-uri", str(folder), *options]
    log = (folder / "ui.log").open("w")
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, cwd=folder)
    assert process.stdout is not None
    lines = [process.stdout.readline(), process.stdout.readline()]
    page = Served(lines[1].split()[-1], folder, process)
    try:
        yield page
    finally:
        kernels = page.kernels()
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        process.stdout.close()
        log.close()
    assert process.returncode == 0
    assert psutil.wait_procs(kernels, 10)[1] == []
    token = page.address.partition("token=")[2]
    said = (folder / "ui.log").read_text()
    assert token not in said
    assert "Traceback" not in said, said


def tab(page: Page, name: str) -> None:
    """Turn to a tab."""
    page.locator(".tb-tab", has_text=name).click()
