"""A JupyterLab of the test's own, on loopback, with a token and nothing of the caller's."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab.

    Attributes:
        folder: its root.
        url: of the server, with a slash at the end.
        token: that a page must give.
    """

    folder: Path
    url: str
    token: str

    def address(self, notebook: str) -> str:
        """Where a notebook opens."""
        return f"{self.url}lab/tree/{notebook}?token={self.token}&reset"


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    folder, token = tmp_path / "lab", secrets.token_hex(16)
    folder.mkdir()
    settings = {
        name: str(tmp_path / name.lower()) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
    }
    environment = {**os.environ, **settings, "HOME": str(tmp_path), "JUPYTER_TOKEN": token}
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", "--port=0", "--allow-root"]
    command += ["--expose-app-in-browser", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    with (tmp_path / "lab.log").open("wb") as log:
        server = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL
        )
    try:
        yield Lab(folder, _url_of(server, tmp_path), token)
    finally:
        _end(server)


def _url_of(server: subprocess.Popen[bytes], place: Path) -> str:
    """What the server wrote down when it began to listen."""
    deadline = time.monotonic() + 90
    written = place / "jupyter_runtime_dir" / f"jpserver-{server.pid}.json"
    while time.monotonic() < deadline and server.poll() is None:
        if written.exists() and written.stat().st_size:
            return str(json.loads(written.read_text())["url"])
        time.sleep(0.1)
    raise AssertionError((place / "lab.log").read_text()[-3_000:])


def _end(server: subprocess.Popen[bytes]) -> None:
    """End the server, and the kernels that it may leave behind."""
    kernels = psutil.Process(server.pid).children(recursive=True) if server.poll() is None else []
    server.terminate()
    try:
        server.wait(20)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
    for kernel in kernels:
        if kernel.is_running():
            kernel.kill()
    psutil.wait_procs(kernels, 10)
