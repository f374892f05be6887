"""The way to a SQL database: connections, transactions and the errors that drivers raise, as ours."""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from functools import wraps
from pathlib import Path
from random import random
from typing import Any, ParamSpec, TypeVar
from urllib.parse import quote

from sqlalchemy import create_engine
from sqlalchemy.engine import Connection as AlchemyConnection
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import PoolProxiedConnection, QueuePool, StaticPool

from trackbook.errors import DamagedStore, ForeignDatabase, ReadOnlyStore, StorageFull, StoreAway, StoreError
from trackbook.stores.filesystems import FileSystem, file_system_of
from trackbook.stores.sql.dialects.dialect import Dialect
from trackbook.stores.sql.dialects.sqlite import SQLITE
from trackbook.uris import StoreUri, strip_user_info

__all__ = ["Connection", "Contended", "Database", "retried"]

log = logging.getLogger("trackbook")

BUSY_SECONDS = 30.0
# A commit that moves the log into the database waits for the disk, so the drainer's thread does that once a second; the
# limit here, 64 MB, is for programs without such a thread.
_SIZES = ("cache_size=-65536", "wal_autocheckpoint=16000", "journal_size_limit=67108864")
_CHECKPOINT_BYTES = 8 << 20
MINIMUM_SQLITE = (3, 35)
_TRIES = 5
_PAUSE = 0.02  # seconds, doubled each time

P = ParamSpec("P")
T = TypeVar("T")


class Contended(StoreAway):
    """A transaction was broken off before its commit: a deadlock, a clash with another, or a lost session."""


def retried(method: Callable[P, T]) -> Callable[P, T]:
    """Call a method again, up to five times in all, while it is broken off: it has then done nothing."""

    @wraps(method)
    def again(*args: P.args, **kwargs: P.kwargs) -> T:
        for number in range(_TRIES - 1):
            try:
                return method(*args, **kwargs)
            except Contended:
                time.sleep(random() * _PAUSE * 2**number)  # noqa: S311  # no secret
        return method(*args, **kwargs)

    return again


