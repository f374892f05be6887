"""The error tree: every failure a caller can meet, with its wire code and HTTP status.

TrackbookError                  INTERNAL_ERROR              500
├── InvalidParameter            INVALID_PARAMETER_VALUE     400
│   ├── BadFilter               INVALID_PARAMETER_VALUE     400   knows the column
│   └── ArchiveError            INVALID_PARAMETER_VALUE     400
├── NotFound                    RESOURCE_DOES_NOT_EXIST     404
├── AlreadyExists               RESOURCE_ALREADY_EXISTS     400
├── InvalidState                INVALID_STATE               409   not the 500 of MLflow: clients retry a 500
├── PermissionDenied            PERMISSION_DENIED           403
│   ├── ReadOnlyStore           PERMISSION_DENIED           403
│   └── UntrustedModel          PERMISSION_DENIED           403   names the digest and the command
├── NotSupported                NOT_IMPLEMENTED             501
├── MissingDependency           INTERNAL_ERROR              500   names the pip command
├── ExecutionException          INTERNAL_ERROR              500   a project's run failed
├── ModelValidationFailed       BAD_REQUEST                 400   a model does not reach its thresholds
├── RestException               INTERNAL_ERROR              500   unless the server's answer says another
└── StoreError                  INTERNAL_ERROR              500
    ├── StoreAway               TEMPORARILY_UNAVAILABLE     503   the same call may work later
    │   └── IncompleteDownload  TEMPORARILY_UNAVAILABLE     503
    ├── StorageFull             RESOURCE_EXHAUSTED          507
    ├── DamagedStore            DATA_LOSS                   500
    ├── DamagedArtifact         DATA_LOSS                   500
    ├── SchemaTooNew            INVALID_STATE               409
    ├── SchemaTooOld            INVALID_STATE               409
    └── ForeignDatabase         INVALID_STATE               409

Each message names the thing, the rule that it broke and the remedy.
"""

from __future__ import annotations

import json
from typing import Any

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
    "ModelValidationFailed",
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

#: HTTP status of every error code that MLflow's clients know.
HTTP_STATUS = {
    "ABORTED": 409,
    "ALREADY_EXISTS": 409,
    "BAD_REQUEST": 400,
    "CANCELLED": 499,
    "CUSTOMER_UNAUTHORIZED": 401,
    "DATA_LOSS": 500,
    "DEADLINE_EXCEEDED": 504,
    "ENDPOINT_NOT_FOUND": 404,
    "INTERNAL_ERROR": 500,
    "INVALID_PARAMETER_VALUE": 400,
    "INVALID_STATE": 500,
    "NOT_FOUND": 404,
    "NOT_IMPLEMENTED": 501,
    "PERMISSION_DENIED": 403,
    "REQUEST_LIMIT_EXCEEDED": 429,
    "RESOURCE_ALREADY_EXISTS": 400,
    "RESOURCE_CONFLICT": 409,
    "RESOURCE_DOES_NOT_EXIST": 404,
    "RESOURCE_EXHAUSTED": 429,
    "TEMPORARILY_UNAVAILABLE": 503,
    "UNAUTHENTICATED": 401,
}

#: MLflow's numbers for its error codes, which ``MlflowException(message, error_code)`` also accepts.
_CODE_NUMBERS = {
    1: "INTERNAL_ERROR",
    2: "TEMPORARILY_UNAVAILABLE",
    4: "BAD_REQUEST",
    7: "DEADLINE_EXCEEDED",
    8: "CANCELLED",
    9: "RESOURCE_EXHAUSTED",
    10: "ABORTED",
    11: "NOT_FOUND",
    12: "ALREADY_EXISTS",
    13: "UNAUTHENTICATED",
    1000: "INVALID_PARAMETER_VALUE",
    1001: "ENDPOINT_NOT_FOUND",
    1003: "INVALID_STATE",
    1004: "PERMISSION_DENIED",
    1006: "CUSTOMER_UNAUTHORIZED",
    1007: "REQUEST_LIMIT_EXCEEDED",
    1008: "RESOURCE_CONFLICT",
    1010: "NOT_IMPLEMENTED",
    1011: "DATA_LOSS",
    3001: "RESOURCE_ALREADY_EXISTS",
    3002: "RESOURCE_DOES_NOT_EXIST",
}


