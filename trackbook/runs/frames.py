"""Runs as a pandas DataFrame, made column by column."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

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
    import pandas as pd

    attributes = table.attributes
    columns: dict[str, Any] = {"run_id": _texts(table.run_ids)}
    columns |= {name: _texts(attributes[name]) for name in ("experiment_id", "status", "artifact_uri")}
    columns |= {name: pd.Series(_times(attributes[name])).dt.tz_localize("UTC") for name in ("start_time", "end_time")}
    columns |= {f"metrics.{key}": arrays["last"] for key, arrays in table.metrics.items()}
    columns |= {f"params.{key}": _texts(values) for key, values in table.params.items()}
    columns |= {f"tags.{key}": _texts(values) for key, values in table.tags.items()}
    return pd.DataFrame(columns)


def _texts(values: Iterable[str | None]) -> np.ndarray:
    """Text as objects: pandas' own text type would turn None into NaN."""
    listed = list(values)
    array = np.empty(len(listed), dtype=object)
    array[:] = listed
    return array


def _times(values: list[int | None]) -> np.ndarray:
    """Milliseconds since 1970 as datetime64[ms]; NaT for None."""
    return np.array([_NOT_A_TIME if value is None else value for value in values], dtype=np.int64).view("datetime64[ms]")
