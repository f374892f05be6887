"""An older database is upgraded once, whole or not at all, behind a copy; what comes out is what a new one is."""

from __future__ import annotations

import hashlib
import logging
import multiprocessing
import os
import re
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from itertools import pairwise
from math import inf, isnan
from pathlib import Path
from typing import Any

import alembic.migration  # warm: the children fork from this process
import alembic.operations  # noqa: F401
import pytest

from trackbook.errors import SchemaTooOld, StorageFull
from trackbook.stores import open_store
from trackbook.stores.base import NewRun
from trackbook.stores.sql.engine import Database
from trackbook.stores.sql.schema import upgrade_schema
from trackbook.stores.sql.tables import SCHEMA_VERSION, metadata
from trackbook.uris import parse_store_uri

Lay = Callable[[int], Path]
Rows = dict[str, list[dict[str, object]]]
SNAPSHOTS = Path(__file__).parents[3] / "data" / "schemas"
ENDED, OPEN = "a" * 32, "b" * 32
KILLS = 50
OLDER = range(1, SCHEMA_VERSION)


def ask(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection, connection:
        return connection.execute(sql).fetchall()


def schema_of(path: Path) -> dict[str, str]:
    """Every table and index with the statement that made it, spaces aside."""
    made_by = ask(path, "SELECT name, sql FROM sqlite_master WHERE sql > ''")
    return {name: re.sub(r"\s+", "", sql) for name, sql in made_by}


def rows_of(path: Path) -> Rows:
    """Every row, with NaN and floats as they are stored."""
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            name: [dict(row) for row in connection.execute(f"SELECT * FROM {name}")]
            for name in names
            if name not in ("trackbook_store", "sqlite_sequence")
        }


def holds(path: Path, before: Rows) -> bool:
    """Whether every row of before is there, whatever columns and tables have come."""
    after = rows_of(path)
    return all(
        [{key: row[key] for key in old} for old, row in zip(rows, after[name], strict=True)] == rows
        for name, rows in before.items()
    )


def version_of(path: Path) -> int:
    ((version,),) = ask(path, "SELECT version FROM trackbook_store")
    return int(version)


def copies_of(path: Path) -> list[Path]:
    return sorted(path.parent.glob("trackbook.db.v*.bak"))


def upgraded(path: Path) -> None:
    """Only the upgrade: nothing is adopted or packed."""
    with closing(Database(parse_store_uri(path))) as database:
        upgrade_schema(database)


@pytest.fixture
def new(tmp_path: Path) -> Path:
    path = tmp_path / "new" / "trackbook.db"
    open_store(path).close()
    return path


@pytest.mark.parametrize("version", range(1, SCHEMA_VERSION + 1))
def test_every_released_schema_has_a_snapshot_with_rows_in_every_table(lay: Lay, version: int) -> None:
    path = lay(version)
    assert version_of(path) == version
    assert [name for name, rows in rows_of(path).items() if not rows] == []


def test_present_schema_is_that_of_its_snapshot(lay: Lay, new: Path) -> None:
    """Else tables.py has changed: give SCHEMA_VERSION a new number and write a step, or make the snapshot anew."""
    assert schema_of(lay(SCHEMA_VERSION)) == schema_of(new)
    assert set(rows_of(new)) == set(metadata.tables) - {"trackbook_store"}


@pytest.mark.parametrize("version", OLDER)
def test_upgraded_database_has_the_schema_of_a_new_one(lay: Lay, new: Path, version: int) -> None:
    path = lay(version)
    upgraded(path)
    assert schema_of(path) == schema_of(new)
    for table in metadata.tables:
        assert ask(path, f"PRAGMA table_info({table})") == ask(new, f"PRAGMA table_info({table})")
    assert version_of(path) == SCHEMA_VERSION


@pytest.mark.parametrize("version", OLDER)
def test_upgrade_keeps_every_row_and_a_copy_of_what_was(lay: Lay, version: int) -> None:
    path = lay(version)
    before, schema = rows_of(path), schema_of(path)
    upgraded(path)
    assert holds(path, before)
    (copy,) = copies_of(path)
    assert re.fullmatch(rf"trackbook\.db\.v{version}-\d{{8}}T\d{{6}}Z\.bak", copy.name)
    assert copy.stat().st_mode & 0o777 == 0o600
    assert (rows_of(copy), schema_of(copy), version_of(copy)) == (before, schema, version)
    for file in (path, copy):
        assert ask(file, "PRAGMA integrity_check") == [("ok",)]
        assert ask(file, "PRAGMA foreign_key_check(runs)") == []


