"""Spans of time and numbers of bytes, as people write them."""

from __future__ import annotations

import re

from trackbook.errors import InvalidParameter

__all__ = ["parse_span", "shown_bytes"]

_UNITS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000}
_SPAN = re.compile("".join(rf"(?:(\d+(?:\.\d+)?){unit})?" for unit in _UNITS), re.ASCII)
_LONGEST = 10_000 * 365 * _UNITS["d"]


def parse_span(text: str) -> int:
    """Milliseconds of a span such as ``1d2h3m4s``, ``1.5h`` or ``0s``.

    Raises:
        InvalidParameter: it is none.
    """
    found = _SPAN.fullmatch(text.strip())
    if not found or not any(found.groups()):
        raise InvalidParameter(
            f"{text!r:.80} is no span of time; write days, hours, minutes and seconds in this order, such as 30d, "
            "1d2h3m4s or 0s."
        )
    parts = zip(found.groups(), _UNITS.values(), strict=True)
    return round(min(sum(float(number) * unit for number, unit in parts if number), _LONGEST))


def shown_bytes(size: int) -> str:
    """Bytes for people: ``512 B``, ``1.4 MiB``."""
    if size < 1024:
        return f"{size} B"
    amount = float(size)
    for unit in ("KiB", "MiB", "GiB"):
        amount /= 1024
        if amount < 1000:
            return f"{amount:.3g} {unit}"
    return f"{amount / 1024:,.3g} TiB"
