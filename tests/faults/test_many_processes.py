"""Several processes on one database file: nobody sees an error and nothing is missing."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any

import pytest

import trackbook.stores.sql.store  # noqa: F401  # warm: the children fork from this process
from trackbook.stores import open_store
from trackbook.stores.base import NewRun


def _run_all(context: BaseContext, target: Callable[..., None], arguments: list[tuple[Any, ...]]) -> None:
    processes = [context.Process(target=target, args=each) for each in arguments]  # type: ignore[attr-defined]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0] * len(processes)


def _integrity(path: Path) -> str:
    with sqlite3.connect(path) as connection:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])


def _log_a_run(path: Path, points: int) -> None:
    store = open_store(path)
    run_id = store.create_run(NewRun("0")).info.run_id
    recorder = store.recorder(run_id)
    for step in range(points):
        recorder.log("loss", 1.0 / (step + 1), step)
        if step % 100 == 0:
            store.flush()
    store.close()


def test_eight_processes_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "trackbook.db"
    _run_all(multiprocessing.get_context("spawn"), _log_a_run, [(path, 1000)] * 8)
    store = open_store(path)
    with sqlite3.connect(path) as connection:
        runs = [row[0] for row in connection.execute("SELECT run_id FROM runs")]
    assert len(runs) == 8
    for run_id in runs:
        assert [metric.step for metric in store.get_metric_history(run_id, "loss")] == list(range(1000))
    assert _integrity(path) == "ok"


def test_thirty_two_jobs_start_at_once(tmp_path: Path) -> None:
    path = tmp_path / "trackbook.db"
    _run_all(multiprocessing.get_context("fork"), _log_a_run, [(path, 50)] * 32)
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*), sum(next_seq) FROM runs").fetchone() == (32, 32 * 50)


def _open(path: Path, barrier: Any) -> None:
    barrier.wait()
    open_store(path).close()


def test_sixteen_processes_make_one_database(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    for attempt in range(20):
        path = tmp_path / str(attempt) / "trackbook.db"
        barrier = context.Barrier(16)
        _run_all(context, _open, [(path, barrier)] * 16)
        with sqlite3.connect(path) as connection:
            assert connection.execute("SELECT count(*) FROM trackbook_store").fetchone() == (1,)
            assert connection.execute("SELECT id, name FROM experiments").fetchall() == [(0, "Default")]


def _log_to(path: Path, run_id: str, worker: int) -> None:
    recorder = open_store(path).recorder(run_id)
    for step in range(500):
        recorder.log(f"worker{worker}", float(step), step)


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_pool_logs_to_the_parents_run(tmp_path: Path, method: str) -> None:
    path = tmp_path / "trackbook.db"
    store = open_store(path)
    run_id = store.create_run(NewRun("0", owned=True)).info.run_id
    store.run_started(run_id)
    store.recorder(run_id).log("parent", 1.0)
    context = multiprocessing.get_context(method)
    with context.Pool(8) as pool:
        pool.starmap(_log_to, [(path, run_id, worker) for worker in range(8)])
        pool.close()
        pool.join()
    for worker in range(8):
        assert [m.step for m in store.get_metric_history(run_id, f"worker{worker}")] == list(range(500))
    store.recorder(run_id).log("parent", 2.0, 1)
    assert len(store.get_metric_history(run_id, "parent")) == 2
    assert store.get_run(run_id).info.status == "RUNNING"
    store.run_ended(run_id, "FINISHED")


def _log_and_die(path: Path, run_id: str) -> None:
    open_store(path).recorder(run_id).log("last words", 1.0)
    os._exit(0)


def test_child_that_dies_leaves_its_points_to_the_parent(tmp_path: Path) -> None:
    path = tmp_path / "trackbook.db"
    store = open_store(path)
    run_id = store.create_run(NewRun("0", owned=True)).info.run_id
    _run_all(multiprocessing.get_context("fork"), _log_and_die, [(path, run_id)])
    assert len(store.get_metric_history(run_id, "last words")) == 1


def _set_experiment(path: Path, found: Any) -> None:
    store = open_store(path)
    for number in range(50):
        found.append((number, store.ensure_experiment(f"same{number}").experiment_id))


def test_experiment_made_by_many_is_one(tmp_path: Path) -> None:
    path = tmp_path / "trackbook.db"
    open_store(path).close()
    with multiprocessing.Manager() as manager:
        found = manager.list()
        _run_all(multiprocessing.get_context("fork"), _set_experiment, [(path, found)] * 16)
        assert len(set(found)) == 50


def test_threads_log_to_one_run(tmp_path: Path) -> None:
    store = open_store(tmp_path / "trackbook.db")
    run_id = store.create_run(NewRun("0")).info.run_id
    recorder = store.recorder(run_id)

    def log(worker: int) -> None:
        for step in range(1000):
            recorder.log(f"t{worker}", float(step), step)

    threads = [threading.Thread(target=log, args=(worker,)) for worker in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [s.count for s in store.summaries(run_id)] == [1000] * 16
    for worker in range(16):
        assert [m.step for m in store.get_metric_history(run_id, f"t{worker}")] == list(range(1000))


def _threads() -> int:
    """Threads of this process, those that Python does not know included."""
    return len(os.listdir("/proc/self/task"))


def test_threads_end_with_the_last_run(tmp_path: Path) -> None:
    store = open_store(tmp_path / "trackbook.db")
    before = _threads()
    seen = 0
    for _ in range(100):
        run_id = store.create_run(NewRun("0", owned=True)).info.run_id
        store.run_started(run_id)
        store.recorder(run_id).log("loss", 1.0)
        seen = max(seen, _threads())
        store.run_ended(run_id, "FINISHED")
    until = time.monotonic() + 5
    while _threads() > before and time.monotonic() < until:
        time.sleep(0.01)
    assert (_threads(), seen > before) == (before, True)
