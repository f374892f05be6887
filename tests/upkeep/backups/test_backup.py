"""A backup taken while others write is whole, and lacks nothing that was acknowledged before it began."""

from __future__ import annotations

import json
import mmap
import os
import resource
import shutil
import signal
import sqlite3
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

import trackbook.upkeep.backups.backup
from trackbook.entities import Param
from trackbook.errors import (
    AlreadyExists,
    DamagedStore,
    InvalidParameter,
    NotFound,
    NotSupported,
    SchemaTooNew,
    SchemaTooOld,
    StorageFull,
    TrackbookError,
)
from trackbook.stores import open_store
from trackbook.stores.base import NewRun, Store
from trackbook.stores.sql.tables import SCHEMA_VERSION
from trackbook.upkeep.backups.backup import backup, verify_backup
from trackbook.upkeep.backups.manifest import read_manifest

WRITERS = 4
ACKED = struct.Struct("<I")


def _log_for_ever(path: Path, number: int, acked: mmap.mmap) -> None:
    store = open_store(path)
    run_id = f"{number:032x}"
    store.create_run(NewRun("0", run_id=run_id, owned=True))
    store.run_started(run_id)
    recorder = store.recorder(run_id)
    for step in range(1 << 30):
        recorder.log("loss", float(step), step)
        acked[number * 4 : number * 4 + 4] = ACKED.pack(step + 1)
        if step % 1000 == 0:
            store.log_batch(run_id, params=[Param(f"p{step}", "v")])
        if step % 50 == 0:
            time.sleep(0.002)  # a training, not a flood: the machine has few cores


@contextmanager
def _writers(path: Path) -> Iterator[Callable[[], list[int]]]:
    """Processes that log without end; called, it gives how many points each has had acknowledged."""
    acked = mmap.mmap(-1, 4 * WRITERS)
    children = []
    for number in range(WRITERS):
        child = os.fork()
        if child == 0:
            try:
                _log_for_ever(path, number, acked)
            finally:
                os._exit(1)
        children.append(child)

    def count() -> list[int]:
        return [ACKED.unpack(acked[n * 4 : n * 4 + 4])[0] for n in range(WRITERS)]

    try:
        until = time.monotonic() + 30
        while min(count()) < 10 and time.monotonic() < until:
            time.sleep(0.01)
        yield count
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _steps(store: Store, number: int) -> list[int]:
    return [metric.step for metric in store.get_metric_history(f"{number:032x}", "loss")]


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_backups_under_four_writers_lack_nothing_acknowledged(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    rounds, pause = (60, 1.0) if request.config.getoption("--fuzz") else (8, 0.1)
    path = tmp_path / "store" / "trackbook.db"
    open_store(path).close()
    taken = []
    with _writers(path) as count:
        for _ in range(rounds):
            acked = count()
            taken.append((acked, backup(str(path))))
            time.sleep(pause)  # between backups, for something to come
    for acked, folder in taken:
        assert verify_backup(folder).rows["runs"] == WRITERS
        assert sorted(file.name for file in folder.iterdir()) == ["manifest.json", "trackbook.db"]
        store = open_store(folder, read_only=True)
        for number in range(WRITERS):
            steps = _steps(store, number)
            assert steps == list(range(len(steps)))
            assert len(steps) >= acked[number]
        store.close()
    assert taken[-1][0] > taken[0][0], "the writers did log"


def _killed_writer(path: Path) -> str:
    """A writer that was killed with its points in the journal; its run."""
    run_id = "f" * 32
    child = os.fork()
    if child == 0:
        store = open_store(path)
        store.create_run(NewRun("0", run_id=run_id, owned=True))
        recorder = store.recorder(run_id)
        recorder._writer.awake = True  # type: ignore[attr-defined]  # nobody drains
        for step in range(50):
            recorder.log("loss", float(step), step)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    return run_id


def test_backup_takes_what_waits_in_journals_and_leaves_them(tmp_path: Path) -> None:
    path = tmp_path / "trackbook.db"
    run_id = _killed_writer(path)
    (segment,) = (tmp_path / "trackbook.db.d" / "writers").iterdir()
    before = segment.read_bytes()
    with open(segment, "ab") as file:
        file.write(before[-20:])  # the end of a record: a kill cut another one off
    folder = backup(str(path), tmp_path / "copy")
    store = open_store(folder)
    assert [m.step for m in store.get_metric_history(run_id, "loss")] == list(range(50))
    assert segment.read_bytes() == before + before[-20:]
    assert len(open_store(path).get_metric_history(run_id, "loss")) == 50
    assert not list(folder.glob("**/*.bad"))


def test_backup_holds_its_own_process_up_neither(tmp_path: Path) -> None:
    store = open_store(tmp_path / "trackbook.db")
    run_id = store.create_run(NewRun("0", owned=True)).info.run_id
    store.run_started(run_id)
    store.recorder(run_id).log("loss", 1.0)
    folder = backup(str(tmp_path / "trackbook.db"), tmp_path / "copy")
    store.recorder(run_id).log("loss", 2.0, 1)
    store.run_ended(run_id, "FINISHED")
    assert len(open_store(folder).get_metric_history(run_id, "loss")) == 1
    assert len(store.get_metric_history(run_id, "loss")) == 2


def test_backup_is_its_owners_and_says_what_is_in_it(file_store: Store, tmp_path: Path) -> None:
    file_store.create_experiment("far", artifact_location="s3://bucket/far")
    artifact = tmp_path / "trackbook-artifacts" / "0" / "run" / "artifacts" / "größe.txt"
    artifact.parent.mkdir(parents=True)
    artifact.write_text("x")
    (artifact.parent / ".tmp-0123").write_text("half")
    (artifact.parent / "link").symlink_to("/etc/passwd")
    plain = read_manifest(backup(file_store.uri))
    assert plain.artifacts is None
    assert plain.elsewhere == ["s3://bucket/far"]
    folder = backup(file_store.uri, tmp_path / "with", artifacts=True)
    assert list(verify_backup(folder).artifacts or {}) == ["0/run/artifacts/größe.txt"]
    assert (folder / "trackbook-artifacts" / "0" / "run" / "artifacts" / "größe.txt").read_text() == "x"
    assert {path.stat().st_mode & 0o777 for path in folder.rglob("*") if path.is_file()} <= {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700


def test_backup_goes_to_a_new_folder_only(file_store: Store, tmp_path: Path) -> None:
    first, second = backup(file_store.uri), backup(file_store.uri)
    assert first != second
    assert first.parent == tmp_path / "trackbook-backups"
    with pytest.raises(AlreadyExists, match="exists"):
        backup(file_store.uri, first)


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("postgresql+psycopg://ada:secret@db.example/runs", "pg_dump"),
        ("mysql+pymysql://ada:secret@db.example/runs", "mariadb-dump"),
        ("mssql+pyodbc://ada:secret@db.example/runs", "BACKUP DATABASE"),
        ("https://tracking.example", "where the server runs"),
        ("sqlite://", "memory"),
    ],
)
def test_store_of_a_server_names_its_own_tool(uri: str, words: str) -> None:
    with pytest.raises(NotSupported, match=words) as caught:
        backup(uri)
    assert "secret" not in caught.value.message


