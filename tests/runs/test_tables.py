"""Tables of any origin become rows of plain values, and rows are appended by column name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from trackbook.entities import Run, RunData, RunInfo
from trackbook.errors import InvalidParameter
from trackbook.runs.tables import (
    Table,
    append_rows,
    concatenate,
    decode_table,
    encode_table,
    read_table,
    with_columns_of,
)

RUN = Run(RunInfo("r1", "1", "ada", "FINISHED", 1, 2, run_name="fast"), RunData({"loss": 0.5}, {"lr": "0.1"}, {}))


@pytest.mark.parametrize(
    "data",
    [
        {"a": [1, 2], "b": ["x", None]},
        {"a": np.array([1, 2]), "b": ("x", None)},
        {"a": pd.Series([1, 2]), "b": ["x", None]},
        pd.DataFrame({"a": [1, 2], "b": ["x", None]}, index=[7, 9], dtype=object),
    ],
)
def test_table_is_read_from_dicts_and_frames(data: Any) -> None:
    assert read_table(data, "t.json") == Table(["a", "b"], [[1, "x"], [2, None]])


def test_scalars_are_one_row() -> None:
    assert read_table({"q": "why?", "n": np.int64(3)}, "t.json") == Table(["q", "n"], [["why?", 3]])


def test_empty_tables_are_tables() -> None:
    assert read_table({}, "t.json") == Table([], [])
    assert read_table(pd.DataFrame({"a": []}), "t.json") == Table(["a"], [])


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"a": [1, 2], "b": [1]}, "'a' has 2, 'b' has 1"),
        ({"a": [object()]}, "column 'a'"),
        ([1, 2], "not a value of type list"),
        ({1: [1], "1": [2]}, "same name"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "same name"),
    ],
)
def test_what_is_no_table_is_refused(data: Any, reason: str) -> None:
    with pytest.raises(InvalidParameter, match=reason):
        read_table(data, "t.json")


def test_only_json_files_are_tables() -> None:
    with pytest.raises(InvalidParameter, match=r"\.json"):
        read_table({"a": [1]}, "t.csv")


def test_rows_are_appended_under_their_columns() -> None:
    both = append_rows(Table(["a", "b"], [[1, 2]]), Table(["b", "c"], [[3, 4]]))
    assert both == Table(["a", "b", "c"], [[1, 2, None], [None, 3, 4]])
    assert append_rows(both, both).data == both.data * 2


def test_table_comes_back_as_a_frame() -> None:
    table = read_table({"a": [1.5, float("nan")], "日": ["x", "y"]}, "t.json")
    frame = concatenate([decode_table(encode_table(table, "t.json"), "t.json")])
    pd.testing.assert_frame_equal(frame, pd.DataFrame({"a": [1.5, float("nan")], "日": ["x", "y"]}))


@pytest.mark.parametrize("data", [b"{}", b"[]", b'{"columns": ["a"], "data": [[1, 2]]}', b'{"columns": 3, "data": []}'])
def test_file_that_is_no_table_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidParameter, match="is no table"):
        decode_table(data, "t.json")


def test_extra_columns_say_what_the_run_is() -> None:
    extra = with_columns_of(RUN, Table(["a"], [[1], [2]]), ["run_id", "params.lr", "metrics.loss", "tags.team"])
    assert extra.columns == ["a", "run_id", "params.lr", "metrics.loss", "tags.team"]
    assert extra.data == [[1, "r1", "0.1", 0.5, None], [2, "r1", "0.1", 0.5, None]]


@pytest.mark.parametrize("column", ["colour", "a", "params", "data.lr"])
def test_extra_column_that_no_run_has_is_refused(column: str) -> None:
    with pytest.raises(InvalidParameter, match=column):
        with_columns_of(RUN, Table(["a"], [[1]]), [column])
