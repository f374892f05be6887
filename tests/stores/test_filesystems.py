"""File systems by the kernel's list of mounts, and SQLite on one that other machines share."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from trackbook.stores.filesystems import FileSystem, file_system_of
from trackbook.stores.sql.engine import Database
from trackbook.stores.sql.schema import open_schema
from trackbook.uris import parse_store_uri


def nfs(_: str) -> FileSystem:
    return FileSystem("nfs4", "files.example.org:/home")


def disk(_: str) -> FileSystem:
    return FileSystem("ext4", "/dev/sda1")


def test_kind_and_source_are_the_mounts(tmp_path: Path) -> None:
    assert file_system_of("/proc").kind == "proc"
    found = file_system_of(tmp_path)
    assert found.kind
    assert not found.is_network
    assert file_system_of(tmp_path / "none" / "deeper") == found


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "lustre", "fuse.sshfs", "9p"])
def test_shared_file_systems_are_known(kind: str) -> None:
    assert FileSystem(kind, "").is_network


@pytest.mark.parametrize(("kind", "mode", "synchronous", "warnings"), [(nfs, "delete", 2, 1), (disk, "wal", 1, 0)])
def test_database_on_a_network_drive_keeps_no_log_and_says_so_once(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    kind: Callable[[str], FileSystem],
    mode: str,
    synchronous: int,
    warnings: int,
) -> None:
    path = tmp_path / "some.db"
    with caplog.at_level(logging.WARNING), closing(Database(parse_store_uri(path), file_system=kind)) as database:
        open_schema(database, "0")
        with database.write() as connection:
            assert connection.execute("PRAGMA journal_mode") == [(mode,)]
            assert connection.execute("PRAGMA synchronous") == [(synchronous,)]
            connection.execute("UPDATE experiments SET name = 'kept'")
        with database.write(durable=True) as connection:
            connection.execute("UPDATE trackbook_store SET version = version")
        with database.write() as connection:
            assert connection.execute("PRAGMA synchronous") == [(synchronous,)]
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT name FROM experiments").fetchall() == [("kept",)]
    assert [("nfs4" in text, "postgresql://" in text) for text in caplog.messages] == [(True, True)] * warnings
    assert not list(tmp_path.glob("*probe*"))


def test_folder_that_keeps_no_log_falls_back(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    class NoLog(Database):
        def _probe(self, scratch: str) -> bool:
            raise sqlite3.OperationalError("disk I/O error")

    with closing(NoLog(parse_store_uri(tmp_path / "some.db"), file_system=disk)) as database:
        open_schema(database, "0")
        with database.read() as connection:
            assert connection.execute("PRAGMA journal_mode") == [("delete",)]
            assert connection.execute("SELECT name FROM experiments") == [("Default",)]
    assert "keeps no write-ahead log" in caplog.text
