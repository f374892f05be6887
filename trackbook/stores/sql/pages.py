"""Pages of answers: how many there may be on one, and the token with which the next one is asked for."""

from __future__ import annotations

import base64
import binascii
import json

from trackbook.entities.keys import INT64_MAX, check_int64
from trackbook.errors import InvalidParameter

__all__ = ["check_page_size", "next_token", "offset_of"]

_LAST_OFFSET = INT64_MAX - 1_000_000


def check_page_size(max_results: int, most: int, least: int = 1) -> None:
    """InvalidParameter if a page of so many is none that may be asked for."""
    if not least <= check_int64("max_results", max_results) <= most:
        raise InvalidParameter(f"max_results is {max_results}; a page has {least} to {most}; page_token goes on.")


def next_token(offset: int) -> str:
    """The token of the page that begins there."""
    return base64.b64encode(json.dumps({"offset": offset}).encode()).decode()


def offset_of(token: str | None) -> int:
    """Where the page of a token begins; 0 without one."""
    if not token:
        return 0
    try:
        offset = json.loads(base64.b64decode(token, validate=True))["offset"]
    except (binascii.Error, ValueError, TypeError, KeyError, RecursionError):
        offset = None
    if type(offset) is not int or not 0 <= offset <= _LAST_OFFSET:
        raise InvalidParameter(f"{token!r:.80} is no page token; pass what the page before gave as its token.")
    return offset
