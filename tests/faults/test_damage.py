"""Journals and databases that something has damaged: every intact record is restored, and nothing else is lost."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import sqlite3
from pathlib import Path

import pytest

from trackbook.errors import DamagedStore, ForeignDatabase, SchemaTooNew
from trackbook.stores import open_store
from trackbook.stores.base import NewRun
from trackbook.stores.journal.records import ONE_POINT_SIZE

RECORDS = 200


def _die_with_records(folder: Path) -> tuple[Path, str]:
    """A store whose writer was killed with 200 records in its journal; the journal and the run."""
    folder.mkdir()
    child = os.fork()
    if child == 0:
        store = open_store(folder / "trackbook.db")
        run_id = store.create_run(NewRun("0", run_id="f" * 32, owned=True)).info.run_id
        recorder = store.recorder(run_id)
        recorder._writer.awake = True  # type: ignore[attr-defined]  # nobody drains: all stays in the journal
        for step in range(RECORDS):
            recorder.log("loss", float(step), step)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    (journal,) = (folder / "trackbook.db.d" / "writers").iterdir()
    return journal, "f" * 32


@pytest.fixture(scope="module")
def dead(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    folder = tmp_path_factory.mktemp("dead") / "store"
    journal, _ = _die_with_records(folder)
    return folder, journal.read_bytes()


def _restored(dead: Path, folder: Path, journal: bytes) -> list[int]:
    shutil.copytree(dead, folder)
    (path,) = (folder / "trackbook.db.d" / "writers").iterdir()
    path.write_bytes(journal)
    store = open_store(folder / "trackbook.db")
    try:
        return [metric.step for metric in store.get_metric_history("f" * 32, "loss")]
    finally:
        store.close()


def test_whole_journal_is_adopted(dead: tuple[Path, bytes], tmp_path: Path) -> None:
    assert _restored(dead[0], tmp_path / "copy", dead[1]) == list(range(RECORDS))
    assert not list((tmp_path / "copy" / "trackbook.db.d" / "writers").iterdir())


@pytest.mark.parametrize("cut", range(3))
def test_journal_cut_anywhere_gives_every_whole_record(
    dead: tuple[Path, bytes], tmp_path: Path, cut: int, caplog: pytest.LogCaptureFixture
) -> None:
    folder, journal = dead
    size = (len(journal) - 500) // 3  # near the header, in the middle, near the end
    for end in range(len(journal) - 45 - cut * size, len(journal) - cut * size):
        with caplog.at_level(logging.ERROR):
            steps = _restored(folder, tmp_path / str(end), journal[:end])
        assert steps == list(range(len(steps)))
        assert len(steps) >= (end - (len(journal) - ONE_POINT_SIZE * RECORDS)) // ONE_POINT_SIZE
        shutil.rmtree(tmp_path / str(end))


def test_flipped_bytes_cost_their_records_and_are_kept_aside(
    dead: tuple[Path, bytes], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder, journal = dead
    bad = bytearray(journal)
    for record in (10, 11, 100):
        bad[len(journal) - ONE_POINT_SIZE * (RECORDS - record) + 20] ^= 0xFF
    steps = _restored(folder, tmp_path / "copy", bytes(bad))
    assert steps == [step for step in range(RECORDS) if step not in (10, 11, 100)]
    (aside,) = (tmp_path / "copy" / "trackbook.db.d" / "writers").glob("*.bad")
    assert aside.stat().st_size == 3 * ONE_POINT_SIZE
    assert "2 damaged pieces" in caplog.text


def test_header_of_noise_is_put_aside(
    dead: tuple[Path, bytes], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert _restored(dead[0], tmp_path / "copy", b"\x00" * 50 + dead[1][50:]) == list(range(RECORDS))
    assert "damaged" in caplog.text


@pytest.mark.parametrize("content", [b"", b"not a database, but long enough to look like one " * 50])
def test_other_file_is_left_alone_or_taken_if_empty(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "some.db"
    path.write_bytes(content)
    if not content:
        open_store(path).close()
        return
    with pytest.raises(ForeignDatabase, match="untouched"):
        open_store(path)
    assert path.read_bytes() == content


def test_mlflow_database_is_recognised(tmp_path: Path) -> None:
    path = tmp_path / "mlflow.db"
    with sqlite3.connect(path) as connection:
        for table in ("alembic_version", "experiments", "runs", "metrics"):
            connection.execute(f"CREATE TABLE {table} (id INTEGER)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(ForeignDatabase, match="trackbook import"):
        open_store(path)
    assert path.read_bytes() == before
    assert not list(tmp_path.glob("mlflow.db?*"))


def test_newer_schema_is_refused_and_untouched(tmp_path: Path) -> None:
    path = tmp_path / "trackbook.db"
    open_store(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE trackbook_store SET version = 99")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(SchemaTooNew, match="99"):
        open_store(path)
    assert path.read_bytes() == before


def test_damaged_database_says_so(tmp_path: Path) -> None:
    path = tmp_path / "trackbook.db"
    store = open_store(path)
    for _ in range(200):
        store.create_run(NewRun("0"))
    store.close()
    data = bytearray(path.read_bytes())
    data[4096:40_960] = b"\xff" * (40_960 - 4096)
    path.write_bytes(bytes(data))
    with pytest.raises(DamagedStore, match="damaged"):
        open_store(path).search_runs(["0"])
