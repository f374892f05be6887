"""What a scoring server is sent is read as the types of the schema, and no value as another."""

from __future__ import annotations

import io
import json
from contextlib import suppress
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackbook.errors import InvalidParameter
from trackbook.signature import Array, ColSpec, DataType, Object, Property, Schema, TensorSpec, infer_schema
from trackbook.signature.enforcement import enforce
from trackbook.signature.payloads import parse_csv, parse_payload

LONG, DOUBLE, TEXT = DataType.long, DataType.double, DataType.string
MIXED = Schema([ColSpec(LONG, "a"), ColSpec(DOUBLE, "b"), ColSpec(TEXT, "c")])
NUMBERS = Schema([ColSpec(DOUBLE, "a"), ColSpec(DOUBLE, "b")])
ONE = Schema([ColSpec(DOUBLE, "x")])
NESTED = Schema([ColSpec(Array(DOUBLE), "v"), ColSpec(Object((Property("k", LONG),)), "o")])
ARRAY = Schema([TensorSpec(np.dtype("float64"), (-1, 2))])
ARRAYS = infer_schema({"p": np.zeros((1, 2)), "q": np.zeros(1, int)})


def scored(payload: dict[str, Any], schema: Schema | None) -> Any:
    """As predict gets it."""
    data = parse_payload(json.loads(json.dumps(payload)), schema).data
    return data if schema is None else enforce(data, schema)


def bad(payload: Any, schema: Schema | None = None) -> str:
    with pytest.raises(InvalidParameter) as caught:
        parse_payload(payload, schema)
    assert (caught.value.error_code, caught.value.get_http_status_code()) == ("BAD_REQUEST", 400)
    return str(caught.value)


@pytest.mark.parametrize(
    "payload",
    [
        {"dataframe_split": {"columns": ["c", "a", "b"], "data": [["x", 1, 2], ["y", 2.0, 0.5]]}},
        {"dataframe_split": {"data": [[1, 2, "x"], [2, 0.5, "y"]]}},
        {"dataframe_records": [{"b": 2, "a": 1, "c": "x"}, {"c": "y", "b": 0.5, "a": 2, "z": None}]},
        {"instances": [{"b": 2, "a": 1, "c": "x"}, {"c": "y", "b": 0.5, "a": 2}]},
        {"instances": [[1, 2, "x"], [2, 0.5, "y"]]},
        {"inputs": {"a": [1, 2], "b": [2, 0.5], "c": ["x", "y"]}},
        {"inputs": [{"b": 2, "a": 1, "c": "x"}, {"c": "y", "b": 0.5, "a": 2}]},
        {"inputs": [["1", "2", "x"], [2, "0.5", "y"]], "unknown": 7},
    ],
)
def test_every_form_gives_the_same_table(payload: dict[str, Any]) -> None:
    found = scored(payload, MIXED)
    assert found.to_dict("list") == {"a": [1, 2], "b": [2.0, 0.5], "c": ["x", "y"]}
    assert [str(dtype) for dtype in found.dtypes][:2] == ["int64", "float64"]


def test_rows_of_a_named_signature_of_numbers_are_read_by_place() -> None:
    found = scored({"instances": [[1, 0.1]]}, NUMBERS)
    assert found.to_dict("list") == {"a": [1.0], "b": [0.1]}


def test_one_row_and_one_column_need_no_list() -> None:
    assert scored({"inputs": {"a": 1, "b": 2, "c": "x"}}, MIXED).to_numpy().tolist() == [[1, 2.0, "x"]]
    for form in ({"inputs": [1, 2]}, {"instances": [1, 2]}, {"instances": [[1], [2]]}, {"inputs": {"x": [1, 2]}}):
        assert scored(form, ONE)["x"].tolist() == [1.0, 2.0]
    assert scored({"inputs": 1}, ONE)["x"].tolist() == [1.0]


