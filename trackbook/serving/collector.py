"""Keeps Python's collector of cycles out of a server's start, and away from what was loaded then.

While a thousand modules are imported the collector walks through all of them again and again and finds nothing: a
sixth of the start. What is loaded once the server answers lives as long as the process, so it is frozen.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["go_on", "paused"]


@contextmanager
def paused() -> Iterator[None]:
    """The block starts a server; the collector rests until `go_on` is called or the block ends."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def go_on() -> None:
    """The model is loaded: collect from now on, and only what is made from now on."""
    gc.freeze()
    gc.enable()
