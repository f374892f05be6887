"""Live curves: one chart a metric, of one run under its training cell or of the runs selected on a page.

Python holds every point and is the truth; a page holds a decimated copy. Messages to the page, all with float64 buffers
(x then y of each series):

* ``whole``: everything, with the number of the last change it contains. Sent when a page says ``hello`` or ``resync``,
  and now and then while points flow, because a kernel that trains cannot answer.
* ``points`` and ``head``: one numbered change each. A page that misses a number asks for ``resync``; one that it has
  is dropped.
* ``detail``: finer points of one metric within a range, as the answer to ``zoom``.
"""

from __future__ import annotations

import math
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import anywidget
import numpy as np
import traitlets
from numpy.typing import NDArray

from trackbook.errors import TrackbookError
from trackbook.figures.decimation import DRAWN_POINTS, decimate, decimate_range
from trackbook.stores.base import FeedAnswer, Store
from trackbook.widgets.assets import module, styles
from trackbook.widgets.curve_facts import Feed, charts_of, feed_of, read_facts, summary_table
from trackbook.widgets.plotly_bundle import ensure_plotly

__all__ = ["CurvesPanel", "LiveCurves", "Series"]

#: Charts of a panel that was not told which metrics to show.
MOST_CHARTS = 24
#: A page's copy of a series may outgrow what is drawn by this much before it is sent anew, decimated.
_SLACK = 1_000
_WHOLE_EVERY_S, _WHOLE_BYTES_PER_S = 5.0, 200_000
_WATCH_EVERY_S = 1.0
#: How soon an axis turns logarithmic; on the way of every single point this has no place.
_CHARTS_EVERY_S = 1.0
_OPEN = frozenset({"RUNNING", "SCHEDULED", "LOST"})


Floats = NDArray[np.float64]


class Series:
    """Points sorted by step; equal steps stay in the order in which they came.

    Attributes:
        run: place of the run in the panel.
        key: the metric.
        count: points held.
        page_points: points that a page holds; the rest of them were decimated away or are not sent yet.
        unsent: points at the end that no page has.
        low, high: least and greatest finite value, each with its step.
        first: the first finite value that came.
        disordered: what a page holds is no longer a beginning of the truth; it must get the series anew.
    """

    def __init__(self, run: int, key: str) -> None:
        self.run, self.key, self.id = run, key, f"{run}/{key}"
        self.count = self.page_points = self.unsent = self.gaps = 0
        self.disordered = False
        self._steps, self._values = np.empty(64), np.empty(64)
        self.low: tuple[float, float] | None = None
        self.high: tuple[float, float] | None = None
        self.first: float | None = None

    def take(self, steps: NDArray[np.int64], values: Floats) -> None:
        """Add points, in any order."""
        start, stop = self.count, self.count + len(steps)
        numbered = self._stepless()
        self._grow(stop)
        self._steps[start:stop], self._values[start:stop] = steps, values
        self.count, self.unsent = stop, self.unsent + len(steps)
        fresh = self._steps[max(0, start - 1) : stop]
        if len(fresh) > 1 and bool((fresh[1:] < fresh[:-1]).any()):
            order = np.argsort(self._steps[:stop], kind="stable")
            self._steps[:stop], self._values[:stop] = self._steps[:stop][order], self._values[:stop][order]
            self.disordered = True
        elif start and numbered != self._stepless():
            self.disordered = True  # a page places them by their order, and now by their steps, or the reverse
        self._summarise(steps, values)

    def arrays(self) -> tuple[Floats, Floats]:
        """All points: steps (their order, if every step is the same) and values."""
        x = np.arange(self.count, dtype=np.float64) if self._stepless() else self._steps[: self.count]
        return x, self._values[: self.count]

    def drawn(self) -> tuple[Floats, Floats]:
        """All points decimated, as what a page holds from now on."""
        x, y = decimate(*self.arrays())
        self.page_points, self.unsent, self.disordered = len(x), 0, False
        return x, y

    def tail(self) -> tuple[Floats, Floats]:
        """The points that no page has yet, as held from now on."""
        x, y = self.arrays()
        start = self.count - self.unsent
        self.page_points, self.unsent = self.page_points + self.unsent, 0
        return x[start:], y[start:]

    def entry(self, length: int, whole: bool) -> dict[str, Any]:
        """The series in a message: how many points it brings, whether they replace all others, and the summary."""
        low, high = self.low or (None, None), self.high or (None, None)
        return {
            "id": self.id, "run": self.run, "key": self.key, "n": length, "whole": whole,
            "count": self.count, "gaps": self.gaps, "numbered": self._stepless(),
            "last": _strict(self.last), "last_step": float(self._steps[self.count - 1]) if self.count else None,
            "min": low[0], "min_step": low[1], "max": high[0], "max_step": high[1],
        }  # fmt: skip

    @property
    def last(self) -> float | None:
        """The value at the greatest step."""
        return float(self._values[self.count - 1]) if self.count else None

    def _stepless(self) -> bool:
        return self.count > 1 and bool(self._steps[0] == self._steps[self.count - 1])

    def _grow(self, needed: int) -> None:
        if needed > len(self._steps):
            room = np.empty(max(needed, 2 * len(self._steps)) - self.count)
            self._steps = np.concatenate([self._steps[: self.count], room])
            self._values = np.concatenate([self._values[: self.count], room])

    def _summarise(self, steps: NDArray[np.int64], values: Floats) -> None:
        real = np.isfinite(values)
        self.gaps += int(len(values) - real.sum())
        if not real.any():
            return
        values, steps = values[real], steps[real]
        at, to = int(values.argmin()), int(values.argmax())
        if self.low is None or values[at] < self.low[0]:
            self.low = float(values[at]), float(steps[at])
        if self.high is None or values[to] > self.high[0]:
            self.high = float(values[to]), float(steps[to])
        if self.first is None:
            self.first = float(values[0])


