"""Who changes a registry: the user of this process, unless a server or a page acts for somebody."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ["acting_as", "current_actor"]

_actor: ContextVar[str | None] = ContextVar("trackbook_actor", default=None)


@contextmanager
def acting_as(name: str) -> Iterator[None]:
    """What the block changes is done by somebody else than the user of this process."""
    token = _actor.set(name)
    try:
        yield
    finally:
        _actor.reset(token)


def current_actor() -> str:
    """The name that goes into the audit trail."""
    actor = _actor.get()
    if actor is not None:
        return actor
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no name belongs to this user number
        return "unknown"
