"""Who looks at a page that Voila serves: what the address asks for, and never its token."""

from __future__ import annotations

import os
from urllib.parse import parse_qs

__all__ = ["visit"]

_ASKED = ("experiment", "run")


def visit() -> dict[str, str]:
    """What the address of the page asks for: ``?experiment=`` or ``?run=``, an id each; {} outside Voila.

    In a kernel that Voila started before anybody looked, this waits for the viewer: put heavy imports above it.
    """
    if os.environ.get("VOILA_PREHEAT") == "True":
        from voila.utils import wait_for_request

        wait_for_request()
    given = parse_qs(os.environ.get("QUERY_STRING", ""))
    os.environ.pop("QUERY_STRING", None)  # it has the token in it
    os.environ.pop("VOILA_REQUEST_URL", None)
    return {name: given[name][0][:256] for name in _ASKED if given.get(name)}