class CurvesPanel(anywidget.AnyWidget):
    """The curves of some runs, one chart a metric.

    Args:
        store: where the runs are.
        run_ids: the runs, in the order of their slots.
        keys: the metrics; all of them (at most 24) if None.
        slots: slot 1 to 24 of each run id, where it is not its place in `run_ids`.
        feeds: one for each run; made from the store if None.
        live: one run with its header and its last values, followed from a thread until it ends.

    Attributes:
        settled: set when the panel has shown how the runs ended, and changes no more by itself.
    """

    _esm = module("shared", "plotly_slot", "curve_state", "curve_sketch", "curve_chart", "curves")
    _css = styles("shared", "curves")
    _panel = traitlets.Unicode().tag(sync=True)
    _live = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self,
        store: Store,
        run_ids: Sequence[str],
        keys: Sequence[str] | None = None,
        *,
        slots: dict[str, int] | None = None,
        feeds: Sequence[Feed] | None = None,
        live: bool = False,
    ) -> None:
        ensure_plotly()
        self._store, self._keys = store, None if keys is None else list(keys)
        self._run_ids, self._slots = list(run_ids), dict(slots or {})
        self._feeds = list(feeds) if feeds is not None else [feed_of(store, run_id, keys) for run_id in run_ids]
        self._lock = threading.RLock()
        self._series: dict[tuple[int, str], Series] = {}
        self._seq, self._whole_at, self._whole_bytes = 0, 0.0, 0
        self._facts: list[dict[str, Any]] = []
        self._charts: list[dict[str, Any]] = []
        self._charts_at: float | None = None
        self._revived: set[int] = set()  # places of runs that got points, so that even an ended one is looked at anew
        self._stops: list[Callable[[], None]] = []
        self._ended = threading.Event()
        self.settled = threading.Event()
        super().__init__(_panel=uuid.uuid4().hex, _live=live)
        self.on_msg(self._on_message)
        self._facts = read_facts(self._store, self._run_ids, self._slots)
        for place, feed in enumerate(self._feeds):
            self._take(place, feed.read())
        self._send_whole()
        if live and not self.ended:
            self._follow()
        elif self.ended:
            self.settled.set()

    @property
    def ended(self) -> bool:
        """Whether every run has ended."""
        return not any(fact["status"] in _OPEN for fact in self._facts)

    def refresh(self) -> bool:
        """Read what is new of every run and show it; whether there was anything. For pages that a ticker drives."""
        with self._lock:
            feeds = [] if self._stops else self._feeds  # a feed that is followed has its reader
            changed = [self._arrive(place, feed.read()) for place, feed in enumerate(feeds)]
            return self._refresh_facts() or any(changed)

    def finish(self) -> None:
        """Stop following, read what is left and show how the runs ended; twice is no error."""
        self._stop_following()
        self.refresh()
        self._ended.set()
        self.settled.set()

    def close(self) -> None:
        """Stop following and take the panel off every page."""
        self._ended.set()
        self._stop_following()
        super().close()

    # ---- following ----

    def _follow(self) -> None:
        for place, feed in enumerate(self._feeds):
            self._stops.append(feed.follow(partial(self._show, place)))
        threading.Thread(target=self._watch, name="trackbook-curves", daemon=True).start()

    def _stop_following(self) -> None:
        with self._lock:
            stops, self._stops = self._stops, []
        for stop in stops:  # outside the lock, which a follower may be waiting for
            stop()

    def _watch(self) -> None:
        """Show how the runs stand once a second, and finish when the last of them has ended."""
        while not self._ended.wait(_WATCH_EVERY_S):
            try:
                self._refresh_facts()
                if self.ended:
                    self.finish()
            except TrackbookError:
                continue  # the store is away for a moment; the panel keeps showing what it has

    def _show(self, place: int, answer: FeedAnswer) -> None:
        self._arrive(place, answer)

    def _arrive(self, place: int, answer: FeedAnswer) -> bool:
        """Take an answer of a feed and tell the pages."""
        with self._lock:
            changed = self._take(place, answer)
            if answer.reload or self._whole_is_due(bool(changed)):
                self._seq += 1
                self._send_whole()
            elif changed:
                self._send_points(changed)
            return bool(changed) or answer.reload

    def _take(self, place: int, answer: FeedAnswer) -> list[Series]:
        if answer.reload:
            for known in [pair for pair in self._series if pair[0] == place]:
                del self._series[known]
        changed = []
        for key, points in answer.points.items():
            series = self._series.get((place, key)) or self._new_series(place, key)
            if series is not None and len(points.steps):
                series.take(points.steps, points.values)
                changed.append(series)
        if changed:
            self._revived.add(place)
        return changed

    def _new_series(self, place: int, key: str) -> Series | None:
        keys = {known for _, known in self._series}
        wanted = key in self._keys if self._keys is not None else key in keys or len(keys) < MOST_CHARTS
        if not wanted:
            return None
        series = self._series[place, key] = Series(place, key)
        self._charts_at = None
        return series

    # ---- facts of the runs ----

    def _refresh_facts(self) -> bool:
        with self._lock:
            known = {fact["id"]: fact for fact in self._facts if fact["status"] not in _OPEN}
            for place in self._revived:
                known.pop(self._run_ids[place], None)
            facts = read_facts(self._store, self._run_ids, self._slots, known)
            self._revived.clear()
            if facts == self._facts:
                return False
            self._facts = facts
            self._seq += 1
            self.send({"type": "head", "seq": self._seq, "head": self._head()})
            return True

    def _head(self) -> dict[str, Any]:
        return {"runs": self._facts, "charts": self._fresh_charts(), "now": int(time.time() * 1000)}

    def _fresh_charts(self) -> list[dict[str, Any]]:
        self._charts, self._charts_at = charts_of(self._series.values(), self._keys), time.monotonic()
        return self._charts

    # ---- messages ----

    def _whole_is_due(self, changed: bool) -> bool:
        wait = max(_WHOLE_EVERY_S, self._whole_bytes / _WHOLE_BYTES_PER_S)
        return changed and time.monotonic() - self._whole_at > wait

    def _send_whole(self) -> None:
        with self._lock:
            entries, buffers = [], []
            for series in self._series.values():
                x, y = series.drawn()
                entries.append(series.entry(len(x), whole=True))
                buffers += [_bytes(x), _bytes(y)]
            self._whole_at, self._whole_bytes = time.monotonic(), sum(map(len, buffers))
            self.send({"type": "whole", "seq": self._seq, "head": self._head(), "series": entries}, buffers=buffers)

    def _send_points(self, changed: Sequence[Series]) -> None:
        entries, buffers = [], []
        for series in changed:
            anew = series.disordered or series.page_points + series.unsent > DRAWN_POINTS + _SLACK
            x, y = series.drawn() if anew else series.tail()
            entries.append(series.entry(len(x), whole=anew))
            buffers += [_bytes(x), _bytes(y)]
        self._seq += 1
        stale = self._charts_at is None or time.monotonic() - self._charts_at > _CHARTS_EVERY_S
        charts = self._fresh_charts() if stale else self._charts
        self.send({"type": "points", "seq": self._seq, "charts": charts, "series": entries}, buffers=buffers)

    def _on_message(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        kind = content.get("type")
        if kind in ("hello", "resync"):
            self._send_whole()
        elif kind == "zoom":
            self._send_detail(str(content.get("key")), content.get("low"), content.get("high"))

    def _send_detail(self, key: str, low: object, high: object) -> None:
        if not isinstance(low, (int, float)) or not isinstance(high, (int, float)):
            return
        with self._lock:
            entries, buffers = [], []
            for series in self._series.values():
                if series.key == key:
                    x, y = decimate_range(*series.arrays(), low, high)
                    entries.append({"id": series.id, "n": len(x)})
                    buffers += [_bytes(x), _bytes(y)]
            detail = {"type": "detail", "key": key, "low": low, "high": high, "series": entries}
            self.send(detail, buffers=buffers)

    # ---- where no widget can be shown ----

    def __repr__(self) -> str:
        return "Trackbook curves"

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return None
        data, metadata = bundle
        with self._lock:
            table = summary_table([fact["name"] for fact in self._facts], list(self._series.values()))
        return {**data, "text/plain": "Trackbook curves", "text/html": table}, metadata


class LiveCurves(CurvesPanel):
    """The curves of one run under its training cell: header, charts and last values, until the run ends.

    Args:
        store: where the run is.
        run_id: the run.
        keys: the metrics; all of them if None.
        feed: made from the store if None.
    """

    def __init__(
        self, store: Store, run_id: str, keys: Sequence[str] | None = None, *, feed: Feed | None = None
    ) -> None:
        super().__init__(store, [run_id], keys, feeds=None if feed is None else [feed], live=True)


def _bytes(numbers: np.ndarray) -> bytes:
    return np.ascontiguousarray(numbers, dtype="<f8").tobytes()


def _strict(value: float | None) -> float | str | None:
    """As strict JSON can carry it: NaN and the infinities as the texts that JavaScript's Number() reads."""
    if value is None or math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