@pytest.mark.parametrize("version", range(1, SCHEMA_VERSION + 1))
def test_store_of_every_schema_is_opened_and_read(lay: Lay, version: int, caplog: pytest.LogCaptureFixture) -> None:
    path = lay(version)
    store = open_store(path)
    assert [m.value for m in store.get_metric_history(ENDED, "loss")] == [1 / (step + 1) for step in range(300)]
    odd = {m.step: m.value for m in store.get_metric_history(OPEN, "odd")}
    assert isnan(odd.pop(-1))
    assert odd == {0: 0.1, 1: 0.0, 2**63 - 1: inf, -(2**63): -inf, 7: 5e-324, 8: 1.7976931348623157e308}
    assert str(odd[1]) == "-0.0"
    assert [m.step for m in store.get_metric_history(OPEN, "left")] == list(range(20)), "the journal is adopted"
    assert store.get_run(OPEN).data.params == {"lr": "1e-3", "long": "x" * 500}
    assert len(caplog.messages) == len(copies_of(path)) == (version < SCHEMA_VERSION)
    if version < SCHEMA_VERSION:
        assert str(path) in caplog.text
        assert str(copies_of(path)[0]) in caplog.text
        caplog.clear()


def test_reader_of_an_older_schema_is_told_the_command(lay: Lay) -> None:
    path = lay(1)
    before = hashlib.sha256(path.read_bytes()).digest()
    with pytest.raises(SchemaTooOld, match=rf"schema 1.* {SCHEMA_VERSION}.*trackbook db upgrade {path}"):
        open_store(path, read_only=True)
    assert hashlib.sha256(path.read_bytes()).digest() == before
    assert not copies_of(path)


def test_database_that_is_up_to_date_is_opened_without_alembic(new: Path) -> None:
    code = (
        "import sys; from trackbook.stores import open_store; open_store(sys.argv[1]).close(); "
        "print([name for name in sys.modules if name.startswith(('alembic', 'trackbook.stores.sql.migrations'))])"
    )
    told = subprocess.run([sys.executable, "-P", "-c", code, str(new)], check=True, capture_output=True, text=True)
    assert told.stdout.strip() == "[]"


def _in_child(act: Callable[[], None]) -> int:
    child = os.fork()
    if child == 0:
        code = 99
        try:
            logging.disable()
            act()
            code = 0
        finally:
            os._exit(code)
    return child


def _check_after_kill(path: Path, before: Rows, old: int) -> int:
    """Old or new, all rows, and the next opening succeeds; the version that the killed process left."""
    version = version_of(path)
    assert version in (old, SCHEMA_VERSION)
    assert holds(path, before)
    assert version == old or copies_of(path), "the copy comes before the first change"
    open_store(path).close()
    assert version_of(path) == SCHEMA_VERSION
    for copy in copies_of(path):
        assert rows_of(copy) == before
    assert copies_of(path)
    assert not list(path.parent.glob("*.new"))
    assert ask(path, "PRAGMA integrity_check") == [("ok",)]
    return version


def _die_at(count: int) -> None:
    """Have this process killed when SQLite begins a statement for the so-manieth time."""
    left = [count]
    connect = Database._connect

    def traced(database: Database) -> sqlite3.Connection:
        connection = connect(database)
        connection.set_trace_callback(tick)
        return connection

    def tick(_: str) -> None:
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)

    setattr(Database, "_connect", traced)  # noqa: B010  # in a forked child


