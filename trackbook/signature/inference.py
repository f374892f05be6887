"""The schema of data: tables, arrays, dicts and lists, recognised without importing the library that made them."""

from __future__ import annotations

import datetime as dt
import sys
import warnings
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from trackbook.errors import InvalidParameter
from trackbook.signature.schema import ColSpec, Schema, TensorSpec, column_name
from trackbook.signature.types import AnyType, Array, DataType, Object, Property, Type, merged

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

__all__ = ["array_of", "infer_schema", "infer_type", "is_missing", "is_sparse"]

_LOOKED_AT = 10_000  # values of a column of Python objects; types are looked for in the first ones
_DEEPEST = 32
_WARNS = tuple(map(int, np.__version__.split(".")[:2])) < (1, 24)
_PYTHON = {
    bool: DataType.boolean,
    int: DataType.long,
    float: DataType.double,
    str: DataType.string,
    bytes: DataType.binary,
    bytearray: DataType.binary,
}
_POLARS = {
    "Binary": DataType.binary,
    "Boolean": DataType.boolean,
    "Categorical": DataType.string,
    "Date": DataType.datetime,
    "Datetime": DataType.datetime,
    "Enum": DataType.string,
    "Float32": DataType.float,
    "Float64": DataType.double,
    "Int8": DataType.integer,
    "Int16": DataType.integer,
    "Int32": DataType.integer,
    "Int64": DataType.long,
    "String": DataType.string,
    "UInt8": DataType.integer,
    "UInt16": DataType.integer,
    "UInt32": DataType.long,
}
_FORMS = "a DataFrame or Series of pandas or polars, a NumPy array, a dict of arrays or values, a list, or one value"


def infer_schema(data: Any, *, lenient: bool = False) -> Schema:
    """The schema of data, as MLflow infers it.

    Tables and lists have columns; arrays and dicts of arrays are tensors, whose first size is left open (-1). A column
    with missing values is optional. Of columns that hold Python objects, the first 10,000 values are looked at.

    Args:
        data: a DataFrame or Series of pandas or polars, a NumPy array, a sparse matrix of SciPy, a dict of arrays or of
            values, a list of values or of dicts, or one value.
        lenient: make a column `AnyType` whose type MLflow has no word for (a duration, a period, a decimal, a complex
            number, a mixture).

    Raises:
        InvalidParameter: it is nothing of these, is empty of columns, or has a column that MLflow has no word for.
    """
    pandas, polars = sys.modules.get("pandas"), sys.modules.get("polars")
    if pandas is not None and isinstance(data, pandas.DataFrame):
        return _of_pandas(data, lenient)
    if pandas is not None and isinstance(data, pandas.Series):
        return _of_series(data, lenient)
    if polars is not None and isinstance(data, (polars.DataFrame, polars.Series)):
        return _of_polars(data.get_columns() if isinstance(data, polars.DataFrame) else [data], lenient)
    if isinstance(data, np.ndarray) or is_sparse(data):
        return Schema([_tensor(data)])
    if isinstance(data, Mapping):
        return _of_dict(data, lenient)
    if isinstance(data, list):
        return _of_list(data, lenient)
    return Schema([ColSpec(_type_of(data, lenient))])


def infer_type(value: Any) -> Type:
    """The type of one value, as a column of such values would have it; `AnyType` of None.

    Raises:
        InvalidParameter: MLflow has no word for it.
    """
    return _type_of(value, lenient=False)


def array_of(values: Any) -> np.ndarray[Any, Any]:
    """An array of lists.

    Raises:
        ValueError: rows have several sizes; NumPy before 1.24 only warns of it.
    """
    if not _WARNS:
        return np.asarray(values)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            return np.asarray(values)
        except Warning as warning:
            raise ValueError(str(warning)) from None


