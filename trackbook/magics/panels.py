"""The live curves of a run, shown under whichever cell logs a curve to it."""

from __future__ import annotations

import contextvars
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from trackbook.magics.hooks import guarded
from trackbook.magics.words import show
from trackbook.runs.active import ActiveRun
from trackbook.runs.feed import Feed

if TYPE_CHECKING:
    from trackbook.stores.base import FeedAnswer
    from trackbook.widgets.curves import LiveCurves

__all__ = ["CurvesUnderCell"]


class CurvesUnderCell:
    """Waits in every cell for a curve, that is for a metric's second point, and shows the panel there.

    A single value, such as a score at the end, makes no curve and brings up no panel.

    Args:
        run: the run.
        keys: the metrics to show and to wait for; all of them if None.
    """

    def __init__(self, run: ActiveRun, keys: Sequence[str] | None) -> None:
        import trackbook.widgets.curves  # noqa: F401  # now, in the main thread, rather than beside the training

        self._run, self._keys = run, keys
        self._feed = Feed(run.store, run.info.run_id, keys)
        self._widget: LiveCurves | None = None
        self._lock = threading.Lock()
        self._waiting = False
        self._counts: Counter[str] = Counter()
        self._stop: Callable[[], None] | None = None

    @guarded
    def cell_begins(self) -> None:
        """Begin to wait in the cell that runs in the calling context."""
        self._feed.read()  # what other cells have logged
        self._counts.clear()
        self._waiting = True
        context = contextvars.copy_context()  # output made in it goes to this cell, whichever thread makes it
        self._stop = self._feed.follow(lambda answer: context.run(self._look, answer))

    @guarded
    def cell_ends(self) -> None:
        """Look for the last time: a quick cell may have ended before the curve was stored."""
        self._stop_following()
        self._run.store.flush()
        self._look(self._feed.read())
        self._waiting = False

    @guarded
    def finish(self) -> None:
        """Show the end of the run at once."""
        self.cell_ends()
        if self._widget is not None:
            self._widget.finish()

    def _stop_following(self) -> None:
        with self._lock:
            stop, self._stop = self._stop, None
        if stop is not None:
            stop()

    @guarded
    def _look(self, answer: FeedAnswer) -> None:
        for key, points in answer.points.items():
            self._counts[key] += len(points.steps)
        with self._lock:
            if not self._waiting or max(self._counts.values(), default=0) < 2:
                return
            self._waiting = False
        self._show()
        self._stop_following()

    def _show(self) -> None:
        from trackbook.widgets.curves import LiveCurves

        if self._widget is None:
            self._widget = LiveCurves(self._run.store, self._run.info.run_id, self._keys)
        show(self._widget)
