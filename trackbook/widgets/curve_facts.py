"""What a panel of curves says besides its points: how the runs stand, which charts there are, and a plain table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import count
from typing import Any, NamedTuple, Protocol

from trackbook.entities import Run
from trackbook.errors import NotFound
from trackbook.figures.direction import better, wants_log
from trackbook.figures.numbers import column_format
from trackbook.figures.palette import SLOTS
from trackbook.stores.base import FeedAnswer, Store
from trackbook.widgets.static_table import plain_table

__all__ = [
    "MOST_GREY",
    "OPEN",
    "Cast",
    "Curve",
    "Feed",
    "charts_of",
    "feed_of",
    "metrics_of",
    "read_facts",
    "summary_table",
]

#: Statuses of runs that may still change.
OPEN = frozenset({"RUNNING", "SCHEDULED", "LOST"})
#: Runs that are drawn as context; more of them would be a grey area.
MOST_GREY = 60
#: Params and tags of a run that a page is told, and characters of each.
_MOST_WORDS, _LONGEST_WORD = 40, 120
_OWN_TAGS = ("mlflow.", "trackbook.")


class Cast(NamedTuple):
    """The runs of a panel.

    Attributes:
        shown: run ids that have a colour, as long as there are colours.
        grey: run ids that are context.
        slots: slot of each run shown; those that are not 1 to 24 have no colour.
    """

    shown: tuple[str, ...]
    grey: tuple[str, ...]
    slots: dict[str, int]

    @classmethod
    def of(cls, run_ids: Sequence[str], slots: Mapping[str, int] | None, grey: Sequence[str]) -> Cast:
        """The runs, each once; of those in grey no more than can be told apart from an area."""
        shown = tuple(dict.fromkeys(run_ids))
        others = [run_id for run_id in dict.fromkeys(grey) if run_id not in set(shown)]
        return cls(shown, tuple(others[:MOST_GREY]), _all_slots(shown, slots or {}))

    @property
    def ids(self) -> list[str]:
        """All runs, those in grey last."""
        return [*self.shown, *self.grey]

    def slot(self, place: int) -> int | None:
        """The slot of the run at a place; None for grey."""
        if place >= len(self.shown):
            return None
        slot = self.slots[self.shown[place]]
        return slot if 1 <= slot <= SLOTS else None


def _all_slots(shown: Sequence[str], given: Mapping[str, int]) -> dict[str, int]:
    """The slots as given; any other run has its place's, or where that is taken the lowest free one."""
    slots = {run_id: given[run_id] for run_id in shown if run_id in given}
    for place, run_id in enumerate(shown, 1):
        if run_id not in slots:
            taken = set(slots.values())
            slots[run_id] = place if place not in taken else next(n for n in count(1) if n not in taken)
    return slots


class Feed(Protocol):
    """The tail of a run: `trackbook.runs.feed.Feed`, or what a test puts in its place."""

    def read(self) -> FeedAnswer:
        """What is new since the last call."""

    def follow(self, callback: Callable[[FeedAnswer], None]) -> Callable[[], None]:
        """Have `callback` called from a thread with whatever is new; returns what ends that."""


class Curve(Protocol):
    """One metric of one run, as `trackbook.widgets.curves.Series` holds it."""

    run: int
    key: str
    count: int
    low: tuple[float, float] | None
    high: tuple[float, float] | None
    first: float | None

    @property
    def last(self) -> float | None:
        """The value at the greatest step."""


def feed_of(store: Store, run_id: str, keys: Sequence[str] | None) -> Feed:
    """The feed of a run of a store."""
    from trackbook.runs.feed import Feed as RunFeed

    return RunFeed(store, run_id, keys)


def read_facts(store: Store, cast: Cast, known: Mapping[str, dict[str, Any]] | None = None) -> list[dict[str, Any]]:
    """What a page is told of each run; those of `known` runs are taken from there."""
    experiments: dict[str, str] = {}
    facts = []
    for place, run_id in enumerate(cast.ids):
        fact = known[run_id] if known and run_id in known else _fact(store, run_id, experiments)
        facts.append({**fact, "slot": cast.slot(place), "grey": place >= len(cast.shown)})
    return facts


