"""Opening stores: one a URI and process while it is open, another for reading, and none left behind by a failure."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

import trackbook
from trackbook.errors import InvalidParameter, NotSupported, ReadOnlyStore, StoreError
from trackbook.stores import close_stores, open_store
from trackbook.stores.base import NewRun, Store


def test_one_store_has_one_object_however_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = open_store("trackbook.db")
    names: list[str | Path] = [
        tmp_path,
        tmp_path / "trackbook.db",
        f"sqlite:///{tmp_path}/trackbook.db",
        store.uri,
        ".",
    ]
    assert all(open_store(name) is store for name in names)
    assert open_store("other.db") is not store
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    assert open_store("trackbook.db") is not store


def test_store_for_reading_is_another(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    reader = open_store(tmp_path, read_only=True)
    assert (reader is store, reader.read_only, store.read_only) == (False, True, False)
    assert open_store(tmp_path, read_only=True) is reader
    with pytest.raises(ReadOnlyStore):
        reader.create_run(NewRun("0"))
    store.create_run(NewRun("0"))
    assert len(reader.search_runs(["0"])) == 1


def test_closed_store_is_opened_anew(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    run_id = store.create_run(NewRun("0")).info.run_id
    store.close()
    store.close()
    again = open_store(tmp_path)
    assert (again is store, again.closed, again.get_run(run_id).info.run_id) == (False, False, run_id)
    close_stores()
    assert again.closed
    assert open_store(tmp_path) is not again


def test_memory_lasts_as_long_as_its_store() -> None:
    store = open_store("sqlite://")
    store.create_run(NewRun("0"))
    assert len(open_store("sqlite:///:memory:").search_runs(["0"])) == 1
    store.close()
    assert len(open_store("sqlite://").search_runs(["0"])) == 0


def test_threads_that_open_at_once_get_one_store(tmp_path: Path) -> None:
    found: list[Store] = []
    barrier = threading.Barrier(8)

    def work() -> None:
        barrier.wait()
        found.append(open_store(tmp_path))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(store) for store in found}) == 1


def test_store_of_another_kind_says_what_to_give() -> None:
    with pytest.raises(NotSupported, match=r"trackbook\.db") as caught:
        open_store("http://ada:secret@localhost:5000")
    assert "secret" not in str(caught.value)


def test_failure_to_open_is_no_store(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter):
        open_store("")
    with pytest.raises(StoreError):
        open_store(tmp_path / "none.db", read_only=True)
    open_store(tmp_path / "none.db").close()
    assert open_store(tmp_path / "none.db", read_only=True).run_counts() == {}


def test_end_of_the_process_ends_its_runs_and_stores_all(tmp_path: Path) -> None:
    program = (
        "import sys, trackbook; trackbook.set_tracking_uri(sys.argv[1]); trackbook.start_run(run_name='r')\n"
        "trackbook.log_metric('loss', 0.5); open('done', 'w')"
    )
    root = str(Path(trackbook.__file__).parents[1])
    command = [sys.executable, "-c", f"import sys; sys.path.append({root!r})\n{program}", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert list((tmp_path / "trackbook.db.d" / "writers").iterdir()) == []
    (run,) = open_store(tmp_path, read_only=True).search_runs(["0"])
    assert (run.info.status, run.data.metrics) == ("FINISHED", {"loss": 0.5})
