"""A clock in the browser that has the kernel refresh a page: no thread, so an abandoned page's kernel can be culled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anywidget
import traitlets

from trackbook.widgets.assets import module

__all__ = ["Ticker"]


class Ticker(anywidget.AnyWidget):
    """Calls back every `seconds` while it is shown on a page that somebody can see.

    The next tick waits for the answer to the last one, so that a busy kernel is not handed a queue of them.

    Args:
        callback: called without arguments in the kernel's main thread.
        seconds: between two ticks, at least.
    """

    _esm = module("ticker")
    seconds = traitlets.Float(2.0, min=0.05).tag(sync=True)

    def __init__(self, callback: Callable[[], object], seconds: float = 2.0) -> None:
        self._callback = callback
        super().__init__(seconds=seconds)
        self.on_msg(self._on_message)

    def _on_message(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        if content.get("type") != "tick":
            return
        try:
            self._callback()
        finally:
            self.send({"type": "tock"})
