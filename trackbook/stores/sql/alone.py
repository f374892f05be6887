"""One process at a time: who makes, upgrades or replaces a database does so under a lock beside it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trackbook.errors import StoreAway
from trackbook.stores.permissions import file_mode, make_folder

__all__ = ["alone_at"]

_PATIENCE = 120.0  # seconds


@contextmanager
def alone_at(path: str | None) -> Iterator[None]:
    """Let one process at a time do what does not wait for its turn within SQLite, such as the switch to WAL.

    Args:
        path: of the database; nothing is locked for one in memory (None).

    Raises:
        StoreAway: another process has been at it for two minutes.
    """
    if path is None:
        yield
        return
    from filelock import FileLock, Timeout

    folder = Path(f"{path}.d")
    make_folder(folder)
    lock = FileLock(folder / "open.lock", mode=file_mode())
    try:
        lock.acquire(timeout=_PATIENCE, poll_interval=0.005)
    except Timeout:
        raise StoreAway(
            f"Another process has been making, upgrading or replacing {path} for {_PATIENCE:.0f} s. Try again later."
        ) from None
    try:
        yield
    finally:
        lock.release()
