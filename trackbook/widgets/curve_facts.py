"""What a panel of curves says besides its points: how the runs stand, which charts there are, and a plain table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from typing import Any, Protocol

from trackbook.figures.direction import better, wants_log
from trackbook.figures.numbers import column_format
from trackbook.figures.palette import SLOTS
from trackbook.stores.base import FeedAnswer, Store

__all__ = ["Curve", "Feed", "charts_of", "feed_of", "read_facts", "summary_table"]


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


def read_facts(
    store: Store,
    run_ids: Sequence[str],
    slots: Mapping[str, int],
    known: Mapping[str, dict[str, Any]] | None = None,
) -> list[dict[str, Any]]:
    """Name, experiment, status, times and slot of each run; those of `known` runs are taken from there."""
    experiments: dict[str, str] = {}
    facts = []
    for place, run_id in enumerate(run_ids, 1):
        if known and run_id in known:
            facts.append(known[run_id])
            continue
        info = store.get_run(run_id).info
        if info.experiment_id not in experiments:
            experiments[info.experiment_id] = store.get_experiment(info.experiment_id).name
        lost = info.status == "RUNNING" and store.run_life(run_id).lost
        slot = slots.get(run_id, place)
        facts.append({
            "id": run_id,
            "name": info.run_name or run_id,
            "experiment": experiments[info.experiment_id],
            "status": "LOST" if lost else info.status,
            "start": info.start_time,
            "end": info.end_time,
            "slot": slot if 1 <= slot <= SLOTS else None,
        })  # fmt: skip
    return facts


def charts_of(series: Iterable[Curve], keys: Sequence[str] | None) -> list[dict[str, Any]]:
    """The charts of a panel in their order: key, whether the axis is logarithmic, and which value is best."""
    by_key: dict[str, list[Curve]] = {key: [] for key in keys or ()}
    for one in series:
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
        cells = [one.key, names[one.run], write(one.last), *extremes, str(one.count)]
        rows.append("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>")
    head = "".join(f"<th>{word}</th>" for word in ("Metric", "Run", "Last", "Min", "Max", "Points"))
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _falls(one: Curve) -> bool:
    return one.first is not None and one.last is not None and one.last < one.first


def _at(text: str, step: float | None) -> str:
    return text if step is None else f"{text} at {step:.0f}"
