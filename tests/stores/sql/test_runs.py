"""Runs: signs of life and their absence, odd times, and changes that are all or nothing."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from trackbook.entities import Param, RunTag
from trackbook.errors import AlreadyExists, InvalidParameter, NotFound
from trackbook.stores.base import NewRun, Store
from trackbook.stores.sql.runs import LOST_AFTER_MS
from trackbook.stores.sql.store import SqlStore
from trackbook.uris import parse_store_uri


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "trackbook.db"


@pytest.fixture
def file(path: Path) -> Iterator[SqlStore]:
    store = SqlStore(parse_store_uri(path))
    yield store
    store.close()


def killed_owner(store: SqlStore) -> str:
    """A run whose process is dead."""
    run_id = "e" * 32
    child = os.fork()
    if child == 0:
        store.create_run(NewRun("0", run_id=run_id, owned=True))
        store.run_started(run_id)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    return run_id


def test_run_of_a_dead_process_is_lost_after_a_minute_and_stays_running(file: SqlStore) -> None:
    run_id = killed_owner(file)
    life = file.run_life(run_id)
    assert life.heartbeat is not None
    assert (life.pid, life.attempt, life.lost) != (os.getpid(), 1, True)
    assert not file.run_life(run_id, life.heartbeat + LOST_AFTER_MS).lost
    assert file.run_life(run_id, life.heartbeat + LOST_AFTER_MS + 1).lost
    file.flush()  # adopts what is left of it
    assert file.run_life(run_id, life.heartbeat + LOST_AFTER_MS + 1).lost
    assert file.get_run(run_id).info.status == "RUNNING"


def test_run_of_a_silent_process_that_lives_is_not_lost(file: SqlStore, path: Path) -> None:
    run_id = file.create_run(NewRun("0", owned=True)).info.run_id
    later = time.time_ns() // 1_000_000 + 10 * LOST_AFTER_MS
    assert not file.run_life(run_id, later).lost
    reader = SqlStore(parse_store_uri(path), read_only=True)
    assert not reader.run_life(run_id, later).lost
    file.close()
    assert reader.run_life(run_id, later).lost
    reader.close()


def test_lost_run_that_beats_again_is_not_lost(file: SqlStore) -> None:
    run_id = killed_owner(file)
    heartbeat = file.run_life(run_id).heartbeat or 0
    now = heartbeat + 5 * LOST_AFTER_MS
    assert file.run_life(run_id, now).lost
    file.resume_run(run_id)
    assert not file.run_life(run_id, now).lost
    assert file.run_life(run_id).attempt == 2


@pytest.mark.parametrize("status", ["FINISHED", "FAILED", "KILLED"])
def test_ended_run_is_never_lost_and_beats_no_more(file: SqlStore, status: str) -> None:
    run_id = killed_owner(file)
    heartbeat = file.run_life(run_id).heartbeat or 0
    file.update_run(run_id, status)
    assert not file.run_life(run_id, heartbeat + 10 * LOST_AFTER_MS).lost
    assert file.beat([run_id], heartbeat + 5) == {}
    assert file.run_life(run_id).heartbeat == heartbeat


def test_clock_behind_the_heartbeat_loses_no_run(file: SqlStore) -> None:
    run_id = killed_owner(file)
    assert not file.run_life(run_id, 0).lost


def test_beat_brings_the_control_word(file: SqlStore) -> None:
    runs = [file.create_run(NewRun("0", owned=True)).info.run_id for _ in range(2)]
    file.set_control(runs[0], "stop")
    assert file.beat(runs, 123) == {runs[0]: "stop", runs[1]: ""}
    assert file.run_life(runs[1]).heartbeat == 123
    with pytest.raises(InvalidParameter, match="64"):
        file.set_control(runs[0], "x" * 65)


@pytest.mark.parametrize("start", [-(2**63), -1, 0, 253_402_300_800_000, 2**63 - 1])
def test_start_far_away_is_kept_exactly(store: Store, start: int) -> None:
    run_id = store.create_run(NewRun("0", start_time=start)).info.run_id
    store.create_run(NewRun("0"))
    assert store.get_run(run_id).info.start_time == start
    assert run_id in [run.info.run_id for run in store.search_runs(["0"], f"attributes.start_time = {start}")]
    assert store.update_run(run_id, "FINISHED", 2**63 - 1).end_time == 2**63 - 1
    assert len(store.search_runs(["0"], order_by=["attributes.start_time DESC"])) == 2


@pytest.mark.parametrize("start", [2**63, -(2**63) - 1, 1.5, "1"])
def test_start_that_is_no_time_is_refused(store: Store, start: int) -> None:
    with pytest.raises(InvalidParameter, match="start_time"):
        store.create_run(NewRun("0", start_time=start))
    assert store.run_counts() == {}


def test_run_id_is_taken_once(store: Store) -> None:
    store.create_run(NewRun("0", run_id="a" * 32))
    with pytest.raises(AlreadyExists, match="resumes"):
        store.create_run(NewRun("0", run_id="a" * 32))
    with pytest.raises(NotFound):
        store.create_run(NewRun("77", run_id="b" * 32))


def test_name_and_its_tag_are_one(store: Store) -> None:
    run_id = store.create_run(NewRun("0", tags={"mlflow.runName": "from a tag"})).info.run_id
    assert store.get_run(run_id).info.run_name == "from a tag"
    store.log_batch(run_id, tags=[RunTag("mlflow.runName", "second")])
    assert store.get_run(run_id).info.run_name == "second"
    store.update_run(run_id, run_name="third")
    assert store.get_run(run_id).data.tags["mlflow.runName"] == "third"


def test_batch_in_conflict_changes_nothing_at_all(store: Store) -> None:
    run_id = store.create_run(NewRun("0", run_name="n")).info.run_id
    store.log_batch(run_id, params=[Param("lr", "1")])
    with pytest.raises(InvalidParameter, match="'lr'"):
        store.log_batch(run_id, params=[Param("new", "1"), Param("lr", "2")], tags=[RunTag("t", "v")])
    data = store.get_run(run_id).data
    assert (data.params, data.tags) == ({"lr": "1"}, {"mlflow.runName": "n"})


def test_run_counts_are_by_experiment_and_status(store: Store) -> None:
    other = store.create_experiment("other")
    for status in ("FINISHED", "FINISHED", "FAILED"):
        store.update_run(store.create_run(NewRun("0")).info.run_id, status)
    store.delete_run(store.create_run(NewRun(other)).info.run_id)
    store.create_run(NewRun(other))
    assert store.run_counts() == {"0": {"FINISHED": 2, "FAILED": 1}, other: {"RUNNING": 1}}


@pytest.mark.parametrize("length", [65_535, 65_536, 65_537])
def test_long_param_is_kept_whole_or_refused_with_its_length(store: Store, length: int) -> None:
    run_id = store.create_run(NewRun("0")).info.run_id
    if length > 65_536:
        with pytest.raises(InvalidParameter, match=r"long.*65,?536|65,?537"):
            store.log_batch(run_id, params=[Param("long", "é" * (length // 2) + "x" * (length % 2))])
        assert store.get_run(run_id).data.params == {}
        return
    text = "é" * (length // 2) + "x" * (length % 2)
    store.log_batch(run_id, params=[Param("long", text)])
    assert store.get_run(run_id).data.params["long"] == text
