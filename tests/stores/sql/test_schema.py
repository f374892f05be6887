"""Opening a database: made once, recognised afterwards, and other programs' files left as they are."""

from __future__ import annotations

import secrets
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from trackbook.errors import ForeignDatabase, ReadOnlyStore, SchemaTooNew, StoreError
from trackbook.stores.sql.engine import Database
from trackbook.stores.sql.schema import open_schema
from trackbook.stores.sql.tables import SCHEMA_VERSION, metadata
from trackbook.uris import parse_store_uri


def opened(path: Path, read_only: bool = False) -> str:
    with closing(Database(parse_store_uri(path), read_only)) as database:
        return open_schema(database, "0")


def ask(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection, connection:
        return connection.execute(sql).fetchall()


def test_empty_file_becomes_a_store_once(tmp_path: Path) -> None:
    path = tmp_path / "trackbook.db"
    path.touch()
    first = opened(path)
    assert first == opened(path) == opened(path, read_only=True)
    assert len(first) == 32
    assert ask(path, "SELECT store_id, version FROM trackbook_store") == [(first, SCHEMA_VERSION)]
    tables = {name for (name,) in ask(path, "SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert tables - {"sqlite_sequence"} == set(metadata.tables)


def test_two_stores_are_told_apart(tmp_path: Path) -> None:
    assert opened(tmp_path / "a.db") != opened(tmp_path / "b.db")


def test_file_is_set_up_for_readers_beside_a_writer(tmp_path: Path) -> None:
    path = tmp_path / "trackbook.db"
    opened(path)
    assert ask(path, "PRAGMA journal_mode") == [("wal",)]
    assert ask(path, "PRAGMA auto_vacuum") == [(2,)]


def test_empty_database_cannot_be_opened_read_only(tmp_path: Path) -> None:
    path = tmp_path / "trackbook.db"
    path.touch()
    with pytest.raises(ReadOnlyStore, match="empty"):
        opened(path, read_only=True)
    with pytest.raises(StoreError, match="cannot be opened"):
        opened(tmp_path / "none.db", read_only=True)
    assert path.read_bytes() == b""


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        (["alembic_version", "experiments", "runs", "metrics"], "trackbook import"),
        (["users"], "another program .*users"),
        (["experiments", "runs"], "another program"),
    ],
)
def test_database_of_another_program_is_left_alone(tmp_path: Path, tables: list[str], words: str) -> None:
    path = tmp_path / "other.db"
    for table in tables:
        ask(path, f"CREATE TABLE {table} (id INTEGER)")
    before = path.read_bytes()
    for read_only in (False, True):
        with pytest.raises(ForeignDatabase, match=words):
            opened(path, read_only)
    assert path.read_bytes() == before


def test_newer_schema_names_both_versions(tmp_path: Path) -> None:
    path = tmp_path / "trackbook.db"
    opened(path)
    ask(path, f"UPDATE trackbook_store SET version = {SCHEMA_VERSION + 1}")
    with pytest.raises(SchemaTooNew, match=rf"{SCHEMA_VERSION + 1}.*{SCHEMA_VERSION}.*pip install"):
        opened(path)


def test_schema_that_failed_half_way_is_made_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: int) -> str:
        raise KeyboardInterrupt

    path = tmp_path / "trackbook.db"
    with monkeypatch.context() as patch:
        patch.setattr(secrets, "token_hex", fail)
        with pytest.raises(KeyboardInterrupt):
            opened(path)
    assert opened(path) == opened(path)


def test_store_in_memory_has_a_schema_of_its_own() -> None:
    with closing(Database(parse_store_uri("sqlite://"))) as database:
        assert open_schema(database, "0") == open_schema(database, "0")