class Connection:
    """One connection within one transaction. SQL is written with ``?`` for parameters.

    It speaks to the driver directly: SQLAlchemy's own execution costs 25 µs a statement, the driver's 4.
    """

    __slots__ = ("_cursor", "raw")

    dialect: Dialect = SQLITE

    def __init__(self, raw: Any) -> None:
        self.raw = raw
        self._cursor = raw.cursor()

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        """Run a statement and return all of its rows as tuples."""
        return self._cursor.execute(sql, parameters).fetchall()  # type: ignore[no-any-return]

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> int:
        """Run a statement once a row of parameters, and return how many rows of the database that touched."""
        return self._cursor.executemany(sql, rows).rowcount  # type: ignore[no-any-return]

    def change(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """Run an UPDATE, INSERT or DELETE and return how many rows it touched."""
        return self._cursor.execute(sql, parameters).rowcount  # type: ignore[no-any-return]


class Database:
    """A SQLite database, in a file or in memory: one writing connection, as many for reading as there are readers.

    Args:
        uri: where it is.
        read_only: open it so that SQLite itself refuses to write.
        file_system: tells what a folder lies on, for tests.

    Attributes:
        dialect: how it says what portable SQL cannot.
        wal: whether it may keep a write-ahead log, which needs memory that all its users share.
    """

    dialect: Dialect = SQLITE

    def __init__(
        self,
        uri: StoreUri,
        read_only: bool = False,
        file_system: Callable[[str], FileSystem] = file_system_of,
    ) -> None:
        if sqlite3.sqlite_version_info < MINIMUM_SQLITE:
            raise StoreError(
                f"SQLite {sqlite3.sqlite_version} is too old; Trackbook needs 3.35 or newer. Update Python."
            )
        self.uri, self.read_only = uri, read_only
        self.in_memory = uri.kind == "memory"
        self.wal = not self.in_memory and not self._is_shared(file_system)
        self._lock = threading.RLock()
        self._engine = self._make_engine()
        self._writing: PoolProxiedConnection | None = None
        self._inherited: list[object] = []

    @property
    def where(self) -> str:
        """Where it is, as it may be shown."""
        return self.uri.path or strip_user_info(self.uri.uri)

    def _is_shared(self, file_system: Callable[[str], FileSystem]) -> bool:
        """Whether the file lies on a network file system; said once."""
        if self.uri.path is None:
            return False
        found = file_system(os.path.dirname(self.uri.path))
        if found.is_network:
            log.warning(
                "%s lies on a network file system (%s, %s): SQLite is slow there, and as safe as its locks are. "
                "For several machines use a database server: postgresql:// or mysql://.",
                *(self.uri.path, found.kind, found.source),
            )
        return found.is_network

    def _make_engine(self) -> Engine:
        pool = (
            {"poolclass": StaticPool}
            if self.in_memory
            else {"poolclass": QueuePool, "pool_size": 4, "max_overflow": 60}
        )
        return create_engine("sqlite://", creator=self._connect, **pool)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._address(),
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=512,
        )
        safe = f"synchronous={self._synchronous()}"
        for pragma in (safe, "foreign_keys=ON", "mmap_size=0", "temp_store=MEMORY", *_SIZES):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    def _synchronous(self) -> str:
        return "NORMAL" if self.wal or self.in_memory else "FULL"

    def _address(self) -> str:
        if self.in_memory:
            return "file::memory:"
        path = quote(str(self.uri.path))
        if not self.read_only:
            return f"file:{path}"
        return f"file:{path}?mode=ro" + ("&immutable=1" if self._frozen() else "")

    def _frozen(self) -> bool:
        """Whether nobody can be writing: the folder takes no files, and no write-ahead log lies beside the database."""
        path = Path(str(self.uri.path))
        return not os.access(path.parent, os.W_OK) and not path.with_name(path.name + "-wal").exists()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database and changes nothing."""
        if self.in_memory:
            with self._lock, _errors(self):
                yield Connection(self._writer().dbapi_connection)
            return
        with _errors(self):
            pooled = self._engine.raw_connection()
            try:
                connection = Connection(pooled.dbapi_connection)
                connection.execute("BEGIN")
                try:
                    yield connection
                finally:
                    with suppress(sqlite3.Error):
                        connection.execute("ROLLBACK")
            finally:
                pooled.close()

    @contextmanager
    def write(self, *, durable: bool = False) -> Iterator[Connection]:
        """A transaction that writes: all of it is stored when the block ends, or nothing.

        Args:
            durable: have the disk take it, with all that was committed before (registry, deletions, journals).
        """
        if self.read_only:
            raise ReadOnlyStore(
                f"The store {self.uri.uri} was opened read-only. Open it without read_only to change it."
            )
        with self._lock, _errors(self):
            connection = Connection(self._writer().dbapi_connection)
            if connection.raw.in_transaction:  # a signal handler's call in the middle of another
                raise StoreAway(f"The database {self.uri.uri} is being changed by this very thread. Try again later.")
            if durable:
                connection.execute("PRAGMA synchronous=FULL")
            try:
                try:
                    self._begin(connection)
                    yield connection
                    connection.execute("COMMIT")
                except BaseException:  # Ctrl-C while BEGIN waited for its turn included
                    with suppress(sqlite3.Error):
                        connection.execute("ROLLBACK")
                    raise
            finally:
                if durable:
                    connection.execute(f"PRAGMA synchronous={self._synchronous()}")

    def _writer(self) -> PoolProxiedConnection:
        if self._writing is None:
            self._writing = self._engine.raw_connection()
        return self._writing

    def _begin(self, connection: Connection) -> None:
        began = time.monotonic()
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            busy = "locked" in str(error) or "busy" in str(error)
            if not busy or time.monotonic() - began > BUSY_SECONDS / 2:
                raise
            # SQLite gives up at once where waiting could be a deadlock; one more try, off the beat of the others
            time.sleep(random() * 0.05)  # noqa: S311  # no secret
            connection.execute("BEGIN IMMEDIATE")

    @contextmanager
    def alter(self) -> Iterator[AlchemyConnection]:
        """A transaction of SQLAlchemy's for the schema: all of it is on the disk when the block ends, or nothing."""
        with self._lock, _errors(self), self._engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA synchronous=FULL")
            try:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                yield connection
                connection.commit()
            finally:
                connection.rollback()  # nothing behind a commit
                connection.exec_driver_sql(f"PRAGMA synchronous={self._synchronous()}")

    def set_up_file(self) -> None:
        """Choose, once in the life of a file, what cannot be chosen inside a transaction or afterwards."""
        if self.in_memory:
            return
        with self._lock, _errors(self):
            connection = Connection(self._writer().dbapi_connection)
            connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
            connection.execute(f"PRAGMA journal_mode={'WAL' if self.wal and self._wal_works() else 'DELETE'}")

    def _wal_works(self) -> bool:
        """Try a write-ahead log on a scratch file: some file systems only say that they share memory."""
        scratch = f"{self.uri.path}-probe{os.getpid()}"
        try:
            return self._probe(scratch)
        except sqlite3.Error as error:
            log.warning("The folder of %s keeps no write-ahead log (%s); SQLite does without.", self.uri.path, error)
            return False
        finally:
            for rest in ("", "-wal", "-shm", "-journal"):
                with suppress(OSError):
                    os.unlink(scratch + rest)

    def _probe(self, scratch: str) -> bool:
        with closing(sqlite3.connect(scratch, isolation_level=None)) as connection:
            mode = connection.execute("PRAGMA journal_mode=WAL").fetchone()
            connection.execute("CREATE TABLE probe (x)")
            return bool(mode == ("wal",))

    def checkpoint(self) -> None:
        """Move the write-ahead log into the database, as far as readers allow."""
        with self._lock, suppress(sqlite3.Error):
            Connection(self._writer().dbapi_connection).execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def checkpoint_if_long(self) -> None:
        """Move the write-ahead log into the database if it is long, without holding up who writes."""
        with suppress(OSError, sqlite3.Error):
            if os.path.getsize(f"{self.uri.path}-wal") < _CHECKPOINT_BYTES:
                return
            pooled = self._engine.raw_connection()
            try:
                Connection(pooled.dbapi_connection).execute("PRAGMA wal_checkpoint(PASSIVE)")
            finally:
                pooled.close()

    def close(self) -> None:
        """Close every connection; the last one of all processes removes the write-ahead log."""
        with self._lock:
            if self._writing is not None:
                self._writing.close()
                self._writing = None
            self._engine.dispose()

    def before_fork(self) -> None:
        """Let no transaction be under way."""
        self._lock.acquire()

    def after_fork_in_parent(self) -> None:
        """Go on."""
        self._lock.release()

    def after_fork_in_child(self) -> None:
        """Leave the parent's connections alone, open and referenced: closing them here would drop its locks."""
        self._inherited += [self._engine, self._writing]
        if not self.in_memory:
            self._engine = self._make_engine()
            self._writing = None
        self._lock = threading.RLock()


