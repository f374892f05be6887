"""`trackbook runs show`, `history` and `compare`."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable

import pytest
from click.testing import Result

from trackbook.entities import Metric, Param, RunTag
from trackbook.stores.base import NewRun, Store

Shell = Callable[..., Result]


@pytest.fixture
def pair(here: Store) -> list[str]:
    """Two runs that differ in a param and a metric."""
    made = []
    for place, name in enumerate(["keen-heron", "brisk-otter"]):
        run = here.create_run(NewRun("0", name)).info.run_id
        points = [Metric("loss", 1 / (step + 1 + place), 1_700_000_000_000 + step, step) for step in range(3)]
        points.append(Metric("acc", float("nan"), 1_700_000_000_000, 0))
        params = [Param("model", "tree"), Param("depth", str(place))]
        here.log_batch(run, points, params, [RunTag("stage", "draft"), RunTag("mlflow.note.content", "hidden")])
        made.append(run)
    return made


def test_show_tells_what_a_run_is_and_holds(shell: Shell, pair: list[str]) -> None:
    told = shell("runs", "show", pair[0][:6]).output
    assert all(word in told for word in ("keen-heron", pair[0], "RUNNING", "0 (Default)", "loss", "depth", "stage"))
    assert "hidden" not in told
    assert told.count("\n\n") == 3


def test_show_lists_the_attempts_of_a_resumed_run(shell: Shell, here: Store, pair: list[str]) -> None:
    assert "attempt  status" not in shell("runs", "show", pair[0]).output
    here.update_run(pair[0], status="FAILED")
    here.resume_run(pair[0])
    lines = shell("runs", "show", pair[0]).output.splitlines()
    start = next(place for place, line in enumerate(lines) if "attempt  status" in line)
    assert [line.split()[:2] for line in lines[start + 1 : start + 3]] == [["1", "FAILED"], ["2", "RUNNING"]]


def test_show_makes_hostile_text_visible(shell: Shell, here: Store) -> None:
    run = here.create_run(NewRun("0", "\x1b[2J\nx")).info.run_id
    here.log_batch(run, params=[Param("note", "a\x1b]0;t\x07\nb")], tags=[RunTag("t", "\u202ex")])
    told = shell("runs", "show", run).output
    assert not set(told) & set("\x1b\x07\u202e")
    assert r"a\x1b]0;t\x07\nb" in told


def test_history_lists_the_points(shell: Shell, pair: list[str]) -> None:
    heading, *lines = shell("runs", "history", pair[0], "loss").output.splitlines()
    assert heading.split() == ["step", "time", "value"]
    assert [(line.split()[0], float(line.split()[-1])) for line in lines] == [("0", 1), ("1", 0.5), ("2", 1 / 3)]
    found = json.loads(shell("runs", "history", pair[0], "loss", "--format", "json").output)
    assert found[1] == {"step": 1, "time": "2023-11-14T22:13:20.001+00:00", "value": 0.5}
    assert json.loads(shell("runs", "history", pair[0], "acc", "--format", "json").output)[0]["value"] == "NaN"
    table = csv.DictReader(io.StringIO(shell("runs", "history", pair[1], "loss", "--format", "csv").output))
    assert [float(row["value"]) for row in table] == [1 / 2, 1 / 3, 1 / 4]


def test_history_of_no_metric_lists_those_there_are(shell: Shell, pair: list[str]) -> None:
    assert "acc, loss" in shell("runs", "history", pair[0], "nothing", code=1).output


def test_compare_puts_runs_side_by_side(shell: Shell, pair: list[str]) -> None:
    heading, *lines = shell("runs", "compare", *pair).output.splitlines()
    assert heading.split() == ["name", "keen-heron", "brisk-otter"]
    assert [line.split()[:3] for line in lines] == [
        ["params.depth", "0", "1"],
        ["params.model", "tree", "tree"],
        ["metrics.acc", "NaN", "NaN"],
        ["metrics.loss", repr(1 / 3), "0.25"],
    ]
    found = json.loads(shell("runs", "compare", *pair, "-d", "--format", "json").output)
    assert found == [
        {"name": "params.depth", pair[0]: "0", pair[1]: "1"},
        {"name": "metrics.loss", pair[0]: 1 / 3, pair[1]: 0.25},
    ]


def test_runs_of_one_name_are_told_apart(shell: Shell, here: Store) -> None:
    made = [here.create_run(NewRun("0", "twin")).info.run_id for _ in range(2)]
    heading = shell("runs", "compare", *made).output
    assert all(f"twin ({run[:8]})" in heading for run in made)
    assert shell("runs", "compare", made[0], made[0]).output.split() == ["name", "twin"]


@pytest.mark.parametrize("name", ["run", "name"])
def test_run_that_is_called_like_the_first_column_is_shown(shell: Shell, here: Store, name: str) -> None:
    run = here.create_run(NewRun("0", name)).info.run_id
    assert f"{run}" in shell("runs", "show", run).output
    here.log_batch(run, params=[Param("lr", "0.5")])
    assert shell("runs", "compare", run).output.splitlines()[1].split() == ["params.lr", "0.5"]


def test_run_that_is_called_as_another_is_told_apart_is_no_trap(shell: Shell, here: Store) -> None:
    twins = [here.create_run(NewRun("0", "twin", run_id=f"abcd{place:028}")).info.run_id for place in range(2)]
    trap = here.create_run(NewRun("0", "twin (abcd0000)")).info.run_id
    heading = shell("runs", "compare", *twins, trap).output.splitlines()[0]
    assert heading.split() == ["name", *twins, trap]
