from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from trackbook.entities import Metric, Param
from trackbook.errors import BadFilter
from trackbook.stores.base import NewRun, RunTable, Store
from trackbook.widgets.runs_table import RunQuery, RunsTable, slots_of

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.usefixtures("comms")
PAYLOAD = "<img src=x onerror=window.hacked=1>"


def table_of(names: list[str], **params: list[str | None]) -> RunTable:
    count = len(names)
    attributes: dict[str, list[Any]] = {
        "experiment_id": ["1"] * count,
        "run_name": list(names),
        "status": ["FINISHED"] * count,
        "start_time": [1_700_000_000_000 + i for i in range(count)],
        "end_time": [1_700_000_013_000 + i for i in range(count)],
    }
    losses = np.array([0.1 * (count - i) for i in range(count)])
    return RunTable([f"id-{name}" for name in names], attributes, {"loss": {"last": losses}}, dict(params), {})


# ---- slots ----


def test_slots_take_the_lowest_free_one_and_keep_it() -> None:
    slots = slots_of(["a", "b", "c"], {})
    assert slots == {"a": 1, "b": 2, "c": 3}
    slots = slots_of(["b", "c"], slots)
    assert slots_of(["b", "c", "d", "e"], slots) == {"b": 2, "c": 3, "d": 1, "e": 4}


def test_slots_end_at_twenty_four() -> None:
    slots = slots_of([f"r{i}" for i in range(30)], {})
    assert sorted(slots.values()) == list(range(1, 25))
    assert "r29" not in slots


def test_selecting_gives_slots() -> None:
    widget = RunsTable(table_of(["a", "b"]))
    widget.selected = ["id-b", "id-a"]
    assert widget.slots == {"id-b": 1, "id-a": 2}


# ---- what a page gets ----


def test_state_that_a_late_page_reads_is_the_table_as_it_is_now() -> None:
    widget = RunsTable(table_of(["a"]))
    widget.update(table_of(["a", "b"]))
    assert widget.get_state()["_table"]["meta"]["ids"] == ["id-a", "id-b"]


def test_update_without_a_change_sends_nothing() -> None:
    widget = RunsTable(table_of(["a", "b"]))
    before = len(widget.comm.sent)
    widget.update(table_of(["a", "b"]))
    assert len(widget.comm.sent) == before
    widget.update(table_of(["a", "b", "c"]))
    assert len(widget.comm.sent) == before + 1


def test_state_holds_no_nan_in_json() -> None:
    table = table_of(["a"])
    table.metrics["loss"]["last"] = np.array([np.nan])
    widget = RunsTable(table)
    widget.update(table_of(["b"]))  # RecordingComm takes no NaN
    assert widget.comm.sent


def test_bundle_has_a_constant_text_and_an_escaped_table() -> None:
    widget = RunsTable(table_of([PAYLOAD]), experiments={"1": PAYLOAD})
    data, _ = widget._repr_mimebundle_()
    assert data["text/plain"] == "Trackbook runs"
    assert "application/vnd.jupyter.widget-view+json" in data
    assert "<img" not in data["text/html"]
    assert "&lt;img" in data["text/html"]


# ---- messages ----


def test_opening_a_run_calls_back() -> None:
    opened: list[str] = []
    widget = RunsTable(table_of(["a"]))
    widget.on_open(opened.append)
    widget._handle_custom_msg({"type": "open", "run_id": "id-a"}, [])
    widget._handle_custom_msg({"type": "open", "run_id": 7}, [])
    assert opened == ["id-a"]


def test_curves_button_is_there_once_somebody_listens() -> None:
    asked: list[list[str]] = []
    widget = RunsTable(table_of(["a"]))
    assert widget._deeds == []
    widget.on_curves(asked.append)
    widget.selected = ["id-a"]
    widget._handle_custom_msg({"type": "curves"}, [])
    assert (widget._deeds, asked) == (["curves"], [["id-a"]])


