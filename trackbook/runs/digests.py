"""Fingerprints of data: the same for the same content in every process, and MLflow's own where MLflow sees the content.

A digest is the first 8 hexadecimal digits of an MD5 sum. It tells apart the few data sets that bear one name; it is no
proof against somebody who wants two to look alike. It is made of

* **tables** (`table_digest`): the hashes of the first 10,000 rows, index included, as `pandas.util.hash_pandas_object`
  makes them of the columns that hold text or numbers, in the order of their names if there are both kinds; then the
  number of rows; then all column names in their order. That is MLflow's formula, and its digest. MLflow leaves out all
  other columns (dates, truth values, missing texts, texts of NumPy's own class, lists); here each of these adds its
  place and the hashes of its first 10,000 values, so that a table with such columns has another digest than MLflow
  gives it, and one that knows them.
* **arrays** (`array_digest`): the hashes of the first 10,000 items, as `pandas.util.hash_array` makes them, then the
  shape; of features, then of targets; a dict of arrays in the order of its keys. That is MLflow's formula for numbers,
  dates and truth values. Other items (texts, objects) are hashed by what is written for them.
* **polars' tables** (`polars_digest`): the number of rows, then of each column its name, its type and the hashes of its
  first 10,000 values. polars' own hash, which MLflow takes, differs between versions of polars.

So the order of rows and of columns counts, and the index of a pandas table. A type counts where it changes what is
written in memory: 1 and 1.0 differ, an int32 and an int64 with the same numbers do not. Beyond row 10,000 only the
number of rows counts.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import struct
import sys
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

__all__ = ["array_digest", "polars_digest", "table_digest"]

_ROWS = 10_000
_DIGITS = 8
_DEEPEST = 32
#: What is written for values of these types tells them apart and never changes.
_WRITTEN = (
    bool, int, float, complex, str, bytes, Decimal, UUID, dt.date, dt.time, dt.timedelta, np.generic,
)  # fmt: skip


def _digest(parts: Iterable[Any]) -> str:
    md5 = hashlib.md5(usedforsecurity=False)
    for part in parts:
        md5.update(part)
    return md5.hexdigest()[:_DIGITS]


def _number(count: int) -> bytes:
    return struct.pack("<q", count)


def table_digest(df: pd.DataFrame) -> str:
    """The digest of a pandas DataFrame; the formula stands at the top of this module."""
    return _digest(_table_parts(df))


def _table_parts(df: pd.DataFrame) -> Iterator[Any]:
    texts, numbers = _seen_by_mlflow(df)
    order = [*texts, *numbers]
    if texts and numbers and len({type(df.columns[place]) for place in order}) == 1:
        order.sort(key=lambda place: df.columns[place])
    top = df.iloc[:_ROWS]
    yield _hashes(top.iloc[:, order])
    yield _number(len(df))
    for name in df.columns:
        yield str(name).encode(errors="surrogatepass")
    for place in sorted({*range(len(df.columns))} - {*order}):
        yield _number(place)
        yield from _column_parts(top.iloc[:, place])


def _seen_by_mlflow(df: pd.DataFrame) -> tuple[list[int], list[int]]:
    """Places of the columns with text alone, and of those with numbers. MLflow goes by names: each needs its own."""
    if not df.columns.is_unique:
        return [], []
    numeric = {*df.select_dtypes(include=[np.number]).columns}
    texts, numbers = [], []
    for place, name in enumerate(df.columns):
        if name in numeric:
            numbers.append(place)
        elif _is_all_text(df.iloc[:, place]):
            texts.append(place)
    return texts, numbers


def _is_all_text(column: pd.Series) -> bool:
    import pandas as pd

    values = getattr(column.dtype, "categories", column)
    if not len(column):
        return True
    return pd.api.types.infer_dtype(values, skipna=False) == "string" and not column.isna().any()


def _column_parts(column: pd.Series) -> Iterator[Any]:
    if column.dtype == np.dtype(object):
        yield from _written_all(column.tolist())
    else:
        yield _hashes(column, index=False)


def _hashes(data: pd.DataFrame | pd.Series, index: bool = True) -> np.ndarray:
    import pandas as pd

    try:
        return pd.util.hash_pandas_object(data, index=index).to_numpy()
    except UnicodeEncodeError:  # half a character, as a text that was cut may end in: no UTF-8 has it, nor MLflow
        # with a key of its own, so that a text which spells such an escape out is another
        return pd.util.hash_pandas_object(_spelt_out(data), index=index, hash_key="half characters!").to_numpy()


def _spelt_out(data: Any) -> Any:
    """A table, column or index whose texts are ASCII with escapes, which every kind of text column holds."""
    import pandas as pd

    if isinstance(data, pd.DataFrame):
        columns = {place: _spelt_out(data.iloc[:, place]) for place in range(data.shape[1])}
        return pd.DataFrame(columns, index=_spelt_out(data.index))
    if isinstance(data, pd.MultiIndex):
        return pd.MultiIndex.from_arrays([_spelt_out(data.get_level_values(level)) for level in range(data.nlevels)])
    if data.dtype != object and not isinstance(data.dtype, pd.CategoricalDtype | pd.StringDtype):
        return data
    texts = [one.encode("unicode_escape").decode("ascii") if isinstance(one, str) else one for one in data]
    if isinstance(data, pd.Index):
        return pd.Index(texts, dtype=object)
    return pd.Series(texts, index=_spelt_out(data.index), dtype=object)


def array_digest(features: Any, targets: Any = None) -> str:
    """The digest of an array, or of a dict or list of them; the formula stands at the top of this module."""
    arrays: list[np.ndarray] = []
    for given in (features, targets):
        if isinstance(given, Mapping):
            arrays += [given[key] for key in sorted(given)]
        elif isinstance(given, (list, tuple)):
            arrays += given
        elif given is not None:
            arrays.append(given)
    return _digest(part for array in arrays for part in _array_parts(array))


def _array_parts(array: np.ndarray) -> Iterator[Any]:
    top = array.flat[:_ROWS]  # copies no more than that
    hashes = _number_hashes(top)
    if hashes is None:
        yield from _written_all(top.tolist())
    else:
        yield hashes
    for size in array.shape:
        yield _number(size)


def _number_hashes(values: np.ndarray) -> np.ndarray | None:
    """The hashes that pandas makes of numbers, dates and truth values; None for others."""
    kind, size = values.dtype.kind, values.dtype.itemsize
    if kind == "c" and size <= 16:
        real, imaginary = _number_hashes(values.real.copy()), _number_hashes(values.imag.copy())
        return None if real is None or imaginary is None else real + np.uint64(23) * imaginary
    if kind == "b":
        whole = values.astype("u8")
    elif kind in "iufmM" and size <= 8:
        native = values.astype(values.dtype.newbyteorder("="))
        if kind == "f":  # one value may have several patterns of bits
            native = np.where(np.isnan(native), native.dtype.type(np.nan), native + native.dtype.type(0))
        whole = native.view(f"u{size}").astype("u8")
    else:
        return None
    whole ^= whole >> np.uint64(30)
    whole *= np.uint64(0xBF58476D1CE4E5B9)
    whole ^= whole >> np.uint64(27)
    whole *= np.uint64(0x94D049BB133111EB)
    whole ^= whole >> np.uint64(31)
    return whole


def polars_digest(df: pl.DataFrame) -> str:
    """The digest of a polars DataFrame; the formula stands at the top of this module."""
    return _digest(_polars_parts(df))


def _polars_parts(df: pl.DataFrame) -> Iterator[Any]:
    yield _number(df.height)
    for column in df.head(_ROWS).get_columns():
        yield _written(column.name)
        yield _written(str(column.dtype))
        numbers = column.dtype.is_numeric() and not column.dtype.is_decimal() and not column.null_count()
        numbers = numbers and "128" not in str(column.dtype)  # NumPy has none so wide
        hashes = _number_hashes(column.to_numpy()) if numbers else None
        if hashes is None:
            yield from _written_all(column.to_list())
        else:
            yield hashes


def _written_all(values: list[Any]) -> Iterator[Any]:
    if all(type(value) is str for value in values):  # texts alone, as they mostly are: lengths, and one after the other
        yield np.fromiter(map(len, values), np.uint64, len(values))
        yield "".join(values).encode(errors="surrogatepass")
        return
    for value in values:
        yield _written(value)


def _written(value: Any, depth: int = 0) -> bytes:
    """A value as bytes that say where they end: the same in every process, whatever its hash seed."""
    if depth > _DEEPEST:
        return _framed("deep", b"")
    if _is_missing(value):
        return _framed("none", b"")
    if isinstance(value, Mapping):
        pairs = [_written(key, depth + 1) + _written(item, depth + 1) for key, item in value.items()]
        return _framed("dict", b"".join(sorted(pairs)))
    if isinstance(value, (set, frozenset)):
        return _framed("set", b"".join(sorted(_written(item, depth + 1) for item in value)))
    if isinstance(value, (list, tuple)):
        return _framed("list", b"".join(_written(item, depth + 1) for item in value))
    if isinstance(value, np.ndarray):
        return _framed("array", b"".join(_written(item, depth + 1) for item in (str(value.shape), *value.flat)))
    if isinstance(value, bytes):
        return _framed("bytes", value)
    if isinstance(value, _WRITTEN):
        return _framed(type(value).__name__, str(value).encode(errors="surrogatepass"))
    return _framed(type(value).__qualname__, b"")  # what an unknown object is written as may hold its address


def _framed(kind: str, body: bytes) -> bytes:
    return b"%s %d:" % (kind.encode(errors="surrogatepass"), len(body)) + body


def _is_missing(value: Any) -> bool:
    if isinstance(value, (float, np.floating)):
        return bool(value != value)  # noqa: PLR0124 - NaN alone is not itself
    pandas = sys.modules.get("pandas")
    return value is None or (pandas is not None and (value is pandas.NA or value is pandas.NaT))
