"""Spark ML: fitted pipelines in Spark's own folders, of which some stages are programs."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

from trackbook.errors import InvalidParameter, NotSupported
from trackbook.models.flavors.base import Flavor, NativePredictor, Opened, Predictor, Written
from trackbook.models.loading import load
from trackbook.models.model import Model, ModelInfo
from trackbook.models.package import log, save

__all__ = ["Pipelines", "flavor", "load_model", "log_model", "save_model"]

_FOLDER = "sparkml"
_LARGEST = 1 << 24
_OWN = ("org.apache.spark.ml.", "pyspark.ml.")
#: Stages of Spark's own that run what is written in them: SQL can call any method of Java.
_PROGRAMS = ("org.apache.spark.ml.feature.SQLTransformer", "pyspark.ml.connect.", "pyspark.ml.torch.")


class Pipelines(Flavor):
    """Fitted pipelines, and single fitted stages as pipelines of one."""

    name = "spark"
    library = "pyspark"
    loader_module = "mlflow.spark"
    keeps_files = True  # Spark reads when it has to

    def save(self, model: Any, folder: Path, dfs_tmpdir: str | None = None, **options: Any) -> Written:
        """See the contract; `dfs_tmpdir` is a folder that all workers of a cluster see."""
        import pyspark
        from pyspark.ml import PipelineModel, Transformer
        from pyspark.ml.util import MLReadable, MLWritable

        if not (isinstance(model, Transformer) and isinstance(model, MLReadable) and isinstance(model, MLWritable)):
            raise InvalidParameter(
                f"A Spark model is a fitted Pipeline or a fitted stage that Spark can write, not a "
                f"{type(model).__name__}."
            )
        pipeline = model if isinstance(model, PipelineModel) else PipelineModel([model])
        try:
            _write(pipeline, folder / _FOLDER, dfs_tmpdir)
        except _refusals(ValueError) as error:
            raise InvalidParameter(f"Spark cannot write the {type(model).__name__}: {error}") from None
        config = {
            "model_class": f"{type(pipeline).__module__}.{type(pipeline).__name__}",
            "model_data": _FOLDER,
            "pyspark_version": pyspark.__version__,
        }
        return Written(config, {"data": _FOLDER})

    def hazard(self, opened: Opened) -> str:
        """Stages that are not Spark's own, or that run what is written in them."""
        if str(opened.config.get("model_class")).startswith("pyspark.ml.connect."):
            raise NotSupported("Models of pyspark.ml.connect are pickles in Spark's folders; they cannot be loaded.")
        found = set(_classes(_folder(opened)))
        strange = sorted(name for name in found if not name.startswith(_OWN) or name.startswith(_PROGRAMS))
        return f"has stages of {', '.join(strange[:5])}" if strange else ""

    def load(self, opened: Opened, **options: Any) -> Any:
        """See the contract."""
        from pyspark.ml import PipelineModel

        _session()
        path = _folder(opened)
        try:
            return PipelineModel.load(_shared(path, options.get("dfs_tmpdir")))
        except _refusals(AttributeError, ImportError, LookupError, TypeError, ValueError) as error:
            raise InvalidParameter(f"{path.name!r} holds no pipeline of Spark: {error}"[:1000]) from None

    def wrap(self, model: Any, pyfunc: Mapping[str, Any]) -> Predictor:
        """See the contract."""
        return _Predictor(model, "transform")


