"""Axes: one column of many runs as places on a line, numbers linear or logarithmic, texts as categories."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trackbook.figures.numbers import duration
from trackbook.figures.ticks import linear_ticks, log_ticks, tick_text

__all__ = ["MOST_CATEGORIES", "Axis", "duration_axis", "metric_axis", "param_axis", "places_on"]

Floats = NDArray[np.float64]
Kind = Literal["linear", "log", "category"]

#: More categories than that are no axis that one reads; the rarest share a place.
MOST_CATEGORIES = 24
_OTHERS = "others"
#: From this ratio of the greatest to the least positive value on, an axis is logarithmic.
_WIDE = 20.0
_FEW, _TICKS, _APART = 6, 5, 0.055


class Axis(NamedTuple):
    """One column of the runs.

    Attributes:
        id: ``params.lr``, ``metrics.val_loss`` or ``attributes.duration``.
        label: its name, for people.
        kind: how values are placed.
        goal: whether less or more is better, if anything says so; the best is on top.
        low, high: the ends of the axis.
        ticks: places on it with their texts.
        values: one a run; codes of categories; NaN where there is nothing to place.
        texts: the categories.
        missing: how many runs have no value.
        strange: how many have one that is NaN or infinite.
    """

    id: str
    label: str
    kind: Kind
    goal: str | None
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    values: Floats
    texts: tuple[str, ...] = ()
    missing: int = 0
    strange: int = 0

    @property
    def flipped(self) -> bool:
        """Whether the least value is on top."""
        return self.goal == "min"

    @property
    def varies(self) -> bool:
        """Whether two runs have different values."""
        real = self.values[np.isfinite(self.values)]
        return bool(len(real)) and bool((real != real[0]).any())


def param_axis(key: str, texts: Sequence[str | None]) -> Axis:
    """The axis of a param: numbers if all of its texts are numbers, else categories in the order people count in."""
    numbers = _numbers(texts)
    missing = sum(text is None for text in texts)
    if numbers is not None:
        return _number_axis(f"params.{key}", key, numbers, None, missing)
    known = [text for text in texts if text is not None]
    counts = Counter(known)
    kept = sorted(counts, key=lambda text: -counts[text])
    others = len(kept) > MOST_CATEGORIES
    kept = sorted(kept[: MOST_CATEGORIES - 1] if others else kept, key=_natural)
    codes = {text: code for code, text in enumerate(kept)}
    rest = len(kept)
    values = np.array([math.nan if text is None else codes.get(text, rest) for text in texts], dtype=np.float64)
    shown = [*kept, f"{_OTHERS} ({len(counts) - rest})"] if others else kept
    ticks = tuple((float(code), text) for code, text in enumerate(shown))
    high = max(1.0, float(len(shown) - 1))
    low = 0.0 if len(shown) > 1 else -1.0
    return Axis(f"params.{key}", key, "category", None, low, high, ticks, values, tuple(shown), missing)


def metric_axis(key: str, values: ArrayLike, logged: ArrayLike | None = None, goal: str | None = None) -> Axis:
    """The axis of a metric.

    Args:
        key: the metric.
        values: one a run; NaN where a run has none.
        logged: whether each run has logged it, which tells a logged NaN from nothing.
        goal: ``min``, ``max`` or None.
    """
    numbers = np.asarray(values, dtype=np.float64)
    has = ~np.isnan(numbers) if logged is None else np.asarray(logged, dtype=bool)
    return _number_axis(f"metrics.{key}", key, numbers, goal, int((~has).sum()))


def duration_axis(milliseconds: ArrayLike) -> Axis:
    """The axis of how long runs took; NaN for those that have not ended."""
    values = np.asarray(milliseconds, dtype=np.float64)
    axis = _number_axis("attributes.duration", "duration", values, "min", int(np.isnan(values).sum()))
    return axis._replace(ticks=tuple((value, duration(value)) for value, _ in axis.ticks))


def places_on(axis: Axis, values: Floats | None = None) -> Floats:
    """Where values lie, 0 at the foot to 1 on top; NaN where they cannot be placed."""
    given = axis.values if values is None else values
    low, high = axis.low, axis.high
    with np.errstate(divide="ignore", invalid="ignore"):
        if axis.kind == "log":
            given, low, high = np.log10(given), math.log10(low), math.log10(high)
        places = (given - low) / (high - low)
    places[~np.isfinite(places)] = np.nan
    return 1.0 - places if axis.flipped else places


def _number_axis(key: str, label: str, numbers: Floats, goal: str | None, missing: int) -> Axis:
    finite = np.isfinite(numbers)
    real = numbers[finite]
    values = np.where(finite, numbers, np.nan)
    strange = len(numbers) - len(real) - missing
    if not len(real):
        return Axis(key, label, "linear", goal, 0.0, 1.0, (), values, (), missing, strange)
    low, high = float(real.min()), float(real.max())
    kind: Kind = "log" if low > 0 and high / low >= _WIDE else "linear"
    if not math.isfinite(high - low):  # the span itself overflows
        low, high = max(low, -1e300), min(high, 1e300)
    if low == high:
        low, high = low - (abs(low) * 0.1 or 1.0), high + (abs(high) * 0.1 or 1.0)
    ticks = _ticks(np.unique(real), low, high, kind)
    return Axis(key, label, kind, goal, low, high, ticks, values, (), missing, strange)


def _ticks(distinct: Floats, low: float, high: float, kind: Kind) -> tuple[tuple[float, str], ...]:
    """The values themselves where they are few, else round ones; none so near to another that they touch."""
    if len(distinct) <= _FEW:
        found = [float(value) for value in distinct]
    elif kind == "log":
        found = log_ticks(math.log10(low), math.log10(high))
    else:
        found = linear_ticks(low, high, _TICKS)
    bare = Axis("", "", kind, None, low, high, (), np.array(found, dtype=np.float64))
    kept: list[tuple[float, str]] = []
    last = -math.inf
    for value, place in zip(found, places_on(bare), strict=True):
        if place - last >= _APART:
            kept.append((value, tick_text(value)))
            last = float(place)
    return tuple(kept)


def _numbers(texts: Sequence[str | None]) -> Floats | None:
    """The texts as numbers, NaN for None; None if one is no number or none is finite."""
    found = np.full(len(texts), np.nan)
    parsed: dict[str, float] = {}
    for place, text in enumerate(texts):
        if text is None:
            continue
        if text not in parsed:
            number = _number(text)
            if number is None:
                return None
            parsed[text] = number
        found[place] = parsed[text]
    return found if np.isfinite(found).any() else None


def _number(text: str) -> float | None:
    if len(text) > 40:
        return None
    try:
        return float(text)
    except ValueError:
        return None


def _natural(text: str) -> list[tuple[int, int, str]]:
    """As people order: 8, 64, 128, 128x64."""
    pieces = re.split(r"([0-9]{1,18})", text[:200])
    return [
        (0, int(piece), "") if piece.isdecimal() and piece.isascii() else (1, 0, piece) for piece in pieces if piece
    ]
