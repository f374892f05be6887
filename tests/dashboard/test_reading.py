"""A store as a page reads it: looked at anew only after it has changed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from trackbook.dashboard.reading import StoreReader, experiments_of
from trackbook.errors import StoreAway
from trackbook.stores import open_store
from trackbook.stores.base import NewRun, Store


def test_store_has_changed_once_after_each_write(file_store: Store) -> None:
    reader = StoreReader(file_store.uri)
    assert reader.changed()
    assert not reader.changed()
    file_store.create_run(NewRun("0"))
    assert reader.changed()
    assert not reader.changed()
    reader.forget()
    assert reader.changed()


def test_reader_never_writes(file_store: Store) -> None:
    reader = StoreReader(file_store.uri)
    assert reader.store().read_only
    reader.close()


def test_file_that_replaced_another_is_opened_anew(file_store: Store, tmp_path: Path) -> None:
    other = open_store(str(tmp_path / "other.db"))
    other.create_run(NewRun("0"))
    other.close()
    reader = StoreReader(file_store.uri)
    assert reader.store().run_counts() == {}
    file_store.close()
    for name in ("store.db", "store.db-wal", "store.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    shutil.copy(tmp_path / "other.db", tmp_path / "store.db")
    assert reader.store().run_counts() == {"0": {"RUNNING": 1}}
    reader.close()


def test_missing_file_is_away_and_nothing_is_made(tmp_path: Path) -> None:
    reader = StoreReader(str(tmp_path / "none.db"))
    with pytest.raises(StoreAway, match=r"none\.db"):
        reader.store()
    assert list(tmp_path.glob("none*")) == []


def test_unused_default_experiment_is_hidden_beside_others(file_store: Store) -> None:
    assert [one["name"] for one in experiments_of(file_store)] == ["Default"]
    file_store.create_experiment("mine")
    assert [one["name"] for one in experiments_of(file_store)] == ["mine"]
