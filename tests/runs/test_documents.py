"""Nested values become plain text files and come back."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackbook.errors import InvalidParameter
from trackbook.runs.documents import decode_document, decode_text, encode_document, encode_text, plain

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text("aé日\n:#'\" -0.", max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("aé: 1", max_size=5), inner, max_size=4),
    max_leaves=12,
)


class Mode(Enum):
    FAST = "fast"


@dataclass
class Config:
    lr: float
    layers: tuple[int, ...]


@pytest.mark.parametrize("name", ["a.json", "a.yaml", "a.YML", "a"])
@given(value=st.dictionaries(st.text("ab", max_size=3), PLAIN, max_size=4))
def test_plain_values_come_back(name: str, value: dict[str, Any]) -> None:
    assert decode_document(encode_document(value, name), name) == value


@pytest.mark.parametrize("name", ["a.json", "a.yaml"])
def test_numbers_that_are_none_come_back(name: str) -> None:
    back = decode_document(encode_document({"v": [math.nan, math.inf, -math.inf, np.float32("nan")]}, name), name)["v"]
    assert [math.isnan(back[0]), back[1], back[2], math.isnan(back[3])] == [True, math.inf, -math.inf, True]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.float32(0.5), 0.5),
        (np.int64(3), 3),
        (np.bool_(True), True),
        (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
        (np.array(["a"], dtype=object), ["a"]),
        (np.datetime64("2026-11-21T10:00"), "2026-11-21T10:00"),
        (np.datetime64("NaT"), None),
        (np.array(["2026-11-21"], dtype="M8[D]"), ["2026-11-21"]),
        (pd.Timestamp("2026-11-21"), "2026-11-21T00:00:00"),
        (pd.NaT, None),
        (pd.NA, None),
        (pd.Series([1, 2]), [1, 2]),
        (pd.DataFrame({"a": [1, 2]}), {"a": [1, 2]}),
        (date(2026, 11, 21), "2026-11-21"),
        (datetime(2026, 11, 21, tzinfo=UTC), "2026-11-21T00:00:00+00:00"),
        (Decimal("0.10"), "0.10"),
        (Path("a/b"), "a/b"),
        (Mode.FAST, "fast"),
        (Config(0.1, (1, 2)), {"lr": 0.1, "layers": [1, 2]}),
        ({3, 1, 2}, [1, 2, 3]),
        ({1: "a", None: "b", np.int64(2): "c", False: "d"}, {"1": "a", "null": "b", "2": "c", "false": "d"}),
    ],
)
def test_value_becomes_plain(value: object, expected: object) -> None:
    assert plain(value, "config.json") == expected


@pytest.mark.parametrize(
    "value",
    [
        object(),
        b"bytes",
        lambda: 0,
        np.void(b"x"),
        {"a": {"b": [object()]}},
        {(1, 2): 3},
        {math.nan: 1},
        {1: "a", "1": "b"},
    ],
)
def test_value_without_a_plain_form_is_named(value: object) -> None:
    with pytest.raises(InvalidParameter, match=r"config\.json"):
        plain({"key": value}, "config.json")


def test_value_that_contains_itself_is_refused() -> None:
    ring: list[Any] = []
    ring.append(ring)
    with pytest.raises(InvalidParameter, match="contains itself"):
        encode_document({"ring": ring}, "a.json")


@pytest.mark.parametrize("value", ["text", 3, None, np.float64(1)])
def test_only_dicts_and_lists_are_documents(value: object) -> None:
    with pytest.raises(InvalidParameter, match="a dict or a list"):
        encode_document(value, "a.json")


def test_text_comes_back_and_bad_text_is_refused() -> None:
    assert decode_text(encode_text("naïve 日本 🎉\r\n\x00", "a.txt"), "a.txt") == "naïve 日本 🎉\r\n\x00"
    with pytest.raises(InvalidParameter, match=r"Character 2 .*surrogate"):
        encode_text("a\udcff", "a.txt")
    with pytest.raises(InvalidParameter, match="not a value of type bytes"):
        encode_text(b"bytes", "a.txt")
    with pytest.raises(InvalidParameter, match="no UTF-8"):
        decode_text(b"\xff\xfe", "a.txt")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.json", b"{"),
        ("a.json", b"[" * 100_000),
        ("a.yaml", b"a: [1"),
        ("a.yaml", b"!!python/object/apply:os.getcwd []"),
    ],
)
def test_damaged_or_dangerous_document_is_refused(name: str, data: bytes) -> None:
    with pytest.raises(InvalidParameter, match=name):
        decode_document(data, name)