def test_filter_without_a_store_is_refused_with_the_remedy(sent: Callable[[Any], list[Any]]) -> None:
    widget = RunsTable(table_of(["a"]))
    widget._handle_custom_msg({"type": "filter", "view": "v", "number": 1, "text": "a OR b"}, [])
    (answer, _) = sent(widget)[-1]
    assert (answer["type"], answer["view"], answer["number"]) == ("refused", "v", 1)
    assert "RunsTable.of" in answer["message"]


@pytest.fixture
def digits(store: Store) -> Store:
    """Three runs with losses 0.3, 0.2, 0.1 and solvers adam, sgd, adam."""
    experiment = store.create_experiment("digits-mlp")
    for place, solver in enumerate(["adam", "sgd", "adam"]):
        run = store.create_run(NewRun(experiment, f"run-{place}", start_time=1_700_000_000_000 + place))
        loss = Metric("val_loss", 0.3 - place / 10, 1_700_000_000_000)
        store.log_batch(run.info.run_id, [loss], [Param("solver", solver)])
    store.flush()
    return store


def names_of(meta: dict[str, Any]) -> list[str]:
    column = next(each for each in meta["columns"] if each["key"] == "run_name")
    return list(column["texts"])


def test_table_of_a_store_shows_its_runs_newest_first(digits: Store) -> None:
    widget = RunsTable.of(digits, ["1"])
    assert names_of(widget._table["meta"]) == ["run-2", "run-1", "run-0"]
    assert widget._about["title"] == "digits-mlp"
    assert repr(digits.uri) in widget._about["code"]


def test_filter_is_answered_by_the_store(digits: Store, sent: Callable[[Any], list[Any]]) -> None:
    widget = RunsTable.of(digits, ["1"], "metrics.val_loss < 0.25")
    text = "params.solver = 'sgd' OR params.solver = 'none'"
    widget._handle_custom_msg({"type": "filter", "view": "v", "number": 4, "text": text}, [])
    answer, buffers = sent(widget)[-1]
    assert (answer["type"], answer["number"], names_of(answer["meta"])) == ("filtered", 4, ["run-1"])
    assert buffers


def test_bad_filter_is_refused_with_its_column(digits: Store, sent: Callable[[Any], list[Any]]) -> None:
    widget = RunsTable.of(digits, ["1"], "metrics.val_loss < 0.25")
    before = widget._table
    widget._handle_custom_msg({"type": "filter", "view": "v", "number": 1, "text": "params.solver > 3"}, [])
    answer, _ = sent(widget)[-1]
    assert (answer["type"], answer["column"]) == ("refused", 15)
    assert not answer["message"].startswith("col")
    assert widget._table is before


def test_table_of_a_bad_filter_raises(digits: Store) -> None:
    with pytest.raises(BadFilter):
        RunsTable.of(digits, ["1"], "metrics.val_loss <")


def test_refresh_reads_the_store_again(digits: Store) -> None:
    widget = RunsTable.of(digits, ["1"], order_by=["metrics.val_loss ASC"])
    digits.create_run(NewRun("1", "run-3"))
    widget.refresh()
    assert names_of(widget._table["meta"]) == ["run-2", "run-1", "run-0", "run-3"]
    assert widget._about["order"] == [{"id": "metrics.val_loss", "descending": False}]


