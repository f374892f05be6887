"""MLflow's path for errors: MlflowException catches everything that Trackbook raises on purpose."""

from __future__ import annotations

from trackbook.errors import (
    AlreadyExists,
    BadFilter,
    DamagedStore,
    ExecutionException,
    ForeignDatabase,
    InvalidParameter,
    InvalidState,
    MissingDependency,
    NotFound,
    NotSupported,
    PermissionDenied,
    ReadOnlyStore,
    RestException,
    SchemaTooNew,
    SchemaTooOld,
    StorageFull,
    StoreAway,
    StoreError,
    TrackbookError,
)

__all__ = [
    "AlreadyExists",
    "BadFilter",
    "DamagedStore",
    "ExecutionException",
    "ForeignDatabase",
    "InvalidParameter",
    "InvalidState",
    "MissingDependency",
    "MlflowException",
    "NotFound",
    "NotSupported",
    "PermissionDenied",
    "ReadOnlyStore",
    "RestException",
    "SchemaTooNew",
    "SchemaTooOld",
    "StorageFull",
    "StoreAway",
    "StoreError",
    "TrackbookError",
]

MlflowException = TrackbookError
