"""Digests: MLflow's where MLflow sees the content, the same in every process, and others for other content."""

from __future__ import annotations

import datetime as dt
import json
import os
import runpy
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from trackbook.runs.digests import array_digest, polars_digest, table_digest

DATA = Path(__file__).parents[1] / "data"
RECIPES = runpy.run_path(str(DATA / "recorded_datasets.py"))
FRAMES: dict[str, Callable[[], pd.DataFrame]] = RECIPES["FRAMES"]
ARRAYS: dict[str, Callable[[], dict[str, Any]]] = RECIPES["ARRAYS"]
RECORDED = json.loads((DATA / "datasets.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", FRAMES)
def test_table_has_the_digest_that_mlflow_gives(name: str) -> None:
    assert table_digest(FRAMES[name]()) == RECORDED["frames"][name]["digest"]


@pytest.mark.parametrize("name", ARRAYS)
def test_array_has_the_digest_that_mlflow_gives(name: str) -> None:
    assert array_digest(**ARRAYS[name]()) == RECORDED["arrays"][name]["digest"]


def odd_frame(seven: Any = 7) -> pd.DataFrame:
    """Columns that MLflow leaves out."""
    return pd.DataFrame(
        {
            "day": pd.to_datetime(["2024-01-01", "2024-01-02"]),
            "yes": [True, False],
            "text": pd.Series(["a", None], dtype=object),
            "list": [[1, 2], [3]],
            "dict": [{"a": 1, "b": {"x", "y", "z"}}, {}],
            "array": [np.arange(2), np.arange(3)],
            "mixed": pd.Series([seven, "a"], dtype=object),
            "kind": pd.Categorical([1, 2]),
            "span": pd.to_timedelta([1, 2], unit="s"),
            "whole": pd.Series([1, None], dtype="Int64"),
        }
    )


CHANGES: list[tuple[str, Any]] = [
    ("day", pd.Timestamp("2025-01-01")),
    ("yes", False),
    ("text", "b"),
    ("list", [1, 3]),
    ("dict", {"a": 2}),
    ("array", np.arange(2) + 1),
    ("mixed", 8),
    ("kind", 2),
    ("span", pd.Timedelta(3, unit="s")),
    ("whole", 2),
]


@pytest.mark.parametrize(("column", "value"), CHANGES, ids=[column for column, _ in CHANGES])
def test_one_changed_value_of_any_type_changes_the_digest(column: str, value: Any) -> None:
    frame = odd_frame()
    frame.at[0, column] = value
    assert table_digest(frame) != table_digest(odd_frame())


def test_what_counts_and_what_does_not_in_a_table() -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": [3.0, 4.0]})
    digest = table_digest(frame)
    assert table_digest(frame.copy()) == digest
    assert table_digest(frame.astype({"a": "int32"})) == digest
    others = [
        frame[["b", "a"]],
        frame.iloc[::-1],
        frame.set_axis([5, 6]),
        frame.rename(columns={"a": "c"}),
        frame.astype({"a": "float64"}),
        pd.concat([frame, frame], ignore_index=True),
        frame.assign(a=[1, 3]),
        frame.assign(a=["1", "2"]),
        frame.assign(c=[True, True]),
    ]
    assert len({digest, *map(table_digest, others)}) == 1 + len(others)


def test_two_columns_may_bear_one_name() -> None:
    frame = pd.DataFrame([[1, 2]], columns=["x", "x"])
    assert table_digest(frame) != table_digest(pd.DataFrame([[2, 1]], columns=["x", "x"]))
    mixed = pd.DataFrame([[1, "a"]], columns=pd.Index([0, "b"], dtype=object))
    assert len(table_digest(mixed)) == 8


@pytest.mark.parametrize("categories", [False, True])
def test_half_a_character_at_the_end_of_a_text_counts(categories: bool) -> None:
    def frame(text: str) -> pd.DataFrame:
        texts = pd.Index([text, "b"], dtype=object)  # pandas' own kind of text may refuse half a character
        return pd.DataFrame({"a": pd.Categorical.from_codes([0, 1], texts) if categories else texts})

    texts = ["cut \ud83d", "cut \ud83e", "cut \\ud83d", "cut"]
    assert len({table_digest(frame(text)) for text in texts}) == 4


def test_half_a_character_in_an_index_counts() -> None:
    indexes = [pd.Index([text, "b"], dtype=object) for text in ("cut \ud83d", "cut \ud83e", "cut")]
    both = [*indexes, *(pd.MultiIndex.from_arrays([index, [0, 1]]) for index in indexes)]
    assert len({table_digest(pd.DataFrame({"a": ["b", "c"]}, index=index)) for index in both}) == 6


def test_beyond_10_000_rows_the_number_of_rows_counts() -> None:
    frame = pd.DataFrame({"n": np.arange(10_010)})
    digest = table_digest(frame)
    frame.loc[10_005, "n"] = -1
    assert table_digest(frame) == digest
    assert table_digest(frame.iloc[:-1]) != digest
    frame.loc[9_999, "n"] = -1
    assert table_digest(frame) != digest


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (np.array([1, 2]), np.array([1, 3])),
        (np.array([1, 2]), np.array([[1, 2]])),
        (np.array(["a", "b"]), np.array(["ab", ""])),
        (np.array([[1], [1, 2]], dtype=object), np.array([[1], [1, 3]], dtype=object)),
        (np.array([(1, 2.0)], dtype="i4,f8"), np.array([(1, 3.0)], dtype="i4,f8")),
        (np.array([1], "longdouble"), np.array([2], "longdouble")),
        ({"a": np.zeros(2)}, {"a": np.ones(2)}),
    ],
)
def test_one_changed_item_or_shape_changes_the_digest_of_an_array(one: Any, other: Any) -> None:
    assert array_digest(one) == array_digest(one)
    assert array_digest(one) != array_digest(other)


