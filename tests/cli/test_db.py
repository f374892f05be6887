"""`trackbook db`."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import Result

from trackbook.stores.base import NewRun, Store
from trackbook.stores.sql.tables import SCHEMA_VERSION

Shell = Callable[..., Result]
SNAPSHOTS = Path(__file__).parents[1] / "data" / "schemas"


def lay(path: Path) -> Path:
    """A database of schema 1."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((SNAPSHOTS / "v1.sql").read_text(encoding="utf-8"))
    return path


@pytest.mark.parametrize("named", [True, False])
def test_upgrade_brings_the_tables_up_to_date_once(shell: Shell, named: bool) -> None:
    path = lay(Path("trackbook.db").absolute())
    words = ("db", "upgrade", *([f"sqlite:///{path}"] if named else []))
    assert shell("db", "check", "--format", "json", code=1).output.count('"ok": false') == 1
    assert shell(*words).stdout == f"Upgraded from schema 1 to {SCHEMA_VERSION}.\n"
    assert len(list(Path().glob("trackbook.db.v1-*.bak"))) == 1
    assert "the present one" in shell(*words).stdout
    shell("db", "check")


def test_check_answers_in_every_form_and_by_its_exit_code(shell: Shell, here: Store) -> None:
    here.create_run(NewRun("0"))
    rows = json.loads(shell("db", "check", "--format", "json").stdout)
    assert [(row["check"], row["ok"]) for row in rows] == [
        *(("schema", True), ("integrity", True), ("contents", True), ("references", True), ("journal", True)),
    ]
    assert rows[0]["found"] == SCHEMA_VERSION
    assert shell("db", "check", here.uri, "--format", "csv").stdout.startswith("check,ok,found")
    here.close()
    with closing(sqlite3.connect("trackbook.db")) as connection, connection:
        connection.execute("UPDATE runs SET experiment = 5")
    assert "1 rows of runs refer to rows of experiments" in shell("db", "check", code=1).output


def test_backup_is_restored_and_recovered(shell: Shell, here: Store) -> None:
    here.create_run(NewRun("0"))
    told = shell("db", "backup", "--into", "copy").stdout
    assert "1 runs" in told
    assert "Artifacts are not in it" in told
    assert "is whole" in shell("db", "restore", "copy", "--verify").stdout
    assert "exists" in shell("db", "restore", "copy", code=1).output
    assert "in use" in shell("db", "restore", "copy", "--force", code=1).output
    here.close()
    assert "is kept in" in shell("db", "restore", "copy", "--force").stdout
    assert "Restored" in shell("db", "restore", "copy", "new/trackbook.db").stdout
    rows = json.loads(shell("db", "recover", "trackbook.db", "--into", "again.db", "--format", "json").stdout)
    assert {"table": "runs", "rows": 1, "complete": True, "made up": 0} in rows
    assert "0 artifacts are in it" in shell("db", "backup", "again.db", "--artifacts").stdout


def test_database_on_a_server_is_upgraded_and_checked(shell: Shell, server_uri: str) -> None:
    assert "the present one" in shell("db", "upgrade", server_uri).stdout
    rows = json.loads(shell("db", "check", server_uri, "--format", "json").stdout)
    assert {row["ok"] for row in rows} == {True}
    told = shell("db", "backup", server_uri, code=1).output
    assert "dump" in told
    assert "s3cr" not in told


@pytest.mark.parametrize(
    "words",
    [
        ("upgrade", "none.db"),
        ("check", "none.db"),
        ("backup", "none.db"),
        ("restore", "none"),
        ("recover", "none.db", "--into", "new.db"),
        ("backup", "postgresql://ada:secret@db.example/runs"),
        ("recover", "postgresql://ada:secret@db.example/runs", "--into", "new.db"),
        ("restore", "postgresql://ada:secret@db.example/runs"),
        ("check", "sqlite://"),
        ("upgrade", "https://tracking.example"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(shell: Shell, words: tuple[str, ...]) -> None:
    answer = shell("db", *words, code=1)
    assert answer.output.startswith("Error: ")
    assert "secret" not in answer.output
    assert [path.name for path in Path().iterdir()] == []
