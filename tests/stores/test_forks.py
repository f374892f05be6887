"""Forks: every store holds still, and parent and child go on, whichever threads fork and log meanwhile."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from trackbook.stores.base import NewRun
from trackbook.stores.sql.store import SqlStore
from trackbook.uris import parse_store_uri


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[list[SqlStore]]:
    stores = [SqlStore(parse_store_uri(tmp_path / f"{number}.db")) for number in range(2)]
    stores.append(SqlStore(parse_store_uri("sqlite://")))
    yield stores
    for store in stores:
        store.close()


def fork_and_log(stores: list[SqlStore], run_ids: list[str], step: int) -> int:
    """A child that logs to every store and dies; its exit code."""
    child = os.fork()
    if child == 0:
        signal.alarm(20)  # a child that hangs ends
        for store, run_id in zip(stores, run_ids, strict=True):
            store.recorder(run_id).log("child", 0.5, step)
            store.flush()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.timeout(60)
def test_threads_fork_at_once_while_others_create_runs(stores: list[SqlStore]) -> None:
    run_ids = [store.create_run(NewRun("0")).info.run_id for store in stores]
    codes: list[int] = []
    made: list[str] = []
    done = threading.Event()

    def create() -> None:
        while not done.is_set():
            made.append(stores[0].create_run(NewRun("0", owned=True)).info.run_id)

    def fork(number: int) -> None:
        codes.extend(fork_and_log(stores, run_ids, 10 * number + turn) for turn in range(4))

    creator = threading.Thread(target=create)
    creator.start()
    forkers = [threading.Thread(target=fork, args=(number,)) for number in range(3)]
    for thread in forkers:
        thread.start()
    for thread in forkers:
        thread.join()
    done.set()
    creator.join()
    assert codes == [0] * 12
    for store, run_id in zip(stores[:2], run_ids, strict=False):
        steps = [metric.step for metric in store.get_metric_history(run_id, "child")]
        assert steps == [10 * number + turn for number in range(3) for turn in range(4)]
    assert len(stores[0].search_runs(["0"], max_results=50_000)) == len(made) + 1


def test_memory_of_the_child_is_its_own(stores: list[SqlStore]) -> None:
    memory = stores[2]
    run_id = memory.create_run(NewRun("0")).info.run_id
    assert fork_and_log([memory], [run_id], 1) == 0
    assert memory.summaries(run_id) == []


def test_child_of_a_child_logs_too(stores: list[SqlStore]) -> None:
    store = stores[0]
    run_id = store.create_run(NewRun("0", owned=True)).info.run_id
    store.run_started(run_id)
    child = os.fork()
    if child == 0:
        store.recorder(run_id).log("loss", 0.5, 1)
        os._exit(fork_and_log([store], [run_id], 2))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert len(store.get_metric_history(run_id, "loss")) == 1
    assert len(store.get_metric_history(run_id, "child")) == 1
    assert store.get_run(run_id).info.status == "RUNNING"
    store.run_ended(run_id, "FINISHED")


def test_fork_that_fails_leaves_the_parent_working(stores: list[SqlStore], monkeypatch: pytest.MonkeyPatch) -> None:
    from trackbook.stores import forks

    forks._before()
    forks._in_parent()  # what Python does when the system gives no process
    run_id = stores[0].create_run(NewRun("0")).info.run_id
    assert fork_and_log(stores[:1], [run_id], 1) == 0


def test_store_that_is_gone_takes_no_part(tmp_path: Path) -> None:
    from trackbook.stores import forks

    store = SqlStore(parse_store_uri(tmp_path / "short.db"))
    store.close()
    assert fork_and_log([], [], 0) == 0
    known = store in forks._stores
    del store
    assert known
