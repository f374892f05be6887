"""Runs changed as a user changes them: from the bar, by keys, from menus; with Undo, and not by who may only look."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from trackbook.entities import Metric
from trackbook.stores.base import RunTable, Store
from trackbook.widgets.permission import Permission
from trackbook.widgets.runs_table import RunsTable

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("comms")]
Show = Callable[[RunsTable], Any]
PAYLOAD = "<img src=x onerror=window.hacked=1>"


def test_delete_is_at_once_and_undo_brings_the_rows_back(show: Show, digits: Store) -> None:
    shown = show(RunsTable.of(digits, ["1"]))
    shown.row("run-1").locator(".rt-mark").click()
    shown.row("run-0").locator(".rt-mark").click()
    shown.page.get_by_role("button", name="Delete").click()
    shown.carry()
    assert shown.names() == ["run-2"]
    assert "Deleted 2 runs." in shown.page.inner_text(".tb-said")
    assert shown.widget.selected == []
    shown.page.get_by_role("button", name="Undo").click()
    shown.carry()
    assert shown.names() == ["run-2", "run-1", "run-0"]
    assert len(digits.search_runs(["1"])) == 3


def test_a_name_a_star_and_a_tag_are_given_by_keys(show: Show, digits: Store) -> None:
    shown = show(RunsTable.of(digits, ["1"]))
    shown.row("run-1").locator(".rt-run").click()
    shown.page.keyboard.press("r")
    shown.page.get_by_label("Name", exact=True).fill("מודל 🙂")
    shown.page.keyboard.press("Enter")
    shown.carry()
    assert "מודל 🙂" in shown.names()
    shown.page.keyboard.press("f")
    shown.carry()
    assert shown.row("מודל 🙂").locator("[aria-label=starred]").count() == 1
    shown.page.keyboard.press("t")
    shown.page.get_by_label("Tag", exact=True).fill("team")
    shown.page.get_by_label("Value", exact=True).fill(PAYLOAD)
    shown.page.keyboard.press("Enter")
    shown.carry()
    run = next(run for run in digits.search_runs(["1"]) if run.info.run_name == "מודל 🙂")
    assert (run.data.tags["team"], run.data.tags["trackbook.star"]) == (PAYLOAD, "true")
    assert shown.headers()[-1] == "team"
    assert shown.page.evaluate("window.hacked ?? null") is None


def test_a_note_is_written_in_markdown_and_shown_as_text(show: Show, digits: Store) -> None:
    shown = show(RunsTable.of(digits, ["1"]))
    shown.row("run-1").click(button="right")
    shown.page.get_by_role("menuitem", name="Note").click()
    shown.carry()
    text = f"# Seen\n**bold** {PAYLOAD}\n- [x] done\n[bad](javascript:alert(1)) [good](https://example.org)"
    shown.page.get_by_label("Note in Markdown").fill(text)
    shown.page.get_by_role("button", name="Preview").click()
    note = shown.page.locator(".rt-note")
    assert (note.locator("b").inner_text(), note.locator("[role=heading]").inner_text()) == ("bold", "Seen")
    assert note.locator("a").evaluate_all("links => links.map((link) => link.href)") == ["https://example.org/"]
    assert note.locator("img").count() == 0
    assert PAYLOAD in note.inner_text()
    shown.page.get_by_role("button", name="Save note").click()
    shown.carry()
    assert shown.row("run-1").locator(".rt-noted").get_attribute("title") == text
    assert shown.page.evaluate("window.hacked ?? null") is None


def test_deleted_runs_are_looked_at_restored_and_purged_after_a_question(show: Show, digits: Store) -> None:
    for run in digits.search_runs(["1"], "run_name != 'run-0'"):
        digits.delete_run(run.info.run_id)
    shown = show(RunsTable.of(digits, ["1"]))
    shown.page.get_by_role("button", name="More about the table").click()
    shown.page.get_by_role("menuitemcheckbox", name="Deleted runs").click()
    shown.carry()
    assert shown.names() == ["run-2", "run-1"]
    shown.row("run-2").locator(".rt-mark").click()
    shown.page.get_by_role("button", name="Restore").click()
    shown.carry()
    assert shown.names() == ["run-1"]
    shown.row("run-1").locator(".rt-mark").click()
    shown.page.get_by_role("button", name="Purge…").click()
    shown.carry()
    assert "Nothing brings them back" in shown.page.inner_text(".tb-dialog")
    shown.page.get_by_role("button", name="Purge 1 run").click()
    shown.carry()
    assert "No deleted runs" in shown.page.inner_text(".rt-empty")
    shown.page.get_by_role("button", name="Back to the runs").click()
    shown.carry()
    assert shown.names() == ["run-2", "run-0"]


def test_runs_are_moved_to_an_experiment_that_is_chosen_from_a_list(show: Show, digits: Store) -> None:
    other = digits.create_experiment("digits-old 🗄")
    shown = show(RunsTable.of(digits, ["1"]))
    shown.row("run-1").locator(".rt-mark").click()
    shown.page.get_by_role("button", name="Move").click()
    shown.carry()
    shown.page.get_by_label("Find experiment").fill("old")
    shown.page.get_by_role("option", name="digits-old").click()
    shown.page.locator(".tb-dialog").get_by_role("button", name="Move", exact=True).click()
    shown.carry()
    assert shown.names() == ["run-2", "run-0"]
    assert [run.info.run_name for run in digits.search_runs([other])] == ["run-1"]


def test_who_may_only_look_reads_why_instead_of_buttons(show: Show, digits: Store) -> None:
    shown = show(RunsTable.of(digits, ["1"], permission=Permission(False, "This page only reads.")))
    shown.row("run-1").locator(".rt-mark").click()
    bar = shown.page.locator(".rt-selbar")
    assert "This page only reads." in bar.inner_text()
    assert bar.get_by_role("button").all_inner_texts() == ["Clear\nEsc"]
    for key in ("r", "f", "t", "Delete"):
        shown.page.keyboard.press(key)
    assert shown.outbox() == []
    shown.row("run-1").click(button="right")
    assert shown.page.get_by_role("menuitem", name="This page only reads.").is_disabled()


def test_a_busy_kernel_is_said_and_the_table_goes_on(show: Show, digits: Store) -> None:
    shown = show(RunsTable.of(digits, ["1"]))
    shown.page.clock.install()
    shown.row("run-1").locator(".rt-mark").click()
    shown.page.keyboard.press("f")
    shown.page.clock.run_for(4_100)
    assert "The kernel is busy" in shown.page.inner_text(".tb-said")
    shown.filter("metrics.val_loss < 0.25")
    assert shown.names() == ["run-2", "run-1"]
    shown.carry()
    assert "Starred run-1" in shown.page.inner_text(".tb-said")


def test_compare_is_the_primary_button_and_calls_back(show: Show, table_of: Callable[..., RunTable]) -> None:
    called: list[tuple[str, list[str]]] = []
    widget = RunsTable(table_of(["a", "b"]))
    widget.on_compare(lambda ids: called.append(("compare", ids)))
    widget.on_curves(lambda ids: called.append(("curves", ids)))
    shown = show(widget)
    shown.row("b").locator(".rt-mark").click()
    assert shown.page.locator(".rt-selbar .tb-primary").all_inner_texts() == ["Compare"]
    shown.page.get_by_role("button", name="Compare").click()
    shown.page.keyboard.press("v")
    shown.carry()
    assert called == [("compare", ["id-b"]), ("curves", ["id-b"])]


def test_curves_stand_in_the_cells_of_the_rows_in_view(show: Show, digits: Store) -> None:
    for run in digits.search_runs(["1"]):
        digits.log_batch(run.info.run_id, [Metric("val_loss", 0.05 / step, 0, step) for step in range(1, 90)])
    shown = show(RunsTable.of(digits, ["1"]))
    shown.page.wait_for_function("model.outbox.some((one) => one.kind === 'curves_of')")
    shown.carry()
    assert shown.page.locator(".rt-row .rt-curvecell").count() == 3
    shown.row("run-1").locator(".rt-mark").click()
    stroke = shown.row("run-1").locator(".rt-curvecell path").get_attribute("style")
    assert "--run-1" in stroke
