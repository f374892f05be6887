"""Nested runs and groups in a page: what stands below what, what folds, and what a group says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from trackbook.stores.base import RunTable
from trackbook.widgets.runs_table import RunsTable

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("comms")]
MakeTable = Callable[..., RunTable]


@pytest.fixture
def family(table_of: MakeTable) -> RunTable:
    """Two sweeps with two children each, a child of a child, and a run whose parent is not here; losses 0.7 to 0.1."""
    table = table_of(["sweep", "a", "b", "other", "c", "deep", "lone"])
    parents = [None, "id-sweep", "id-sweep", None, "id-other", "id-c", "gone"]
    table.tags["mlflow.parentRunId"] = list(parents)
    return table


def test_children_stand_below_their_parent_however_the_table_is_sorted(
    show: Callable[[RunsTable], Any], family: RunTable
) -> None:
    shown = show(RunsTable(family))
    assert shown.page.locator("[role=treegrid]").count() == 1
    shown.page.click("[data-column='metrics.loss']")
    assert shown.names() == ["lone", "other", "c", "deep", "sweep", "b", "a"]
    shown.page.click("[data-column='attributes.run_name']")
    assert shown.names() == ["lone", "other", "c", "deep", "sweep", "a", "b"]
    assert shown.row("deep").get_attribute("aria-level") == "3"


def test_arrows_fold_and_unfold_and_go_to_the_parent(show: Callable[[RunsTable], Any], family: RunTable) -> None:
    shown = show(RunsTable(family))
    shown.page.click("[data-column='attributes.run_name']")
    shown.row("other").locator(".rt-run").click()
    shown.page.keyboard.press("ArrowLeft")
    assert shown.names() == ["lone", "other", "sweep", "a", "b"]
    assert shown.row("other").get_attribute("aria-expanded") == "false"
    assert shown.trait("view")["folded"] == ["id-other"]
    for key in ("ArrowRight", "ArrowDown", "ArrowDown", "ArrowLeft"):
        shown.page.keyboard.press(key)
    assert shown.names() == ["lone", "other", "c", "deep", "sweep", "a", "b"]
    shown.page.keyboard.press("ArrowLeft")
    assert shown.names() == ["lone", "other", "c", "sweep", "a", "b"]


def test_runs_that_name_each_other_as_parents_are_shown_once(
    show: Callable[[RunsTable], Any], table_of: MakeTable
) -> None:
    table = table_of(["a", "b", "self"])
    table.tags["mlflow.parentRunId"] = ["id-b", "id-a", "id-self"]
    shown = show(RunsTable(table))
    assert sorted(shown.names()) == ["a", "b", "self"]


def test_groups_say_mean_and_deviation_and_fold(show: Callable[[RunsTable], Any], table_of: MakeTable) -> None:
    table = table_of(["a", "b", "c", "d"], solver=["adam", "sgd", "adam", None])
    table.metrics["loss"]["last"] = np.array([0.1, 0.5, 0.3, np.nan])
    shown = show(RunsTable(table, view={"group": "params.solver"}))
    groups = shown.page.locator(".rt-grouprow")
    assert [text.split("\n")[:3] for text in groups.all_inner_texts()] == [
        ["solver", "adam", "2"], ["solver", "sgd", "1"], ["solver", "no solver", "1"]
    ]  # fmt: skip
    assert groups.first.locator("[aria-label*=loss]").inner_text() == "0.2000 ± 0.1414"
    shown.row("c").locator(".rt-mark").click()
    groups.first.locator(".rt-fold").click()
    assert "a" not in [text.split("\n")[0] for text in shown.page.locator(".rt-run").all_inner_texts()]
    assert groups.first.locator(".rt-marks svg").count() == 1
    assert shown.trait("view") == {"group": "params.solver", "folded": ["params.solver=adam"]}


def test_a_group_is_chosen_from_the_list_and_selected_as_a_whole(
    show: Callable[[RunsTable], Any], table_of: MakeTable
) -> None:
    shown = show(RunsTable(table_of(["a", "b", "c"], solver=["sgd", "adam", "sgd"])))
    shown.page.click("[aria-label=Group]")
    shown.page.keyboard.type("solv")
    shown.page.locator(".rt-item", has_text="solver").click()
    shown.page.locator(".rt-grouprow .rt-mark").first.click()
    shown.carry()
    assert len(shown.widget.selected) == 2
    assert shown.widget.view == {"group": "params.solver"}
    shown.page.click("[aria-label=Group]")
    shown.page.locator(".rt-item", has_text="Do not group").click()
    assert shown.page.locator(".rt-grouprow").count() == 0
