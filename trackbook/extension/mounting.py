"""What the server is given at its start: the routes of the endpoint table, the page, and a root for its kernels."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from trackbook.extension.desk import Desk
from trackbook.extension.handlers import HANDLERS, NothingHere
from trackbook.extension.page import page_handler
from trackbook.wire import ENDPOINTS, Endpoint

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

__all__ = ["PREFIX", "mount", "routes"]

#: Below the server's base URL.
PREFIX = "trackbook"


def mount(server: ServerApp) -> None:
    """Add the routes to a server."""
    root = str(server.root_dir)
    if os.path.isdir(root):
        # kernels inherit it; a store that nobody has made yet is then made where the sidebar looks
        os.environ.setdefault("TRACKBOOK_ROOT", root)
    desk = Desk(root)
    base = str(server.web_app.settings["base_url"]).rstrip("/") + f"/{PREFIX}"
    handler = page_handler(server, desk)
    desk.page = handler is not None
    page = [(f"{base}/dashboard", *handler)] if handler is not None else []
    server.web_app.add_handlers(".*$", [*page, *routes(base, desk)])  # type: ignore[no-untyped-call]


def routes(base: str, desk: Desk) -> list[tuple[Any, ...]]:
    """A route for each path of the endpoint table, and one that answers 404 for the rest."""
    paths: dict[str, dict[str, Endpoint]] = {}
    for endpoint in ENDPOINTS:
        paths.setdefault(endpoint.path, {})[endpoint.method] = endpoint
    found: list[tuple[Any, ...]] = []
    for path, endpoints in paths.items():
        handler = HANDLERS[next(iter(endpoints.values())).permission]
        found.append((base + path, handler, {"desk": desk, "endpoints": endpoints}))
    return [*found, (f"{base}(?:/.*)?", NothingHere, {"desk": desk})]
