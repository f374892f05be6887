"""What is wrong with a database is reported, whatever it is."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from trackbook.errors import DamagedStore, ForeignDatabase, SchemaTooNew
from trackbook.stores import open_store
from trackbook.stores.base import NewRun, Store
from trackbook.stores.sql.tables import SCHEMA_VERSION
from trackbook.upkeep.checking import check_database, require_sound


def _run(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(sql)


def test_sound_store_is_found_so(file_store: Store, tmp_path: Path) -> None:
    file_store.create_run(NewRun("0"))
    found = check_database(tmp_path / "store.db")
    assert (found.sound, found.schema, found.faults, found.strays) == (True, SCHEMA_VERSION, [], [])
    assert found.journals == []


def test_what_waits_is_shown_and_is_no_fault(file_store: Store, tmp_path: Path) -> None:
    recorder = file_store.recorder(file_store.create_run(NewRun("0")).info.run_id)
    recorder._writer.awake = True  # type: ignore[attr-defined]  # nobody drains
    recorder.log("loss", 1.0)
    found = check_database(tmp_path / "store.db")
    (journal,) = found.journals
    assert (found.sound, journal.alive, journal.waiting > 36) == (True, True, True)


def test_rows_without_their_parents_are_a_fault(file_store: Store, tmp_path: Path) -> None:
    file_store.create_run(NewRun("0"))
    file_store.close()
    _run(tmp_path / "store.db", "UPDATE runs SET experiment = 77")
    found = check_database(tmp_path / "store.db")
    assert found.strays == ["1 rows of runs refer to rows of experiments that do not exist"]
    assert not found.sound


@pytest.mark.parametrize("content", [b"", b"x" * 10_000, b"SQLite format 3\0" + b"\xff" * 9000])
def test_file_that_is_no_store_is_a_fault_and_no_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.db"
    path.write_bytes(content)
    found = check_database(path)
    assert not found.sound
    assert found.faults
    assert path.read_bytes() == content
    with pytest.raises(DamagedStore, match="damaged"):
        require_sound(path)


def test_older_and_newer_schema_do_not_fit(file_store: Store, tmp_path: Path) -> None:
    file_store.close()
    path = tmp_path / "store.db"
    for version in (1, SCHEMA_VERSION + 1):
        _run(path, f"UPDATE trackbook_store SET version = {version}")
        found = check_database(path)
        assert (found.schema, found.schema_fits, found.sound) == (version, False, False)
    with pytest.raises(SchemaTooNew, match="pip install"):
        require_sound(path)


def test_triggers_are_refused_in_what_is_restored(file_store: Store, tmp_path: Path) -> None:
    file_store.close()
    _run(tmp_path / "store.db", "CREATE TRIGGER t AFTER INSERT ON runs BEGIN DELETE FROM runs; END")
    with pytest.raises(ForeignDatabase, match="triggers"):
        require_sound(tmp_path / "store.db")


def test_store_in_memory_has_no_file_to_check(tmp_path: Path) -> None:
    assert open_store("sqlite://").search_runs(["0"]) == []
    assert not check_database(tmp_path / "none.db").sound