def _fact(store: Store, run_id: str, experiments: dict[str, str]) -> dict[str, Any]:
    """Name, experiment, status, times, params and tags of a run; a run that was purged has but its id."""
    try:
        run = store.get_run(run_id)
    except NotFound:
        gone: dict[str, Any] = {"experiment": "", "status": "GONE", "start": None, "end": 0, "params": {}, "tags": {}}
        return {"id": run_id, "name": run_id[:12], **gone}
    info = run.info
    if info.experiment_id not in experiments:
        experiments[info.experiment_id] = store.get_experiment(info.experiment_id).name
    lost = info.status == "RUNNING" and store.run_life(run_id).lost
    return {
        "id": run_id,
        "name": info.run_name or run_id,
        "experiment": experiments[info.experiment_id],
        "status": "LOST" if lost else info.status,
        "start": info.start_time,
        "end": info.end_time,
        "params": _words(run.data.params),
        "tags": _words(_own_tags(run)),
    }


def _own_tags(run: Run) -> dict[str, str]:
    return {key: value for key, value in run.data.tags.items() if not key.startswith(_OWN_TAGS)}


def _words(texts: Mapping[str, str]) -> dict[str, str]:
    """The first of them, long ones cut; with their lengths, so that two of them stay apart."""
    return {
        key: text if len(text) <= _LONGEST_WORD else f"{text[:_LONGEST_WORD]}… ({len(text)} characters)"
        for key, text in list(texts.items())[:_MOST_WORDS]
    }


def metrics_of(store: Store, run_ids: Sequence[str]) -> list[tuple[str, int, int]]:
    """Each metric of some runs, how many of the runs have it, and how many points there are of it.

    Those with curves come first, in the order of their names; then those of single points.
    """
    runs: dict[str, int] = {}
    points: dict[str, int] = {}
    for run_id in run_ids:
        for one in store.summaries(run_id):
            runs[one.key] = runs.get(one.key, 0) + 1
            points[one.key] = points.get(one.key, 0) + one.count
    return sorted(((key, runs[key], points[key]) for key in runs), key=lambda one: (one[2] <= one[1], one[0]))


def charts_of(series: Iterable[Curve], keys: Sequence[str] | None) -> list[dict[str, Any]]:
    """The charts of a panel in their order: key, whether the axis is logarithmic, and which value is best."""
    by_key: dict[str, list[Curve]] = {key: [] for key in keys or ()}
    for one in series:
        if keys is None or one.key in by_key:
            by_key.setdefault(one.key, []).append(one)
    charts = []
    for key, group in by_key.items():
        lows = [one.low[0] for one in group if one.low]
        highs = [one.high[0] for one in group if one.high]
        falling = any(_falls(one) for one in group)
        log = wants_log(key, min(lows, default=None), max(highs, default=None), falling)
        charts.append({"key": key, "log": log, "goal": better(key)})
    return charts


def summary_table(names: Sequence[str], series: Sequence[Curve]) -> str:
    """Last, least and greatest value of each metric as a plain HTML table, for pages that show no widgets."""
    if not series:
        return "<p>No points yet.</p>"
    rows = []
    for one in sorted(series, key=lambda one: (one.key, one.run)):
        low, high = one.low or (None, None), one.high or (None, None)
        write = column_format([one.last, low[0], high[0]])
        extremes = [_at(write(low[0]), low[1]), _at(write(high[0]), high[1])]
        rows.append([one.key, names[one.run], write(one.last), *extremes, one.count])
    head = ("Metric", "Run", "Last", "Min", "Max", "Points")
    return plain_table(f"Curves of {', '.join(names)}", head, rows, right=range(2, 6))


def _falls(one: Curve) -> bool:
    return one.first is not None and one.last is not None and one.last < one.first


def _at(text: str, step: float | None) -> str:
    return text if step is None else f"{text} at {step:.0f}"