def test_lists_and_objects_are_values() -> None:
    rows = [{"v": [1, 2.5], "o": {"k": 1}}, {"v": [], "o": {"k": 2}}]
    for form in ({"dataframe_records": rows}, {"inputs": rows}, {"instances": rows}):
        assert scored(form, NESTED).to_dict("records") == rows
    assert scored({"inputs": rows[0]}, NESTED).to_dict("records") == rows[:1]
    assert scored({"inputs": [[1, 2], [3]]}, Schema([ColSpec(Array(LONG))]))[0].tolist() == [[1, 2], [3]]


def test_index_and_order_of_rows_are_kept() -> None:
    split = {"columns": ["x"], "index": ["q", "p"], "data": [[1], [2]]}
    assert scored({"dataframe_split": split}, ONE)["x"].to_dict() == {"q": 1.0, "p": 2.0}
    assert scored({"dataframe_split": split}, None)["x"].to_dict() == {"q": 1, "p": 2}


@pytest.mark.parametrize("form", ["instances", "inputs"])
def test_arrays_are_of_the_schemas_type(form: str) -> None:
    found = scored({form: [[1, 2], [3, 4]]}, ARRAY)
    assert (found.tolist(), str(found.dtype)) == ([[1, 2], [3, 4]], "float64")


def test_tables_are_arrays_for_a_signature_of_arrays() -> None:
    split = {"columns": ["l", "r"], "data": [[1, 2], [3, 4.5]]}
    assert scored({"dataframe_split": split}, ARRAY).tolist() == [[1, 2], [3, 4.5]]
    assert scored({"dataframe_split": {"data": [[[1, 2]], [[3, 4]]]}}, ARRAY).tolist() == [[1, 2], [3, 4]]
    assert scored({"dataframe_records": [{"l": 1.5, "r": 2}]}, ARRAY).tolist() == [[1.5, 2]]


@pytest.mark.parametrize(
    "payload",
    [
        {"instances": [{"p": [1, 2], "q": 3}, {"q": 4, "p": [5, 6]}]},
        {"inputs": {"p": [[1, 2], [5, 6]], "q": [3, 4]}},
        {"dataframe_records": [{"p": [1, 2], "q": 3}, {"q": 4, "p": [5, 6]}]},
    ],
)
def test_named_arrays_come_from_rows_and_from_columns(payload: dict[str, Any]) -> None:
    found = scored(payload, ARRAYS)
    assert (found["p"].tolist(), found["q"].tolist()) == ([[1.0, 2.0], [5.0, 6.0]], [3, 4])
    assert str(found["p"].dtype) == "float64"


def test_without_a_signature_values_stay_as_json_has_them() -> None:
    assert scored({"dataframe_split": {"columns": ["a", "b"], "data": [[1, "x"]]}}, None).to_dict("list") == {
        "a": [1], "b": ["x"],
    }  # fmt: skip
    assert scored({"instances": [[1, 2], [3, 4]]}, None).tolist() == [[1, 2], [3, 4]]
    assert {n: v.tolist() for n, v in scored({"instances": [{"a": 1}, {"a": 2}]}, None).items()} == {"a": [1, 2]}
    assert scored({"inputs": [{"a": "x"}]}, None) == [{"a": "x"}]
    assert scored({"inputs": {"a": [1], "b": "x"}}, None)["b"].tolist() == "x"


def test_params_are_handed_on() -> None:
    assert parse_payload({"inputs": [1], "params": {"k": 5}}).params == {"k": 5}
    assert parse_payload({"inputs": [1]}).params is None


