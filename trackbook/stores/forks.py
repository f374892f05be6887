"""What open stores do when the process forks: hold still, go on in the parent, begin anew in the child."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable
from typing import Protocol

__all__ = ["Forkable", "at_fork", "in_forked_child"]


class Forkable(Protocol):
    """Something with threads, locks and files that a fork must not tear."""

    def before_fork(self) -> None:
        """Take every lock, in the order in which work takes them."""

    def after_fork_in_parent(self) -> None:
        """Release them."""

    def after_fork_in_child(self) -> None:
        """Make fresh ones, and drop what belongs to the parent."""


_stores: weakref.WeakSet[Forkable] = weakref.WeakSet()
_held: list[Forkable] = []
_forking = threading.Lock()


def at_fork(store: Forkable) -> None:
    """Have a store take part in every fork for as long as it lives."""
    _stores.add(store)


def in_forked_child(renew: Callable[[], object]) -> None:
    """Have something done in every forked child, where processes can fork."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=renew)


def _before() -> None:
    _forking.acquire()  # two threads may fork at once
    for store in sorted(_stores, key=id):
        store.before_fork()
        _held.append(store)


def _in_parent() -> None:
    try:
        while _held:
            _held.pop().after_fork_in_parent()
    finally:
        _forking.release()


def _in_child() -> None:
    global _forking
    _forking = threading.Lock()
    while _held:
        _held.pop(0).after_fork_in_child()


if hasattr(os, "register_at_fork"):  # Windows has no fork
    os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)