@contextmanager
def _errors(database: Database) -> Iterator[None]:
    """Drivers' errors as ours, naming the database, what is wrong and what helps."""
    try:
        yield
    except sqlite3.Error as error:
        raise _translated(error, database) from error
    except DBAPIError as error:
        if not isinstance(error.orig, sqlite3.Error):
            raise
        raise _translated(error.orig, database) from error
    except UnicodeDecodeError as error:  # what SQLite says of damage may quote it
        where = database.uri.path or database.uri.uri
        raise DamagedStore(f"The database {where} is damaged: {error}. Restore a backup.") from error


def _translated(error: sqlite3.Error, database: Database) -> StoreError | ReadOnlyStore:
    text, where = str(error), database.uri.path or database.uri.uri
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return StoreAway(
            f"The database {where} has been locked by another program for {BUSY_SECONDS:.0f} s. Try again."
        )
    if name.startswith(("SQLITE_FULL", "SQLITE_IOERR_WRITE")) or "disk is full" in text:  # a quota is the second
        return StorageFull(
            f"No space left for the database {where}: {_room(where)} Nothing stored is lost; free some and go on."
        )
    if name.startswith("SQLITE_READONLY") or "readonly" in text:
        return ReadOnlyStore(
            f"The database {where} cannot be written: {text}. Check the permissions of the file and its folder."
        )
    if name.startswith("SQLITE_CANTOPEN"):
        return StoreError(
            f"The database {where} cannot be opened: check that its folder exists and that you may write there."
        )
    if name.startswith("SQLITE_NOTADB"):
        return ForeignDatabase(
            f"{where} is no SQLite database and was left untouched. Name another file, such as trackbook.db."
        )
    if name.startswith("SQLITE_CORRUPT"):
        return DamagedStore(
            f"The database {where} is damaged: {text}. Restore a backup; the journal beside it is untouched."
        )
    return StoreError(f"The database {where} reports: {text}.")


def _room(where: str) -> str:
    with suppress(OSError):
        return f"{shutil.disk_usage(os.path.dirname(where) or '.').free} bytes are free."
    return "no bytes are known to be free."
