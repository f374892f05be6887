"""Following a run: each point once, soon, and through a database that is busy for a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from trackbook.errors import StoreAway
from trackbook.runs.feed import Feed
from trackbook.stores.base import FeedAnswer, NewRun, Store


@pytest.fixture
def run_id(store: Store) -> str:
    return store.create_run(NewRun("0")).info.run_id


def log(store: Store, run_id: str, *steps: int) -> None:
    for step in steps:
        store.recorder(run_id).log("loss", 0.5, step)
    store.flush()


def steps(answer: FeedAnswer) -> list[int]:
    return answer.points["loss"].steps.tolist() if answer.points else []


def wait_for(condition: Callable[[], bool]) -> bool:
    until = time.monotonic() + 10
    while not condition() and time.monotonic() < until:
        time.sleep(0.005)
    return condition()


def test_each_look_gives_what_is_new_until_it_is_rewound(store: Store, run_id: str) -> None:
    feed = Feed(store, run_id, ["loss"])
    log(store, run_id, 1, 2)
    assert steps(feed.read()) == [1, 2]
    assert steps(feed.read()) == []
    log(store, run_id, 3)
    assert steps(feed.read()) == [3]
    feed.rewind()
    assert steps(feed.read()) == [1, 2, 3]


def test_follower_hears_of_each_point_once_and_of_none_after_its_end(store: Store, run_id: str) -> None:
    heard: list[int] = []
    stop = Feed(store, run_id).follow(lambda answer: heard.extend(steps(answer)))
    for step in range(30):
        log(store, run_id, step)
    assert wait_for(lambda: len(heard) == 30)
    stop()
    stop()
    log(store, run_id, 99)
    assert heard == list(range(30))


def test_follower_may_end_itself(store: Store, run_id: str) -> None:
    heard = threading.Event()
    stops: list[Callable[[], None]] = []
    started = threading.Event()

    def callback(_: FeedAnswer) -> None:
        started.wait(5)
        stops[0]()
        heard.set()

    stops.append(Feed(store, run_id).follow(callback))
    started.set()
    log(store, run_id, 1)
    assert heard.wait(10)


def test_follower_outlives_a_busy_database(file_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = file_store.create_run(NewRun("0")).info.run_id
    failures: list[int] = []
    real = file_store.read_feed

    def busy(*arguments: object) -> FeedAnswer:
        if len(failures) < 2:
            failures.append(1)
            raise StoreAway("busy")
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(file_store, "read_feed", busy)
    heard: list[int] = []
    stop = Feed(file_store, run_id).follow(lambda answer: heard.extend(steps(answer)))
    log(file_store, run_id, 7)
    assert wait_for(lambda: heard == [7])
    stop()
    assert len(failures) == 2
