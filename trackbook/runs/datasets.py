"""Data as inputs of runs: a table or arrays with a name, a digest, a schema, a size and where they came from."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from trackbook.entities import Dataset
from trackbook.entities.checks import MAX_DIGEST, MAX_SCHEMA, check_label
from trackbook.errors import InvalidParameter
from trackbook.runs.dataset_sources import DatasetSource, find_source
from trackbook.runs.digests import array_digest, polars_digest, table_digest
from trackbook.runs.inputs import running_code
from trackbook.signature import Schema, infer_schema

if TYPE_CHECKING:
    import os

    import pandas as pd
    import polars as pl

    Source = str | os.PathLike[str] | DatasetSource | None
    Arrays = np.ndarray | Mapping[str, np.ndarray]

__all__ = [
    "InputDataset",
    "NumpyDataset",
    "PandasDataset",
    "PolarsDataset",
    "TensorDatasetSchema",
    "from_numpy",
    "from_pandas",
    "from_polars",
]

log = logging.getLogger("trackbook")


@dataclass(frozen=True)
class TensorDatasetSchema:
    """The schema of arrays: of the features and, if there are any, of the targets."""

    features: Schema
    targets: Schema | None = None

    def to_dict(self) -> dict[str, Any]:
        """As MLflow's JSON has it."""
        targets = None if self.targets is None else self.targets.to_json()
        return {"mlflow_tensorspec": {"features": self.features.to_json(), "targets": targets}}


class InputDataset:
    """Data that runs read, as `trackbook.log_input` takes it.

    It is described when it is made: what is done to the data later changes nothing here.

    Attributes:
        name: what people call it.
        digest: a fingerprint of its content.
        source: where it came from.
        schema: its columns or tensors; None if MLflow has no words for them.
        profile: how large it is.
    """

    name: str
    digest: str
    source: DatasetSource
    schema: Schema | TensorDatasetSchema | None
    profile: dict[str, Any]

    def _describe(self, name: str | None, digest: str, source: Source) -> None:
        self.name = "dataset" if name is None else check_label("The name of a data set", name)
        self.digest = check_label(f"The digest of the data set {self.name!r}", digest, MAX_DIGEST)
        self.source = find_source(source, running_code() if source is None else {})

    def to_dict(self) -> dict[str, str | None]:
        """What is stored of it: texts, of which source, schema and profile are JSON."""
        return {
            "name": self.name,
            "digest": self.digest,
            "source": self.source.to_json(),
            "source_type": self.source.source_type,
            "schema": self._schema_json(),
            "profile": json.dumps(self.profile),
        }

    def _schema_json(self) -> str | None:
        if self.schema is None:
            return None
        content = self.schema.to_dict()
        text = json.dumps({"mlflow_colspec": content} if isinstance(content, list) else content)
        if len(text) <= MAX_SCHEMA:
            return text
        log.warning(
            "The schema of the data set %r has %d characters, and is left out: the limit is %d. Log it with log_dict.",
            self.name, len(text), MAX_SCHEMA,
        )  # fmt: skip
        return None

    def to_json(self) -> str:
        """The same as one text."""
        return json.dumps(self.to_dict())

    def to_entity(self) -> Dataset:
        """The same as `trackbook.entities.Dataset`, which a run's inputs hold."""
        return Dataset(**self.to_dict())  # type: ignore[arg-type]

    def _to_mlflow_entity(self) -> Dataset:
        return self.to_entity()

    def _repr_html_(self) -> str:
        return self.to_entity()._repr_html_()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r} {self.digest}>"


class PandasDataset(InputDataset):
    """A pandas DataFrame as an input of runs; `from_pandas` makes one.

    Attributes:
        df: the data.
        targets: the column to be learnt, if any.
        predictions: the column that holds a model's predictions, if any.
    """

    def __init__(
        self,
        df: pd.DataFrame,
        source: Source = None,
        targets: str | None = None,
        name: str | None = None,
        digest: str | None = None,
        predictions: str | None = None,
    ) -> None:
        self.df, self.targets, self.predictions = df, targets, predictions
        _check_columns(list(df.columns), targets=targets, predictions=predictions)
        self._describe(name, table_digest(df) if digest is None else digest, source)
        self.schema = infer_schema(df, lenient=True) if len(df.columns) else None
        self.profile = {"num_rows": len(df), "num_elements": int(df.size)}


class PolarsDataset(InputDataset):
    """A polars DataFrame as an input of runs; `from_polars` makes one. Attributes as of `PandasDataset`."""

    def __init__(
        self,
        df: pl.DataFrame,
        source: Source = None,
        targets: str | None = None,
        name: str | None = None,
        digest: str | None = None,
        predictions: str | None = None,
    ) -> None:
        self.df, self.targets, self.predictions = df, targets, predictions
        _check_columns(df.columns, targets=targets, predictions=predictions)
        self._describe(name, polars_digest(df) if digest is None else digest, source)
        self.schema = infer_schema(df, lenient=True) if df.columns else None
        self.profile = {"num_rows": df.height, "num_elements": df.height * df.width}


