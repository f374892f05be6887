"""Runs that nobody ends: lost ones are found and ended, living ones are left alone, resumed ones say whose they are."""

from __future__ import annotations

import logging
import os
import signal
import time
from pathlib import Path

import pytest

import trackbook
from trackbook.errors import InvalidState
from trackbook.runs.life import end_lost_runs, find_lost_runs
from trackbook.runs.session import current_store
from trackbook.stores import open_store
from trackbook.stores.base import NewRun, Store

HOUR = 3_600_000


def lost_run(store: Store, name: str = "lost", **tags: str) -> str:
    """A run whose process is gone: its journal's lock is free."""
    run_id = store.create_run(NewRun("0", name, owned=True, tags=tags)).info.run_id
    with store.database.write() as connection:  # type: ignore[attr-defined]
        connection.execute("UPDATE runs SET writer = 'gone' WHERE run_id = ?", (run_id,))
    return run_id


def test_lost_run_comes_back_when_it_beats_again(file_store: Store) -> None:
    """F9."""
    run_id = lost_run(file_store)
    beat = file_store.run_life(run_id).heartbeat or 0
    later = beat + HOUR
    assert [run.info.run_id for run, _ in find_lost_runs(file_store, later)] == [run_id]
    file_store.beat([run_id], later)  # type: ignore[attr-defined]
    assert find_lost_runs(file_store, later + 59_000) == []
    assert file_store.get_run(run_id).info.status == "RUNNING"


def test_only_lost_runs_are_ended(file_store: Store) -> None:
    gone = lost_run(file_store)
    alive = file_store.create_run(NewRun("0", "alive", owned=True)).info.run_id
    nobodys = file_store.create_run(NewRun("0", "nobody's")).info.run_id
    deleted = lost_run(file_store, "deleted")
    file_store.delete_run(deleted)
    now = (file_store.run_life(gone).heartbeat or 0) + HOUR
    assert [each.run.info.run_id for each in end_lost_runs(file_store, now)] == [gone]
    states = {run_id: file_store.get_run(run_id).info.status for run_id in (gone, alive, nobodys, deleted)}
    assert states == {gone: "KILLED", alive: "RUNNING", nobodys: "RUNNING", deleted: "RUNNING"}


def test_filter_picks_and_the_tag_says_who_ended_it(file_store: Store) -> None:
    mine, other = lost_run(file_store, team="vision"), lost_run(file_store, team="sound")
    now = (file_store.run_life(mine).heartbeat or 0) + HOUR
    ended = end_lost_runs(file_store, now, filter_string="tags.team = 'vision'", ended_by="rerun")
    assert [each.run.info.run_id for each in ended] == [mine]
    assert file_store.get_run(mine).data.tags["trackbook.ended_by"] == "rerun"
    assert file_store.get_run(other).info.status == "RUNNING"


def test_lost_run_is_found_by_search_and_in_tables(file_store: Store) -> None:
    run_id = lost_run(file_store)
    with file_store.database.write() as connection:  # type: ignore[attr-defined]
        connection.execute("UPDATE runs SET heartbeat = heartbeat - ?", (HOUR,))
    assert [run.info.run_id for run in file_store.search_runs(["0"], "liveness = 'lost'")] == [run_id]
    assert file_store.run_table(["0"]).attributes["lost"] == [True]


def test_run_that_ended_is_never_lost_again(file_store: Store) -> None:
    run_id = lost_run(file_store)
    now = (file_store.run_life(run_id).heartbeat or 0) + HOUR
    assert len(end_lost_runs(file_store, now)) == 1
    file_store.beat([run_id], now)  # type: ignore[attr-defined]  # its process was only asleep
    assert file_store.get_run(run_id).info.status == "KILLED"
    assert end_lost_runs(file_store, now + HOUR) == []


def test_resumed_run_lists_its_attempts_by_the_client() -> None:
    with pytest.raises(ValueError, match="no"), trackbook.start_run() as run:
        raise ValueError("no")
    with trackbook.start_run(run.info.run_id):
        pass
    attempts = trackbook.Client().list_attempts(run.info.run_id)
    assert [(each.number, each.status) for each in attempts] == [(1, "FAILED"), (2, "FINISHED")]


def test_run_that_another_process_still_runs_is_resumed_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "runs.db"
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writing, open_store(path).create_run(NewRun("0", owned=True)).info.run_id.encode())
            time.sleep(60)
        finally:
            os._exit(0)
    run_id = os.read(reading, 32).decode()
    os.close(reading)
    os.close(writing)
    trackbook.set_tracking_uri(path)
    with caplog.at_level(logging.WARNING, "trackbook"), trackbook.start_run(run_id):
        assert f"still being run by the process {child}" in caplog.text
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    caplog.clear()
    with caplog.at_level(logging.WARNING, "trackbook"), trackbook.start_run(run_id):
        assert not caplog.records


def test_run_that_is_open_here_is_not_resumed() -> None:
    with trackbook.start_run() as run, pytest.raises(InvalidState, match="active already"):
        trackbook.start_run(run.info.run_id, nested=True)


def test_error_that_cannot_be_told_is_told_somehow() -> None:
    class Broken(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no words")

    with pytest.raises(Broken), trackbook.start_run() as run:
        raise Broken
    stored = current_store().get_run(run.info.run_id)
    assert stored.info.status == "FAILED"
    assert "Broken" in stored.data.tags["trackbook.error"]


def test_traceback_shows_no_password() -> None:
    with pytest.raises(ConnectionError), trackbook.start_run() as run:
        raise ConnectionError("cannot reach postgresql://ada:geheim@db/runs")
    stored = current_store().get_run(run.info.run_id)
    assert stored.data.tags["trackbook.error"] == "ConnectionError: cannot reach postgresql://***@db/runs"
    kept = next(Path.cwd().rglob("traceback.txt")).read_text()
    assert "geheim" not in kept
    assert "test_traceback_shows_no_password" in kept


def test_error_of_the_user_is_not_hidden_by_one_of_ours() -> None:
    with pytest.raises(ValueError, match="mine"), trackbook.start_run() as run:
        trackbook.delete_run(run.info.run_id)
        raise ValueError("mine")
