"""What a caller hands to predict is brought into the schema's order and types, and nothing becomes another value."""

from __future__ import annotations

import datetime as dt
import logging
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackbook.errors import InvalidParameter
from trackbook.signature import (
    AnyType,
    Array,
    ColSpec,
    DataType,
    Map,
    Object,
    Property,
    Schema,
    TensorSpec,
    infer_params,
    infer_schema,
)
from trackbook.signature.enforcement import Enforcer, enforce, enforce_params

LONG, DOUBLE, TEXT = DataType.long, DataType.double, DataType.string
TWO = Schema([ColSpec(LONG, "a"), ColSpec(DOUBLE, "b", required=False)])
DEEP = Object((Property("n", LONG), Property("tags", Array(TEXT), required=False)))


def column(data: Any, kind: Any, **how: bool) -> list[Any]:
    return list(enforce(data, Schema([ColSpec(kind, "x", **how)]))["x"])


def refused(data: Any, schema: Schema) -> str:
    with pytest.raises(InvalidParameter) as caught:
        enforce(data, schema)
    return str(caught.value)


def test_columns_are_reordered_and_others_are_dropped_with_one_warning(caplog: pytest.LogCaptureFixture) -> None:
    enforcer = Enforcer(TWO)
    frame = pd.DataFrame({"z": [0], "b": [0.5], "a": [1]}, index=["row"])
    with caplog.at_level(logging.WARNING, "trackbook"):
        for _ in range(3):
            pd.testing.assert_frame_equal(enforcer(frame), frame[["a", "b"]])
    assert [record.getMessage().count("'z'") for record in caplog.records] == [1]


def test_optional_column_may_be_away_and_a_required_one_may_not() -> None:
    assert list(enforce(pd.DataFrame({"a": [1]}), TWO).columns) == ["a"]
    message = refused(pd.DataFrame({"b": [1.0], "A": [1]}), TWO)
    assert message == (
        "The input lacks 'a', which the model's signature requires; it has 'A' that the signature does not know."
    )


def test_column_that_is_there_twice_is_refused() -> None:
    assert "'a' more than once" in refused(pd.DataFrame([[1, 2]], columns=["a", "a"]), TWO)


def test_columns_without_names_are_known_by_their_places() -> None:
    schema = Schema([ColSpec(LONG), ColSpec(TEXT)])
    found = enforce(pd.DataFrame({"q": [1], "w": ["x"], "e": [2]}), schema)
    assert found.to_dict("list") == {"q": [1], "w": ["x"]}
    assert enforce([[1, "x"], [2, "y"]], schema).to_dict("list") == {0: [1, 2], 1: ["x", "y"]}
    assert "takes 2 columns" in refused(pd.DataFrame({"q": [1]}), schema)


def test_result_is_another_table_so_that_predict_may_change_it() -> None:
    enforcer, frame = Enforcer(TWO), pd.DataFrame({"a": [1], "b": [0.5]})
    for _ in range(2):
        found = enforcer(frame)
        found["c"] = 3
    assert list(frame.columns) == ["a", "b"]


@pytest.mark.parametrize(
    ("data", "rows"),
    [
        ({"a": 1, "b": 0.5}, [[1, 0.5]]),
        ({"a": [1, 2], "b": [0.5, None]}, [[1, 0.5], [2, None]]),
        ({"a": np.array([1, 2]), "b": np.array([0.5, 1])}, [[1, 0.5], [2, 1]]),
        ({"a": np.int64(3)}, [[3]]),
        ([{"a": 1, "b": 0.5}, {"a": 2}], [[1, 0.5], [2, None]]),
        (pl.DataFrame({"b": [0.5], "a": [1]}), [[1, 0.5]]),
        (pd.DataFrame({"b": [0.5], "a": [np.int32(1)]}), [[1, 0.5]]),
    ],
)
def test_dicts_lists_and_polars_are_tables(data: Any, rows: list[list[Any]]) -> None:
    found = enforce(data, TWO)
    assert found.astype(object).where(found.notna(), None).to_numpy().tolist() == rows
    assert str(found["a"].dtype) == "int64"


@pytest.mark.parametrize("data", [5, [5, 6], np.array([5, 6]), pd.Series([5, 6], name="x"), pl.Series("x", [5, 6])])
def test_values_of_the_only_column_need_no_name(data: Any) -> None:
    assert column(data, "long")[0] == 5


@pytest.mark.parametrize("data", [object(), {1, 2}, None, (1, 2), {"x": object}, [[[1], 2], 3, {}]])
def test_what_is_no_table_is_a_typed_error(data: Any) -> None:
    assert refused(data, TWO).startswith(("The input makes no table", "The model takes a table", "The input lacks"))


