"""Examples whose signatures by MLflow are recorded in signatures.json: run with MLflow, it is written again."""

from __future__ import annotations

import datetime as dt
import json
import warnings
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.datasets import load_iris

RECORD = Path(__file__).with_name("signatures.json")
DAY, MOMENT = dt.date(2024, 5, 1), dt.datetime.fromisoformat("2024-05-01T12:30:00")
SIZES = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "float16", "float32", "float64", "bool")


def sparse(kind: str) -> Any:
    return getattr(import_module("scipy.sparse"), f"{kind}_matrix")(np.eye(3))


#: What a model takes or gives.
DATA: dict[str, Callable[[], Any]] = {
    "flowers": lambda: load_iris(as_frame=True).frame,
    "every size": lambda: pd.DataFrame({name: np.zeros(2, name) for name in SIZES}),
    "numbered columns": lambda: pd.DataFrame(np.arange(6.0).reshape(2, 3)),
    "missing": lambda: pd.DataFrame({"a": [1.0, None], "b": ["x", None], "c": [1, 2]}),
    "nullable": lambda: pd.DataFrame({"a": pd.array([1, None], "Int64"), "b": pd.array([True, False], "boolean")}),
    "categories": lambda: pd.DataFrame({"k": pd.Categorical(["a", "b"])}),
    "moments": lambda: pd.DataFrame({"a": pd.to_datetime(["2024-05-01", "2024-05-02"]), "b": [DAY, DAY]}),
    "raw": lambda: pd.DataFrame({"a": [b"x", b"y"]}),
    "lists": lambda: pd.DataFrame({"a": [[1], [2, 3]], "b": [[["x"]], []]}),
    "objects": lambda: pd.DataFrame({"a": [{"x": 1, "y": None}, {"x": 2, "z": [0.5]}]}),
    "series": lambda: pd.Series([1.5, 2.5], name="y"),
    "nameless series": lambda: pd.Series(["a", "b"]),
    "array": lambda: np.zeros((5, 3, 2), "float32"),
    "texts": lambda: np.array(["abc", "d"]),
    "raw texts": lambda: np.array([b"abc"]),
    "array of objects": lambda: np.array([{"a": 1}, None], dtype=object),
    "named arrays": lambda: {"a": np.zeros((2, 3)), "b": np.zeros(2, int)},
    "csr": lambda: sparse("csr"),
    "csc": lambda: sparse("csc"),
    "dict": lambda: {"a": 1, "b": 1.5, "c": "x", "d": True, "e": [1, 2], "f": {"g": ["x"]}, "h": None},
    "dict of lists": lambda: {"a": [1.5, None], "b": ["x", "y"]},
    "dict of an array and a list": lambda: {"a": np.array([1, 2]), "b": [1]},
    "records": lambda: [{"a": 1, "b": "x"}, {"a": 2, "b": None}, {"a": 3, "c": 1.5}],
    "list": lambda: ["x", "y"],
    "list of numbers": lambda: [1, 2],
    "list of lists": lambda: [[1, 2], [3]],
    "empty list": list,
    "text": lambda: "x",
    "number": lambda: 1.5,
    "number of numpy": lambda: np.float32(1.5),
    "moment": lambda: MOMENT,
    "nothing that has a word": lambda: pd.DataFrame({"a": [1 + 2j]}),
    "tuple": lambda: (1, 2),
    "no columns": pd.DataFrame,
}
PARAMS: dict[str, Callable[[], Any]] = {
    "plain": lambda: {"a": 1, "b": 1.5, "c": True, "d": "x"},
    "of numpy": lambda: {"a": np.int32(1), "b": np.float32(0.5), "c": np.int64(2), "d": np.bool_(True)},
    "moments": lambda: {"a": DAY, "b": MOMENT, "c": np.datetime64("2024-05-01"), "d": [DAY]},
    "lists": lambda: {"a": [1, 2], "b": [1, 2.5], "c": ["x"], "d": np.array([1.5]), "e": [True]},
    "dicts": lambda: {"a": {"b": 1, "c": {"d": [1.5], "e": "x"}}},
    "nan": lambda: {"a": float("nan")},
}
#: Columns that a caller may hand to predict; MLflow casts each to each type of a schema, or refuses.
COLUMNS: dict[str, Callable[[], Any]] = {
    **{name: partial(np.array, [0, 3], name) for name in SIZES if name != "bool"},
    "uint64": lambda: np.array([0, 3], "uint64"),
    "bool": lambda: np.array([True, False]),
    "complex": lambda: np.array([1j, 2]),
    "zeros and ones": lambda: np.array([0, 1]),
    "whole floats": lambda: np.array([1.0, 2.0]),
    "whole floats and nan": lambda: np.array([1.0, np.nan]),
    "texts": lambda: pd.Series(["a", "b"]),
    "text objects": lambda: pd.Series(["a", "b"], dtype=object),
    "text and None": lambda: pd.Series(["a", None], dtype=object),
    "texts of numbers": lambda: pd.Series(["1", "2.5"], dtype=object),
    "texts of dates": lambda: pd.Series(["2024-05-01", "2024-05-02"], dtype=object),
    "string": lambda: pd.Series(["a", None], dtype="string"),
    "int objects": lambda: pd.Series([1, 2], dtype=object),
    "float objects": lambda: pd.Series([1.5, 2.5], dtype=object),
    "int and None": lambda: pd.Series([1, None], dtype=object),
    "bool objects": lambda: pd.Series([True, False], dtype=object),
    "bool and None": lambda: pd.Series([True, None], dtype=object),
    "int and text": lambda: pd.Series([1, "a"], dtype=object),
    "decimals": lambda: pd.Series([Decimal("1.5"), Decimal(2)], dtype=object),
    "bytes": lambda: pd.Series([b"a", b"b"], dtype=object),
    "dates": lambda: pd.Series([DAY, DAY], dtype=object),
    "moments": lambda: pd.to_datetime(pd.Series(["2024-05-01", "2024-05-02"])).astype("datetime64[ns]"),
    "seconds": lambda: pd.to_datetime(pd.Series(["2024-05-01", "2024-05-02"])).astype("datetime64[s]"),
    "zoned": lambda: pd.to_datetime(pd.Series(["2024-05-01", "2024-05-02"])).dt.tz_localize("UTC"),
    "durations": lambda: pd.Series(pd.to_timedelta([1, 2], unit="s")),
    "Int64": lambda: pd.Series([1, 2], dtype="Int64"),
    "Int32": lambda: pd.Series([1, 2], dtype="Int32"),
    "Int64 with none": lambda: pd.Series([1, None], dtype="Int64"),
    "Float64": lambda: pd.Series([1.5, 2.5], dtype="Float64"),
    "Float64 with none": lambda: pd.Series([1.5, None], dtype="Float64"),
    "boolean": lambda: pd.Series([True, False], dtype="boolean"),
    "boolean with none": lambda: pd.Series([True, None], dtype="boolean"),
    "category of texts": lambda: pd.Series(["a", "b"], dtype="category"),
    "category of ints": lambda: pd.Series([1, 2], dtype="category"),
    "lists": lambda: pd.Series([[1], [2]], dtype=object),
    "Nones": lambda: pd.Series([None, None], dtype=object),
}
TYPES = ("boolean", "integer", "long", "float", "double", "string", "binary", "datetime")


