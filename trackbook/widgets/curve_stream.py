"""What flows from runs to a page of curves: points held, numbered changes, and everything for a page that comes late.

Python holds every point and is the truth; a page holds a decimated copy. Messages to the page bring float64 x and y of
each series, and then the times of all of them in one float32 buffer, as seconds after the series' `t0`:

* ``whole``: everything, with the number of the last change it contains. Sent when a page says ``hello`` or ``resync``,
  and now and then while points flow, because a kernel that trains cannot answer.
* ``points`` and ``head``: one numbered change each. A page that misses a number asks for ``resync``; one that it has
  is dropped.
* ``fine``: many more points of long series, which a page keeps to draw from when it zooms and no kernel answers.
* ``detail``: finer points of one metric within a range, as the answer to ``zoom``.

All of a point's way from the store to the page is in this file.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import count
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trackbook.errors import TrackbookError
from trackbook.figures.decimation import DRAWN_POINTS, chosen_places
from trackbook.stores.base import FeedAnswer
from trackbook.widgets.curve_facts import Feed
from trackbook.widgets.panel import Panel

__all__ = ["MOST_CHARTS", "CurveStream", "Points", "Series", "packed"]

#: Charts of a panel that was not told which metrics to show.
MOST_CHARTS = 24
#: A page's copy of a series may outgrow what is drawn by this much before it is sent anew, decimated.
_SLACK = 1_000
_WHOLE_EVERY_S, _WHOLE_BYTES_PER_S = 5.0, 200_000
_WATCH_EVERY_S = 1.0
#: How soon an axis turns logarithmic; on the way of every single point this has no place.
_CHARTS_EVERY_S = 1.0

Floats = NDArray[np.float64]
_generations = count(1)


class Points(NamedTuple):
    """Points of a series: steps (their order, if every step is the same), values, and times in ms since 1970."""

    x: Floats
    y: Floats
    t: Floats

    def at(self, places: Any) -> Points:
        """Some of them; all if `places` is None."""
        return self if places is None else Points(self.x[places], self.y[places], self.t[places])


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
        t0: time of the first point that came, in ms since 1970.
        disordered: what a page holds is no longer a beginning of the truth; it must get the series anew.
        generation: changes when what a page keeps of the series must be forgotten.
    """

    def __init__(self, run: int, key: str) -> None:
        self.run, self.key = run, key
        self.count = self.page_points = self.unsent = self.gaps = self.nans = 0
        self.disordered = False
        self.generation = next(_generations)
        self._held = np.empty((3, 64))
        self.low: tuple[float, float] | None = None
        self.high: tuple[float, float] | None = None
        self.first: float | None = None
        self.t0 = 0.0

    @property
    def id(self) -> str:
        """What a page calls the series."""
        return f"{self.run}/{self.key}"

    def take(self, steps: NDArray[np.int64], values: Floats, times: NDArray[np.int64] | None = None) -> None:
        """Add points, in any order; `times` in ms since 1970, 0 where they are not known."""
        start, stop = self.count, self.count + len(steps)
        numbered = self._stepless()
        self._grow(stop)
        self._held[0, start:stop], self._held[1, start:stop] = steps, values
        self._held[2, start:stop] = 0 if times is None else times
        if not start and stop:
            self.t0 = float(self._held[2, 0])
        self.count, self.unsent = stop, self.unsent + len(steps)
        fresh = self._held[0, max(0, start - 1) : stop]
        if len(fresh) > 1 and bool((fresh[1:] < fresh[:-1]).any()):
            order = np.argsort(self._held[0, :stop], kind="stable")
            self._held[:, :stop] = self._held[:, order]
            self._disorder()
        elif start and numbered != self._stepless():
            self._disorder()  # a page places them by their order, and now by their steps, or the reverse
        self._summarise(steps, values)

    def points(self) -> Points:
        """All points."""
        x = np.arange(self.count, dtype=np.float64) if self._stepless() else self._held[0, : self.count]
        return Points(x, self._held[1, : self.count], self._held[2, : self.count])

    def drawn(self, limit: int = DRAWN_POINTS) -> Points:
        """All points decimated, as what a page holds from now on."""
        points = self.points()
        points = points.at(chosen_places(points.y, limit))
        self.page_points, self.unsent, self.disordered = len(points.x), 0, False
        return points

    def tail(self) -> Points:
        """The points that no page has yet, as held from now on."""
        start = self.count - self.unsent
        self.page_points, self.unsent = self.page_points + self.unsent, 0
        return self.points().at(slice(start, None))

    def entry(self, length: int, whole: bool) -> dict[str, Any]:
        """The series in a message: how many points it brings, whether they replace all others, and the summary."""
        low, high = self.low or (None, None), self.high or (None, None)
        return {
            "id": self.id, "run": self.run, "key": self.key, "n": length, "whole": whole, "t0": self.t0,
            "generation": self.generation, "count": self.count,
            "gaps": self.gaps, "nans": self.nans, "numbered": self._stepless(),
            "last": _strict(self.last), "last_step": float(self._held[0, self.count - 1]) if self.count else None,
            "min": low[0], "min_step": low[1], "max": high[0], "max_step": high[1],
        }  # fmt: skip

    @property
    def last(self) -> float | None:
        """The value at the greatest step."""
        return float(self._held[1, self.count - 1]) if self.count else None

    def _disorder(self) -> None:
        self.disordered, self.generation = True, next(_generations)

    def _stepless(self) -> bool:
        return self.count > 1 and bool(self._held[0, 0] == self._held[0, self.count - 1])

    def _grow(self, needed: int) -> None:
        if needed > self._held.shape[1]:
            held = np.empty((3, max(needed, 2 * self._held.shape[1])))
            held[:, : self.count] = self._held[:, : self.count]
            self._held = held

    def _summarise(self, steps: NDArray[np.int64], values: Floats) -> None:
        real = np.isfinite(values)
        self.gaps += int(len(values) - real.sum())
        self.nans += int(np.isnan(values).sum())
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


