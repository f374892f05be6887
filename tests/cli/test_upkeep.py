"""doctor, gc and du as they are typed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import Result

from trackbook.cli import main
from trackbook.entities import Metric
from trackbook.stores.base import NewRun, Store

Shell = Callable[..., Result]


@pytest.fixture
def run_id(here: Store) -> str:
    """A run with a point and a file."""
    run = here.create_run(NewRun("0", run_name="heavy"))
    here.log_batch(run.info.run_id, [Metric("loss", 0.5, 1)])
    folder = Path(str(run.info.artifact_uri))
    folder.mkdir(parents=True)
    (folder / "model.bin").write_bytes(b"x" * 3000)
    return run.info.run_id


@pytest.mark.parametrize("command", ["doctor", "gc", "du"])
def test_every_option_is_explained(command: str) -> None:
    options = [option for option in main.commands[command].params if isinstance(option, click.Option)]
    assert [option.name for option in options if not option.help] == []


def test_doctor_says_whether_a_store_is_sound(shell: Shell, run_id: str) -> None:
    answer = shell("doctor").output
    assert "The store is sound." in answer
    assert str(Path("trackbook.db").absolute()) in answer
    Path("trackbook.db").chmod(0o666)
    assert "permissions" in shell("doctor", code=1).output
    report = json.loads(shell("doctor", "--format", "json", code=1).output)
    assert (report["sound"], report["findings"][0]["check"]) == (False, "permissions")
    assert "1 were mended." in shell("doctor", "--fix").output
    assert shell("doctor", "--format", "csv").output.startswith("severity,check,where,what,remedy,mended")


def test_doctor_shows_no_secret(shell: Shell, run_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "hunter2")
    monkeypatch.setenv("TRACKBOOK_REGISTRY_URI", "https://ada:hunter2@example.org")
    monkeypatch.setenv("TRACKBOOK_EXPERIMENT_NAME", "digits")
    answer = shell("doctor", "--format", "json").output
    assert "hunter2" not in answer
    assert "digits" in answer
    assert "digits" not in shell("doctor", "--mask-envs").output


def test_doctor_of_nothing_makes_nothing(shell: Shell, own_folder: None) -> None:
    assert "no database" in shell("doctor", code=1).output
    assert list(Path().iterdir()) == []


def test_gc_deletes_for_good_what_was_deleted(shell: Shell, here: Store, run_id: str) -> None:
    assert "There is nothing to delete." in shell("gc", "--older-than", "0s").output
    here.delete_run(run_id)
    assert "There is nothing to delete." in shell("gc").output
    (row,) = json.loads(shell("gc", "--dry-run", "--older-than", "0s", "--format", "json").output)
    assert (row["kind"], row["id"], row["bytes"], row["outcome"]) == ("run", run_id, 3000, "would go")
    assert "2.93 KiB" in shell("gc", "--dry-run", "--older-than", "0s").output
    assert "were deleted for good" in shell("gc", "--older-than", "0s", "--run-ids", run_id).output
    assert "There is nothing to delete." in shell("gc", "--older-than", "0s", "--orphans", "--rejected").output


@pytest.mark.parametrize("span", ["7", "1 day", "d", "-1d", "1h2d", "", "1e3s"])
def test_gc_takes_spans_of_time_only(shell: Shell, here: Store, span: str) -> None:
    assert "span of time" in shell("gc", "--older-than", span, code=2).output


@pytest.mark.parametrize("option", ["--logged-model-ids", "--jobs", "--job-ids", "--workspace", "--all-workspaces"])
def test_gc_knows_no_options_of_what_is_left_out(shell: Shell, option: str) -> None:
    assert "No such option" in shell("gc", option, "1", code=2).output


def test_gc_refuses_what_is_not_deleted(shell: Shell, run_id: str) -> None:
    assert "trackbook runs delete" in shell("gc", "--run-ids", run_id, code=1).output
    assert "4711" in shell("gc", "--experiment-ids", "4711", code=1).output


def test_du_lists_the_largest_first(shell: Shell, here: Store, run_id: str) -> None:
    number = here.create_experiment("small")
    here.flush()
    (zero, one) = json.loads(shell("du", "--format", "json").output)
    assert (zero["id"], zero["artifacts"], zero["points"], one["id"]) == ("0", 3000, 1, number)
    (run,) = json.loads(shell("du", "--by", "run", "--format", "json", "--walk").output)
    assert (run["run"], run["name"], run["files"]) == (run_id, "heavy", 1)
    kinds = {row["kind"]: row["bytes"] for row in json.loads(shell("du", "--by", "kind", "--format", "json").output)}
    assert kinds["artifacts"] == 3000
    assert sum(kinds.values()) > 50_000
    assert "2.96 KiB" in shell("du").output
