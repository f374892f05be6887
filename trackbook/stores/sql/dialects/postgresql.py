"""PostgreSQL's dialect, by psycopg 3."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Dialect as Compiler
from sqlalchemy.dialects.postgresql.psycopg import dialect as psycopg_dialect
from sqlalchemy.engine import URL

from trackbook.errors import StoreError
from trackbook.stores.sql.dialects.fragments import Fragment
from trackbook.stores.sql.dialects.server import PATIENCE, ServerDialect
from trackbook.stores.sql.dialects.translation import Statement, read_upsert, with_marks

__all__ = ["POSTGRESQL"]

_MANY = 500
_LOCK = 0x747261636B  # "track": advisory locks belong to a database, so one number is enough
_KINDS = {
    "40001": "contended",
    "40P01": "contended",
    "23505": "contended",  # another session made the same thing: the next try finds it
    "55P03": "away",
    "57014": "away",
    "53200": "away",
    "53300": "away",
    "57P03": "away",
    "53100": "full",
    "22001": "invalid",
    "22003": "invalid",
    "22021": "invalid",
    "25006": "read_only",
    "42501": "read_only",
    "3D000": "refused",
}
_CLASSES = {"08": "lost", "57": "lost", "28": "refused"}
_LENGTH = re.compile(r"(\bsubstr\([^()?]*)\?\)")  # whole numbers travel with 64 bits, and substr takes 32
_REFUSALS = ("authentication failed", "does not exist", "no password supplied", "no pg_hba.conf entry", "not permitted")


class _Postgresql(ServerDialect):
    name = "postgresql"
    driver, extra = "psycopg", "postgres"
    lock = " FOR NO KEY UPDATE"
    read = ("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",)
    write = ("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",)
    tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"
    lock_schema = f"SELECT pg_advisory_lock({_LOCK})"
    unlock_schema = f"SELECT pg_advisory_unlock({_LOCK})"
    newest_run = Fragment("r.start_time DESC NULLS LAST, r.run_id")

    def compiler(self) -> Compiler:
        return psycopg_dialect()  # type: ignore[no-untyped-call]

    def url(self, url: URL) -> URL:
        return url.set(drivername="postgresql+psycopg")

    def arguments(self) -> dict[str, Any]:
        return {"connect_timeout": 10, "tcp_user_timeout": PATIENCE * 1000}

    def set_up(self, connection: Any) -> None:
        from psycopg.types.numeric import FloatDumper, Int8Dumper, NumericLoader

        class NoNaN(FloatDumper):
            """A NaN becomes NULL, as in SQLite; its class stands beside it."""

            def dump(self, obj: float) -> Any:
                return None if obj != obj else super().dump(obj)  # noqa: PLR0124  # NaN

        class Number(NumericLoader):
            """A sum of whole numbers is one."""

            def load(self, data: Any) -> Any:
                value = super().load(data)
                return int(value) if value == value.to_integral_value() else float(value)

        connection.autocommit = True  # transactions begin and end where we say
        connection.adapters.register_dumper(float, NoNaN)
        connection.adapters.register_dumper(int, Int8Dumper)  # one type, so that statements are prepared once
        connection.adapters.register_loader("numeric", Number)
        connection.execute(f"SET lock_timeout = '{PATIENCE}s'")

    def kind_of(self, error: Exception) -> str:
        state = getattr(error, "sqlstate", None)
        if state:
            return _KINDS.get(state) or _CLASSES.get(state[:2], "other")
        if any(words in str(error) for words in _REFUSALS):
            return "refused"
        module = self.module()
        return "lost" if isinstance(error, (module.OperationalError, module.InterfaceError)) else "other"

    def check(self, connection: Any) -> None:
        ((encoding,),) = connection.execute("SHOW server_encoding")
        if encoding != "UTF8":
            raise StoreError(
                f"The database has the encoding {encoding}, which cannot hold every text. Make one with: "
                "CREATE DATABASE trackbook ENCODING 'UTF8' TEMPLATE template0"
            )

    def rewrite(self, sql: str) -> Statement:
        found = read_upsert(sql) if sql.startswith("REPLACE") else None
        if found is not None:
            sql = f"INSERT {found.head} ON CONFLICT ({', '.join(found.key)}) DO UPDATE SET {found.changes}"
        sql = _LENGTH.sub(r"\1CAST(? AS integer))", sql)
        return Statement(with_marks(sql, self.reserved))

    def schema(self, connection: Any = None) -> list[str]:
        return [";\n".join(super().schema(connection))]  # one journey

    def adjusted(self, statement: str) -> str:
        if statement.startswith("CREATE UNIQUE INDEX series_by_key"):
            # three long texts may be longer than an index entry; the key alone is what is searched by
            return "CREATE UNIQUE INDEX series_by_key ON series (key, md5(model || chr(10) || dataset))"
        return statement

    def matches(self, expression: Fragment, pattern: str, negated: bool) -> Fragment:
        sign = "!~" if negated else "~"
        return Fragment(f"{expression.sql} {sign} ?", (*expression.values, f"^{pattern}$"))

    def members(self, expression: Fragment, values: Sequence[Any], *, negated: bool = False) -> Fragment:
        if len(values) <= _MANY:
            return super().members(expression, values, negated=negated)
        test = "<> ALL (?)" if negated else "= ANY (?)"
        return Fragment(f"{expression.sql} {test}", (*expression.values, list(values)))

    def among(self, ids: Iterable[int]) -> Fragment:
        return Fragment("= ANY (?)", (list(ids),))


POSTGRESQL = _Postgresql()