def cast(make: Callable[[], Any], kind: str) -> str:
    """What MLflow makes of a column, as the name of its type; "refused" where it raises."""
    from mlflow.models.utils import _enforce_schema  # type: ignore[import-not-found,unused-ignore]
    from mlflow.types.schema import ColSpec, Schema  # type: ignore[import-not-found,unused-ignore]

    try:
        return str(_enforce_schema(pd.DataFrame({"x": make()}), Schema([ColSpec(kind, "x")]))["x"].dtype)
    except Exception:  # noqa: BLE001  # what MLflow does not catch of pandas' is a refusal too
        return "refused"


def told(**parts: Any) -> dict[str, str | None]:
    from mlflow.models import infer_signature  # type: ignore[import-not-found,unused-ignore]

    found: dict[str, str | None] = infer_signature(**parts).to_dict()
    return found


def record() -> None:
    import mlflow  # type: ignore[import-not-found,unused-ignore]

    warnings.simplefilter("ignore")
    recorded = {
        "version": mlflow.__version__,
        "data": {name: told(model_input=make())["inputs"] for name, make in DATA.items()},
        "params": {name: told(params=make())["params"] for name, make in PARAMS.items()},
    }
    recorded["casts"] = {name: {kind: cast(make, kind) for kind in TYPES} for name, make in COLUMNS.items()}
    RECORD.write_text(json.dumps(recorded, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    record()
