"""A cell that runs inside a run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trackbook.entities import Run
from trackbook.runs.active import open_runs

Cells = Callable[..., Any]
Runs = Callable[..., list[Run]]


def test_tracked_cell_runs_inside_a_run(cells: Cells, runs: Runs) -> None:
    ran = cells("%%track first -p lr=0.1\nimport trackbook\ntrackbook.log_metric('loss', 0.5)\nkept = 41\nkept + 1")
    assert (ran.error, ran.value) == (None, 42)
    assert cells("kept").value == 41
    (run,) = runs()
    assert (run.info.status, run.data.metrics, run.data.params) == ("FINISHED", {"loss": 0.5}, {"lr": "0.1"})
    assert open_runs() == []


def test_tracked_cell_fails_with_its_own_traceback(cells: Cells, runs: Runs) -> None:
    ran = cells("%%track first\ndef broken():\n    raise ValueError('no')\n\nbroken()")
    assert isinstance(ran.error, ValueError)
    assert "----> 5 broken()" in ran.said
    assert "run_cell_magic" not in ran.said
    (run,) = runs()
    assert (run.info.status, run.data.tags["trackbook.error"]) == ("FAILED", "ValueError: no")
    assert next(Path.cwd().rglob("traceback.txt")).read_text().endswith("ValueError: no\n")


def test_interrupted_cell_kills_its_run(cells: Cells, runs: Runs) -> None:
    assert isinstance(cells("%%track first\nraise KeyboardInterrupt").error, KeyboardInterrupt)
    assert [run.info.status for run in runs()] == ["KILLED"]


@pytest.mark.parametrize("body", ["for", "return 1", "import asyncio\nawait asyncio.sleep(0)"])
def test_cell_that_cannot_run_makes_no_run(cells: Cells, body: str, runs: Runs) -> None:
    assert cells(f"%%track first\n{body}").error is not None
    assert runs() == []


def test_tracked_cell_may_begin_inside_an_open_run(cells: Cells, runs: Runs) -> None:
    cells("%track_start outer")
    assert type(cells("%%track inner\n1").error).__name__ == "InvalidState"
    assert cells("%%track inner --nested\n1;").value is None
    outer, inner = runs()
    assert inner.data.tags["mlflow.parentRunId"] == outer.info.run_id
    assert [run.info.run_name for run in open_runs()] == ["outer"]


def test_run_inside_another_may_be_of_another_experiment(cells: Cells, runs: Runs) -> None:
    cells("%track_start outer")
    cells("%%track inner --nested -e digits\n1")
    assert [run.info.run_name for run in runs("1")] == ["inner"]


def test_resumed_run_goes_on(cells: Cells, runs: Runs) -> None:
    cells("%%track first\n1")
    cells("%%track second\n1")
    ran = cells("run = %track_start --resume first")
    assert "Run first resumed in experiment Default." in ran.said
    assert [run.info.status for run in runs()] == ["RUNNING", "FINISHED"]


def test_error_of_the_cell_is_not_hidden_by_ours(cells: Cells, runs: Runs) -> None:
    code = "%%track first\nimport trackbook\ntrackbook.delete_run(trackbook.active_run().info.run_id)\n1 / 0"
    assert isinstance(cells(code).error, ZeroDivisionError)
    assert open_runs() == []
