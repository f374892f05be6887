"""A scoring server from the socket to its end: limits of connections, one deadline for slow senders, a clean end."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
from collections import Counter
from collections.abc import Callable
from typing import Any

from trackbook.errors import InvalidState
from trackbook.libraries import require
from trackbook.serving.application import Desk, scoring_application

require("The scoring server", "tornado")

from tornado.httpserver import HTTPServer  # noqa: E402  # asked for first
from tornado.iostream import IOStream  # noqa: E402  # as above

__all__ = ["ScoringServer", "address_of", "bind", "end_on_signals", "serve"]

log = logging.getLogger("trackbook")

PATIENCE_S = 20  # for the headers, for the body, and for the next request of a connection
CONNECTIONS_OF_ONE = 512
HEADER_BYTES = 64 << 10


class ScoringServer(HTTPServer):
    """Tornado's server with a limit of connections from one address, and without Nagle's delay."""

    def initialize(self, *args: Any, **kwargs: Any) -> None:
        """Called by Tornado."""
        kwargs |= {"idle_connection_timeout": PATIENCE_S, "body_timeout": PATIENCE_S}
        kwargs |= {"max_header_size": HEADER_BYTES, "chunk_size": 1 << 20}
        super().initialize(*args, **kwargs)
        self._open: Counter[str] = Counter()

    def handle_stream(self, stream: IOStream, address: tuple[Any, ...]) -> None:
        """Take a connection, unless its address has too many."""
        who = str(address[0])
        if self._open[who] >= CONNECTIONS_OF_ONE:
            stream.close()
            return
        stream.set_nodelay(True)
        self._open[who] += 1
        stream.set_close_callback(lambda: self._closed(who))
        super().handle_stream(stream, address)

    def _closed(self, who: str) -> None:
        self._open[who] -= 1
        if not self._open[who]:
            del self._open[who]


def bind(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Raises:
        InvalidState: the port is taken, or the address is not of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
        made.listen(1024)
    except OSError as error:
        made.close()
        raise InvalidState(f"Nothing can listen on {host}:{port}: {error.strerror}. Choose another --port.") from None
    made.setblocking(False)
    return made


def address_of(listener: socket.socket) -> str:
    """Where a socket listens, as an address to open."""
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


async def serve(
    listener: socket.socket, desk: Desk, hosts: frozenset[str] | None, stop: asyncio.Event, ready: Callable[[], None]
) -> None:
    """Serve until `stop` is set; what runs then is finished first.

    Args:
        listener: a socket that listens.
        desk: where requests meet the model.
        hosts: the names by which the server may be called; None for any.
        stop: set it from this loop.
        ready: called once requests are answered.
    """
    server = ScoringServer(scoring_application(desk, hosts))
    server.add_socket(listener)
    try:
        ready()
        await stop.wait()
        server.stop()
        await desk.close()
        await server.close_all_connections()
    finally:
        desk.pool.shutdown(wait=False, cancel_futures=True)


def end_on_signals(stop: asyncio.Event) -> None:
    """Set `stop` on SIGTERM and SIGINT; end at once on a second one."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _told_to_end, stop)


def _told_to_end(stop: asyncio.Event) -> None:
    if stop.is_set():
        os._exit(130)
    stop.set()
