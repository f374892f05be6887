"""Attempts of a run: each ends as it did, also where its process was killed or another took the run over."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from trackbook.entities import Attempt
from trackbook.errors import InvalidParameter
from trackbook.stores.base import NewRun
from trackbook.stores.sql.store import SqlStore
from trackbook.uris import parse_store_uri


@pytest.fixture
def store(tmp_path: Path) -> SqlStore:
    return SqlStore(parse_store_uri(tmp_path / "runs.db"))


def owned_run(store: SqlStore) -> str:
    return store.create_run(NewRun("0", owned=True)).info.run_id


def test_resumed_run_runs_again_and_lists_two_attempts_when_it_has_ended(store: SqlStore) -> None:
    """F41."""
    run_id = owned_run(store)
    store.run_ended(run_id, "FAILED")
    resumed = store.resume_run(run_id)
    assert (resumed.info.status, resumed.info.end_time) == ("RUNNING", None)
    store.run_ended(run_id, "FINISHED")
    first, second = store.list_attempts(run_id)
    assert (first.number, first.status, second.number, second.status) == (1, "FAILED", 2, "FINISHED")
    assert (second.start_time or 0) >= (first.end_time or 0) >= (first.start_time or 0)
    assert (second.end_time or 0) >= (second.start_time or 0)
    assert {first.pid, second.pid} == {os.getpid()}
    info = store.get_run(run_id).info
    assert (info.status, info.start_time) == ("FINISHED", first.start_time)
    store.close()


def in_child(store: SqlStore, path: Path) -> str:
    """A run that a process has left open when it was killed."""
    child = os.fork()
    if child == 0:
        try:
            own = SqlStore(parse_store_uri(path))
            path.with_suffix(".id").write_text(owned_run(own))
        finally:
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    return path.with_suffix(".id").read_text()


def test_attempt_of_a_killed_process_ended_killed_at_its_last_heartbeat(store: SqlStore, tmp_path: Path) -> None:
    run_id = in_child(store, tmp_path / "runs.db")
    beat = store.run_life(run_id).heartbeat
    store.resume_run(run_id)
    first, second = store.list_attempts(run_id)
    assert (first.status, first.end_time, second.status) == ("KILLED", beat, "RUNNING")
    assert first.pid != second.pid
    store.close()


def test_attempt_on_another_host_is_left_as_nobody_here_knows(store: SqlStore) -> None:
    run_id = owned_run(store)
    with store.database.write() as connection:
        connection.execute("UPDATE runs SET host = 'elsewhere', writer = 'x'")
    store.resume_run(run_id)
    assert [each.status for each in store.list_attempts(run_id)] == ["RUNNING", "RUNNING"]
    store.close()


def test_end_of_a_process_whose_run_another_has_taken_over_ends_its_attempt_alone(
    store: SqlStore, tmp_path: Path
) -> None:
    run_id = owned_run(store)
    other = SqlStore(parse_store_uri(tmp_path / "runs.db"))
    other.resume_run(run_id)
    assert [each.status for each in store.list_attempts(run_id)] == ["RUNNING", "RUNNING"], "the first is alive"
    store.run_ended(run_id, "FINISHED")
    assert [each.status for each in store.list_attempts(run_id)] == ["FINISHED", "RUNNING"]
    assert store.get_run(run_id).info.status == "RUNNING"
    other.run_ended(run_id, "FAILED")
    assert store.get_run(run_id).info.status == "FAILED"
    assert [each.status for each in store.list_attempts(run_id)] == ["FINISHED", "FAILED"]
    other.close()
    store.close()


def test_run_of_no_process_has_one_attempt_without_a_host(store: SqlStore) -> None:
    run_id = store.create_run(NewRun("0", start_time=1_000)).info.run_id
    assert store.list_attempts(run_id) == [Attempt(1, "RUNNING", 1_000, None, None, None)]
    store.close()


def test_refused_resumption_keeps_no_attempt(store: SqlStore) -> None:
    run_id = owned_run(store)
    store.run_ended(run_id, "FINISHED")
    store.delete_run(run_id)
    with pytest.raises(InvalidParameter, match="deleted"):
        store.resume_run(run_id)
    assert [each.number for each in store.list_attempts(run_id)] == [1]
    store.close()
