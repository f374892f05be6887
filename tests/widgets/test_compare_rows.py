"""The rows side by side: equal texts share a code, NaN travels, and thousands of rows are bounded."""

from __future__ import annotations

import json

from trackbook.entities import Metric, Param, RunTag
from trackbook.stores.base import NewRun, Store
from trackbook.widgets.compare_rows import CELL, MOST_ROWS, read_compared, section, sections_of


def started(store: Store, name: str, experiment: str = "0") -> str:
    return store.create_run(NewRun(experiment, name, start_time=1_700_000_000_000)).info.run_id


def rows(store: Store, *run_ids: str) -> dict[str, dict[str, dict[str, object]]]:
    found, _ = read_compared(store, run_ids)
    sections = sections_of(found)
    json.dumps(sections, allow_nan=False)
    return {one["name"]: {row["k"]: row for row in one["rows"]} for one in sections}


def test_rows_of_two_runs(file_store: Store) -> None:
    first, second = started(file_store, "wide"), started(file_store, "narrow")
    tags = [
        RunTag("team", "vision"),
        RunTag("mlflow.source.git.commit", "9f2c41a7d5"),
        RunTag("trackbook.git.dirty", "true"),
    ]
    file_store.log_batch(
        first,
        [Metric("loss", 0.3, 1, 0), Metric("loss", 0.1, 2, 1), Metric("loss", 0.2, 3, 2)],
        [Param("lr", "0.1")],
        tags,
    )
    file_store.log_batch(second, [Metric("loss", float("nan"), 1)], [Param("lr", "0.2"), Param("only", "x")], tags[:2])
    file_store.flush()
    found = rows(file_store, first, second)
    assert found["metrics"]["loss"] == {
        "k": "loss",
        "goal": "min",
        "n": {"last": [0.2, "NaN"], "min": [0.1, "NaN"], "max": [0.3, "NaN"]},
    }
    assert found["params"]["lr"] == {"k": "lr", "c": [0, 1], "t": ["0.1", "0.2"]}
    assert found["params"]["only"]["c"] == [-1, 0]
    assert found["code"]["commit"]["t"] == ["9f2c41a + changes", "9f2c41a"]
    assert "mlflow.source.git.commit" not in found["tags"]
    assert found["run"]["status"]["t"] == ["RUNNING"]


def test_long_texts_travel_cut_and_are_still_told_apart() -> None:
    (row,) = section("params", "Params", [{"prompt": "a" * 5_000}, {"prompt": "a" * 5_000 + "b"}])["rows"]
    assert row["c"] == [0, 1]
    assert row["long"] == 5_001
    assert {len(text) for text in row["t"]} == {CELL + 1}


def test_of_too_many_rows_those_that_differ_travel() -> None:
    first = {f"key-{place}": "same" for place in range(10_000)}
    found = section("params", "Params", [first, first | {"key-9999": "other"}])
    assert (found["total"], found["differing"], len(found["rows"])) == (10_000, 1, MOST_ROWS)
    assert "key-9999" in {row["k"] for row in found["rows"]}


def test_ten_thousand_metrics_are_bounded_too(file_store: Store) -> None:
    run_id = started(file_store, "many")
    file_store.log_batch(run_id, [Metric(f"m{place}", float(place), 1) for place in range(1_500)])
    file_store.flush()
    metrics = sections_of(read_compared(file_store, [run_id, run_id])[0])[0]
    assert (metrics["total"], metrics["differing"], len(metrics["rows"])) == (1_500, 0, MOST_ROWS)


def test_runs_that_are_gone_are_counted(file_store: Store) -> None:
    run_id = started(file_store, "here")
    found, gone = read_compared(file_store, [run_id, "0" * 32])
    assert ([one.name for one in found], gone) == (["here"], 1)