class NumpyDataset(InputDataset):
    """NumPy arrays as an input of runs; `from_numpy` makes one.

    Attributes:
        features: the data.
        targets: what is to be learnt, if any.
    """

    schema: TensorDatasetSchema | None

    def __init__(
        self,
        features: Arrays,
        source: Source = None,
        targets: Arrays | None = None,
        name: str | None = None,
        digest: str | None = None,
    ) -> None:
        self.features, self.targets = features, targets
        self._describe(name, array_digest(features, targets) if digest is None else digest, source)
        self.schema = _tensor_schema(features, targets)
        self.profile = _profile("features", features)
        if targets is not None:
            self.profile |= _profile("targets", targets)


def from_pandas(
    df: pd.DataFrame,
    source: Source = None,
    targets: str | None = None,
    name: str | None = None,
    digest: str | None = None,
    predictions: str | None = None,
) -> PandasDataset:
    """A pandas DataFrame as an input of runs, for `trackbook.log_input`.

    Nothing of the data is stored, only what describes it.

    Args:
        df: the data.
        source: the file or address that it came from; the code that is running if None. Local paths become absolute,
            and user names and passwords are left out.
        targets: the column to be learnt.
        name: what people call it; ``dataset`` if None.
        digest: a fingerprint of at most 36 characters; made of the content if None, as `trackbook.runs.digests` says.
        predictions: the column that holds a model's predictions.

    Raises:
        InvalidParameter: it is no DataFrame, it has no such column, or a name, digest or source breaks the rules.
    """
    pandas = sys.modules.get("pandas")
    if pandas is None or not isinstance(df, pandas.DataFrame):
        raise InvalidParameter(f"from_pandas takes a pandas DataFrame, not {described(df)}.")
    return PandasDataset(df, source, targets, name, digest, predictions)


def from_polars(
    df: pl.DataFrame,
    source: Source = None,
    targets: str | None = None,
    name: str | None = None,
    digest: str | None = None,
    predictions: str | None = None,
) -> PolarsDataset:
    """A polars DataFrame as an input of runs; arguments as for `from_pandas`."""
    polars = sys.modules.get("polars")
    if polars is None or not isinstance(df, polars.DataFrame):
        raise InvalidParameter(f"from_polars takes a polars DataFrame, not {described(df)}.")
    return PolarsDataset(df, source, targets, name, digest, predictions)


def from_numpy(
    features: Arrays,
    source: Source = None,
    targets: Arrays | None = None,
    name: str | None = None,
    digest: str | None = None,
) -> NumpyDataset:
    """A NumPy array, or a dict of them, as an input of runs.

    Args:
        features: an array, or a dict of arrays.
        source: as for `from_pandas`.
        targets: an array, or a dict of arrays.
        name: as for `from_pandas`.
        digest: as for `from_pandas`.

    Raises:
        InvalidParameter: these are no arrays, or a name, digest or source breaks the rules.
    """
    for thing, arrays in (("features", features), ("targets", targets)):
        if thing == "features" or arrays is not None:
            _check_arrays(thing, arrays)
    return NumpyDataset(features, source, targets, name, digest)


def _check_arrays(thing: str, arrays: object) -> None:
    if isinstance(arrays, Mapping) and arrays:
        fits = all(isinstance(key, str) and isinstance(array, np.ndarray) for key, array in arrays.items())
    else:
        fits = isinstance(arrays, np.ndarray)
    if not fits:
        wanted = "an array or a dict of named arrays"
        raise InvalidParameter(f"The {thing} of from_numpy are {wanted}, not {described(arrays)}.")


def _check_columns(columns: list[Any], **wanted: object) -> None:
    for role, name in wanted.items():
        if name is not None and name not in columns:
            listed = ", ".join(map(repr, columns[:20]))
            raise InvalidParameter(f"There is no column {name!r:.80} for {role}; the DataFrame has {listed or 'none'}.")


def described(data: object) -> str:
    """What somebody has handed in, and the function that takes it."""
    kind = type(data).__name__
    package = type(data).__module__.partition(".")[0]
    ways = {
        ("pandas", "DataFrame"): "a pandas DataFrame: use trackbook.data.from_pandas",
        ("pandas", "Series"): "a pandas Series: use trackbook.data.from_pandas(series.to_frame())",
        ("polars", "DataFrame"): "a polars DataFrame: use trackbook.data.from_polars",
        ("polars", "LazyFrame"): "a polars LazyFrame: use trackbook.data.from_polars(frame.collect())",
        ("polars", "Series"): "a polars Series: use trackbook.data.from_polars(series.to_frame())",
        ("numpy", "ndarray"): "a NumPy array: use trackbook.data.from_numpy",
        ("builtins", "list"): "a list: use trackbook.data.from_numpy(numpy.asarray(...))",
    }
    return ways.get((package, kind), f"a value of type {kind}")


def _tensor_schema(features: Arrays, targets: Arrays | None) -> TensorDatasetSchema | None:
    try:
        return TensorDatasetSchema(infer_schema(features), None if targets is None else infer_schema(targets))
    except InvalidParameter as error:  # records, which no schema has words for
        log.info("The data set has no schema: %s", error)
        return None


def _profile(thing: str, arrays: Arrays) -> dict[str, Any]:
    words = ("shape", "size", "nbytes")
    if not isinstance(arrays, Mapping):
        return {f"{thing}_{word}": getattr(arrays, word) for word in words}
    return {f"{thing}_{word}": {key: getattr(array, word) for key, array in arrays.items()} for word in words}
