"""Arrays checked against the tensors of a schema: sizes and types, and no item that would become another."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from trackbook.errors import InvalidParameter
from trackbook.signature.inference import array_of, is_sparse
from trackbook.signature.schema import Schema, TensorSpec

__all__ = ["as_array", "enforce_tensors"]


def enforce_tensors(data: Any, schema: Schema) -> Any:
    """What predict gets for data that the tensors of a schema describe.

    Args:
        data: an array, a sparse matrix, a list, a dict of arrays, or a DataFrame whose columns are tensors or are the
            columns of the only one.
        schema: one of tensors.

    Raises:
        InvalidParameter: a tensor is missing, or is of another shape or type.
    """
    specs = [spec for spec in schema if isinstance(spec, TensorSpec)]
    if not schema.has_input_names():
        return _alone(data, specs[0])
    if isinstance(data, np.ndarray) and len(specs) == 1:
        data = {specs[0].name: data}
    if not isinstance(data, Mapping) and not _is_frame(data):
        names = ", ".join(repr(spec.name) for spec in specs)
        raise InvalidParameter(f"The model takes a dict of arrays named {names:.200}, not {type(data).__name__}.")
    missing = [spec.name for spec in specs if spec.name not in data]
    if missing:
        raise InvalidParameter(
            f"The input lacks {_names(missing)}; it has {_names(map(str, data))}. Give an array under each name."
        )
    return {spec.name: _column(data[spec.name], spec) for spec in specs}


def _names(names: Any) -> str:
    return f"{', '.join(repr(name) for name in names) or 'nothing':.300}"


def _is_frame(data: Any) -> bool:
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(data, pandas.DataFrame)


def _alone(data: Any, spec: TensorSpec) -> Any:
    if isinstance(data, np.ndarray) or is_sparse(data):
        return _checked(data, spec)
    if isinstance(data, (list, np.generic, int, float, bool)):
        return _checked(as_array(data, spec), spec)
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(data, pandas.Series):
        data = data.to_frame()
    if not _is_frame(data):
        raise InvalidParameter(f"The model takes one array, {spec!r}, not {type(data).__name__}.")
    if data.empty:
        raise InvalidParameter(f"The model takes one array, {spec!r}; the DataFrame is empty.")
    return _checked(data.to_numpy(), spec) if len(data.columns) > 1 else _column(data.iloc[:, 0], spec)


def _column(values: Any, spec: TensorSpec) -> Any:
    """An array, or a column of a table: each of its rows an item, as numbers, lists or arrays."""
    if isinstance(values, np.ndarray) or is_sparse(values):
        return _checked(values, spec)
    if hasattr(values, "to_numpy"):
        return _checked(_of_series(values.to_numpy(), spec), spec)
    if isinstance(values, list):
        return _checked(as_array(values, spec), spec)
    raise InvalidParameter(f"{_who(spec)} is an array, not {type(values).__name__}.")


def _of_series(values: np.ndarray[Any, Any], spec: TensorSpec) -> np.ndarray[Any, Any]:
    """Lists have lost their shape and types, so both are made; arrays have lost their shape."""
    if values.dtype.kind == "O" and len(values) and isinstance(values[0], np.ndarray):
        return _shaped(_stacked(values, spec), spec)
    if values.dtype.kind == "O":
        return _shaped(as_array(values.tolist(), spec), spec)
    return _shaped(as_array(values, spec), spec)


def _stacked(values: Any, spec: TensorSpec) -> np.ndarray[Any, Any]:
    try:
        return np.stack(list(values))
    except (TypeError, ValueError):
        raise InvalidParameter(f"{_who(spec)} has rows of several sizes; they are of {list(spec.shape[1:])}.") from None


def _shaped(array: np.ndarray[Any, Any], spec: TensorSpec) -> np.ndarray[Any, Any]:
    """With the sizes of the schema, where each row has as many items as they say."""
    inner = spec.shape[1:]
    if array.shape[1:] != inner and -1 not in inner and array.size == len(array) * int(np.prod(inner)):
        return array.reshape(len(array), *inner)
    return array


def _who(spec: TensorSpec) -> str:
    return "The input" if spec.name is None else f"The input {spec.name!r:.80}"


def _checked(array: Any, spec: TensorSpec) -> Any:
    dtype = array.dtype if isinstance(array, np.ndarray) else array.data.dtype
    if spec.shape == (-1,) and spec.type.kind == "O":
        return array  # whatever it is
    if array.ndim == 1 and dtype.kind == "O" and -1 in spec.shape[1:]:
        return array  # rows of several sizes
    sizes = zip(array.shape, spec.shape, strict=False)
    if array.ndim != len(spec.shape) or any(wanted not in (-1, size) for size, wanted in sizes):
        raise InvalidParameter(f"{_who(spec)} has the shape {array.shape}, and the schema says {spec.shape}.")
    if dtype != spec.type and not (dtype.kind == spec.type.kind and dtype.kind in "US"):
        raise InvalidParameter(
            f"{_who(spec)} holds {dtype}, and the schema says {spec.type}. "
            f"Convert it with .astype({spec.type.name!r}) if that is meant."
        )
    return array


def as_array(values: Any, spec: TensorSpec) -> np.ndarray[Any, Any]:
    """Numbers or texts, in lists of lists, as an array of the schema's type.

    Raises:
        InvalidParameter: they have no common shape, or one would become another value; the message names it.
    """
    try:
        raw = array_of(values)
    except (ValueError, OverflowError):
        if -1 in spec.shape[1:] or spec.type.kind == "O":
            return _ragged(values)
        raise InvalidParameter(f"{_who(spec)} has rows of several sizes; the schema says {spec.shape}.") from None
    if raw.dtype.kind == "f" and isinstance(values, list) and (np.abs(raw) >= 2.0**53).any():
        raw = np.asarray(values, dtype=object)  # whole numbers among them have been rounded
    if raw.dtype == spec.type or (raw.dtype.kind == spec.type.kind and raw.dtype.kind in "US"):
        return raw
    if raw.dtype.kind == "O" and spec.type.kind == "f":
        raw = _without_none(raw)
    with np.errstate(all="ignore"):
        array = _cast(raw, spec)
        broken = _changed(raw, array)
    if broken.any():
        place = tuple(int(index) for index in np.argwhere(broken)[0])
        item = raw[place]
        raise InvalidParameter(
            f"{_who(spec)} holds {getattr(item, 'item', lambda: item)()!r:.80} at {list(place)}, "
            f"which is no {spec.type}, and the schema says so."
        )
    return array


def _ragged(values: Any) -> np.ndarray[Any, Any]:
    array = np.empty(len(values), dtype=object)
    array[:] = [np.asarray(row) if isinstance(row, list) else row for row in values]
    return array


def _without_none(raw: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """None among numbers is NaN."""
    filled = np.where(raw == None, np.nan, raw)  # noqa: E711  # of each item
    try:
        return np.array(filled.tolist())
    except (ValueError, OverflowError):
        return filled


def _cast(raw: np.ndarray[Any, Any], spec: TensorSpec) -> np.ndarray[Any, Any]:
    textual = (raw.dtype.kind in "US") != (spec.type.kind in "USMO")
    try:
        if textual:
            raise ValueError  # "1" is no number
        return raw.astype(spec.type)
    except (TypeError, ValueError, OverflowError):
        first = raw.reshape(-1)[0] if raw.size else None
        raise InvalidParameter(
            f"{_who(spec)} holds {raw.dtype}, such as {getattr(first, 'item', lambda: first)()!r:.80}, "
            f"and the schema says {spec.type}."
        ) from None


def _changed(raw: np.ndarray[Any, Any], array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Where an item is another; a real number may be rounded to fewer digits."""
    if raw.dtype.kind == "f" and array.dtype.kind == "f":
        changed: np.ndarray[Any, Any] = np.isinf(array) & ~np.isinf(raw)
        return changed
    if raw.dtype.kind in "iu" and array.dtype.kind == "f":
        limit = 2 ** (np.finfo(array.dtype).nmant + 1)  # up to here every whole number is a real one
        lost: np.ndarray[Any, Any] = (raw > limit) | (raw < -limit if raw.dtype.kind == "i" else False)
        return lost
    if raw.dtype.kind in "biufO":
        unequal: np.ndarray[Any, Any] = (array != raw) & ~(np.not_equal(raw, raw) & np.not_equal(array, array))
        return unequal
    return np.zeros(raw.shape, bool)
