"""Tables as JSON files in pandas' split orient, to which rows are appended, and back as DataFrames."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from trackbook.entities import Run, RunInfo
from trackbook.errors import InvalidParameter
from trackbook.libraries import require
from trackbook.runs.documents import decode_document, encode_text, plain

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Table", "append_rows", "concatenate", "decode_table", "encode_table", "read_table", "with_columns_of"]


@dataclass(frozen=True)
class Table:
    """Rows under named columns.

    Attributes:
        columns: their names.
        data: the rows, each as long as `columns`, of plain values.
    """

    columns: list[str]
    data: list[list[Any]]


def read_table(data: Any, name: str) -> Table:
    """What a user hands in as a table.

    Args:
        data: a DataFrame of pandas or polars, or a dict of columns, each a list, an array or, for one row, a scalar.
        name: the table's file, for errors.

    Raises:
        InvalidParameter: it is neither, the columns differ in length, or a value has no plain form.
    """
    if not name.lower().endswith(".json"):
        raise InvalidParameter(
            f"A table is kept as JSON, and {name!r} does not end in .json. Name it, for example, 'table.json'."
        )
    columns = _columns(data, name)
    names = [str(column) for column in columns]
    if len(set(names)) != len(names):
        raise InvalidParameter(
            f"Two columns of the table {name!r} have the same name: {', '.join(sorted(names))}. Rename one."
        )
    values = [plain(column, f"column {key!r} of {name}") for key, column in zip(names, columns.values(), strict=True)]
    lengths = {len(column) for column in values}
    if len(lengths) > 1:
        sizes = ", ".join(f"{key!r} has {len(column)}" for key, column in zip(names, values, strict=True))
        raise InvalidParameter(f"The columns of the table {name!r} differ in length: {sizes}. Make them equally long.")
    return Table(names, [list(row) for row in zip(*values, strict=True)])


def _columns(data: Any, name: str) -> dict[Any, list[Any]]:
    pandas, polars = sys.modules.get("pandas"), sys.modules.get("polars")
    if pandas is not None and isinstance(data, pandas.DataFrame):
        if not data.columns.is_unique:
            raise InvalidParameter(f"Two columns of the DataFrame for {name!r} have the same name. Rename one.")
        return {column: data[column].tolist() for column in data.columns}
    if polars is not None and isinstance(data, polars.DataFrame):
        return dict(data.to_dict(as_series=False))
    if isinstance(data, Mapping):
        return {key: _column(column) for key, column in data.items()}
    raise InvalidParameter(
        f"log_table stores a DataFrame or a dict of columns in {name!r}, not a value of type {type(data).__name__}."
    )


def _column(value: Any) -> list[Any]:
    if isinstance(value, (list, tuple, range)):
        return list(value)
    listed = value.tolist() if hasattr(value, "tolist") else value.to_list() if hasattr(value, "to_list") else value
    return listed if isinstance(listed, list) else [listed]


def append_rows(old: Table, new: Table) -> Table:
    """The rows of both; a column that one of them lacks has None there."""
    if old.columns == new.columns:
        return Table(old.columns, old.data + new.data)
    columns = [*old.columns, *(column for column in new.columns if column not in set(old.columns))]
    return Table(columns, [*_spread(old, columns), *_spread(new, columns)])


def _spread(table: Table, columns: Sequence[str]) -> list[list[Any]]:
    place = {column: index for index, column in enumerate(table.columns)}
    order = [place.get(column) for column in columns]
    return [[None if index is None else row[index] for index in order] for row in table.data]


def encode_table(table: Table, name: str) -> bytes:
    """The content of the file."""
    return encode_text(json.dumps({"columns": table.columns, "data": table.data}, ensure_ascii=False), name)


def decode_table(data: bytes, name: str) -> Table:
    """The table in a file.

    Raises:
        InvalidParameter: the file is no table.
    """
    found = decode_document(data, name)
    columns, rows = (found.get("columns"), found.get("data")) if isinstance(found, dict) else (None, None)
    if not isinstance(columns, list) or not isinstance(rows, list):
        raise InvalidParameter(f"{name!r} is no table: it has no 'columns' and 'data', as log_table writes them.")
    if any(not isinstance(row, list) or len(row) != len(columns) for row in rows):
        raise InvalidParameter(f"{name!r} is no table: some of its rows are not as long as its {len(columns)} columns.")
    return Table([str(column) for column in columns], rows)


def with_columns_of(run: Run, table: Table, extra_columns: Sequence[str]) -> Table:
    """The table with further columns that say, in every row, what its run is.

    Args:
        run: the table's run.
        table: it has none of the extra columns.
        extra_columns: attributes of RunInfo (run_id, run_name ...), or ``params.lr``, ``metrics.loss``, ``tags.team``.

    Raises:
        InvalidParameter: a run has no such attribute, or the table has a column of that name already.
    """
    clash = set(extra_columns) & set(table.columns)
    if clash:
        raise InvalidParameter(
            f"The table of run {run.info.run_id} has a column {min(clash)!r} of its own. Leave it out."
        )
    facts = [_fact(run, column) for column in extra_columns]
    return Table([*table.columns, *extra_columns], [[*row, *facts] for row in table.data])


def _fact(run: Run, column: str) -> Any:
    kind, dot, key = column.partition(".")
    if dot and kind in ("metrics", "params", "tags"):
        return getattr(run.data, kind).get(key)
    if column in {field.name for field in fields(RunInfo)}:
        return getattr(run.info, column)
    raise InvalidParameter(
        f"A run has no attribute {column!r}; an extra column is one of {', '.join(f.name for f in fields(RunInfo))}, "
        "or params.<key>, metrics.<key>, tags.<key>."
    )


def concatenate(tables: Sequence[Table]) -> pd.DataFrame:
    """The rows of all tables as one DataFrame, in their order; MissingDependency without pandas."""
    require("load_table", "pandas", instead="Or download the table, which is JSON: {'columns': [...], 'data': [...]}.")
    import pandas as pd

    whole = Table([], [])
    for table in tables:
        whole = append_rows(whole, table) if whole.columns else table
    return pd.DataFrame(whole.data, columns=whole.columns)
