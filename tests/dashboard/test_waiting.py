"""A kernel that was started ahead waits for its viewer, and ends with its server."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from tornado.httpserver import HTTPServer
from tornado.web import Application
from tornado.websocket import WebSocketHandler

from trackbook.dashboard.waiting import wait_for_viewer

LOADED = """import sys, trackbook.dashboard.visit
print([name for name in sys.modules if name.startswith(("voila", "jupyter_server"))])"""
#: As a kernel does, whatever the signals of whoever started the tests.
HEARS = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
WAITING = "from trackbook.dashboard.waiting import wait_for_viewer; wait_for_viewer(); print('went on')"


@contextmanager
def answering(port: int, answer: Callable[[WebSocketHandler], object]) -> Iterator[None]:
    """A server that answers a kernel as Voila does, while the block runs."""

    class Query(WebSocketHandler):
        def open(self, *kernel: str, **_options: str) -> None:
            assert kernel == ("ab-12",)
            answer(self)

    async def serve() -> None:
        server = HTTPServer(Application([("/team/voila/query/(.*)", Query)]))
        server.listen(port, "127.0.0.1")
        up.set()
        await ended.wait()
        server.stop()
        await server.close_all_connections()

    loop, up, ended = asyncio.new_event_loop(), threading.Event(), asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    assert up.wait(30)
    try:
        yield
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(30)
        loop.close()


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> int:
    """A free one, named to the kernel."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found = int(probe.getsockname()[1])
    known = {"APP_PORT": str(found), "SERVER_URL": "/team/", "KERNEL_ID": "ab-12", "APP_IP": "127.0.0.1"}
    for name, value in known.items():
        monkeypatch.setenv(f"VOILA_{name}", value)
    monkeypatch.setenv("QUERY_STRING", "")
    return found


def test_kernel_learns_what_its_viewer_asks_for(port: int) -> None:
    with answering(port, lambda socket: socket.write_message('{"QUERY_STRING": "run=ab&token=x"}')):
        wait_for_viewer()
    assert os.environ["QUERY_STRING"] == "run=ab&token=x"


def test_server_that_listens_later_than_its_kernel_is_waited_for(port: int) -> None:
    waiting = threading.Thread(target=wait_for_viewer)
    waiting.start()  # nobody listens yet
    with answering(port, lambda socket: socket.write_message('{"QUERY_STRING": "late"}')):
        waiting.join(30)
    assert os.environ["QUERY_STRING"] == "late"


@pytest.mark.slow
def test_kernel_ends_with_its_server_and_says_nothing(port: int) -> None:
    with answering(port, lambda socket: socket.close()):
        ended = subprocess.run([sys.executable, "-c", WAITING], capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


@pytest.mark.slow
def test_interrupted_kernel_ends_and_says_nothing(port: int) -> None:
    waiting: list[WebSocketHandler] = []
    connected = threading.Event()

    def hold(socket: WebSocketHandler) -> None:
        waiting.append(socket)
        connected.set()

    with answering(port, hold):
        code = HEARS + WAITING
        kernel = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert connected.wait(60)
        kernel.send_signal(signal.SIGINT)
        assert kernel.communicate(timeout=60) == (b"", b"")
    assert kernel.returncode == 0


def test_nothing_of_the_server_is_loaded_into_a_waiting_kernel() -> None:
    told = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, timeout=60, check=True)
    assert told.stdout.strip() == "[]"
