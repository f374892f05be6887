"""Runs and logged models as pandas DataFrames, made column by column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from trackbook.libraries import require

if TYPE_CHECKING:
    import pandas as pd

    from trackbook.entities import LoggedModel
    from trackbook.stores.base import RunTable

__all__ = ["models_frame", "runs_frame"]

_NOT_A_TIME = np.iinfo(np.int64).min  # what NumPy takes for NaT


def runs_frame(table: RunTable) -> pd.DataFrame:
    """The frame that `search_runs` returns.

    Columns: run_id, experiment_id, status, artifact_uri (text), start_time, end_time (datetime64[ms, UTC]),
    metrics.* (float64), params.* and tags.* (object: text or None).
    """
    require("A DataFrame of runs", "pandas")
    import pandas as pd

    attributes = table.attributes
    texts: dict[str, list[Any]] = {"run_id": table.run_ids}
    texts |= {name: attributes[name] for name in ("experiment_id", "status", "artifact_uri")}
    more = {f"params.{key}": values for key, values in table.params.items()}
    more |= {f"tags.{key}": values for key, values in table.tags.items()}
    times = {name: pd.Series(_times(attributes[name])).dt.tz_localize("UTC") for name in ("start_time", "end_time")}
    metrics = {f"metrics.{key}": arrays["last"] for key, arrays in table.metrics.items()}
    index = pd.RangeIndex(len(table.run_ids))
    columns: dict[str, Any] = _objects(texts, index) | times | metrics | _objects(more, index)
    return pd.DataFrame(columns, index=index)  # which joins columns of a type: many single blocks make pandas warn


_MODEL_COLUMNS = (
    "artifact_location creation_timestamp experiment_id last_updated_timestamp metrics model_id model_type name params "
    "source_run_id status status_message tags"
)


def models_frame(models: Sequence[LoggedModel]) -> pd.DataFrame:
    """The frame that `search_logged_models` returns: a column an attribute, as MLflow has them.

    Times are int64 (ms since 1970-01-01 UTC); metrics are lists, params and tags dicts, the rest text or None.
    """
    require("A DataFrame of logged models", "pandas")
    import pandas as pd

    index = pd.RangeIndex(len(models))
    columns: dict[str, Any] = {}
    for name in _MODEL_COLUMNS.split():
        values = [getattr(model, name) for model in models]
        if name.endswith("timestamp"):
            columns[name] = pd.Series(np.array(values, dtype=np.int64), index)
        else:
            column = np.empty(len(models), dtype=object)  # NumPy would look into lists
            column[:] = [value.value for value in values] if name == "status" else values
            columns[name] = pd.Series(column, index, dtype=object)
    return pd.DataFrame(columns, index=index)


def _objects(texts: dict[str, list[Any]], index: pd.RangeIndex) -> dict[str, pd.Series]:
    """Columns of objects: pandas' own type for text would turn None into NaN."""
    import pandas as pd

    arrays = {name: np.array(values, dtype=object) for name, values in texts.items()}
    return {name: pd.Series(array, index, dtype=object, copy=False) for name, array in arrays.items()}


def _times(values: list[int | None]) -> np.ndarray:
    """Milliseconds since 1970 as datetime64[ms]; NaT for None."""
    moments = [_NOT_A_TIME if value is None else value for value in values]
    return np.array(moments, dtype=np.int64).view("datetime64[ms]")
