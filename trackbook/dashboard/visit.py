"""Who looks at a page that Voila serves: what the address asks for, and never its token."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import parse_qs

from trackbook.dashboard.reading import read_ahead
from trackbook.dashboard.standing import decode_view
from trackbook.dashboard.waiting import wait_for_viewer
from trackbook.errors import InvalidParameter
from trackbook.runs.session import get_tracking_uri

__all__ = ["visit"]

_ASKED = ("experiment", "run", "saved")


def visit() -> dict[str, Any]:
    """What the address of the page asks for, as arguments of `Dashboard`; {} outside Voila.

    It may have ``?experiment=`` or ``?run=``, an id each, ``?saved=``, the name of a saved view, or ``?view=``, a view.
    In a kernel that Voila started before anybody looked, this waits for the viewer: put heavy imports above it.
    """
    if os.environ.get("VOILA_PREHEAT") == "True":
        read_ahead(get_tracking_uri())
        wait_for_viewer()
    given = parse_qs(os.environ.get("QUERY_STRING", ""))
    os.environ.pop("QUERY_STRING", None)  # it has the token in it
    os.environ.pop("VOILA_REQUEST_URL", None)
    asked: dict[str, Any] = {name: given[name][0][:256] for name in _ASKED if given.get(name)}
    if given.get("view"):
        try:
            asked["view"] = decode_view(given["view"][0])
        except InvalidParameter as wrong:
            asked["note"] = wrong.message
    return asked