def test_nothing_and_an_empty_file_are_no_store(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no store"):
        backup(str(tmp_path / "none.db"))
    (tmp_path / "empty.db").touch()
    with pytest.raises(InvalidParameter, match="empty"):
        backup(str(tmp_path / "empty.db"), tmp_path / "copy")
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "work") == ["empty.db"]


@pytest.mark.parametrize(("version", "error"), [(1, SchemaTooOld), (99, SchemaTooNew)])
def test_another_schema_is_refused(
    file_store: Store, tmp_path: Path, version: int, error: type[TrackbookError]
) -> None:
    file_store.close()
    with closing(sqlite3.connect(tmp_path / "store.db")) as connection, connection:
        connection.execute("UPDATE trackbook_store SET version = ?", (version,))
    with pytest.raises(error, match=str(version)):
        backup(file_store.uri, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_full_disk_leaves_nothing(file_store: Store, tmp_path: Path) -> None:
    child = os.fork()
    if child == 0:
        try:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
            try:
                backup(file_store.uri, tmp_path / "copy")
            except StorageFull:
                os._exit(28)
        finally:
            os._exit(99)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 28
    assert not [path for path in tmp_path.iterdir() if "copy" in path.name]


def test_killed_backup_leaves_no_backup(file_store: Store, tmp_path: Path) -> None:
    child = os.fork()
    if child == 0:
        setattr(trackbook.upkeep.backups.backup, "require_sound", lambda _: os.kill(os.getpid(), signal.SIGKILL))  # noqa: B010
        backup(file_store.uri, tmp_path / "copy")
    os.waitpid(child, 0)
    assert not (tmp_path / "copy").exists()
    assert verify_backup(backup(file_store.uri, tmp_path / "copy")).schema == SCHEMA_VERSION


@pytest.fixture
def taken(file_store: Store, tmp_path: Path) -> Path:
    artifact = tmp_path / "trackbook-artifacts" / "0" / "a.txt"
    artifact.parent.mkdir(parents=True)
    artifact.write_text("x")
    return backup(file_store.uri, tmp_path / "taken", artifacts=True)


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("name", ["trackbook.db", "trackbook-artifacts/0/a.txt"])
def test_one_bit_in_a_backup_is_noticed(taken: Path, name: str) -> None:
    verify_backup(taken)
    _flip(taken / name)
    with pytest.raises(DamagedStore, match="not as it was written"):
        verify_backup(taken)
    (taken / name).unlink()
    with pytest.raises(DamagedStore, match="damaged"):
        verify_backup(taken)


@pytest.mark.parametrize(
    "change",
    [
        {"artifacts": {"../../etc/passwd": "0"}},
        {"artifacts": {"/etc/passwd": "0"}},
        {"artifacts": ["a"]},
        {"artifacts": {"a": 1}},
        {"schema": "2"},
        {"rows": {"runs": "many"}},
        {"rows": None},
        {"surplus": 1},
        {"format": "x"},
    ],
    ids=str,
)
def test_manifest_that_nobody_wrote_is_refused(taken: Path, change: dict[str, object]) -> None:
    path = taken / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(DamagedStore, match="damaged"):
        verify_backup(taken)


def test_manifest_that_is_no_manifest_is_refused(taken: Path, tmp_path: Path) -> None:
    for content in (b"", b"[]", b"{}", b"\xff", b"[" * 100_000, b"1"):
        (taken / "manifest.json").write_bytes(content)
        with pytest.raises(DamagedStore, match="damaged"):
            verify_backup(taken)
    (taken / "manifest.json").write_text('{"format": 2}')
    with pytest.raises(NotSupported, match="newer"):
        verify_backup(taken)
    for folder in (tmp_path, tmp_path / "none", taken / "trackbook.db"):
        with pytest.raises(InvalidParameter, match="no backup"):
            verify_backup(folder)


def test_artifact_behind_a_link_is_refused(taken: Path) -> None:
    artifact = taken / "trackbook-artifacts" / "0" / "a.txt"
    shutil.move(artifact, taken / "elsewhere")
    artifact.symlink_to(taken / "elsewhere")
    with pytest.raises(DamagedStore, match="damaged"):
        verify_backup(taken)
