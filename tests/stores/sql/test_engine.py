"""Transactions: all or nothing through errors, Ctrl-C, busy neighbours, full disks and forks."""

from __future__ import annotations

import gc
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from trackbook.errors import ForeignDatabase, ReadOnlyStore, StorageFull, StoreAway, StoreError
from trackbook.stores.sql import engine
from trackbook.stores.sql.engine import Connection, Database
from trackbook.uris import parse_store_uri


@pytest.fixture(params=["file", "memory"])
def database(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.2)
    uri = parse_store_uri(tmp_path / "some.db" if request.param == "file" else "sqlite://")
    database = Database(uri)
    if request.param == "file":
        (tmp_path / "some.db").touch()
        database.set_up_file()
    with database.write() as connection:
        connection.execute("CREATE TABLE t (n INTEGER)")
    yield database
    database.close()


@pytest.fixture
def file(database: Database) -> Path:
    return Path(str(database.uri.path)) if database.uri.path else pytest.skip("in memory")


on_file = pytest.mark.parametrize("database", ["file"], indirect=True)


def count(database: Database) -> int:
    with database.read() as connection:
        return int(connection.execute("SELECT count(*) FROM t")[0][0])


def add(connection: Connection) -> None:
    connection.execute("INSERT INTO t VALUES (1)")


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_block_that_fails_stores_nothing_and_the_next_one_works(database: Database, error: type[BaseException]) -> None:
    with pytest.raises(error), database.write() as connection:
        add(connection)
        raise error
    with database.write() as connection:
        add(connection)
    assert count(database) == 1


def test_ctrl_c_while_a_transaction_begins_leaves_none_open(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = Database._begin

    def interrupted(self: Database, connection: Connection) -> None:
        begin(self, connection)
        raise KeyboardInterrupt  # Python raises it when the statement, which may have waited, has come back

    with monkeypatch.context() as patch:
        patch.setattr(Database, "_begin", interrupted)
        with pytest.raises(KeyboardInterrupt), database.write():
            pass
    with database.write() as connection:
        add(connection)
    assert count(database) == 1


@on_file
def test_ctrl_c_while_a_reader_begins_leaves_no_transaction_open(database: Database) -> None:
    with pytest.raises(KeyboardInterrupt), database.read() as connection:
        connection.execute("SELECT * FROM t")
        raise KeyboardInterrupt
    with database.read() as connection:
        assert connection.raw.in_transaction
    with database.write() as connection:
        connection.execute("PRAGMA user_version = 1")
    assert count(database) == 0


def test_change_inside_a_change_is_refused_and_the_outer_one_holds(database: Database) -> None:
    """As when a signal handler ends a run in the middle of a flush."""
    with database.write() as connection:
        add(connection)
        with pytest.raises(StoreAway, match="this very thread"), database.write():
            pass
        add(connection)
    assert count(database) == 2


def test_threads_take_turns(database: Database) -> None:
    def work() -> None:
        for _ in range(20):
            with database.write() as connection:
                ((before,),) = connection.execute("SELECT count(*) FROM t")
                add(connection)
                ((after,),) = connection.execute("SELECT count(*) FROM t")
                assert after == before + 1
            count(database)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count(database) == 80


def test_reader_in_another_thread_never_sees_half_a_change(database: Database) -> None:
    seen: list[int] = []
    with database.write() as connection:
        add(connection)
        reader = threading.Thread(target=lambda: seen.append(count(database)))
        reader.start()
        reader.join(0.05)
        add(connection)
    reader.join()
    assert seen[0] in (0, 2)


@on_file
def test_reader_sees_one_state(database: Database) -> None:
    with database.read() as reader:
        assert reader.execute("SELECT count(*) FROM t") == [(0,)]
        with database.write() as connection:
            add(connection)
        assert reader.execute("SELECT count(*) FROM t") == [(0,)]
    assert count(database) == 1


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Another program in the middle of a change."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


@on_file
def test_busy_database_is_waited_for_once_and_named(database: Database, file: Path) -> None:
    began = time.monotonic()
    with held(file), pytest.raises(StoreAway, match="locked by another program"), database.write():
        pass
    assert 0.2 <= time.monotonic() - began < 5
    assert count(database) == 0
    with database.write() as connection:
        add(connection)


@on_file
def test_readers_pass_a_writer(database: Database, file: Path) -> None:
    with held(file):
        assert count(database) == 0


def test_full_disk_is_named_and_passes(database: Database) -> None:
    with database.write() as connection:
        ((pages,),) = connection.execute("PRAGMA page_count")
        connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StorageFull, match="No space"), database.write() as connection:
        connection.execute("INSERT INTO t VALUES (zeroblob(100000))")
    with database.write() as connection:
        connection.execute("PRAGMA max_page_count = 1000000")
        connection.execute("INSERT INTO t VALUES (zeroblob(100000))")
    assert count(database) == 1


