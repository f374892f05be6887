"""Every type of a column cast to every type of a schema, as MLflow does; and what it does not."""

from __future__ import annotations

import json
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from trackbook.errors import InvalidParameter
from trackbook.signature import ColSpec, DataType, Schema
from trackbook.signature.enforcement import enforce

DATA = Path(__file__).parents[1] / "data"
COLUMNS: dict[str, Callable[[], Any]] = runpy.run_path(str(DATA / "recorded_signatures.py"))["COLUMNS"]
CASTS = json.loads((DATA / "signatures.json").read_text(encoding="utf-8"))["casts"]
#: Where MLflow hands objects on unseen, or refuses what changes nothing.
OTHERWISE = {
    **{(name, "boolean"): "refused" for name in ("int and text", "decimals", "bytes", "dates", "lists")},
    ("category of texts", "string"): "category",
    ("category of texts", "binary"): "category",
    ("category of ints", "long"): "category",
    ("texts of dates", "datetime"): "datetime64[ns]",
    ("Nones", "float"): "float32",
}


def cast(name: str, kind: DataType, **how: bool) -> str:
    try:
        return str(enforce(pd.DataFrame({"x": COLUMNS[name]()}), Schema([ColSpec(kind, "x", **how)]))["x"].dtype)
    except InvalidParameter:
        return "refused"


@pytest.mark.parametrize("name", COLUMNS)
def test_column_is_cast_as_mlflow_casts_it(name: str) -> None:
    expected = {kind: OTHERWISE.get((name, kind), told) for kind, told in CASTS[name].items()}
    if name == "texts":  # before pandas 3 they are objects
        expected = {kind: told.replace("str", str(COLUMNS[name]().dtype)) for kind, told in expected.items()}
    assert {kind: cast(name, DataType.named(kind)) for kind in expected} == expected
