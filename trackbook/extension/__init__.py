"""The part of Trackbook that lives in a Jupyter server: what JupyterLab's sidebar asks, and the page.

Installing Trackbook enables it (``jupyter_server_config.d/trackbook.json``). The server starts no slower for it: stores
and everything heavy are imported when somebody first asks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

__all__: list[str] = []


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    """Where Jupyter finds `_load_jupyter_server_extension`."""
    return [{"module": "trackbook.extension"}]


def _load_jupyter_server_extension(server: ServerApp) -> None:
    """Mount the routes, and lead kernels without a store of their own to the server's root."""
    from trackbook.extension.mounting import mount

    mount(server)
