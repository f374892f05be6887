"""`trackbook experiments`."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from trackbook.entities import Metric, Param, RunTag
from trackbook.stores.base import NewRun, Store

Shell = Callable[..., Result]


def test_create_makes_the_store_and_says_what_scripts_expect(shell: Shell) -> None:
    assert shell("experiments", "create", "-n", "digits").output == "Created experiment 'digits' with id 1\n"
    assert Path("trackbook.db").exists()


def test_create_takes_tags_and_a_place(shell: Shell, here: Store, tmp_path: Path) -> None:
    place = str(tmp_path / "elsewhere")
    shell("experiments", "create", "-n", "digits", "-l", place, "-t", "team=vision", "--tags", "formula=a=b")
    made = here.get_experiment_by_name("digits")
    assert made is not None
    assert (made.tags, made.artifact_location) == ({"team": "vision", "formula": "a=b"}, place)


@pytest.mark.parametrize("wrong", [("-t", "team"), ("-t", "a=1", "-t", "a=2")])
def test_wrong_tag_is_a_wrong_line(shell: Shell, here: Store, wrong: tuple[str, ...]) -> None:
    shell("experiments", "create", "-n", "digits", *wrong, code=2)
    assert here.get_experiment_by_name("digits") is None


def test_name_that_is_taken_is_a_sentence(shell: Shell, here: Store) -> None:
    here.create_experiment("digits")
    answer = shell("experiments", "create", "-n", "digits", code=1)
    assert answer.output.startswith("Error: ")
    assert "digits" in answer.output


def names(answer: Result) -> list[str]:
    return [row["name"] for row in json.loads(answer.stdout)]


def test_search_lists_by_view_filter_and_order(shell: Shell, here: Store) -> None:
    for name in ("a", "b", "c"):
        here.create_experiment(name)
    here.delete_experiment("2")
    search = ("experiments", "search", "--format", "json")
    assert names(shell(*search, "--order-by", "name ASC")) == ["Default", "a", "c"]
    assert names(shell(*search, "--view", "deleted_only")) == ["b"]
    assert len(names(shell(*search, "-v", "ALL"))) == 4
    assert len(names(shell(*search, "-v", "all", "--max-results", "2"))) == 2
    assert names(shell(*search, "--max-results", "0")) == []
    assert names(shell(*search, "--filter", "name LIKE 'c%'")) == ["c"]


def test_every_list_can_be_a_table_json_or_csv(shell: Shell, here: Store) -> None:
    here.create_experiment("digits", tags={"team": "vision"})
    heading, *rows = shell("experiments", "list", "--filter", "name = 'digits'").output.splitlines()
    assert heading.split() == ["experiment_id", "name", "artifact_location", "lifecycle_stage", "creation_time"]
    assert [row.split()[:2] for row in rows] == [["1", "digits"]]
    (found,) = json.loads(shell("experiments", "search", "--filter", "name = 'digits'", "--format", "json").output)
    assert (found["experiment_id"], found["tags"]) == ("1", {"team": "vision"})
    (line,) = csv.DictReader(
        io.StringIO(shell("experiments", "search", "--max-results", "1", "--format", "csv").output)
    )
    assert (line["name"], json.loads(line["tags"])) == ("digits", {"team": "vision"})


@pytest.mark.parametrize("which", [("-x", "1"), ("--experiment-id", "1"), ("-n", "digits")])
def test_get_shows_one(shell: Shell, here: Store, which: tuple[str, str]) -> None:
    here.create_experiment("digits")
    assert "digits" in shell("experiments", "get", *which).output
    assert json.loads(shell("experiments", "get", *which, "--output", "json").output)["name"] == "digits"
    assert shell("experiments", "get", *which, "--format", "csv").output.startswith("experiment_id,name,")


@pytest.mark.parametrize("verb", ["get", "delete", "restore", "csv"])
@pytest.mark.parametrize("which", [(), ("-x", "1", "-n", "digits")])
def test_experiment_is_named_by_one_option(shell: Shell, here: Store, verb: str, which: tuple[str, ...]) -> None:
    here.create_experiment("digits")
    assert "--experiment-id" in shell("experiments", verb, *which, code=2).output


@pytest.mark.parametrize("which", [("-x", "77"), ("-n", "nobody"), ("-x", "x")])
def test_experiment_that_is_not_there_is_a_sentence(shell: Shell, here: Store, which: tuple[str, str]) -> None:
    assert which[1] in shell("experiments", "get", *which, code=1).output


def test_rename_delete_and_restore(shell: Shell, here: Store) -> None:
    here.create_experiment("digits")
    said = shell("experiments", "rename", "-x", "1", "--new-name", "letters").output
    assert said == "Experiment with id 1 has been renamed to 'letters'.\n"
    first, second = shell("experiments", "delete", "-n", "letters").output.splitlines()
    assert first == "Experiment with ID 1 has been deleted."
    assert "`trackbook experiments restore -x 1`" in second
    assert here.get_experiment("1").lifecycle_stage == "deleted"
    assert shell("experiments", "restore", "-x", "1").output == "Experiment with id 1 has been restored.\n"
    assert here.get_experiment("1").lifecycle_stage == "active"


@pytest.fixture
def logged(here: Store) -> Store:
    here.create_experiment("digits")
    run = here.create_run(NewRun("1", "keen-heron")).info.run_id
    params, tags = [Param("lr", "0.1"), Param("cmd", "=cmd()")], [RunTag("note", 'a\nb, "c"')]
    here.log_batch(run, [Metric("loss", float("nan"), 1, 0)], params, tags)
    return here


def test_csv_has_everything_that_was_logged(shell: Shell, logged: Store) -> None:
    (row,) = csv.DictReader(io.StringIO(shell("experiments", "csv", "-x", "1").output, newline=""))
    assert row["metrics.loss"] == "NaN"
    assert row["params.cmd"] == "'=cmd()"
    assert row["tags.note"] == 'a\nb, "c"'
    assert {"run_id", "experiment_id", "status", "artifact_uri", "start_time", "end_time"} <= set(row)


def test_csv_goes_to_a_file(shell: Shell, logged: Store) -> None:
    said = shell("experiments", "csv", "-x", "1", "-o", "digits.csv").output
    assert said == "Experiment with ID 1 has been exported as a CSV to file: digits.csv.\n"
    with open("digits.csv", encoding="utf-8", newline="") as file:
        assert [row["params.lr"] for row in csv.DictReader(file)] == ["0.1"]


def test_csv_of_no_runs_is_a_heading(shell: Shell, here: Store) -> None:
    assert shell("experiments", "csv", "-x", "0").stdout_bytes == b"run_id\r\n"


def test_file_that_cannot_be_written_is_a_sentence(shell: Shell, logged: Store) -> None:
    answer = shell("experiments", "csv", "-x", "1", "-o", "no/such/folder.csv", code=1)
    assert answer.output == "Error: No such file or directory: no/such/folder.csv\n"