class TrackbookError(Exception):
    """Base of every error that Trackbook raises on purpose (``MlflowException`` is this class).

    Args:
        message: what is wrong, which rule it breaks and what to do about it.
        error_code: one of MLflow's error codes, as text or as its number; the class decides when absent.
        extra: further JSON members for the wire.
    """

    code = "INTERNAL_ERROR"
    http_status: int | None = None

    def __init__(self, message: object, error_code: str | int | None = None, **extra: Any) -> None:
        self.message = str(message)
        if isinstance(error_code, int):
            error_code = _CODE_NUMBERS.get(error_code, "INTERNAL_ERROR")
        self.error_code = error_code or self.code
        self.json_kwargs = extra
        super().__init__(self.message)

    def get_http_status_code(self) -> int:
        """HTTP status with which a server answers this error."""
        return self.http_status or HTTP_STATUS.get(self.error_code, 500)

    def serialize_as_json(self) -> str:
        """The error as the JSON body that MLflow's clients read."""
        return json.dumps({"error_code": self.error_code, "message": self.message, **self.json_kwargs})

    @classmethod
    def invalid_parameter_value(cls, message: object, **extra: Any) -> TrackbookError:
        """An error with the code INVALID_PARAMETER_VALUE."""
        return cls(message, error_code="INVALID_PARAMETER_VALUE", **extra)


class InvalidParameter(TrackbookError):
    """A value that a call was given has the wrong type, form or length."""

    code = "INVALID_PARAMETER_VALUE"


class BadFilter(InvalidParameter):
    """A filter or order_by string that does not parse, or that asks what cannot be asked.

    Attributes:
        column: where it went wrong, counted from 1.
    """

    def __init__(self, message: object, column: int) -> None:
        super().__init__(message)
        self.column = column

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.message, self.column)


class ArchiveError(InvalidParameter):
    """A .zip or .tar that is damaged, too large, or has a member that may not be unpacked; nothing of it was."""


class NotFound(TrackbookError):
    """No such experiment, run, metric, tag, artifact, model or version."""

    code = "RESOURCE_DOES_NOT_EXIST"


class AlreadyExists(TrackbookError):
    """The name is taken."""

    code = "RESOURCE_ALREADY_EXISTS"


class InvalidState(TrackbookError):
    """The thing exists, but is in a state (deleted, ended ...) that does not allow the call."""

    code = "INVALID_STATE"
    http_status = 409


class PermissionDenied(TrackbookError):
    """Not allowed."""

    code = "PERMISSION_DENIED"


class ReadOnlyStore(PermissionDenied):
    """A write to a store that can only be read."""


class UntrustedModel(PermissionDenied):
    """Loading a model would run code that came with it, and its user has not said that she trusts it."""


class NotSupported(TrackbookError):
    """Something that Trackbook leaves out; the message names what to use."""

    code = "NOT_IMPLEMENTED"


class MissingDependency(TrackbookError, ImportError):
    """An optional library is not installed; the message is the pip command."""


class ExecutionException(TrackbookError):
    """A run of a project failed."""


class ModelValidationFailed(TrackbookError):
    """A model does not reach the thresholds that it was held against."""

    code = "BAD_REQUEST"


class RestException(TrackbookError):
    """What a server answered instead of a result.

    Attributes:
        json: the body of its answer; one that is no JSON object becomes its message.
    """

    def __init__(self, json: object) -> None:
        self.json: dict[str, Any] = json if isinstance(json, dict) else {"message": str(json)}
        code = str(self.json.get("error_code", self.code))
        super().__init__(f"{code}: {self.json.get('message', 'the answer holds no message')}", code)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.json,)


class StoreError(TrackbookError):
    """The store could not do its work."""


class StoreAway(StoreError):
    """The store is busy or out of reach; the same call may succeed later."""

    code = "TEMPORARILY_UNAVAILABLE"


class IncompleteDownload(StoreAway):
    """The connection broke again and again before a file was there; nothing of it was kept."""


class StorageFull(StoreError):
    """No space left on the device that holds the store."""

    code = "RESOURCE_EXHAUSTED"
    http_status = 507


class DamagedStore(StoreError):
    """The database file is not whole."""

    code = "DATA_LOSS"


class DamagedArtifact(StoreError):
    """A file is not the one that was stored: its size or its hash is another; nothing of it was handed out."""

    code = "DATA_LOSS"


class SchemaTooNew(StoreError):
    """The database was written by a newer Trackbook; it is left untouched."""

    code = "INVALID_STATE"
    http_status = 409


class SchemaTooOld(StoreError):
    """The database was written by an older Trackbook and is not upgraded on opening; it is left untouched."""

    code = "INVALID_STATE"
    http_status = 409


class ForeignDatabase(StoreError):
    """The database belongs to another program; it is left untouched."""

    code = "INVALID_STATE"
    http_status = 409
