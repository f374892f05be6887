"""doctor finds what is wrong with a store, says what helps, mends what can be mended, and never fails itself."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from trackbook.entities import Metric, Run
from trackbook.stores import open_store
from trackbook.stores.base import NewRun, Store
from trackbook.stores.journal.records import END, HEADER, json_record
from trackbook.upkeep.doctor.checkup import examine
from trackbook.upkeep.doctor.findings import Finding

Fill = Callable[..., Run]
Put = Callable[..., Path]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path / "store.db")
    yield opened
    opened.close()


@contextmanager
def database_of(store: Store) -> Iterator[sqlite3.Connection]:
    """The database, behind the store's back."""
    connection = sqlite3.connect(store.uri.removeprefix("sqlite:///"))
    with connection:
        yield connection
    connection.close()


def found(store: Store, *, fix: bool = False, now: int | None = None) -> list[Finding]:
    return list(examine(store.uri, fix=fix, now=now))


def only(store: Store, check: str, *, now: int | None = None) -> Finding:
    """The one thing that is wrong."""
    (finding,) = found(store, now=now)
    assert finding.check == check
    return finding


def folder_of(run: Run) -> Path:
    return Path(str(run.info.artifact_uri))


def in_a_killed_child(action: Callable[[], object]) -> None:
    child = os.fork()
    if child == 0:
        try:
            action()
        finally:
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)


def test_sound_store_has_no_findings(store: Store, fill: Fill) -> None:
    fill(store, points=1000)
    store.delete_run(fill(store).info.run_id)
    assert found(store) == []
    assert found(store, fix=True) == []


def test_store_that_is_not_there_or_not_ours_is_a_finding(tmp_path: Path) -> None:
    (finding,) = examine(str(tmp_path / "none.db"))
    assert (finding.check, finding.counts) == ("store", True)
    assert not (tmp_path / "none.db").exists()
    (tmp_path / "other.db").write_bytes(b"not a database, and long enough to be looked at as one " * 50)
    assert "no SQLite database" in [finding.what for finding in examine(str(tmp_path / "other.db"))][-1]


def test_looking_changes_nothing(store: Store, fill: Fill, tmp_path: Path) -> None:
    fill(store)
    with database_of(store) as connection:
        connection.execute("UPDATE metric_summary SET count = 99")
    store.close()
    in_a_killed_child(lambda: log_one(open_store(store.uri), fill))
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".db-shm"}
    assert {finding.check for finding in examine(store.uri)} >= {"journal", "points"}
    after = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".db-shm"}
    assert {path: after[path] for path in before} == before


def log_one(store: Store, fill: Fill) -> None:
    run = fill(store, files=0)
    store.update_run(run.info.run_id, status="RUNNING")
    recorder = store.recorder(run.info.run_id)
    recorder._writer.awake = True  # type: ignore[attr-defined]  # nobody drains: it stays in the journal
    recorder.log("loss", 0.5)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ("UPDATE metric_summary SET count = count + 1", "count"),
        ("UPDATE metric_summary SET last = 7.5", "last"),
        ("UPDATE metric_summary SET min = -1.0, min_step = 0", "min"),
        ("UPDATE metric_summary SET last = NULL, last_class = 1", "last"),
        ("DELETE FROM metric_summary", "not summed up"),
        ("UPDATE runs SET next_seq = 0", "taken"),
        ("DELETE FROM points", "no points"),
    ],
)
def test_summary_that_is_wrong_is_summed_up_anew(store: Store, fill: Fill, change: str, what: str) -> None:
    run_id = fill(store).info.run_id
    history, summary = store.get_metric_history(run_id, "loss"), store.summaries(run_id)
    with database_of(store) as connection:
        connection.execute(change)
    finding = only(store, "points")
    assert (finding.where, what in finding.what, finding.row()["mended"]) == (run_id, True, "by --fix")
    assert [finding.mended for finding in found(store, fix=True)] == [True]
    assert found(store) == []
    if "FROM points" not in change:
        assert (store.get_metric_history(run_id, "loss"), store.summaries(run_id)) == (history, summary)
    store.log_batch(run_id, [Metric("loss", 0.5, 9, 9)])
    assert len(store.get_metric_history(run_id, "loss")) == (1 if "FROM points" in change else 4)


def test_points_measured_on_data_sets_are_summed_up_over_them(store: Store) -> None:
    run_id = store.create_run(NewRun("0")).info.run_id
    for value, name in ((3.0, None), (1.0, "a"), (float("nan"), "b"), (2.0, "a"), (float("inf"), "b")):
        store.log_batch(run_id, [Metric("loss", value, 1, 1, None, name, "d" if name else None)])
    assert found(store) == []
    before = store.summaries(run_id)
    with database_of(store) as connection:
        connection.execute("DELETE FROM metric_summary")
    found(store, fix=True)
    assert store.summaries(run_id) == before


