"""The page of a store, seen from Python: what it reads, what it says, and what it leaves alone."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from trackbook.dashboard import Dashboard
from trackbook.entities import Metric, Param
from trackbook.stores.base import NewRun, Store

ATTACK = '<img src=x onerror="alert(1)">\''


@pytest.fixture
def runs(file_store: Store) -> list[str]:
    """Three runs of one experiment with a falling loss; the last one still runs."""
    experiment = file_store.create_experiment("digits")
    found = []
    for number in range(3):
        run_id = file_store.create_run(NewRun(experiment, f"run-{number}", start_time=1_000 * number)).info.run_id
        points = [Metric("loss", 1 / (step + 1 + number), 0, step) for step in range(5)]
        file_store.log_batch(run_id, points, [Param("lr", str(number))])
        found.append(run_id)
    for run_id in found[:2]:
        file_store.update_run(run_id, status="FINISHED", end_time=9_000)
    file_store.flush()
    return found


@pytest.fixture
def page(file_store: Store, runs: list[str]) -> Iterator[Dashboard]:
    opened = Dashboard(file_store.uri)
    yield opened
    opened.close()


def test_page_begins_with_the_experiment_that_runs(page: Dashboard, runs: list[str]) -> None:
    (digits,) = page.experiments
    assert (digits["name"], digits["total"], digits["running"]) == ("digits", 3, 1)
    assert page.experiment == digits["id"]
    assert page.table is not None
    assert set(page.table._rows.run_ids) == set(runs)
    assert page.trouble == page.empty == {}


def test_curves_are_those_of_the_selected_runs_in_their_slots(page: Dashboard, runs: list[str]) -> None:
    assert page.table is not None
    page.table.selected = [runs[1], runs[0]]
    page.tab = "curves"
    assert page.curves is not None
    assert list(page.curves._cast.shown) == [runs[1], runs[0]]
    assert [fact["slot"] for fact in page.curves._facts] == [1, 2, None]  # and the third run in grey
    page.table.selected = [runs[0]]
    assert list(page.curves._cast.shown) == [runs[0]]
    assert [fact["slot"] for fact in page.curves._facts] == [2, None, None]
    assert (page.selected, page.note) == (1, "")


def test_without_a_selection_the_newest_runs_have_their_curves_shown(page: Dashboard, runs: list[str]) -> None:
    page.tab = "curves"
    assert page.curves is not None
    assert set(page.curves._cast.shown) == set(runs)
    assert "Select" in page.note


def test_refresh_shows_what_was_logged_since(page: Dashboard, file_store: Store, runs: list[str]) -> None:
    page.tab = "curves"
    panel = page.curves
    assert panel is not None
    file_store.log_batch(runs[2], [Metric("loss", 0.01, 0, 99)])
    file_store.flush()
    page.refresh()
    assert page.curves is panel
    assert sum(series.count for series in panel._series.values()) == 16


def test_refresh_reads_nothing_while_nothing_changes(page: Dashboard) -> None:
    page.refresh()
    table = page.table
    assert table is not None
    before = table._rows
    page.refresh()
    assert table._rows is before


def test_new_experiment_appears_and_the_chosen_one_stays(page: Dashboard, file_store: Store) -> None:
    chosen = page.experiment
    file_store.create_run(NewRun(file_store.create_experiment("later")))
    page.refresh()
    assert [one["name"] for one in page.experiments] == ["later", "digits"]
    assert page.experiment == chosen


def test_another_experiment_brings_its_own_table(page: Dashboard, file_store: Store) -> None:
    later = file_store.create_experiment("later")
    run_id = file_store.create_run(NewRun(later)).info.run_id
    page.refresh()
    page.experiment = later
    assert page.table is not None
    assert page.table._rows.run_ids == [run_id]


def test_opened_run_shows_everything_as_it_was_logged(page: Dashboard, file_store: Store, runs: list[str]) -> None:
    file_store.log_batch(runs[2], [Metric("odd", math.nan, 0, 2**62)], [Param("note", ATTACK)])
    file_store.flush()
    page.run = runs[2]
    assert page.tab == "run"
    details = json.loads(json.dumps(page.details, allow_nan=False))
    assert ["note", ATTACK] in details["params"]
    odd = next(metric for metric in details["metrics"] if metric["key"] == "odd")
    assert (odd["last"], odd["min"]) == ("NaN", None)
    loss = next(metric for metric in details["metrics"] if metric["key"] == "loss")
    assert (loss["min_step"], loss["count"], loss["goal"]) == ("4", 5, "min")


def test_run_that_does_not_exist_leaves_the_page_as_it_was(page: Dashboard) -> None:
    page.run = "f" * 32
    assert (page.run, page.tab, page.details, page.trouble) == ("", "runs", {}, {})


def test_page_of_no_store_names_the_place_and_fills_when_it_comes(tmp_path: Path) -> None:
    from trackbook.stores import open_store

    place = tmp_path / "later.db"
    opened = Dashboard(str(place))
    assert str(place) in opened.empty["text"]
    assert str(place) in opened.empty["code"]
    assert not place.exists()
    store = open_store(str(place))
    store.create_run(NewRun("0"))
    opened.refresh()
    assert (opened.empty, opened.trouble, opened.experiments[0]["total"]) == ({}, {}, 1)
    opened.close()
    store.close()


def test_store_that_goes_away_is_told_in_a_sentence_and_its_runs_stay(page: Dashboard, file_store: Store) -> None:
    shown = page.experiments
    path = file_store.uri.removeprefix("sqlite:///")
    os.rename(path, path + ".moved")
    page.refresh()
    assert path in page.trouble["title"]
    assert page.trouble["since"] is not None
    assert page.experiments == shown
    assert (page.trouble["again"], page.trouble["tries"]) == (5_000, 1)
    os.rename(path + ".moved", path)
    page.refresh()
    assert page.trouble["tries"] == 1
    page.look_again()
    assert page.trouble == {}


def test_foreign_file_is_told_in_a_sentence(tmp_path: Path) -> None:
    import sqlite3

    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE birds (name TEXT)")
    other.close()
    opened = Dashboard(str(tmp_path / "other.db"))
    assert "another program" in opened.trouble["title"]
    opened.close()


def test_page_begins_where_its_address_asks(file_store: Store, runs: list[str]) -> None:
    opened = Dashboard(file_store.uri, run=runs[0])
    assert (opened.tab, opened.details["name"]) == ("run", "run-0")
    opened.close()


def test_artifacts_are_listed_as_a_tree(file_store: Store, runs: list[str]) -> None:
    from trackbook.runs.artifacts import log_text

    log_text(file_store, file_store.get_run(runs[0]), "hello", "plots/one/a.txt")
    opened = Dashboard(file_store.uri, run=runs[0])
    shown = [(file["name"], file["depth"], file["folder"]) for file in opened.details["artifacts"]]
    assert shown == [("plots", 0, True), ("one", 1, True), ("a.txt", 2, False)]
    opened.close()
