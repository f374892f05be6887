"""Several processes that share one socket: each loads the model itself, and ends when the process above it does."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from trackbook.errors import InvalidState
from trackbook.runs.session import get_registry_uri, get_tracking_uri
from trackbook.serving.collector import paused
from trackbook.serving.program import ServingOptions, serve_here

__all__ = ["serve_with_workers"]

log = logging.getLogger("trackbook")

_SHORT_LIFE_S = 10.0  # a worker that ends sooner will not do better when it is started again


class _Worker:
    """One process; its standard input is a pipe that closes when we are gone."""

    def __init__(self, uri: str, options: ServingOptions, listener: socket.socket) -> None:
        heard, told = os.pipe()
        task = {"uri": uri, "options": asdict(options), "listener": listener.fileno(), "told": told}
        stores = {"TRACKBOOK_TRACKING_URI": get_tracking_uri(), "TRACKBOOK_REGISTRY_URI": get_registry_uri()}
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "trackbook.serving.workers", json.dumps(task)],
            stdin=subprocess.PIPE,
            pass_fds=(listener.fileno(), told),
            env={**os.environ, **stores},
            start_new_session=True,  # Ctrl-C reaches us alone, and we tell it
        )
        os.close(told)
        self.heard = heard
        self.begun = time.monotonic()

    def wait_until_ready(self) -> None:
        """Raise if it ends before it answers requests; what was wrong stands on standard error."""
        with open(self.heard, "rb") as pipe:
            if not pipe.readline():
                raise InvalidState(f"A worker ended with {self.process.wait()} before it served; see above.")

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()

    def wait(self) -> None:
        self.process.wait()
        if self.process.stdin is not None:
            self.process.stdin.close()


def serve_with_workers(uri: str, options: ServingOptions, listener: socket.socket, ready: Callable[[], None]) -> None:
    """Start the workers, start anew one that dies, and end them all on SIGTERM and SIGINT.

    Raises:
        InvalidState: a worker cannot serve.
    """
    told: list[int] = []
    before = {number: signal.signal(number, lambda n, _: told.append(n)) for number in (signal.SIGTERM, signal.SIGINT)}
    workers: list[_Worker] = []
    try:
        workers += [_Worker(uri, options, listener) for _ in range(options.workers)]
        for worker in workers:
            worker.wait_until_ready()
        ready()
        while not told:
            _replace_dead(workers, uri, options, listener)
            time.sleep(0.1)
    finally:
        for worker in workers:
            worker.end()
        for worker in workers:
            worker.wait()
        for number, handler in before.items():
            signal.signal(number, handler)


def _replace_dead(workers: list[_Worker], uri: str, options: ServingOptions, listener: socket.socket) -> None:
    for place, worker in enumerate(workers):
        status = worker.process.poll()
        if status is None:
            continue
        worker.wait()
        if time.monotonic() - worker.begun < _SHORT_LIFE_S:
            raise InvalidState(f"A worker ended with {status} as soon as it served; see above.")
        log.warning("A worker ended with %s; another one takes its place.", status)
        workers[place] = _Worker(uri, options, listener)
        workers[place].wait_until_ready()


def _work(task: dict[str, Any]) -> None:
    listener = socket.socket(fileno=task["listener"])
    listener.setblocking(False)

    def ready() -> None:
        os.write(task["told"], b"ready\n")
        os.close(task["told"])

    async def run() -> None:
        asyncio.get_running_loop().add_reader(0, _end_with_parent)
        await serve_here(task["uri"], ServingOptions(**task["options"]), listener, ready)

    with paused():
        asyncio.run(run())


def _end_with_parent() -> None:
    """Standard input has closed: whoever started us is gone."""
    asyncio.get_running_loop().remove_reader(0)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    _work(json.loads(sys.argv[1]))