def test_damaged_chunk_is_told_and_the_rest_checked(store: Store, fill: Fill) -> None:
    damaged, wrong = fill(store, points=1000).info.run_id, fill(store).info.run_id
    store.close()
    store = open_store(store.uri)  # which packs
    with database_of(store) as connection:
        ((data,),) = connection.execute("SELECT data FROM chunks")
        connection.execute("UPDATE chunks SET data = ?", (data[:300] + bytes([data[300] ^ 1]) + data[301:],))
        sql = "UPDATE metric_summary SET count = 7 WHERE run = (SELECT id FROM runs WHERE run_id = ?)"
        connection.execute(sql, (wrong,))
    findings = found(store)
    assert [(finding.where, finding.severity) for finding in findings] == [(damaged, "error"), (wrong, "warning")]
    assert [finding.mended for finding in found(store, fix=True)] == [False, True]
    assert store.summaries(damaged)[0].count == 1000  # what is known of the points is kept


def test_rows_of_no_run_are_deleted(store: Store, fill: Fill) -> None:
    run_id = fill(store, files=0).info.run_id
    fill(store)
    with database_of(store) as connection:
        for table in ("params", "run_tags"):
            connection.execute(f"DELETE FROM {table} WHERE run = 1")
        connection.execute("DELETE FROM runs WHERE run_id = ?", (run_id,))
    assert "points" in only(store, "points").what
    assert [finding.mended for finding in found(store, fix=True)] == [True]
    assert found(store) == []


@pytest.mark.parametrize("path", ["folder/0.bin", "naïve 日本.txt"])
def test_artifacts_that_are_not_what_was_stored_are_told(store: Store, fill: Fill, put: Put, path: str) -> None:
    run = fill(store)
    file = put(store, run, path, b"as it was")
    assert found(store) == []
    file.write_bytes(b"as it WAS")
    assert "SHA-256" in only(store, "artifacts").what
    file.write_bytes(b"as it was, and more")
    assert "19 bytes" in only(store, "artifacts").what
    file.unlink()
    assert "missing" in only(store, "artifacts").what
    file.symlink_to("/etc/hostname")
    assert {("leads out" in finding.what, "missing" in finding.what) for finding in found(store)} >= {(True, False)}
    file.unlink()
    file.mkdir()
    finding = only(store, "artifacts")
    assert (finding.where, finding.counts, finding.mend) == (str(file), True, None)


def test_files_nobody_recorded_and_links_within_are_only_told(store: Store, fill: Fill, put: Put) -> None:
    run = fill(store)
    put(store, run, "by hand.txt", b"x", recorded=False)
    (folder_of(run) / "link").symlink_to("folder")
    findings = found(store)
    assert {finding.severity for finding in findings} == {"note"}
    assert len(findings) == 2


def test_unfinished_writes_of_yesterday_are_deleted(store: Store, fill: Fill) -> None:
    run = fill(store)
    left = folder_of(run) / f".tmp-{'a' * 32}"
    left.write_bytes(b"half")
    assert found(store) == []
    os.utime(left, (1, 1))
    assert [finding.mended for finding in found(store, fix=True)] == [True]
    assert not left.exists()


