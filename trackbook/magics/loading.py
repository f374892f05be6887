"""Putting the magics into a shell, and taking them out again as if they had never been there."""

from __future__ import annotations

import atexit
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING

from trackbook.magics import completion, formatters
from trackbook.magics.cell import CellMagics
from trackbook.magics.line import LineMagics
from trackbook.magics.looking import LookingMagics
from trackbook.magics.notebook import notebook_of
from trackbook.runs.exits import at_signal

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["load", "unload"]

_undo: weakref.WeakKeyDictionary[InteractiveShell, list[Callable[[], object]]] = weakref.WeakKeyDictionary()


def load(ipython: InteractiveShell) -> None:
    """Add magics, cards, completions and cell hooks to a shell; twice is no error."""
    if ipython in _undo:
        return
    notebook = notebook_of(ipython)
    undo: list[Callable[[], object]] = [_register_magics(ipython)]
    for event, hook in (("pre_run_cell", notebook.before_cell), ("post_run_cell", notebook.after_cell)):
        ipython.events.register(event, hook)
        undo.append(lambda event=event, hook=hook: ipython.events.unregister(event, hook))  # type: ignore[misc]
    undo += [formatters.register(ipython), completion.register(ipython)]
    atexit.register(notebook.shut_down)  # runs before those of the modules that it was imported after
    undo += [lambda: atexit.unregister(notebook.shut_down), at_signal(notebook.shut_down)]
    _undo[ipython] = undo


def unload(ipython: InteractiveShell) -> None:
    """Take everything out again; runs that are open stay open, and end with the process."""
    for step in _undo.pop(ipython, []):
        step()


def _register_magics(ipython: InteractiveShell) -> Callable[[], None]:
    notebook = notebook_of(ipython)
    manager = ipython.magics_manager
    before = {kind: dict(manager.magics[kind]) for kind in ("line", "cell")}
    ours = [LineMagics(notebook, ipython), LookingMagics(ipython), CellMagics(notebook, ipython)]
    names = {kind: [name for magics in ours for name in magics.magics[kind]] for kind in ("line", "cell")}
    ipython.register_magics(*ours)

    def remove() -> None:
        for kind, added in names.items():
            for name in added:
                manager.magics[kind].pop(name, None)
                if name in before[kind]:
                    manager.magics[kind][name] = before[kind][name]
        for magics in ours:
            manager.registry.pop(type(magics).__name__, None)

    return remove
