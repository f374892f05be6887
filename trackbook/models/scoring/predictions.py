"""What a model gives -> JSON, in MLflow's forms; a missing number is null, and an infinity is a text."""

from __future__ import annotations

import base64
import datetime as dt
import json
import math
import sys
from typing import Any

import numpy as np

from trackbook.errors import TrackbookError

__all__ = ["plain", "to_json", "unwrapped_to_json"]


def to_json(predictions: Any) -> bytes:
    """`{"predictions": ...}`: rows of a table as objects, arrays as lists.

    Raises:
        TrackbookError: JSON has no word for it; INTERNAL_ERROR, for it is the model's doing.
    """
    return b'{"predictions": ' + unwrapped_to_json(predictions) + b"}"


def unwrapped_to_json(predictions: Any) -> bytes:
    """The same without the name before it."""
    try:
        return json.dumps(plain(predictions), allow_nan=False).encode("ascii")
    except (TypeError, ValueError, RecursionError) as error:
        kind = type(predictions).__name__
        raise TrackbookError(f"The model gave a {kind} that JSON has no word for: {error!s:.200}") from None


def plain(value: Any) -> Any:
    """A value in the words of JSON."""
    pandas = sys.modules.get("pandas")
    if isinstance(value, np.ndarray):
        return _listed(value)
    if pandas is not None and isinstance(value, pandas.DataFrame):
        return _records(value)
    if pandas is not None and isinstance(value, pandas.Series):
        return _records(pandas.DataFrame(value))
    polars = sys.modules.get("polars")
    if polars is not None and isinstance(value, (polars.DataFrame, polars.Series)):
        return _records((value if isinstance(value, polars.DataFrame) else value.to_frame()).to_pandas())
    if isinstance(value, dict):
        return {_name(name): plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return _one(value)


def _listed(array: np.ndarray[Any, Any]) -> Any:
    kind = array.dtype.kind
    if kind in "iubU" or (kind == "f" and bool(np.isfinite(array).all())):
        return array.tolist()
    if kind == "M":
        return plain(array.astype("datetime64[us]").tolist())
    return [plain(item) for item in array] if array.ndim else _one(array.item())


def _records(frame: Any) -> list[dict[str, Any]]:
    names = [_name(name) for name in frame.columns]
    if len(set(names)) < len(names):
        raise ValueError("two columns have one name")
    columns = [_column(frame.iloc[:, place]) for place in range(len(names))]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _column(column: Any) -> list[Any]:
    values = column.to_numpy() if isinstance(column.dtype, np.dtype) else column.astype(object).to_numpy()
    if values.dtype.kind in "iubf":
        listed: list[Any] = _listed(values)
        return listed
    if values.dtype.kind == "M":
        return [_one(value) for value in column.astype(object)]
    return [plain(value) for value in values]


def _name(name: Any) -> str:
    if isinstance(name, (bool, np.bool_)) or name is None:
        return json.dumps(plain(name))
    return str(name)


def _one(value: Any) -> Any:
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, np.generic):
        return _listed(np.asarray(value)) if isinstance(value, np.datetime64) else _one(value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else _special(value)
    if isinstance(value, (dt.datetime, dt.date, dt.time)):
        return None if value != value else value.isoformat()  # noqa: PLR0124  # NaT is a datetime unlike itself
    if isinstance(value, (bytes, bytearray)):
        return base64.encodebytes(value).decode("ascii")
    return _other(value)


def _other(value: Any) -> Any:
    pandas = sys.modules.get("pandas")
    if pandas is not None and value is pandas.NA:
        return None
    if hasattr(value, "toarray"):  # a sparse matrix
        return plain(value.toarray())
    if hasattr(value, "__array__"):  # a tensor
        return plain(np.asarray(value))
    return value


def _special(value: float) -> str | None:
    return None if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