class _Predictor(NativePredictor):
    """Brings rows of pandas to Spark, and the column of predictions back as a list."""

    def predict(self, data: Any, params: Mapping[str, Any] | None = None) -> Any:
        """Scores; a list, as MLflow gives."""
        import pandas as pd
        from pyspark.sql import functions

        if not isinstance(data, pd.DataFrame):
            raise InvalidParameter(f"A Spark model takes a DataFrame of pandas, not a {type(data).__name__}.")
        records = [tuple(_plain(value) for value in row) for row in data.itertuples(index=False, name=None)]
        frame = self._with_vectors(_session().createDataFrame(records, [str(name) for name in data.columns]))
        scored = self._predict(frame)
        column = "prediction"
        if column not in scored.columns and self.model.stages and self.model.stages[-1].hasParam("outputCol"):
            column = self.model.stages[-1].getOutputCol()
        if column not in scored.columns:
            raise InvalidParameter("The pipeline gives no column 'prediction', which a generic load answers with.")
        found = scored.select(functions.col(column).alias("prediction")).collect()
        return [row.prediction.toArray() if hasattr(row.prediction, "toArray") else row.prediction for row in found]

    def _with_vectors(self, frame: Any) -> Any:
        """Lists of numbers become vectors where a stage takes vectors."""
        from pyspark.ml.functions import array_to_vector
        from pyspark.sql.types import ArrayType

        lists = {field.name for field in frame.schema.fields if isinstance(field.dataType, ArrayType)}
        wanted = {stage.getOrDefault("featuresCol") for stage in self.model.stages if stage.hasParam("featuresCol")}
        for name in sorted(lists & wanted):
            frame = frame.withColumn(name, array_to_vector(name))
        return frame


def _plain(value: Any) -> Any:
    """A value that Spark takes: numbers and texts of Python, lists for arrays."""
    import pandas as pd

    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return None if value is pd.NaT or value is pd.NA else value


def _session() -> Any:
    """The active session, or a local one."""
    from pyspark.sql import SparkSession

    active = SparkSession.getActiveSession()
    if active is not None:
        return active
    settings = {"spark.driver.host": "127.0.0.1", "spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false"}
    builder = SparkSession.builder.master("local[1]").appName("trackbook")
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def _refusals(*others: type[Exception]) -> tuple[type[Exception], ...]:
    """What Spark raises when it cannot do something, and what else may come."""
    from py4j.protocol import Py4JJavaError
    from pyspark.errors import PySparkException

    return (*others, Py4JJavaError, PySparkException)


def _write(pipeline: Any, path: Path, shared: str | None) -> None:
    if shared is None:
        pipeline.write().overwrite().save(path.as_uri())
        return
    there = f"{shared.rstrip('/')}/trackbook-{uuid4().hex}"
    pipeline.write().overwrite().save(there)
    _copy(there, path.as_uri())


def _shared(path: Path, shared: str | None) -> str:
    """Where Spark's workers find a model: its own folder, or a copy in a folder that they all see."""
    if shared is None:
        return path.as_uri()
    there = f"{shared.rstrip('/')}/trackbook-{uuid4().hex}"
    _copy(path.as_uri(), there, keep=True)
    return there


def _copy(source: str, target: str, keep: bool = False) -> None:
    """Copy a folder between Hadoop's file systems."""
    context = _session().sparkContext
    java, settings = context._jvm, context._jsc.hadoopConfiguration()  # noqa: SLF001 - there is no other way
    paths = [java.org.apache.hadoop.fs.Path(each) for each in (source, target)]
    systems = [path.getFileSystem(settings) for path in paths]
    java.org.apache.hadoop.fs.FileUtil.copy(systems[0], paths[0], systems[1], paths[1], not keep, settings)


def _folder(opened: Opened) -> Path:
    path = opened.file(opened.config.get("model_data") or opened.pyfunc.get("data"), _FOLDER)
    if not path.is_dir():
        raise InvalidParameter(f"{path.name!r} is no folder of Spark.")
    return path


def _classes(folder: Path) -> Iterator[str]:
    """The classes that the metadata of a pipeline and its stages name; what cannot be read counts as one."""
    found = sorted(path for path in folder.rglob("metadata/*") if not path.name.startswith((".", "_")))
    if not found:
        raise InvalidParameter(f"{folder.name!r} is no folder of Spark: it has no metadata.")
    for path in found:
        if not path.is_file() or path.stat().st_size > _LARGEST:
            yield f"{path.name} (which cannot be read)"
            continue
        try:
            for line in path.read_text(encoding="utf-8").splitlines():
                yield from _named(json.loads(line, object_pairs_hook=list))
        except (RecursionError, ValueError):
            yield f"{path.name} (which is no JSON)"


