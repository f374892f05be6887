"""One writer at a time, over threads and processes, by a lock file that leaves nothing behind."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from trackbook.errors import StoreAway
from trackbook.stores.artifacts.problems import writing
from trackbook.stores.flock import lock

__all__ = ["LOCK_NAME", "locked"]

LOCK_NAME = ".tmp-lock"
_PAUSE = 0.005


@contextmanager
def locked(folder: str, file_mode: int | None = None, seconds: float = 60.0) -> Iterator[None]:
    """Hold the lock of a folder that exists.

    Args:
        folder: its path.
        file_mode: permissions of the lock file, for users who share the folder.
        seconds: how long to wait for another holder.

    Raises:
        StoreAway: another process held it for longer.
    """
    path = os.path.join(folder, LOCK_NAME)
    with writing(folder, LOCK_NAME):
        held = _take(path, file_mode, seconds)
    try:
        yield
    finally:
        with suppress(FileNotFoundError):
            os.unlink(path)  # while it is held: whoever waits for this file looks again
        os.close(held)


def _take(path: str, file_mode: int | None, seconds: float) -> int:
    deadline = time.monotonic() + seconds
    while True:
        held = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
        try:
            lock(held)
            # A file that its last holder has removed is no lock: the next process would make, and lock, a new one.
            if os.path.samestat(os.fstat(held), os.stat(path)):
                if file_mode is not None:
                    os.fchmod(held, file_mode)
                return held
        except (BlockingIOError, FileNotFoundError):
            pass
        except BaseException:
            os.close(held)
            raise
        os.close(held)
        if time.monotonic() > deadline:
            raise StoreAway(f"Another process has held {path} for {seconds:.0f} s. Try again when it is done.")
        time.sleep(_PAUSE)
