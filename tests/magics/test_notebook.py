"""Cells that run again, cells that fail, and what a dead kernel left open."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from trackbook import magics
from trackbook.entities import Run
from trackbook.magics import hooks
from trackbook.runs.active import open_runs
from trackbook.runs.session import current_store
from trackbook.stores.base import NewRun

Cells = Callable[..., Any]
Runs = Callable[..., list[Run]]


@pytest.mark.parametrize("cell", ["a", None])
def test_rerun_ends_the_run_before_it(cells: Cells, cell: str | None, runs: Runs) -> None:
    for _ in range(3):
        assert cells("%track_start first", cell).error is None
    assert [run.info.status for run in runs()] == ["FINISHED", "FINISHED", "RUNNING"]
    assert runs()[0].data.tags["trackbook.ended_by"] == "rerun"


def test_rerun_of_an_outer_cell_ends_the_runs_inside(cells: Cells, runs: Runs) -> None:
    cells("%track_start outer", "a")
    cells("%track_start inner --nested", "b")
    cells("%track_start inner --nested", "b")
    assert [run.info.run_name for run in open_runs()] == ["outer", "inner"]
    assert cells("%track_start outer", "a").error is None
    assert [run.info.status for run in runs()] == ["FINISHED", "FINISHED", "FINISHED", "RUNNING"]


@pytest.mark.parametrize(
    ("between", "status"),
    [
        ("1 / 0", "FAILED"),
        ("for", "FAILED"),
        ("1 / 0 ", "FAILED"),
        ("1", "FINISHED"),
        ("raise KeyboardInterrupt", "KILLED"),
    ],
)
def test_rerun_ends_a_run_as_its_last_cell_did(cells: Cells, between: str, status: str, runs: Runs) -> None:
    cells("%track_start first", "a")
    cells(between, "b")
    assert f"has ended {status}" in cells("%track_start first", "a").said
    assert [run.info.status for run in runs()] == [status, "RUNNING"]


def test_failing_cell_is_recorded_and_the_run_stays_open(cells: Cells, runs: Runs) -> None:
    cells("%track_start first")
    ran = cells("def broken():\n    raise ValueError('no \\ud800 \\0 way')\n\nbroken()")
    assert isinstance(ran.error, ValueError)
    (run,) = runs()
    assert (run.info.status, run.data.tags["trackbook.error"]) == ("RUNNING", "ValueError: no ? � way")
    kept = next(Path.cwd().rglob("traceback.txt")).read_text()
    assert "in broken" in kept
    assert "IPython" not in kept


def test_start_inside_a_capturing_cell_belongs_to_the_cell_around_it(cells: Cells, runs: Runs) -> None:
    for _ in range(2):
        assert cells("%%capture\n%track_start first", "a").error is None
    assert [run.info.status for run in runs()] == ["FINISHED", "RUNNING"]


def test_rerun_never_raises_though_the_run_was_deleted(cells: Cells, runs: Runs) -> None:
    cells("%track_start first", "a")
    current_store().delete_run(runs()[0].info.run_id)
    assert cells("%track_start second", "a").error is None
    assert [run.info.run_name for run in open_runs()] == ["second"]


def test_extension_loaded_anew_remembers_the_open_run(shell: InteractiveShell, cells: Cells, runs: Runs) -> None:
    cells("%track_start first", "a")
    magics.unload(shell)
    magics.load(shell)
    assert cells("%track_start first", "a").error is None
    assert [run.info.status for run in runs()] == ["FINISHED", "RUNNING"]


def test_hook_that_fails_is_logged_once_and_spares_the_cell(
    cells: Cells, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(hooks, "_complained", set())
    monkeypatch.setattr("trackbook.magics.notebook.cell_key", lambda *_: 1 / 0)
    with caplog.at_level(logging.WARNING, "trackbook"):
        assert [cells("41 + 1").value, cells("41 + 1").value] == [42, 42]
    assert len(caplog.records) == 1


def test_lost_run_of_this_cell_is_ended_at_its_last_heartbeat(cells: Cells, runs: Runs) -> None:
    cells("%track_start first", "a")
    key = runs()[0].data.tags["trackbook.cell"]
    cells("%track_end")
    store = current_store()
    lost = store.create_run(NewRun("0", "old", owned=True, tags={"trackbook.cell": key}))
    alive = store.create_run(NewRun("0", "alive", owned=True, tags={"trackbook.cell": key}))
    long_ago = int(time.time() * 1000) - 3_600_000
    with store.database.write() as database:  # type: ignore[attr-defined]
        database.execute(
            "UPDATE runs SET heartbeat = ?, writer = 'gone' WHERE run_id = ?", (long_ago, lost.info.run_id)
        )
    assert "is now KILLED" in cells("%track_start first", "a").said
    ended = store.get_run(lost.info.run_id)
    assert (ended.info.status, ended.info.end_time) == ("KILLED", long_ago)
    assert store.get_run(alive.info.run_id).info.status == "RUNNING"
