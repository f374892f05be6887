"""Which store a client talks to."""

from __future__ import annotations

import os
from typing import Any

from trackbook.entities.keys import check_run_id
from trackbook.registry.versions import Stores
from trackbook.runs.session import chosen_registry_uri, get_tracking_uri
from trackbook.stores import open_store
from trackbook.stores.base import Recorder, Store
from trackbook.uris import parse_store_uri, strip_user_info

__all__ = ["Connection"]

_MOST_RECORDERS = 64


class Connection:
    """A client's store, opened when it is first needed.

    Args:
        tracking_uri: where runs are kept; what this process uses now if None.
        registry_uri: where registered models are kept; the same.
        workspace_store_uri: taken for MLflow's sake; there are no workspaces.
    """

    def __init__(
        self,
        tracking_uri: str | os.PathLike[str] | None = None,
        registry_uri: str | os.PathLike[str] | None = None,
        workspace_store_uri: str | None = None,
    ) -> None:
        self._tracking_uri = get_tracking_uri() if tracking_uri is None else parse_store_uri(tracking_uri).uri
        self._registry_uri = registry_uri if registry_uri is None else parse_store_uri(registry_uri).uri
        self._opened: Store | None = None
        self._recorders: dict[str, Recorder] = {}

    @property
    def tracking_uri(self) -> str:
        """URI of the store that this client talks to."""
        return self._tracking_uri

    @property
    def registry_uri(self) -> str:
        """URI of the store for registered models."""
        return self._registry_uri or chosen_registry_uri() or self._tracking_uri

    @property
    def _places(self) -> Stores:
        """Where this client's runs and registered models are."""
        return Stores(self._tracking_uri, self.registry_uri)

    @property
    def _registry(self) -> Store:
        return open_store(self.registry_uri)

    @property
    def _store(self) -> Store:
        if self._opened is None or self._opened.closed:
            self._recorders = {}
            self._opened = open_store(self._tracking_uri)
        return self._opened

    def _recorder(self, run_id: str) -> Recorder:
        """The quick way into a run, kept, so that a loop of calls declares each metric once."""
        store = self._store
        if not isinstance(run_id, str):
            check_run_id(run_id)  # says what a run id is
        found = self._recorders.get(run_id)
        if found is None:
            found = store.recorder(run_id)
            if len(self._recorders) >= _MOST_RECORDERS:
                self._recorders.clear()
            self._recorders[run_id] = found
        return found

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._tracking_uri, self._registry_uri)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(tracking_uri={strip_user_info(self._tracking_uri)!r})"
