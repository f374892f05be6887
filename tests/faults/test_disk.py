"""Full disks and folders that cannot be written: clear errors, and nothing acknowledged is lost."""

from __future__ import annotations

import logging
import os
import resource
import shutil
import signal
import sqlite3
import tempfile
from pathlib import Path

import pytest

from trackbook.errors import ReadOnlyStore, StorageFull, TrackbookError
from trackbook.stores import open_store
from trackbook.stores.base import NewRun
from trackbook.stores.journal.records import ONE_POINT_SIZE


def test_full_disk_loses_nothing_and_work_goes_on(small_disk: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = open_store(small_disk / "trackbook.db")
    run_id = store.create_run(NewRun("0")).info.run_id
    recorder = store.recorder(run_id)
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * (5 << 20))
    acked = 0
    with caplog.at_level(logging.CRITICAL), pytest.raises(StorageFull, match="bytes are free"):
        for acked in range(1_000_000):
            recorder.log("loss", float(acked), acked)
    ballast.unlink()
    recorder.log("loss", -1.0, 10_000_000)
    steps = [metric.step for metric in store.get_metric_history(run_id, "loss")]
    assert steps == [*range(acked), 10_000_000]
    store.close()
    with sqlite3.connect(small_disk / "trackbook.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def test_short_write_is_taken_back(tmp_path: Path) -> None:
    """A limit on file sizes cuts a write in the middle; the torn record goes, and later ones are stored."""
    child = os.fork()
    if child == 0:
        try:
            os._exit(_log_against_a_limit(tmp_path))
        finally:
            os._exit(99)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    store = open_store(tmp_path / "trackbook.db")
    (run,) = store.search_runs(["0"])
    steps = [metric.step for metric in store.get_metric_history(run.info.run_id, "loss")]
    assert steps == [*range(len(steps) - 1), 5000]
    assert not list((tmp_path / "trackbook.db.d" / "writers").glob("*.bad"))


def _log_against_a_limit(folder: Path) -> int:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    store = open_store(folder / "trackbook.db")
    recorder = store.recorder(store.create_run(NewRun("0")).info.run_id)
    recorder.log("loss", 0.0, 0)
    recorder._writer.awake = True  # type: ignore[attr-defined]  # no thread: only the journal grows
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = recorder._writer.size() + ONE_POINT_SIZE * 20 + 17  # type: ignore[attr-defined]
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    refused = 0
    for step in range(1, 30):
        try:
            recorder.log("loss", float(step), step)
        except StorageFull:
            refused += 1
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    recorder.log("loss", 1.0, 5000)
    os.kill(os.getpid(), signal.SIGKILL) if refused != 9 else store.close()
    return 0


def _as_nobody(path: Path, report: int) -> None:
    """Look at a store, and try to change it, as a user who may do only the first."""
    os.setgid(65534)
    os.setuid(65534)
    store = open_store(path, read_only=True)
    os.write(report, f"{len(store.search_runs(['0']))} runs\n".encode())
    try:
        open_store(path).create_experiment("x")
    except TrackbookError as error:
        os.write(report, f"{type(error).__name__} {error}".encode())


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_folder_without_write_permission_can_be_read(tmp_path: Path) -> None:
    folder = Path(tempfile.mkdtemp())  # pytest's own folders are closed to other users
    path = folder / "trackbook.db"
    store = open_store(path)
    store.create_run(NewRun("0"))
    store.close()
    path.chmod(0o444)
    folder.chmod(0o555)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            _as_nobody(path, writing)
        finally:
            os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    with open(reading, "rb") as pipe:
        said = pipe.read().decode()
    shutil.rmtree(folder)
    assert said.startswith("1 runs\nReadOnlyStore")
    assert str(path) in said


def test_read_only_store_refuses_every_write(tmp_path: Path) -> None:
    path = tmp_path / "trackbook.db"
    open_store(path).close()
    store = open_store(path, read_only=True)
    with pytest.raises(ReadOnlyStore, match="read-only"):
        store.create_experiment("x")
    with pytest.raises(ReadOnlyStore, match="read-only"):
        store.recorder("f" * 32)
    assert store.get_experiment("0").name == "Default"


def test_store_under_a_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises((TrackbookError, OSError), match="file"):
        open_store(tmp_path / "file" / "trackbook.db")