@pytest.mark.parametrize(
    ("values", "kind", "told"),
    [
        ([1.0, 1.5], "long", "row 1: 1.5 is no whole number"),
        ([1.0, None], "long", "row 1: the value is missing"),
        ([1.0, 2.0], "long", "whole: convert it with .astype('int64')"),
        ([1, 2], "double", "holds int64, and the schema says double"),
        ([True, "yes"], "boolean", "row 1: 'yes' (str) is no boolean"),
        ([1, 2**70], "long", f"row 1: {2**70} (int) is no long"),
        (pd.Series([1, 10**5000], dtype=object), "long", "row 1: a number of very many digits (int) is no long"),
        (pd.Series([1.5, 10**5000], dtype=object), "double", "row 1: a number of very many digits (int) is no double"),
        (pd.Series([1, None], dtype="Int64"), "long", "row 1: the value is missing"),
        (pd.to_datetime(pd.Series(["2024-05-01"])).dt.tz_localize("UTC"), "datetime", "tz_localize(None)"),
        ([dt.date(1, 1, 1)], "datetime", "1677"),
        (["2024-05-01", "soon"], "datetime", "row 1: 'soon'"),
        (["1"], "long", "row 0: '1' (str) is no long"),
    ],
)
def test_refusal_names_the_column_the_row_and_the_remedy(values: Any, kind: Any, told: str) -> None:
    message = refused(pd.DataFrame({"x": values}), Schema([ColSpec(kind, "x")]))
    assert "The column 'x'" in message
    assert told in message


def test_row_is_told_with_its_label() -> None:
    frame = pd.DataFrame({"x": [1.0, 1.5]}, index=["ann", "bob"])
    assert "row 1 (index 'bob'): 1.5" in refused(frame, Schema([ColSpec(LONG, "x")]))


@pytest.mark.parametrize(
    ("values", "kind", "dtype"),
    [
        (pd.Series([1, None], dtype="Int64"), "long", "Int64"),
        (pd.Series([True, None], dtype="boolean"), "boolean", "boolean"),
        ([1.0, None], "long", "Int64"),
        ([1, None], "integer", "Int32"),
        (pd.Series([2, None], dtype=object), "long", "Int64"),
        (pd.arrays.SparseArray([0.0, 1.5]), "double", "float64"),
        (pd.arrays.SparseArray([0, 1]), "long", "int64"),
        (["2024-05-01", None], "datetime", "datetime64[ns]"),
    ],
)
def test_optional_column_with_gaps_keeps_its_values(values: Any, kind: Any, dtype: str) -> None:
    frame = pd.DataFrame({"x": values})
    found = enforce(frame, Schema([ColSpec(kind, "x", required=False)]))["x"]
    assert str(found.dtype) == dtype
    assert found.isna().tolist() == frame["x"].isna().tolist()


def test_what_a_schema_was_inferred_from_fits_it() -> None:
    records = [{"a": 1, "t": "x", "l": [1.5], "o": {"p": 1}}, {"a": None, "t": None, "l": [], "o": {"q": "y"}}]
    frame = pd.DataFrame({"n": pd.array([1, None], "Int64"), "k": pd.Categorical(["a", "b"])})
    for data in (records, frame, {"x": 1, "y": [1, 2], "z": None}, ["a", "b"], [[1], [2, 3]], 1.5):
        enforce(data, infer_schema(data))


@pytest.mark.parametrize(
    ("value", "kind", "kept"),
    [
        ([1, 2], Array(LONG), [1, 2]),
        ([1, 2.5, None], Array(DOUBLE), [1.0, 2.5, np.nan]),
        (["a", None], Array(TEXT), ["a", None]),
        ([[1], []], Array(Array(LONG)), [[1], []]),
        ({"n": 1}, DEEP, {"n": 1}),
        ({"n": 1, "tags": None}, DEEP, {"n": 1, "tags": None}),
        ({"a": 1, "b": 2}, Map(DOUBLE), {"a": 1.0, "b": 2.0}),
        ({"a": [None, {}]}, AnyType(), {"a": [None, {}]}),
        (None, Array(AnyType()), None),
        ([dt.date(2024, 5, 1)], Array(DataType.datetime), [dt.date(2024, 5, 1)]),
        ([b"x"], Array(DataType.binary), [b"x"]),
    ],
)
def test_lists_objects_and_maps_are_looked_into(value: Any, kind: Any, kept: Any) -> None:
    (found,) = column(pd.DataFrame({"x": pd.Series([value], dtype=object)}), kind)
    np.testing.assert_equal(found, kept)


def test_arrays_in_a_column_stay_arrays() -> None:
    frame = pd.DataFrame({"x": [np.array([1.5, 2]), np.array([1, 2], "float32")]})
    assert [str(value.dtype) for value in column(frame, Array(DOUBLE))] == ["float64", "float64"]


