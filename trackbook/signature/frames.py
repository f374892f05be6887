"""Whatever a caller hands to predict, as the table that the columns of a schema describe."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from trackbook.errors import InvalidParameter
from trackbook.signature.schema import Schema
from trackbook.signature.types import Array, Map, Object

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["as_frame", "frame_of_polars"]


def as_frame(data: Any, schema: Schema) -> pd.DataFrame:
    """A table of pandas, with the columns that the data has.

    Args:
        data: a DataFrame or Series of pandas or polars, an array, a list of values or of dicts, a dict of values or of
            columns, or one value.
        schema: one of columns; whether it has lists or dicts decides what a dict means.

    Raises:
        InvalidParameter: it is nothing of these.
    """
    import pandas as pd

    if isinstance(data, pd.DataFrame):
        return data
    if isinstance(data, pd.Series):
        return data.to_frame()
    polars = sys.modules.get("polars")
    if polars is not None and isinstance(data, (polars.DataFrame, polars.Series)):
        return frame_of_polars(data)
    if np.isscalar(data):
        return pd.DataFrame([data])
    try:
        if isinstance(data, Mapping):
            return _of_dict(data, schema)
        if isinstance(data, list):
            return _of_list(data, schema)
        if isinstance(data, np.ndarray):
            return pd.DataFrame(data)
    except (TypeError, ValueError) as error:
        raise InvalidParameter(f"The input makes no table: {error}. Give a DataFrame.") from None
    raise InvalidParameter(f"The model takes a table, not {type(data).__name__}. Give a DataFrame, a list or a dict.")


def frame_of_polars(data: Any) -> pd.DataFrame:
    """The same table in pandas, without its libraries for conversion."""
    import pandas as pd

    columns = [data] if not hasattr(data, "get_columns") else data.get_columns()
    return pd.DataFrame({column.name: _polars_values(column) for column in columns})


def _polars_values(column: Any) -> Any:
    """As NumPy has them; whole numbers and truths with gaps as pandas' nullable types, other gaps as None."""
    import pandas as pd

    kind = str(column.dtype)
    if column.null_count() and (column.dtype.is_integer() or kind == "Boolean"):
        return pd.array(column.to_list(), dtype=kind.lower() if kind == "Boolean" else kind)
    if column.dtype.is_numeric() or kind == "Boolean" or column.dtype.is_temporal():
        return column.to_numpy()
    return column.to_list()


def _of_list(data: list[Any], schema: Schema) -> pd.DataFrame:
    """Rows or values; where the only column holds lists, a list is a value."""
    import pandas as pd

    if len(schema) == 1 and isinstance(schema.inputs[0].type, Array) and not any(isinstance(i, Mapping) for i in data):
        return pd.DataFrame({0: pd.Series(data, dtype=object)})
    if len({len(row) for row in data if isinstance(row, list)}) > 1:
        raise ValueError("its rows have several lengths")
    return pd.DataFrame(data)


def _of_dict(data: Mapping[Any, Any], schema: Schema) -> pd.DataFrame:
    """One row where the schema has lists or dicts, or where no value is a column."""
    import pandas as pd

    if any(isinstance(spec.type, (Array, Object, Map)) for spec in schema):
        return pd.DataFrame([data])
    if all(np.ndim(value) == 0 or not isinstance(value, (list, np.ndarray)) for value in data.values()):
        return pd.DataFrame([{name: getattr(value, "item", lambda v=value: v)() for name, value in data.items()}])
    columns = {n: v.tolist() if isinstance(v, np.ndarray) and v.ndim > 1 else v for n, v in data.items()}
    return pd.DataFrame(columns)
