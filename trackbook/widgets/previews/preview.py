"""What every kind of preview is made of: its limits, the answer to the page, and a file that cannot be shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["ASK_OVER", "IN_MEMORY", "PIECE", "READ", "Preview", "Unreadable", "Wishes", "in_bytes"]

#: Bytes that a preview reads by itself, at the most, of a file that has to be taken apart here.
READ = 4_000_000
#: Files over this are not read at all without asking.
ASK_OVER = 50_000_000
#: Bytes that a page holds for one download, or for a picture, film or sound, at the most.
IN_MEMORY = 500_000_000
#: Bytes of one answer to the page.
PIECE = 2_000_000


@dataclass(frozen=True)
class Wishes:
    """What the page asked for beside the file.

    Attributes:
        first: read the beginning of a file that is over the limit.
        whole: take apart all of a file that is larger than `READ`.
        raw: show the text and not what it means.
        start: byte, or row of a table, from which on.
    """

    first: bool = False
    whole: bool = False
    raw: bool = False
    start: int = 0

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Wishes:
        """From what a page has sent, which may be anything."""
        start = given.get("start")
        number = start if isinstance(start, int) and 0 <= start < 2**53 else 0
        return cls(given.get("first") is True, given.get("whole") is True, given.get("raw") is True, number)


@dataclass(frozen=True)
class Preview:
    """An answer to the page.

    Attributes:
        value: plain values, with ``kind``.
        buffers: bytes beside it.
    """

    value: dict[str, Any]
    buffers: Sequence[bytes] = field(default=())


class Unreadable(Exception):  # no error of the store's: the file is what it is
    """A file that is not what its name says.

    Args:
        text: a sentence for the page.
        details: what the library said.
    """

    def __init__(self, text: str, details: str = "") -> None:
        super().__init__(text)
        self.text, self.details = text, details[:500]


def in_bytes(size: int) -> str:
    """A size as 84 B, 1.2 kB, 4.8 MB, as the page writes it."""
    number, unit = float(size), 0
    units = ("B", "kB", "MB", "GB", "TB")
    while number >= 999.5 and unit < len(units) - 1:
        number, unit = number / 1000, unit + 1
    return f"{number:.0f} {units[unit]}" if unit == 0 or number >= 99.95 else f"{number:.1f} {units[unit]}"
