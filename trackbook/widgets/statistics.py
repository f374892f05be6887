"""The panel of statistics: groups of runs over seeds, tested against a baseline.

The kernel works out everything (scipy, loaded at the first panel); the page chooses through its view, and copies.
"""

from __future__ import annotations

import math
import shlex
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

import traitlets

from trackbook.comparison import TESTS, Comparison, Group, Row, compare_groups
from trackbook.errors import InvalidParameter, TrackbookError
from trackbook.figures.direction import better
from trackbook.figures.intervals import Interval, intervals_svg, span_of
from trackbook.stores.base import RunTable, Store
from trackbook.widgets.assets import module, styles
from trackbook.widgets.panel import Panel
from trackbook.widgets.permission import Permission
from trackbook.widgets.run_groups import (
    AGGREGATES,
    Grouping,
    TooManyGroups,
    group_runs,
    metric_of,
    parse_metric,
    seed_param,
)
from trackbook.widgets.static_table import plain_table
from trackbook.widgets.statistics_words import (
    as_html,
    as_latex,
    as_markdown,
    conclusion,
    number_format,
    p_text,
    signed,
    test_words,
    write,
)

__all__ = ["StatisticsPanel"]

#: Groups on a page, and values of one of them drawn as points; the tests take all.
_SHOWN, _POINTS = 200, 100
_CHOICES = 500
_RUNS = 20_000
_COPIES = {"LaTeX": as_latex, "Markdown": as_markdown, "HTML": as_html}


class StatisticsPanel(Panel):
    """Groups of runs with mean, spread, interval, and a test against a baseline.

    Args:
        store: where the runs are.
        experiment_ids: whose runs.
        metric: as ``val_accuracy.max``, ``.min`` or ``.last``; the most telling one, at its best, if None.
        by: params or tags that make the groups, joined by commas; every param but the seed if None.
        baseline: name of a group; the one with the oldest run if None.
        filter_string: only the runs that match.
        permission: see `Panel`; nothing here changes the store.
        view: ``metric``, ``aggregate``, ``by``, ``baseline`` and ``test`` as they were chosen.

    Raises:
        InvalidParameter: there is no such metric, param, tag or group.
        MissingDependency: scipy is not installed.
    """

    _esm = module("shared", "ask", "floats", "statistics_parts", "statistics")
    _css = styles("shared", "floats", "statistics")
    _found = traitlets.Dict().tag(bulk=True)

    def __init__(
        self,
        store: Store,
        experiment_ids: Sequence[str],
        metric: str | None = None,
        *,
        by: str | None = None,
        baseline: str | None = None,
        filter_string: str | None = None,
        permission: Permission | None = None,
        view: Mapping[str, Any] | None = None,
    ) -> None:
        self._experiment_ids, self._filter = list(experiment_ids), filter_string
        self._store = store
        self._table = self._read()
        self._comparison: Comparison | None = None
        self._grouping = Grouping([], [], "")
        given = {"metric": metric, "by": by, "baseline": baseline}
        chosen = {**{name: value for name, value in given.items() if value}, **(view or {})}
        super().__init__(store, permission=permission, view=chosen, _found=self._worked_out(chosen))
        self.observe(self._again, "view")

    def refresh(self) -> None:
        """Read the store again; nothing is sent if nothing changed."""
        self._table = self._read()
        self._again()

    def as_code(self) -> str:
        """The magic that shows the same."""
        view = self.view
        words = ["%track_stats"]
        if self._found.get("metric"):
            words.append(shlex.quote(f"{self._found['metric']}.{self._found['aggregate']}"))
        words += [f"--{name} {shlex.quote(str(view[name]))}" for name in ("by", "baseline", "test") if view.get(name)]
        if self._filter:
            words.append(f"--filter {shlex.quote(self._filter)}")
        return " ".join(words)

    def _read(self) -> RunTable:
        aggregates = ("last", "min", "max", "count")
        return self._store.run_table(self._experiment_ids, self._filter, max_results=_RUNS, aggregates=aggregates)

    def _again(self, _change: object = None) -> None:
        try:
            found = self._worked_out(self.view)
        except TrackbookError as wrong:  # the page's choice does not hold: say so beside what stood before
            found = {**self._found, "refused": wrong.message}
        self._found = found
        self.code = self.as_code()

    def _worked_out(self, view: Mapping[str, Any]) -> dict[str, Any]:
        """All that the page shows.

        Raises:
            InvalidParameter: what was chosen is not there.
        """
        table = self._table
        metric = str(view.get("metric") or metric_of(table))
        choices = {
            "metrics": list(table.metrics)[:_CHOICES], "tests": list(TESTS), "aggregates": list(AGGREGATES),
            "params": list(table.params)[:_CHOICES],
            "tags": [tag for tag in table.tags if not tag.startswith(("mlflow.", "trackbook."))][:_CHOICES],
        }  # fmt: skip
        if not metric:
            self._comparison = None
            return {"choices": choices, "empty": self._nothing()}
        key, aggregate = parse_metric(metric, table.metrics)
        aggregate = view["aggregate"] if view.get("aggregate") in AGGREGATES else aggregate
        by = [part.strip() for part in str(view.get("by") or "").split(",") if part.strip()]
        test = str(view.get("test") or "auto")
        chosen = {"choices": choices, "metric": key, "aggregate": aggregate, "chosen": test}
        self._comparison, self._names = None, (key, aggregate)
        try:
            self._grouping = grouping = group_runs(table, key, aggregate, by)
        except TooManyGroups as many:
            if by:
                raise
            return {**chosen, **_ungrouped(many, seed_param(table))}
        groups, base = _ordered(grouping, str(view.get("baseline") or ""), better(key))
        self._comparison = found = compare_groups(groups, base, goal=better(key), test=test, intervals=_SHOWN)
        return {**chosen, **self._for_page(found, bool(by))}

    def _for_page(self, found: Comparison, grouped: bool) -> dict[str, Any]:
        written, after = write(found, self._grouping.by, _SHOWN), conclusion(found)
        drawn = _intervals(found.rows)
        low, high = span_of(drawn)
        number = number_format(found.rows)
        best = _best(found.rows, better(self._names[0]))
        return {
            "by": self._grouping.by, "grouped": grouped, "seed": self._grouping.seed,
            "baseline": found.baseline, "test": found.test, "total": len(found.rows), "after": after,
            "about": _about(self._grouping, found), "notes": self._grouping.left_out,
            "rows": [_row(row, number, row is best) for row in found.rows[:_SHOWN]],
            "span": [low, high], "ends": [number(low), number(high)],
            "copies": {name: make(written, after) for name, make in _COPIES.items()},
        }  # fmt: skip

    def _nothing(self) -> str:
        if not self._table.run_ids:
            return "No runs here yet."
        return "These runs have no metrics yet. trackbook.log_metric logs one."

    # ---- where no widget can be shown ----

    def __repr__(self) -> str:
        return "Trackbook statistics"

    def static_table(self) -> str:
        """The table, and the sentence below it."""
        if self._comparison is None:
            return ""
        written, after = write(self._comparison, self._grouping.by, 60), conclusion(self._comparison)
        key, aggregate = self._names
        caption = f"{key} {aggregate}: {_about(self._grouping, self._comparison)}. {after}"
        return plain_table(
            caption[:500], written.head, written.rows, right=range(1, 5), total=len(self._comparison.rows)
        )

    def static_picture(self) -> str:
        """The means with their intervals."""
        if self._comparison is None:
            return ""
        return intervals_svg(_intervals(self._comparison.rows), self._comparison.baseline)