@pytest.mark.parametrize(
    ("kind", "values", "kept", "dtype"),
    [
        ("long", [1, 2.0, "3", True], [1, 2, 3, 1], "int64"),
        ("integer", [1, 2], [1, 2], "int32"),
        ("double", [1, None, "0.5"], [1.0, None, 0.5], "float64"),
        ("float", [0.5, 3], [0.5, 3.0], "float32"),
        ("boolean", [True, 0, 1.0], [True, False, True], "bool"),
        ("string", ["x", None, 5], ["x", None, 5], "object"),
        ("binary", ["eA==", "eQ==\n"], [b"x", b"y"], "object"),
        ("datetime", ["2024-05-01", "2024-05-01T12:30:00"], None, "datetime64[ns]"),
    ],
)
def test_values_are_read_as_their_type(kind: Any, values: list[Any], kept: list[Any] | None, dtype: str) -> None:
    found = scored({"dataframe_split": {"columns": ["x"], "data": [[v] for v in values]}}, Schema([ColSpec(kind, "x")]))
    assert str(found["x"].dtype) == dtype
    if kept is not None:
        assert found["x"].astype(object).where(found["x"].notna(), None).tolist() == kept


@pytest.mark.parametrize(
    ("kind", "value", "told"),
    [
        ("long", 1.5, "1.5 (float) is no long"),
        ("long", "1.5", "'1.5' (text) is no number"),
        ("long", None, "the value is missing"),
        ("long", 2**63, f"{2**63} (int) is no long"),
        ("long", 1e300, "is no long"),
        ("long", float("nan"), "the value is missing"),
        ("integer", 2**31, f"{2**31} (int) is no integer"),
        ("double", 2**53 + 1, f"{2**53 + 1} (int) is no double"),
        ("double", "high", "'high' (text) is no number"),
        ("double", [1], "[1] (list) is no double"),
        ("float", 1e300, "1e+300 (float) is no float"),
        ("boolean", "False", "'False' (str) is no boolean"),
        ("boolean", 2, "2 (int) is no boolean"),
        ("boolean", None, "the value is missing"),
        ("binary", "h!llo", "no text in base64"),
        ("binary", 5, "no text in base64"),
        ("datetime", 1_714_521_600, "1714521600 (int) is no datetime"),
        ("datetime", "yesterday", "'yesterday' (str) is no datetime"),
    ],
)
def test_value_of_another_type_is_refused_with_column_and_row(kind: Any, value: Any, told: str) -> None:
    good: dict[str, Any] = {"boolean": True, "binary": "eA==", "datetime": "2024-05-01"}
    rows = [[good.get(kind, 1)], [value]]
    message = bad({"dataframe_split": {"columns": ["x"], "data": rows}}, Schema([ColSpec(kind, "x")]))
    assert message.startswith("dataframe_split: The column 'x', row 1: ")
    assert told in message


def test_optional_values_may_be_null() -> None:
    for kind, dtype in (("long", "Int64"), ("integer", "Int32"), ("boolean", "boolean")):
        found = scored({"inputs": [{"x": 1}, {"x": None}]}, Schema([ColSpec(kind, "x", required=False)]))  # type: ignore[arg-type]
        assert (str(found["x"].dtype), found["x"].isna().tolist()) == (dtype, [False, True])


@pytest.mark.parametrize(
    ("payload", "told"),
    [
        ([1], "this is a list"),
        ("x", "this is a text"),
        ({}, "this has none"),
        ({"columns": ["a"]}, "this has columns"),
        ({"inputs": [1], "instances": [1]}, "exactly one of"),
        ({"inputs": [1], "signature_name": "x"}, "signature_name"),
        ({"inputs": [1], "params": [1]}, "'params' is a JSON object"),
        ({"dataframe_split": [1]}, "this is 'list'"),
        ({"dataframe_split": {"columns": ["a"]}}, "'data'"),
        ({"dataframe_split": {"data": [[1]], "odd": 1}}, "'odd'"),
        ({"dataframe_split": {"data": [[1, 2], [3]], "columns": ["a", "b"]}}, "row 1 has 1 values"),
        ({"dataframe_split": {"data": [[1, 2]], "columns": ["a"]}}, "row 0 has 2 values, and there are 1 columns"),
        ({"dataframe_split": {"data": [1, 2], "columns": ["a"]}}, "list of rows"),
        ({"dataframe_split": {"data": {"a": 1}, "columns": ["a"]}}, "list of rows"),
        ({"dataframe_split": {"data": [[1]], "columns": {"a": 1}}}, "'columns' is a list"),
        ({"dataframe_split": {"data": [[1]], "columns": [["a"]]}}, "'columns' is a list"),
        ({"dataframe_split": {"data": [[1]], "index": [1, 2]}}, "'index'"),
        ({"dataframe_records": {"a": 1}}, "list of objects"),
        ({"dataframe_records": [[1]]}, "list of objects"),
        ({"instances": 5}, "list of rows"),
        ({"instances": [{"a": 1}, {}]}, "row 1 lacks 'a'"),
        ({"instances": [[1], [1, 2]]}, "several lengths"),
        ({"inputs": {"a": [[1], [1, 2]]}}, "several lengths"),
    ],
)
def test_what_is_none_of_the_forms_is_a_bad_request(payload: Any, told: str) -> None:
    assert told in bad(payload)