def test_targets_count_and_byte_order_does_not() -> None:
    features = np.arange(6.0).reshape(2, 3)
    assert array_digest(features) != array_digest(features, np.array([0, 1]))
    assert array_digest(features.astype(">f8")) == array_digest(features) == array_digest(np.asfortranarray(features))


def polars_frame(**columns: Any) -> pl.DataFrame:
    day = dt.date(2024, 1, 1)
    fixed = {
        "n": [1, 2],
        "t": ["a", None],
        "x": [0.5, float("nan")],
        "l": [[1], [2]],
        "d": [day, day],
        "s": [{"a": 1}] * 2,
    }
    return pl.DataFrame({**fixed, **columns}, strict=False)


@pytest.mark.parametrize(
    "change",
    [
        {"n": [1, 3]},
        {"t": ["b", None]},
        {"x": [0.5, 1.0]},
        {"l": [[1], [3]]},
        {"s": [{"a": 1}, {"a": 2}]},
        {"new": [1, 2]},
    ],
)
def test_one_changed_value_changes_the_digest_of_a_polars_frame(change: dict[str, Any]) -> None:
    assert polars_digest(polars_frame()) == polars_digest(polars_frame())
    assert polars_digest(polars_frame(**change)) != polars_digest(polars_frame())


def test_order_names_and_types_of_a_polars_frame_count() -> None:
    frame = pl.DataFrame({"a": [1, 2], "b": [3, 4]})
    others = [frame[["b", "a"]], frame.reverse(), frame.rename({"a": "c"}), frame.cast(pl.Int32), frame.head(1)]
    assert len({polars_digest(each) for each in (frame, *others)}) == 6


@pytest.mark.parametrize("kind", ["Int128", "UInt128"])
def test_numbers_wider_than_numpys_have_a_digest(kind: str) -> None:
    if not hasattr(pl, kind):
        pytest.skip(f"this polars has no {kind}")
    wide = [pl.DataFrame({"a": pl.Series([value], dtype=getattr(pl, kind))}) for value in (1, 2, 2**100)]
    assert len({polars_digest(each) for each in wide}) == 3


SCRIPT = """
import sys
sys.path.append(sys.argv[1])
from test_digests import *
frames = table_digest(odd_frame()), table_digest(FRAMES["flowers"]()), polars_digest(polars_frame())
print(*frames, array_digest(np.array(["a"])))
"""


def test_digests_are_the_same_in_every_process_whatever_its_hash_seed() -> None:
    def digests(seed: str) -> str:
        command = [sys.executable, "-c", SCRIPT, str(Path(__file__).parent)]
        environment = os.environ | {"PYTHONHASHSEED": seed}
        return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout

    here = (table_digest(odd_frame()), table_digest(FRAMES["flowers"]()), polars_digest(polars_frame()))
    assert digests("1") == digests("2") == " ".join([*here, array_digest(np.array(["a"]))]) + "\n"


def test_object_of_an_unknown_class_does_not_bring_in_its_address() -> None:
    frames = [pd.DataFrame({"o": pd.Series([object()], dtype=object)}) for _ in range(2)]
    assert table_digest(frames[0]) == table_digest(frames[1])


def test_data_in_itself_has_a_digest() -> None:
    cell: list[Any] = []
    cell.append(cell)
    assert len(table_digest(pd.DataFrame({"o": pd.Series([cell, None], dtype=object)}))) == 8


def test_a_million_rows_take_under_200_ms() -> None:
    rows = 1_000_000
    numbers = {f"n{place}": np.arange(rows, dtype=float) for place in range(10)}
    frame = pd.DataFrame({**numbers, "t": pd.Series(["text"] * rows), "day": pd.Timestamp("2024-01-01")})
    array = frame[list(numbers)].to_numpy()
    start = time.process_time()
    table_digest(frame)
    between = time.process_time()
    array_digest(array)
    assert max(between - start, time.process_time() - between) < 0.2
