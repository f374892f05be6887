"""gc killed by kill -9 again and again leaves work to finish and no harm: no orphan, no referenced file lost."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import pytest

from trackbook.entities import Run
from trackbook.stores import open_store
from trackbook.stores.base import Store
from trackbook.upkeep.doctor.checkup import examine
from trackbook.upkeep.gc import Wanted, collect_garbage

Fill = Callable[..., Run]
KILLS = 20
#: Calls after which a kill finds the store in another state: into SQLite, and into the file system.
STEPS = {"execute", "unlink", "rmdir", "rmtree", "commit"}


def die_at(step: int) -> None:
    """Have this process killed at its so many-th step into the database or the file system."""
    count = 0

    def look(_frame: FrameType, event: str, what: object) -> None:
        nonlocal count
        if event == "c_call" and getattr(what, "__name__", "") in STEPS:
            count += 1
            if count == step:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(look)


def steps_of(action: Callable[[], object]) -> int:
    """How many steps an action takes."""
    count = 0

    def look(_frame: FrameType, event: str, what: object) -> None:
        nonlocal count
        count += event == "c_call" and getattr(what, "__name__", "") in STEPS

    sys.setprofile(look)
    try:
        action()
    finally:
        sys.setprofile(None)
    return count


def collect(store: Store) -> list[object]:
    return list(collect_garbage(store, Wanted(older_than=0)))


def killed(store: Store, step: int) -> bool:
    """Collect in a child that is killed at a step; whether that came before it was done."""
    child = os.fork()
    if child == 0:
        try:
            die_at(step)
            collect(store)
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def build(folder: Path, fill: Fill) -> tuple[Store, dict[str, bytes]]:
    """A store with runs that stay and runs and an experiment that shall go; the files that must stay."""
    store = open_store(folder / "trackbook.db")
    old = store.create_experiment("old")
    kept = [fill(store, files=3) for _ in range(4)]
    for run in [fill(store, files=3, points=300) for _ in range(8)]:
        store.delete_run(run.info.run_id)
    for _ in range(6):
        fill(store, old, files=3)
    store.delete_experiment(old)
    for run in kept[:2]:
        store.delete_run(run.info.run_id)
        store.restore_run(run.info.run_id)
    files = {str(path): path.read_bytes() for run in kept for path in Path(str(run.info.artifact_uri)).rglob("*.bin")}
    return store, files


def check_kept(store: Store, files: dict[str, bytes]) -> None:
    """Nothing that an active run refers to is lost or changed."""
    assert {path: Path(path).read_bytes() for path in files} == files
    active = store.search_runs(["0"])
    assert len(active) == 4
    assert all(run.data.metrics and run.data.params for run in active)
    assert sum(len(store.stored_files(run.info.run_id)) for run in active) == len(files)


def check_done(store: Store, folder: Path, files: dict[str, bytes]) -> None:
    """Nothing is left of what was deleted, in the database or on the disk."""
    check_kept(store, files)
    found = {str(path) for path in (folder / "trackbook-artifacts").rglob("*") if path.is_file()}
    assert found == files.keys()
    assert len(list((folder / "trackbook-artifacts").glob("*/*"))) == 4
    assert store.get_experiment_by_name("old") is None
    assert list(examine(store.uri)) == []
    with sqlite3.connect(folder / "trackbook.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        for table in ("points", "chunks", "metric_summary", "params", "run_tags", "files"):
            sql = f"SELECT count(*) FROM {table} WHERE run NOT IN (SELECT id FROM runs)"
            assert connection.execute(sql).fetchone() == (0,), table
    connection.close()


def test_killed_twenty_times_and_run_again_it_is_done(tmp_path: Path, fill: Fill) -> None:
    store, files = build(tmp_path, fill)
    chance = random.Random(47)
    for path in chance.sample(sorted(set(map(str, (tmp_path / "trackbook-artifacts").rglob("*.bin"))) - set(files)), 4):
        os.unlink(path)  # a tenth was removed by hand
    deaths = 0
    for _ in range(KILLS):
        deaths += killed(store, chance.randint(1, 40))
        check_kept(store, files)
    assert deaths == KILLS
    collect(store)
    check_done(store, tmp_path, files)
    assert collect(store) == []


@pytest.mark.timeout(600)
def test_killed_at_any_step_it_goes_on_from_there(tmp_path: Path, fill: Fill, request: pytest.FixtureRequest) -> None:
    store, _ = build(tmp_path / "model", fill)
    store.close()
    (tmp_path / "count").mkdir()
    copy, _ = copied(tmp_path, "count")
    total = steps_of(lambda: collect(copy))
    copy.close()
    every = 1 if request.config.getoption("--fuzz") else max(1, total // KILLS)
    for step in range(1, total, every):
        store, files = copied(tmp_path, f"at{step}")
        assert killed(store, step)
        check_kept(store, files)
        collect(store)
        check_done(store, tmp_path / f"at{step}", files)
        store.close()
        shutil.rmtree(tmp_path / f"at{step}")


def copied(folder: Path, name: str) -> tuple[Store, dict[str, bytes]]:
    """A copy of the model store, and the files that must stay."""
    shutil.copytree(folder / "model", folder / name, dirs_exist_ok=True)
    store = open_store(folder / name / "trackbook.db")
    active = store.search_runs(["0"])
    files = {str(path): path.read_bytes() for run in active for path in Path(str(run.info.artifact_uri)).rglob("*.bin")}
    assert len(files) == 12
    return store, files
