"""Round places on an axis, and how they are written."""

from __future__ import annotations

import math

__all__ = ["linear_ticks", "log_ticks", "tick_text"]


def linear_ticks(low: float, high: float, count: int) -> list[float]:
    """Some `count` multiples of 1, 2 or 5 times a power of ten within [low, high]."""
    raw = (high - low) / max(1, count)
    if not raw > 0 or not math.isfinite(raw):
        return []
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * 0.95)
    first = math.ceil(low / step - 1e-9)
    return [
        round(place * step, 12 - math.floor(math.log10(step)))
        for place in range(first, first + 3 * count + 3)
        if place * step <= high * (1 + 1e-12) + step * 1e-9
    ]


def log_ticks(low: float, high: float) -> list[float]:
    """Powers of ten within [10**low, 10**high], with 2 and 5 times them when there are few."""
    decades = range(math.floor(low), math.ceil(high) + 1)
    stride = max(1, math.ceil((high - low) / 6))
    factors = (1, 2, 5) if high - low <= 2.5 else (1,)
    ticks = [factor * 10.0**decade for decade in decades if decade % stride == 0 for factor in factors]
    return [tick for tick in ticks if low - 1e-9 <= math.log10(tick) <= high + 1e-9]


def tick_text(value: float) -> str:
    """A tick as short text: 0.05, 20, 1e-5."""
    if value and not 1e-4 <= abs(value) < 1e6:
        digits, power = f"{value:.2e}".split("e")
        return f"{float(digits):g}e{int(power)}".replace("-", "\u2212")
    return f"{value:.6g}".replace("-", "\u2212")
