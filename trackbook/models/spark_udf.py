"""A model as a function of Spark's columns, for tables that outgrow one machine."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trackbook.errors import InvalidParameter, NotSupported
from trackbook.libraries import require
from trackbook.models.fetching import fetched

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["spark_udf"]

_SCALARS = {"boolean", "int", "integer", "long", "bigint", "float", "double", "string", "short", "smallint"}
_SHORT = {"bool": "boolean", "datetime": "timestamp"}


def spark_udf(
    spark: Any,
    model_uri: str,
    result_type: Any = None,
    env_manager: str | None = None,
    params: Mapping[str, Any] | None = None,
    extra_env: Mapping[str, str] | None = None,
    prebuilt_env_uri: str | None = None,
    model_config: Mapping[str, Any] | None = None,
) -> Any:
    """A function of Spark's columns that scores them with a model.

    It takes a column for each of the signature's, in their order, or one struct whose fields have their names. The
    model's files are checked and trusted here; each worker loads that same copy, once.

    Args:
        spark: the session.
        model_uri: see `trackbook.pyfunc.load_model`.
        result_type: a type of Spark or its name, such as ``double``, ``string``, ``array<double>`` or
            ``y double, name string``; what the signature's outputs say, or double, if None.
        env_manager: ``local`` or None; workers have what the driver has.
        params: parameters of predict.
        extra_env: not supported.
        prebuilt_env_uri: not supported.
        model_config: see `trackbook.pyfunc.load_model`.

    Raises:
        NotFound: there is no such model.
        UntrustedModel: loading it runs code, and nobody has said that it may.
        NotSupported: another environment is asked for.
    """
    require("spark_udf", "pyspark", "pandas", "pyarrow")
    from pyspark.sql.functions import pandas_udf

    if env_manager not in (None, "local") or extra_env or prebuilt_env_uri:
        raise NotSupported("Workers of spark_udf have the driver's environment: env_manager is 'local' or None.")
    place, names, outputs = _shared_copy(spark, model_uri, model_config)
    kind = _result_type(result_type if result_type is not None else _said_by(outputs))
    score = _function(place, names, kind, dict(params or {}) or None, model_config)
    return pandas_udf(score, kind)


def _shared_copy(spark: Any, uri: str, config: Any) -> tuple[str, list[Any] | None, Any]:
    """The checked files as one archive that Spark hands to its workers; the names that the signature gives columns."""
    from trackbook.models.pyfunc import load_model

    folder = tempfile.mkdtemp(prefix="trackbook-spark-")
    try:
        with fetched(uri) as copy:
            model = load_model(os.fspath(copy.folder), model_config=config, trust=_is_granted(copy))
            name = f"trackbook-model-{copy.digest[:32]}"
            archive = shutil.make_archive(os.path.join(folder, name), "zip", copy.folder)
        spark.sparkContext.addFile(archive)
    finally:
        _delete_at_exit(folder)
    schema = model.input_schema
    names = list(schema.input_names()) if schema is not None and schema.has_input_names() else None
    return os.path.basename(archive), names, model.metadata.get_output_schema()


def _is_granted(copy: Any) -> bool | None:
    return True if copy.opened("python_function").trust.granted else None


def _delete_at_exit(folder: str) -> None:
    import atexit

    atexit.register(shutil.rmtree, folder, ignore_errors=True)


def _said_by(schema: Any) -> str:
    types = [] if schema is None else [getattr(kind, "name", "") for kind in schema.input_types()]
    if len(types) == 1:
        return {
            "integer": "int",
            "datetime": "timestamp",
            "float32": "float",
            "float64": "double",
            "int64": "long",
        }.get(types[0], types[0] or "double")
    return "double"


def _result_type(given: Any) -> Any:
    from pyspark.sql.types import DataType, StructType, _parse_datatype_string

    kind = _parse_datatype_string(_SHORT.get(given, given)) if isinstance(given, str) else given
    if not isinstance(kind, DataType):
        raise InvalidParameter(f"result_type is a type of Spark or its name, not {given!r:.80}.")
    if isinstance(kind, StructType) and not kind.fields:
        raise InvalidParameter("result_type is a struct without fields.")
    return kind


def _function(place: str, names: list[Any] | None, kind: Any, params: Any, config: Any) -> Any:
    """What runs in a worker: nothing of the driver's but these values is in it."""

    def score(batches: Iterator[tuple[Any, ...]]) -> Iterator[Any]:
        from trackbook.models.spark_udf import _as_result, _as_table, _loaded

        model = _loaded(place, config)
        for batch in batches:
            table = _as_table(batch if isinstance(batch, tuple) else (batch,), names)
            yield _as_result(model.predict(table, params=params), kind, len(table))

    import pandas as pd

    one = Iterator[tuple[pd.Series, ...]]
    score.__annotations__ = {"batches": one, "return": Iterator[pd.Series]}
    return score


_models: dict[str, Any] = {}


def _loaded(place: str, config: Any) -> Any:
    """The model, loaded once a worker from the files that the driver checked."""
    if place not in _models:
        from pyspark import SparkFiles

        from trackbook.models.pyfunc import load_model

        folder = Path(tempfile.mkdtemp(prefix="trackbook-model-"))
        _delete_at_exit(str(folder))
        shutil.unpack_archive(SparkFiles.get(place), folder)
        _models[place] = load_model(str(folder), suppress_warnings=True, model_config=config, trust=True)
    return _models[place]


def _as_table(columns: tuple[Any, ...], names: list[Any] | None) -> pd.DataFrame:
    import pandas as pd

    if len(columns) == 1 and isinstance(columns[0], pd.DataFrame):  # a struct
        return columns[0]
    if names is not None and len(columns) > len(names):
        raise InvalidParameter(f"The model takes {len(names)} columns; the function was given {len(columns)}.")
    called = names or [str(place) for place in range(len(columns))]
    return pd.DataFrame(dict(zip(called, columns, strict=False)))


def _as_result(found: Any, kind: Any, rows: int) -> Any:
    import numpy as np
    import pandas as pd
    from pyspark.sql.types import ArrayType, StringType, StructType

    if isinstance(kind, StructType):
        table = found if isinstance(found, pd.DataFrame) else pd.DataFrame(found)
        return table.set_axis(kind.names, axis=1) if not {*kind.names} <= {*table.columns} else table[kind.names]
    if isinstance(kind, ArrayType):
        return pd.Series(
            list(found.to_numpy() if isinstance(found, pd.DataFrame) else np.asarray(found).reshape(rows, -1))
        )
    if isinstance(found, pd.DataFrame):
        found = (
            found.select_dtypes(["number", "bool"]).iloc[:, 0] if not isinstance(kind, StringType) else found.iloc[:, 0]
        )
    series = pd.Series(np.asarray(found).reshape(rows))
    return series.astype(str) if isinstance(kind, StringType) else series
