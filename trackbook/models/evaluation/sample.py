"""What a model is measured on: features, targets and the data set that they are, from whatever form they come in."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trackbook.errors import InvalidParameter, NotSupported
from trackbook.libraries import require
from trackbook.runs.datasets import InputDataset, described, from_numpy, from_pandas, from_polars

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Sample", "Wanted", "read_sample", "vector", "weights_of"]

_PURPOSE = "Evaluation"


@dataclass(frozen=True)
class Wanted:
    """Where in the data to find what.

    Attributes:
        targets: the column of the targets, or the targets themselves.
        predictions: the column of predictions that were made already.
        features: the columns that the model is given, or names for those of an array; all others if None.
        path: where the data came from.
        has_model: whether there is a model to predict; without one, predictions must be in the data.
    """

    targets: Any = None
    predictions: str | None = None
    features: Sequence[str] | None = None
    path: str | None = None
    has_model: bool = True


@dataclass(frozen=True)
class Sample:
    """Data to measure on.

    Attributes:
        features: a pandas DataFrame or an array, as the model is given it.
        targets: one value a row; None if there are none.
        predictions: those that are in the data; None if a model makes them.
        dataset: what a run notes of it.
        targets_name: the column that the targets were in.
        predictions_name: the column that the predictions were in.
        names: of the features, in their order.
    """

    features: Any
    targets: NDArray[Any] | None
    predictions: NDArray[Any] | None
    dataset: InputDataset
    targets_name: str | None
    predictions_name: str | None
    names: list[str]

    @property
    def rows(self) -> int:
        """How many there are."""
        return len(self.features)

    def frame(self) -> pd.DataFrame:
        """The features as a DataFrame of their own."""
        import pandas as pd

        if isinstance(self.features, pd.DataFrame):
            return self.features.copy()
        flat = self.features.reshape(len(self.features), -1)
        return pd.DataFrame(flat, columns=self.names if len(self.names) == flat.shape[1] else None)


def read_sample(data: Any, wanted: Wanted) -> Sample:
    """The data to measure on.

    Args:
        data: a pandas or polars DataFrame, an array or list, a data set of `trackbook.data`, or the path of a .csv
            or .parquet file.
        wanted: where to find what in it.

    Raises:
        InvalidParameter: it is none of these, there is no such column or no row, or targets of another length.
        MissingDependency: pandas is not installed.
    """
    require(_PURPOSE, "pandas")
    if isinstance(data, InputDataset):
        sample = _of_dataset(data, wanted)
    elif isinstance(data, (str, os.PathLike)):
        sample = _of_table(_read_file(data), Wanted(**{**vars(wanted), "path": wanted.path or os.fspath(data)}))
    elif _is("pandas", "DataFrame", data) or _is("polars", "DataFrame", data):
        sample = _of_table(data, wanted)
    elif isinstance(data, (np.ndarray, list)):
        sample = _of_array(data, wanted)
    else:
        raise _refused(data)
    if not sample.rows:
        raise InvalidParameter("The data has no rows, so there is nothing to measure.")
    return sample


def _is(package: str, name: str, data: object) -> bool:
    module = sys.modules.get(package)
    return module is not None and isinstance(data, getattr(module, name))


def _refused(data: object) -> Exception:
    if type(data).__module__.startswith("pyspark."):
        return NotSupported("A Spark DataFrame is too much for one process; evaluate on frame.limit(...).toPandas().")
    if data is None:
        return InvalidParameter("evaluate needs data: a DataFrame, an array with targets, a data set or a file.")
    found = described(data).partition(":")[0]
    return InvalidParameter(f"Data is a DataFrame, an array, a data set of trackbook.data or a file, not {found}.")


def _read_file(path: str | os.PathLike[str]) -> pd.DataFrame:
    import pandas as pd

    name = os.fspath(path)
    if not os.path.isfile(name):
        raise InvalidParameter(f"There is no file {name!r}.")
    try:
        if name.endswith(".csv"):
            return pd.read_csv(name)
        if name.endswith(".parquet"):
            require("Reading .parquet", "pyarrow")
            return pd.read_parquet(name, engine="pyarrow")
    except (ValueError, OSError) as error:
        raise InvalidParameter(f"{name} cannot be read: {error!s:.200}") from error
    raise InvalidParameter(f"Data is read from .csv and .parquet files; {name!r} ends in neither.")


def _of_dataset(dataset: InputDataset, wanted: Wanted) -> Sample:
    targets, predictions = getattr(dataset, "targets", None), getattr(dataset, "predictions", None)
    if wanted.targets is not None and targets is not None:
        raise InvalidParameter("The data set says which its targets are; leave targets= out.")
    if wanted.has_model and predictions is not None:
        raise InvalidParameter("The data set has predictions, and a model was given too; leave one of them out.")
    found = {"targets": wanted.targets if targets is None else targets, "predictions": wanted.predictions}
    if predictions is not None:
        found["predictions"] = predictions
    again = Wanted(**{**vars(wanted), **found})
    if hasattr(dataset, "df"):
        return _of_table(dataset.df, again, dataset)
    return _of_array(getattr(dataset, "features", None), again, dataset)


def _of_table(table: Any, wanted: Wanted, dataset: InputDataset | None = None) -> Sample:
    frame = table if _is("pandas", "DataFrame", table) else _to_pandas(table)
    column = wanted.targets if isinstance(wanted.targets, str) else None
    predictions = wanted.predictions
    if predictions is not None and wanted.has_model and predictions not in frame.columns:
        predictions = None  # the name of a column of what the model gives
    for role, name in (("targets", column), ("predictions", predictions)):
        _check_column(frame, role, name)
    given = wanted.targets if column is None else frame[column]
    targets = None if given is None else vector("targets", given, len(frame))
    features = _features(frame, wanted.features, {column, predictions})
    made = None if wanted.has_model or predictions is None else vector("predictions", frame[predictions], len(frame))
    if dataset is None:
        describe = from_pandas if table is frame else from_polars
        dataset = describe(table, source=wanted.path, targets=column, predictions=None if made is None else predictions)
    names = [str(name) for name in features.columns]
    return Sample(features, targets, made, dataset, column, None if made is None else predictions, names)


def _to_pandas(table: Any) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame({name: table[name].to_numpy() for name in table.columns})


def _check_column(frame: pd.DataFrame, role: str, name: str | None) -> None:
    if name is None:
        return
    if name not in frame.columns:
        listed = ", ".join(repr(column) for column in list(frame.columns)[:20])
        raise InvalidParameter(f"There is no column {name!r:.80} for {role}; the data has {listed or 'none'}.")
    if getattr(frame[name], "ndim", 1) != 1:
        raise InvalidParameter(f"Several columns are named {name!r:.80}; the {role} are one column.")


def _features(frame: pd.DataFrame, names: Sequence[str] | None, others: set[str | None]) -> pd.DataFrame:
    if names is None:
        return frame[[name for name in frame.columns if name not in others]]
    if isinstance(names, str) or not isinstance(names, Sequence):
        raise InvalidParameter(f"feature_names is a list of columns, not {names!r:.80}.")
    for name in names:
        _check_column(frame, "the features", name)
    return frame[list(names)]


def _of_array(data: Any, wanted: Wanted, dataset: InputDataset | None = None) -> Sample:
    if isinstance(data, dict):
        raise InvalidParameter("A data set of several arrays cannot be evaluated; make one array or a DataFrame of it.")
    if isinstance(wanted.targets, str):
        raise InvalidParameter(f"An array has no column {wanted.targets!r:.80}; give the targets themselves.")
    if not wanted.has_model:
        raise InvalidParameter("Without a model the data is a DataFrame, and predictions= names its column.")
    features = np.asarray(data) if not isinstance(data, list) or not _ragged(data) else np.asarray(data, dtype=object)
    if features.ndim == 0:
        raise InvalidParameter("An array of features has a row for each example, not a single value.")
    targets = None if wanted.targets is None else vector("targets", wanted.targets, len(features))
    dataset = dataset or from_numpy(features, source=wanted.path, targets=targets)
    width = int(np.prod(features.shape[1:])) if features.ndim > 1 else 1
    if wanted.features is None:
        return Sample(features, targets, None, dataset, None, None, [f"feature_{i + 1}" for i in range(width)])
    return Sample(_named(features, list(wanted.features)), targets, None, dataset, None, None, list(wanted.features))


def _ragged(rows: list[Any]) -> bool:
    lengths = {len(row) if isinstance(row, (list, tuple, np.ndarray)) else -1 for row in rows}
    return len(lengths) > 1


def _named(features: NDArray[Any], names: list[str]) -> pd.DataFrame:
    import pandas as pd

    table = features.reshape(-1, 1) if features.ndim == 1 else features
    if table.ndim != 2 or table.shape[1] != len(names):
        raise InvalidParameter(f"feature_names has {len(names)} names for an array of the shape {features.shape}.")
    return pd.DataFrame(table, columns=names)


def vector(role: str, values: Any, rows: int | None = None) -> NDArray[Any]:
    """One value a row, as an array; none may be missing.

    Args:
        role: ``targets`` or ``predictions``, for the message.
        values: a Series, an array, a list or a column; a table of one column too.
        rows: how many there must be.

    Raises:
        InvalidParameter: they are missing, too few or too many, or several a row; the message names the first row.
    """
    import pandas as pd

    if isinstance(values, (str, bytes, dict, set)) or not hasattr(values, "__len__"):
        raise InvalidParameter(f"The {role} are one value a row, not a value of type {type(values).__name__}.")
    array = values.to_numpy() if hasattr(values, "to_numpy") else np.asarray(values)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise InvalidParameter(f"The {role} are one value a row; these have the shape {array.shape}.")
    if rows is not None and len(array) != rows:
        raise InvalidParameter(f"There are {rows} rows and {len(array)} {role}.")
    missing = np.flatnonzero(pd.isna(array))
    if len(missing):
        raise InvalidParameter(
            f"{len(missing)} of {len(array)} {role} are missing, the first in row {missing[0]}. "
            f"{'Leave those rows out.' if role == 'targets' else 'No metric can be told of a model that gives them.'}"
        )
    return array


def weights_of(config: Mapping[str, Any], rows: int) -> NDArray[np.float64] | None:
    """The weights of the rows that MLflow's ``sample_weights`` names; None if there are none.

    Raises:
        InvalidParameter: they are no weights, or too few or too many.
    """
    given = config.get("sample_weights")
    if given is None:
        return None
    try:
        weights: NDArray[np.float64] = vector("sample_weights", given, rows).astype(np.float64)
    except (ValueError, TypeError) as error:
        raise InvalidParameter("sample_weights are numbers, one a row.") from error
    if not np.isfinite(weights).all() or weights.min() < 0 or not weights.any():
        raise InvalidParameter("sample_weights are finite, none is below 0, and not all of them are 0.")
    return weights
