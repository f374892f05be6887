"""`trackbook runs`: finding, making and changing runs."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result

from trackbook.entities import Metric, Param, RunTag, ViewType
from trackbook.stores.base import NewRun, Store
from trackbook.stores.sql.store import SqlStore
from trackbook.uris import parse_store_uri

Shell = Callable[..., Result]
#: What people have called their runs.
HOSTILE = [
    "👩‍🔬 lab", "عربي", "\x1b[2J\x1b]0;x\x07", "two\nlines", "=cmd()", "\u202egpj.exe", "\x9b31m", 'a"b,c', "漢字"
]  # fmt: skip


@pytest.fixture
def logged(here: Store) -> Store:
    """Three finished runs of one experiment, and one of another."""
    here.create_experiment("digits")
    for place, model in enumerate(["tree", "forest", "tree"]):
        run = here.create_run(NewRun("1", f"run-{place}", start_time=place + 1)).info.run_id
        tags = [RunTag("stage", "draft"), RunTag("mlflow.note.content", "x")]
        here.log_batch(run, [Metric("loss", place / 10, 1, 0)], [Param("model", model)], tags)
        here.update_run(run, status="FINISHED")
    here.create_run(NewRun("0", "elsewhere"))
    return here


def rows(answer: Result) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(answer.stdout)
    return found


def test_list_shows_the_newest_first(shell: Shell, logged: Store) -> None:
    heading, *lines = shell("runs", "list", "-x", "1").output.splitlines()
    assert heading.split() == ["run_id", "run_name", "experiment_id", "status", "start_time"]
    assert [line.split()[1] for line in lines] == ["run-2", "run-1", "run-0"]


def test_list_looks_everywhere_unless_it_is_told_where(
    shell: Shell, logged: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = ("runs", "list", "--format", "json")
    assert len(rows(shell(*everything))) == 4
    assert len(rows(shell(*everything, "-n", "digits", "-n", "Default"))) == 4
    monkeypatch.setenv("MLFLOW_EXPERIMENT_ID", "0")
    assert [row["run_name"] for row in rows(shell(*everything))] == ["elsewhere"]
    assert len(rows(shell(*everything, "--experiment-name", "digits"))) == 3
    monkeypatch.delenv("MLFLOW_EXPERIMENT_ID")
    monkeypatch.setenv("TRACKBOOK_EXPERIMENT_NAME", "digits")
    assert len(rows(shell(*everything))) == 3


def test_search_filters_orders_and_picks_columns(shell: Shell, logged: Store) -> None:
    asked = ("--filter", "params.model = 'tree'", "--order-by", "metrics.loss DESC")
    answer = shell("runs", "search", *asked, "--columns", "run_name,metrics.loss", "-c", "params.model")
    assert (
        answer.output
        == "run_name  metrics.loss  params.model\nrun-2              0.2  tree\nrun-0              0.0  tree\n"
    )


def test_search_answers_in_json_and_csv_too(shell: Shell, logged: Store) -> None:
    first = rows(shell("runs", "search", "--order-by", "metrics.loss", "--format", "json"))[0]
    assert (first["run_name"], first["status"], first["lost"]) == ("run-0", "FINISHED", False)
    assert (first["metrics.loss"], first["params.model"], first["tags.stage"]) == (0.0, "tree", "draft")
    assert "tags.mlflow.note.content" not in first
    assert str(first["start_time"]).endswith("+00:00")
    table = csv.DictReader(io.StringIO(shell("runs", "search", "-x", "1", "--format", "csv").output, newline=""))
    assert [row["metrics.loss"] for row in table] == ["0.2", "0.1", "0.0"]


def test_metric_that_a_run_lacks_is_not_nan(shell: Shell, here: Store) -> None:
    for place, value in enumerate([float("nan"), float("inf"), None]):
        run = here.create_run(NewRun("0", f"run-{place}")).info.run_id
        here.log_batch(run, [] if value is None else [Metric("loss", value, 1, 0)])
    found = rows(shell("runs", "search", "--order-by", "run_name", "--format", "json"))
    assert [row["metrics.loss"] for row in found] == ["NaN", "Infinity", None]


def test_max_results_and_view(shell: Shell, logged: Store) -> None:
    newest = logged.search_runs(["1"])[0].info.run_id
    logged.delete_run(newest)
    assert len(rows(shell("runs", "list", "-x", "1", "--max-results", "1", "--format", "json"))) == 1
    assert rows(shell("runs", "list", "--max-results", "0", "--format", "json")) == []
    assert [row["run_id"] for row in rows(shell("runs", "list", "-v", "deleted_only", "--format", "json"))] == [newest]
    assert len(rows(shell("runs", "list", "--view", "all", "--format", "json"))) == 4


@pytest.mark.parametrize(
    "wrong",
    [("--filter", "metrics.loss <"), ("--order-by", "nonsense"), ("-c", "loss"), ("-x", "77"), ("-n", "nobody")],
)
def test_what_cannot_be_searched_is_a_sentence(shell: Shell, logged: Store, wrong: tuple[str, str]) -> None:
    assert shell("runs", "search", *wrong, code=1).output.startswith("Error: ")


@pytest.mark.parametrize("wrong", [("--format", "xml"), ("--view", "some"), ("--max-results", "-1"), ("extra",)])
def test_wrong_line_ends_with_two(shell: Shell, here: Store, wrong: tuple[str, ...]) -> None:
    shell("runs", "search", *wrong, code=2)


def test_empty_store_is_an_empty_list(shell: Shell, here: Store) -> None:
    assert len(shell("runs", "list").output.splitlines()) == 1
    assert rows(shell("runs", "search", "--format", "json")) == []
    assert shell("runs", "search", "--format", "csv").output.startswith("run_id,run_name,")


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_name_moves_nothing_and_comes_back_whole(shell: Shell, here: Store, name: str) -> None:
    here.create_run(NewRun("0", name))
    (row,) = rows(shell("runs", "list", "--format", "json"))
    assert row["run_name"] == name
    table = shell("runs", "list").output
    assert len(table.splitlines()) == 2
    assert not set(table) & set("\x1b\x07\x9b\u202e")
    text = shell("runs", "list", "--format", "csv").stdout_bytes.decode()
    (line,) = csv.DictReader(io.StringIO(text, newline=""))
    assert line["run_name"].removeprefix("'") == name
    assert not line["run_name"].startswith("=")


def test_lost_run_is_told_as_lost(shell: Shell, tmp_path: Path) -> None:
    uri = str(tmp_path / "lost.db")
    then = SqlStore(parse_store_uri(uri), clock=lambda: 1_700_000_000_000)
    then.create_run(NewRun("0", "gone", owned=True))
    then.close()
    asked = ("runs", "search", "--backend-store-uri", uri)
    assert shell(*asked, "-c", "status").output.split() == ["status", "LOST"]
    (row,) = rows(shell(*asked, "--format", "json"))
    assert (row["status"], row["lost"]) == ("RUNNING", True)
    shell("runs", "end", "-r", str(row["run_id"]), "--status", "killed", "--tracking-uri", uri)
    (row,) = rows(shell(*asked, "--format", "json"))
    assert (row["status"], row["lost"], row["end_time"]) == ("KILLED", False, "2023-11-14T22:13:20.000+00:00")


def test_describe_is_the_run_as_json(shell: Shell, logged: Store) -> None:
    run = logged.search_runs(["1"])[0]
    told = json.loads(shell("runs", "describe", "--run-id", run.info.run_id).output)
    assert set(told) == {"info", "data", "inputs", "outputs"}
    assert told["info"]["run_id"] == run.info.run_id
    assert told["data"]["metrics"] == {"loss": 0.2}


def test_beginning_of_an_id_is_enough_if_it_is_the_only_one(shell: Shell, here: Store) -> None:
    for tail in ("1", "2"):
        here.create_run(NewRun("0", f"run-{tail}", run_id="abcd" + tail * 28))
    told = json.loads(shell("runs", "describe", "--run-id", "abcd1").output)
    assert told["info"]["run_name"] == "run-1"
    several = shell("runs", "delete", "--run-id", "abcd", code=1).output
    assert all(part in several for part in ("abcd1111", "abcd2222", "run-1", "run-2"))
    assert shell("runs", "describe", "--run-id", "abc", code=1).output.startswith("Error: ")
    assert len(here.search_runs(["0"])) == 2


def test_delete_says_how_to_restore(shell: Shell, logged: Store) -> None:
    run = logged.search_runs(["1"])[0].info.run_id
    first, second = shell("runs", "delete", "--run-id", run[:12]).output.splitlines()
    assert first == f"Run with ID {run} has been deleted."
    assert f"`trackbook runs restore --run-id {run}`" in second
    assert run not in [found.info.run_id for found in logged.search_runs(["1"])]
    assert shell("runs", "restore", "--run-id", run).output == f"Run with id {run} has been restored.\n"
    assert logged.get_run(run).info.lifecycle_stage == "active"


def test_create_makes_an_ended_run(shell: Shell, here: Store) -> None:
    words = ("-n", "new", "--run-name", "by-hand", "--description", "why", "-t", "a=b=c", "-p", "lr=0.1")
    told = json.loads(shell("runs", "create", *words, "--status", "failed").output)
    run = here.get_run(told["run_id"])
    assert told == {
        "run_id": run.info.run_id,
        "experiment_id": run.info.experiment_id,
        "status": "FAILED",
        "run_name": "by-hand",
    }
    assert run.info.end_time is not None
    assert run.data.params == {"lr": "0.1"}
    assert run.data.tags["a"] == "b=c"
    assert run.data.tags["mlflow.note.content"] == "why"
    assert run.info.user_id == run.data.tags["mlflow.user"] != ""
    assert run.data.tags["mlflow.source.type"] == "LOCAL"


def test_create_makes_a_child(shell: Shell, here: Store) -> None:
    parent = here.create_run(NewRun("0")).info.run_id
    told = json.loads(shell("runs", "create", "-x", "0", "--parent-run-id", parent[:8]).output)
    assert here.get_run(told["run_id"]).data.tags["mlflow.parentRunId"] == parent


def test_create_takes_the_experiment_of_the_settings(
    shell: Shell, here: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell("runs", "create", code=2)
    shell("runs", "create", "-x", "0", "-n", "digits", code=2)
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "digits")
    told = json.loads(shell("runs", "create").output)
    assert here.get_experiment(told["experiment_id"]).name == "digits"


@pytest.mark.parametrize("wrong", [("-p", "a\x00=1"), ("-t", "=1"), ("-p", "k=" + "x" * 70_000)])
def test_run_that_cannot_be_logged_whole_is_not_made(shell: Shell, here: Store, wrong: tuple[str, str]) -> None:
    shell("runs", "create", "-x", "0", *wrong, code=1)
    assert here.search_runs(["0"], None, ViewType.ALL) == []


def test_run_that_has_ended_is_not_ended_again(shell: Shell, here: Store) -> None:
    run = here.create_run(NewRun("0")).info.run_id
    assert shell("runs", "end", "--run-id", run).output == f"Run with id {run} has ended FINISHED.\n"
    assert "FINISHED" in shell("runs", "end", "--run-id", run, "--status", "FAILED", code=1).output
    assert here.get_run(run).info.status == "FINISHED"


def test_tags_are_set_all_or_none(shell: Shell, here: Store) -> None:
    run = here.create_run(NewRun("0")).info.run_id
    shell("runs", "set-tag", "-r", run[:4], "-t", "stage=final", "-t", "formula=a=b")
    assert here.get_run(run).data.tags["formula"] == "a=b"
    shell("runs", "set-tag", "-r", run, "-t", "stage=other", "-t", "bad|key=1", code=1)
    assert here.get_run(run).data.tags["stage"] == "final"


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A store of 10,000 runs with a few metrics and params each."""
    store = SqlStore(parse_store_uri(str(tmp_path_factory.mktemp("many") / "many.db")))
    for place in range(10_000):
        run = store.create_run(NewRun("0", f"run-{place}", tags={"stage": "draft"})).info.run_id
        store.log_batch(run, params=[Param("lr", str(place))])
    yield store.uri
    store.close()


@pytest.mark.slow
@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_ten_thousand_runs_are_listed_in_seconds(shell: Shell, many: str, form: str) -> None:
    start = time.perf_counter()
    answer = shell("runs", "search", "--backend-store-uri", many, "--format", form)
    assert answer.output.count("run-") >= 10_000
    assert time.perf_counter() - start < 10
