"""`trackbook models serve` from the address of a model to the end of its server, in one process or in several."""

from __future__ import annotations

import asyncio
import atexit
import logging
import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from trackbook.models.deploying.environments import child_environment, command_in, prepare_environment
from trackbook.models.pyfunc import load_model
from trackbook.runs.model_addresses import locate
from trackbook.serving import collector
from trackbook.serving.application import Desk
from trackbook.serving.listening import address_of, bind, end_on_signals, serve
from trackbook.serving.scoring import Scorer
from trackbook.web import hosts_heard, is_loopback

__all__ = ["Fixed", "ServingOptions", "fix", "serve_elsewhere", "serve_model"]

log = logging.getLogger("trackbook")

OPEN_TO_ALL = (
    "Anyone who reaches this address can ask the model: it wants no password. Put it behind a proxy that does."
)


@dataclass(frozen=True)
class ServingOptions:
    """How a model is served.

    Attributes:
        host: address to listen on.
        port: on which; 0 takes a free one.
        seconds: how long one request may take.
        workers: how many processes score.
        allowed_hosts: further names by which the server may be called; `*` for any.
    """

    host: str = "127.0.0.1"
    port: int = 5000
    seconds: float = 60.0
    workers: int = 1
    allowed_hosts: Sequence[str] = ()


@dataclass(frozen=True)
class Fixed:
    """A model that an address meant when it was looked at: an alias that moves does not move it.

    Attributes:
        uri: an address of just that model.
        label: what it is, for people: ``digits version 3 (champion)``.
    """

    uri: str
    label: str


def fix(uri: str) -> Fixed:
    """What an address means now.

    Raises:
        NotFound: there is no such model.
    """
    found = locate(uri)
    inside = f"/{found.path}" if found.path is not None and found.model is not None else ""
    if found.version is not None:
        name, number = found.version.name, found.version.version
        word = _word(uri, name)
        return Fixed(f"models:/{name}/{number}{inside}", f"{name} version {number}{f' ({word})' if word else ''}")
    if found.model is not None:
        return Fixed(f"models:/{found.model.model_id}{inside}", f"{found.model.name} ({found.model.model_id}){inside}")
    return Fixed(uri, uri)


def _word(uri: str, name: str) -> str:
    """By which word the address chose: an alias, a stage or latest."""
    rest = uri.partition(":")[2].strip("/").removeprefix(name)
    word = rest[1:].partition("/")[0]
    return "" if word.isdecimal() else word


def serve_model(uri: str, options: ServingOptions, announce: Callable[[str], None]) -> None:
    """Serve the model at an address until SIGTERM or SIGINT.

    An alias or a stage is looked at once, here.

    Args:
        uri: the address.
        options: how.
        announce: called with what is served and where, once requests are answered.

    Raises:
        NotFound: there is no such model.
        InvalidState: the port is taken.
        UntrustedModel: loading it runs code, and nobody has said that it may.
    """
    fixed = fix(uri)
    listener = bind(options.host, options.port)

    def ready() -> None:
        announce(f"Serving {fixed.label} at {address_of(listener)}")
        if not is_loopback(options.host):
            announce(OPEN_TO_ALL)

    try:
        if options.workers > 1:
            from trackbook.serving.workers import serve_with_workers

            serve_with_workers(fixed.uri, options, listener, ready)
        else:
            asyncio.run(serve_here(fixed.uri, options, listener, ready))
    finally:
        listener.close()


def serve_elsewhere(uri: str, options: ServingOptions, manager: str) -> None:
    """Serve in an environment made for the model; this process becomes that one.

    Raises:
        NotFound: there is no such model.
        InvalidState: the environment cannot be made.
    """
    fixed = fix(uri)
    python = prepare_environment(fixed.uri, manager)
    words = ["--model-uri", uri, "--host", options.host, "--port", str(options.port), "--timeout", str(options.seconds)]
    words += ["--workers", str(options.workers), "--allowed-hosts", ",".join(options.allowed_hosts)]
    command = command_in(python, "models", "serve", *words, "--env-manager", "local")
    os.execve(command[0], command, child_environment())  # noqa: S606  # no shell is wanted


async def serve_here(uri: str, options: ServingOptions, listener: socket.socket, ready: Callable[[], None]) -> None:
    """Load a model and serve it in this process."""
    stop = asyncio.Event()
    end_on_signals(stop)
    desk = Desk(Scorer(load_model(uri)), options.seconds)
    collector.go_on()
    await serve(listener, desk, hosts_heard(options.host, options.allowed_hosts), stop, ready)
    if left := desk.stuck():
        log.warning("The model has not come back from %d requests; the server ends without it.", left)
        atexit._run_exitfuncs()  # noqa: SLF001  # temporary files go; a thread that hangs is not waited for
        os._exit(0)
