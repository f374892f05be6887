"""How a panel is shown in a notebook: the widget, and below it what is readable without a kernel.

The widget is one display. Its table and its picture follow as further displays, which a page hides while the widget
lives (``static/loader.js``), and which GitHub, nbviewer and nbconvert show. They are made anew once, when the cell
ends. Voila keeps no notebook, and gets the widget alone.
"""

from __future__ import annotations

import logging
import os
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

__all__ = ["MOST_PICTURE", "MOST_TABLE", "Showable", "show_panel"]

log = logging.getLogger("trackbook")

#: Bytes of a panel's picture and of its table; ten panels make a notebook that a page still opens.
MOST_PICTURE, MOST_TABLE = 30_000, 14_000
_PICTURE = "image/svg+xml"


class Showable(Protocol):
    """What a panel says without a kernel."""

    def static_table(self) -> str:
        """An HTML table, escaped; "" for none."""

    def static_picture(self) -> str:
        """An SVG; "" for none."""


@dataclass
class _Static:
    """The displays below one widget, until its cell ends."""

    panel: Showable
    ids: list[str] = field(default_factory=lambda: [f"trackbook-{uuid.uuid4().hex}" for _ in range(2)])
    last: list[dict[str, str]] = field(default_factory=list)


_shown: list[_Static] = []


def show_panel(panel: Any, bundle: dict[str, Any], metadata: dict[str, Any]) -> None:
    """Display a widget, and what it says without a kernel.

    Args:
        panel: the widget, a `Showable`.
        bundle: of the widget; HTML in it would hide the widget from those who show only that.
        metadata: of the bundle.
    """
    shell = _kernel_shell()
    if shell is None:
        _publish({**bundle, "text/html": _said(panel.static_table, MOST_TABLE)}, metadata=metadata)
        return
    _publish({kind: data for kind, data in bundle.items() if kind != "text/html"}, metadata=metadata)
    static = _Static(panel)
    static.last = _bundles(panel)
    for place, data in zip(static.ids, static.last, strict=True):
        _publish(data, display_id=place)
    _shown.append(static)
    if _settle not in shell.events.callbacks["post_run_cell"]:
        shell.events.register("post_run_cell", _settle)


def _kernel_shell() -> Any:
    """The shell of a notebook's kernel; None in a terminal, and in Voila, where nothing is kept."""
    from IPython.core.getipython import get_ipython

    shell: Any = get_ipython()
    if shell is None or getattr(shell, "kernel", None) is None:
        return None
    return None if os.environ.get("SERVER_SOFTWARE", "").startswith("voila") else shell


def _settle(_result: object = None) -> None:
    """The cell has ended: what changed since is shown below the widgets, once."""
    shell = _kernel_shell()
    while _shown:
        static = _shown.pop(0)
        for place, before, data in zip(static.ids, static.last, _bundles(static.panel), strict=True):
            if data != before:
                _publish(data, display_id=place, update=True)
    if shell is not None and _settle in shell.events.callbacks["post_run_cell"]:
        shell.events.unregister("post_run_cell", _settle)


def _bundles(panel: Showable) -> list[dict[str, str]]:
    """The table and the picture; what is not there is an empty text, so that it may come later."""
    words = repr(panel)
    table = _said(panel.static_table, MOST_TABLE)
    html = f'<div class="trackbook-static">{table}</div>'
    picture = _said(panel.static_picture, MOST_PICTURE)
    drawn = {_PICTURE: picture} if picture else {"text/html": ""}
    return [{"text/html": html, "text/plain": f"{words}: table"}, {**drawn, "text/plain": f"{words}: picture"}]


def _said(make: Callable[[], str], most: int) -> str:
    """A text, unless it cannot be made or is too long: what goes wrong here must not cost the widget."""
    try:
        text = make()
    except Exception:  # the seam between a cell and what stands below its widget
        log.warning("What stands below a panel could not be made.", exc_info=True)
        return ""
    if len(text.encode()) > most:
        log.info("What stands below a panel takes more than %d bytes and is left out.", most)
        return ""
    return text


def _publish(data: dict[str, Any], **how: Any) -> None:
    from IPython import display

    shower: Any = display.display
    if how.pop("update", False):
        shower = display.update_display
    shower(data, raw=True, **how)
