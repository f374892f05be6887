"""The overview of a store: running, recent and lost runs, experiments, and finding by name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from trackbook.entities import Metric
from trackbook.errors import InvalidParameter, NotFound
from trackbook.server.api.overview import list_runs, overview
from trackbook.stores import open_store
from trackbook.stores.base import NewRun, Store
from trackbook.wire import Request


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path / "s.db")
    yield opened
    opened.close()


def run(store: Store, name: str, status: str | None = None, start: int = 1_000, experiment: str = "0") -> str:
    made = store.create_run(NewRun(experiment, name, start_time=start)).info.run_id
    if status is not None:
        store.update_run(made, status, start + 5)
    return made


def names(rows: list[dict[str, Any]]) -> list[str]:
    return [row["name"] for row in rows]


def test_empty_store_has_the_default_experiment_alone(store: Store) -> None:
    told = overview(store, Request({}))
    assert (told["running"], told["recent"], told["experiments"], told["runs"]) == ([], [], [], 0)


def test_running_and_recent_runs_are_told_apart_newest_first(store: Store) -> None:
    experiment = store.create_experiment("digits")
    for number, status in enumerate([None, "FINISHED", None, "FAILED", "KILLED"]):
        run(store, f"r{number}", status, 1_000 + number, experiment)
    told = overview(store, Request({"recent": "2"}))
    assert names(told["running"]) == ["r2", "r0"]
    assert [(row["name"], row["status"]) for row in told["recent"]] == [("r4", "KILLED"), ("r3", "FAILED")]
    assert told["experiments"] == [{"id": experiment, "name": "digits", "total": 5, "running": True}]


def test_lost_run_is_no_running_one(store: Store, tmp_path: Path) -> None:
    import sqlite3

    lost, alive = run(store, "lost"), run(store, "alive")
    store.log_batch(lost, [Metric("loss", 1.0, 1, 1)])
    with sqlite3.connect(tmp_path / "s.db") as database:
        database.execute("UPDATE runs SET heartbeat = 1000, writer = 'gone' WHERE run_id = ?", (lost,))
    database.close()
    told = overview(store, Request({}))
    assert [row["id"] for row in told["running"]] == [alive]
    assert [(row["id"], row["status"]) for row in told["recent"]] == [(lost, "LOST")]


def test_deleted_runs_and_experiments_are_left_out(store: Store) -> None:
    gone = store.create_experiment("gone")
    run(store, "in gone", None, experiment=gone)
    store.delete_run(run(store, "deleted"))
    store.delete_experiment(gone)
    told = overview(store, Request({}))
    assert (told["running"], told["recent"], told["experiments"]) == ([], [], [])


def test_long_lists_say_that_there_is_more(store: Store) -> None:
    for number in range(5):
        run(store, f"r{number}", experiment=store.create_experiment(f"e{number}"))
    for number in range(18):
        run(store, f"s{number}")
    told = overview(store, Request({"experiments": "2"}))
    assert (len(told["running"]), told["more_running"]) == (20, True)
    assert (names(told["experiments"]), told["more_experiments"], told["runs"]) == (["e4", "e3"], 4, 23)


def test_runs_of_an_experiment_come_in_pages(store: Store) -> None:
    for number in range(5):
        run(store, f"r{number}", "FINISHED", 1_000 + number)
    first = list_runs(store, Request({"experiment_id": "0", "max_results": "3"}))
    rest = list_runs(store, Request({"experiment_id": "0", "max_results": "3", "page_token": first["next_page_token"]}))
    assert names([*first["runs"], *rest["runs"]]) == ["r4", "r3", "r2", "r1", "r0"]
    assert rest["next_page_token"] == ""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("OTTER", ["amber-otter", "otter's"]),
        ("am otter", ["amber-otter"]),
        ("otter's", ["otter's"]),
        ("100%", ["100%"]),
        ("' OR 1=1", []),
        ('"`);--', []),
        ("\x00\n", ["100%", "otter's", "amber-otter"]),
    ],
)
def test_runs_are_found_by_words_of_their_names(store: Store, text: str, found: list[str]) -> None:
    for number, name in enumerate(["amber-otter", "otter's", "100%"]):
        run(store, name, "FINISHED", 1_000 + number)
    assert sorted(names(list_runs(store, Request({"find": text}))["runs"])) == sorted(found)


def test_what_cannot_be_listed_is_refused(store: Store) -> None:
    with pytest.raises(NotFound):
        list_runs(store, Request({"experiment_id": "99"}))
    for asked in ({"experiment_id": "x"}, {"max_results": "101"}, {"find": "x" * 201}, {"page_token": "x"}):
        with pytest.raises(InvalidParameter):
            list_runs(store, Request(asked))
    for asked in ({"recent": "-1"}, {"experiments": "0"}, {"recent": "many"}):
        with pytest.raises(InvalidParameter):
            overview(store, Request(asked))
