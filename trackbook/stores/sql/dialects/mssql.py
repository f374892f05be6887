"""SQL Server's dialect, by pyodbc: every statement is translated and compiled in a test; no server has run them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Dialect as Compiler
from sqlalchemy.dialects.mssql.pyodbc import dialect as pyodbc_dialect
from sqlalchemy.engine import URL

from trackbook.stores.sql.dialects.fragments import Fragment
from trackbook.stores.sql.dialects.numbers import from_sortable, to_sortable
from trackbook.stores.sql.dialects.server import PATIENCE, ServerDialect, as_json
from trackbook.stores.sql.dialects.sqlite import variants
from trackbook.stores.sql.dialects.translation import Statement, Upsert, primary_key, quoted, read_upsert, with_marks

__all__ = ["MSSQL"]

_MANY = 500  # a statement has at most 2,100 parameters
_COLLATION = "Latin1_General_100_BIN2"
_KINDS = {
    "40001": "contended",
    "23000": "contended",
    "08S01": "lost",
    "08003": "lost",
    "08001": "away",
    "HYT00": "away",
    "HYT01": "away",
    "28000": "refused",
    "IM002": "refused",
}
_NUMBERS = {1205: "contended", 2601: "contended", 2627: "contended", 1222: "away", 1105: "full", 9002: "full"}
_NUMBERS |= {229: "read_only", 262: "read_only", 3906: "read_only", 4060: "refused", 18456: "refused"}
_NATIVE = re.compile(r"\((\d+)\)")
_UPDATE = re.compile(r"^UPDATE (\w+) SET (.*?) WHERE (.*) RETURNING ([\w\", ]+)$", re.DOTALL)
_LOCKED = re.compile(r"\bFROM (\w+) WHERE (.*?) WITH_UPDLOCK$", re.DOTALL)
_PAGE = re.compile(r" LIMIT (\?|\d+)(?: OFFSET (\?))?(?=\)|$)")
_MINUS_ZERO, _ZERO = to_sortable(-0.0).hex(), to_sortable(0.0).hex()


class _Mssql(ServerDialect):
    name = "mssql"
    driver, extra = "pyodbc", "mssql"
    lock = " WITH_UPDLOCK"  # a hint behind the table's name, where `rewrite` puts it
    read = ("SET TRANSACTION ISOLATION LEVEL SNAPSHOT", "BEGIN TRANSACTION")
    write = ("SET TRANSACTION ISOLATION LEVEL READ COMMITTED", "BEGIN TRANSACTION")
    tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = SCHEMA_NAME()"
    lock_schema = (
        "EXEC sp_getapplock @Resource = 'trackbook', @LockMode = 'Exclusive', @LockOwner = 'Session', "
        "@LockTimeout = 120000"
    )
    unlock_schema = "EXEC sp_releaseapplock @Resource = 'trackbook', @LockOwner = 'Session'"

    def compiler(self) -> Compiler:
        return pyodbc_dialect()  # type: ignore[no-untyped-call]

    def url(self, url: URL) -> URL:
        return url.set(drivername="mssql+pyodbc")

    def arguments(self) -> dict[str, Any]:
        return {"timeout": 10, "autocommit": True}

    def set_up(self, connection: Any) -> None:
        connection.autocommit = True  # transactions begin and end where we say
        connection.add_output_converter(self.module().SQL_BINARY, from_sortable)
        connection.execute(f"SET LOCK_TIMEOUT {PATIENCE * 1000}; SET XACT_ABORT ON")

    def kind_of(self, error: Exception) -> str:
        state, text = (*error.args, "", "")[:2]
        for number in _NATIVE.findall(str(text)):
            if int(number) in _NUMBERS:
                return _NUMBERS[int(number)]
        return _KINDS.get(str(state), "other")

    def values(self, values: Sequence[Any]) -> Sequence[Any]:
        """Floats as eight sortable bytes: SQL Server's FLOAT knows neither NaN nor the infinities."""
        return tuple(_bound(value) if isinstance(value, float) else value for value in values)

    def rewrite(self, sql: str) -> Statement:
        sql = sql.replace("CAST(e.id AS TEXT)", "CAST(e.id AS NVARCHAR(20))").replace(" || ", " + ")
        sql = re.sub(r"\bsubstr\(", "substring(", sql)
        if sql.startswith("SAVEPOINT "):
            return Statement(f"SAVE TRANSACTION {sql.removeprefix('SAVEPOINT ')}")
        if sql.startswith("ROLLBACK TO "):
            return Statement(f"ROLLBACK TRANSACTION {sql.removeprefix('ROLLBACK TO ')}")
        if sql.startswith("RELEASE "):
            return Statement("SELECT 1 WHERE 1 = 0")  # a savepoint ends with its transaction
        found = read_upsert(sql)
        if found is not None:
            return Statement(self._insert(found))
        update = _UPDATE.match(sql)
        if update is not None:
            table, changes, where, columns = update.groups()
            answer = ", ".join(f"inserted.{name.strip()}" for name in columns.split(","))
            sql = f"UPDATE {table} SET {changes} OUTPUT {answer} WHERE {where}"
        sql = _LOCKED.sub(r"FROM \1 WITH (UPDLOCK, HOLDLOCK) WHERE \2", sql)
        sql, swapped = self._paged(sql)
        return Statement(with_marks(sql, self.reserved, "?"), swapped=swapped)

    def _paged(self, sql: str) -> tuple[str, bool]:
        page = _PAGE.search(sql)
        if page is None:
            return sql, False
        limit, offset = page.groups()
        ordered = "" if " ORDER BY " in sql[sql.rindex("SELECT", 0, page.start()) :] else " ORDER BY (SELECT NULL)"
        paged = f"{ordered} OFFSET {offset or 0} ROWS FETCH NEXT {limit} ROWS ONLY"
        return sql[: page.start()] + paged + sql[page.end() :], offset is not None and limit == "?"

    def _insert(self, found: Upsert) -> str:
        columns = quoted(found.columns, self.reserved)
        into = f"INTO {found.table} ({', '.join(columns)})"
        if found.changes is None:
            answer = f" OUTPUT inserted.{found.returning}" if found.returning else ""
            return with_marks(f"INSERT {into}{answer} VALUES {found.rows}", (), "?")
        key = found.key or tuple(primary_key(found.table))
        if not set(key) <= set(found.columns):  # a key that the database gives: what is unique is all that was given
            key = found.columns
        same = " AND ".join(f"t.{name} = s.{name}" for name in quoted(key, self.reserved))
        merge = f"MERGE INTO {found.table} WITH (HOLDLOCK) AS t USING (VALUES {found.rows}) AS s "
        merge += f"({', '.join(columns)}) ON {same}"
        if found.changes:
            changes = with_marks(found.changes, self.reserved, "?").replace("excluded.", "s.")
            merge += f" WHEN MATCHED THEN UPDATE SET {changes}"
        given = ", ".join(f"s.{name}" for name in columns)
        merge += f" WHEN NOT MATCHED THEN INSERT ({', '.join(columns)}) VALUES ({given})"
        return merge + (f" OUTPUT inserted.{found.returning};" if found.returning else ";")

    def adjusted(self, statement: str) -> str:
        if statement.startswith("CREATE UNIQUE INDEX series_by_key"):
            return (
                "ALTER TABLE series ADD fingerprint AS CAST(HASHBYTES('SHA2_256', CONCAT([key], '|', LEN(model), '|', "
                "model, dataset)) AS BINARY(32)) PERSISTED CONSTRAINT series_fingerprint UNIQUE"
            )
        if "substr(" in statement:  # an index holds no expression; the name alone is what is searched by
            return re.sub(r"substr\((\w+), 1, \d+\), ", "", statement)
        return statement

    def like(self, expression: Fragment, pattern: str, *, fold: bool, negated: bool) -> Fragment:
        word = "NOT LIKE" if negated else "LIKE"
        text = "".join(_piece(character, fold) for character in pattern)
        return Fragment(f"{expression.sql} {word} ?", (*expression.values, text))

    def matches(self, expression: Fragment, pattern: str, negated: bool) -> Fragment:
        raise NotImplementedError  # `like` needs none

    def members(self, expression: Fragment, values: Sequence[Any], *, negated: bool = False) -> Fragment:
        if len(values) <= _MANY:
            return super().members(expression, values, negated=negated)
        word = "NOT IN" if negated else "IN"
        listed = f"(SELECT value COLLATE {_COLLATION} FROM OPENJSON(?))"
        return Fragment(f"{expression.sql} {word} {listed}", (*expression.values, as_json(values)))

    def among(self, ids: Iterable[int]) -> Fragment:
        return Fragment("IN (SELECT CAST(value AS INT) FROM OPENJSON(?))", (as_json(ids),))

    def exact_order(self, sql: str) -> str:
        return f"CASE WHEN {sql} = 0x{_MINUS_ZERO} THEN 0x{_ZERO} ELSE {sql} END"


def _bound(value: float) -> bytes | None:
    return None if value != value else to_sortable(value)  # noqa: PLR0124  # NaN


def _piece(character: str, fold: bool) -> str:
    if character in "%_":
        return character
    letters = variants(character) if fold else [character]
    if len(letters) > 1:
        return f"[{''.join(letters)}]"
    return f"[{character}]" if character == "[" else character


MSSQL = _Mssql()
