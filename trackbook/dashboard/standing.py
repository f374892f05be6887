"""How a page stands, as plain values: checked, and put into the address of a page and read back."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Mapping
from typing import Any

from trackbook.errors import InvalidParameter
from trackbook.widgets.shell import PARTS, TABS

__all__ = ["MOST_TEXT", "check_view", "decode_view", "encode_view"]

#: Characters of a view in an address (servers and proxies take 8,000 of one), and bytes of one that is kept.
MOST_TEXT, _MOST_BYTES = 6_000, 64_000
_MOST_RUNS, _MOST_DEPTH = 200, 8
_TEXTS = ("experiment", "name", "run")
_WORDS = {"tab": TABS, "part": PARTS}
_UNREADABLE = "The address holds no view of a page; it may have been cut off. Copy the link again."


def check_view(value: object) -> dict[str, Any]:
    """The parts of a view that a page knows; others are left out.

    Raises:
        InvalidParameter: it is none, or is too large.
    """
    if not isinstance(value, Mapping):
        raise InvalidParameter(_UNREADABLE)
    view: dict[str, Any] = {key: value[key][:500] for key in _TEXTS if isinstance(value.get(key), str) and value[key]}
    view |= {key: value[key] for key, words in _WORDS.items() if value.get(key) in words}
    runs, slots = value.get("selected"), value.get("slots")
    if isinstance(runs, list) and runs:
        view["selected"] = [one[:256] for one in runs[:_MOST_RUNS] if isinstance(one, str)]
        if isinstance(slots, list) and len(slots) == len(runs) and all(isinstance(one, int) for one in slots):
            view["slots"] = slots[:_MOST_RUNS]
    panels = value.get("panels")
    if isinstance(panels, Mapping):
        view["panels"] = {str(name): dict(one) for name, one in panels.items() if isinstance(one, Mapping)}
    _check_size(view)
    return view


def encode_view(view: Mapping[str, Any]) -> str:
    """A view as text for an address.

    Raises:
        InvalidParameter: it is too long for one.
    """
    plain = json.dumps(check_view(view), separators=(",", ":"), allow_nan=False).encode()
    text = base64.urlsafe_b64encode(zlib.compress(plain, 9)).decode().rstrip("=")
    if len(text) > MOST_TEXT:
        raise InvalidParameter("This view is too large for a link. Save it by a name, and share the link of that.")
    return text


def decode_view(text: str) -> dict[str, Any]:
    """The view in an address.

    Raises:
        InvalidParameter: there is none, or it is too large.
    """
    if len(text) > MOST_TEXT:
        raise InvalidParameter(_UNREADABLE)
    opened = zlib.decompressobj()
    try:
        plain = opened.decompress(
            base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True), _MOST_BYTES + 1
        )
        value = json.loads(plain) if opened.eof else None
    except (binascii.Error, ValueError, zlib.error, RecursionError):
        value = None
    return check_view(value)


def _check_size(view: Mapping[str, Any]) -> None:
    try:
        size = len(json.dumps(view, allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        raise InvalidParameter(_UNREADABLE) from None
    if size > _MOST_BYTES or _depth(view) > _MOST_DEPTH:
        raise InvalidParameter(f"A view of {size} characters is too large; {_MOST_BYTES} are kept.")


def _depth(value: object) -> int:
    inner = list(value.values()) if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else []
    return 1 + max((_depth(one) for one in inner), default=0)
