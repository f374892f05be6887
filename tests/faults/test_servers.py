"""Many processes, killed sessions and an absent server: what a team's database must stand."""

from __future__ import annotations

import logging
import multiprocessing.pool
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from tests.servers import PASSWORD, Server
from trackbook.entities import Metric, Param, RunTag
from trackbook.errors import StoreAway
from trackbook.stores import open_store
from trackbook.stores.base import NewRun
from trackbook.stores.sql.servers import ServerDatabase
from trackbook.stores.sql.store import SqlStore
from trackbook.uris import parse_store_uri

SPAWN = get_context("spawn")
Pool = multiprocessing.pool.Pool


@pytest.fixture(scope="module")
def processes() -> Iterator[Pool]:
    """Sixteen processes that have imported everything."""
    with SPAWN.Pool(16) as pool:
        pool.map(open_nothing, range(16), chunksize=1)
        yield pool
        pool.close()
        pool.join()


def open_nothing(place: int) -> None:
    time.sleep(0.2)  # so that each process takes one


def at_once(processes: Pool, number: int, target: Any, *arguments: Any) -> list[Any]:
    """What each of some processes answers."""
    return processes.starmap(target, [(place, *arguments) for place in range(number)], chunksize=1)


def open_at_once(place: int, uri: str) -> str:
    store = open_store(uri)
    found = store.ensure_experiment("same").experiment_id
    store.close()
    return found


def test_processes_open_an_empty_database_at_once(processes: Pool, server: Server) -> None:
    with server.database() as uri:
        assert set(at_once(processes, 16, open_at_once, uri)) == {"1"}
        store = open_store(uri)
        assert isinstance(store, SqlStore)
        with store.database.read() as connection:
            assert len(connection.execute("SELECT store_id FROM trackbook_store")) == 1
        store.close()


def ensure_many(place: int, uri: str) -> set[str]:
    store = open_store(uri)
    found = {store.ensure_experiment(f"experiment {number}").experiment_id for number in range(20)}
    store.close()
    return found


def test_experiment_is_made_once_by_all(processes: Pool, server_uri: str) -> None:
    open_store(server_uri).close()
    found = at_once(processes, 8, ensure_many, server_uri)
    assert all(len(ids) == 20 for ids in found)
    assert len(set.union(*found)) == 20


def log_points(place: int, uri: str, run_id: str) -> int:
    store = open_store(uri)
    recorder = store.recorder(run_id)
    for step in range(500):
        recorder.log("shared", float(step), step)
        recorder.log(f"own {place}", float(step), step)
    store.close()
    return 500


def test_processes_log_to_one_run_at_once(processes: Pool, server_uri: str) -> None:
    store = open_store(server_uri)
    run_id = store.create_run(NewRun("0")).info.run_id
    at_once(processes, 8, log_points, server_uri, run_id)
    store.flush()
    counts = {summary.key: summary.count for summary in store.summaries(run_id)}
    assert counts == {"shared": 4_000} | {f"own {place}": 500 for place in range(8)}
    store.close()


def log_batches(place: int, uri: str, run_id: str) -> int:
    store = open_store(uri)
    for number in range(25):
        params = [Param(f"p {number}", "same"), Param(f"p {place} {number}", "own")]
        store.log_batch(run_id, [Metric("m", 1.0, 1, place)], params, [RunTag("t", str(place))])
    store.close()
    return 25


def test_batches_of_processes_meet_without_a_deadlock(processes: Pool, server_uri: str) -> None:
    store = open_store(server_uri)
    run_id = store.create_run(NewRun("0")).info.run_id
    assert sum(at_once(processes, 8, log_batches, server_uri, run_id)) == 200
    assert [summary.count for summary in store.summaries(run_id)] == [200]
    assert len(store.get_run(run_id).data.params) == 25 + 200
    store.close()


def log_while_sessions_are_killed(place: int, uri: str, run_id: str, folder: str) -> int:
    warnings: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: warnings.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger("trackbook").addHandler(handler)
    store = open_store(uri)
    store.run_started(run_id)
    recorder = store.recorder(run_id)
    for step in range(600):
        recorder.log(f"m {place}", float(step), step)
        time.sleep(0.005)
    store.close()
    return len(warnings)


def test_sessions_that_are_killed_cost_no_point(processes: Pool, server: Server) -> None:
    with server.database() as uri:
        store = open_store(uri)
        run_id = store.create_run(NewRun("0")).info.run_id
        over = threading.Event()

        def kill() -> None:
            while not over.wait(0.25):
                server.kill_sessions()

        killer = threading.Thread(target=kill)
        killer.start()
        try:
            warned = at_once(processes, 4, log_while_sessions_are_killed, uri, run_id, "")
        finally:
            over.set()
            killer.join()
        assert max(warned) <= 1
        store.flush()
        assert {summary.count for summary in store.summaries(run_id)} == {600}
        store.close()


def test_run_goes_on_while_its_server_is_away(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    with server.database() as uri:
        store = open_store(uri)
        assert isinstance(store, SqlStore)
        run_id = store.create_run(NewRun("0", owned=True)).info.run_id
        store.recorder(run_id).log("m", 1.0, 1)
        store.flush()
        there = store.database
        away = ServerDatabase(parse_store_uri(uri.replace(f":{server.port}/", ":1/")))
        store.database = away
        for step in range(2, 200):
            store.recorder(run_id).log("m", float(step), step)
        store.log_batch(run_id, [Metric("n", 0.5, 1, 1)], [Param("lr", "0.1")], [RunTag("team", "vision")])
        begun = time.perf_counter()
        store.log_batch(run_id, params=[Param("lr", "0.2")])  # in conflict, which nobody can know now
        assert time.perf_counter() - begun < 0.5  # it was not tried again
        store.run_ended(run_id, "FINISHED")
        assert caplog.text.count("waits in") == 1
        assert PASSWORD not in caplog.text
        with pytest.raises(StoreAway, match="Try again"):
            store.get_run(run_id)
        store.database = there
        away.close()
        store.flush()
        run = store.get_run(run_id)
        assert (run.info.status, run.data.metrics, len(store.points(run_id, "m").steps)) == (
            "FINISHED",
            {"m": 199.0, "n": 0.5},
            199,
        )
        assert (run.data.params, run.data.tags["team"]) == ({"lr": "0.1"}, "vision")
        assert [record.reason.startswith("The param 'lr'") for record in store.rejected()] == [True]
        store.close()


def test_what_a_killed_process_logged_is_stored_by_the_next(server_uri: str, tmp_path: Path) -> None:
    store = open_store(server_uri)
    run_id = store.create_run(NewRun("0")).info.run_id
    program = (
        "import os, signal, sys, time\nfrom trackbook.stores import open_store\n"
        "store = open_store(sys.argv[1]); recorder = store.recorder(sys.argv[2])\n"
        "for step in range(1000): recorder.log('m', step, step)\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", program, server_uri, run_id], check=False, cwd=tmp_path)
    store.flush()  # adopts
    assert store.points(run_id, "m").values.tolist() == list(range(1000))
    store.close()
