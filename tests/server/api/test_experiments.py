"""Experiments by REST."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from trackbook.errors import InvalidParameter, NotFound
from trackbook.server.api.experiments import get_experiment, get_experiment_by_name, search_experiments
from trackbook.stores import open_store
from trackbook.stores.base import Store
from trackbook.wire import Request


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path / "s.db")
    for name in ("one", "two", "three"):
        opened.create_experiment(name, tags={"team": "vision"})
    yield opened
    opened.close()


def test_pages_follow_each_other(store: Store) -> None:
    first = search_experiments(store, Request({"max_results": "2", "order_by": "name ASC"}))
    second = search_experiments(
        store, Request({"max_results": 2, "order_by": ["name ASC"], "page_token": first["next_page_token"]})
    )
    assert [one["name"] for one in first["experiments"]] == ["Default", "one"]
    assert [one["name"] for one in second["experiments"]] == ["three", "two"]
    assert "next_page_token" not in second


def test_filter_and_view_narrow_the_search(store: Store) -> None:
    store.delete_experiment("1")
    assert search_experiments(store, Request({"filter": "name LIKE 't%'"}))["experiments"][0]["name"] == "three"
    deleted = search_experiments(store, Request({"view_type": "DELETED_ONLY"}))
    assert [one["name"] for one in deleted["experiments"]] == ["one"]
    assert search_experiments(store, Request({"filter": "name = 'x'"})) == {}


def test_experiment_is_found_by_id_and_by_name(store: Store) -> None:
    by_id = get_experiment(store, Request({"experiment_id": "2"}))
    assert by_id == get_experiment_by_name(store, Request({"experiment_name": "two"}))
    assert by_id["experiment"]["tags"] == [{"key": "team", "value": "vision"}]


def test_what_is_not_there_or_not_asked_rightly_is_refused(store: Store) -> None:
    with pytest.raises(NotFound):
        get_experiment(store, Request({"experiment_id": "99"}))
    with pytest.raises(NotFound, match="nobody"):
        get_experiment_by_name(store, Request({"experiment_name": "nobody"}))
    for asked in ({}, {"experiment_id": "../1"}, {"experiment_id": ["1", "2"]}):
        with pytest.raises(InvalidParameter):
            get_experiment(store, Request(asked))
    with pytest.raises(InvalidParameter):
        search_experiments(store, Request({"page_token": "x"}))
