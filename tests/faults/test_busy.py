"""A database that others hold, or whose disk is full: training goes on, endings wait, nothing acknowledged is lost."""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

import trackbook
from trackbook.entities import Param
from trackbook.errors import StorageFull
from trackbook.stores import open_store
from trackbook.stores.base import NewRun
from trackbook.stores.sql import engine
from trackbook.stores.sql.store import SqlStore
from trackbook.uris import parse_store_uri


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "trackbook.db"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.2)


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Another program in the middle of a long change."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


def hold_for(path: Path, seconds: float) -> int:
    """Another process that holds the database; its id. When this returns, it does."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        with held(path):
            os.write(writing, b"held")
            time.sleep(seconds)
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as pipe:
        assert pipe.read(4) == b"held"
    return child


def wait_for(condition: Callable[[], bool]) -> bool:
    until = time.monotonic() + 15
    while not condition() and time.monotonic() < until:
        time.sleep(0.02)
    return condition()


def look(path: Path, sql: str) -> list[tuple[object, ...]]:
    """As another process sees it, which flushes nothing of ours."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def test_database_held_for_a_second_is_waited_for(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    trackbook.set_tracking_uri(path)
    with trackbook.start_run() as run:
        child = hold_for(path, 1.0)
        slowest = 0.0
        for step in range(200):
            began = time.perf_counter()
            trackbook.log_metric("loss", 0.5, step)
            slowest = max(slowest, time.perf_counter() - began)
            time.sleep(0.001)
        trackbook.log_param("lr", 1)
    os.waitpid(child, 0)
    found = trackbook.get_run(run.info.run_id)
    assert slowest < 0.5  # logging never waited for the database
    assert (found.info.status, found.data.params) == ("FINISHED", {"lr": "1"})
    assert len(trackbook.Client().get_metric_history(run.info.run_id, "loss")) == 200
    assert "locked" not in caplog.text


@pytest.mark.usefixtures("impatient")
def test_ending_waits_in_the_journal_while_the_database_is_held(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = SqlStore(parse_store_uri(path))
    run_id = store.create_run(NewRun("0", owned=True)).info.run_id
    store.run_started(run_id)
    with held(path):
        store.recorder(run_id).log("loss", 0.5, 1)
        store.log_batch(run_id, params=[Param("lr", "1")])  # nor does this
        store.run_ended(run_id, "FAILED")  # does not raise
        store.recorder(run_id).log("loss", 0.5, 2)
        assert look(path, "SELECT status, next_seq FROM runs") == [(1, 0)]
    assert "waits in" in caplog.text
    assert wait_for(lambda: look(path, "SELECT status, next_seq FROM runs") == [(4, 2)])
    run = store.get_run(run_id)
    assert (run.info.end_time is not None, run.data.params) == (True, {"lr": "1"})
    store.close()


@pytest.mark.usefixtures("impatient")
def test_process_that_ends_while_the_database_is_held_leaves_all_to_the_next(path: Path) -> None:
    store = SqlStore(parse_store_uri(path))
    run_id = store.create_run(NewRun("0")).info.run_id
    with held(path):
        store.recorder(run_id).log("loss", 0.5, 1)
        store.run_ended(run_id, "FINISHED")
        store.close()
    again = SqlStore(parse_store_uri(path))
    assert again.get_run(run_id).info.status == "FINISHED"
    assert len(again.get_metric_history(run_id, "loss")) == 1
    assert list((path.with_name("trackbook.db.d") / "writers").iterdir()) == []
    again.close()


@pytest.mark.usefixtures("impatient")
def test_held_database_can_be_opened_and_read(path: Path) -> None:
    first = SqlStore(parse_store_uri(path))
    run_id = first.create_run(NewRun("0")).info.run_id
    first.log_batch(run_id, [trackbook.entities.Metric("loss", 0.5, n, n) for n in range(400)])
    first.end_run(run_id, "FINISHED")  # left unpacked
    first.close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE runs SET hot = 400")
    with held(path):
        second = SqlStore(parse_store_uri(path))
        assert second.get_run(run_id).data.metrics == {"loss": 0.5}
        second.close()


@pytest.mark.usefixtures("impatient")
def test_block_left_by_an_error_keeps_its_error(path: Path) -> None:
    trackbook.set_tracking_uri(path)
    with pytest.raises(ZeroDivisionError), trackbook.start_run() as run, held(path):
        trackbook.log_metric("loss", 0.5)
        try:
            raise ZeroDivisionError
        finally:
            run.end("FAILED")
    assert trackbook.get_run(run.info.run_id).info.status == "FAILED"


def test_disk_that_fills_up_under_the_database_loses_nothing(
    small_disk: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = open_store(small_disk / "trackbook.db")
    run_id = store.create_run(NewRun("0", owned=True)).info.run_id
    store.run_started(run_id)
    recorder = store.recorder(run_id)
    ballast = small_disk / "ballast"
    with caplog.at_level(logging.CRITICAL):
        recorder._writer.awake = True  # type: ignore[attr-defined]  # the journal fills first, the database when it drains
        for step in range(20_000):
            recorder.log("loss", float(step), step)
        free = os.statvfs(small_disk)
        ballast.write_bytes(b"x" * (free.f_bavail * free.f_frsize - 200_000))
        with pytest.raises(StorageFull):
            store.log_batch(run_id, params=[Param("lr", "1")])
        store.run_ended(run_id, "FINISHED")  # the journal takes it
        ballast.unlink()
    assert [metric.step for metric in store.get_metric_history(run_id, "loss")] == list(range(20_000))
    assert store.get_run(run_id).info.status == "FINISHED"
    store.log_batch(run_id, params=[Param("lr", "1")])
    assert store.get_run(run_id).data.params == {"lr": "1"}
    store.close()
    assert look(small_disk / "trackbook.db", "PRAGMA integrity_check") == [("ok",)]
