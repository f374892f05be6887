"""Lists of values, as JSON has them, read as the columns of a schema: fast, and no value is read as another."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from trackbook.errors import InvalidParameter
from trackbook.signature.inference import array_of, is_missing
from trackbook.signature.schema import ColSpec
from trackbook.signature.types import AnyType, DataType
from trackbook.signature.values import Misfit, exact, nested

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["column_of", "table_of"]

_NULLABLE = {DataType.integer: "Int32", DataType.long: "Int64", DataType.boolean: "boolean"}
_NUMBERS = (DataType.integer, DataType.long, DataType.float, DataType.double)
#: From here on not every whole number is a real one.
_WHOLE_REALS = {"float32": 2.0**24, "float64": 2.0**53}


def table_of(
    rows: Sequence[Sequence[Any]], names: list[Any], specs: dict[Any, ColSpec], index: list[Any] | None
) -> pd.DataFrame:
    """A table of rows, each with a value under each name.

    Raises:
        InvalidParameter: a value is not of the type that its column has in the schema; the message names both.
    """
    import pandas as pd

    found = [specs.get(name) for name in names]
    kinds = {None if spec is None else spec.type for spec in found}
    if rows and names and len(kinds) == 1:
        (kind,) = kinds
        block = _numbers(rows, kind) if isinstance(kind, DataType) and kind in _NUMBERS else None
        if block is not None:
            return pd.DataFrame(block, columns=pd.Index(names), index=index)
    columns = zip(*rows, strict=True) if rows else [[]] * len(names)
    read = [column_of(list(c), spec, name) for c, spec, name in zip(columns, found, names, strict=True)]
    frame = pd.DataFrame(dict(enumerate(read)), index=None if read else range(len(rows)), copy=False)
    frame.columns = pd.Index(names)
    return frame if index is None else frame.set_axis(pd.Index(index))


def column_of(values: list[Any], spec: ColSpec | None, name: object) -> Any:
    """A column, as an array or a Series; without a schema as pandas reads it.

    Raises:
        InvalidParameter: a value is not of its type; the message names the column, its row and the value.
    """
    import pandas as pd

    if spec is None or isinstance(spec.type, AnyType):
        return pd.Series(values, dtype=object if spec is not None or not values else None)
    if not isinstance(spec.type, DataType):
        return pd.Series(_each(values, name, lambda v: nested(v, spec.type, spec.required)), dtype=object)
    if spec.type in _NUMBERS:
        numbers = _numbers(values, spec.type)
        return numbers if numbers is not None else _mixed(values, spec, name)
    if spec.type is DataType.string:
        return _texts(values)
    if spec.type is DataType.datetime:
        return _moments(values, name)
    return _truths(values, spec, name) if spec.type is DataType.boolean else _bytes(values, spec, name)


def _numbers(values: Sequence[Any], kind: DataType) -> np.ndarray[Any, Any] | None:
    """All of it at once, where NumPy sees only numbers and each keeps its value."""
    wanted = kind.to_numpy()
    try:
        raw = array_of(values)
    except (ValueError, OverflowError):
        return None
    if raw.dtype.kind not in "iuf" or (raw.dtype.kind == "u" and wanted.kind != "f"):
        return None
    if wanted.kind == "f":
        return _reals(raw, wanted)
    if raw.dtype.kind == "f" and not (np.abs(raw) < _WHOLE_REALS["float64"]).all():
        return None
    with np.errstate(invalid="ignore"):
        cast = raw.astype(wanted)
    return cast if (cast == raw).all() else None


def _reals(raw: np.ndarray[Any, Any], wanted: np.dtype[Any]) -> np.ndarray[Any, Any] | None:
    """A whole number may stand among real ones, where NumPy has made it one already."""
    if raw.dtype.kind == "f" and wanted == raw.dtype and not (np.abs(raw) >= _WHOLE_REALS["float64"]).any():
        return raw
    if raw.dtype.kind in "iu":
        limit = int(_WHOLE_REALS[wanted.name])
        fits = (raw <= limit) & (raw >= -limit if raw.dtype.kind == "i" else True)
        return raw.astype(wanted) if fits.all() else None
    if (np.abs(raw) >= _WHOLE_REALS[wanted.name]).any():
        return None
    return raw.astype(wanted)


def _each(values: list[Any], name: object, read: Any) -> list[Any]:
    found = []
    for place, value in enumerate(values):
        try:
            found.append(read(value))
        except Misfit as misfit:
            raise InvalidParameter(f"The column {name!r:.80}, row {place}: {misfit}.") from None
    return found


def _mixed(values: list[Any], spec: ColSpec, name: object) -> Any:
    """Numbers with gaps, as texts, or too large for their type."""
    kind: Any = spec.type
    is_whole = kind in _NULLABLE

    def read(value: Any) -> Any:
        if is_missing(value):
            return _gap(spec) if is_whole else np.nan
        if isinstance(value, bool):
            return int(value)
        if isinstance(value, float) and is_whole and value.is_integer():
            value = int(value)
        return exact(_number(value, is_whole) if isinstance(value, str) else value, kind)

    found = _each(values, name, read)
    if is_whole and None in found:
        return _nullable(found, kind)
    return np.array(found, kind.to_numpy())


def _number(text: str, is_whole: bool) -> Any:
    try:
        return int(text) if is_whole else float(text)
    except ValueError:
        raise Misfit(f"{text!r:.80} (text) is no number") from None


def _gap(spec: ColSpec) -> None:
    if spec.required:
        raise Misfit(f"the value is missing, and the schema requires a {spec.type!r}")


def _nullable(values: list[Any], kind: DataType) -> Any:
    import pandas as pd

    return pd.array(values, dtype=_NULLABLE[kind])  # type: ignore[call-overload]


def _truths(values: list[Any], spec: ColSpec, name: object) -> Any:
    def read(value: Any) -> Any:
        if is_missing(value):
            return _gap(spec)
        if isinstance(value, (int, float)) and value in (0, 1):
            return bool(value)
        return exact(value, DataType.boolean)

    if {*map(type, values)} == {bool}:
        return np.array(values)
    found = _each(values, name, read)
    return _nullable(found, DataType.boolean) if None in found else np.array(found, bool)


def _texts(values: list[Any]) -> Any:
    """Other values than texts are handed on, as MLflow does."""
    import pandas as pd

    return pd.Series(values, dtype=None if {*map(type, values)} <= {str, type(None)} and any(values) else object)


def _bytes(values: list[Any], spec: ColSpec, name: object) -> Any:
    import pandas as pd

    def read(value: Any) -> Any:
        if value is None:
            return _gap(spec)
        try:
            return base64.b64decode("".join(value.split()), validate=True)
        except (AttributeError, ValueError, binascii.Error):
            raise Misfit(f"{value!r:.80} is no text in base64, and the schema says binary") from None

    return pd.Series(_each(values, name, read), dtype=object)


def _moments(values: list[Any], name: object) -> Any:
    import pandas as pd

    def read(value: Any) -> Any:
        return None if is_missing(value) or value == "NaT" else exact(value, DataType.datetime)

    _each(values, name, read)
    try:
        column = pd.to_datetime(pd.Series(values, dtype=object), format="ISO8601")
        return column.astype("datetime64[ns]") if getattr(column.dtype, "tz", None) is None else column
    except (ValueError, OverflowError) as error:
        raise InvalidParameter(f"The column {name!r:.80}: {error}.") from None