def is_sparse(data: Any) -> bool:
    """Whether it is a sparse matrix or array of SciPy."""
    sparse = sys.modules.get("scipy.sparse")
    return sparse is not None and bool(sparse.issparse(data))


def _tensor(data: Any, name: str | None = None) -> TensorSpec:
    shape = tuple(data.shape)
    return TensorSpec(data.dtype, (-1, *shape[1:]) if shape else shape, name)


def _of_dict(data: Mapping[Any, Any], lenient: bool) -> Schema:
    if not data:
        raise InvalidParameter("An empty dict has no schema; give one with arrays or values.")
    if all(isinstance(values, np.ndarray) for values in data.values()):
        return Schema([_tensor(values, str(name)) for name, values in data.items()])
    return Schema([ColSpec(_type_of(v, lenient), str(name), not _lacks(v)) for name, v in data.items()])


def _lacks(value: Any) -> bool:
    return any(is_missing(item) for item in value) if isinstance(value, list) else is_missing(value)


def _of_list(data: list[Any], lenient: bool) -> Schema:
    if not data:
        return Schema([ColSpec(DataType.string)])
    if not all(isinstance(item, Mapping) for item in data):
        return Schema([ColSpec(_type_of_items(data, lenient))])
    names = dict.fromkeys(name for item in data for name in item)
    if not names:
        raise InvalidParameter("A list of empty dicts has no schema; give dicts with values.")
    columns = []
    for name in names:
        values = [item[name] for item in data if name in item]
        required = all(item.get(name) is not None for item in data)
        columns.append(ColSpec(_type_of_items(values, lenient), str(name), required))
    return Schema(columns)


def _of_series(data: pd.Series, lenient: bool) -> Schema:
    name = None if data.name is None else column_name(data.name)
    return Schema([ColSpec(_pandas_type(data, name, lenient), name, name is None or not bool(data.isna().any()))])


def _of_pandas(data: pd.DataFrame, lenient: bool) -> Schema:
    if not len(data.columns):
        raise InvalidParameter("A DataFrame without columns has no schema.")
    columns = []
    for place, name in enumerate(data.columns):  # by place: two columns may bear one name
        column = data.iloc[:, place]
        columns.append(ColSpec(_pandas_type(column, name, lenient), column_name(name), not bool(column.isna().any())))
    return Schema(columns)


def _pandas_type(column: pd.Series, name: object, lenient: bool) -> Type:
    dtype = column.dtype
    categories = getattr(dtype, "categories", None)
    if categories is not None:
        return _pandas_type(categories.to_series(), name, lenient) if len(categories) else AnyType()
    if dtype == np.dtype(object):
        column = column.infer_objects()  # objects that are all numbers are as good as numbers
        dtype = column.dtype
    if dtype.kind != "O":
        return _numpy_type(getattr(dtype, "subtype", dtype), name, lenient)  # a sparse column has that of its values
    if dtype != np.dtype(object):  # an extension type: text, or something that MLflow has no word for
        return DataType.string if dtype.name in ("str", "string") else _unknown(dtype, name, lenient)
    return _object_type(column, name, lenient)


def _object_type(column: pd.Series, name: object, lenient: bool) -> Type:
    import pandas as pd

    found = pd.api.types.infer_dtype(column, skipna=True)
    if found == "string":
        return DataType.string
    if found == "empty":
        return AnyType() if len(column) else DataType.string
    if found in ("integer", "floating", "boolean", "datetime", "datetime64", "bytes", "date"):
        return _type_of_items(column.dropna().iloc[:1].tolist(), lenient, name)
    return _type_of_items(column.iloc[:_LOOKED_AT].tolist(), lenient, name)


