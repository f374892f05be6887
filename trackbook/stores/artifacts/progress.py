"""A progress bar for transfers that take long, in a terminal or a notebook, and nothing anywhere else."""

from __future__ import annotations

import importlib.util
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from trackbook.config import read_settings

__all__ = ["Transfer", "transfer"]

_SECONDS = 1.0
_BYTES = 50_000_000


class Transfer:
    """What has been moved of something, and the bar that shows it once it has taken a second or has 50 MB.

    Args:
        what: a word or two, such as "Downloading model.bin".
        total: bytes, as far as known.
        clock: seconds.
    """

    def __init__(self, what: str, total: int | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._what, self._total, self._clock = what, total, clock
        self._began = clock()
        self._done = 0
        self._looked = False
        self._lock = threading.Lock()
        self._bar: Any = None

    def advance(self, size: int) -> None:
        """More bytes have been moved, by any thread; a negative number if some must be moved again."""
        with self._lock:
            self._advance(size)

    def _advance(self, size: int) -> None:
        self._done += size
        if self._bar is not None:
            self._bar.update(size)
        elif not self._looked and ((self._total or 0) >= _BYTES or self._clock() - self._began >= _SECONDS):
            self._looked = True
            self._bar = _make_bar(self._what, self._total, self._done)

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()


@contextmanager
def transfer(what: str, total: int | None = None) -> Iterator[Transfer]:
    """A transfer while the block moves it."""
    moved = Transfer(what, total)
    try:
        yield moved
    finally:
        moved.close()


def _make_bar(what: str, total: int | None, done: int) -> Any:
    """A bar of tqdm; None where nobody would see it or nobody wants it."""
    notebook = _in_notebook()
    if not ((notebook or _on_terminal()) and read_settings().enable_artifacts_progress_bar):
        return None
    try:
        if notebook and importlib.util.find_spec("ipywidgets") is not None:
            from tqdm.notebook import tqdm
        else:
            from tqdm import tqdm
    except ImportError:  # a bar is no reason to fail
        return None
    return tqdm(desc=what, total=total, initial=done, unit="B", unit_scale=True, leave=False, file=sys.stderr)


def _in_notebook() -> bool:
    """Whether a kernel runs this; if so, IPython has been imported already."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return hasattr(shell, "kernel")


def _on_terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()