@pytest.mark.slow
@pytest.mark.parametrize("old", OLDER)
def test_upgrade_killed_at_every_statement_is_old_or_new(lay: Lay, tmp_path: Path, old: int) -> None:
    left = []
    for count in range(1, 500):
        path = lay(old)
        before = rows_of(path)

        def act(count: int = count, path: Path = path) -> None:
            _die_at(count)
            upgraded(path)

        survived = os.waitstatus_to_exitcode(os.waitpid(_in_child(act), 0)[1]) == 0
        left.append(_check_after_kill(path, before, old))
        path.parent.rename(tmp_path / f"done{count}")
        if survived:
            break
    assert len(left) > 15 + 5 * (SCHEMA_VERSION - 1 - old), "every step has its statements, and each was a moment"
    assert left[0] == old
    assert left[-1] == SCHEMA_VERSION
    assert all(a <= b for a, b in pairwise(left)), "one commit turns the old into the new"


@pytest.mark.slow
def test_upgrade_killed_at_50_moments_is_old_or_new(lay: Lay, tmp_path: Path) -> None:
    def run(path: Path, seconds: float | None) -> float:
        began = time.monotonic()
        child = _in_child(lambda: upgraded(path))
        if seconds is not None:
            time.sleep(seconds)  # how far it gets in this time is what the test is about
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return time.monotonic() - began

    whole = run(lay(1), None)
    (tmp_path / "v1").rename(tmp_path / "whole")
    left = []
    for number in range(KILLS):
        path = lay(1)
        before = rows_of(path)
        run(path, whole * number / KILLS)
        left.append(_check_after_kill(path, before, 1))
        path.parent.rename(tmp_path / f"killed{number}")
    assert left[0] == 1


def _open_at_once(path: Path, barrier: Any) -> None:
    logging.disable()
    barrier.wait()
    open_store(path).close()


@pytest.mark.slow
@pytest.mark.parametrize("old", OLDER)
def test_sixteen_processes_upgrade_once(lay: Lay, tmp_path: Path, old: int) -> None:
    context = multiprocessing.get_context("fork")
    for attempt in range(3):
        path = lay(old)
        barrier = context.Barrier(16)
        processes = [context.Process(target=_open_at_once, args=(path, barrier)) for _ in range(16)]
        for process in processes:
            process.start()
        for process in processes:
            process.join(60)
        assert [process.exitcode for process in processes] == [0] * 16
        assert len(copies_of(path)) == 1
        assert len(ask(path, "SELECT version FROM trackbook_store")) == 1
        path.parent.rename(tmp_path / f"attempt{attempt}")


def test_writer_of_the_older_version_goes_on(lay: Lay) -> None:
    """What a process of version 1 does, with the statements that it prepared before the upgrade."""
    path = lay(1)
    insert = (
        "INSERT INTO runs (run_id, experiment, name, user_id, status, start_time, lifecycle_stage, heartbeat, writer, "
        "host, boot, pid) VALUES (?, 0, 'x', '', 1, 1, 'active', NULL, NULL, NULL, NULL, NULL)"
    )
    with closing(sqlite3.connect(path, isolation_level=None, timeout=30)) as old:
        old.execute(insert, ("c" * 32,))
        reading = old.execute("SELECT run_id FROM runs")
        reading.fetchone()
        reading.close()
        upgraded(path)
        old.execute("BEGIN IMMEDIATE")
        old.execute(insert, ("d" * 32,))
        old.execute("UPDATE runs SET next_seq = next_seq + 1 WHERE run_id = ?", ("d" * 32,))
        old.execute("COMMIT")
    (copy,) = copies_of(path)
    assert ask(copy, "SELECT count(*) FROM runs") == [(3,)]
    store = open_store(path)
    assert len(store.search_runs(["0"])) == 3
    store.create_run(NewRun("0"))


def test_full_disk_leaves_the_old_schema(lay: Lay) -> None:
    """A limit on the size of files stops the copy first, then, as it rises, the change of the schema itself."""
    path = lay(1)
    before, size = rows_of(path), path.stat().st_size
    refused = []

    def limited(room: int) -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
        try:
            upgraded(path)
        except StorageFull:
            os._exit(28)

    for room in range(40_960, size + 200_000, 8192):
        code = os.waitstatus_to_exitcode(os.waitpid(_in_child(lambda room=room: limited(room)), 0)[1])  # type: ignore[misc]
        if code == 0:
            break
        assert code == 28
        refused.append(room)
        assert version_of(path) == 1
        assert rows_of(path) == before
        assert not list(path.parent.glob("*.new"))
    assert refused
    assert version_of(path) == SCHEMA_VERSION
    assert holds(path, before)
