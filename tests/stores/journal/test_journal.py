"""A store's journal: what dead writers left, what the store refuses, what waits while it is away, and forks."""

from __future__ import annotations

import fcntl
import json
import logging
import os
import signal
import sqlite3
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from trackbook.entities import Param
from trackbook.errors import InvalidParameter, NotFound
from trackbook.stores import open_store
from trackbook.stores.base import NewRun
from trackbook.stores.journal.files import list_segments
from trackbook.stores.journal.journal import Journal
from trackbook.stores.journal.records import END, HEADER, PARAM, POINTS, TAG, frame, json_record, series_record
from trackbook.stores.journal.records import Series as Named
from trackbook.stores.journal.writer import JournalRecorder
from trackbook.stores.sql.store import SqlStore
from trackbook.uris import parse_store_uri


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "trackbook.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqlStore]:
    store = SqlStore(parse_store_uri(path))
    yield store
    store.close()


def journal_of(store: SqlStore) -> Journal:
    assert store._journal is not None
    return store._journal


def new_run(store: SqlStore) -> str:
    return store.create_run(NewRun("0")).info.run_id


def quiet(store: SqlStore, run_id: str) -> JournalRecorder:
    """A recorder that wakes nobody: what it logs stays in the journal until somebody flushes."""
    journal_of(store).writer.awake = True
    return journal_of(store).recorder(run_id)


def steps(store: SqlStore, run_id: str, key: str = "loss") -> list[int]:
    return [metric.step for metric in store.get_metric_history(run_id, key)]


def log_each(recorder: JournalRecorder, *points: tuple[str, int]) -> None:
    for key, step in points:
        recorder.log(key, 0.0, step)


def in_a_child(work: Callable[[], None]) -> None:
    """Run `work` in a forked process that then dies without a word."""
    child = os.fork()
    if child == 0:
        try:
            work()
            os.kill(os.getpid(), signal.SIGKILL)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def folder_of(path: Path) -> Path:
    return path.with_name(path.name + ".d") / "writers"


def rejected(path: Path) -> list[tuple[str, bytes]]:
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT reason, body FROM rejected ORDER BY id").fetchall()
    connection.close()
    return rows


def test_orphan_is_adopted_by_a_flush_and_removed(store: SqlStore, path: Path) -> None:
    run_id = new_run(store)
    in_a_child(lambda: log_each(quiet(store, run_id), ("loss", 0), ("loss", 1), ("loss", 2)))
    assert len(list_segments(folder_of(path))) == 1
    assert steps(store, run_id) == [0, 1, 2]
    assert list_segments(folder_of(path)) == []


def test_half_stored_orphan_is_stored_from_where_it_was(store: SqlStore, path: Path) -> None:
    run_id = new_run(store)

    def work() -> None:
        recorder = quiet(store, run_id)
        recorder.log("loss", 0.0, 0)
        recorder.log_many({"loss": 0.0, "acc": 0.0}, 1)
        store.flush()
        recorder.log("loss", 0.0, 2)
        recorder.log_many({"loss": 0.0, "acc": 0.0}, 3)

    in_a_child(work)
    assert (steps(store, run_id), steps(store, run_id, "acc")) == ([0, 1, 2, 3], [1, 3])


def test_orphan_whose_positions_say_it_is_stored_is_only_removed(store: SqlStore, path: Path) -> None:
    run_id = new_run(store)

    def work() -> None:
        quiet(store, run_id).log("loss", 0.0, 0)
        store.flush()

    in_a_child(work)
    assert steps(store, run_id) == [0]
    assert list_segments(folder_of(path)) == []
    assert [summary.count for summary in store.summaries(run_id)] == [1]


def test_segments_of_the_living_are_left_to_them(store: SqlStore, path: Path) -> None:
    run_id = new_run(store)
    other = SqlStore(parse_store_uri(path))
    quiet(other, run_id).log("loss", 0.0, 7)
    store.flush()
    assert len(list_segments(folder_of(path))) == 1
    assert steps(store, run_id) == []
    other.close()
    assert steps(store, run_id) == [7]


def test_locked_orphan_waits(store: SqlStore, path: Path) -> None:
    run_id = new_run(store)
    in_a_child(lambda: quiet(store, run_id).log("loss", 0.0, 1))
    (file,) = list_segments(folder_of(path))
    with file.path.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert steps(store, run_id) == []
    assert steps(store, run_id) == [1]


