"""The way to a database server: a small pool of sessions, transactions, and drivers' errors as ours."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import create_engine, event, exc
from sqlalchemy.engine import Connection as AlchemyConnection
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.pool import PoolProxiedConnection

from trackbook.errors import InvalidParameter, ReadOnlyStore, StorageFull, StoreAway, StoreError, TrackbookError
from trackbook.stores.sql.dialects.server import DUPLICATE, PATIENCE, ServerDialect
from trackbook.stores.sql.dialects.translation import Statement
from trackbook.stores.sql.engine import Connection, Contended, Database
from trackbook.uris import StoreUri

__all__ = ["ServerConnection", "ServerDatabase", "server_dialect"]

_POOL = {"pool_size": 4, "max_overflow": 12, "pool_timeout": PATIENCE, "pool_recycle": 1800, "pool_pre_ping": True}
_ROWS_AT_ONCE, _TEXT_AT_ONCE = 100, 100_000  # of rows that travel as one statement: PyMySQL would split longer ones


class ServerConnection(Connection):
    """A connection that translates what it executes."""

    __slots__ = ("dialect",)

    dialect: ServerDialect

    def __init__(self, raw: Any, dialect: ServerDialect) -> None:
        super().__init__(raw)
        self.dialect = dialect

    def run(self, sql: str) -> None:
        """Run a statement of the server's own SQL, without parameters."""
        self._cursor.execute(sql)

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        statement, values = self._send(sql, parameters)
        cursor = self._cursor
        if statement.then:
            cursor.execute(statement.then, values[len(values) - statement.then_values :])
        if statement.key:
            return [(cursor.lastrowid,)] if cursor.rowcount else []
        return [tuple(row) for row in cursor.fetchall()] if cursor.description else []

    def change(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        self._send(sql, parameters)
        return self._cursor.rowcount  # type: ignore[no-any-return]

    def _send(self, sql: str, parameters: Sequence[Any]) -> tuple[Statement, tuple[Any, ...]]:
        statement = self.dialect.translate(sql)
        values = tuple(self.dialect.values(parameters))
        if statement.swapped:
            values = (*values[:-2], values[-1], values[-2])
        self._cursor.execute(statement.sql, values)
        if statement.ignoring:
            self._look_at_warnings()
        return statement, values

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> int:
        statement = self.dialect.translate(sql)
        touched = 0
        for some in _batches([tuple(self.dialect.values(row)) for row in rows]):
            self._cursor.executemany(statement.sql, some)
            touched += max(0, self._cursor.rowcount)
            if statement.ignoring:
                self._look_at_warnings()
        return touched

    def _look_at_warnings(self) -> None:
        """Raise what MySQL only warns of when it leaves out rows, unless they are there already."""
        if getattr(self._cursor, "warning_count", 0):
            self._cursor.execute("SHOW WARNINGS")
            for _, code, message in self._cursor.fetchall():
                if code != DUPLICATE:
                    raise self.dialect.module().IntegrityError(code, message)


def _batches(rows: list[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    batch: list[tuple[Any, ...]] = []
    size = 0
    for row in rows:
        length = sum(len(value) for value in row if isinstance(value, (str, bytes)))
        if batch and (len(batch) >= _ROWS_AT_ONCE or size + length > _TEXT_AT_ONCE):
            yield batch
            batch, size = [], 0
        batch.append(row)
        size += length
    if batch:
        yield batch


def server_dialect(uri: str) -> ServerDialect:
    """The dialect of a server's URI.

    Raises:
        InvalidParameter: it names a driver that is not the one we use.
    """
    scheme, _, driver = uri.partition(":")[0].lower().partition("+")
    dialect = _dialect(scheme)
    usual = {dialect.driver, "psycopg2"} if scheme.startswith("postgres") else {dialect.driver}
    if driver and driver not in usual:
        raise InvalidParameter(
            f"The driver {driver!r} is not used for {dialect.name}; write {scheme}+{dialect.driver}:// or {scheme}://."
        )
    return dialect


def _dialect(scheme: str) -> ServerDialect:
    if scheme.startswith("postgres"):
        from trackbook.stores.sql.dialects.postgresql import POSTGRESQL

        return POSTGRESQL
    if scheme == "mssql":
        from trackbook.stores.sql.dialects.mssql import MSSQL

        return MSSQL
    from trackbook.stores.sql.dialects.mysql import MYSQL

    return MYSQL


class ServerDatabase(Database):
    """A database on a server: writers of one run wait for each other there, all others do not.

    Args:
        uri: where it is.
        read_only: have every transaction refuse to write.
    """

    dialect: ServerDialect

    def __init__(self, uri: StoreUri, read_only: bool = False) -> None:
        self.uri, self.read_only = uri, read_only
        self.in_memory = self.wal = False
        self.dialect = server_dialect(uri.uri)
        self.dialect.module()
        self._engine = self._make_engine()
        self._closed = False
        self._inherited: list[object] = []
        self._writing_threads = threading.local()

    def _make_engine(self) -> Engine:
        try:
            url = make_url("x:" + self.uri.uri.partition(":")[2])
            engine = create_engine(self.dialect.url(url), connect_args=self.dialect.arguments(), **_POOL)
        except (exc.ArgumentError, ValueError, TypeError):
            raise InvalidParameter(
                f"{self.where!r} is no address of a database; one is {self.dialect.name}://user:password@host/database."
            ) from None
        # before SQLAlchemy looks at its first connection: what it reads depends on this, such as MySQL's quotes
        event.listen(engine, "connect", lambda connection, _: self.dialect.set_up(connection), insert=True)
        event.listen(engine, "connect", lambda connection, _: self.dialect.finish(connection))
        return engine

    @contextmanager
    def _session(self) -> Iterator[ServerConnection]:
        """A session of the pool; one that failed is not used again."""
        with self._errors():
            pooled = self._engine.raw_connection()
            try:
                yield ServerConnection(pooled.dbapi_connection, self.dialect)
            except BaseException as error:
                self._leave(pooled, broken=not isinstance(error, TrackbookError) or isinstance(error, Contended))
                raise
            else:
                self._leave(pooled, broken=False)

    def _leave(self, pooled: PoolProxiedConnection, *, broken: bool) -> None:
        with suppress(*self.dialect.errors()):
            if broken or self._closed:  # the drainer's thread may come late
                pooled.invalidate()
            pooled.close()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self._session() as connection:
            for statement in self.dialect.read:
                connection.run(statement)
            try:
                yield connection
            finally:
                with suppress(*self.dialect.errors()):
                    connection.run("ROLLBACK")

    @contextmanager
    def write(self, *, durable: bool = False) -> Iterator[Connection]:
        """A transaction that writes: all of it is stored when the block ends, or nothing.

        Raises:
            Contended: it was broken off and has done nothing; the same may work now.
            StoreAway: the server is out of reach.
        """
        if self.read_only:
            raise ReadOnlyStore(f"The store {self.where} was opened read-only. Open it without read_only to change it.")
        if getattr(self._writing_threads, "busy", False):  # a signal handler's call in the middle of another
            raise StoreAway(f"The database {self.where} is being changed by this very thread. Try again later.")
        self._writing_threads.busy = True
        try:
            with self._session() as connection:
                with self._broken_off():
                    for statement in self.dialect.write:
                        connection.run(statement)
                    try:
                        yield connection
                    except TrackbookError:
                        connection.run("ROLLBACK")
                        raise
                connection.run("COMMIT")
        finally:
            self._writing_threads.busy = False

    @contextmanager
    def _broken_off(self) -> Iterator[None]:
        """Before the commit, a session that is lost has stored nothing for certain."""
        try:
            yield
        except self.dialect.errors() as error:
            if self.dialect.kind_of(error) in ("lost", "contended"):
                raise Contended(f"The database {self.where} broke a transaction off: {_told(error)}") from error
            raise

    @contextmanager
    def alter(self) -> Iterator[AlchemyConnection]:
        """A transaction of SQLAlchemy's for the schema; MySQL ends it with every statement that changes the schema."""
        with self._errors(), self._engine.connect() as connection:
            for statement in self.dialect.write:
                connection.exec_driver_sql(statement)
            yield connection
            connection.commit()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Let one session at a time make the schema."""
        with self._session() as connection:
            connection.run(self.dialect.lock_schema)
            connection.execute("SELECT 1")
            try:
                yield
            finally:
                with suppress(*self.dialect.errors()):
                    connection.run(self.dialect.unlock_schema)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except exc.TimeoutError as error:
            raise StoreAway(
                f"No session to {self.where} became free in {PATIENCE} s: too many threads ask at once. Try again."
            ) from error
        except exc.DBAPIError as error:
            raise self._translated(error.orig or error) from error.orig
        except self.dialect.errors() as error:
            raise self._translated(error) from error

    def _translated(self, error: BaseException) -> TrackbookError:
        told, kind = _told(error), self.dialect.kind_of(error) if isinstance(error, Exception) else "other"
        if kind in ("lost", "away", "contended"):
            return StoreAway(f"The database {self.where} is out of reach or busy: {told} Try again.")
        if kind == "full":
            return StorageFull(f"The server of {self.where} has no room left: {told} Nothing stored is lost.")
        if kind == "invalid":
            return InvalidParameter(f"{self.where} cannot hold a value: {told}")
        if kind == "read_only":
            return ReadOnlyStore(f"{self.where} cannot be written: {told} Check what its user may do.")
        if kind == "refused":
            return StoreError(f"{self.where} does not let this user in: {told} Check the name, password and database.")
        return StoreError(f"The database {self.where} reports: {told}")

    def set_up_file(self) -> None:
        """There is no file."""

    def checkpoint(self) -> None:
        """The server sees to that."""

    def checkpoint_if_long(self) -> None:
        """The server sees to that."""

    def close(self) -> None:
        self._closed = True
        self._engine.dispose()

    def before_fork(self) -> None:
        """A session under way stays the parent's."""

    def after_fork_in_parent(self) -> None:
        """Go on."""

    def after_fork_in_child(self) -> None:
        """Leave the parent's sessions alone, open and referenced."""
        self._inherited.append(self._engine)
        self._engine = self._make_engine()
        self._writing_threads = threading.local()


def _told(error: BaseException) -> str:
    """What the driver says, in one line that ends with a full stop."""
    words = error.args[1] if len(error.args) > 1 else error
    text = " ".join(str(words).split())
    return text if text.endswith(".") else f"{text}."
