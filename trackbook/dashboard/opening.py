"""Which store a page shows, and what happens to it before the page opens."""

from __future__ import annotations

import os
from collections.abc import Callable

from trackbook.runs.session import get_tracking_uri
from trackbook.stores import open_store
from trackbook.uris import parse_store_uri, strip_user_info

__all__ = ["prepare_store"]


def prepare_store(uri: str | None, read_only: bool, say: Callable[[str], None]) -> str:
    """Check a store before its page opens, and bring in what dead processes left in their journals.

    Pages themselves read only, and a reader cannot adopt a journal.

    Args:
        uri: path or URI; the store found from the working directory if None.
        read_only: leave everything as it is.
        say: called with a line that names the store.

    Returns:
        the absolute URI. Where there is no database yet none is made: the page waits for it.

    Raises:
        TrackbookError: it is no store of ours, or not one that this version opens.
    """
    parsed = parse_store_uri(uri) if uri else parse_store_uri(get_tracking_uri())
    if parsed.path is not None and not os.path.exists(parsed.path):
        say(f"There is no store at {parsed.path} yet; the page shows its runs as they come.")
        return parsed.uri
    open_store(parsed.uri, read_only=read_only or not _writable(parsed.path)).close()
    say(f"The store is {parsed.path or strip_user_info(parsed.uri)}")
    return parsed.uri


def _writable(path: str | None) -> bool:
    return path is None or (os.access(path, os.W_OK) and os.access(os.path.dirname(path), os.W_OK))
