"""Bytes that are sent to a model to be scored, in MLflow's forms: JSON, CSV and Parquet -> data as predict takes it."""

from __future__ import annotations

import io
import json
from typing import Any, NamedTuple, NoReturn

from trackbook.errors import InvalidParameter
from trackbook.libraries import is_installed, require
from trackbook.models.scoring.limits import check_columns, check_depth, check_document, check_size
from trackbook.signature.payloads import parse_csv, parse_payload
from trackbook.signature.schema import Schema

__all__ = ["Question", "read_csv", "read_json", "read_parquet", "read_plain_json"]


class Question(NamedTuple):
    """What is asked of a model.

    Attributes:
        data: a DataFrame, an array, a dict of arrays, a list or a value.
        params: the parameters of predict, as they were sent.
    """

    data: Any
    params: Any = None


def _bad(message: str) -> InvalidParameter:
    return InvalidParameter(message, "BAD_REQUEST")


def read_json(body: bytes | str, schema: Schema | None) -> Question:
    """The question of a JSON object with ``dataframe_split``, ``dataframe_records``, ``instances`` or ``inputs``.

    Raises:
        InvalidParameter: it is no such object, or a value does not fit its column.
    """
    document = _parsed(body)
    check_document(document)
    try:
        return Question(*parse_payload(document, schema))
    except (TypeError, ValueError, OverflowError) as error:  # what pandas and NumPy make of the odder values
        if isinstance(error, InvalidParameter):
            raise
        raise _bad(f"The data in the body are no table and no array: {error!s:.200}") from None


def read_plain_json(body: bytes | str) -> Question:
    """The question of a JSON object whose ``inputs`` reach the model as they were sent.

    Raises:
        InvalidParameter: it is no such object.
    """
    document = _parsed(body)
    if not isinstance(document, dict) or "inputs" not in document:
        raise _bad("The body is a JSON object with 'inputs': the model's type hints say what those are.")
    return Question(document["inputs"], document.get("params"))


def _parsed(body: bytes | str) -> Any:
    check_depth(body)
    try:
        return _loads(body)
    except (ValueError, RecursionError) as error:
        raise _bad(f"The body is no JSON: {_reason(error)}.") from None


def _loads(body: bytes | str) -> Any:
    """With orjson, which reads numbers ten times as fast; a light install may lack it."""
    if is_installed("orjson"):
        import orjson

        return orjson.loads(body)
    return json.loads(body, parse_constant=_no_constant)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON; a missing number is null")


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at line {error.lineno}, column {error.colno}"
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.start} is no UTF-8"
    return "it has too many levels" if isinstance(error, RecursionError) else str(error)


def read_csv(body: bytes, schema: Schema | None) -> Question:
    """The question of a table with a heading, in UTF-8.

    Raises:
        InvalidParameter: it is none, or a value does not fit its column.
    """
    require("A table", "pandas")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _bad(f"The body is no text in UTF-8: byte {error.start} is wrong.") from None
    if "\0" in text:
        raise _bad("The body is no text: it has a NUL.")
    check_columns(text.partition("\n")[0].count(",") + 1)
    frame = parse_csv(io.StringIO(text), schema)
    check_size(len(frame), len(frame.columns))
    return Question(frame)


def read_parquet(body: bytes, _schema: Schema | None = None) -> Question:
    """The question of a Parquet file, whose columns have types of their own.

    Raises:
        InvalidParameter: it is none, or would be too large in memory.
        MissingDependency: pyarrow is not installed.
    """
    require("Parquet", "pandas", "pyarrow")
    import pyarrow as pa

    from trackbook.models.scoring.parquet import from_parquet

    try:
        return Question(from_parquet(body))
    except (pa.ArrowException, OSError, ValueError) as error:
        if isinstance(error, InvalidParameter):
            raise
        raise _bad(f"The body is no Parquet file: {error!s:.200}") from None
