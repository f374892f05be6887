"""The error tree is as its docstring draws it, and speaks MLflow's codes."""

from __future__ import annotations

import json
import re

import pytest

from trackbook import errors
from trackbook.errors import InvalidState, MissingDependency, NotFound, ReadOnlyStore, StorageFull, TrackbookError

DRAWN = re.findall(r"(\w+) +([A-Z_]+) +(\d{3})", errors.__doc__ or "")


@pytest.mark.parametrize(("name", "code", "status"), DRAWN, ids=[name for name, _, _ in DRAWN])
def test_class_has_the_code_and_status_that_are_drawn(name: str, code: str, status: str) -> None:
    kind = getattr(errors, name)
    error = kind("wrong", 3) if name == "BadFilter" else kind("wrong")
    assert (error.error_code, error.get_http_status_code()) == (code, int(status))


def test_every_error_is_drawn() -> None:
    assert {name for name, _, _ in DRAWN} == {getattr(errors, name).__name__ for name in errors.__all__}


def test_error_travels_as_json_that_mlflows_clients_read() -> None:
    body = json.loads(NotFound("no run abc", detail=7).serialize_as_json())
    assert body == {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "no run abc", "detail": 7}


@pytest.mark.parametrize(
    ("given", "code"), [("BAD_REQUEST", "BAD_REQUEST"), (1000, "INVALID_PARAMETER_VALUE"), (None, "INTERNAL_ERROR")]
)
def test_error_takes_mlflows_codes_as_text_or_number(given: str | int | None, code: str) -> None:
    assert TrackbookError("wrong", error_code=given).error_code == code
    assert TrackbookError.invalid_parameter_value("wrong").get_http_status_code() == 400


def test_permanent_error_is_never_a_5xx_that_clients_repeat() -> None:
    assert InvalidState("ended").get_http_status_code() == 409


def test_missing_library_is_also_an_import_error() -> None:
    with pytest.raises(ImportError, match="pip install"):
        raise MissingDependency("pip install voila")
    assert issubclass(ReadOnlyStore, errors.PermissionDenied)
    assert str(StorageFull("no room")) == "no room"
