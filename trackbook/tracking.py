"""MLflow's path for its client and for the choice of a store: ``from trackbook.tracking import MlflowClient``."""

from __future__ import annotations

from trackbook.client import Client, MlflowClient
from trackbook.runs.session import (
    get_registry_uri,
    get_tracking_uri,
    is_tracking_uri_set,
    set_registry_uri,
    set_tracking_uri,
)

__all__ = [
    "Client",
    "MlflowClient",
    "get_registry_uri",
    "get_tracking_uri",
    "is_tracking_uri_set",
    "set_registry_uri",
    "set_tracking_uri",
]