@pytest.mark.parametrize(
    ("value", "kind", "told"),
    [
        ([1, 1.5], Array(LONG), "[1]: 1.5 (float) is no long"),
        ([1, None], Array(LONG), "[1]: None"),
        ("ab", Array(TEXT), "'ab' (str) is no Array(string)"),
        ([[1], ["a"]], Array(Array(LONG)), "[1][0]: 'a'"),
        ({}, DEEP, "{} (dict)"),
        ({"tags": []}, DEEP, "'n' is missing"),
        ({"n": 1, "odd": 2}, DEEP, "'odd' is no member"),
        ({"n": "1"}, DEEP, "['n']: '1' (str) is no long"),
        ({1: 2}, Map(LONG), "{1: 2} (dict)"),
        ({"a": 2**53 + 1}, Map(DOUBLE), f"['a']: {2**53 + 1}"),
        ([1e300], Array(DataType.float), "[0]: 1e+300"),
        ([2**31], Array(DataType.integer), f"[0]: {2**31}"),
    ],
)
def test_value_within_a_value_is_refused_by_its_way_there(value: Any, kind: Any, told: str) -> None:
    frame = pd.DataFrame({"x": pd.Series([value], dtype=object)})
    message = refused(frame, Schema([ColSpec(kind, "x")]))
    assert message.startswith("The column 'x', row 0: ")
    assert told in message


def test_deep_values_are_refused_and_not_followed() -> None:
    deep: Any = 1
    kind: Any = AnyType()
    for _ in range(3000):
        deep = [deep]
    for _ in range(32):
        kind = Array(kind)
    assert len(column(pd.DataFrame({"x": pd.Series([deep], dtype=object)}), kind)) == 1


SHAPED = Schema([TensorSpec(np.dtype("float64"), (-1, 2))])


@pytest.mark.parametrize(
    "data",
    [
        np.zeros((3, 2)),
        [[1, 2.5], [3, 4]],
        pd.DataFrame({"a": [1.0], "b": [2.0]}),
        pd.DataFrame({"a": [[1, 2], [3, 4]]}),
        pd.DataFrame({"a": [np.array([1.0, 2.0])]}, index=["x"]),
        import_module("scipy.sparse").csr_matrix(np.eye(2)),
        import_module("scipy.sparse").csc_matrix(np.eye(2)),
    ],
)
def test_tensor_is_taken_from_arrays_lists_and_tables(data: Any) -> None:
    found = enforce(data, SHAPED)
    assert (found.shape[1], str(found.dtype)) == (2, "float64")


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (np.zeros((3, 3)), "has the shape (3, 3), and the schema says (-1, 2)"),
        (np.zeros(2), "has the shape (2,)"),
        (np.zeros((3, 2), "float32"), "holds float32, and the schema says float64"),
        (np.zeros((3, 2), int), "holds int64"),
        ([[1, 2], [3]], "rows of several sizes"),
        ([["1", "2"]], "holds <U1, such as '1'"),
        ([[2**53 + 1, 1]], f"{2**53 + 1} at [0, 0]"),
        ("x", "one array"),
        ({"a": np.zeros((3, 2))}, "one array"),
        (pd.DataFrame({"a": [1, 2], "b": [1, 2]}), "holds int64"),
        (pd.DataFrame({"a": [[1, 2], [3]]}), "rows of several sizes"),
        (pd.DataFrame(), "is empty"),
    ],
)
def test_tensor_of_another_shape_or_type_is_refused(data: Any, told: str) -> None:
    assert told in refused(data, SHAPED)


def test_tensor_that_would_lose_a_fraction_is_refused_by_place() -> None:
    schema = Schema([TensorSpec(np.dtype("int64"), (-1,), "n")])
    assert "'n' holds 1.5 at [1]" in refused(pd.DataFrame({"n": [1.0, 1.5]}), schema)
    assert enforce(pd.DataFrame({"n": [1.0, 2.0]}), schema)["n"].tolist() == [1, 2]
    assert enforce(np.array([1, 2]), schema)["n"].tolist() == [1, 2]


def test_named_tensors_are_found_by_name() -> None:
    schema = infer_schema({"a": np.zeros((2, 3)), "b": np.zeros(2, int)})
    found = enforce({"b": np.ones(4, int), "a": np.ones((4, 3)), "c": 1}, schema)
    assert {name: array.shape for name, array in found.items()} == {"a": (4, 3), "b": (4,)}
    assert "lacks 'b'; it has 'a'" in refused({"a": np.ones((4, 3))}, schema)
    assert "dict of arrays named 'a', 'b'" in refused(np.ones((4, 3)), schema)
    assert "'a' is an array, not int" in refused({"a": 1, "b": np.ones(4, int)}, schema)
    table = enforce(pd.DataFrame({"a": [[1, 2, 3]], "b": [4]}), schema)
    assert (table["a"].tolist(), table["b"].tolist()) == ([[1.0, 2.0, 3.0]], [4])


