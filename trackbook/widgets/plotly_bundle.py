"""plotly.js for the browser: taken from the installed plotly, gzipped once, sent once a kernel to all panels."""

from __future__ import annotations

import gzip
import os
import threading
from collections.abc import Iterable
from functools import cache
from typing import Any

import anywidget
import traitlets

from trackbook.widgets.assets import module

__all__ = ["PlotlyBundle", "ensure_plotly", "packed_plotly"]


@cache
def packed_plotly() -> bytes:
    """plotly.js as gzip, about 1.5 MB; 0.3 s the first time."""
    from plotly.offline import get_plotlyjs

    return gzip.compress(get_plotlyjs().encode(), compresslevel=6, mtime=0)


class PlotlyBundle(anywidget.AnyWidget):
    """The model that brings plotly.js to the pages that show this kernel.

    The bytes travel as custom messages and are no trait, so neither a saved notebook nor nbclient keeps them.
    They are pushed when the model is made, because a kernel that trains could not answer a request, and sent
    again to a page that attaches later and asks.
    """

    _esm = module("plotly_slot", "plotly_bundle")
    _late = traitlets.Bool(False).tag(sync=True)

    def __init__(self) -> None:
        self._opened = False
        super().__init__()
        self._opened = True
        self.on_msg(self._on_message)
        self.pushed = threading.Thread(target=self._push, name="trackbook-plotly", daemon=True)
        self.pushed.start()

    def get_state(self, key: str | Iterable[str] | None = None, drop_defaults: bool = False) -> dict[str, Any]:
        """The state; a front end that asks for it later than at the opening learns that it missed the push."""
        state: dict[str, Any] = super().get_state(key=key, drop_defaults=drop_defaults)
        if self._opened and "_late" in state:
            state["_late"] = True
        return state

    def _push(self) -> None:
        self.send({"type": "plotly"}, buffers=[packed_plotly()])

    def _on_message(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        if content.get("type") == "need":
            self._push()


_bundles: dict[int, PlotlyBundle] = {}
_lock = threading.Lock()


def ensure_plotly() -> PlotlyBundle:
    """This process's bundle, made and pushed at the first call; returns at once."""
    with _lock:
        bundle = _bundles.get(os.getpid())
        if bundle is None or bundle.comm is None:
            bundle = _bundles[os.getpid()] = PlotlyBundle()
        return bundle
