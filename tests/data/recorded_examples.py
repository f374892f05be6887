"""Input examples as MLflow writes them, recorded in examples.json: run with MLflow, it is written again."""

from __future__ import annotations

import datetime as dt
import json
import tempfile
import warnings
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

RECORD = Path(__file__).with_name("examples.json")
DAY, MOMENT = dt.date(2024, 5, 1), dt.datetime.fromisoformat("2024-05-01T12:30:00")


def sparse(kind: str) -> Any:
    return getattr(import_module("scipy.sparse"), f"{kind}_matrix")(np.diag([1.0, 2.5]))


EXAMPLES: dict[str, Callable[[], Any]] = {
    "table": lambda: pd.DataFrame({"a": [1, 2], "b": [0.5, 1.5], "c": ["x", "é"], "d": [True, False]}),
    "table with gaps": lambda: pd.DataFrame({"a": [1.0, None], "b": ["x", None], "c": [1, 2]}),
    "table of numbers with gaps": lambda: pd.DataFrame({"a": [1.0, None]}),
    "own index": lambda: pd.DataFrame({"a": [1, 2]}, index=["p", "q"]),
    "numbered columns": lambda: pd.DataFrame(np.arange(4.0).reshape(2, 2)),
    "other numbered columns": lambda: pd.DataFrame({1: [1], 2: [2]}),
    "moments": lambda: pd.DataFrame(
        {"a": pd.to_datetime(pd.Series(["2024-05-01", None])), "b": [DAY, DAY], "c": [MOMENT, MOMENT]}
    ),
    "raw": lambda: pd.DataFrame({"a": [b"x" * 60, b""]}),
    "lists": lambda: pd.DataFrame({"a": [[1, 2], []], "b": [{"k": 1}, {}]}),
    "arrays in a table": lambda: pd.DataFrame({"a": [np.array([1.5, 2]), np.array([3])]}),
    "nullable": lambda: pd.DataFrame({"a": pd.array([1, None], "Int64"), "b": pd.Categorical(["x", "y"])}),
    "small types": lambda: pd.DataFrame({"a": np.array([1], "int8"), "b": np.array([0.1], "float32")}),
    "array": lambda: np.array([[1.0, 2.0], [3.0, np.nan]]),
    "whole array": lambda: np.array([1, 2]),
    "array of texts": lambda: np.array(["a", "b"]),
    "truths": lambda: np.array([True]),
    "named arrays": lambda: {"p": np.array([[1.5, np.nan]]), "q": np.array([3])},
    "dict": lambda: {"a": 1, "b": [1.5, None], "c": {"d": "x"}, "e": DAY, "f": b"xy", "g": np.float32(0.5)},
    "list": lambda: ["x", "y"],
    "records": lambda: [{"a": 1, "b": None}, {"a": 2, "b": MOMENT}],
    "text": lambda: "question",
    "number": lambda: 1.5,
    "number of numpy": lambda: np.int64(3),
    "moment": lambda: MOMENT,
    "csr": lambda: sparse("csr"),
    "csc": lambda: sparse("csc"),
    "with params": lambda: (pd.DataFrame({"a": [1]}), {"k": 5, "t": [0.5]}),
    "array with params": lambda: (np.array([1.5]), {"k": 5}),
    "text with params": lambda: ("x", {"k": 5}),
    "no params": lambda: ("x", {}),
}


def told(example: Any) -> dict[str, Any]:
    from mlflow.models import Model, infer_signature  # type: ignore[import-not-found,unused-ignore]
    from mlflow.models.utils import _read_example, _save_example  # type: ignore[import-not-found,unused-ignore]

    with tempfile.TemporaryDirectory() as folder:
        model = Model()
        saved = _save_example(model, example, folder)
        model.signature = infer_signature(saved.inference_data)
        again = _read_example(model, folder)
        files = {path.name: path.read_text(encoding="utf-8") for path in Path(folder).iterdir()}
        return {"info": model.saved_input_example_info, "files": files, "read": f"{type(again).__name__} {again!r}"}


def record() -> None:
    import mlflow  # type: ignore[import-not-found,unused-ignore]

    warnings.simplefilter("ignore")
    recorded = {"version": mlflow.__version__, "examples": {}}
    for name, make in EXAMPLES.items():
        try:
            recorded["examples"][name] = told(make())
        except Exception as error:  # noqa: BLE001  # what MLflow fails on is recorded too
            recorded["examples"][name] = {"error": f"{type(error).__name__}: {error}"[:200]}
    RECORD.write_text(json.dumps(recorded, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    record()
