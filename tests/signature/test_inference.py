"""The schema of data, as MLflow infers it; and of what MLflow has no words for."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from decimal import Decimal
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from trackbook.errors import InvalidParameter
from trackbook.signature import AnyType, Array, ColSpec, DataType, Object, Property, Schema, TensorSpec, infer_schema

DAY = dt.date(2024, 5, 1)


def types(data: Any, **how: bool) -> dict[Any, tuple[str, bool]]:
    """Name to type and whether it is required."""
    specs = [spec for spec in infer_schema(data, **how) if isinstance(spec, ColSpec)]
    return {spec.name: (repr(spec.type), spec.required) for spec in specs}


@pytest.mark.parametrize(
    ("values", "kind", "required"),
    [
        (np.array([True, False]), "boolean", True),
        (np.array([1, 2], "int8"), "integer", True),
        (np.array([1, 2], "int32"), "integer", True),
        (np.array([1, 2], "uint16"), "integer", True),
        (np.array([1, 2], "uint32"), "long", True),
        (np.array([1, 2], "int64"), "long", True),
        (np.array([1, np.nan], "float32"), "float", False),
        (np.array([1.0, 2.0]), "double", True),
        (["a", "b"], "string", True),
        (pd.Series(["a", None], dtype=object), "string", False),
        (pd.Series(["a", None], dtype="string"), "string", False),
        (pd.Categorical(["a", "b"]), "string", True),
        (pd.Categorical([1, 2]), "long", True),
        (pd.Series([1, None], dtype="Int64"), "long", False),
        (pd.Series([True, None], dtype="boolean"), "boolean", False),
        (pd.Series([1, 2], dtype=object), "long", True),
        (pd.Series([1, 2.5], dtype=object), "double", True),
        (pd.Series([b"a", None], dtype=object), "binary", False),
        (pd.to_datetime(pd.Series(["2024-01-01", None])), "datetime", False),
        (pd.to_datetime(["2024-01-01"] * 2).tz_localize("Europe/Berlin"), "datetime", True),
        (pd.Series([DAY, DAY], dtype=object), "datetime", True),
        (pd.Series([[1], [2, 3]]), "Array(long)", True),
        (pd.Series([{"a": 1}, {"b": "x"}]), "{a: long (optional), b: string (optional)}", True),
        (pd.Series([None, None], dtype=object), "Any", False),
        (pd.arrays.SparseArray([0, 0, 1]), "long", True),
        (pd.arrays.SparseArray([0.5, np.nan]), "double", False),
    ],
)
def test_pandas_column_has_mlflows_type(values: Any, kind: str, required: bool) -> None:
    assert types(pd.DataFrame({"x": values})) == {"x": (kind, required)}


@pytest.mark.parametrize(
    "values",
    [
        pd.to_timedelta([1, 2]),
        pd.period_range("2024", periods=2, freq="D"),
        np.array([1, 2], "uint64"),
        np.array([1j, 2j]),
        [Decimal(1), Decimal(2)],
        [1, "a"],
        [[1], ["a"]],
        [object(), object()],
        pd.interval_range(0, 2),
    ],
)
def test_type_that_mlflow_has_no_word_for_is_any_or_an_error_that_names_the_column(values: Any) -> None:
    frame = pd.DataFrame({"good": [1, 2], "odd": pd.Series(values)})
    assert types(frame, lenient=True) == {"good": ("long", True), "odd": ("Any", True)}
    with pytest.raises(InvalidParameter, match="'odd'"):
        infer_schema(frame)


def test_frames_with_odd_names_have_a_schema() -> None:
    frame = pd.DataFrame([[1, 2.0, "a"]], columns=pd.Index(["x", "x", 3], dtype=object))
    assert [(spec.name, repr(spec.type)) for spec in infer_schema(frame)] == [
        ("x", "long"), ("x", "double"), (3, "string"),
    ]  # fmt: skip
    with pytest.raises(InvalidParameter, match="without columns"):
        infer_schema(pd.DataFrame())


def test_series_is_one_column() -> None:
    assert infer_schema(pd.Series([1, 2], name="x")) == Schema([ColSpec(DataType.long, "x")])
    assert infer_schema(pd.Series([1.0, None])) == Schema([ColSpec(DataType.double)])


def test_arrays_are_tensors_with_the_first_size_open() -> None:
    assert infer_schema(np.zeros((5, 3), "float32")) == Schema([TensorSpec(np.dtype("float32"), (-1, 3))])
    assert infer_schema(np.array(["abc"])) == Schema([TensorSpec(np.dtype("str"), (-1,))])
    named = {"a": np.zeros(3), "b": np.zeros((2, 2), int)}
    assert infer_schema(named).to_dict() == [
        {"name": "a", "type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1]}},
        {"name": "b", "type": "tensor", "tensor-spec": {"dtype": "int64", "shape": [-1, 2]}},
    ]
    sparse = import_module("scipy.sparse").csr_matrix(np.eye(3))
    assert infer_schema(sparse) == Schema([TensorSpec(np.dtype("float64"), (-1, 3))])
    with pytest.raises(InvalidParameter, match="records"):
        infer_schema(np.zeros(2, dtype=[("a", "i4")]))


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ({"a": 1, "b": ["x"], "c": None}, {"a": ("long", True), "b": ("Array(string)", True), "c": ("Any", False)}),
        ([{"a": 1}, {"a": 2, "b": "x"}], {"a": ("long", True), "b": ("string", False)}),
        ([{"a": None}, {"a": [1.5]}], {"a": ("Array(double)", False)}),
        (["x", "y"], {None: ("string", True)}),
        ([], {None: ("string", True)}),
        ([[1, 2], []], {None: ("Array(long)", True)}),
        ("x", {None: ("string", True)}),
        (np.float32(1), {None: ("float", True)}),
        (np.datetime64("2024-01-01"), {None: ("datetime", True)}),
    ],
)
def test_dicts_lists_and_values_are_columns(data: Any, found: dict[Any, Any]) -> None:
    assert types(data) == found


def test_objects_of_columns_nest() -> None:
    (spec,) = infer_schema([{"a": {"b": [1, None], "c": None}}])
    assert spec.type == Object((Property("b", Array(DataType.long)), Property("c", AnyType(), required=False)))


@pytest.mark.parametrize("data", [object(), {}, [{}], [1, "a"], {1, 2}, 1 + 2j])
def test_what_has_no_schema_is_a_typed_error(data: Any) -> None:
    with pytest.raises(InvalidParameter):
        infer_schema(data)


def test_lists_in_lists_without_end_are_refused() -> None:
    deep: list[Any] = []
    for _ in range(500):
        deep = [deep]
    with pytest.raises(InvalidParameter, match="32 levels"):
        infer_schema([deep])


def test_polars_columns_have_mlflows_types() -> None:
    frame = pl.DataFrame(
        {
            "i8": pl.Series([1, 2], dtype=pl.Int8),
            "u32": pl.Series([1, 2], dtype=pl.UInt32),
            "i64": [1, None],
            "f32": pl.Series([1.0, 2.0], dtype=pl.Float32),
            "nan": [1.0, float("nan")],
            "text": ["a", "b"],
            "kind": pl.Series(["a", "b"], dtype=pl.Categorical),
            "day": [DAY, DAY],
            "raw": [b"a", b"b"],
            "yes": [True, False],
            "list": [[1], [2]],
            "struct": [{"a": 1}, {"a": 2}],
        }
    )
    assert types(frame) == {
        "i8": ("integer", True),
        "u32": ("long", True),
        "i64": ("long", False),
        "f32": ("float", True),
        "nan": ("double", False),
        "text": ("string", True),
        "kind": ("string", True),
        "day": ("datetime", True),
        "raw": ("binary", True),
        "yes": ("boolean", True),
        "list": ("Array(long)", True),
        "struct": ("{a: long (required)}", True),
    }
    assert types(pl.Series("x", [1.5])) == {"x": ("double", True)}


def test_polars_types_without_a_word_are_any_or_an_error() -> None:
    frame = pl.DataFrame({"odd": [dt.timedelta(1)], "u64": pl.Series([1], dtype=pl.UInt64)})
    assert types(frame, lenient=True) == {"odd": ("Any", True), "u64": ("Any", True)}
    with pytest.raises(InvalidParameter, match="'odd'"):
        infer_schema(frame)


def test_no_library_is_imported_to_recognise_its_data() -> None:
    code = (
        "import sys, numpy; from trackbook.signature import infer_schema\n"
        "infer_schema(numpy.zeros(3)); infer_schema([1])\n"
        "print(sorted({'pandas', 'polars', 'scipy'} & {name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
