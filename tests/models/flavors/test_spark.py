"""Spark pipelines: folders of Spark's own, and stages that run what is written in them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_iris

import trackbook
from tests.flavor_contract import generic_answer
from tests.spark import local_spark
from trackbook import spark as porch
from trackbook.errors import InvalidParameter, MissingDependency, UntrustedModel
from trackbook.models import Model

pytestmark = [pytest.mark.heavy, pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas")]

X, y = load_iris(return_X_y=True, as_frame=True)
X = X.set_axis(list("abcd"), axis=1)


@pytest.fixture(scope="module", autouse=True)
def session() -> Iterator[Any]:
    """One Spark for all tests: starting it takes longer than they do."""
    with local_spark("local[1]") as spark:
        yield spark


@pytest.fixture(scope="module")
def fitted(session: Any) -> Any:
    from pyspark.ml import Pipeline
    from pyspark.ml.classification import LogisticRegression
    from pyspark.ml.feature import VectorAssembler

    rows = session.createDataFrame(X.assign(label=y.astype(float)).to_numpy().tolist(), [*"abcd", "label"])
    stages = [VectorAssembler(inputCols=list("abcd"), outputCol="features"), LogisticRegression(maxIter=5)]
    return Pipeline(stages=stages).fit(rows)


@pytest.fixture
def own_trust(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TRACKBOOK_CONFIG_DIR", str(tmp_path / "config"))
    return tmp_path / "config" / "trusted-models"


@pytest.fixture(scope="module")
def expected(session: Any, fitted: Any) -> list[float]:
    rows = session.createDataFrame(X.to_numpy().tolist(), list("abcd"))
    return [row.prediction for row in fitted.transform(rows).select("prediction").collect()]


def test_pipeline_comes_back_and_predicts_the_same(
    session: Any, fitted: Any, expected: list[float], own_trust: Path
) -> None:
    porch.save_model(fitted, "model")
    own_trust.unlink()
    loaded = porch.load_model("model")
    rows = session.createDataFrame(X.to_numpy().tolist(), list("abcd"))
    assert [row.prediction for row in loaded.transform(rows).select("prediction").collect()] == expected
    assert generic_answer("model", X) == expected
    assert Model.load("model").flavors["spark"]["model_class"] == "pyspark.ml.pipeline.PipelineModel"


def test_logged_pipeline_comes_back_with_its_signature(fitted: Any, expected: list[float]) -> None:
    with trackbook.start_run():
        info = porch.log_model(fitted, "m", input_example=X[:2], tags={"a": "b"})
    assert info.signature is not None
    assert generic_answer(info.model_uri, X) == expected


def test_single_stage_is_a_pipeline_of_one_and_takes_lists_for_vectors(fitted: Any, expected: list[float]) -> None:
    import pandas as pd

    porch.save_model(fitted.stages[1], "model")
    frame = pd.DataFrame({"features": [np.array(row) for row in X.to_numpy()]})
    assert generic_answer("model", frame) == expected


def test_shared_folder_of_a_cluster_is_used(fitted: Any, expected: list[float], tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    porch.save_model(fitted, "model", dfs_tmpdir=shared.as_uri())
    assert generic_answer("model", X) == expected
    assert list(shared.iterdir()) == []
    porch.load_model("model", dfs_tmpdir=shared.as_uri())
    assert len(list(shared.iterdir())) == 1


@pytest.mark.parametrize(
    "name",
    ["java.lang.ProcessBuilder", "evil.Stage", "org.apache.spark.ml.feature.SQLTransformer", "pyspark.ml.torch.X"],
)
def test_stage_that_is_not_sparks_own_needs_trust(fitted: Any, name: str, own_trust: Path) -> None:
    porch.save_model(fitted, "model")
    (path,) = Path("model/sparkml/stages").glob("0_*/metadata/part-*")
    content = json.loads(path.read_text()) | {"class": name}
    path.write_text(json.dumps(content))
    with pytest.raises(UntrustedModel, match=name.replace(".", r"\.")):
        porch.load_model("model")
    path.write_text(f'{{"class": "{name}", "class": "org.apache.spark.ml.feature.VectorAssembler"}}')
    with pytest.raises(UntrustedModel):
        porch.load_model("model")
    path.rename(path.with_suffix(".gz"))
    path.with_suffix(".gz").write_bytes(b"\x1f\x8b\x00")
    with pytest.raises(UntrustedModel, match="no JSON"):
        porch.load_model("model")


def test_transformer_that_runs_sql_needs_trust(session: Any, own_trust: Path) -> None:
    from pyspark.ml.feature import SQLTransformer

    porch.save_model(SQLTransformer(statement="SELECT a * 2 AS prediction FROM __THIS__"), "model")
    assert generic_answer("model", X)[:1] == [X["a"][0] * 2]
    own_trust.unlink()
    with pytest.raises(UntrustedModel, match="SQLTransformer"):
        porch.load_model("model")


def test_damaged_folder_is_a_typed_error(fitted: Any) -> None:
    porch.save_model(fitted, "model")
    (path,) = Path("model/sparkml/stages").glob("1_*/data/part-*.parquet")
    path.write_bytes(b"no parquet")
    for hidden in path.parent.glob(".*.crc"):
        hidden.unlink()
    with pytest.raises(InvalidParameter, match="no pipeline of Spark"):
        porch.load_model("model", trust=True)
    (path,) = Path("model/sparkml/metadata").glob("part-*")
    path.unlink()
    with pytest.raises(InvalidParameter):
        porch.load_model("model", trust=True)


def test_wrong_object_data_and_an_absent_library(fitted: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from pyspark.ml.classification import LogisticRegression

    for thing in (7, "model", None, LogisticRegression()):
        with pytest.raises(InvalidParameter, match="fitted"):
            porch.save_model(thing, "model")
    assert not Path("model").exists()
    porch.save_model(fitted, "model")
    with pytest.raises(InvalidParameter, match="DataFrame of pandas"):
        generic_answer("model", X.to_numpy())
    meta = Model.load("model")
    meta.flavors["spark"]["model_class"] = "pyspark.ml.connect.classification.LogisticRegressionModel"
    meta.save("model/MLmodel")
    with pytest.raises(trackbook.MlflowException, match="connect"):
        porch.load_model("model", trust=True)
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(MissingDependency) as caught:
        porch.load_model("model")
    assert str(caught.value).endswith('pip install "trackbook[spark]"')
