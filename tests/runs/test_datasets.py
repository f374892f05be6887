"""Data described for log_input: tables and arrays of scikit-learn, pandas, NumPy and polars."""

from __future__ import annotations

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
from sklearn.datasets import load_breast_cancer, load_wine

import trackbook
from trackbook.data import from_numpy, from_pandas, from_polars, get_source
from trackbook.errors import InvalidParameter
from trackbook.signature import ColSpec, DataType, Schema, TensorSpec

DATA = Path(__file__).parents[1] / "data"
RECIPES = runpy.run_path(str(DATA / "recorded_datasets.py"))
FRAMES: dict[str, Callable[[], pd.DataFrame]] = RECIPES["FRAMES"]
ARRAYS: dict[str, Callable[[], dict[str, Any]]] = RECIPES["ARRAYS"]
RECORDED = json.loads((DATA / "datasets.json").read_text(encoding="utf-8"))


def loaded(text: str | None) -> Any:
    """JSON within JSON too, so that spaces do not count."""
    content = json.loads(text or "null")
    tensors = (content or {}).get("mlflow_tensorspec")
    if tensors:
        content["mlflow_tensorspec"] = {part: json.loads(spec or "null") for part, spec in tensors.items()}
    return content


@pytest.mark.parametrize("name", FRAMES)
def test_table_is_described_as_mlflow_does(name: str) -> None:
    told, recorded = from_pandas(FRAMES[name](), source="https://example.org/x").to_dict(), RECORDED["frames"][name]
    assert {key: loaded(told[key]) for key in ("schema", "profile", "source")} == {
        key: loaded(recorded[key]) for key in ("schema", "profile", "source")
    }
    assert (told["source_type"], told["digest"]) == (recorded["source_type"], recorded["digest"])


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_are_described_as_mlflow_does(name: str) -> None:
    told, recorded = from_numpy(**ARRAYS[name](), source="s3://bucket/x").to_dict(), RECORDED["arrays"][name]
    assert {key: loaded(told[key]) for key in ("schema", "profile", "source")} == {
        key: loaded(recorded[key]) for key in ("schema", "profile", "source")
    }
    assert (told["source_type"], told["digest"]) == (recorded["source_type"], recorded["digest"])


def test_table_keeps_what_it_was_made_of() -> None:
    frame = load_breast_cancer(as_frame=True).frame
    dataset = from_pandas(frame, "cancer.csv", "target", "cancer", predictions="mean area")
    assert dataset.df is frame
    assert (dataset.name, dataset.targets, dataset.predictions) == ("cancer", "target", "mean area")
    assert dataset.profile == {"num_rows": 569, "num_elements": 569 * 31}
    assert isinstance(dataset.schema, Schema)
    assert dataset.schema.inputs[-1] == ColSpec(DataType.long, "target")
    assert get_source(dataset).uri == str(Path("cancer.csv").absolute())
    assert json.loads(dataset.to_json()) == dataset.to_dict()


def test_name_and_digest_may_be_given_and_the_source_is_the_code_else() -> None:
    dataset = from_numpy(np.zeros(3), digest="v7")
    assert (dataset.name, dataset.digest, dataset.source.source_type) == ("dataset", "v7", "code")
    tags = dataset.source.to_dict()["tags"]
    assert {"mlflow.user", "mlflow.source.name", "mlflow.source.type"} <= set(tags)
    with trackbook.start_run(tags={"mlflow.source.git.commit": "abc", "team": "red"}):
        tags = from_numpy(np.zeros(3)).source.to_dict()["tags"]
    assert tags["mlflow.source.git.commit"] == "abc"
    assert "team" not in tags


def test_data_set_is_described_when_it_is_made() -> None:
    frame = pd.DataFrame({"a": [1, 2]})
    dataset = from_pandas(frame)
    before = dataset.to_dict()
    frame["b"] = 1
    assert dataset.to_dict() == before


