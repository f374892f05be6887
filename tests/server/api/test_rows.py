"""Rows: the telling metric, progress, sparklines, and text of any kind."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from trackbook.entities import Metric, Param, RunTag
from trackbook.server.api.rows import Rows, telling_metric
from trackbook.stores import open_store
from trackbook.stores.base import NewRun, Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path / "s.db")
    yield opened
    opened.close()


def row(
    store: Store,
    curves: Mapping[str, list[float]],
    params: Mapping[str, str] | None = None,
    rows: Rows | None = None,
) -> dict[str, Any]:
    run = store.create_run(NewRun("0", "otter"))
    points = [Metric(key, value, 1, step) for key, values in curves.items() for step, value in enumerate(values, 1)]
    store.log_batch(run.info.run_id, points, [Param(*pair) for pair in (params or {}).items()])
    told = (rows or Rows(store, {"0": "Default"})).row(store.get_run(run.info.run_id))
    json.dumps(told, allow_nan=False)
    return told


@pytest.mark.parametrize(
    ("keys", "chosen"),
    [
        (["loss", "val_loss", "val_accuracy"], "val_loss"),
        (["accuracy", "loss"], "loss"),
        (["epoch", "test/f1"], "test/f1"),
        (["system/cpu", "x"], "x"),
        (["system/cpu"], None),
        ([], None),
    ],
)
def test_telling_metric_is_held_out_and_has_a_best(store: Store, keys: list[str], chosen: str | None) -> None:
    run = store.create_run(NewRun("0"))
    store.log_batch(run.info.run_id, [Metric(key, 1 / (step + 1), 1, step) for key in keys for step in range(2)])
    found = telling_metric(store.summaries(run.info.run_id))
    assert (found.key if found else None) == chosen


def test_row_says_the_best_value_and_how_far_the_run_is(store: Store) -> None:
    told = row(store, {"val_loss": [2.0, 0.5, 1.0]}, {"epochs": "60"})
    assert (told["status"], told["experiment"]) == ("RUNNING", "Default")
    assert (told["metric"]["value"], told["metric"]["step"], told["metric"]["last"]) == (0.5, "2", 1.0)
    assert (told["step"], told["of"]) == ("3", 60)
    assert told["spark"] == {"x": [0.0, 0.5, 1.0], "y": [100, 0, 33]}


@pytest.mark.parametrize("epochs", ["2", "0", "-5", "many", "6e1", "٦٠", "9" * 20])
def test_progress_needs_a_length_that_fits(store: Store, epochs: str) -> None:
    assert "of" not in row(store, {"loss": [1.0, 1.0, 1.0]}, {"epochs": epochs})


def test_sparkline_has_gaps_and_few_points(store: Store) -> None:
    told = row(store, {"loss": [1.0, math.nan, 0.5, math.inf, 0.25, 0.0]})
    assert told["spark"]["y"] == [100, None, 50, None, 25, 0]
    long = row(store, {"loss": [math.sin(step / 9) for step in range(5_000)]})
    assert len(long["spark"]["x"]) <= 42
    assert {0, 100} <= set(long["spark"]["y"])


@pytest.mark.parametrize("values", [[math.nan, math.nan], [math.inf, -math.inf], [1.0], [1e308, -1e308, 1e308]])
def test_curve_that_cannot_be_drawn_does_no_harm(store: Store, values: list[float]) -> None:
    told = row(store, {"loss": values})
    assert set(told.get("spark", {"y": []})["y"]) <= {0, 100}


def test_sparkline_is_read_again_only_when_there_are_more_points(store: Store) -> None:
    rows = Rows(store)
    first = row(store, {"loss": [1.0, 0.5]}, rows=rows)
    again = rows.row(store.get_run(first["id"]))
    assert again["spark"] is first["spark"]
    store.log_batch(first["id"], [Metric("loss", 0.1, 1, 3)])
    assert rows.row(store.get_run(first["id"]))["spark"] != first["spark"]


def test_text_is_kept_as_it_was_logged_and_cut(store: Store) -> None:
    hostile = "<img src=x onerror=alert(1)>\u202e"
    run = store.create_run(NewRun("0", hostile, tags={"mlflow.source.name": "a/" + "x" * 900}))
    store.log_batch(run.info.run_id, tags=[RunTag("trackbook.error", "ValueError: " + hostile)])
    store.update_run(run.info.run_id, "FAILED")
    told = Rows(store, {"0": hostile}).row(store.get_run(run.info.run_id))
    assert (told["name"], told["experiment"], told["error"]) == (hostile, hostile, "ValueError: " + hostile)
    assert len(told["source"]) == 301
    assert "metric" not in told
