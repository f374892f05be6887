"""Runs as a pandas DataFrame, made column by column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from trackbook.libraries import require

if TYPE_CHECKING:
    import pandas as pd

    from trackbook.stores.base import RunTable

__all__ = ["runs_frame"]

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


def _objects(texts: dict[str, list[Any]], index: pd.RangeIndex) -> dict[str, pd.Series]:
    """Columns of objects: pandas' own type for text would turn None into NaN."""
    import pandas as pd

    arrays = {name: np.array(values, dtype=object) for name, values in texts.items()}
    return {name: pd.Series(array, index, dtype=object, copy=False) for name, array in arrays.items()}


def _times(values: list[int | None]) -> np.ndarray:
    """Milliseconds since 1970 as datetime64[ms]; NaT for None."""
    moments = [_NOT_A_TIME if value is None else value for value in values]
    return np.array(moments, dtype=np.int64).view("datetime64[ms]")
