"""The dialect of MySQL and MariaDB, by PyMySQL."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import Dialect as Compiler
from sqlalchemy.dialects.mysql.pymysql import dialect as pymysql_dialect
from sqlalchemy.engine import URL

from trackbook.errors import StoreError
from trackbook.stores.sql.dialects.fragments import Fragment
from trackbook.stores.sql.dialects.numbers import from_sortable, to_sortable
from trackbook.stores.sql.dialects.server import DUPLICATE, PATIENCE, ServerDialect
from trackbook.stores.sql.dialects.translation import Statement, Upsert, read_upsert, with_marks
from trackbook.stores.sql.tables import HEAD

__all__ = ["MYSQL"]

_CODES = {
    "lost": (0, 1053, 1152, 1158, 1159, 1160, 1161, 1927, 2006, 2013, 2014, 2055, 4031),
    "contended": (1020, 1205, 1213, DUPLICATE),
    "away": (1040, 1129, 1203, 1226, 1317, 1969, 2002, 2003, 2005, 3024),
    "full": (1021, 1114),
    "invalid": (1264, 1366, 1406),
    "read_only": (1142, 1143, 1227, 1290, 1370, 1792, 1836),
    "refused": (1044, 1045, 1049, 1251, 1698, 2059),
}
_KINDS = {code: kind for kind, codes in _CODES.items() for code in codes}
#: MariaDB's and MySQL's name for: by code points, trailing spaces count.
_COLLATIONS = {True: "utf8mb4_nopad_bin", False: "utf8mb4_0900_bin"}
_MODE = (
    "ANSI_QUOTES,PIPES_AS_CONCAT,NO_AUTO_VALUE_ON_ZERO,STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,"
    "NO_ENGINE_SUBSTITUTION"
)
_MINUS_ZERO, _ZERO = to_sortable(-0.0).hex(), to_sortable(0.0).hex()
_UPDATE = re.compile(r"^UPDATE (\w+) SET .*? WHERE (.*) RETURNING ([\w\", ]+)$", re.DOTALL)
_SCHEMA_LOCK = "concat('trackbook:', substr(sha1(DATABASE()), 1, 40))"


class _Mysql(ServerDialect):
    name = "mysql"
    driver, extra = "pymysql", "mysql"
    lock = " FOR UPDATE"
    read = (
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
        "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
    )
    write = ("START TRANSACTION READ WRITE",)
    tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()"
    lock_schema = f"SELECT get_lock({_SCHEMA_LOCK}, 120)"
    unlock_schema = f"SELECT release_lock({_SCHEMA_LOCK})"
    newest_run = Fragment("r.start_time DESC, r.run_id")

    def compiler(self) -> Compiler:
        return pymysql_dialect(is_mariadb=True)

    def url(self, url: URL) -> URL:
        return url.set(drivername="mysql+pymysql").update_query_dict({"charset": "utf8mb4"})

    def arguments(self) -> dict[str, Any]:
        from pymysql.constants import CLIENT, FIELD_TYPE
        from pymysql.converters import conversions

        known = dict(conversions)
        known[float] = _written
        known[FIELD_TYPE.STRING] = _read
        known[FIELD_TYPE.DECIMAL] = known[FIELD_TYPE.NEWDECIMAL] = _number
        return {
            "conv": known,
            "client_flag": CLIENT.FOUND_ROWS,  # an UPDATE counts the rows that it finds, as everywhere else
            "connect_timeout": 10,
            "read_timeout": 2 * PATIENCE,
            "write_timeout": 2 * PATIENCE,
        }

    def set_up(self, connection: Any) -> None:
        connection.autocommit(True)  # transactions begin and end where we say
        with connection.cursor() as cursor:
            cursor.execute(f"SET SESSION sql_mode = '{_MODE}', SESSION innodb_lock_wait_timeout = {PATIENCE}")
            cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")

    def finish(self, connection: Any) -> None:
        collation = _COLLATIONS["mariadb" in connection.get_server_info().lower()]
        with connection.cursor() as cursor:  # SQLAlchemy sets the names too, and with them another collation
            cursor.execute(f"SET NAMES utf8mb4 COLLATE {collation}")

    def kind_of(self, error: Exception) -> str:
        code = error.args[0] if error.args else None
        return _KINDS.get(code, "other") if isinstance(code, int) else "other"

    def rewrite(self, sql: str) -> Statement:
        sql = sql.replace("CAST(e.id AS TEXT)", "CAST(e.id AS CHAR)")
        found = read_upsert(sql)
        if found is not None:
            return self._insert(found)
        update = _UPDATE.match(sql)
        if update is None:
            return Statement(with_marks(sql, self.reserved))
        table, where, columns = update.groups()
        first = with_marks(sql[: update.start(3) - len(" RETURNING ")], self.reserved)
        then = with_marks(f"SELECT {columns} FROM {table} WHERE {where}", self.reserved)
        return Statement(first, then, where.count("?"))

    def _insert(self, found: Upsert) -> Statement:
        verb = "INSERT IGNORE" if found.changes == "" else "INSERT"
        sql = with_marks(f"{verb} {found.head}", self.reserved)
        if found.changes:
            changes = with_marks(found.changes, self.reserved)
            changes = re.sub(r'\bexcluded\.("?\w+"?)', r"VALUES(\1)", changes)
            sql += f" ON DUPLICATE KEY UPDATE {changes}"
        return Statement(sql, key=bool(found.returning), ignoring=found.changes == "")

    def schema(self, connection: Any = None) -> list[str]:
        collation = _COLLATIONS[True]
        if connection is not None:
            ((collation,),) = connection.execute("SELECT @@collation_connection")
            if collation not in _COLLATIONS.values():
                raise StoreError(f"The session has the collation {collation}, which would take texts for equal.")
        return [statement.replace("COLLATE=", f"COLLATE={collation}") for statement in super().schema()]

    def adjusted(self, statement: str) -> str:
        if statement.startswith("CREATE TABLE"):
            body = statement[: statement.rindex(")")]
            if statement.startswith("CREATE TABLE series"):
                # three long texts are longer than an index entry may be: their digest is what must be unique
                body += (
                    ", fingerprint BINARY(16) GENERATED ALWAYS AS (unhex(md5(concat("
                    "`key`, '|', length(model), '|', model, dataset)))) STORED INVISIBLE, UNIQUE (fingerprint)"
                )
            return f"{body}) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE= ROW_FORMAT=DYNAMIC"
        if statement.startswith("CREATE UNIQUE INDEX series_by_key"):
            return "CREATE INDEX series_by_key ON series (`key`)"
        return re.sub(r"\(?substr\((\w+), 1, \d+\)\)?", rf"\1({HEAD})", statement)

    def matches(self, expression: Fragment, pattern: str, negated: bool) -> Fragment:
        word = "NOT REGEXP" if negated else "REGEXP"
        return Fragment(f"{expression.sql} {word} ?", (*expression.values, rf"(?s)\A{pattern}\z"))

    def exact_order(self, sql: str) -> str:
        return f"CASE WHEN {sql} = x'{_MINUS_ZERO}' THEN x'{_ZERO}' ELSE {sql} END"


def _written(value: float, _: object = None) -> str:
    """A float as its eight sortable bytes: MySQL's DOUBLE knows no infinities."""
    return "NULL" if value != value else f"x'{to_sortable(value).hex()}'"  # noqa: PLR0124  # NaN


def _read(data: bytes | str) -> float | bytes | str:
    return from_sortable(data) if isinstance(data, bytes) and len(data) == 8 else data


def _number(data: str) -> int | float:
    """A sum of whole numbers is one."""
    return float(data) if "." in data else int(data)


MYSQL = _Mysql()
