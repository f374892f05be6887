"""How large and how deep data may be that somebody sends: a small body may stand for a table that fills the memory."""

from __future__ import annotations

import re
from typing import Any

from trackbook.errors import TrackbookError

__all__ = [
    "BODY_BYTES",
    "CELLS",
    "COLUMNS",
    "DEPTH",
    "MEMORY_BYTES",
    "check_columns",
    "check_depth",
    "check_document",
    "check_memory",
    "check_size",
]

BODY_BYTES = 16 << 20
DEPTH = 32
COLUMNS = 10_000
CELLS = 20_000_000
MEMORY_BYTES = 512 << 20

#: Forms in which each row may name columns.
_BY_NAME = ("dataframe_records", "instances", "inputs")

_KEPT = b'[]{}"\\'
_OTHERS = bytes(byte for byte in range(256) if byte not in _KEPT)
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"?', re.DOTALL)
_PLAIN = bytes.maketrans(b"{}", b"[]")


class _TooLarge(TrackbookError):
    code = "RESOURCE_EXHAUSTED"
    http_status = 413


def check_depth(body: bytes | str) -> None:
    """Refuse JSON of more levels than `DEPTH`, before it is parsed.

    Raises:
        TrackbookError: it has more; BAD_REQUEST.
    """
    raw = body.encode("utf-8", "replace") if isinstance(body, str) else body
    if raw.count(b"[") + raw.count(b"{") <= DEPTH:
        return
    brackets = raw.translate(None, _OTHERS).replace(b'""', b"")
    if b'"' in brackets:  # a text has a bracket or an escape: those must not count
        brackets = _STRING.sub(b"", raw).translate(None, _OTHERS).replace(b'"', b"")
    brackets = brackets.replace(b"\\", b"").translate(_PLAIN)
    for _ in range(DEPTH):  # each round takes the innermost level away
        brackets = brackets.replace(b"[]", b"")
    if b"[]" in brackets:  # what is left without a pair is no JSON, as the parser will say
        raise TrackbookError(f"The body has more than {DEPTH} levels of lists and objects.", "BAD_REQUEST")


def check_columns(columns: int) -> None:
    """Refuse a table of too many columns.

    Raises:
        TrackbookError: it has more than `COLUMNS`; 413.
    """
    if columns > COLUMNS:
        raise _TooLarge(f"A request has at most {COLUMNS} columns; this has {columns}.")


def check_size(rows: int, columns: int) -> None:
    """Refuse a table of too many columns or cells.

    Raises:
        TrackbookError: it has more than `COLUMNS` or `CELLS`; 413.
    """
    check_columns(columns)
    if rows * columns > CELLS:
        raise _TooLarge(f"A request has at most {CELLS} cells; this has {rows} rows of {columns}. Send it in parts.")


def check_document(document: Any) -> None:
    """Refuse what stands for a larger table than its text is long: objects that each have names of their own.

    Raises:
        TrackbookError: the table would have more than `COLUMNS` or `CELLS`; 413.
    """
    for form in _BY_NAME if isinstance(document, dict) else ():
        rows = document.get(form)
        if isinstance(rows, dict):
            check_columns(len(rows))
        elif isinstance(rows, list) and rows and isinstance(rows[0], dict):
            named = [row for row in rows if isinstance(row, dict)]
            if sum(map(len, named)) > COLUMNS:  # else there are no more names than that
                check_size(len(rows), len(set().union(*named)))


def check_memory(size: int) -> None:
    """Refuse a table that takes too much memory once it is unpacked.

    Raises:
        TrackbookError: it takes more than `MEMORY_BYTES`; 413.
    """
    if size > MEMORY_BYTES:
        raise _TooLarge(
            f"A request takes at most {MEMORY_BYTES >> 20} MiB when it is unpacked; this takes {size >> 20}."
        )
