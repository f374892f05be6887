"""Schemas and types: MLflow's JSON both ways, equality and repr, and what cannot be one."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

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
    merged,
    type_from_dict,
)

NESTED = Object((Property("b", Array("long")), Property("a", Map(DataType.string), required=False)))  # type: ignore[arg-type]
COLUMNS = Schema([ColSpec("double", "x"), ColSpec(NESTED, "o", required=False), ColSpec(AnyType(), "any")])  # type: ignore[arg-type]
TENSORS = Schema([TensorSpec(np.dtype("<U7"), (-1, 3), "t"), TensorSpec(np.dtype("float32"), (-1,), "f")])


def test_json_is_what_mlflow_writes() -> None:
    assert COLUMNS.to_dict() == [
        {"type": "double", "name": "x", "required": True},
        {
            "type": "object",
            "properties": {
                "a": {"type": "map", "values": {"type": "string"}, "required": False},
                "b": {"type": "array", "items": {"type": "long"}, "required": True},
            },
            "name": "o",
            "required": False,
        },
        {"type": "any", "name": "any", "required": True},
    ]
    assert TENSORS.to_dict()[0] == {"name": "t", "type": "tensor", "tensor-spec": {"dtype": "str", "shape": [-1, 3]}}


@pytest.mark.parametrize(
    "schema", [COLUMNS, TENSORS, Schema([ColSpec(DataType.long)])], ids=["columns", "tensors", "one"]
)
def test_schema_comes_back_from_its_json_equal(schema: Schema) -> None:
    again = Schema.from_json(schema.to_json())
    assert again == schema
    assert hash(again) == hash(schema)
    assert repr(again) == repr(schema)
    assert again.to_json() == schema.to_json()


def test_repr_reads_like_mlflows() -> None:
    assert repr(COLUMNS) == (
        "['x': double (required), 'o': {a: Map(str -> string) (optional), b: Array(long) (required)} (optional), "
        "'any': Any (required)]"
    )
    assert repr(TENSORS) == "['t': Tensor('str', (-1, 3)), 'f': Tensor('float32', (-1,))]"


def test_names_and_types_are_asked_for() -> None:
    assert (COLUMNS.input_names(), TENSORS.is_tensor_spec(), COLUMNS.has_input_names()) == (
        ["x", "o", "any"],
        True,
        True,
    )
    assert (COLUMNS.input_types()[0], len(COLUMNS), [spec.name for spec in TENSORS]) == (DataType.double, 3, ["t", "f"])
    assert COLUMNS != TENSORS
    assert Schema([ColSpec(DataType.long)]).input_names() == [0]


@pytest.mark.parametrize("kind", list(DataType))
def test_every_plain_type_has_its_numpy_pandas_and_python_type(kind: DataType) -> None:
    assert DataType.named(kind.name) is kind
    assert isinstance(kind.to_numpy(), np.dtype)
    assert kind.to_pandas() == (object if kind.name in ("string", "binary") else kind.to_numpy())
    assert isinstance(kind.to_python(), type)


@pytest.mark.parametrize(
    "content",
    [
        None, {}, [3], [{}], [{"type": "longer"}], [{"type": ["long"]}], [{"type": "array"}],
        [{"type": "map", "values": 3}], [{"type": "object", "properties": {}}],
        [{"type": "object", "properties": {"a": 1}}], [],
        [{"type": "tensor"}], [{"type": "tensor", "tensor-spec": {"dtype": None, "shape": [1]}}],
        [{"type": "tensor", "tensor-spec": {"dtype": "floaty", "shape": [1]}}],
        [{"type": "tensor", "tensor-spec": {"dtype": "i4,f8", "shape": [1]}}],
        [{"type": "tensor", "tensor-spec": {"dtype": "f8", "shape": "3"}}],
        [{"type": "tensor", "tensor-spec": {"dtype": "f8", "shape": [-2]}}],
        [{"type": "long", "name": "a"}, {"type": "long"}],
        [{"type": "long", "required": False}],
        [{"type": "long"}, {"type": "tensor", "tensor-spec": {"dtype": "f8", "shape": [1]}}],
    ],
)  # fmt: skip
def test_what_is_no_schema_is_a_typed_error(content: Any) -> None:
    with pytest.raises(InvalidParameter):
        Schema.from_dict(content)


@pytest.mark.parametrize("text", ["", "{", None, 7, "[" * 100_000, "3"])
def test_what_is_no_json_is_a_typed_error(text: Any) -> None:
    with pytest.raises(InvalidParameter):
        Schema.from_json(text)


def test_types_nested_without_end_are_refused_and_not_followed() -> None:
    deep: dict[str, Any] = {"type": "long"}
    for _ in range(200):
        deep = {"type": "array", "items": deep}
    with pytest.raises(InvalidParameter, match="32 levels"):
        type_from_dict(deep)


@pytest.mark.parametrize("bad", [3, None, "longer", object, [DataType.long]])
def test_what_is_no_type_is_refused(bad: Any) -> None:
    for make in (Array, Map, ColSpec, lambda kind: Property("a", kind)):
        with pytest.raises(InvalidParameter):
            make(bad)


def test_merging_keeps_what_both_have_and_makes_the_rest_optional() -> None:
    one = Object((Property("a", DataType.long), Property("b", AnyType())))
    other = Object((Property("b", DataType.string), Property("c", Array(DataType.double))))
    assert merged(one, other) == Object(
        (
            Property("a", DataType.long, required=False),
            Property("b", DataType.string),
            Property("c", Array(DataType.double), required=False),
        )
    )
    assert merged(Array(AnyType()), Array(DataType.long)) == Array(DataType.long)
    assert merged(Map(DataType.long), Map(AnyType())) == Map(DataType.long)
    with pytest.raises(InvalidParameter, match="long and some are string"):
        merged(DataType.long, DataType.string)


def test_column_numbers_stay_numbers() -> None:
    assert Schema.from_json(json.dumps([{"type": "long", "name": 0}])).input_names() == [0]
    assert Schema.from_json('[{"type": "long", "name": [1]}]').input_names() == ["[1]"]
