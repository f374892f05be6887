"""Which store a command works on, and how it opens it."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from trackbook.errors import NotFound

if TYPE_CHECKING:
    from trackbook.stores.base import Store

__all__ = ["existing_store", "store_option", "store_to_fill"]

Command = TypeVar("Command", bound=Callable[..., Any])


def store_option(command: Command) -> Command:
    """The option that names the store, which reaches a command as `store_uri`, for the functions below."""
    return click.option(
        "--backend-store-uri",
        "--tracking-uri",
        "store_uri",
        metavar="URI",
        help="Path or URI of the store; the one that the settings name, or found from here, if left out.",
    )(command)


def existing_store(uri: str | None, *, read_only: bool = False) -> Store:
    """A store that is there already. Where this user cannot write, it is opened for reading.

    Args:
        uri: path or URI; what this process uses if None.
        read_only: touch nothing, not even what a dead process left in its journal.

    Raises:
        NotFound: there is no database; none is made.
        TrackbookError: it is no store of ours, or not one that this version opens.
    """
    from trackbook.runs.session import get_tracking_uri
    from trackbook.stores import open_store
    from trackbook.uris import parse_store_uri

    parsed = parse_store_uri(uri or get_tracking_uri())
    if parsed.path is None:
        return open_store(parsed.uri, read_only=read_only)
    if not os.path.exists(parsed.path):
        raise NotFound(
            f"There is no store at {parsed.path}. Name another with --backend-store-uri; the first run, or "
            "`trackbook experiments create`, makes one."
        )
    return open_store(parsed.uri, read_only=read_only or not _writable(parsed.path))


def _writable(path: str) -> bool:
    return os.access(path, os.W_OK) and os.access(os.path.dirname(path), os.W_OK)


def store_to_fill(uri: str | None) -> Store:
    """A store that is made if it is not there.

    Args:
        uri: path or URI; what this process uses if None.
    """
    from trackbook.runs.session import current_store
    from trackbook.stores import open_store

    return open_store(uri) if uri else current_store()
