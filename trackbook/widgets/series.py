"""One metric of one run as the panel of curves holds it: all points, what a page has of them, and its summary."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trackbook.figures.decimation import decimate
from trackbook.figures.direction import better, wants_log
from trackbook.figures.numbers import column_format

__all__ = ["Series", "charts_of", "summary_table"]

Floats = NDArray[np.float64]


class Series:
    """Points sorted by step; equal steps stay in the order in which they came.

    Attributes:
        run: place of the run in the panel.
        key: the metric.
        count: points held.
        page_points: points that a page holds; the rest of them were decimated away or are not sent yet.
        unsent: points at the end that no page has.
        disordered: what a page holds is no longer a beginning of the truth; it must get the series anew.
    """

    def __init__(self, run: int, key: str) -> None:
        self.run, self.key, self.id = run, key, f"{run}/{key}"
        self.count = self.page_points = self.unsent = self.gaps = 0
        self.disordered = False
        self._steps, self._values = np.empty(64), np.empty(64)
        self._low: tuple[float, float] | None = None  # value, step
        self._high: tuple[float, float] | None = None
        self._first_real: float | None = None

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
        low, high = self._low or (None, None), self._high or (None, None)
        return {
            "id": self.id, "run": self.run, "key": self.key, "n": length, "whole": whole,
            "count": self.count, "gaps": self.gaps, "numbered": self._stepless(),
            "last": _strict(self.last), "last_step": self.last_step,
            "min": low[0], "min_step": low[1], "max": high[0], "max_step": high[1],
        }  # fmt: skip

    @property
    def last(self) -> float | None:
        """The value at the greatest step."""
        return float(self._values[self.count - 1]) if self.count else None

    @property
    def last_step(self) -> float | None:
        """The greatest step."""
        return float(self._steps[self.count - 1]) if self.count else None

    @property
    def least(self) -> tuple[float, float] | None:
        """The least finite value and its step."""
        return self._low

    @property
    def greatest(self) -> tuple[float, float] | None:
        """The greatest finite value and its step."""
        return self._high

    @property
    def falling(self) -> bool:
        """Whether it ends lower than it began."""
        return self._first_real is not None and self.last is not None and self.last < self._first_real

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
        if self._low is None or values[at] < self._low[0]:
            self._low = float(values[at]), float(steps[at])
        if self._high is None or values[to] > self._high[0]:
            self._high = float(values[to]), float(steps[to])
        if self._first_real is None:
            self._first_real = float(values[0])


def charts_of(series: Iterable[Series], keys: Sequence[str] | None) -> list[dict[str, Any]]:
    """The charts of a panel in their order: key, whether the axis is logarithmic, and which value is best."""
    by_key: dict[str, list[Series]] = {key: [] for key in keys or ()}
    for one in series:
        by_key.setdefault(one.key, []).append(one)
    charts = []
    for key, group in by_key.items():
        lows = [one.least[0] for one in group if one.least]
        highs = [one.greatest[0] for one in group if one.greatest]
        falling = any(one.falling for one in group)
        log = wants_log(key, min(lows, default=None), max(highs, default=None), falling)
        charts.append({"key": key, "log": log, "goal": better(key)})
    return charts


def summary_table(names: Sequence[str], series: Sequence[Series]) -> str:
    """Last, least and greatest value of each metric as a plain HTML table, for pages that show no widgets."""
    if not series:
        return "<p>No points yet.</p>"
    rows = []
    for one in sorted(series, key=lambda one: (one.key, one.run)):
        low, high = one.least or (None, None), one.greatest or (None, None)
        write = column_format([one.last, low[0], high[0]])
        extremes = [_at(write(low[0]), low[1]), _at(write(high[0]), high[1])]
        cells = [one.key, names[one.run], write(one.last), *extremes, str(one.count)]
        rows.append("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>")
    head = "".join(f"<th>{word}</th>" for word in ("Metric", "Run", "Last", "Min", "Max", "Points"))
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _strict(value: float | None) -> float | str | None:
    """As strict JSON can carry it: NaN and the infinities as the texts that JavaScript's Number() reads."""
    if value is None or math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _at(text: str, step: float | None) -> str:
    return text if step is None else f"{text} at {step:.0f}"