def test_rows_of_several_sizes_fit_an_open_size() -> None:
    ragged = np.empty(2, dtype=object)
    ragged[:] = [np.zeros(3), np.zeros(2)]
    assert enforce(ragged, Schema([TensorSpec(np.dtype("float64"), (-1, -1))])) is ragged
    assert enforce(ragged, Schema([TensorSpec(np.dtype(object), (-1,))])) is ragged
    assert enforce([[1.0], [1.0, 2.0]], Schema([TensorSpec(np.dtype("float64"), (-1, -1))])).shape == (2,)


def test_texts_of_any_length_fit_a_tensor_of_texts() -> None:
    assert enforce(np.array(["abc"]), Schema([TensorSpec(np.dtype("str"), (-1,))])).tolist() == ["abc"]


@given(st.lists(st.one_of(st.integers(-(2**70), 2**70), st.floats(), st.booleans(), st.none()), min_size=1))
def test_no_number_becomes_another(values: list[Any]) -> None:
    for kind in ("long", "integer", "double", "float", "boolean"):
        frame = pd.DataFrame({"x": pd.Series(values, dtype=object)})
        try:
            found = enforce(frame, Schema([ColSpec(DataType.named(kind), "x", required=False)]))["x"].tolist()
        except InvalidParameter:
            continue
        for given_value, kept in zip(values, found, strict=True):
            if pd.isna(kept):
                assert pd.isna(given_value)
            elif kind != "float":
                assert kept == given_value


PARAMS = infer_params({"k": 5, "rate": 0.5, "stop": ["."], "o": {"a": 1}})


def test_params_have_the_defaults_of_those_that_are_not_given(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "trackbook"):
        found = enforce_params({"rate": 1, "stop": np.array(["a"]), "odd": 7}, PARAMS)
    assert found == {"k": 5, "rate": 1.0, "stop": ["a"], "o": {"a": 1}}
    assert "'odd'" in caplog.text
    assert enforce_params(None, PARAMS)["k"] == 5
    assert enforce_params({"k": 1}, None) == {}
    assert enforce_params(None, None) == {}


def test_default_of_a_param_is_not_the_callers_to_change() -> None:
    enforce_params(None, PARAMS)["stop"].append("!")
    assert enforce_params(None, PARAMS)["stop"] == ["."]


@pytest.mark.parametrize(
    "params",
    [{"k": 1.5}, {"k": "5"}, {"k": True}, {"k": [5]}, {"stop": "."}, {"stop": [1]}, {"o": 3}, {"o": {}}, [1], 7],
)
def test_param_of_another_type_is_refused_by_name(params: Any) -> None:
    with pytest.raises(InvalidParameter, match=r"parameter '\w+'|a dict"):
        enforce_params(params, PARAMS)


def test_second_table_of_the_same_columns_and_types_is_done_as_the_first() -> None:
    """What is remembered of the first gives the same result as looking at each column."""
    schema = Schema([ColSpec(DOUBLE, "a"), ColSpec(TEXT, "b"), ColSpec(LONG, "c", required=False)])
    enforcer = Enforcer(schema)
    frames = [
        pd.DataFrame({"a": [1.5], "b": ["x"], "c": [1]}),
        pd.DataFrame({"c": np.array([1], "int32"), "z": [0], "b": ["x"], "a": np.array([1.5], "float32")}),
        pd.DataFrame({"b": ["x"], "a": [1.5]}, index=["row"]),
        pd.DataFrame({"a": np.array([1], "int8"), "b": ["x"], "c": np.array([1], "uint16")}),
        pd.DataFrame({"a": np.array([0, 1]), "b": ["x", "y"], "c": [1, 2]}),
    ]
    for _ in range(3):
        for frame in frames:
            pd.testing.assert_frame_equal(enforcer(frame), enforce(frame, schema))
    assert len(enforcer._plans) == 4, "zeros and ones have to be looked at each time"
    with pytest.raises(InvalidParameter, match="'a' holds int64"):
        enforcer(pd.DataFrame({"a": [0, 2], "b": ["x", "y"], "c": [1, 2]}))
    many = Enforcer(Schema([ColSpec(DOUBLE, name) for name in "abc"]))
    for size in ("float32", "float16", "int8", "float64"):
        for _ in range(2):
            assert set(many(pd.DataFrame(np.ones((2, 3), size), columns=list("abc"))).dtypes) == {np.dtype("float64")}