class CurveStream(Panel):
    """A panel that is fed with the points of runs; the panel of curves says of which runs and metrics.

    Attributes:
        settled: set when the panel has shown how the runs ended, and changes no more by itself.
    """

    def __init__(self, *args: Any, feeds: Sequence[Feed] = (), **state: Any) -> None:
        self._feeds = list(feeds)
        self._lock = threading.RLock()
        self._series: dict[tuple[int, str], Series] = {}
        self._seq, self._whole_at, self._whole_bytes = 0, 0.0, 0
        self._charts: list[dict[str, Any]] = []
        self._charts_at: float | None = None
        self._revived: set[int] = set()  # places of runs that got points, so that even an ended one is looked at anew
        self._stops: list[Callable[[], None]] = []
        self._ended = threading.Event()
        self.settled = threading.Event()
        super().__init__(*args, **state)

    # ---- what a panel says of itself ----

    @property
    def ended(self) -> bool:
        """Whether every run has ended."""
        raise NotImplementedError

    def wants(self, key: str) -> bool:
        """Whether the points of a metric that was not seen yet are taken."""
        raise NotImplementedError

    def limit(self, place: int) -> int:
        """How many points of each series of a run are drawn."""
        raise NotImplementedError

    def head(self) -> dict[str, Any]:
        """What a page is told besides points."""
        raise NotImplementedError

    def charts(self) -> list[dict[str, Any]]:
        """The charts as they are now."""
        raise NotImplementedError

    def refresh_facts(self) -> bool:
        """Look how the runs stand and tell the pages of a change; whether there was one."""
        raise NotImplementedError

    # ---- reading ----

    def refresh(self) -> bool:
        """Read what is new of every run and show it; whether there was anything. For pages that a ticker drives."""
        with self._lock:
            feeds = [] if self._stops else self._feeds  # a feed that is followed has its reader
            changed = [self._arrive(place, feed.read()) for place, feed in enumerate(feeds)]
            return self.refresh_facts() or any(changed)

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

    def _follow(self) -> None:
        for place, feed in enumerate(self._feeds):
            self._stops.append(feed.follow(partial(self._show, place)))

    def _stop_following(self) -> None:
        with self._lock:
            stops, self._stops = self._stops, []
        for stop in stops:  # outside the lock, which a follower may be waiting for
            stop()

    def _watch(self) -> None:
        """Show how the runs stand once a second, and finish when the last of them has ended."""
        while not self._ended.wait(_WATCH_EVERY_S):
            try:
                self.refresh_facts()
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
                self._send_anew()
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
                series.take(points.steps, points.values, points.times)
                changed.append(series)
        if changed:
            self._revived.add(place)
        return changed

    def _new_series(self, place: int, key: str) -> Series | None:
        if not self.wants(key):
            return None
        series = self._series[place, key] = Series(place, key)
        self._charts_at = None
        return series

    # ---- messages ----

    def _fresh_charts(self) -> list[dict[str, Any]]:
        self._charts, self._charts_at = self.charts(), time.monotonic()
        return self._charts

    def _send_head(self) -> None:
        self._seq += 1
        self.send({"type": "head", "seq": self._seq, "head": self.head()})

    def _whole_is_due(self, changed: bool) -> bool:
        wait = max(_WHOLE_EVERY_S, self._whole_bytes / _WHOLE_BYTES_PER_S)
        return changed and time.monotonic() - self._whole_at > wait

    def _send_anew(self) -> None:
        """Everything, as a change of its own."""
        with self._lock:
            self._seq += 1
            self._send_whole()

    def _send_whole(self) -> None:
        with self._lock:
            parts = [(series, series.drawn(self.limit(series.run))) for series in self._series.values()]
            entries = [series.entry(len(points.x), whole=True) for series, points in parts]
            buffers = packed(parts)
            self._whole_at, self._whole_bytes = time.monotonic(), sum(map(len, buffers))
            self.send({"type": "whole", "seq": self._seq, "head": self.head(), "series": entries}, buffers=buffers)

    def _send_points(self, changed: Sequence[Series]) -> None:
        entries, parts = [], []
        for series in changed:
            anew = series.disordered or series.page_points + series.unsent > DRAWN_POINTS + _SLACK
            points = series.drawn(self.limit(series.run)) if anew else series.tail()
            entries.append(series.entry(len(points.x), whole=anew))
            parts.append((series, points))
        self._seq += 1
        stale = self._charts_at is None or time.monotonic() - self._charts_at > _CHARTS_EVERY_S
        charts = self._fresh_charts() if stale else self._charts
        self.send({"type": "points", "seq": self._seq, "charts": charts, "series": entries}, buffers=packed(parts))


def packed(parts: Iterable[tuple[Series, Points]]) -> list[bytes]:
    """Points as the buffers of a message: x and y of each series, then the times of all."""
    buffers, times = [], []
    for series, points in parts:
        buffers += [np.ascontiguousarray(numbers, dtype="<f8").tobytes() for numbers in points[:2]]
        times.append(((points.t - series.t0) / 1000).astype("<f4").tobytes())
    return [*buffers, b"".join(times)]


def _strict(value: float | None) -> float | str | None:
    """As strict JSON can carry it: NaN and the infinities as the texts that JavaScript's Number() reads."""
    if value is None or math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
