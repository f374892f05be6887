"""Interned texts: one key a text, in every process, through transactions that fail."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from trackbook.entities import Metric, Param
from trackbook.errors import InvalidParameter
from trackbook.stores.base import NewRun
from trackbook.stores.sql import names
from trackbook.stores.sql.store import SqlStore
from trackbook.uris import parse_store_uri


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    store = SqlStore(parse_store_uri(tmp_path / "trackbook.db"))
    yield store
    store.close()


def test_text_has_one_key_for_ever(store: SqlStore) -> None:
    interned = names.names()
    with store.database.write() as connection:
        assert interned.find(connection, ("lr",)) is None
        first = interned.key(connection, ("lr",))
        assert interned.key(connection, ("lr",)) == first != interned.key(connection, ("momentum",))
    with store.database.read() as connection:
        assert (interned.find(connection, ("lr",)), names.names().find(connection, ("lr",))) == (first, first)
        assert interned.find(connection, ("Lr",)) is None


def test_key_of_a_transaction_that_failed_is_not_remembered(store: SqlStore) -> None:
    interned = names.names()
    with pytest.raises(ValueError, match="no"), store.database.write() as connection:
        interned.key(connection, ("lost",))
        interned.key(connection, ("lost",))
        assert interned.find(connection, ("lost",)) is not None
        raise ValueError("no")
    with store.database.write() as connection:
        other = interned.key(connection, ("other",))
        assert interned.key(connection, ("lost",)) != other
    with store.database.read() as connection:
        assert dict(connection.execute("SELECT name, id FROM names"))["lost"] == interned.find(connection, ("lost",))


def test_refused_call_does_not_mix_up_metrics_that_it_took_along(store: SqlStore) -> None:
    """A param in conflict rolls back the points that were stored with it, to be stored again under their names."""
    first, second = (store.create_run(NewRun("0")).info.run_id for _ in range(2))
    store.log_batch(first, params=[Param("lr", "1")])
    for run_id in (first, second):
        recorder = store.recorder(run_id)
        recorder._writer.awake = True  # type: ignore[attr-defined]  # they wait for the next call
        recorder.log("loss", 1.0, 1)
    with pytest.raises(InvalidParameter, match="lr"):
        store.log_batch(first, params=[Param("lr", "2")])
    store.log_batch(first, [Metric("acc", 2.0, 1, 1)])
    store.log_batch(second, [Metric("acc", 2.0, 1, 1)])
    for run_id in (first, second):
        assert store.get_run(run_id).data.metrics == {"loss": 1.0, "acc": 2.0}
        assert [metric.value for metric in store.get_metric_history(run_id, "loss")] == [1.0]


def test_processes_agree_on_keys(store: SqlStore, tmp_path: Path) -> None:
    other = SqlStore(parse_store_uri(tmp_path / "trackbook.db"))
    run_id = store.create_run(NewRun("0")).info.run_id
    for turn, each in enumerate((store, other, store, other)):
        each.log_batch(run_id, [Metric("loss", float(turn), turn, turn), Metric(f"m{turn}", 0.0, 0, 0)])
        each.flush()
    assert [metric.value for metric in other.get_metric_history(run_id, "loss")] == [0.0, 1.0, 2.0, 3.0]
    assert set(store.get_run(run_id).data.metrics) == {"loss", "m0", "m1", "m2", "m3"}
    other.close()