def test_durable_change_goes_back_to_the_quick_way(database: Database) -> None:
    def level() -> object:
        return database._writer().dbapi_connection.execute("PRAGMA synchronous").fetchone()[0]  # type: ignore[union-attr]

    with database.write(durable=True) as connection:
        add(connection)
        assert level() == 2
    with pytest.raises(ValueError, match="x"), database.write(durable=True):
        raise ValueError("x")
    assert level() == 1


@on_file
def test_read_only_database_refuses_in_words_and_in_sqlite(database: Database, file: Path) -> None:
    readers = Database(parse_store_uri(file), read_only=True)
    with pytest.raises(ReadOnlyStore, match="read-only"), readers.write():
        pass
    with pytest.raises(ReadOnlyStore, match="cannot be written"), readers.read() as connection:
        add(connection)
    readers.close()


@on_file
def test_reading_and_writing_databases_on_one_file_do_not_disturb_each_other(database: Database, file: Path) -> None:
    """POSIX drops a process's locks on a file when any descriptor of it is closed; SQLite knows, we must not forget."""
    for turn in range(1, 5):
        readers = Database(parse_store_uri(file), read_only=True)
        with database.write() as connection:
            add(connection)
            assert count(readers) == turn - 1
            readers.close()
            child = os.fork() if turn == 1 else -1  # another process must still find it locked
            if child == 0:
                with closing(sqlite3.connect(file, timeout=0)) as other:
                    try:
                        other.execute("BEGIN IMMEDIATE")
                    except sqlite3.OperationalError:
                        os._exit(0)
                os._exit(1)
        if child > 0:
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert count(database) == 4


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda path: path.write_bytes(b"no database " * 100), ForeignDatabase, "untouched"),
        (lambda path: path.mkdir(), StoreError, "cannot be opened"),
    ],
)
def test_what_is_no_database_is_named(tmp_path: Path, make: object, error: type[Exception], words: str) -> None:
    path = tmp_path / "odd.db"
    make(path)  # type: ignore[operator]
    database = Database(parse_store_uri(f"sqlite:///{path}"))
    with pytest.raises(error, match=words), database.read() as connection:
        connection.execute("SELECT * FROM sqlite_master")
    database.close()


@on_file
def test_long_log_is_moved_into_the_database_without_stopping_anybody(
    database: Database, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = file.with_name(file.name + "-wal")
    monkeypatch.setattr(engine, "_CHECKPOINT_BYTES", 100_000)
    for _ in range(40):
        with database.write() as connection:
            connection.execute("INSERT INTO t VALUES (zeroblob(20000))")
        with database.write():
            pass
        database.checkpoint_if_long()
    assert log.stat().st_size < 400_000
    assert count(database) == 40


def descriptors(path: Path) -> int:
    """How many descriptors of this process are open on a database and its log."""
    links = [f"/proc/self/fd/{number}" for number in os.listdir("/proc/self/fd")]
    return sum(os.path.exists(link) and os.readlink(link).startswith(str(path)) for link in links)


@on_file
def test_forked_child_leaves_the_parents_connections_open_and_has_its_own(database: Database, file: Path) -> None:
    assert count(database) == 0  # a connection in the pool, beside the writing one
    before = descriptors(file)
    database.before_fork()
    child = os.fork()
    if child == 0:
        database.after_fork_in_child()
        gc.collect()
        kept = descriptors(file) == before
        with database.write() as connection:
            add(connection)
        os._exit(0 if kept and count(database) == 1 else 1)
    database.after_fork_in_parent()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    with database.write() as connection:
        add(connection)
    assert count(database) == 2


def test_closed_twice_is_no_error(database: Database) -> None:
    database.close()
    database.close()
