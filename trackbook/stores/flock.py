"""Locks on open files, which the system drops with the process that holds them; Windows has none of this kind."""

from __future__ import annotations

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

__all__ = ["has_flock", "lock"]


def has_flock() -> bool:
    """Whether this system has such locks; without them there is no journal, since nobody could tell who is alive."""
    return fcntl is not None


def lock(descriptor: int, *, shared: bool = False, wait: bool = False) -> None:
    """Lock an open file until it is closed.

    Args:
        descriptor: the open file.
        shared: beside others who lock it so.
        wait: for whoever holds it.

    Raises:
        OSError: somebody else holds it (BlockingIOError), or this file system has no locks.
    """
    if fcntl is None:
        raise OSError(95, "this system has no locks that end with their process")
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    fcntl.flock(descriptor, kind if wait else kind | fcntl.LOCK_NB)
