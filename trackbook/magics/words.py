"""What the magics say: short sentences on the output of the cell, and errors without the frames of our own code."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from trackbook.errors import BadFilter, TrackbookError
from trackbook.uris import parse_store_uri, strip_user_info

__all__ = ["RUNS_LISTED", "calm", "place", "printable", "say", "show"]

P = ParamSpec("P")
R = TypeVar("R")

RUNS_LISTED = "%track_runs lists the runs."


def printable(text: object) -> str:
    """Logged text for a terminal: control characters, which could move its cursor, become a mark."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in str(text))


def say(*sentences: str) -> None:
    """Write lines below the cell."""
    sys.stdout.write("\n".join(sentences) + "\n")


def show(thing: Any, **how: Any) -> None:
    """Display something below the cell, with IPython's options for it."""
    from IPython import display

    shower: Any = display.display
    shower(thing, **how)


def place(uri: str) -> str:
    """Where a store is, as people say it: the absolute path, or the URI without its password."""
    return parse_store_uri(uri).path or strip_user_info(uri)


def calm(magic: Callable[P, R]) -> Callable[P, R]:
    """Have our errors that leave a magic shown as one sentence: how we came there helps nobody."""

    @functools.wraps(magic)
    def calmly(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return magic(*args, **kwargs)
        except TrackbookError as error:
            if hasattr(error, "_render_traceback_"):
                raise  # it comes from the user's own cell, and is shown with her lines
            where = (
                f"column {error.column}: " if isinstance(error, BadFilter) and "col" not in error.message[:3] else ""
            )
            shown = f"{type(error).__name__}: {where}{printable(error)}"
            error._render_traceback_ = lambda: [shown]  # type: ignore[attr-defined]  # what IPython looks for
            raise

    return calmly
