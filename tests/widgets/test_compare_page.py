"""The compare panel as a user meets it in a browser: what is marked, brushed, hovered, chosen and copied."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.payloads import PAYLOADS
from trackbook.entities import Metric, Param
from trackbook.stores.base import NewRun, Store
from trackbook.widgets.compare import ComparePanel

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser
MakeStage = Callable[..., Any]
START = 1_700_000_000_000


@pytest.fixture
def sweep(file_store: Store) -> Store:
    """Twelve runs: losses 0.02 to 0.24, accuracies that fall, two solvers, four rates, and one without metrics."""
    experiment = file_store.create_experiment("sweep")
    for place in range(12):
        run_id = file_store.create_run(NewRun(experiment, f"run-{place}", start_time=START + place)).info.run_id
        params = {"lr": str([0.001, 0.01, 0.1, 1.0][place % 4]), "solver": ["adam", "sgd"][place % 2], "epochs": "60"}
        loss = 0.02 * (place + 1)
        metrics = [Metric("val_loss", loss, START), Metric("acc", 1 - loss, START)] if place != 11 else []
        file_store.log_batch(run_id, metrics, [Param(key, value) for key, value in params.items()])
        file_store.update_run(run_id, "FINISHED", START + 10_000 + 1_000 * place)
    file_store.flush()
    return file_store


class ComparePage:
    """A panel of the sweep's first runs in a page."""

    def __init__(self, stage: MakeStage, store: Store, count: int = 3, **view: Any) -> None:
        self.ids = store.run_table(["1"], order_by=["start_time ASC"]).run_ids
        self.panel = ComparePanel(store, ["1"], self.ids[:count], view=view)
        self.on = stage()
        self.page: Page = self.on.page
        self.on.open(self.panel)
        self.carry()

    def carry(self) -> None:
        self.on.carry()
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        self.on.carry()
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def row(self, key: str) -> Locator:
        return self.page.locator("tr", has=self.page.locator("th.cmp-key", has_text=key))

    def click(self, name: str, **how: Any) -> None:
        self.page.get_by_role("button", name=name, **how).first.click()
        self.carry()

    def track(self, name: str) -> Locator:
        return self.page.get_by_role("slider", name=f"Condition on {name}")


@pytest.fixture
def compared(stage: MakeStage, sweep: Store) -> ComparePage:
    return ComparePage(stage, sweep)


def test_table_says_better_worse_best_and_different(compared: ComparePage) -> None:
    loss = compared.row("val_loss").locator("td")
    assert loss.nth(0).inner_text() == "0.02000\n, best"
    assert loss.nth(1).locator(".cmp-delta").inner_text().replace("\n", "") == "\u25bcworse by 0.02000"
    solver = compared.row("solver").locator("td")
    assert [solver.nth(place).locator(".cmp-sign").count() for place in range(3)] == [0, 1, 0]
    assert compared.row("epochs").count() == 0
    assert compared.page.get_by_text("4 of 7 rows differ").count() == 1


def test_all_rows_are_shown_when_asked(compared: ComparePage) -> None:
    compared.click("Only what differs")
    assert compared.row("epochs").count() == 1
    assert compared.panel.view["differs"] is False
    assert compared.panel.code.endswith(" --all")


def test_click_on_a_name_makes_it_the_baseline(compared: ComparePage) -> None:
    compared.click("run-1, mark square, make it the baseline")
    assert compared.panel.view["baseline"] == compared.ids[1]
    delta = compared.row("val_loss").locator("td").nth(0).locator(".cmp-delta")
    assert "better by 0.02000" in delta.inner_text().replace("\n", "")
    assert "--baseline" in compared.panel.code


def test_table_is_copied_as_markdown(compared: ComparePage) -> None:
    listen = "{value: {writeText: async (text) => { window.copied = text; }}}"
    compared.page.evaluate(f"() => Object.defineProperty(navigator, 'clipboard', {listen})")
    compared.click("Copy table")
    lines = compared.page.evaluate("copied").splitlines()
    assert lines[0] == "|  | run-0 (baseline) | run-1 | run-2 |"
    assert "| val_loss (min) | **0.02000** | 0.04000 | 0.06000 |" in lines
    assert "| solver | adam | sgd | adam |" in lines


