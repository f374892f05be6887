from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.widgets.table_page import TablePage
from trackbook.stores.base import RunTable, Store
from trackbook.widgets.runs_table import RunsTable

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("comms")]
MakeTable = Callable[..., RunTable]
PAYLOAD = "<img src=x onerror=window.hacked=1>"


def test_page_sorts_by_a_header_and_adds_with_shift(
    show: Callable[[RunsTable], TablePage], table_of: MakeTable
) -> None:
    shown = show(RunsTable(table_of(["a", "b", "c"], solver=["sgd", "adam", "sgd"])))
    shown.page.click("[data-column='metrics.loss']")
    assert shown.names() == ["c", "b", "a"]
    shown.page.click("[data-column='params.solver']")
    shown.page.click("[data-column='metrics.loss']", modifiers=["Shift"])
    assert shown.names() == ["b", "c", "a"]
    assert shown.page.get_attribute("[data-column='params.solver']", "aria-sort") == "ascending"


def test_page_sorts_nan_and_missing_last_both_ways(show: Callable[[RunsTable], TablePage], table_of: MakeTable) -> None:
    table = table_of(["nan", "one", "none", "two", "inf"])
    counts = np.array([1, 1, np.nan, 1, 1])
    table.metrics["loss"] = {"last": np.array([np.nan, 1, np.nan, 2, np.inf]), "count": counts}
    shown = show(RunsTable(table))
    shown.page.click("[data-column='metrics.loss']")
    assert shown.names() == ["one", "two", "inf", "nan", "none"]
    assert shown.row("nan").locator(".tb-nan").text_content() == "NaN"
    shown.page.click("[data-column='metrics.loss']")
    assert shown.names() == ["inf", "two", "one", "nan", "none"]


def test_page_filters_without_the_kernel(show: Callable[[RunsTable], TablePage], table_of: MakeTable) -> None:
    shown = show(RunsTable(table_of(["amber", "brisk", "calm"], solver=["sgd", "adam", None])))
    wanted = {
        "BRI": ["brisk"],
        "adam": ["brisk"],
        "metrics.loss > 0.15": ["amber", "brisk"],
        "metrics.loss >= 0.2 AND params.solver != 'sgd'": ["brisk"],
        "status = 'FINISHED' and metrics.loss < 0.15": ["calm"],
        "": ["amber", "brisk", "calm"],
    }
    for text, names in wanted.items():
        shown.filter(text)
        assert shown.names() == names, text
    assert shown.outbox() == []


def test_page_keeps_the_last_result_when_a_filter_is_refused(
    show: Callable[[RunsTable], TablePage], digits: Store, sent: Callable[[Any], list[Any]]
) -> None:
    shown = show(RunsTable.of(digits, ["1"]))
    shown.filter("run-1")
    shown.filter("params.solver > 3")
    shown.page.press(".rt-input", "Enter")
    (question,) = shown.outbox()
    shown.widget._handle_custom_msg(question, [])
    shown.page.evaluate("(answer) => model.deliver(answer, [])", sent(shown.widget)[-1][0])
    assert shown.names() == ["run-1"]
    assert "col 15" in shown.page.inner_text(".rt-said")
    assert "last result kept" in shown.page.inner_text(".rt-found")


def test_page_shows_what_the_store_found(
    show: Callable[[RunsTable], TablePage], digits: Store, sent: Callable[[Any], list[Any]]
) -> None:
    shown = show(RunsTable.of(digits, ["1"]))
    shown.filter("params.solver LIKE 's%' OR metrics.val_loss < 0.15")
    shown.page.press(".rt-input", "Enter")
    shown.widget._handle_custom_msg(shown.outbox()[-1], [])
    answer, buffers = sent(shown.widget)[-1]
    parts = [base64.b64encode(part).decode() for part in buffers]
    shown.page.evaluate("([answer, parts]) => model.deliver(answer, parts)", [answer, parts])
    assert shown.names() == ["run-2", "run-1"]
    shown.filter("")
    assert shown.names() == ["run-2", "run-1", "run-0"]


