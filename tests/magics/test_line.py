"""The line magics."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell

from trackbook.entities import Run
from trackbook.runs.active import open_runs
from trackbook.runs.fluent import log_metric, start_run
from trackbook.runs.session import current_store

Cells = Callable[..., Any]
Runs = Callable[..., list[Run]]


def test_start_says_where_and_logs_what_was_asked(cells: Cells, runs: Runs) -> None:
    ran = cells("%track_start first -e digits -p lr=0.1 -p 'act=re lu' -t team=vision")
    assert ran.said.splitlines()[:2] == [
        "Run first started in experiment digits.",
        f"Store: {Path.cwd() / 'trackbook.db'}",
    ]
    (run,) = runs("1")
    assert (run.data.params, run.data.tags["team"]) == ({"lr": "0.1", "act": "re lu"}, "vision")


def test_start_gives_the_run_and_shows_its_card_only_as_last_expression(shell: InteractiveShell, cells: Cells) -> None:
    assigned = cells("run = %track_start first")
    assert (assigned.shown, assigned.value) == ([], None)
    assert cells("run").value.info.run_name == "first"
    cells("%track_end")
    last = cells("%track_start second")
    data, _ = shell.display_formatter.format(last.value)  # type: ignore[union-attr]
    assert (data["text/plain"], "second" in data["text/html"]) == ("<Run second>", True)
    cells("%track_end")
    assert cells("%track_start third;").value is None


def test_verbs_log_to_the_open_run(cells: Cells, tmp_path: Path, runs: Runs) -> None:
    (tmp_path / "notes.txt").write_text("calm")
    cells("%track_start first")
    cells("%track_param depth=4 'name=a b'\n%track_metric loss=0.25 acc=nan --step 3\n%track_tag team=vision")
    assert cells(f"%track_artifact {tmp_path / 'notes.txt'} --to docs").error is None
    ended = cells("%track_end --status KILLED")
    assert "Run first ended KILLED after" in ended.said
    (run,) = runs()
    assert (run.data.params, run.data.metrics["loss"], run.info.status) == (
        {"depth": "4", "name": "a b"},
        0.25,
        "KILLED",
    )
    assert current_store().points(run.info.run_id, "loss").steps.tolist() == [3]
    assert (Path.cwd() / "trackbook-artifacts" / "0" / run.info.run_id / "docs" / "notes.txt").read_text() == "calm"


@pytest.mark.parametrize("line", ["%track_param a=1", "%track_metric a=1", "%track_tag a=1", "%track_artifact x"])
def test_verbs_without_a_run_say_how_to_open_one(cells: Cells, line: str, runs: Runs) -> None:
    ran = cells(line)
    assert type(ran.error).__name__ == "InvalidState"
    assert ran.said == "InvalidState: No run is open. %track_start opens one.\n"
    assert runs() == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("%track_start -p lr", "'lr' is no key=value pair"),
        ("%track_start -p lr=1 -p lr=2", "'lr' stands twice"),
        ("%track_start -p a//b=1", "param key 'a//b'"),
        ("%track_start --live loss --no-live", "exclude each other"),
        ("%track_start --resume nobody", "No run is called 'nobody'"),
        ("%track_start 'open", "A quote is left open"),
        ("%track_start a b", "unrecognized arguments: b"),
        ("%track_metric loss=high", "is 'high', which is no number"),
        ("%track_runs metrics.loss >", "column 15: expected a number"),
        ("%track_runs --last 0", "from 1 on"),
        ("%track_runs -e nowhere", "no experiment 'nowhere'"),
        ("%track_show", "No run has been started here yet"),
        ("%%track x -p bad\n1", "'bad' is no key=value pair"),
    ],
)
def test_bad_input_names_the_rule_and_starts_nothing(cells: Cells, line: str, words: str, runs: Runs) -> None:
    ran = cells(line)
    assert ran.error is not None
    assert words in ran.said
    assert "Traceback" not in ran.said
    assert runs() == []


def test_second_start_in_another_cell_says_what_to_do(cells: Cells, runs: Runs) -> None:
    cells("%track_start first", "a")
    ran = cells("%track_start second", "b")
    assert type(ran.error).__name__ == "InvalidState"
    assert "'first'" in ran.said
    assert "End it with %track_end" in ran.said
    assert cells("%track_start second --nested", "b").error is None
    assert [run.info.run_name for run in open_runs()] == ["first", "second"]


def test_second_start_in_one_cell_is_no_rerun(cells: Cells, runs: Runs) -> None:
    ran = cells("%track_start first\n%track_start second", "a")
    assert type(ran.error).__name__ == "InvalidState"
    assert [run.info.run_name for run in open_runs()] == ["first"]


def test_status_names_store_experiment_and_run(cells: Cells) -> None:
    assert cells("%track_status").said.splitlines()[-1] == "No run is open. %track_start opens one."
    cells("%track_start first -p lr=1")
    last = cells("%track_status").said.splitlines()
    assert last[:2] == [f"Store: {Path.cwd() / 'trackbook.db'}", "Experiment: Default"]
    assert last[2].startswith("Run: first (")
    assert last[2].endswith("RUNNING, 0 metrics, 1 param")


def test_uri_and_experiment_are_shown_and_chosen(cells: Cells, tmp_path: Path) -> None:
    assert cells(f"%track_uri {tmp_path / 'other.db'}").said == f"Store: {tmp_path / 'other.db'}\n"
    assert cells("%track_experiment 'two words'").said.startswith("Experiment two words (id 1) in ")
    (tmp_path / "no.db").write_bytes(b"not a database, and longer than a header of one hundred bytes" * 3)
    assert cells(f"%track_uri {tmp_path / 'no.db'}").error is not None
    assert cells("%track_uri").said == f"Store: {tmp_path / 'other.db'}\n"


def test_table_shows_the_runs_that_match(cells: Cells, shell: Any) -> None:
    shell.kernel = object()  # what has one also shows a table below its widget
    for name, loss in (("good", 0.1), ("bad", 0.9)):
        cells(f"%%track {name} -p lr='it\"s'\nfrom trackbook.runs.fluent import log_metric\nlog_metric('loss', {loss})")
    for filter_string in (
        "metrics.loss < 0.5 and params.lr = 'it\"s'",
        "'metrics.loss < 0.5'",
        "metrics.loss < 0.5 --last 5",
    ):
        shown = cells(f"%track_runs {filter_string}").shown[1]
        assert ("good" in shown["text/html"], "bad" in shown["text/html"]) == (True, False)
    newest = cells("%track_runs --last 1 -e Default").shown[1]
    assert ("good" in newest["text/html"], "bad" in newest["text/html"]) == (False, True)


def test_show_gives_card_and_curves(cells: Cells, runs: Runs) -> None:
    with start_run(run_name='it\'s "first"'):
        for step in range(3):
            log_metric("loss", 1 / (step + 1), step=step)
    run_id = runs()[0].info.run_id
    for name in ("", run_id, run_id[:8]):
        card, curves = cells(f"%track_show {name} --metric loss").shown
        assert "loss" in card["text/html"]
        assert curves["text/plain"] == "Trackbook curves"
    assert "no metric 'acc'; there is loss" in cells(f"%track_show {run_id} --metric acc").said


def test_show_of_several_runs_gives_their_curves_together(cells: Cells) -> None:
    for name in ("first", "second"):
        with start_run(run_name=name):
            log_metric("loss", 0.5)
    (curves,) = cells("%track_show first second").shown
    assert curves["text/plain"] == "Trackbook curves"
    assert "application/vnd.jupyter.widget-view+json" in curves
    assert "None of these runs has a metric 'acc'" in cells("%track_show first second --metric acc").said


def test_curves_are_shown_as_the_options_say(cells: Cells) -> None:
    for name in ("first", "second"):
        with start_run(run_name=name):
            log_metric("loss", 0.5)
    line = "%track_curves first --metric loss --x time --smooth 0.6 --linear --clip --by params.lr --columns 2"
    (curves,) = cells(line).shown
    assert curves["text/plain"] == "Trackbook curves"
    assert len(cells("%track_curves").shown) == 1  # of the newest runs
    assert "weight from 0 to 0.99, not 2" in cells("%track_curves first --smooth 2").said
    assert "params.NAME or tags.NAME" in cells("%track_curves first --by lr").said


def test_models_are_shown_by_name_and_version(cells: Cells) -> None:
    current_store().create_registered_model("digits")
    (shown,) = cells("%track_models digits --version 1").shown
    assert shown["text/plain"] == "Trackbook models"
    (shown,) = cells("%track_models").shown
    assert shown["text/plain"] == "Trackbook models"


def test_stored_names_are_never_expanded_or_run(cells: Cells, shell: InteractiveShell) -> None:
    evil = "{__import__('pathlib').Path('marker').touch()} $(touch marker) `touch marker` !touch marker"
    shell.user_ns["evil"] = evil
    current_store().create_experiment(evil)
    assert cells("%track_start \"$evil\" -e '$evil'".replace("'", '"')).error is None
    for line in ("%track_status", "%track_experiment", "%track_runs", "%track_show", "%track_end"):
        cells(line)
    with provisionalcompleter():
        list(shell.Completer.completions("%track_experiment ", 18))
    assert not list(Path.cwd().rglob("marker"))


def test_typed_variables_are_expanded(cells: Cells, runs: Runs) -> None:
    cells("name, lr = 'first', 0.5")
    cells("%track_start $name -p lr={lr * 2}")
    (run,) = runs()
    assert (run.info.run_name, run.data.params) == ("first", {"lr": "1.0"})


def test_control_characters_reach_no_terminal(cells: Cells) -> None:
    with start_run(run_name="a\x1b[2Jb"):
        assert "\x1b" not in cells("%track_status").said
