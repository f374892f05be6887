"""Where it is kept: open a store by its URI."""

from __future__ import annotations

import atexit
import os
import threading
from typing import TYPE_CHECKING

from trackbook.errors import NotSupported
from trackbook.stores.discovery import refuse_mlflow_runs
from trackbook.stores.forks import in_forked_child
from trackbook.uris import StoreUri, parse_store_uri, strip_user_info

if TYPE_CHECKING:
    from trackbook.stores.base import Store

__all__ = ["close_stores", "open_store"]

_lock = threading.RLock()
_open: dict[tuple[str, bool], Store] = {}
in_forked_child(lambda: globals().update(_lock=threading.RLock()))


def open_store(uri: str | os.PathLike[str], *, read_only: bool = False) -> Store:
    """The store at a URI; always the same one within a process while it is open.

    Args:
        uri: see `trackbook.uris.parse_store_uri`.
        read_only: refuse every change.

    Raises:
        ForeignDatabase, SchemaTooNew, ReadOnlyStore: see `trackbook.errors`; the file is then untouched.
        NotSupported: a store that this version cannot open.
    """
    known = _open.get((uri, read_only)) if isinstance(uri, str) else None
    if known is not None and not known.closed:
        return known  # the normal form: nothing to parse
    parsed = parse_store_uri(uri)
    key = (parsed.uri, read_only)
    store = _open.get(key)
    if store is not None and not store.closed:
        return store
    with _lock:
        store = _open.get(key)
        if store is None or store.closed:
            store = _open[key] = _make(parsed, read_only)
        return store


def _make(uri: StoreUri, read_only: bool) -> Store:
    if uri.kind in ("sqlite", "memory"):
        from trackbook.stores.sql.store import SqlStore

        if uri.path is not None and not read_only:
            refuse_mlflow_runs(uri.path)
        return SqlStore(uri, read_only)
    if uri.kind == "sql":
        from trackbook.stores.sql.store import SqlStore

        return SqlStore(uri, read_only)
    raise NotSupported(
        f"{strip_user_info(uri.uri)!r} cannot be opened by this version, which keeps runs in SQLite files and in "
        "databases. Give a path such as 'trackbook.db', or postgresql:// or mysql://."
    )


def close_stores() -> None:
    """Flush and close every store that this process has open."""
    with _lock:
        stores = list(_open.values())
        _open.clear()
    for store in stores:
        store.close()


atexit.register(close_stores)
