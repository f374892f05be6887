"""Turns: the right of one thread to append to a journal without a lock, and how a signal handler ends a wait for it."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterable
from typing import Protocol

__all__ = ["NOBODY", "Turn", "abandon_appends", "watch_turns"]


class Turn:
    """The right of one thread to append without a lock.

    Attributes:
        thread: whose it is.
        taken: whether that thread is appending.
    """

    __slots__ = ("taken", "thread")

    def __init__(self, thread: int) -> None:
        self.thread, self.taken = thread, False


NOBODY = Turn(0)


class Turns(Protocol):
    """Somebody who gives turns and may wait for one to end."""

    def turns(self) -> Iterable[Turn]:
        """Every turn that may be taken now."""


_watched: weakref.WeakSet[Turns] = weakref.WeakSet()


def watch_turns(giver: Turns) -> None:
    """Have `abandon_appends` look at somebody's turns for as long as that lives."""
    _watched.add(giver)


def abandon_appends() -> None:
    """Called by a signal handler that ends the process: whatever append it has interrupted will not go on.

    Else a thread that waits for that append would hold, for half a minute, what ending the runs needs.
    """
    for giver in list(_watched):
        for turn in giver.turns():
            if turn.thread == threading.get_ident():
                turn.taken = False
