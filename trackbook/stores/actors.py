"""Who changes a registry: the user of this process, unless a server or a page acts for somebody."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache

__all__ = ["ACTOR", "acting_as", "process_user"]

_MOST = 256  # characters

#: For whom the running code acts; None for the user of this process.
ACTOR: ContextVar[str | None] = ContextVar("trackbook_actor", default=None)


@contextmanager
def acting_as(name: str) -> Iterator[None]:
    """What the block changes is done by somebody else than the user of this process."""
    token = ACTOR.set(_fit(name))
    try:
        yield
    finally:
        ACTOR.reset(token)


@cache
def process_user() -> str:
    """The user of this process, as the system calls her."""
    try:
        return _fit(getpass.getuser())
    except (KeyError, OSError):  # no name belongs to this user number
        return "unknown"


def _fit(name: str) -> str:
    """A name as any database takes it: it may come from an environment variable or from a proxy."""
    return name.encode(errors="replace").decode().replace("\x00", "?")[:_MOST] or "unknown"