def test_query_counts_what_a_browser_does_not_hold(digits: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trackbook.widgets.runs_table.ROW_LIMIT", 1)
    table, total = RunQuery(digits, ("1",)).read()
    assert (len(table.run_ids), total) == (2, 3)


def test_selection_made_in_a_page_arrives_with_its_slots() -> None:
    widget = RunsTable(table_of(["a", "b"]))
    widget.set_state({"selected": ["id-b"], "slots": {"id-b": 1}})
    assert (widget.selected, widget.slots) == (["id-b"], {"id-b": 1})


# ---- in a browser ----

_OPEN = """async ([source, css, traits]) => {
  const bytes = (text) => {
    const plain = atob(text), shifted = new Uint8Array(plain.length + 3);
    for (let i = 0; i < plain.length; i += 1) shifted[i + 3] = plain.charCodeAt(i);
    return new DataView(shifted.buffer, 3, plain.length);
  };
  window.decode = (table) => ({ meta: table.meta, buffers: table.buffers.map(bytes) });
  traits._table = window.decode(traits._table);
  document.head.append(Object.assign(document.createElement("style"), { textContent: css }));
  const host = document.body.appendChild(document.createElement("div"));
  await window.openWidget("table", source, traits, host);
  window.model = window.models.table;
}"""


def coded(table: dict[str, Any]) -> dict[str, Any]:
    json.dumps(table["meta"], allow_nan=False)
    return {"meta": table["meta"], "buffers": [base64.b64encode(part).decode() for part in table["buffers"]]}


class TablePage:
    """A runs table in a page, and what a test asks of it."""

    def __init__(self, page: Page, widget: RunsTable) -> None:
        self.page, self.widget = page, widget
        state = {name: getattr(widget, name) for name in ("selected", "slots", "height", "_about", "_deeds")}
        traits = {**state, "_table": coded(widget._table)}
        page.evaluate(_OPEN, [widget._esm, widget._css, traits])

    def names(self) -> list[str]:
        script = (
            "[...document.querySelectorAll('.rt-row')].sort((a, b) => a.dataset.position - b.dataset.position)"
            ".map((row) => row.querySelector('.rt-run').textContent)"
        )
        return list(self.page.evaluate(script))

    def headers(self) -> list[str]:
        script = (
            "[...document.querySelectorAll('.rt-names [data-column] > span:first-child')].map((n) => n.textContent)"
        )
        return list(self.page.evaluate(script))

    def trait(self, name: str) -> Any:
        return self.page.evaluate("(name) => model.get(name)", name)

    def outbox(self) -> list[dict[str, Any]]:
        return list(self.page.evaluate("model.outbox.splice(0)"))

    def update(self, table: RunTable) -> None:
        self.widget.update(table)
        script = "(table) => { model.set('_table', window.decode(table)); model.fire('change:_table'); }"
        self.page.evaluate(script, coded(self.widget._table))

    def filter(self, text: str) -> None:
        self.page.fill(".rt-input", text)

    def row(self, name: str) -> Any:
        return self.page.locator(f".rt-row:has(.rt-run:text-is({json.dumps(name)}))")


@pytest.fixture
def show(stage: Callable[..., Any], page: Page) -> Callable[[RunsTable], TablePage]:
    page.set_viewport_size({"width": 1000, "height": 640})
    stage()
    return lambda widget: TablePage(page, widget)


@pytest.mark.browser
def test_page_sorts_by_a_header_and_adds_with_shift(show: Callable[[RunsTable], TablePage]) -> None:
    shown = show(RunsTable(table_of(["a", "b", "c"], solver=["sgd", "adam", "sgd"])))
    shown.page.click("[data-column='metrics.loss']")
    assert shown.names() == ["c", "b", "a"]
    shown.page.click("[data-column='params.solver']")
    shown.page.click("[data-column='metrics.loss']", modifiers=["Shift"])
    assert shown.names() == ["b", "c", "a"]
    assert shown.page.get_attribute("[data-column='params.solver']", "aria-sort") == "ascending"


@pytest.mark.browser
def test_page_sorts_nan_and_missing_last_both_ways(show: Callable[[RunsTable], TablePage]) -> None:
    table = table_of(["nan", "one", "none", "two", "inf"])
    counts = np.array([1, 1, np.nan, 1, 1])
    table.metrics["loss"] = {"last": np.array([np.nan, 1, np.nan, 2, np.inf]), "count": counts}
    shown = show(RunsTable(table))
    shown.page.click("[data-column='metrics.loss']")
    assert shown.names() == ["one", "two", "inf", "nan", "none"]
    assert shown.row("nan").locator(".tb-nan").text_content() == "NaN"
    shown.page.click("[data-column='metrics.loss']")
    assert shown.names() == ["inf", "two", "one", "nan", "none"]


@pytest.mark.browser
def test_page_filters_without_the_kernel(show: Callable[[RunsTable], TablePage]) -> None:
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


@pytest.mark.browser
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


@pytest.mark.browser
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


@pytest.mark.browser
def test_page_selects_by_click_range_and_key(show: Callable[[RunsTable], TablePage]) -> None:
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


@pytest.mark.browser
def test_page_opens_a_run_by_double_click_and_enter(show: Callable[[RunsTable], TablePage]) -> None:
    shown = show(RunsTable(table_of(["a", "b"])))
    shown.row("a").dblclick()
    shown.page.keyboard.press("j")
    shown.page.keyboard.press("Enter")
    assert shown.outbox() == [{"type": "open", "run_id": "id-a"}, {"type": "open", "run_id": "id-b"}]


@pytest.mark.browser
def test_page_holds_new_runs_back_until_asked(show: Callable[[RunsTable], TablePage]) -> None:
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


@pytest.mark.browser
def test_page_keeps_its_scroll_over_an_update(show: Callable[[RunsTable], TablePage]) -> None:
    names = [f"run-{i:04}" for i in range(10_000)]
    shown = show(RunsTable(table_of(names)))
    shown.page.evaluate("document.querySelector('.rt-scroll').scrollTop = 160000")
    shown.page.locator(".rt-run", has_text="run-5005").wait_for()
    shown.update(table_of([*names[:6000], *names[6001:]]))
    assert shown.page.evaluate("document.querySelector('.rt-scroll').scrollTop") == 160_000
    assert "run-5005" in shown.names()
    assert len(shown.names()) < 60


@pytest.mark.browser
def test_page_shows_logged_text_as_text(show: Callable[[RunsTable], TablePage]) -> None:
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


@pytest.mark.browser
def test_page_picks_columns(show: Callable[[RunsTable], TablePage]) -> None:
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


@pytest.mark.browser
def test_page_tells_a_screen_reader_what_it_shows(show: Callable[[RunsTable], TablePage]) -> None:
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


@pytest.mark.browser
def test_page_says_what_it_leaves_out(show: Callable[[RunsTable], TablePage]) -> None:
    shown = show(RunsTable(table_of(["a", "b"]), total=31_402))
    assert shown.page.inner_text(".rt-foot") == "Showing 2 of 31\u202f402 runs; narrow the filter"
    shown.filter("metrics.loss < 0.15")
    shown.page.press(".rt-input", "Enter")
    assert shown.outbox()[-1]["type"] == "filter"


@pytest.mark.browser
def test_page_without_runs_shows_code_that_names_the_store(
    show: Callable[[RunsTable], TablePage], store: Store, tmp_path: Path
) -> None:
    shown = show(RunsTable.of(store, [store.create_experiment("digits-mlp")]))
    assert "No runs in digits-mlp yet" in shown.page.inner_text(".rt-empty")
    assert f"set_tracking_uri({store.uri!r})" in shown.page.inner_text(".rt-pre")
    shown.update(table_of(["a"]))
    assert shown.names() == ["a"]


@pytest.mark.browser
def test_page_puts_a_row_on_two_lines_where_it_is_narrow(show: Callable[[RunsTable], TablePage]) -> None:
    shown = show(RunsTable(table_of(["a", "b"], lr=["0.1", "0.2"])))
    shown.page.set_viewport_size({"width": 420, "height": 600})
    shown.page.locator(".rt-narrow").wait_for()
    assert shown.row("a").bounding_box()["height"] == 44
    assert shown.row("a").locator(".rt-main .tb-caption").text_content() == "0.1"