def test_polars_frame_is_described() -> None:
    wine = load_wine(as_frame=True).frame
    frame = pl.DataFrame({name: wine[name].to_numpy() for name in wine})
    dataset = from_polars(frame, "s3://bucket/wine.parquet", targets="target", name="wine")
    assert dataset.df is frame
    assert (dataset.profile, dataset.targets) == ({"num_rows": 178, "num_elements": 178 * 14}, "target")
    assert isinstance(dataset.schema, Schema)
    assert dataset.schema == from_pandas(wine).schema


def test_arrays_keep_features_and_targets() -> None:
    features, targets = load_wine(return_X_y=True)
    dataset = from_numpy(features, targets=targets, name="wine")
    assert dataset.features is features
    assert dataset.targets is targets
    assert dataset.schema is not None
    assert dataset.schema.features == Schema([TensorSpec(np.dtype("float64"), (-1, 13))])
    assert (dataset.profile["features_shape"], dataset.profile["targets_size"]) == ((178, 13), 178)
    assert "178 × 13" in dataset._repr_html_()


def test_records_have_no_schema_and_are_described_all_the_same() -> None:
    dataset = from_numpy(np.zeros(2, dtype=[("a", "i4"), ("b", "f8")]))
    assert (dataset.schema, dataset.to_dict()["schema"]) == (None, None)


@pytest.mark.parametrize(
    ("make", "data", "said"),
    [
        (from_pandas, pl.DataFrame({"a": [1]}), "from_polars"),
        (from_pandas, pd.Series([1]), "to_frame"),
        (from_pandas, np.zeros(3), "from_numpy"),
        (from_pandas, None, "NoneType"),
        (from_polars, pd.DataFrame({"a": [1]}), "from_pandas"),
        (from_polars, pl.LazyFrame({"a": [1]}), "collect"),
        (from_polars, pl.Series([1]), "to_frame"),
        (from_numpy, [1, 2], "asarray"),
        (from_numpy, None, "NoneType"),
        (from_numpy, {}, "dict"),
        (from_numpy, {1: np.zeros(1)}, "dict"),
        (from_numpy, {"a": [1]}, "dict"),
        (from_numpy, pd.DataFrame({"a": [1]}), "from_pandas"),
    ],
)
def test_other_data_is_refused_and_the_right_function_named(make: Any, data: Any, said: str) -> None:
    with pytest.raises(InvalidParameter, match=said):
        make(data)


@pytest.mark.parametrize(
    "bad",
    [
        {"targets": "b"}, {"predictions": "b"}, {"targets": ["a"]}, {"name": ""}, {"name": 7}, {"name": "x" * 501},
        {"digest": "d" * 37}, {"digest": ""}, {"digest": 7}, {"source": 7}, {"source": ""},
    ],
)  # fmt: skip
def test_bad_argument_is_a_typed_error(bad: dict[str, Any]) -> None:
    with pytest.raises(InvalidParameter):
        from_pandas(pd.DataFrame({"a": [1]}), **bad)
    with pytest.raises(InvalidParameter):
        from_polars(pl.DataFrame({"a": [1]}), **bad)


def test_schema_too_large_to_store_is_left_out_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    dataset = from_pandas(pd.DataFrame(np.zeros((1, 3_000)), columns=[f"{place:0400}" for place in range(3_000)]))
    with caplog.at_level(logging.WARNING, "trackbook"):
        assert dataset.to_entity().schema is None
    assert "left out" in caplog.text
    with trackbook.start_run() as run:
        trackbook.log_input(dataset)
    assert trackbook.get_run(run.info.run_id).inputs.dataset_inputs[0].dataset.schema is None


@pytest.mark.parametrize("frame", [pd.DataFrame(), pd.DataFrame(index=[1, 2]), pl.DataFrame()])
def test_frame_without_columns_has_a_digest_and_no_schema(frame: Any) -> None:
    dataset = (from_pandas if isinstance(frame, pd.DataFrame) else from_polars)(frame)
    assert dataset.schema is None
    assert len(dataset.digest) == 8