def test_page_selects_by_click_range_and_key(show: Callable[[RunsTable], TablePage], table_of: MakeTable) -> None:
    shown = show(RunsTable(table_of(["a", "b", "c", "d"])))
    shown.row("b").click()
    shown.row("d").click(modifiers=["Shift"])
    assert shown.trait("selected") == ["id-b", "id-c", "id-d"]
    shown.row("c").click(modifiers=["Control"])
    assert shown.trait("slots") == {"id-b": 1, "id-d": 3}
    for key in ("Home", " "):
        shown.page.keyboard.press(key)
    assert shown.trait("slots") == {"id-b": 1, "id-d": 3, "id-a": 2}
    assert shown.row("a").get_attribute("aria-label") == "a, finished, selected, mark square"
    shown.page.keyboard.press("Escape")
    assert shown.trait("selected") == []


def test_page_opens_a_run_by_double_click_and_enter(
    show: Callable[[RunsTable], TablePage], table_of: MakeTable
) -> None:
    shown = show(RunsTable(table_of(["a", "b"])))
    shown.row("a").dblclick()
    shown.page.keyboard.press("j")
    shown.page.keyboard.press("Enter")
    assert shown.outbox() == [{"type": "open", "run_id": "id-a"}, {"type": "open", "run_id": "id-b"}]


def test_page_holds_new_runs_back_until_asked(show: Callable[[RunsTable], TablePage], table_of: MakeTable) -> None:
    shown = show(RunsTable(table_of(["a", "b"])))
    shown.page.click("[data-column='attributes.run_name']")
    shown.row("b").click()
    shown.update(table_of(["z", "A1", "a", "b"]))
    assert shown.names() == ["a", "b"]
    assert shown.trait("selected") == ["id-b"]
    assert shown.page.inner_text(".rt-pill") == "2 new runs"
    shown.page.click(".rt-pill")
    assert shown.names() == ["a", "A1", "b", "z"]
    assert shown.page.locator(".rt-pill").is_hidden()


def test_page_keeps_its_scroll_over_an_update(show: Callable[[RunsTable], TablePage], table_of: MakeTable) -> None:
    names = [f"run-{i:04}" for i in range(10_000)]
    shown = show(RunsTable(table_of(names)))
    shown.page.evaluate("document.querySelector('.rt-scroll').scrollTop = 160000")
    shown.page.locator(".rt-run", has_text="run-5005").wait_for()
    shown.update(table_of([*names[:6000], *names[6001:]]))
    assert shown.page.evaluate("document.querySelector('.rt-scroll').scrollTop") == 160_000
    assert "run-5005" in shown.names()
    assert len(shown.names()) < 60


def test_page_shows_logged_text_as_text(show: Callable[[RunsTable], TablePage], table_of: MakeTable) -> None:
    table = table_of([PAYLOAD])
    table.params[PAYLOAD] = [PAYLOAD]
    table.metrics[PAYLOAD] = {name: np.array([value]) for name, value in (("last", 1.0), ("min", 0.5))}
    table.tags[PAYLOAD] = [PAYLOAD]
    shown = show(RunsTable(table, experiments={"1": PAYLOAD}))
    shown.page.click("[data-column^='params']", button="right")
    shown.page.keyboard.press("Escape")
    shown.page.click("[aria-label=Columns]")
    shown.filter(PAYLOAD)
    shown.row(PAYLOAD).click()
    assert shown.page.evaluate("[document.querySelectorAll('.rt img').length, window.hacked ?? null]") == [0, None]
    assert shown.names() == [PAYLOAD]


def test_page_picks_columns(show: Callable[[RunsTable], TablePage], table_of: MakeTable) -> None:
    table = table_of(["a", "b"], same=["1", "1"], lr=["0.1", "0.2"])
    table.tags["mlflow.user"] = ["ada", "bob"]
    shown = show(RunsTable(table))
    assert shown.headers() == ["Run", "Started", "Duration", "loss", "same", "lr"]
    shown.page.click("[aria-label='Only what differs']")
    assert "same" not in shown.headers()
    shown.page.click("[aria-label='Columns']")
    shown.page.locator(".rt-choice", has_text="mlflow.user").locator("input").check()
    assert shown.headers()[-1] == "mlflow.user"
    shown.page.get_by_label("Pin lr").click()
    assert shown.headers()[1] == "lr"


