"""Signatures of models: what MLflow infers and writes, and what is no signature."""

from __future__ import annotations

import datetime as dt
import json
import logging
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from trackbook.errors import InvalidParameter
from trackbook.signature import (
    AnyType,
    ColSpec,
    DataType,
    ModelSignature,
    Object,
    ParamSchema,
    ParamSpec,
    Property,
    Schema,
    infer_params,
    infer_signature,
)

DATA = Path(__file__).parents[1] / "data"
RECIPES = runpy.run_path(str(DATA / "recorded_signatures.py"))
EXAMPLES: dict[str, Callable[[], Any]] = RECIPES["DATA"]
PARAMS: dict[str, Callable[[], Any]] = RECIPES["PARAMS"]
RECORDED = json.loads((DATA / "signatures.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", EXAMPLES)
def test_signature_of_data_is_what_mlflow_infers(name: str) -> None:
    assert infer_signature(EXAMPLES[name]()).to_dict()["inputs"] == RECORDED["data"][name]
    assert infer_signature(None, EXAMPLES[name]()).to_dict()["outputs"] == RECORDED["data"][name]


@pytest.mark.parametrize("name", PARAMS)
def test_params_are_what_mlflow_infers(name: str) -> None:
    assert infer_signature(params=PARAMS[name]()).to_dict()["params"] == RECORDED["params"][name]


@pytest.mark.parametrize("name", [name for name in PARAMS if name != "nan"])  # NaN is not equal to itself
def test_params_come_back_equal_from_what_mlflow_wrote(name: str) -> None:
    read = ParamSchema.from_json(RECORDED["params"][name])
    assert read.to_json() == RECORDED["params"][name]
    assert read == ParamSchema.from_dict(read.to_dict())
    assert hash(read) == hash(ParamSchema.from_dict(read.to_dict()))


def test_signature_comes_back_equal_and_reads_like_mlflows() -> None:
    signature = infer_signature(pd.DataFrame({"x": [1.5]}), np.array([1]), {"k": 5, "tags": ["a"]})
    assert ModelSignature.from_dict(signature.to_dict()) == signature
    assert repr(signature) == (
        "inputs: \n  ['x': double (required)]\noutputs: \n  [Tensor('int64', (-1,))]\n"
        "params: \n  ['k': long (default: 5), 'tags': string (default: ['a']) (shape: (-1,))]\n"
    )
    assert [(spec.name, spec.shape) for spec in signature.params or ()] == [("k", None), ("tags", (-1,))]


def test_signature_of_other_versions_is_read_and_unknown_keys_are_left_aside() -> None:
    inputs = '[{"type": "long", "name": "x"}]'
    read = ModelSignature.from_dict({"inputs": inputs, "outputs": None, "later": {"a": 1}})
    assert read == ModelSignature(Schema([ColSpec(DataType.long, "x")]))
    assert ModelSignature.from_dict({"inputs": json.loads(inputs)}) == read
    old = '[{"name": "k", "dtype": "long", "default": 5, "shape": null}]'
    assert ParamSchema.from_json(old) == infer_params({"k": 5})


def test_polars_tables_have_the_signature_of_their_columns() -> None:
    signature = infer_signature(pl.DataFrame({"x": [1, 2], "t": ["a", None]}))
    assert json.loads(signature.to_dict()["inputs"] or "") == [
        {"type": "long", "name": "x", "required": True},
        {"type": "string", "name": "t", "required": False},
    ]


def test_data_without_a_word_is_of_any_type_and_the_log_says_why(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "trackbook"):
        assert infer_signature(pd.DataFrame({"odd": [1 + 2j]})).inputs == Schema([ColSpec(AnyType())])
    assert "model_input" in caplog.text
    assert "'odd'" in caplog.text


@pytest.mark.parametrize(
    "params",
    [
        {"p": None}, {"p": b"a"}, {"p": [None]}, {"p": [[1]]}, {"p": (1, 2)}, {"p": object()}, {"p": {}}, {"p": 1j},
        {"p": np.uint64(3)}, {"p": 2**63}, {"p": [1, "a"]}, {"p": [1, 2**70]}, {"p": np.zeros((2, 2))}, ["p"], 7,
    ],
)  # fmt: skip
def test_params_without_a_type_are_refused_by_name(params: Any) -> None:
    with pytest.raises(InvalidParameter, match=r"'p'|dict"):
        infer_signature(params=params)


def test_empty_list_of_a_parameter_may_hold_texts() -> None:
    assert infer_params({"stop": []}) == ParamSchema([ParamSpec("stop", DataType.string, [], (-1,))])


@pytest.mark.parametrize(
    "make",
    [
        ModelSignature,
        lambda: ModelSignature([1]),  # type: ignore[arg-type]
        lambda: ModelSignature(outputs="x"),  # type: ignore[arg-type]
        lambda: ModelSignature(params={"a": 1}),  # type: ignore[arg-type]
        infer_signature,
        lambda: infer_signature(params={}),
        lambda: ModelSignature.from_dict(None),
        lambda: ModelSignature.from_dict({}),
        lambda: ModelSignature.from_dict({"inputs": "{"}),
        lambda: ModelSignature.from_dict({"params": "[3]"}),
        lambda: ModelSignature.from_dict({"params": '[{"name": "a", "type": "array", "default": 1}]'}),
        lambda: ParamSchema([ParamSpec("a", DataType.long, 1), ParamSpec("a", DataType.long, 2)]),
        lambda: ParamSchema(7),  # type: ignore[arg-type]
        lambda: ParamSchema.from_json("[" * 100_000),
        lambda: ParamSchema.from_dict({"a": 1}),
        lambda: ParamSpec("a", DataType.binary, b""),
        lambda: ParamSpec("a", "longer", 1),  # type: ignore[arg-type]
        lambda: ParamSpec("a", DataType.long, 1, (2,)),
        lambda: ParamSpec("a", DataType.long, 1, (-1,)),
        lambda: ParamSpec("a", DataType.long, [1]),
        lambda: ParamSpec("a", DataType.long, 1.5),
        lambda: ParamSpec("a", DataType.boolean, 1),
        lambda: ParamSpec("a", DataType.double, 2**53 + 1),
        lambda: ParamSpec("a", DataType.float, 1e300),
        lambda: ParamSpec("a", DataType.datetime, 5),
        lambda: ParamSpec("a", DataType.datetime, "yesterday"),
    ],
)
def test_what_is_no_signature_is_a_typed_error(make: Callable[[], Any]) -> None:
    with pytest.raises(InvalidParameter):
        make()


@pytest.mark.parametrize(
    ("kind", "given", "kept"),
    [
        ("double", 5, 5.0),
        ("float", np.float32(0.5), 0.5),
        ("long", np.int32(5), 5),
        ("boolean", np.bool_(True), True),
        ("string", np.str_("x"), "x"),
        ("datetime", "2024-05-01", dt.date(2024, 5, 1)),
        ("datetime", "2024-05-01T12:30:00", dt.datetime.fromisoformat("2024-05-01T12:30:00")),
        ("datetime", np.datetime64("2024-05-01"), dt.date(2024, 5, 1)),
        ("long", None, None),
    ],
)
def test_default_becomes_pythons_own_value_of_the_type(kind: Any, given: Any, kept: Any) -> None:
    spec = ParamSpec("a", kind, given)
    assert (spec.default, type(spec.default)) == (kept, type(kept))


def test_dict_parameter_keeps_its_members() -> None:
    spec = ParamSpec("a", Object((Property("b", DataType.long),)), {"b": 1})
    assert (spec.default, ParamSpec.from_dict(spec.to_dict())) == ({"b": 1}, spec)