def _named(pairs: Any) -> Iterator[str]:
    """Each value of a key ``class``: Spark may take another of two than we do."""
    if isinstance(pairs, list):
        for pair in pairs:
            if isinstance(pair, tuple) and pair[0] == "class":
                yield str(pair[1])
            else:
                yield from _named(pair[1] if isinstance(pair, tuple) else pair)


flavor = Pipelines()


def save_model(
    spark_model: Any,
    path: str | os.PathLike[str],
    mlflow_model: Model | None = None,
    conda_env: Mapping[str, Any] | str | None = None,
    code_paths: Sequence[str] | None = None,
    dfs_tmpdir: str | None = None,
    signature: Any = None,
    input_example: Any = None,
    pip_requirements: Any = None,
    extra_pip_requirements: Any = None,
    metadata: Mapping[str, Any] | None = None,
    **kwargs: Any,
) -> None:
    """Write a Spark model into a new local folder, in MLflow's format.

    See `trackbook.sklearn.save_model` for what is not listed.

    Args:
        spark_model: a fitted Pipeline, or a fitted stage that Spark can write.
        dfs_tmpdir: a folder that all workers see, where Spark runs on a cluster.
        kwargs: none is known.

    Raises:
        AlreadyExists: something is at the path.
        InvalidParameter: it is no such model, or something beside it is wrong; nothing is left behind.
        MissingDependency: PySpark is not installed.
    """
    words = locals()
    save(flavor, words.pop("spark_model"), words.pop("path"), words)


def log_model(
    spark_model: Any,
    artifact_path: str,
    conda_env: Mapping[str, Any] | str | None = None,
    code_paths: Sequence[str] | None = None,
    dfs_tmpdir: str | None = None,
    registered_model_name: str | None = None,
    signature: Any = None,
    input_example: Any = None,
    await_registration_for: int = 300,
    pip_requirements: Any = None,
    extra_pip_requirements: Any = None,
    metadata: Mapping[str, Any] | None = None,
    **kwargs: Any,
) -> ModelInfo:
    """Log a Spark model, of the active run if there is one.

    See `save_model` and `trackbook.sklearn.log_model` for what is not listed.

    Args:
        spark_model: a fitted Pipeline, or a fitted stage that Spark can write.
        dfs_tmpdir: a folder that all workers see, where Spark runs on a cluster.
        kwargs: name, params, tags and the other words of `trackbook.sklearn.log_model`.

    Returns:
        What is known of it; `model_uri` is what loads it.

    Raises:
        InvalidParameter: it is no such model, or something is wrong; nothing is left behind.
        MissingDependency: PySpark is not installed.
    """
    words = locals()
    return log(flavor, words.pop("spark_model"), words)


def load_model(
    model_uri: str,
    dfs_tmpdir: str | None = None,
    dst_path: str | None = None,
    *,
    trust: bool | None = None,
) -> Any:
    """The PipelineModel of a model that was saved or logged, by Trackbook or by MLflow.

    Args:
        model_uri: see `trackbook.sklearn.load_model`.
        dfs_tmpdir: a folder that all workers see, where Spark runs on a cluster.
        dst_path: folder for a copy of its files that stays.
        trust: True lets this call run code that comes with the model; None asks your rules (docs/models.md).

    Raises:
        NotFound: there is no such model.
        DamagedArtifact: its files are not what was stored.
        UntrustedModel: loading it runs code, and nobody has said that it may.
        MissingDependency: PySpark is not installed.
    """
    return load(flavor, model_uri, dst_path, trust, dfs_tmpdir=dfs_tmpdir)
