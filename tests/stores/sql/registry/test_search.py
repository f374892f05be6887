"""Searches of a large registry read what they need: index ranges, and no version twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from trackbook.stores.base import Store
from trackbook.stores.sql.store import SqlStore
from trackbook.testing.registry import new_version


@pytest.fixture
def plans(file_store: Store) -> Callable[[Callable[[], object]], list[str]]:
    """What SQLite says of each statement that a call sends."""
    store = file_store
    assert isinstance(store, SqlStore)
    for model in range(6):
        new_version(store, f"model{model % 2}", model, tags={"a": str(model)})

    def ask(work: Callable[[], object]) -> list[str]:
        sent: list[str] = []
        with store.database.read() as connection:
            raw = connection.raw
            raw.set_trace_callback(sent.append)
        work()
        raw.set_trace_callback(None)
        selects = [sql for sql in sent if sql.startswith("SELECT")]
        assert selects, "the pool gave another connection"
        with store.database.read() as connection:
            return [str(row[3]) for sql in selects for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}")]

    return ask


@pytest.mark.parametrize(
    ("condition", "index"),
    [
        (None, "model_versions_by_change"),
        ("stage = 'Production'", "model_versions_in_stage"),
        ("name = 'model1'", "model_versions_by"),
        ("run_id = 'abc'", "model_versions_by_run"),
        ("model_id = 'm-1'", "model_versions_by_model_id"),
    ],
)
def test_page_of_versions_reads_an_index(
    plans: Callable[[Callable[[], object]], list[str]], file_store: Store, condition: str | None, index: str
) -> None:
    told = plans(lambda: file_store.search_model_versions(condition, 100))
    assert any(index in line for line in told), told
    assert not any(line in ("SCAN r", "SCAN v") for line in told), told


def test_newest_of_each_stage_are_read_from_an_index_alone(
    plans: Callable[[Callable[[], object]], list[str]], file_store: Store
) -> None:
    told = plans(file_store.search_registered_models)
    assert any("USING COVERING INDEX model_versions_by_stage" in line for line in told), told


def test_number_of_statements_does_not_grow_with_the_page(file_store: Store) -> None:
    assert isinstance(file_store, SqlStore)
    counts = []
    for many in (2, 20):
        for model in range(many):
            new_version(file_store, f"model{model}", model)
        sent: list[str] = []
        with file_store.database.read() as connection:
            raw = connection.raw
            raw.set_trace_callback(sent.append)
        file_store.search_registered_models()
        file_store.search_model_versions()
        raw.set_trace_callback(None)
        counts.append(len(sent))
    assert counts[0] == counts[1] > 0
