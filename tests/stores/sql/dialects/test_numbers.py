"""Floats as sortable bytes, and comparisons that no rounding spoils."""

from __future__ import annotations

import math
import sqlite3
import struct
from operator import eq, ge, gt, le, lt, ne

from hypothesis import given
from hypothesis import strategies as st

from trackbook.stores.sql.dialects.fragments import FALSE, TRUE, Fragment
from trackbook.stores.sql.dialects.numbers import from_sortable, number_test, to_sortable

floats = st.floats(allow_nan=False)
SIGNS = {"=": eq, "!=": ne, "<": lt, "<=": le, ">": gt, ">=": ge}
wholes = st.integers(-(2**63), 2**63 - 1)
near = st.sampled_from([2**53, 2**53 + 1, -(2**53) - 1, 2**63 - 1, -(2**63), 0, 1])
numbers = st.one_of(floats, wholes, near, st.sampled_from([0.0, -0.0, math.inf, -math.inf, 0.5, 2.0**53, 2.0**63]))


@given(st.lists(floats))
def test_bytes_sort_as_the_numbers_do(values: list[float]) -> None:
    by_bytes = sorted(values, key=to_sortable)
    assert by_bytes == sorted(values)
    assert [struct.pack("d", from_sortable(to_sortable(value))) for value in values] == [
        struct.pack("d", value) for value in values
    ]


def answer(test: Fragment, stored: float | bytes | None) -> bool:
    """What a database answers that compares values only of one type."""
    values = [to_sortable(value) if isinstance(value, float) else value for value in test.values]
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("CREATE TABLE t (x)")
        connection.execute("INSERT INTO t VALUES (?)", (stored,))
        return bool(connection.execute(f"SELECT 1 FROM t WHERE {test.sql}", values).fetchall())
    finally:
        connection.close()


@given(stored=floats, operator=st.sampled_from(sorted(SIGNS)), value=numbers)
def test_float_is_compared_as_mathematics_has_it(stored: float, operator: str, value: float) -> None:
    test = number_test(Fragment("x"), operator, (value,), exact=True)
    assert all(isinstance(bound, float) for bound in test.values)
    assert answer(test, to_sortable(stored)) == SIGNS[operator](stored, value)


@given(stored=wholes | near, operator=st.sampled_from(sorted(SIGNS)), value=numbers)
def test_whole_number_is_compared_as_mathematics_has_it(stored: int, operator: str, value: float) -> None:
    test = number_test(Fragment("x"), operator, (value,), exact=False)
    assert all(isinstance(bound, int) for bound in test.values)
    assert answer(test, stored) == SIGNS[operator](stored, value)


@given(stored=floats, low=numbers, high=numbers)
def test_between_takes_in_both_ends(stored: float, low: float, high: float) -> None:
    inside = number_test(Fragment("x"), "BETWEEN", (low, high), exact=True)
    outside = number_test(Fragment("x"), "NOT BETWEEN", (low, high), exact=True)
    assert answer(inside, to_sortable(stored)) == (low <= stored <= high)
    assert answer(outside, to_sortable(stored)) == (not low <= stored <= high)


@given(operator=st.sampled_from(sorted(SIGNS)), value=numbers, exact=st.booleans())
def test_missing_value_matches_nothing(operator: str, value: float, exact: bool) -> None:
    test = number_test(Fragment("x"), operator, (value,), exact)
    assert test != TRUE
    assert test == FALSE or not answer(test, None)
