"""Turns: one thread appends to a journal without a lock, and is held back while another changes the segment."""

from __future__ import annotations

import threading
import time
import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trackbook.stores.journal.writer import Writer

__all__ = ["NOBODY", "Stillness", "abandon_appends"]


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
_PATIENCE = 30.0  # seconds


class Stillness:
    """Entered by whoever holds the writer's lock, it keeps the thread that appends without a lock from doing so.

    That thread marks its turn as taken and then looks whether the turn is still the writer's; here the writer's turn is
    put away first, and then looked at whether it is taken. The interpreter runs one of them at a time, so at least one
    sees the other. If Ctrl-C keeps `__exit__` from running, nobody has the turn until the next slow append takes it.
    """

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._before: list[Turn] = []
        _all.add(self)

    def __enter__(self) -> None:
        turn, self._writer.turn = self._writer.turn, NOBODY
        self._before.append(turn)
        if turn.thread != threading.get_ident():  # else this is a signal handler in the middle of that thread's append
            # An append takes microseconds. Only a signal handler can hold that thread up for long: one that waits, in
            # turn, for what the caller here holds. Its append then finds its descriptor gone, and begins again.
            until = time.monotonic() + _PATIENCE
            while turn.taken and time.monotonic() < until:
                time.sleep(2e-5)

    def __exit__(self, *_: object) -> None:
        self._writer.turn = self._before.pop()

    def abandon_append(self) -> None:
        """Wait no longer for an append of the calling thread: it will not go on."""
        for turn in (self._writer.turn, *self._before):
            if turn.thread == threading.get_ident():
                turn.taken = False

    def give_turn(self) -> None:
        """Let the calling thread append without a lock from now on. Called inside, by whoever found no turn."""
        if self._before and self._before[-1].thread != threading.get_ident():
            self._before[-1] = Turn(threading.get_ident())


def abandon_appends() -> None:
    """Called by a signal handler that ends the process: whatever append it has interrupted will not go on.

    Else a thread that waits for that append would hold, for half a minute, what ending the runs needs.
    """
    for still in list(_all):
        still.abandon_append()


_all: weakref.WeakSet[Stillness] = weakref.WeakSet()
