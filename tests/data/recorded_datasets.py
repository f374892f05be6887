"""Data sets whose descriptions by MLflow are recorded in datasets.json: run with MLflow, it is written again."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.datasets import load_diabetes, load_digits, load_iris, load_wine

RECORD = Path(__file__).with_name("datasets.json")


def flowers() -> pd.DataFrame:
    """Numbers and, last, a column of text: MLflow sorts them."""
    iris = load_iris(as_frame=True)
    frame: pd.DataFrame = iris.frame.drop(columns=["target"])
    return frame.assign(species=iris.target_names[iris.target].tolist())


def small_types() -> pd.DataFrame:
    types = ("int8", "int16", "int32", "uint8", "uint16", "uint32", "float32", "float64")
    return pd.DataFrame({name: np.arange(-1, 4).astype(name) for name in types if name[0] != "u"}).assign(
        **{name: np.arange(5).astype(name) for name in types if name[0] == "u"}
    )


FRAMES: dict[str, Callable[[], pd.DataFrame]] = {
    "wine": lambda: load_wine(as_frame=True).frame,
    "diabetes": lambda: load_diabetes(as_frame=True).frame,
    "flowers": flowers,
    "texts": lambda: pd.DataFrame({"b": ["x", "é", ""], "a": ["1", "2", "3"]}),
    "text objects": lambda: pd.DataFrame({"b": ["x", "é", ""], "a": ["1", "2", "3"]}, dtype=object),
    "small types": small_types,
    "missing numbers": lambda: pd.DataFrame({"a": [1.0, np.nan, 3.0], "b": [1, 2, 3]}),
    "categories": lambda: pd.DataFrame({"kind": pd.Categorical(["a", "b", "a"]), "n": [1, 2, 3]}),
    "own index": lambda: pd.DataFrame({"n": [1, 2, 3]}, index=["x", "y", "z"]),
    "two indexes": lambda: pd.DataFrame({"n": [1, 2]}, index=pd.MultiIndex.from_tuples([("a", 1), ("b", 2)])),
    "numbered columns": lambda: pd.DataFrame(np.arange(6.0).reshape(2, 3)),
    "no rows": lambda: pd.DataFrame({"t": pd.Series([], dtype=str), "n": pd.Series([], dtype=float)}),
    "many rows": lambda: pd.DataFrame({"n": np.arange(20_000), "t": [f"row {place}" for place in range(20_000)]}),
}
ARRAYS: dict[str, Callable[[], dict[str, Any]]] = {
    "digits": lambda: {"features": load_digits().data, "targets": load_digits().target},
    "integers": lambda: {"features": np.arange(-3, 9, dtype="int16").reshape(3, 4)},
    "float32": lambda: {"features": np.linspace(0, 1, 24, dtype="float32").reshape(2, 3, 4)},
    "truth": lambda: {"features": np.array([True, False, True])},
    "moments": lambda: {"features": np.array(["2024-01-01", "NaT"], dtype="datetime64[ns]")},
    "zeros": lambda: {"features": np.array([0.0, -0.0, np.nan, np.inf])},
    "complex": lambda: {"features": np.array([1 + 2j, -1j])},
    "complex64": lambda: {"features": np.array([1 + 2j, -1j], dtype="complex64")},
    "named": lambda: {"features": {"b": np.ones((2, 2)), "a": np.zeros(3)}, "targets": np.array([1, 2])},
    "many": lambda: {"features": np.arange(60_000.0).reshape(-1, 3)},
    "none": lambda: {"features": np.empty((0, 3))},
}


def record() -> None:
    import mlflow  # type: ignore[import-not-found,unused-ignore]

    def told(dataset: Any) -> dict[str, Any]:
        described = dataset.to_dict()
        return {key: described[key] for key in ("digest", "schema", "profile", "source_type", "source")}

    warnings.simplefilter("ignore")
    pd.set_option("mode.string_storage", "python")  # MLflow's digest fails on texts that pyarrow holds
    frames = {
        name: told(mlflow.data.from_pandas(make(), source="https://example.org/x")) for name, make in FRAMES.items()
    }
    arrays = {name: told(mlflow.data.from_numpy(**make(), source="s3://bucket/x")) for name, make in ARRAYS.items()}
    recorded = {"version": mlflow.__version__, "frames": frames, "arrays": arrays}
    RECORD.write_text(json.dumps(recorded, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    record()