def test_mouse_brushes_an_axis_and_selects_its_runs(compared: ComparePage) -> None:
    box = compared.track("val_loss min").bounding_box()
    assert box is not None
    x = box["x"] + box["width"] / 2
    compared.page.mouse.move(x, box["y"] + 1)
    compared.page.mouse.down()
    compared.page.mouse.move(x, box["y"] + box["height"] * 0.3, steps=4)
    compared.page.mouse.up()
    compared.carry()
    (brush,) = compared.panel.view["brushes"].values()
    assert brush["low"] is None
    chip = compared.page.locator(".cmp-chips .tb-chip").inner_text()
    assert chip.startswith("val_loss \u2264 0.")
    button = compared.page.get_by_role("button", name="Select these")
    count = int(button.inner_text().split()[-1])
    button.click()
    compared.carry()
    assert len(compared.panel.selected) == count
    assert set(compared.panel.selected) == set(compared.ids[:count])


def test_keyboard_brushes_and_takes_away(compared: ComparePage) -> None:
    track = compared.track("solver")
    track.focus()
    compared.page.keyboard.press("ArrowUp")
    assert track.get_attribute("aria-valuetext") == "solver = sgd"
    compared.page.keyboard.press("ArrowDown")
    compared.carry()
    assert compared.panel.view["brushes"] == {"params.solver": {"texts": ["adam"]}}
    assert compared.page.get_by_role("button", name="Select these 6").count() == 1
    compared.page.keyboard.press("Delete")
    compared.carry()
    assert compared.panel.view["brushes"] == {}
    assert compared.page.get_by_role("button", name="Select these").count() == 0


def test_range_moves_by_keys_and_widens_with_shift(compared: ComparePage) -> None:
    track = compared.track("val_loss min")
    track.focus()
    compared.page.keyboard.press("ArrowUp")
    first = track.get_attribute("aria-valuetext")
    compared.page.keyboard.press("Shift+ArrowDown")
    second = track.get_attribute("aria-valuetext")
    assert first != second
    assert "val_loss \u2264" in str(second)


@pytest.mark.parametrize(
    ("chart", "words"),
    [
        ("Scatter", "val_loss min against lr of 11 runs"),
        ("Box", "val_loss min by solver, 2 groups; the best median, 0.1200, is that of sgd"),
        ("Pareto", "Pareto front of val_loss min against duration: 1 of 11 runs"),
        ("Contour", "val_loss min over lr and solver, drawn from 11 runs"),
    ],
)
def test_every_chart_is_a_picture_with_a_sentence_and_a_table(compared: ComparePage, chart: str, words: str) -> None:
    compared.click(chart, exact=True)
    picture = compared.page.locator(".cmp-chart-card svg[role=img]")
    assert words in str(picture.get_attribute("aria-label"))
    assert "1 of 12 runs has no val_loss" in compared.page.locator(".cmp-chart-card .cmp-said").inner_text()
    compared.click("Show the chart as table")
    assert compared.page.locator(".cmp-chart-card tbody tr").count() >= 1


def test_hover_says_the_run_and_a_click_adds_it(stage: MakeStage, sweep: Store) -> None:
    shown = ComparePage(stage, sweep, chart="pareto", y="metrics.acc")
    mark = shown.page.locator(".cmp-chart-card circle.cmp-point").last
    box = mark.bounding_box()
    assert box is not None
    shown.page.mouse.move(box["x"] + 2, box["y"] + 2)
    card = shown.page.locator(".cmp-chart-card .cmp-hover")
    assert "duration" in card.inner_text()
    shown.page.mouse.click(box["x"] + 2, box["y"] + 2)
    shown.carry()
    assert len(shown.panel.selected) == 4
    assert shown.panel.selected[:3] == shown.ids[:3]


