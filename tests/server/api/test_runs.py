"""Runs by REST, and the rows of a list."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from trackbook.entities import Metric, Param, RunTag
from trackbook.errors import BadFilter, InvalidParameter, NotFound
from trackbook.server.api.runs import get_run, search_runs
from trackbook.stores import open_store
from trackbook.stores.base import NewRun, Store
from trackbook.wire import Request, run_from_json


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path / "s.db")
    for number in range(3):
        run = opened.create_run(NewRun("0", f"run-{number}", start_time=1_000 + number))
        points = [Metric("loss", 1 / (step + 1), 5_000 + step, step) for step in range(4)]
        opened.log_batch(run.info.run_id, [*points, Metric("bad", math.nan, 7, 2**53 + 1)], [Param("lr", "0.1")])
    yield opened
    opened.close()


def ids(store: Store) -> list[str]:
    return [run.info.run_id for run in store.search_runs(["0"])]


def test_run_has_the_step_and_time_of_its_last_points(store: Store) -> None:
    told = get_run(store, Request({"run_uuid": ids(store)[0]}))["run"]
    assert told["data"]["metrics"] == [
        {"key": "bad", "value": "NaN", "timestamp": 7, "step": 2**53 + 1},
        {"key": "loss", "value": 0.25, "timestamp": 5_003, "step": 3},
    ]
    assert run_from_json(told).data.params == {"lr": "0.1"}


def test_search_pages_filters_and_orders(store: Store) -> None:
    asked = {"experiment_ids": ["0"], "max_results": 2, "order_by": ["start_time ASC"], "filter": "metrics.loss < 1"}
    first = search_runs(store, Request(asked))
    second = search_runs(store, Request({**asked, "page_token": first["next_page_token"]}))
    names = [run["info"]["run_name"] for page in (first, second) for run in page["runs"]]
    assert names == ["run-0", "run-1", "run-2"]
    assert search_runs(store, Request({"experiment_ids": ["0"], "run_view_type": "DELETED_ONLY"})) == {}


def test_what_cannot_be_answered_is_refused(store: Store) -> None:
    store.log_batch(ids(store)[0], tags=[RunTag("a", "b")])
    for run_id in ("0" * 32, "nobody"):
        with pytest.raises(NotFound):
            get_run(store, Request({"run_id": run_id}))
    for asked in ({}, {"run_id": "a/b"}, {"run_id": {"$ne": 1}}):
        with pytest.raises(InvalidParameter):
            get_run(store, Request(asked))
    with pytest.raises(BadFilter):
        search_runs(store, Request({"experiment_ids": ["0"], "filter": "metrics.loss <"}))
    with pytest.raises(InvalidParameter):
        search_runs(store, Request({"experiment_ids": ["0"], "max_results": 50_001}))
