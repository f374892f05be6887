"""How a table stands: kept in its view, given to another table, moved by drag and keys, and told as code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from trackbook.stores.base import RunTable, Store
from trackbook.widgets.runs_table import RunsTable

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("comms")]
Show = Callable[[RunsTable], Any]
MakeTable = Callable[..., RunTable]


def test_a_view_given_to_another_table_shows_the_same(show: Show, table_of: MakeTable) -> None:
    def table() -> RunTable:
        made = table_of(["a", "b", "c"], lr=["0.1", "0.2", "0.1"], same=["1", "1", "1"])
        made.metrics["loss"]["min"] = np.array([3.0, 2.0, 1.0])
        return made

    shown = show(RunsTable(table()))
    page = shown.page
    page.click("[data-column='params.lr']")
    page.click("[data-column='metrics.loss']", modifiers=["Shift"])
    page.click("[data-column='metrics.loss']", button="right")
    page.get_by_role("menuitemradio", name="last").click()
    page.click("[data-column='params.lr']", button="right")
    page.get_by_role("menuitem", name="Pin column").click()
    page.click("[aria-label='Only what differs']")
    shown.filter("metrics.loss < 0.35")
    shown.carry()
    view, names, headers = shown.widget.view, shown.names(), shown.headers()
    assert view["sort"] == [{"id": "params.lr", "descending": False}, {"id": "metrics.loss", "descending": False}]
    assert (view["differs"], view["columns"]["params.lr"]["pinned"]) == (True, True)
    page.evaluate("document.querySelector('.rt').remove()")
    again = show(RunsTable(table(), view=view))
    assert (again.names(), again.headers()) == (names, headers)
    assert page.input_value(".rt-input") == "metrics.loss < 0.35"
    again.carry()
    assert again.widget.view == view


def test_a_column_is_dragged_and_moved_by_keys_within_its_group(show: Show, table_of: MakeTable) -> None:
    shown = show(RunsTable(table_of(["a", "b"], one=["1", "2"], two=["1", "2"], three=["1", "2"])))
    assert shown.headers()[-3:] == ["one", "two", "three"]
    first = shown.page.locator("[data-column='params.one']").bounding_box()
    last = shown.page.locator("[data-column='params.three']").bounding_box()
    shown.page.mouse.move(first["x"] + 12, first["y"] + 12)
    shown.page.mouse.down()
    shown.page.mouse.move(last["x"] + last["width"] - 3, last["y"] + 12, steps=8)
    shown.page.mouse.up()
    assert shown.headers()[-3:] == ["two", "three", "one"]
    assert shown.page.get_attribute("[data-column='params.one']", "aria-sort") == "none"
    shown.row("a").locator("[aria-colindex]").last.click()
    shown.page.keyboard.press("Control+ArrowLeft")
    assert shown.headers()[-3:] == ["two", "one", "three"]
    assert shown.trait("view")["order"] == ["params.two", "params.one", "params.three"]


def test_the_kernel_may_write_the_view_too(show: Show, table_of: MakeTable) -> None:
    shown = show(RunsTable(table_of(["a", "b", "c"])))
    shown.widget.view = {"filter": "metrics.loss > 0.15", "sort": [{"id": "metrics.loss", "descending": False}]}
    shown.carry()
    assert shown.names() == ["b", "a"]
    shown.widget.view = {}
    shown.carry()
    assert shown.names() == ["a", "b", "c"]


def test_several_columns_are_sorted_from_the_list(show: Show, table_of: MakeTable) -> None:
    shown = show(RunsTable(table_of(["a", "b", "c"], solver=["sgd", "adam", "sgd"])))
    for name in ("solver", "loss"):
        shown.page.click("[aria-label=Sort]")
        shown.page.locator(".rt-item", has_text=name).click()
    assert shown.page.text_content("[aria-label=Sort]") == "Sort 2"
    assert shown.names() == ["b", "c", "a"]
    shown.page.click("[aria-label=Sort]")
    shown.page.get_by_label("solver ascending, turn round").click()
    assert shown.names() == ["c", "a", "b"]


def test_what_the_browser_does_not_hold_is_sorted_and_turned_by_the_store(
    show: Show, digits: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trackbook.widgets.runs_query.ROW_LIMIT", 2)
    monkeypatch.setattr("trackbook.widgets.columns.ROW_LIMIT", 2)
    shown = show(RunsTable.of(digits, ["1"]))
    assert shown.names() == ["run-2", "run-1"]
    shown.page.click("[data-column='attributes.run_name']")
    shown.carry()
    assert shown.names() == ["run-0", "run-1"]
    shown.page.get_by_role("button", name="Next").click()
    shown.carry()
    assert shown.names() == ["run-2"]
    assert "Runs 3 to 3 of 3" in shown.page.inner_text(".rt-foot")
    shown.page.get_by_role("button", name="Previous").click()
    shown.carry()
    assert shown.names() == ["run-0", "run-1"]


def test_copy_as_code_copies_what_the_kernel_says(show: Show, digits: Store) -> None:
    shown = show(RunsTable.of(digits, ["1"]))
    shown.page.click("[data-column='metrics.val_loss']")
    shown.carry()
    script = "document.addEventListener('copy', () => { window.copied = document.activeElement.value; })"
    shown.page.evaluate(script)  # a page of its own has no clipboard object
    shown.page.get_by_role("button", name="More about the table").click()
    shown.page.get_by_role("menuitem", name="Copy as code").click()
    shown.page.locator(".tb-said").wait_for()
    assert shown.page.evaluate("window.copied") == shown.widget.code
    assert "'sort': [{'id': 'metrics.val_loss', 'descending': False}]" in shown.widget.code
