"""The seam between IPython's cells and us: what fails in our hooks is logged once and never reaches the user's cell."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import ParamSpec

__all__ = ["guarded"]

P = ParamSpec("P")

log = logging.getLogger("trackbook")
_complained: set[str] = set()


def guarded(hook: Callable[P, None]) -> Callable[P, None]:
    """Have a hook fail quietly: the first failure of each is logged with its traceback, later ones without."""

    @functools.wraps(hook)
    def quietly(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            hook(*args, **kwargs)
        except Exception as error:  # the named seam
            first = hook.__qualname__ not in _complained
            _complained.add(hook.__qualname__)
            level = logging.WARNING if first else logging.DEBUG
            log.log(level, "Trackbook's %s failed; your cell goes on: %s", hook.__name__, error, exc_info=first)

    return quietly
