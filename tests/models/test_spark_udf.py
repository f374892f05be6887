"""Columns of a real local Spark, scored by a model; heavy: needs pyspark and Java."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import trackbook
from tests.spark import local_spark
from trackbook.errors import NotSupported, UntrustedModel
from trackbook.models import trust
from trackbook.signature import infer_signature

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # sockets of PySpark's own
]

CODE = """
import os

from trackbook.models.model_code import set_model

def predict(model_input, params=None):
    import pandas as pd

    with open(os.environ["LOADED"], "a") as log:
        log.write(f"{os.getpid()}\\n")
    y = model_input["x"] * model_input["n"]
    if params and params.get("table"):
        return pd.DataFrame({"y": y, "word": y.astype(str)})
    return y.to_numpy()

with open(os.environ["LOADED"] + ".loads", "a") as log:
    log.write(f"{os.getpid()}\\n")
set_model(predict)
"""


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("spark")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOADED", str(folder / "loaded"))
        with local_spark("local[2]", {"spark.sql.warehouse.dir": str(folder)}) as session:
            session.loaded = folder / "loaded"
            yield session


@pytest.fixture
def model(tmp_path: Path) -> str:
    import pandas as pd

    (tmp_path / "code.py").write_text(CODE)
    signature = infer_signature(pd.DataFrame({"x": [1.0], "n": [1]}), None, {"table": False})
    path = str(tmp_path / "model")
    trackbook.pyfunc.save_model(path, python_model=str(tmp_path / "code.py"), signature=signature, pip_requirements=[])
    return path


def rows(spark: Any) -> Any:
    return spark.createDataFrame([(float(place), place) for place in range(100)], ["x", "n"]).repartition(4)


def column(table: Any, score: Any, *given: Any) -> list[Any]:
    return sorted((row[0] for row in table.select(score(*given)).collect()), key=str)


def test_columns_are_scored_by_their_places_and_by_names(spark: Any, model: str) -> None:
    from pyspark.sql.functions import struct

    table, wanted = rows(spark), sorted((float(place * place) for place in range(100)), key=str)
    score = trackbook.pyfunc.spark_udf(spark, model, result_type="double")
    assert column(table, score, "x", "n") == wanted
    assert column(table, score, struct("n", "x")) == wanted
    assert len(column(table.withColumnRenamed("n", "whole"), score, "x", "whole")) == 100


@pytest.mark.parametrize(("kind", "first"), [("string", "0.0"), ("float", 0.0), ("array<double>", [0.0])])
def test_results_are_of_the_type_that_is_asked_for(kind: str, first: Any, spark: Any, model: str) -> None:
    score = trackbook.pyfunc.spark_udf(spark, model, result_type=kind)
    assert column(rows(spark), score, "x", "n")[0] == first


def test_tables_become_structs(spark: Any, model: str) -> None:
    score = trackbook.pyfunc.spark_udf(spark, model, result_type="y double, word string", params={"table": True})
    found = column(rows(spark), score, "x", "n")
    assert (4.0, "4.0") in [(row["y"], row["word"]) for row in found]


def test_model_is_loaded_once_a_worker(spark: Any, model: str) -> None:
    score = trackbook.pyfunc.spark_udf(spark, model, result_type="double")
    log = Path(f"{spark.loaded}.loads")
    log.unlink(missing_ok=True)
    for _ in range(3):
        column(rows(spark), score, "x", "n")
    loads = log.read_text().split()
    assert len(loads) == len(set(loads))


def test_driver_decides_on_trust(spark: Any, model: str) -> None:
    digest = next(iter(trust.trusted_digests()), None)
    assert digest is not None
    Path(model, "more").touch()  # another model than the one that was saved
    with pytest.raises(UntrustedModel):
        trackbook.pyfunc.spark_udf(spark, model)
    with pytest.raises(NotSupported, match="driver's environment"):
        trackbook.pyfunc.spark_udf(spark, model, env_manager="virtualenv")
