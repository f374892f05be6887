"""What happens to a store before its page opens."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from trackbook.dashboard.opening import prepare_store
from trackbook.errors import ForeignDatabase, NotSupported
from trackbook.stores import open_store
from trackbook.stores.base import NewRun

#: Ends with a point in its journal, before any drainer wakes.
DIES = """
import os, sys
from trackbook.stores import open_store
open_store(sys.argv[1]).recorder(sys.argv[2]).log("loss", 0.5, 1)
os._exit(9)
"""


def test_store_that_is_not_there_is_named_and_not_made(tmp_path: Path) -> None:
    said: list[str] = []
    uri = prepare_store(str(tmp_path / "new"), False, said.append)
    assert uri == f"sqlite:///{tmp_path}/new/trackbook.db"
    assert str(tmp_path / "new" / "trackbook.db") in said[0]
    assert not (tmp_path / "new").exists()


def test_orphaned_journal_is_adopted_unless_read_only(tmp_path: Path) -> None:
    path = str(tmp_path / "t.db")
    store = open_store(path)
    run_id = store.create_run(NewRun("0")).info.run_id
    store.close()
    died = subprocess.run([sys.executable, "-P", "-c", DIES, path, run_id], check=False)
    assert died.returncode == 9
    prepare_store(path, True, lambda line: None)
    assert list((tmp_path / "t.db.d" / "writers").glob("*.log"))
    prepare_store(path, False, lambda line: None)
    reader = open_store(path, read_only=True)
    assert [point.value for point in reader.get_metric_history(run_id, "loss")] == [0.5]
    reader.close()


def test_what_cannot_be_opened_is_refused_before_anything_is_served(tmp_path: Path) -> None:
    import sqlite3

    other = sqlite3.connect(tmp_path / "other.db")
    other.execute("CREATE TABLE birds (name TEXT)")
    other.close()
    with pytest.raises(ForeignDatabase):
        prepare_store(str(tmp_path / "other.db"), False, print)
    with pytest.raises(NotSupported):
        prepare_store("http://127.0.0.1:1", False, print)