def _ungrouped(many: TooManyGroups, seed: str) -> dict[str, Any]:
    """A table without rows, whose header lets another grouping be chosen."""
    return {
        "by": [], "grouped": False, "seed": seed, "baseline": None, "test": "", "total": 0, "after": "", "notes": [],
        "about": f"{many.count} groups", "rows": [], "span": [0, 1], "ends": [], "copies": {}, "refused": many.message,
    }  # fmt: skip


def _ordered(grouping: Grouping, baseline: str, goal: str | None) -> tuple[list[Group], int | None]:
    """Groups with the baseline first, and its place; the others by their mean, the best first, where that is known.

    Raises:
        InvalidParameter: there is no group of this name.
    """
    groups = grouping.groups
    if not groups:
        return [], None
    names = [group.name for group in groups]
    if baseline and baseline not in names:
        there = ", ".join(names[:12])
        raise InvalidParameter(f"There is no group {baseline!r:.100} to be the baseline; there is {there}.")
    base = groups[names.index(baseline)] if baseline else groups[grouping.oldest]

    def rank(group: Group) -> tuple[bool, float, str]:
        values = [value for value in group.values if math.isfinite(value)]
        mean = statistics.fmean(values) if values and goal else 0.0
        return not values, -mean if goal == "max" else mean, group.name

    rest = sorted((group for group in groups if group is not base), key=rank)
    return [base, *rest], 0 if len(groups) > 1 else None


def _best(rows: Sequence[Row], goal: str | None) -> Row | None:
    known = [row for row in rows if row.mean is not None]
    if goal is None or len(known) < 2:
        return None
    return (max if goal == "max" else min)(known, key=lambda row: row.mean or 0.0)


def _tone(row: Row) -> str:
    return row.verdict if row.verdict in ("better", "worse") else ""


def _intervals(rows: Sequence[Row]) -> list[Interval]:
    return [Interval(row.name, row.mean, row.interval, row.values[:_POINTS], _tone(row)) for row in rows[:_SHOWN]]


def _row(row: Row, number: Any, best: bool) -> dict[str, Any]:
    full = {"mean": row.mean, "sd": row.sd, "median": row.median, "p": row.p, "d": row.d, "g": row.g}
    return {
        "name": row.name, "n": row.n, "leftOut": row.left_out, "best": best, "tone": _tone(row),
        "mean": number(row.mean), "sd": number(row.sd), "median": number(row.median),
        "difference": signed(number, row.difference), "p": p_text(row.p_holm), "verdict": row.verdict,
        "interval": row.interval, "at": row.mean, "values": list(row.values[:_POINTS]),
        "full": {name: repr(value) for name, value in full.items() if value is not None},
    }  # fmt: skip


def _about(grouping: Grouping, found: Comparison) -> str:
    """What the table is of: how many groups and runs, and the test."""
    counts = {row.n for row in found.rows if row.n}
    low, high = (min(counts), max(counts)) if counts else (0, 0)
    unit = ("seed" if low == high == 1 else "seeds") if grouping.seed else ("run" if low == high == 1 else "runs")
    each = f"{low} {unit} each" if low == high else f"{low} to {high} {unit} each"
    groups = "1 group" if len(found.rows) == 1 else f"{len(found.rows)} groups"
    tested = "" if found.baseline is None else f", {test_words(found.test)}"
    return f"{groups}, {each}{tested}"
