"""Lets a kernel that Voila started ahead wait for its viewer, at the price of one socket.

Voila's own helper imports the whole of its server into the kernel, which is four seconds of a core and 40 MB for each
kernel that is kept warm (measured); it also goes on without a viewer when the server is busy for five seconds.
"""

from __future__ import annotations

import asyncio
import json
import os
import threading
import time
from contextlib import suppress

__all__ = ["wait_for_viewer"]

_PATIENCE_S = 60.0
_AGAIN_S = 0.2


def wait_for_viewer() -> None:
    """Block until somebody looks, and take what she asks for into the environment.

    The address is Voila's: ``ws://<VOILA_APP_IP>:<VOILA_APP_PORT><VOILA_SERVER_URL>voila/query/<VOILA_KERNEL_ID>``, and
    what comes is one JSON object of environment variables, QUERY_STRING among them. A server that ends, or never
    answers, takes the kernel with it.
    """
    told: list[str] = []
    # the kernel's own event loop stands still meanwhile: it has nobody to answer
    waiting = threading.Thread(target=lambda: told.extend(asyncio.run(_told(_address()))), daemon=True)
    waiting.start()
    with suppress(KeyboardInterrupt):  # a server that ends interrupts its kernels first
        waiting.join()
    if not told:
        os._exit(0)  # nothing has been done here yet, and the sockets by which an error would be told are closed
    os.environ.update(json.loads(told[0]))


def _address() -> str:
    known = os.environ
    host, port = known.get("VOILA_APP_IP", "127.0.0.1"), known["VOILA_APP_PORT"]
    return f"ws://{host}:{port}{known.get('VOILA_SERVER_URL', '/')}voila/query/{known['VOILA_KERNEL_ID']}"


async def _told(address: str) -> list[str]:
    """What the server says of the viewer, whenever that is; nothing when it ends."""
    from tornado.httpclient import HTTPRequest
    from tornado.websocket import websocket_connect

    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            # a server that starts ten kernels answers late: the wait for it has no limit of its own
            connection = await websocket_connect(HTTPRequest(address, connect_timeout=0, request_timeout=0))
            break
        except OSError:
            if time.monotonic() > deadline:
                return []
            await asyncio.sleep(_AGAIN_S)
    try:
        said = await connection.read_message()
    finally:
        connection.close()
    return [said] if isinstance(said, str) else []
