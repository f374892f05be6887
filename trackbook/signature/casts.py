"""Columns cast to the types of a schema as MLflow casts them: to wider types only, and never to another value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from trackbook.errors import InvalidParameter
from trackbook.signature.inference import is_missing
from trackbook.signature.schema import ColSpec
from trackbook.signature.types import AnyType, DataType
from trackbook.signature.values import Misfit, exact, nested, shown

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["KEEP", "cast_column", "cast_of"]

#: The column is handed on as it is.
KEEP = "keep"
#: Its values decide.
LOOK = "look"
REFUSE = "refuse"

_MISSING_HINT = (
    "the value is missing, which NumPy's integers cannot say: infer the signature from data with missing values, "
    "or declare the column as double"
)
_NULLABLE = {DataType.integer: "Int32", DataType.long: "Int64", DataType.boolean: "boolean"}


def cast_of(dtype: Any, kind: DataType) -> str | np.dtype[Any]:
    """What becomes of a column of a type: `KEEP`, `LOOK`, `REFUSE`, or the NumPy type to cast it to."""
    categories = getattr(dtype, "categories", None)
    if categories is not None:  # models that know categories need them
        return REFUSE if cast_of(categories.dtype, kind) in (REFUSE, LOOK) else KEEP
    if kind in (DataType.string, DataType.binary) and (dtype.kind in "OT" or dtype.name in ("str", "string")):
        return KEEP
    if dtype.kind == "O":
        return LOOK
    if not isinstance(dtype, np.dtype):
        return _of_extension(dtype, kind)
    if kind is DataType.binary:
        return KEEP if dtype.kind == "S" else REFUSE
    if kind is DataType.datetime and dtype.kind == "M":
        return KEEP if dtype == kind.to_numpy() else LOOK
    return _of_numbers(dtype, kind.to_numpy())


def _of_extension(dtype: Any, kind: DataType) -> str | np.dtype[Any]:
    """A nullable number may hold what NumPy cannot; a time with a zone is another time without it."""
    if dtype.kind == "M" or kind is DataType.datetime:
        return REFUSE
    plain = getattr(dtype, "numpy_dtype", None) or getattr(dtype, "subtype", None)
    if not isinstance(plain, np.dtype):
        return REFUSE
    return REFUSE if _of_numbers(plain, kind.to_numpy()) in (REFUSE, LOOK) else LOOK


def _of_numbers(dtype: np.dtype[Any], wanted: np.dtype[Any]) -> str | np.dtype[Any]:
    if dtype == wanted:
        return KEEP
    size, room = dtype.itemsize, wanted.itemsize
    if dtype.kind == wanted.kind and dtype.kind in "iuf":
        return wanted if size <= room else REFUSE
    if dtype.kind == "u" and wanted.kind == "i":
        return wanted if size < room else REFUSE
    if dtype.kind in "iu" and wanted == np.float64 and size <= 4:
        return wanted
    return LOOK if dtype == np.int64 and wanted.kind == "f" else REFUSE  # zeros and ones are truths


def cast_column(column: pd.Series, spec: ColSpec) -> pd.Series:
    """A column as predict gets it.

    Raises:
        InvalidParameter: it is of another type; the message names the column and, where a value is the reason, its row.
    """
    kind = spec.type
    if isinstance(kind, AnyType):
        return column
    if not isinstance(kind, DataType):
        return _nested(column, spec)
    how = cast_of(column.dtype, kind)
    if how == LOOK:
        return _looked(column, spec, kind)
    if how == REFUSE and _is_whole_with_gaps(column, spec, kind):
        return _with_gaps(column, spec, kind)
    if how == REFUSE:
        raise refusal(column, kind)
    return column if how == KEEP else column.astype(how)  # type: ignore[arg-type]


def _is_whole_with_gaps(column: pd.Series, spec: ColSpec, kind: DataType) -> bool:
    """Whole numbers that pandas made real ones because some are missing, where they may be missing."""
    if spec.required or kind not in (DataType.integer, DataType.long) or column.dtype.kind != "f":
        return False
    values = column.dropna().to_numpy(dtype="float64")
    room = 2.0 ** (31 if kind is DataType.integer else 53)
    return bool(column.hasnans and (values == np.floor(values)).all() and (np.abs(values) < room).all())


def _nested(column: pd.Series, spec: ColSpec) -> pd.Series:
    import pandas as pd

    values = []
    for place, value in enumerate(column):
        try:
            values.append(nested(value, spec.type, spec.required))
        except Misfit as misfit:
            raise InvalidParameter(f"{_where(column, place)}{misfit}.") from None
    return pd.Series(values, index=column.index, name=column.name, dtype=object)


def _where(column: pd.Series, place: int) -> str:
    label = column.index[place]
    row = f"row {place}" if label == place else f"row {place} (index {label!r:.80})"
    return f"The column {column.name!r:.80}, {row}: "


def _looked(column: pd.Series, spec: ColSpec, kind: DataType) -> pd.Series:
    if column.dtype.kind == "M":
        return _to_nanoseconds(column, column.name)
    if hasattr(column.dtype, "fill_value"):  # pandas' sparse columns
        return cast_column(column.sparse.to_dense(), spec)  # type: ignore[attr-defined]
    if column.dtype.kind != "O":
        return _to_numpy(column, spec, kind)
    try:
        inferred = column.infer_objects()
    except OverflowError:  # pandas before 3, of a number beyond any of NumPy's
        return _objects(column, spec, kind)
    return _objects(column, spec, kind) if inferred.dtype.kind == "O" else cast_column(inferred, spec)


def _to_nanoseconds(column: pd.Series, name: object) -> pd.Series:
    if getattr(column.dtype, "tz", None) is not None:
        raise refusal(column, DataType.datetime)
    try:
        return column.astype("datetime64[ns]")
    except (ValueError, OverflowError):
        raise _beyond(name) from None


def _beyond(name: object) -> InvalidParameter:
    return InvalidParameter(f"The column {name!r:.80} has times beyond what nanoseconds can tell: 1677 to 2262.")


def _to_numpy(column: pd.Series, spec: ColSpec, kind: DataType) -> pd.Series:
    """A nullable column, or int64 for a real number."""
    if column.hasnans and kind.to_numpy().kind != "f":
        return _with_gaps(column, spec, kind)
    if column.dtype == np.int64 and not column.isin([0, 1]).all():
        raise refusal(column, kind)
    return column.astype(kind.to_numpy())


def _with_gaps(column: pd.Series, spec: ColSpec, kind: DataType) -> pd.Series:
    """Numbers or truths of which some are missing, as pandas' nullable type; only where they need not be there."""
    if spec.required:
        place = int(column.isna().to_numpy().argmax())
        raise InvalidParameter(f"{_where(column, place)}the value is missing, and the schema requires a {kind!r}.")
    return column.astype(_NULLABLE[kind])  # type: ignore[call-overload,no-any-return]


