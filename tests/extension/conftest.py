"""A Jupyter server with our extension, on loopback, and who talks to it."""

from __future__ import annotations

import http.client
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest

#: Refuses what a test's header names, and otherwise allows everything, as Jupyter does.
CONFIGURATION = """
from jupyter_server.auth.authorizer import Authorizer

class Asked(Authorizer):
    def is_authorized(self, handler, user, action, resource):
        return handler.request.headers.get("X-Refuse") != f"{action} {resource}"

c.ServerApp.authorizer_class = Asked
c.ServerApp.jpserver_extensions = {"trackbook.extension": True, "voila.server_extension": True, "jupyterlab": False}
"""


@dataclass
class Answer:
    """What the server answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Jupyter:
    """A running server.

    Attributes:
        folder: its root.
        url: with a slash at the end.
        token: that it asks for.
        log: what it has written.
        process: the server.
    """

    folder: Path
    url: str
    token: str
    log: Path
    process: subprocess.Popen[bytes]

    def ask(
        self,
        path: str,
        method: str = "GET",
        *,
        known: bool = True,
        headers: Mapping[str, str] | None = None,
        body: object = None,
    ) -> Answer:
        """One request below /trackbook, with the token or without."""
        sent = dict(headers or {}) | ({"Authorization": f"token {self.token}"} if known else {})
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        connection = http.client.HTTPConnection("127.0.0.1", urlsplit(self.url).port or 0, timeout=60)
        try:
            connection.request(method, "/trackbook" + path, body=data, headers=sent)
            answer = connection.getresponse()
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def cookies(self) -> dict[str, str]:
        """The cookies of somebody who has logged in with a browser."""
        found: dict[str, str] = {}
        connection = http.client.HTTPConnection("127.0.0.1", urlsplit(self.url).port or 0, timeout=60)
        try:
            for path in ("/login", f"/login?token={self.token}"):
                connection.request("GET", path)
                answer = connection.getresponse()
                answer.read()
                given = [value.split(";")[0] for key, value in answer.getheaders() if key == "Set-Cookie"]
                found |= dict(pair.split("=", 1) for pair in given)
            return found
        finally:
            connection.close()


@pytest.fixture(scope="module")
def jupyter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jupyter]:
    place = tmp_path_factory.mktemp("jupyter")
    folder, token = place / "root", secrets.token_hex(16)
    folder.mkdir()
    names = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
    settings = {name: str(place / name.lower()) for name in names}
    (place / "jupyter_config_dir").mkdir()
    (place / "jupyter_config_dir" / "jupyter_server_config.py").write_text(CONFIGURATION)
    command = [sys.executable, "-P", "-m", "jupyter_server", "--no-browser", "--ip=127.0.0.1", "--port=0"]
    environment = {**os.environ, **settings, "JUPYTER_TOKEN": token}
    with (place / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [*command, "--allow-root"], cwd=folder, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL
        )
    try:
        yield Jupyter(folder, _url_of(server, place), token, place / "server.log", server)
    finally:
        children = psutil.Process(server.pid).children(recursive=True) if server.poll() is None else []
        server.terminate()
        server.wait(30)
        for child in children:
            if child.is_running():
                child.kill()
        psutil.wait_procs(children, 10)


def _url_of(server: subprocess.Popen[bytes], place: Path) -> str:
    """What the server wrote down when it began to listen."""
    written = place / "jupyter_runtime_dir" / f"jpserver-{server.pid}.json"
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and server.poll() is None:
        if written.exists() and written.stat().st_size:
            return str(json.loads(written.read_text())["url"])
        time.sleep(0.1)
    raise AssertionError((place / "server.log").read_text()[-3_000:])
