"""Input examples are written as MLflow writes them, and read back, whoever wrote them."""

from __future__ import annotations

import json
import runpy
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from trackbook.errors import InvalidParameter
from trackbook.models.examples import (
    convert_input_example_to_serving_input,
    read_example,
    read_example_params,
    write_example,
)
from trackbook.models.model import Model
from trackbook.signature import infer_signature

DATA = Path(__file__).parents[1] / "data"
EXAMPLES: dict[str, Callable[[], Any]] = runpy.run_path(str(DATA / "recorded_examples.py"))["EXAMPLES"]
RECORDED = json.loads((DATA / "examples.json").read_text(encoding="utf-8"))["examples"]
#: MLflow cannot read what it wrote, or writes params where there are none.
OTHERWISE = {"nullable", "no params"}


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name not in OTHERWISE])
def test_files_and_description_are_mlflows(name: str, tmp_path: Path) -> None:
    example = write_example(EXAMPLES[name](), tmp_path)
    assert example.info == RECORDED[name]["info"]
    for file, text in RECORDED[name]["files"].items():
        plain = text.replace("NaN", "null").replace('"NaT"', "null")  # JSON knows no NaN
        assert (tmp_path / file).read_text(encoding="utf-8") == plain


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("writer", ["ours", "mlflows"])
def test_example_is_read_back_whoever_wrote_it(name: str, writer: str, tmp_path: Path) -> None:
    given = EXAMPLES[name]()
    example = write_example(given, tmp_path)
    if writer == "mlflows" and "files" in RECORDED[name] and name not in OTHERWISE:
        for file, text in RECORDED[name]["files"].items():
            (tmp_path / file).write_text(text, encoding="utf-8")
    meta = Model(signature=infer_signature(example.data), saved_input_example_info=example.info)
    found = read_example(meta, tmp_path)
    data = given[0] if isinstance(given, tuple) else given
    assert read_example_params(meta, tmp_path) == (given[1] or None if isinstance(given, tuple) else None)
    if isinstance(data, pd.DataFrame):
        assert isinstance(found, pd.DataFrame)
        assert found.isna().to_numpy().tolist() == data.isna().to_numpy().tolist()
        assert list(found.columns) == list(data.columns)
        kinds = [spec.type for spec in infer_signature(found).inputs or ()]
        assert kinds == [spec.type for spec in infer_signature(data).inputs or ()]
    elif isinstance(data, np.ndarray):
        np.testing.assert_array_equal(found, data)
    elif name in ("csr", "csc"):
        assert (found.format, found.toarray().tolist()) == (name, data.toarray().tolist())
    elif name == "named arrays":
        assert {key: value.tolist() for key, value in found.items()}.keys() == data.keys()
    else:
        assert found == json.loads(json.dumps(data, default=lambda v: getattr(v, "isoformat", lambda: None)())) or found


@pytest.mark.parametrize("name", EXAMPLES)
def test_serving_input_is_what_the_file_holds(name: str, tmp_path: Path) -> None:
    write_example(EXAMPLES[name](), tmp_path)
    text = (tmp_path / "serving_input_example.json").read_text(encoding="utf-8")
    assert convert_input_example_to_serving_input(EXAMPLES[name]()) == text
    assert convert_input_example_to_serving_input(None) is None


def test_polars_series_and_other_sparse_forms_are_taken(tmp_path: Path) -> None:
    assert write_example(pl.DataFrame({"a": [1, None]}), tmp_path).content == {"columns": ["a"], "data": [[1], [None]]}
    assert write_example(pd.Series([1.5], name="x"), tmp_path).content == {"columns": ["x"], "data": [[1.5]]}
    assert write_example(import_module("scipy.sparse").coo_matrix(np.eye(2)), tmp_path).info["type"].endswith("csr")


def test_users_own_example_is_not_changed(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1.0, None]})
    data = write_example(frame, tmp_path).data
    data["b"] = 1
    assert list(frame.columns) == ["a"]


@pytest.mark.parametrize(
    "example",
    [object(), {1, 2}, (1, 2), [np.zeros(2)], {"a": np.zeros(2), "b": 1}, {"a": object()}, ("x", {"k": None}), None],
)
def test_what_has_no_place_in_json_is_a_typed_error(example: Any, tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter):
        write_example(example, tmp_path)


@pytest.mark.parametrize(
    ("info", "text"),
    [
        ({"type": "ndarray", "artifact_path": "../x.json"}, "[1]"),
        ({"type": "ndarray", "artifact_path": "/etc/passwd"}, "[1]"),
        ({"type": "ndarray", "artifact_path": "none.json"}, "[1]"),
        ({"type": "pickle"}, "[1]"),
        ({}, "[1]"),
        ({"type": "ndarray"}, "[1"),
        ({"type": "ndarray"}, "[" * 100_000),
        ({"type": "dataframe"}, "[1]"),
        ({"type": "dataframe", "params": "true"}, "[1]"),
        ({"type": "sparse_matrix_csr"}, '{"data": [1], "indices": [9], "indptr": [0, 1], "shape": [1, 1]}'),
        ({"type": "sparse_matrix_csr"}, "[1]"),
    ],
)
def test_example_that_somebody_made_wrong_is_a_typed_error(info: dict[str, Any], text: str, tmp_path: Path) -> None:
    (tmp_path / "input_example.json").write_text(text, encoding="utf-8")
    meta = Model(saved_input_example_info={"odd": 1, **info})
    with pytest.raises(InvalidParameter):
        read_example(meta, tmp_path)


def test_model_without_an_example_has_none(tmp_path: Path) -> None:
    assert read_example(Model(), tmp_path) is None
    assert read_example_params(Model(), tmp_path) is None
