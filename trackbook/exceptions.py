"""MLflow's path for errors: MlflowException catches everything that Trackbook raises on purpose."""

from __future__ import annotations

from trackbook.errors import (
    AlreadyExists,
    ArchiveError,
    BadFilter,
    DamagedArtifact,
    DamagedStore,
    ExecutionException,
    ForeignDatabase,
    IncompleteDownload,
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
    UntrustedModel,
)

__all__ = [
    "AlreadyExists",
    "ArchiveError",
    "BadFilter",
    "DamagedArtifact",
    "DamagedStore",
    "ExecutionException",
    "ForeignDatabase",
    "IncompleteDownload",
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
    "UntrustedModel",
]

MlflowException = TrackbookError