def test_folder_of_a_run_that_does_not_exist_is_told(store: Store, fill: Fill) -> None:
    orphan = folder_of(fill(store)).with_name("e" * 32)
    orphan.mkdir()
    assert only(store, "artifacts").severity == "note"
    later = only(store, "artifacts", now=time.time_ns() // 1_000_000 + 90_000_000)
    assert (later.where, later.severity, "gc --orphans" in later.remedy) == (str(orphan), "warning", True)


def test_journal_of_a_dead_process_is_told_and_stored(store: Store, fill: Fill, tmp_path: Path) -> None:
    run_id = fill(store).info.run_id

    def log() -> None:
        recorder = open_store(store.uri).recorder(run_id)
        recorder._writer.awake = True  # type: ignore[attr-defined]
        recorder.log("late", 0.5)

    store.close()
    in_a_killed_child(log)
    assert only(store, "journal").severity == "warning"
    assert [finding.mended for finding in found(store, fix=True)] == [True]
    assert not list((tmp_path / "store.db.d" / "writers").glob("*.log"))
    assert open_store(store.uri).get_run(run_id).data.metrics["late"] == 0.5


def test_journal_of_another_machine_is_left_alone(store: Store, tmp_path: Path) -> None:
    left = tmp_path / "store.db.d" / "writers" / f"{'e' * 32}.log"
    left.write_bytes(json_record(HEADER, {"format": 1, "segment": 0, "host": "elsewhere"}))
    left.chmod(0o600)
    assert "elsewhere" in only(store, "journal").remedy
    assert [finding.mended for finding in found(store, fix=True)] == [False]
    assert left.exists()


def test_damage_and_beginnings_left_beside_journals_are_told(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "store.db.d" / "writers"
    for name in (f"{'a' * 32}.bad", f"{'b' * 32}.new"):
        (folder / name).write_bytes(b"x")
        (folder / name).chmod(0o600)
    bad, new = sorted(found(store), key=lambda finding: finding.where)
    assert (bad.severity, bad.mend is None, new.severity) == ("warning", True, "note")
    found(store, fix=True)
    assert [path.suffix for path in folder.iterdir() if path.suffix != ".log"] == [".bad"]


def test_permissions_that_let_others_read_are_told_and_mended(store: Store, tmp_path: Path) -> None:
    (tmp_path / "store.db").chmod(0o644)
    (tmp_path / "store.db.d").chmod(0o755)
    findings = found(store, fix=True)
    assert [(finding.check, finding.mended) for finding in findings] == [("permissions", True)] * 2
    assert ((tmp_path / "store.db").stat().st_mode & 0o777, (tmp_path / "store.db.d").stat().st_mode & 0o777) == (
        0o600,
        0o700,
    )


def test_refused_records_are_stored_when_their_reason_is_gone(store: Store, fill: Fill, tmp_path: Path) -> None:
    back = fill(store).info.run_id
    store.update_run(back, status="RUNNING")
    store.delete_run(back)
    left = tmp_path / "store.db.d" / "writers" / f"{'e' * 32}.log"
    ending = {"run": back, "status": 3, "end_time": 5}
    left.write_bytes(json_record(HEADER, {"format": 1, "segment": 0}) + json_record(END, ending))
    store.flush()
    points = json.dumps([[["f" * 32, "loss", "", ""], [[1, 2], [5, 6], [0.5, float("nan")]]]])
    with database_of(store) as connection:
        sql = "INSERT INTO rejected (writer, segment, offset, reason, body, time) VALUES ('', 0, 0, 'r', ?, 1)"
        for body in (points, points.replace("f" * 32, "e" * 32), "no sense", "[[[[[", "[]", '{"run": 1}'):
            connection.execute(sql, (body.encode(),))
    assert {finding.severity for finding in found(store)} == {"note"}
    store.restore_run(back)
    store.create_run(NewRun("0", run_id="f" * 32))
    assert [finding.mended for finding in found(store, fix=True)].count(True) == 2
    assert (store.get_run(back).info.status, store.get_run(back).info.end_time) == ("FINISHED", 5)
    assert [metric.step for metric in store.get_metric_history("f" * 32, "loss")] == [1, 2]
    assert len(list(store.rejected())) == 5
    assert store.forget_rejected(10) == 2


def test_positions_of_journals_long_gone_are_forgotten(store: Store, fill: Fill) -> None:
    store.recorder(fill(store).info.run_id).log("late", 1.0)
    store.flush()
    now = time.time_ns() // 1_000_000 + 31 * 24 * 3600 * 1000
    assert found(store, now=now) == []  # its process, this one, is alive
    store.close()
    store = open_store(store.uri)
    assert only(store, "journal", now=now).severity == "note"
    found(store, fix=True, now=now)
    assert found(store, now=now) == []


def test_run_whose_process_was_killed_is_ended_at_its_last_heartbeat(store: Store) -> None:
    store.close()
    run_id = "f" * 32
    in_a_killed_child(lambda: open_store(store.uri).create_run(NewRun("0", run_id=run_id, owned=True)))
    store = open_store(store.uri)
    beat = store.run_life(run_id).heartbeat
    assert beat is not None
    assert found(store, now=beat + 59_000) == []
    finding = only(store, "life", now=beat + 61_000)
    assert (finding.where, finding.severity) == (run_id, "warning")
    assert store.get_run(run_id).info.status == "RUNNING"
    assert [finding.mended for finding in found(store, fix=True, now=beat + 61_000)] == [True]
    info = store.get_run(run_id).info
    assert (info.status, info.end_time) == ("KILLED", beat)
    assert found(store, now=beat + 61_000) == []


def test_clock_behind_a_heartbeat_is_told(store: Store) -> None:
    store.create_run(NewRun("0", owned=True))
    finding = only(store, "clock", now=time.time_ns() // 1_000_000 - 3_600_000)
    assert finding.counts


def test_values_of_a_wrong_type_are_told(store: Store, fill: Fill) -> None:
    fill(store)
    with database_of(store) as connection:
        connection.execute("UPDATE runs SET user_id = x'ff'")
    assert "wrong type" in only(store, "database").what


def test_damaged_database_is_told_and_never_a_traceback(store: Store, fill: Fill, tmp_path: Path) -> None:
    for _ in range(100):
        fill(store, files=0)
    store.close()
    whole = (tmp_path / "store.db").read_bytes()
    for size in (100, 5_000, 40_000):
        shutil.rmtree(tmp_path / "bad", ignore_errors=True)
        (tmp_path / "bad").mkdir()
        (tmp_path / "bad" / "store.db").write_bytes(whole[:4096] + b"\xff" * size + whole[4096 + size :])
        findings = list(examine(str(tmp_path / "bad" / "store.db")))
        assert any(finding.severity == "error" for finding in findings)
        assert list(examine(str(tmp_path / "bad" / "store.db"), fix=True))
        open_store(tmp_path / "bad" / "store.db").close()