def _numpy_type(dtype: Any, name: object, lenient: bool) -> Type:
    """The type of a NumPy type, or of one of pandas' own that is like it."""
    kind, size = dtype.kind, dtype.itemsize
    if kind in "iu":
        if size < 4 or (kind == "i" and size == 4):
            return DataType.integer
        if size < 8 or kind == "i":
            return DataType.long
    if kind == "f" and size <= 8:
        return DataType.float if size <= 4 else DataType.double
    plain = {"b": DataType.boolean, "U": DataType.string, "S": DataType.binary, "M": DataType.datetime}
    return plain.get(kind) or _unknown(dtype, name, lenient)


def _unknown(kind: object, name: object, lenient: bool) -> Type:
    if lenient:
        return AnyType()
    where = "" if name is None else f" of the column {name!r:.80}"
    known = ", ".join(DataType.__members__)
    raise InvalidParameter(f"The type {str(kind)!r:.80}{where} has no word in a schema; there are {known}. Convert it.")


def _of_polars(columns: list[pl.Series], lenient: bool) -> Schema:
    if not columns:
        raise InvalidParameter("A DataFrame without columns has no schema.")
    return Schema([ColSpec(_polars_type(c.dtype, c.name, lenient), c.name, not _polars_lacks(c)) for c in columns])


def _polars_lacks(column: pl.Series) -> bool:
    """A float that is NaN is missing too, as in pandas."""
    return bool(column.null_count()) or (column.dtype.is_float() and bool(column.is_nan().any()))


def _polars_type(dtype: Any, name: str, lenient: bool) -> Type:
    kind = type(dtype).__name__
    if kind in _POLARS:
        return _POLARS[kind]
    if kind in ("List", "Array") and dtype.inner is not None:
        return Array(_polars_type(dtype.inner, name, lenient))
    if kind == "Struct" and dtype.fields:
        return Object(tuple(Property(f.name, _polars_type(f.dtype, name, lenient)) for f in dtype.fields))
    return _unknown(dtype, name, lenient)


def is_missing(value: Any) -> bool:
    """None, NaN, and what pandas writes for them."""
    if isinstance(value, (float, np.floating)):
        return bool(np.isnan(value))
    pandas = sys.modules.get("pandas")
    return value is None or (pandas is not None and (value is pandas.NA or value is pandas.NaT))


def _type_of(value: Any, lenient: bool, name: object = None, depth: int = 0) -> Type:
    if depth > _DEEPEST:
        raise InvalidParameter(f"Data in a schema has at most {_DEEPEST} levels of lists and dicts; this has more.")
    if is_missing(value) or (isinstance(value, (list, Mapping)) and not value):
        return AnyType()
    if isinstance(value, Mapping):
        members = {str(key): _type_of(member, lenient, name, depth + 1) for key, member in value.items()}
        return Object(tuple(Property(key, kind, not isinstance(kind, AnyType)) for key, kind in members.items()))
    if isinstance(value, list) or (isinstance(value, np.ndarray) and value.ndim):
        return Array(_type_of_items(value, lenient, name, depth + 1))
    if type(value) in _PYTHON:
        return _PYTHON[type(value)]
    if isinstance(value, (dt.date, np.datetime64)):
        return DataType.datetime
    if isinstance(value, (np.generic, np.ndarray)):
        return _numpy_type(value.dtype, name, lenient)
    if name is None and depth == 0 and not lenient:
        raise InvalidParameter(f"A schema is inferred from {_FORMS}, not from {type(value).__name__}.")
    return _unknown(type(value).__name__, name, lenient)


def _type_of_items(items: Iterable[Any], lenient: bool, name: object = None, depth: int = 0) -> Type:
    """The one type of many values; `AnyType` of none."""
    kind: Type = AnyType()
    for item in items:
        found = _type_of(item, lenient, name, depth)
        if found is kind:
            continue
        try:
            kind = merged(kind, found)
        except InvalidParameter:
            if lenient:
                return AnyType()
            where = "This list" if name is None else f"The column {name!r:.80}"
            raise InvalidParameter(
                f"{where} mixes {kind!r} and {found!r}, and has no type in a schema. Make its values of one type."
            ) from None
    return kind
