"""Single values of a type: what predict gets for them, and what is refused because it would not be the same value."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import numpy as np

from trackbook.errors import InvalidParameter
from trackbook.signature.types import DataType, Object, Type

__all__ = ["exact", "param_value"]

_WHOLE = {DataType.integer: 31, DataType.long: 63}
_LARGEST = float(np.finfo("float32").max)
_REAL = (DataType.float, DataType.double)


def exact(value: Any, kind: DataType) -> Any:
    """The same value as Python has it in that type.

    A whole number becomes a real one where it keeps its value; no value becomes another.

    Raises:
        ValueError: there is none.
    """
    if isinstance(value, np.generic):
        value = value.item() if value.dtype.kind in "biufSU" else value
    if kind in _WHOLE:
        return _whole(value, kind)
    if kind in _REAL:
        return _real(value, kind)
    if kind is DataType.datetime:
        return _moment(value)
    if kind is DataType.binary and isinstance(value, bytearray):
        return bytes(value)
    if type(value) is not kind.to_python():
        raise ValueError
    return value


def _whole(value: Any, kind: DataType) -> int:
    bits = _WHOLE[kind]
    if type(value) is not int or not -(2**bits) <= value < 2**bits:
        raise ValueError
    return value


def _real(value: Any, kind: DataType) -> float:
    if type(value) not in (int, float):
        raise ValueError
    try:
        real = float(value)
    except OverflowError:
        raise ValueError from None
    if type(value) is int and real != value:
        raise ValueError
    if kind is DataType.float and _LARGEST < abs(real) < math.inf:
        raise ValueError
    return real


def _moment(value: Any) -> Any:
    """A date or a time, also of a text; a number is none."""
    if isinstance(value, (dt.date, np.datetime64)):
        return value
    if not isinstance(value, str):
        raise ValueError  # noqa: TRY004  # the caller says what is wrong with it
    return dt.date.fromisoformat(value) if len(value) <= len("2024-01-01") else dt.datetime.fromisoformat(value)


def param_value(value: Any, kind: Type, name: str) -> Any:
    """The value of a parameter as predict gets it: Python's own; None stays None.

    Raises:
        InvalidParameter: it is not of the type; the message names the parameter and the value.
    """
    if value is None:
        return None
    if isinstance(kind, Object):
        return value
    try:
        found = exact(value, kind)  # type: ignore[arg-type]
    except ValueError:
        raise InvalidParameter(
            f"The parameter {name!r:.80} is of the type {kind!r}; {value!r:.80} ({type(value).__name__}) is none. "
            f"Give a value that is one."
        ) from None
    return found.item() if isinstance(found, np.datetime64) else found
