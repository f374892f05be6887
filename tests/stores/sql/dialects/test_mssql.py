"""SQL Server, as far as it can be shown without one: statements are translated, and the tables are compiled."""

from __future__ import annotations

import inspect
import re
from contextlib import suppress

import pytest

from tests.servers import Server
from trackbook.errors import TrackbookError
from trackbook.filters import parse_filter, parse_order
from trackbook.stores import open_store
from trackbook.stores.base import NewRun
from trackbook.stores.sql.compile import Known, run_compiler
from trackbook.stores.sql.dialects.fragments import Fragment
from trackbook.stores.sql.dialects.mssql import MSSQL
from trackbook.stores.sql.dialects.postgresql import POSTGRESQL
from trackbook.stores.sql.dialects.translation import Statement
from trackbook.stores.sql.tables import metadata
from trackbook.testing import StoreContract

#: What Transact-SQL does not know.
FOREIGN = re.compile(
    r"\bON CONFLICT\b|\bRETURNING\b|\bLIMIT\b|\bREPLACE INTO\b|\|\||\bjson_|\bGLOB\b|\bPRAGMA\b|\bexcluded\.|"
    r"\bAS TEXT\b|\bTRUE\b|\bFALSE\b|\bRELEASE\b|\bsubstr\(|\blength\(|%s|WITH_UPDLOCK|"
    r"\bNULLS LAST\b|\bFOR UPDATE\b|\bREGEXP\b"
)
BARE = re.compile(r"""(?<![\["\w])(key|schema|offset)\b(?!["\](])""")
OPENERS = ("SELECT", "INSERT INTO", "UPDATE", "DELETE FROM", "MERGE INTO", "SAVE TRANSACTION", "ROLLBACK TRANSACTION")


@pytest.fixture(scope="module")
def statements(postgresql: Server) -> list[str]:
    """What a store executes in the contract suite, in our SQL, with what is PostgreSQL's put back."""
    found: set[str] = set()
    translate = POSTGRESQL.translate

    def record(sql: str) -> Statement:
        found.add(sql)
        return translate(sql)

    with postgresql.database() as uri, pytest.MonkeyPatch.context() as patch:
        patch.setattr(POSTGRESQL, "translate", record)
        store = open_store(uri)
        suite = StoreContract()
        for name, test in inspect.getmembers(suite, inspect.ismethod):
            if name.startswith("test_") and set(inspect.signature(test).parameters) <= {"store", "run_id"}:
                run = store.create_run(NewRun("0")).info.run_id
                given = {"store": store, "run_id": run}
                with suppress(AssertionError, TrackbookError, ValueError, pytest.fail.Exception):  # one store for all
                    test(**{name: given[name] for name in inspect.signature(test).parameters})
        store.close()
    return sorted(sql.replace(POSTGRESQL.lock, MSSQL.lock).replace("= ANY (?)", MSSQL.among([]).sql) for sql in found)


def test_every_statement_of_the_contract_suite_is_translated(statements: list[str]) -> None:
    assert len(statements) > 60
    for sql in statements:
        if " NULLS LAST" in sql or sql.startswith("SHOW ") or sql == POSTGRESQL.tables:
            continue  # a search, see below; and PostgreSQL's own
        written = MSSQL.translate(sql).sql
        assert not FOREIGN.search(written), written
        assert not BARE.search(written), written
        assert written.startswith(OPENERS), written
        assert written.count("?") == sql.count("?"), written


@pytest.mark.parametrize(
    ("sql", "written"),
    [
        (
            "INSERT INTO params VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (
                "MERGE INTO params WITH (HOLDLOCK) AS t USING (VALUES (?, ?, ?)) AS s (run, name, value) "
                "ON t.run = s.run AND t.name = s.name WHEN NOT MATCHED THEN "
                "INSERT (run, name, value) VALUES (s.run, s.name, s.value);"
            ),
        ),
        (
            'INSERT INTO series ("key", "model", "dataset") VALUES (?, ?, ?) RETURNING id',
            'INSERT INTO series ("key", model, dataset) OUTPUT inserted.id VALUES (?, ?, ?)',
        ),
        (
            "UPDATE runs SET next_seq = next_seq + ? WHERE id = ? RETURNING next_seq, hot",
            "UPDATE runs SET next_seq = next_seq + ? OUTPUT inserted.next_seq, inserted.hot WHERE id = ?",
        ),
        (
            f"SELECT lifecycle_stage FROM runs WHERE id = ?{MSSQL.lock}",
            "SELECT lifecycle_stage FROM runs WITH (UPDLOCK, HOLDLOCK) WHERE id = ?",
        ),
        (
            "SELECT 1 FROM chunks WHERE run = ? LIMIT 1",
            "SELECT 1 FROM chunks WHERE run = ? ORDER BY (SELECT NULL) OFFSET 0 ROWS FETCH NEXT 1 ROWS ONLY",
        ),
        ("SAVEPOINT record", "SAVE TRANSACTION record"),
        ("ROLLBACK TO record", "ROLLBACK TRANSACTION record"),
    ],
)
def test_statement_for_sql_server(sql: str, written: str) -> None:
    assert MSSQL.translate(sql).sql == written


def test_page_changes_places_of_its_two_numbers() -> None:
    statement = MSSQL.translate("SELECT r.id FROM runs r ORDER BY r.run_id LIMIT ? OFFSET ?")
    assert statement.sql == "SELECT r.id FROM runs r ORDER BY r.run_id OFFSET ? ROWS FETCH NEXT ? ROWS ONLY"
    assert statement.swapped


def test_filters_and_orders_are_compiled() -> None:
    known = Known({"loss": 1}, {"lr": 2}, {}, MSSQL)
    compiler = run_compiler(known)
    text = "metrics.loss > 0.5 AND params.lr ILIKE 'a[%' AND NOT status IN ('FAILED') AND metrics.loss.count = 3"
    condition = compiler.condition(parse_filter(text))
    assert not FOREIGN.search(MSSQL.translate(condition.sql).sql)
    assert tuple(v for v in condition.values if v not in (1, 2)) == (0.5, "[Aa][[]%", "FAILED", 3, 3)
    for ordering in parse_order(["metrics.loss DESC", "params.lr", "end_time"]):
        key = compiler.sort_key(ordering, 0)
        assert key is not None
        assert " IS NULL," not in key.terms.sql  # a condition is no value there


def test_floats_travel_as_bytes_that_sort() -> None:
    low, high, missing, whole = MSSQL.values([-1.5, float("inf"), float("nan"), 3])
    assert isinstance(low, bytes)
    assert isinstance(high, bytes)
    assert (low < high, missing, whole) == (True, None, 3)


def test_long_lists_are_one_parameter() -> None:
    few = MSSQL.members(Fragment("x"), list(range(500)))
    many = MSSQL.members(Fragment("x"), list(range(501)))
    assert (len(few.values), len(many.values)) == (500, 1)


def test_tables_are_compiled() -> None:
    made = MSSQL.schema()
    assert [sql for sql in made if sql.startswith("CREATE TABLE")].__len__() == len(metadata.tables)
    text = "\n".join(made)
    assert "last BINARY(8)" in text
    assert "value NVARCHAR(max) COLLATE Latin1_General_100_BIN2" in text
    assert "[key] NVARCHAR(250)" in text
    assert "id INTEGER NOT NULL IDENTITY" in text
