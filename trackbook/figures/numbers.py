"""Numbers as Trackbook writes them: columns, durations, ages and sizes; the twin of widgets/static/shared.js."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

__all__ = ["age", "column_format", "duration", "size"]

_MINUS, _NARROW, _DASH = "\u2212", "\u202f", "\u2013"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

Format = Callable[[float | None], str]


def column_format(values: Iterable[float | None]) -> Format:
    """The one format of a column of numbers, chosen from its finite values.

    Scientific when the sizes span more than 1,000 or the least is under 0.001, else fixed with
    3 - floor(log10(greatest)) decimals; none for whole numbers.
    """
    finite = [value for value in values if value is not None and math.isfinite(value)]
    sizes = [abs(value) for value in finite if value]
    if not sizes or (all(float(value).is_integer() for value in finite) and max(sizes) < 1e15):
        return _fixed(0)
    low, high = min(sizes), max(sizes)
    if high / low > 1000 or low < 0.001 or high >= 1e15:
        return _scientific
    return _fixed(min(6, max(0, 3 - math.floor(math.log10(high)))))


def _fixed(decimals: int) -> Format:
    def write(value: float | None) -> str:
        return _special(value) or _signs(f"{value:,.{decimals}f}")

    return write


def _scientific(value: float | None) -> str:
    special = _special(value)
    if special or value is None:
        return special
    if value == 0:
        return "0"
    digits, power = f"{value:.2e}".split("e")
    return f"{digits}e{int(power)}".replace("-", _MINUS)


def _special(value: float | None) -> str:
    if value is None:
        return _DASH
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "\u221e" if value > 0 else _MINUS + "\u221e"
    return ""


def _signs(text: str) -> str:
    if text.startswith("-") and not any(digit in text for digit in "123456789"):
        text = text[1:]
    return text.replace(",", _NARROW).replace("-", _MINUS)


def duration(milliseconds: float | None) -> str:
    """A length of time as 850 ms, 8.1 s, 2 m 13 s or 4 h 05 m."""
    if milliseconds is None or not math.isfinite(milliseconds):
        return _DASH
    if milliseconds < 999.5:
        return f"{max(0, round(milliseconds))} ms"
    if milliseconds < 9950:
        return f"{milliseconds / 1000:.1f} s"
    seconds = round(milliseconds / 1000)
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} m {seconds % 60:02} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02} m"


def age(then: int | None, now: int) -> str:
    """How long ago in local time: now, 2 min ago, 4 h ago, yesterday, 19 Nov, 2025-11-19. Both in ms since 1970."""
    if then is None:
        return _DASH
    seconds = max(0, now - then) / 1000
    if seconds < 10:
        return "now"
    if seconds < 60:
        return f"{int(seconds)} s ago"
    if seconds < 3600:
        return f"{int(seconds // 60)} min ago"
    today, day = _local(now), _local(then)
    if day.date() == today.date() or seconds < 6 * 3600:
        return f"{int(seconds // 3600)} h ago"
    if day.date() == today.date() - timedelta(days=1):
        return "yesterday"
    return f"{day.day} {_MONTHS[day.month - 1]}" if day.year == today.year else f"{day:%Y-%m-%d}"


def _local(moment: int) -> datetime:
    return datetime.fromtimestamp(moment / 1000, tz=UTC).astimezone()


def size(count: int | None) -> str:
    """Bytes as 84 B, 1.2 kB, 4.8 MB."""
    if count is None:
        return _DASH
    amount, units = float(count), ["B", "kB", "MB", "GB", "TB"]
    while amount >= 999.5 and len(units) > 1:
        amount, units = amount / 1000, units[1:]
    return f"{round(amount)} {units[0]}" if units[0] == "B" or amount >= 99.95 else f"{amount:.1f} {units[0]}"
