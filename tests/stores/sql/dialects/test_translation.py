"""Statements as servers read them."""

from __future__ import annotations

import pytest

from trackbook.stores.sql.dialects.mysql import MYSQL
from trackbook.stores.sql.dialects.postgresql import POSTGRESQL
from trackbook.stores.sql.dialects.translation import Statement, read_upsert, with_marks

PUT = "INSERT INTO run_tags VALUES (?, ?, ?) ON CONFLICT (run, name) DO UPDATE SET value = excluded.value"
KEEP = "INSERT INTO params VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
NEW = 'INSERT INTO series ("key", "model", "dataset") VALUES (?, ?, ?) RETURNING id'
NEXT = "UPDATE runs SET next_seq = next_seq + ?, hot = hot + ? WHERE id = ? RETURNING next_seq, hot"


def test_marks_are_replaced_outside_of_texts_and_names() -> None:
    assert with_marks("""SELECT '?%', "a?" FROM t WHERE x = ? AND y LIKE '%'""", ()) == (
        """SELECT '?%%', "a?" FROM t WHERE x = %s AND y LIKE '%%'"""
    )


def test_reserved_columns_are_quoted_and_keywords_are_not() -> None:
    sql = "SELECT key, s.key, offset, count(*) FROM t s ORDER BY key LIMIT ? OFFSET ?"
    assert with_marks(sql, {"key", "offset", "count"}, "?") == (
        'SELECT "key", s."key", "offset", count(*) FROM t s ORDER BY "key" LIMIT ? OFFSET ?'
    )


@pytest.mark.parametrize(
    ("sql", "written"),
    [
        (PUT, Statement(PUT.replace("?", "%s"))),
        (KEEP, Statement("INSERT INTO params VALUES (%s, %s, %s) ON CONFLICT DO NOTHING")),
        (NEW, Statement('INSERT INTO series ("key", "model", "dataset") VALUES (%s, %s, %s) RETURNING id')),
        (
            "SELECT 1 WHERE substr(path, 1, ?) = ?",
            Statement("SELECT 1 WHERE substr(path, 1, CAST(%s AS integer)) = %s"),
        ),
        (
            "REPLACE INTO positions (writer, segment, pos, updated) VALUES (?,?,?,?)",
            Statement(
                "INSERT INTO positions (writer, segment, pos, updated) VALUES (%s,%s,%s,%s) "
                "ON CONFLICT (writer, segment) DO UPDATE SET pos = excluded.pos, updated = excluded.updated"
            ),
        ),
    ],
)
def test_statement_for_postgresql(sql: str, written: Statement) -> None:
    assert POSTGRESQL.translate(sql) == written


@pytest.mark.parametrize(
    ("sql", "written"),
    [
        (
            PUT,
            Statement(
                "INSERT INTO run_tags (run, name, value) VALUES (%s, %s, %s) "
                "ON DUPLICATE KEY UPDATE value = VALUES(value)"
            ),
        ),
        (KEEP, Statement("INSERT IGNORE INTO params (run, name, value) VALUES (%s, %s, %s)", ignoring=True)),
        (NEW, Statement('INSERT INTO series ("key", model, dataset) VALUES (%s, %s, %s)', key=True)),
        (
            NEXT,
            Statement(
                "UPDATE runs SET next_seq = next_seq + %s, hot = hot + %s WHERE id = %s",
                "SELECT next_seq, hot FROM runs WHERE id = %s",
                1,
            ),
        ),
    ],
)
def test_statement_for_mysql(sql: str, written: Statement) -> None:
    assert MYSQL.translate(sql) == written


def test_what_is_no_insert_of_values_is_no_upsert() -> None:
    assert read_upsert("INSERT INTO t SELECT 1") is None
    assert read_upsert("UPDATE t SET x = 1") is None
