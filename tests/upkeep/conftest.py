"""Runs with points and files, as the tests of this folder need them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from trackbook.entities import Metric, Param, Run, StoredFile
from trackbook.stores.base import NewRun, Store

Fill = Callable[..., Run]


def put_file(store: Store, run: Run, path: str, data: bytes, *, recorded: bool = True) -> Path:
    """A file among a run's artifacts, as if it had been logged, without waiting for the disk."""
    target = Path(str(run.info.artifact_uri), path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    if recorded:
        store.record_files(run.info.run_id, [StoredFile(path, len(data), hashlib.sha256(data).hexdigest(), 1)])
    return target


def fill_run(store: Store, experiment_id: str = "0", files: int = 2, points: int = 3) -> Run:
    """A run that has ended, with points, a param and recorded files."""
    run = store.create_run(NewRun(experiment_id, start_time=1))
    run_id = run.info.run_id
    store.log_batch(run_id, [Metric("loss", 1 / (step + 1), step, step) for step in range(points)], [Param("p", "v")])
    for number in range(files):
        put_file(store, run, f"folder/{number}.bin", os.urandom(100))
    store.update_run(run_id, status="FINISHED", end_time=2)
    return run


@pytest.fixture
def put() -> Callable[..., Path]:
    """`put_file`."""
    return put_file


@pytest.fixture
def fill() -> Fill:
    """`fill_run`."""
    return fill_run