def orphan(path: Path, *records: bytes) -> Path:
    """Records of a writer that is gone."""
    left = folder_of(path) / f"{'e' * 32}.log"
    left.write_bytes(json_record(HEADER, {"format": 1, "segment": 0}) + b"".join(records))
    return left


def test_points_whose_series_is_damaged_are_kept_aside_and_the_rest_is_stored(
    store: SqlStore, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run_id = new_run(store)
    in_a_child(lambda: log_each(quiet(store, run_id), ("loss", 1), ("acc", 1)))
    (file,) = list_segments(folder_of(path))
    data = bytearray(file.path.read_bytes())
    data[data.index(b"\0acc") + 1] ^= 0xFF
    file.path.write_bytes(bytes(data))
    assert (steps(store, run_id), steps(store, run_id, "acc")) == ([1], [])
    ((reason, body),) = rejected(path)
    assert "damaged" in reason
    assert b"[1]" in body
    assert caplog.text.count("rejected") == 1
    assert list_segments(folder_of(path)) == []


def test_flipped_byte_anywhere_never_stops_the_store(store: SqlStore, path: Path) -> None:
    run_id = new_run(store)
    tags = [json_record(TAG, {"run": run_id, "key": f"t{number}", "value": "v"}) for number in range(3)]
    point = frame(POINTS, struct.pack("<Iqqd", 0, 1, 5, 0.5))
    whole = orphan(path, series_record(0, Named(run_id, "loss")), point, *tags).read_bytes()
    for at in range(0, len(whole), 7):
        data = bytearray(whole)
        data[at] ^= 0x55
        left = orphan(path)
        left.with_name(f"{at:032x}.log").write_bytes(bytes(data))
        left.unlink()
        store.flush()
        assert list_segments(folder_of(path)) == []
    assert set(store.get_run(run_id).data.tags) == {"t0", "t1", "t2", "mlflow.runName"}
    assert len(steps(store, run_id)) == 1


def test_refused_records_are_kept_once_and_never_block(
    store: SqlStore, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run_id = new_run(store)
    store.log_batch(run_id, params=[Param("lr", "1")])
    orphan(
        path,
        json_record(PARAM, {"run": run_id, "key": "lr", "value": "2"}),
        json_record(PARAM, {"run": run_id, "key": "momentum", "value": "3"}),
        json_record(TAG, {"run": "f" * 32, "key": "t", "value": "v"}),
        json_record(END, {"run": run_id, "status": 3, "end_time": 5}),
        *(frame(kind, body) for kind, body in [(8, b"{}"), (9, b"\xff binary"), (PARAM, b""), (TAG, b"[]")]),
    )
    store.flush()
    store.flush()
    run = store.get_run(run_id)
    assert run.data.params == {"lr": "1", "momentum": "3"}
    assert (run.info.status, run.info.end_time) == ("FINISHED", 5)
    bodies = [body for _, body in rejected(path)]
    assert [json.loads(body)["value"] for body in bodies[:2]] == ["2", "v"]
    assert bodies[2:] == [b"{}", b"\xff binary", b"", b"[]"]
    assert caplog.text.count("kept in the table 'rejected'") == 6


def purge(path: Path, run_id: str) -> None:
    """Delete a run for good, as another program does."""
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("DELETE FROM runs WHERE run_id = ?", (run_id,))
    connection.close()


def test_points_of_a_purged_run_are_kept_aside_and_others_go_on(
    store: SqlStore, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    gone, here = new_run(store), new_run(store)
    lost, kept = quiet(store, gone), quiet(store, here)
    lost.log("loss", 0.0, 0)
    store.flush()
    purge(path, gone)
    for step in range(3):
        lost.log("loss", 0.0, step)
        kept.log("loss", 0.0, step)
        store.flush()
    assert steps(store, here) == [0, 1, 2]
    assert steps(store, gone) == []
    assert [reason for reason, _ in rejected(path)] == [f"there is no run {gone}"] * 3
    assert caplog.text.count("rejected") == 1


def test_purged_run_is_not_found_on_any_way(store: SqlStore, path: Path) -> None:
    run_id = new_run(store)
    recorder = quiet(store, run_id)
    purge(path, run_id)
    recorder.log("loss", 0.0)
    for call in (store.get_run, store.run_life, store.delete_run, store.restore_run, store.resume_run):
        with pytest.raises(NotFound, match=run_id):
            call(run_id)
    with pytest.raises(NotFound, match=run_id):
        store.log_batch(run_id, params=[Param("a", "1")])
    with pytest.raises(NotFound, match=run_id):
        store.run_ended(run_id, "FINISHED")
    assert store.read_feed(run_id).points == {}
    assert (store.summaries(run_id), steps(store, run_id)) == ([], [])


def test_run_made_anew_under_its_id_takes_points_again(store: SqlStore, path: Path) -> None:
    run_id = new_run(store)
    recorder = quiet(store, run_id)
    recorder.log("loss", 0.0, 0)
    store.flush()
    purge(path, run_id)
    SqlStore(parse_store_uri(path)).create_run(NewRun("0", run_id=run_id))
    recorder.log("loss", 0.0, 1)
    assert steps(store, run_id) == [1]
    assert rejected(path) == []


def test_deleted_run_still_takes_what_was_logged_before(store: SqlStore) -> None:
    run_id = new_run(store)
    recorder = quiet(store, run_id)
    recorder.log("loss", 0.0, 1)
    store.delete_run(run_id)
    with pytest.raises(InvalidParameter, match="restore_run"):
        recorder.log("loss", 0.0, 2)
    assert steps(store, run_id) == [1]


def test_thread_that_logs_without_a_run_of_its_own_is_heard_soon(store: SqlStore, path: Path) -> None:
    """Another thread's flushes put the drainer to rest; they must not put it to rest before what came meanwhile."""
    run_id = new_run(store)
    recorder = store.recorder(run_id)
    stop = threading.Event()

    def flush() -> None:
        while not stop.is_set():
            store.flush()

    reader = threading.Thread(target=flush)
    reader.start()
    for step in range(2_000):
        recorder.log("loss", 0.0, step)
    stop.set()
    reader.join()
    connection = sqlite3.connect(path)
    until, found = time.monotonic() + 5, 0
    while found < 2_000 and time.monotonic() < until:
        ((found,),) = connection.execute("SELECT sum(next_seq) FROM runs").fetchall()
    connection.close()
    assert found == 2_000


def test_threads_that_log_while_the_process_forks(store: SqlStore) -> None:
    run_id = new_run(store)
    stop = threading.Event()
    logged = [0] * 3

    def log(number: int) -> None:
        recorder = store.recorder(run_id)
        while not stop.is_set():
            recorder.log(f"t{number}", 0.0, logged[number])
            logged[number] += 1
            if logged[number] % 50 == 0:
                store.flush()

    threads = [threading.Thread(target=log, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for turn in range(8):
        in_a_child(lambda turn=turn: store.recorder(run_id).log("child", 0.0, turn))  # type: ignore[misc]
    stop.set()
    for thread in threads:
        thread.join()
    for number in range(3):
        assert steps(store, run_id, f"t{number}") == list(range(logged[number]))
    assert steps(store, run_id, "child") == list(range(8))


def test_recorder_is_the_same_while_somebody_holds_it(store: SqlStore) -> None:
    run_id = new_run(store)
    recorder = store.recorder(run_id)
    assert store.recorder(run_id) is recorder
    recorder.control = "stop"
    assert store.recorder(run_id).control == "stop"


def test_closed_store_with_a_recorder_in_use_still_loses_nothing(path: Path) -> None:
    store = SqlStore(parse_store_uri(path))
    run_id = new_run(store)
    recorder = store.recorder(run_id)
    recorder.log("loss", 0.0, 0)
    store.close()
    recorder.log("loss", 0.0, 1)
    store.flush()
    journal_of(store).close()
    assert steps(SqlStore(parse_store_uri(path), read_only=True), run_id) == [0, 1]
    store.database.close()


def test_store_whose_folder_is_gone_closes_without_an_error(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = tmp_path / "short-lived"
    store = open_store(folder / "trackbook.db")
    recorder = store.recorder(store.create_run(NewRun("0")).info.run_id)
    recorder._writer.awake = True  # type: ignore[attr-defined]
    recorder.log("loss", 0.0)
    os.rename(folder, tmp_path / "elsewhere")
    with caplog.at_level(logging.WARNING):
        store.close()
    assert store.closed
