"""A backup comes back whole or not at all; what it replaces is kept, and nobody's open store is taken away."""

from __future__ import annotations

import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

import trackbook.upkeep.backups.restoring
from trackbook.errors import AlreadyExists, DamagedStore, InvalidState
from trackbook.stores import open_store
from trackbook.stores.base import NewRun, Store
from trackbook.upkeep.backups.backup import backup
from trackbook.upkeep.backups.restoring import restore


@pytest.fixture
def taken(file_store: Store, tmp_path: Path) -> Path:
    """A backup of a store with one run and one artifact; the store has a second run afterwards, and is closed."""
    file_store.create_run(NewRun("0", "first"))
    artifact = tmp_path / "trackbook-artifacts" / "0" / "a.txt"
    artifact.parent.mkdir(parents=True)
    artifact.write_text("x")
    folder = backup(file_store.uri, tmp_path / "taken", artifacts=True)
    file_store.create_run(NewRun("0", "second"))
    file_store.close()
    return folder


def _names(path: Path) -> list[str]:
    store = open_store(path, read_only=True)
    names = sorted(str(run.info.run_name) for run in store.search_runs(["0"]))
    store.close()
    return names


def test_backup_becomes_a_new_store(taken: Path, tmp_path: Path) -> None:
    done = restore(taken, str(tmp_path / "new" / "runs.db"))
    assert (done.path, done.kept, done.unlike) == (tmp_path / "new" / "runs.db", None, [])
    assert _names(done.path) == ["first"]
    assert done.path.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "new" / "trackbook-artifacts" / "0" / "a.txt").read_text() == "x"
    open_store(done.path).create_run(NewRun("0", "third"))


def test_store_that_is_there_stays_unless_forced(taken: Path, tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with pytest.raises(AlreadyExists, match="--force"):
        restore(taken, str(path))
    assert _names(path) == ["first", "second"]
    done = restore(taken, str(path), force=True)
    assert _names(path) == ["first"]
    assert done.kept is not None
    assert _names(done.kept / "store.db") == ["first", "second"]
    with closing(sqlite3.connect(done.kept / "store.db")) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_artifacts_that_are_there_stay(taken: Path, tmp_path: Path) -> None:
    artifact = tmp_path / "trackbook-artifacts" / "0" / "a.txt"
    artifact.write_text("newer")
    later = artifact.with_name("later.txt")
    later.write_text("later")
    done = restore(taken, str(tmp_path / "store.db"), force=True)
    assert done.unlike == [artifact]
    assert (artifact.read_text(), later.read_text()) == ("newer", "later")


@pytest.mark.parametrize("log", [True, False])
def test_store_in_use_is_left_alone(taken: Path, tmp_path: Path, log: bool) -> None:
    path = tmp_path / "store.db"
    store = open_store(path)
    run_id = store.create_run(NewRun("0", "open", owned=log)).info.run_id
    with pytest.raises(InvalidState, match="in use"):
        restore(taken, str(path), force=True)
    store.recorder(run_id).log("loss", 1.0)
    assert len(store.get_metric_history(run_id, "loss")) == 1
    assert not list(tmp_path.glob("*.replaced-*"))


def test_reader_of_the_store_is_a_user_too(taken: Path, tmp_path: Path) -> None:
    reader = open_store(tmp_path / "store.db", read_only=True)
    assert len(reader.search_runs(["0"])) == 2
    with pytest.raises(InvalidState, match="in use"):
        restore(taken, str(tmp_path / "store.db"), force=True)
    assert len(reader.search_runs(["0"])) == 2


def test_journals_of_the_replaced_store_go_with_it(taken: Path, tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    child = os.fork()
    if child == 0:
        store = open_store(path)
        run_id = store.create_run(NewRun("0", "killed", run_id="f" * 32, owned=True)).info.run_id
        recorder = store.recorder(run_id)
        recorder._writer.awake = True  # type: ignore[attr-defined]
        recorder.log("loss", 1.0)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    done = restore(taken, str(path), force=True)
    assert done.kept is not None
    store = open_store(path)
    assert [run.info.run_name for run in store.search_runs(["0"])] == ["first"]
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM rejected").fetchone() == (0,)
    assert len(open_store(done.kept / "store.db").get_metric_history("f" * 32, "loss")) == 1


def test_damaged_store_is_replaced_and_kept(taken: Path, tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    damaged = b"\xff" * 20_000
    path.write_bytes(damaged)
    done = restore(taken, str(path), force=True)
    assert _names(path) == ["first"]
    assert done.kept is not None
    assert (done.kept / "store.db").read_bytes() == damaged


def test_damaged_backup_restores_nothing(taken: Path, tmp_path: Path) -> None:
    data = bytearray((taken / "trackbook.db").read_bytes())
    data[5000] ^= 1
    (taken / "trackbook.db").write_bytes(data)
    with pytest.raises(DamagedStore, match="not as it was written"):
        restore(taken, str(tmp_path / "store.db"), force=True)
    assert _names(tmp_path / "store.db") == ["first", "second"]
    with pytest.raises(DamagedStore):
        restore(taken, str(tmp_path / "new" / "store.db"))
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("step", ["_lay", "merge_artifacts", "_keep", "put_in_place"])
def test_restore_killed_anywhere_leaves_the_old_store(taken: Path, tmp_path: Path, step: str) -> None:
    path = tmp_path / "store.db"
    child = os.fork()
    if child == 0:
        setattr(trackbook.upkeep.backups.restoring, step, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
        restore(taken, str(path), force=True)
    os.waitpid(child, 0)
    assert _names(path) == ["first", "second"]
    restore(taken, str(path), force=True)
    assert _names(path) == ["first"]
    assert not list(tmp_path.glob("*.new"))