def test_column_is_picked_by_typing(stage: MakeStage, sweep: Store) -> None:
    shown = ComparePage(stage, sweep, chart="scatter")
    shown.page.locator("[data-key=y]").click()
    shown.page.keyboard.type("acc")
    shown.page.keyboard.press("ArrowDown")
    shown.page.keyboard.press("Enter")
    shown.carry()
    assert shown.panel.view["y"] == "metrics.acc"
    assert "acc max against" in str(shown.page.locator(".cmp-chart-card svg[role=img]").get_attribute("aria-label"))


def test_forest_is_asked_for_and_says_why_it_has_nothing(compared: ComparePage) -> None:
    compared.click("Find out")
    compared.carry()
    assert "11 finished runs have val_loss; from 12 on" in compared.page.locator(".cmp-side").inner_text()


def test_refresh_keeps_scroll_brush_and_chart(compared: ComparePage, sweep: Store) -> None:
    compared.track("solver").focus()
    compared.page.keyboard.press("ArrowUp")
    compared.carry()
    sweep.log_batch(compared.ids[0], [Metric("val_loss", 0.011, START + 5, 1)])
    sweep.flush()
    compared.panel.refresh()
    compared.carry()
    assert "0.01100" in compared.row("val_loss").inner_text()
    assert compared.track("solver").get_attribute("aria-valuetext") == "solver = sgd"
    assert compared.page.locator(".cmp-chips .tb-chip").count() == 1


def test_other_runs_come_into_the_same_panel(compared: ComparePage) -> None:
    compared.panel.show(compared.ids[4:6], {compared.ids[4]: 3, compared.ids[5]: 4})
    compared.carry()
    heads = compared.page.locator("thead .cmp-name").all_inner_texts()
    assert heads == ["run-4", "run-5"]


def test_long_params_are_compared_line_by_line(stage: MakeStage, sweep: Store) -> None:
    ids = sweep.run_table(["1"], order_by=["start_time ASC"]).run_ids
    for place, run_id in enumerate(ids[:2]):
        sweep.log_batch(run_id, params=[Param("prompt", "\n".join(["Answer.", *"abcdefgh" * 90, f"Shot {place}"]))])
    shown = ComparePage(stage, sweep, 2)
    shown.click("prompt: show how run-1 differs")
    shown.carry()
    lines = shown.page.locator(".cmp-line").all_inner_texts()
    assert any("Shot 0" in line and "baseline" in line for line in lines)
    assert any("Shot 1" in line for line in lines)


def test_empty_states_say_what_to_do(stage: MakeStage, file_store: Store) -> None:
    bare = file_store.create_run(NewRun("0", "bare")).info.run_id
    for given, words in (([], "Select two or more"), ([bare], "trackbook.log_metric")):
        on = stage()
        on.open(ComparePanel(file_store, ["0"], given))
        on.carry()
        assert words in on.page.locator(".cmp-empty").inner_text()


@pytest.mark.parametrize("chart", ["table", "box"])
def test_hostile_names_are_text_and_a_narrow_panel_fits(stage: MakeStage, file_store: Store, chart: str) -> None:
    ids = []
    for place in range(24):
        run_id = file_store.create_run(NewRun("0", PAYLOADS[place])).info.run_id
        metrics = [Metric("loss", [float(place), float("nan"), float("inf")][place % 3], START)]
        file_store.log_batch(run_id, metrics, [Param("pay", PAYLOADS[place % 4]), Param("many", "word " * 1_000)])
        ids.append(run_id)
    file_store.flush()
    on = stage()
    on.page.set_viewport_size({"width": 420, "height": 800})
    on.open(ComparePanel(file_store, ["0"], ids[:6], view={"chart": chart, "by": "pay", "y": "loss"}))
    for _ in range(2):
        on.carry()
        on.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert on.page.evaluate("window.pwned") is None
    assert on.page.evaluate("document.documentElement.scrollWidth") <= 420
    assert on.page.locator(".cmp svg[role=img]").count() >= 1