def _objects(column: pd.Series, spec: ColSpec, kind: DataType) -> pd.Series:
    """Python objects that NumPy has no one type for: texts, or some of them None."""
    import pandas as pd

    for place, value in enumerate(column):
        if not is_missing(value) and not _is_of(value, kind):
            raise InvalidParameter(f"{_where(column, place)}{shown(value)} is no {kind!r}.")
    if kind is DataType.boolean:
        return column
    if kind is DataType.datetime:
        try:
            read = pd.to_datetime(column, format="ISO8601")
        except (ValueError, OverflowError):
            raise _beyond(column.name) from None
        return _to_nanoseconds(read, column.name)
    return (
        pd.to_numeric(column).astype(kind.to_numpy()) if kind.to_numpy().kind == "f" else _with_gaps(column, spec, kind)
    )


def _is_of(value: Any, kind: DataType) -> bool:
    """MLflow takes truths and decimals among others for doubles."""
    if kind is DataType.double and type(value).__name__ in ("bool", "Decimal"):
        return True
    try:
        exact(value, kind)
    except Misfit:
        return False
    return True


def refusal(column: pd.Series, kind: DataType) -> InvalidParameter:
    """Why a column is not cast, and what to do about it."""
    fact = f"The column {column.name!r:.80} holds {column.dtype}, and the schema says {kind!r}"
    if kind in _NULLABLE and column.dtype.kind == "f":
        return InvalidParameter(f"{fact}. {_no_whole(column)}.")
    if column.dtype.kind == "M":
        return InvalidParameter(f"{fact}, without a zone. Convert it with .dt.tz_convert('UTC').dt.tz_localize(None).")
    wanted = str(kind.to_pandas())
    return InvalidParameter(
        f"{fact}, to which it is not cast: values could change. Convert it with .astype({wanted!r}) if that is meant."
    )


def _no_whole(column: pd.Series) -> str:
    values = column.to_numpy(dtype="float64", na_value=np.nan)
    broken = np.isfinite(values) & (values != np.floor(values))
    if broken.any():
        place = int(broken.argmax())
        return f"{_where(column, place)}{float(values[place])!r} is no whole number"
    if np.isnan(values).any():
        return f"{_where(column, int(np.isnan(values).argmax()))}{_MISSING_HINT}"
    return "Its numbers are whole: convert it with .astype('int64')"
