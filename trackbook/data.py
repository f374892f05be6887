"""MLflow's path for data sets: ``trackbook.data.from_pandas(df)`` describes data for ``trackbook.log_input``."""

from __future__ import annotations

from trackbook.runs.dataset_sources import DatasetSource, get_source
from trackbook.runs.datasets import NumpyDataset, PandasDataset, PolarsDataset, from_numpy, from_pandas, from_polars

__all__ = [
    "DatasetSource",
    "NumpyDataset",
    "PandasDataset",
    "PolarsDataset",
    "from_numpy",
    "from_pandas",
    "from_polars",
    "get_source",
]
