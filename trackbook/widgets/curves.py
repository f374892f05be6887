"""Live curves: one chart a metric, of one run under its training cell or of the runs selected on a page.

What flows to a page, and how, is in `trackbook.widgets.curve_stream`; which runs and metrics those are, is here.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

import traitlets

from trackbook.figures.decimation import DRAWN_POINTS, chosen_places, places_within
from trackbook.stores.base import Store
from trackbook.widgets.assets import module, styles
from trackbook.widgets.curve_facts import OPEN, Cast, Feed, charts_of, feed_of, metrics_of, read_facts, summary_table
from trackbook.widgets.curve_stream import MOST_CHARTS, CurveStream, Points, Series, packed
from trackbook.widgets.curve_view import code_of, read_view
from trackbook.widgets.panel import answers
from trackbook.widgets.permission import Permission
from trackbook.widgets.plotly_bundle import ensure_plotly

__all__ = ["MOST_CHARTS", "CurvesPanel", "LiveCurves", "Series"]

#: Points of a run in grey: its curve is context.
_GREY_POINTS = 300
#: What the runs of one chart share: beyond twenty of them, more points take longer to paint and show nothing more.
_CHART_POINTS, _FEWEST_POINTS = 40_000, 400
#: Points of the finer level: of one curve, and of all together.
_FINE_POINTS, _FINE_BUDGET = 20_000, 40_000
_MOST_METRICS = 20_000
#: Files of the page's side, each using those before it.
_PARTS = (
    "shared",
    "ask",
    "floats",
    "plotly_slot",
    "curve_math",
    "curve_state",
    "curve_sketch",
    "curve_lines",
    "curve_hover",
    "curve_chart",
    "curve_bar",
    "curve_rail",
    "curves",
)


class CurvesPanel(CurveStream):
    """The curves of some runs, one chart a metric.

    Args:
        store: where the runs are.
        run_ids: the runs, in the order of their slots.
        keys: the metrics; all of them (at most 24) if None.
        slots: slot 1 to 24 of each run id, where it is not its place in `run_ids`.
        grey: runs that are drawn in grey, as context.
        feeds: one for each run, those in grey last; made from the store if None.
        permission: what the panel may change.
        view: how it stands at first.
    """

    _esm = module(*_PARTS)
    _css = styles("shared", "floats", "curves")
    _panel = traitlets.Unicode().tag(sync=True)
    _live = traitlets.Bool(False).tag(sync=True)
    #: Whether the runs are followed from a thread until they end.
    follows: ClassVar[bool] = False

    def __init__(
        self,
        store: Store,
        run_ids: Sequence[str],
        keys: Sequence[str] | None = None,
        *,
        slots: Mapping[str, int] | None = None,
        grey: Sequence[str] = (),
        feeds: Sequence[Feed] | None = None,
        permission: Permission | None = None,
        view: Mapping[str, Any] | None = None,
    ) -> None:
        ensure_plotly()
        self._asked, self._cast = None if keys is None else list(keys), Cast.of(run_ids, slots, grey)
        self._facts: list[dict[str, Any]] = []
        self._metrics: list[str] = []  # all that the runs have, of which no more than MOST_CHARTS are shown unasked
        self._read_keys: set[str] | None = None  # what the feeds bring; all if None
        self._made_feeds = feeds is None
        more = {"_panel": uuid.uuid4().hex, "_live": self.follows}
        super().__init__(store, permission=permission, view=view, feeds=feeds or (), **more)
        self.observe(self._turn, "view")
        self.on_msg(self._on_message)
        with self._lock:
            self._read_anew()
            self._send_whole()
        if self.follows and not self.ended:
            self._follow()
            threading.Thread(target=self._watch, name="trackbook-curves", daemon=True).start()
        elif self.ended:
            self.settled.set()

    @property
    def ended(self) -> bool:
        """Whether every run has ended."""
        return not any(fact["status"] in OPEN for fact in self._facts)

    def show(
        self, run_ids: Sequence[str], slots: Mapping[str, int] | None = None, grey: Sequence[str] | None = None
    ) -> None:
        """Show other runs; charts that stay keep their zoom.

        Args:
            run_ids: the runs, in the order of their slots.
            slots: slot 1 to 24 of each, where it is not its place.
            grey: runs that are context; those there are if None.
        """
        cast = Cast.of(run_ids, slots, self._cast.grey if grey is None else grey)
        if cast == self._cast:
            return
        with self._paused():
            self._recast(cast)
            self._send_anew()
        self.code = self.as_code()

    def as_code(self) -> str:
        """The magic that shows the panel as it stands."""
        view = read_view(self.view)
        return code_of(self._cast.shown, view._replace(keys=view.keys or self._asked))

    # ---- which metrics ----

    def _keys(self) -> list[str] | None:
        """The metrics to show, in order; None for whatever comes, as long as there is room."""
        chosen = read_view(self.view).keys or self._asked
        return self._metrics[:MOST_CHARTS] if chosen is None and len(self._metrics) > MOST_CHARTS else chosen

    def _wanted(self) -> list[str] | None:
        """The metrics to read: those shown, and the one along which they are."""
        keys, view = self._keys(), read_view(self.view)
        return [*keys, view.x] if keys is not None and view.x_metric and view.x not in keys else keys

    def wants(self, key: str) -> bool:
        """Whether the points of a metric that was not seen yet are taken."""
        wanted = self._wanted()
        if wanted is not None:
            return key in wanted
        if key not in self._metrics:
            self._metrics.append(key)
        keys = {known for _, known in self._series}
        return key in keys or len(keys) < MOST_CHARTS or key == read_view(self.view).x

    def limit(self, place: int) -> int:
        """How many points of each series of a run are drawn."""
        runs = len(self._cast.shown)
        return _GREY_POINTS if place >= runs else max(_FEWEST_POINTS, min(DRAWN_POINTS, _CHART_POINTS // max(1, runs)))

    def _turn(self, _change: object) -> None:
        wanted, held = self._wanted(), {key for _, key in self._series}
        missing = (
            self._read_keys is not None if wanted is None else not set(wanted) <= held | (self._read_keys or set())
        )
        if missing and self._made_feeds:
            with self._paused():
                self._read_anew()
                self._send_anew()
        elif self._keys() != [chart["key"] for chart in self._charts]:
            self._send_head()

    @answers("metrics")
    def list_metrics(self, given: dict[str, Any]) -> dict[str, Any]:
        """Every metric of the runs shown: its key, how many of the runs have it, and how many points there are."""
        found = metrics_of(self._store, self._cast.shown)
        self._metrics = [key for key, _, _ in found]
        return {"metrics": found[:_MOST_METRICS], "total": len(found)}

    # ---- which runs ----

    @contextmanager
    def _paused(self) -> Iterator[None]:
        """Nothing arrives meanwhile."""
        followed = bool(self._stops)
        self._stop_following()
        with self._lock:
            yield
        if followed:
            self._follow()

    def _read_anew(self) -> None:
        """Everything of all runs."""
        self._series, self._charts_at = {}, None
        if self._made_feeds:
            self._metrics = [key for key, _, _ in metrics_of(self._store, self._cast.shown)]
            wanted = self._wanted()
            self._read_keys = None if wanted is None else set(wanted)
            self._feeds = [self._feed(place, run_id) for place, run_id in enumerate(self._cast.ids)]
        self._facts = read_facts(self._store, self._cast)
        for place, feed in enumerate(self._feeds):
            self._take(place, feed.read())

    def _feed(self, place: int, run_id: str) -> Feed:
        """The feed of a run: of one in grey, no more than the runs shown have."""
        wanted = self._wanted()
        context = wanted is None and place >= len(self._cast.shown)
        return feed_of(self._store, run_id, (self._metrics or None) if context else wanted)

    def _recast(self, cast: Cast) -> None:
        """Other runs; what is held of those that stay is kept."""
        before = {run_id: place for place, run_id in enumerate(self._cast.ids)}
        wanted, self._cast = self._wanted(), cast
        self._metrics = [key for key, _, _ in metrics_of(self._store, cast.shown)]
        if self._wanted() != wanted:
            self._read_anew()
            return
        places = {before[run_id]: place for place, run_id in enumerate(cast.ids) if run_id in before}
        kept = {(places[old], key): one for (old, key), one in self._series.items() if old in places}
        for (place, _), one in kept.items():
            one.run = place
        feeds, self._series, self._charts_at = self._feeds, kept, None
        self._feeds = [
            feeds[before[run_id]] if run_id in before else self._feed(place, run_id)
            for place, run_id in enumerate(cast.ids)
        ]
        self._facts = read_facts(self._store, cast, {fact["id"]: fact for fact in self._facts})
        self._made_feeds = True
        for place, run_id in enumerate(cast.ids):
            if run_id not in before:
                self._take(place, self._feeds[place].read())

    # ---- what a page is told ----

    def refresh_facts(self) -> bool:
        """Look how the runs stand and tell the pages of a change; whether there was one."""
        with self._lock:
            known = {fact["id"]: fact for fact in self._facts if fact["status"] not in OPEN}
            for place in self._revived:
                known.pop(self._cast.ids[place], None)
            facts = read_facts(self._store, self._cast, known)
            self._revived.clear()
            if facts == self._facts:
                return False
            self._facts = facts
            self._send_head()
            return True

    def charts(self) -> list[dict[str, Any]]:
        """The charts as they are now."""
        shown, keys = [one for one in self._series.values() if self._is_shown(one)], self._keys()
        if keys is None:  # one that only runs in grey have is no context of anything
            keys = list(dict.fromkeys(one.key for one in shown))[:MOST_CHARTS]
        return charts_of(shown, keys)

    def head(self) -> dict[str, Any]:
        """What a page is told besides points."""
        total = max(len(self._metrics), len({key for _, key in self._series}))
        return {"runs": self._facts, "charts": self._fresh_charts(), "metrics": total, "now": int(time.time() * 1000)}

    def _on_message(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        kind = content.get("type")
        if kind in ("hello", "resync"):
            self._send_whole()
        if kind == "hello":
            self._send_fine()
        elif kind == "zoom":
            self._send_detail(str(content.get("key")), content.get("low"), content.get("high"))

    def _send_fine(self) -> None:
        """What a page draws from when it zooms while the kernel is busy; nothing where that would not be finer."""
        with self._lock:
            long = [one for one in self._series.values() if one.count > self.limit(one.run) and self._is_shown(one)]
            most = min(_FINE_POINTS, _FINE_BUDGET // max(1, len(long)))
            if not long or most < 2 * DRAWN_POINTS:
                return
            self._send_parts("fine", [(one, _thinned(one.points(), most)) for one in long])

    def _send_detail(self, key: str, low: object, high: object) -> None:
        if not isinstance(low, (int, float)) or not isinstance(high, (int, float)):
            return
        with self._lock:
            parts = []
            for series in self._series.values():
                if series.key == key and self._is_shown(series):
                    points = series.points()
                    within = points.at(places_within(points.x, low, high))
                    parts.append((series, _thinned(within, self.limit(series.run))))
            self._send_parts("detail", parts, key=key, low=low, high=high)

    def _send_parts(self, kind: str, parts: Sequence[tuple[Series, Points]], **more: Any) -> None:
        entries = [{"id": one.id, "generation": one.generation, "t0": one.t0, "n": len(at.x)} for one, at in parts]
        self.send({"type": kind, **more, "series": entries}, buffers=packed(parts))

    def _is_shown(self, series: Series) -> bool:
        return series.run < len(self._cast.shown)

    # ---- where no widget can be shown ----

    def static_table(self) -> str:
        """Last, least and greatest values as an HTML table."""
        with self._lock:
            shown = [one for one in self._series.values() if self._is_shown(one)]
            return summary_table([fact["name"] for fact in self._facts], shown)

    def static_picture(self) -> str:
        """The first charts as an SVG of at most 30 kB; "" without points."""
        from trackbook.figures.curve_grid import curve_grid_svg
        from trackbook.figures.curves import curves_data

        with self._lock:
            names = [(fact["name"], fact["slot"]) for fact in self._facts[: len(self._cast.shown)]]
            charts = []
            for chart in self.charts():
                group = [one for one in self._series.values() if one.key == chart["key"] and self._is_shown(one)]
                if group:
                    held = [(*names[one.run], *one.points()[:2]) for one in sorted(group, key=lambda one: one.run)]
                    charts.append(curves_data(chart["key"], held, limit=400))
        return curve_grid_svg(charts, names) if charts else ""

    def __repr__(self) -> str:
        return "Trackbook curves"


class LiveCurves(CurvesPanel):
    """The curves of one run under its training cell: header, charts and last values, until the run ends.

    Args:
        store: where the run is.
        run_id: the run.
        keys: the metrics; all of them if None.
        feed: made from the store if None.
    """

    follows = True

    def __init__(
        self, store: Store, run_id: str, keys: Sequence[str] | None = None, *, feed: Feed | None = None
    ) -> None:
        super().__init__(store, [run_id], keys, feeds=None if feed is None else [feed])

    def as_code(self) -> str:
        """The magic that shows the run."""
        return code_of(self._cast.shown, read_view({})._replace(keys=self._asked), magic="%track_show")


def _thinned(points: Points, limit: int) -> Points:
    return points.at(chosen_places(points.y, limit))