@pytest.mark.parametrize(
    ("payload", "schema", "told"),
    [
        ({"instances": [[1, 2, 3]]}, NUMBERS, "rows have 3 values, and the model takes 2"),
        ({"inputs": [1, 2]}, NUMBERS, "list of rows"),
        ({"inputs": {"a": [1], "b": [1, 2]}}, NUMBERS, "lists of one length"),
        ({"inputs": {"a": [1], "b": 2}}, NUMBERS, "lists of one length"),
        ({"inputs": [[1, 2], [3]]}, ARRAY, "rows of several sizes"),
        ({"inputs": [["a", "b"]]}, ARRAY, "such as 'a'"),
        ({"inputs": {"a": [1]}}, ARRAY, "one array without a name"),
        ({"inputs": [1]}, ARRAYS, "array for each of ['p', 'q']"),
        ({"instances": [[1.5]]}, Schema([TensorSpec(np.dtype("int64"), (-1, 1))]), "1.5 at [0, 0]"),
        ({"inputs": {"v": ["a"], "o": {"k": 1}}}, NESTED, "The column 'v', row 0: [0]: 'a' (str) is no double"),
    ],
)
def test_what_does_not_fit_the_signature_is_a_bad_request(payload: Any, schema: Schema, told: str) -> None:
    assert told in bad(payload, schema)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abcxvopq"), inner, max_size=4),
    max_leaves=12,
)


@given(
    st.sampled_from(["dataframe_split", "dataframe_records", "instances", "inputs"]),
    JSON,
    st.sampled_from([None, MIXED, NUMBERS, ONE, NESTED, ARRAY, ARRAYS]),
)
def test_whatever_is_sent_is_read_or_refused(form: str, content: Any, schema: Schema | None) -> None:
    with suppress(InvalidParameter):
        data = parse_payload({form: content}, schema).data
        if schema is not None:
            enforce(data, schema)


def test_csv_is_read_as_the_schema_says() -> None:
    text = "c,a,b,more\n007,1,2,x\n,2,,y\n"
    found = enforce(parse_csv(io.StringIO(text), MIXED), MIXED)
    assert found["c"].tolist()[0] == "007"
    assert (found["a"].tolist(), found["b"].isna().tolist()) == ([1, 2], [False, True])
    assert list(parse_csv(io.StringIO(text)).columns) == ["c", "a", "b", "more"]


@pytest.mark.parametrize("text", ["", 'a,b\n1,2,3\n1\n"', "a,b,c\n1.5,1,x\n", "a,b,c\n,1,x\n"])
def test_csv_that_cannot_be_read_is_a_bad_request(text: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        parse_csv(io.StringIO(text), MIXED)
    assert caught.value.error_code == "BAD_REQUEST"


def test_a_thousand_rows_are_read_alike_at_once_and_one_by_one() -> None:
    rows = np.random.default_rng(0).normal(size=(1000, 2)).tolist()
    whole = scored({"dataframe_split": {"columns": ["a", "b"], "data": rows}}, NUMBERS)
    pd.testing.assert_frame_equal(
        whole, scored({"instances": [dict(zip("ab", row, strict=True)) for row in rows]}, NUMBERS)
    )
