"""The tail of a run: what was stored since the last look, for panels that follow a training."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from trackbook.errors import StoreError

if TYPE_CHECKING:
    from trackbook.stores.base import FeedAnswer, Store

__all__ = ["Feed"]

log = logging.getLogger("trackbook")

_LEAST = 0.05  # seconds between two calls of a follower
_LOOK = 1.0  # seconds after which a follower looks though nobody nudged: another process may have logged


class Feed:
    """Follows one run.

    Args:
        store: where the run is kept.
        run_id: which.
        keys: metrics; all if None.
    """

    def __init__(self, store: Store, run_id: str, keys: Sequence[str] | None = None) -> None:
        self._store, self._run_id = store, run_id
        self._keys = None if keys is None else list(keys)
        self._cursor = 0

    def read(self) -> FeedAnswer:
        """What was stored since the last call; on the first, everything. It never flushes."""
        answer = self._store.read_feed(self._run_id, self._cursor, self._keys)
        self._cursor = answer.cursor
        return answer

    def rewind(self) -> None:
        """Have the next `read` give everything again."""
        self._cursor = 0

    def follow(self, callback: Callable[[FeedAnswer], None]) -> Callable[[], None]:
        """Call back from a thread, at most 20 times a second and only with something new.

        Returns:
            what ends it; when that returns, no further call begins.
        """
        follower = _Follower(self, callback)
        stop_listening = self._store.listen(follower.nudged.set)
        follower.start()

        def stop() -> None:
            stop_listening()
            follower.stop()

        return stop


class _Follower(threading.Thread):
    def __init__(self, feed: Feed, callback: Callable[[FeedAnswer], None]) -> None:
        super().__init__(name="trackbook-feed", daemon=True)
        self._feed, self._callback = feed, callback
        self.nudged = threading.Event()
        self._stopped = threading.Event()

    def run(self) -> None:
        while not self._stopped.is_set():
            self.nudged.clear()
            self._read()
            self._stopped.wait(_LEAST)
            self.nudged.wait(_LOOK)

    def _read(self) -> None:
        try:
            answer = self._feed.read()
        except StoreError as error:  # a database that is busy now is not for ever
            log.info("A panel waits for its run's points: %s", error)
            return
        if answer.points or answer.reload:
            self._callback(answer)

    def stop(self) -> None:
        self._stopped.set()
        self.nudged.set()
        if threading.current_thread() is not self:
            self.join(timeout=5)
