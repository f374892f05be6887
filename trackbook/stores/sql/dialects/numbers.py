"""Comparisons of columns with numbers as mathematics has them, where a database would round one of the two first."""

from __future__ import annotations

import math
import struct

from trackbook.stores.sql.dialects.fragments import FALSE, Fragment, all_of, one_of

__all__ = ["from_sortable", "number_test", "to_sortable"]

_INT64 = 2**63
_DOUBLE = struct.Struct(">d")
_WHOLE = struct.Struct(">Q")
_SIGN = 1 << 63
_ALL = (1 << 64) - 1


def to_sortable(value: float) -> bytes:
    """A float as eight bytes that sort as the numbers do: -inf first, -0.0 before 0.0, inf last."""
    (bits,) = _WHOLE.unpack(_DOUBLE.pack(value))
    return _WHOLE.pack(bits ^ _ALL if bits & _SIGN else bits | _SIGN)


def from_sortable(data: bytes) -> float:
    """The float of eight bytes that `to_sortable` made."""
    (bits,) = _WHOLE.unpack(data)
    (value,) = _DOUBLE.unpack(_WHOLE.pack(bits ^ _SIGN if bits & _SIGN else bits ^ _ALL))
    return float(value)


def number_test(expression: Fragment, operator: str, values: tuple[float, ...], exact: bool) -> Fragment:
    """A comparison of a column with numbers that are not NaN; of NULL it may be NULL or false.

    Args:
        expression: the column.
        operator: ``= != < <= > >= BETWEEN`` and ``NOT BETWEEN``.
        values: two for BETWEEN, else one.
        exact: whether the column holds floats; else it holds whole numbers.
    """
    if operator == "BETWEEN":
        return all_of([_test(expression, ">=", values[0], exact), _test(expression, "<=", values[1], exact)])
    if operator == "NOT BETWEEN":
        return one_of([_test(expression, "<", values[0], exact), _test(expression, ">", values[1], exact)])
    if operator == "=":
        return all_of([_test(expression, ">=", values[0], exact), _test(expression, "<=", values[0], exact)])
    if operator == "!=":
        return one_of([_test(expression, "<", values[0], exact), _test(expression, ">", values[0], exact)])
    return _test(expression, operator, values[0], exact)


def _test(expression: Fragment, operator: str, value: float, exact: bool) -> Fragment:
    operator, bound = _float_bound(operator, value) if exact else _whole_bound(operator, value)
    if bound is None:
        return FALSE if operator == "never" else Fragment(f"{expression.sql} IS NOT NULL", expression.values)
    return Fragment(f"{expression.sql} {operator} ?", (*expression.values, bound))


def _float_bound(operator: str, value: float) -> tuple[str, float | None]:
    """The same question asked of a float: no float lies between a whole number and the float next to it."""
    near = float(value)
    if near > value:
        operator = "<" if operator[0] == "<" else ">="
    elif near < value:
        operator = "<=" if operator[0] == "<" else ">"
    if near == 0:  # a column whose bytes sort has -0.0 below 0.0: the bound is the one that keeps them together
        near = -0.0 if operator in ("<", ">=") else 0.0
    return operator, near


def _whole_bound(operator: str, value: float) -> tuple[str, int | None]:
    """The same question asked of a whole number of 64 bits."""
    below = operator[0] == "<"
    if value >= _INT64 or value < -_INT64:
        return ("always" if below == (value > 0) else "never"), None
    floor = math.floor(value)
    if floor != value:
        operator = "<=" if below else ">"
    return operator, floor
