"""Single values of a type: what predict gets for them, and what is refused because it would not be the same value."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from trackbook.errors import InvalidParameter
from trackbook.signature.inference import is_missing
from trackbook.signature.types import AnyType, Array, DataType, Map, Object, Type

__all__ = ["Misfit", "exact", "nested", "param_value", "shown"]

_WHOLE = {DataType.integer: 31, DataType.long: 63}
_LARGEST = float(np.finfo("float32").max)
_REAL = (DataType.float, DataType.double)
_DEEPEST = 64


class Misfit(ValueError):
    """A value that is not of its type.

    Attributes:
        path: where it lies within the value that was looked at, outermost first.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.path: list[str | int] = []

    def within(self, step: str | int) -> Misfit:
        """The same, seen from one level further out."""
        self.path.insert(0, step)
        return self

    def __str__(self) -> str:
        return f"{''.join(f'[{step!r:.80}]' for step in self.path)}{': ' if self.path else ''}{self.args[0]}"


def exact(value: Any, kind: DataType) -> Any:
    """The same value as Python has it in that type.

    A whole number becomes a real one where it keeps its value; no value becomes another.

    Raises:
        Misfit: there is none.
    """
    if isinstance(value, np.generic) and value.dtype.kind in "biufSU":
        value = value.item()
    if kind in _WHOLE:
        fits = type(value) is int and -(2 ** _WHOLE[kind]) <= value < 2 ** _WHOLE[kind]
    elif kind in _REAL:
        return _real(value, kind)
    elif kind is DataType.datetime:
        return _moment(value)
    elif kind is DataType.binary:
        fits = isinstance(value, (bytes, bytearray))
    else:
        fits = type(value) is kind.to_python()
    if not fits:
        raise _misfit(value, kind)
    return value


def shown(value: object) -> str:
    """A value for an error; Python writes no number of more than 4,300 digits."""
    try:
        return f"{value!r:.80} ({type(value).__name__})"
    except ValueError:
        return f"a number of very many digits ({type(value).__name__})"


def _misfit(value: object, kind: Type) -> Misfit:
    return Misfit(f"{shown(value)} is no {kind!r:.200}")


def _real(value: Any, kind: DataType) -> float:
    if type(value) not in (int, float):
        raise _misfit(value, kind)
    try:
        real = float(value)
    except OverflowError:
        raise _misfit(value, kind) from None
    if (type(value) is int and real != value) or (kind is DataType.float and _LARGEST < abs(real) < math.inf):
        raise _misfit(value, kind)
    return real


def _moment(value: Any) -> Any:
    """A date or a time, also of a text; a number is none."""
    if isinstance(value, (dt.date, np.datetime64)):
        return value
    try:
        return dt.date.fromisoformat(value) if len(value) <= len("2024-01-01") else dt.datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise _misfit(value, DataType.datetime) from None


def param_value(value: Any, kind: DataType | Object, name: str) -> Any:
    """The value of a parameter as predict gets it: Python's own; None stays None.

    Raises:
        InvalidParameter: it is not of the type; the message names the parameter and the value.
    """
    if value is None:
        return None
    try:
        found = nested(value, kind)
    except Misfit as misfit:
        raise InvalidParameter(f"The parameter {name!r:.80} is of the type {kind!r:.200}; {misfit}.") from None
    if isinstance(kind, Object):
        return value
    return found.item() if isinstance(found, np.datetime64) else found


def nested(value: Any, kind: Type, required: bool = True, depth: int = 0) -> Any:
    """A value of any type, with its lists and dicts made anew where a member changes.

    Args:
        value: a value, a list, an array or a dict.
        kind: the type that it shall be of.
        required: whether it must be there; an optional one may be None, and an optional list or dict may be empty.
        depth: how many levels lie above it.

    Raises:
        Misfit: it is of another type.
    """
    if depth > _DEEPEST:
        raise Misfit(f"a value has at most {_DEEPEST} levels of lists and dicts; this has more")
    if isinstance(kind, AnyType) or (not required and is_missing(value)):
        return value
    if isinstance(kind, DataType):
        return exact(value, kind)
    if isinstance(kind, Array):
        return _list(value, kind, depth)
    return _object(value, kind, required, depth) if isinstance(kind, Object) else _map(value, kind, depth)


def _list(value: Any, kind: Array, depth: int) -> Any:
    if isinstance(kind.dtype, AnyType) and value is None:
        return value
    if not isinstance(value, (list, np.ndarray)) or (isinstance(value, np.ndarray) and not value.ndim):
        raise _misfit(value, kind)
    if isinstance(kind.dtype, DataType):
        return _plain_list(value, kind.dtype)
    items = [_at(place, item, kind.dtype, True, depth) for place, item in enumerate(value)]
    return items if isinstance(value, list) or all(map(isinstance, items, [np.ndarray] * len(items))) else value


def _plain_list(value: Any, kind: DataType) -> Any:
    """Most lists are of one type and are it already: they are not looked at item by item."""
    if isinstance(value, np.ndarray) and value.dtype == kind.to_numpy():
        return value
    if isinstance(value, list) and kind not in (*_WHOLE, DataType.float) and {*map(type, value)} <= {kind.to_python()}:
        return value
    whole = kind in _WHOLE or kind is DataType.binary
    found = [
        (math.nan if kind in _REAL else None) if not whole and is_missing(item) else _at(place, item, kind, True, 0)
        for place, item in enumerate(value)
    ]
    return found if isinstance(value, list) else np.array(found, kind.to_pandas())


def _at(step: str | int, value: Any, kind: Type, required: bool, depth: int) -> Any:
    try:
        return nested(value, kind, required, depth + 1)
    except Misfit as misfit:
        raise misfit.within(step) from None


def _object(value: Any, kind: Object, required: bool, depth: int) -> Any:
    if not isinstance(value, Mapping) or (not value and required):
        raise _misfit(value, kind)
    known = {item.name: item for item in kind.properties}
    missing = [item.name for item in kind.properties if item.required and item.name not in value]
    if missing and value:
        raise Misfit(f"{missing[0]!r:.80} is missing; the object has {sorted(map(str, value))!r:.200}")
    strange = [name for name in value if name not in known]
    if strange:
        raise Misfit(f"{strange[0]!r:.80} is no member of the object; its members are {sorted(known)!r:.200}")
    return {name: _at(name, item, known[name].dtype, known[name].required, depth) for name, item in value.items()}


def _map(value: Any, kind: Map, depth: int) -> Any:
    if isinstance(kind.value_type, AnyType) and value is None:
        return value
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise _misfit(value, kind)
    return {name: _at(name, item, kind.value_type, True, depth) for name, item in value.items()}