def test_page_tells_a_screen_reader_what_it_shows(show: Callable[[RunsTable], TablePage], table_of: MakeTable) -> None:
    shown = show(RunsTable(table_of(["a", "b", "c"]), experiments={"1": "digits-mlp"}))
    shown.filter("metrics.loss < 0.25")
    grid = shown.page.locator("[role=grid]")
    assert grid.get_attribute("aria-label") == "Runs of digits-mlp, 2 of 3"
    assert grid.get_attribute("aria-rowcount") == "4"
    assert shown.row("c").locator("[aria-label*=loss]").get_attribute("aria-label") == "loss last 0.1000, best"
    grid.focus()
    active = grid.get_attribute("aria-activedescendant")
    assert shown.page.locator(f"#{active}").count() == 1
    assert shown.page.locator(".rt-stage [tabindex='0']").count() == 1


def test_page_says_what_it_leaves_out(show: Callable[[RunsTable], TablePage], table_of: MakeTable) -> None:
    shown = show(RunsTable(table_of(["a", "b"]), total=31_402))
    told = "Runs 1 to 2 of 31\u202f402; sorted and filtered by the store"
    assert shown.page.inner_text(".rt-foot > span") == told
    shown.filter("metrics.loss < 0.15")
    shown.page.press(".rt-input", "Enter")
    assert shown.outbox()[-1]["type"] == "filter"


def test_page_without_runs_shows_code_that_names_the_store(
    show: Callable[[RunsTable], TablePage], file_store: Store, table_of: MakeTable
) -> None:
    shown = show(RunsTable.of(file_store, [file_store.create_experiment("digits-mlp")]))
    assert "No runs in digits-mlp yet" in shown.page.inner_text(".rt-empty")
    assert f"set_tracking_uri({file_store.uri!r})" in shown.page.inner_text(".rt-pre")
    shown.update(table_of(["a"]))
    assert shown.names() == ["a"]


def test_page_puts_a_row_on_two_lines_where_it_is_narrow(
    show: Callable[[RunsTable], TablePage], table_of: MakeTable
) -> None:
    shown = show(RunsTable(table_of(["a", "b"], lr=["0.1", "0.2"])))
    shown.page.set_viewport_size({"width": 420, "height": 600})
    shown.page.locator(".rt-narrow").wait_for()
    assert shown.row("a").bounding_box()["height"] == 44
    assert shown.row("a").locator(".rt-main .tb-caption").text_content() == "0.1"


def test_page_suggests_names_and_values(show: Callable[[RunsTable], TablePage], table_of: MakeTable) -> None:
    shown = show(RunsTable(table_of(["a", "b", "c"], solver=["sgd", "adam", "sgd"])))
    shown.page.click(".rt-input")
    shown.page.keyboard.type("params.so")
    assert shown.page.inner_text(".rt-option").split("\n") == ["params.solver", "sgd 2 · adam 1"]
    shown.page.keyboard.press("Tab")
    shown.page.keyboard.type("= '")
    shown.page.keyboard.press("ArrowDown")
    shown.page.keyboard.press("Enter")
    assert shown.page.input_value(".rt-input") == "params.solver = 'adam' "
    assert shown.names() == ["b"]


def test_page_chooses_which_value_a_metric_shows(show: Callable[[RunsTable], TablePage], table_of: MakeTable) -> None:
    table = table_of(["a", "b"])
    table.metrics["loss"] = {"last": np.array([3.0, 4.0]), "min": np.array([2.0, 1.5])}
    shown = show(RunsTable(table))
    assert shown.page.inner_text("[data-column='metrics.loss'] .tb-tag") == "min"
    shown.page.click("[data-column='metrics.loss']", button="right")
    shown.page.get_by_role("menuitemradio", name="last").click()
    assert shown.page.inner_text("[data-column='metrics.loss'] .tb-tag") == "last"
    assert shown.row("a").locator("[aria-label*=loss]").get_attribute("aria-label") == "loss last 3, best"
