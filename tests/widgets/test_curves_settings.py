"""The panel of curves as people use it in a real Chromium: zoom by a drag, smoothing, groups, axes, metrics, runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from trackbook.entities import Metric, Param
from trackbook.stores.base import NewRun, Store
from trackbook.widgets.curves import CurvesPanel
from trackbook.widgets.plotly_bundle import PlotlyBundle

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
pytestmark = pytest.mark.browser
Making = Callable[..., Any]

_RANGE = "document.querySelector('.tb-plot')._fullLayout.xaxis.range.map(Number)"
_LINES = "document.querySelector('.tb-plot').data.filter((one) => one.mode === 'lines')"
_TITLES = "[...document.querySelectorAll('.tb-chart-title')].map((one) => one.firstChild?.textContent)"


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page()
    opened.set_default_timeout(120_000)
    yield opened
    opened.close()


@pytest.fixture
def seeds(file_store: Store, comms: None) -> tuple[Store, list[str]]:
    """Four runs of two learning rates, with `loss` and `lr` of 40 points each."""
    experiment = file_store.create_experiment("seeds")
    ids = []
    for place in range(4):
        run = file_store.create_run(NewRun(experiment, f"run-{place}", start_time=1_700_000_000_000))
        ids.append(run.info.run_id)
        start = 1_700_000_000_000
        loss = [Metric("loss", 1 + place + step / 10, start + 60_000 * step, step) for step in range(40)]
        rate = [Metric("lr", 1 / (step + 1), start + 60_000 * step, step) for step in range(40)]
        file_store.log_batch(ids[-1], loss + rate, [Param("rate", str(place % 2)), Param("seed", str(place))])
    file_store.flush()
    return file_store, ids


def shown(stage: Making, panel: CurvesPanel, **media: Any) -> Any:
    """The panel on a page, with plotly; `media` as `Page.emulate_media` takes it."""
    show, bundle = stage(), PlotlyBundle()
    show.page.emulate_media(**media)
    show.open(panel)
    show.open(bundle, shown=False)
    bundle.pushed.join(30)
    show.carry()
    show.page.wait_for_function("document.querySelectorAll('.tb-plot .main-svg').length")
    return show


def press(show: Any, name: str) -> None:
    show.page.get_by_role("button", name=name, exact=True).click()
    show.carry()


def test_a_drag_zooms_and_the_zoom_stays_while_points_and_runs_come(
    stage: Making, seeds: tuple[Store, list[str]]
) -> None:
    store, ids = seeds
    panel = CurvesPanel(store, ids[:2], ["loss"])
    show = shown(stage, panel)
    box = show.page.locator(".tb-plot .nsewdrag").first.bounding_box()
    middle = box["y"] + box["height"] / 2
    show.page.mouse.move(box["x"] + box["width"] * 0.25, middle)
    show.page.mouse.down()
    show.page.mouse.move(box["x"] + box["width"] * 0.5, middle + 2, steps=5)
    show.page.mouse.up()
    show.page.get_by_role("button", name="Show all of loss").wait_for()
    show.carry()
    zoom = show.page.evaluate(_RANGE)
    assert 5 < zoom[0] < 15 < zoom[1] < 25
    assert panel.view["zoom"]["loss"]["x"] == pytest.approx(zoom)
    store.log_batch(ids[0], [Metric("loss", 0.5, 1_700_000_000_000, 60)])
    store.flush()
    panel.refresh()
    panel.show(ids[1:])
    show.carry()
    show.page.wait_for_function(f"{_LINES}.length === 3")
    assert show.page.evaluate(_RANGE) == pytest.approx(zoom)
    again = CurvesPanel(store, ids, ["loss"], view=panel.view)  # the view brings the zoom back
    assert again.view["zoom"] == panel.view["zoom"]
    press(show, "Show all of loss")
    show.page.wait_for_function(f"{_RANGE}[1] > 38")
    again.close()
    panel.close()


def test_smoothing_draws_the_raw_line_behind_without_the_kernel(stage: Making, seeds: tuple[Store, list[str]]) -> None:
    store, ids = seeds
    panel = CurvesPanel(store, ids[:1], ["loss"])
    show = shown(stage, panel)
    slider = show.page.get_by_role("slider", name="Smoothing")
    slider.focus()
    slider.press("End")  # nothing is carried: the kernel is busy
    show.page.wait_for_function(f"{_LINES}.length === 2")
    raw, smooth = show.page.evaluate(f"{_LINES}.map((one) => [one.opacity, one.line.width, one.y[39]])")
    assert (raw[0], raw[1], raw[2]) == (0.28, 1, pytest.approx(4.9))
    assert smooth[1:] == [1.9, pytest.approx(3.2, abs=0.2)]  # the mean of nearly all
    press(show, "Best so far")
    show.page.wait_for_function(f"{_LINES}[1].y[39] < 1.01")
    assert panel.view == {"smooth": 0.99, "best": True}
    panel.close()


def test_groups_are_drawn_as_mean_and_band_and_named_on_hover(stage: Making, seeds: tuple[Store, list[str]]) -> None:
    store, ids = seeds
    panel = CurvesPanel(store, ids, ["loss"])
    show = shown(stage, panel)
    press(show, "Mean and band")
    show.page.get_by_role("menuitemcheckbox", name="rate, 2 groups").click()
    show.carry()
    show.page.wait_for_function(f"{_LINES}.length === 6")  # two edges and a mean each
    low, high, mean = show.page.evaluate(f"{_LINES}.slice(0, 3).map((one) => one.y[0])")
    assert (low, mean, high) == (pytest.approx(2 - 2**0.5), 2, pytest.approx(2 + 2**0.5))  # of 1 and 3
    box = show.page.locator(".tb-plot").first.bounding_box()
    for shift in (0, 2):
        show.page.mouse.move(box["x"] + box["width"] / 2 + shift, box["y"] + box["height"] / 2)
    rows = show.page.locator(".tb-hover .tb-hover-run")
    rows.first.wait_for()
    assert {"rate 0", "rate 1"} <= {line for text in rows.all_inner_texts() for line in text.split("\n")}
    assert panel.code.endswith("--metric loss --by params.rate")
    panel.close()


def test_x_axis_is_a_time_or_a_metric(stage: Making, seeds: tuple[Store, list[str]]) -> None:
    store, ids = seeds
    panel = CurvesPanel(store, ids[:1], ["loss"])
    show = shown(stage, panel)
    press(show, "Relative")
    show.page.wait_for_function(f"{_LINES}[0].x[39] === 39")  # minutes
    assert show.page.evaluate("document.querySelector('.tb-plot').layout.xaxis.ticksuffix") == " min"
    press(show, "Time")
    show.page.wait_for_function("document.querySelector('.tb-plot')._fullLayout.xaxis.type === 'date'")
    press(show, "Metric…")
    show.page.get_by_role("dialog").get_by_role("button", name="lr").click()
    show.carry()
    show.page.wait_for_function(f"{_LINES}[0].x[39] === 1 / 40")
    assert panel.view["x"] == {"metric": "lr"}
    assert show.page.evaluate(_TITLES) == ["loss"]
    panel.close()


def test_metrics_are_chosen_and_runs_hidden(stage: Making, seeds: tuple[Store, list[str]]) -> None:
    store, ids = seeds
    panel = CurvesPanel(store, ids[:2], ["loss"], grey=ids[2:])
    show = shown(stage, panel)
    show.page.get_by_text("2 runs, 2 in grey").wait_for()
    show.page.get_by_role("button", name="Metrics").click()
    show.carry()
    show.page.get_by_role("checkbox", name="lr").check()
    show.carry()
    show.page.wait_for_function(f"{_TITLES}.length === 2")
    assert show.page.evaluate(_TITLES) == ["loss", "lr"]
    show.page.keyboard.press("Escape")
    show.page.get_by_role("button", name="run-0, mark circle, shown").click()
    show.carry()
    show.page.wait_for_function(f"{_LINES}.length === 3")
    assert show.page.evaluate(f"{_LINES}.map((one) => one.opacity)")[:2] == [0.16, 0.16]
    assert panel.view["hidden"] == ids[:1]
    panel.close()


def test_logarithmic_axis_says_what_it_cannot_show(stage: Making, comms: None, curves_kit: SimpleNamespace) -> None:
    feed = curves_kit.ListFeed(margin=[(step, 5.0 - step) for step in range(11)])
    panel = CurvesPanel(curves_kit.FewRuns(curves_kit.make_run()), ["r1"], feeds=[feed])
    show = shown(stage, panel)
    press(show, "Logarithmic axis of margin")
    show.page.get_by_text("6 not above 0").wait_for()
    assert panel.view["axes"] == {"margin": "log"}
    press(show, "Logarithmic axis of margin")
    show.page.wait_for_function("document.querySelector('.tb-plot')._fullLayout.yaxis.type === 'linear'")
    panel.close()


def test_zoom_is_finer_while_the_kernel_is_busy(stage: Making, comms: None, curves_kit: SimpleNamespace) -> None:
    feed = curves_kit.ListFeed(loss=[(step, float(step % 89)) for step in range(60_000)])
    panel = CurvesPanel(curves_kit.FewRuns(curves_kit.make_run()), ["r1"], feeds=[feed])
    show = shown(stage, panel)
    within = f"{_LINES}[0].x.filter((x) => x >= 1000 && x <= 1200).length"
    assert show.page.evaluate(within) < 20
    show.page.evaluate(
        """async () => (await window.__trackbookPlotly.ready)
        .relayout(document.querySelector(".tb-plot"), { "xaxis.range": [1000, 1200] })"""
    )
    show.page.wait_for_function(f"{within} > 40")  # nothing was carried
    panel.close()


def test_charts_keep_their_colours_where_the_system_forces_its_own(
    stage: Making, seeds: tuple[Store, list[str]]
) -> None:
    store, ids = seeds
    panel = CurvesPanel(store, ids[:1], ["loss"])
    show = shown(stage, panel, forced_colors="active")
    layout = "document.querySelector('.tb-plot')._fullLayout"
    assert show.page.evaluate(f"{layout}.paper_bgcolor !== {layout}.font.color")
    pressed = show.page.locator(".tb-segment[aria-pressed='true']").first
    assert pressed.evaluate("(node) => getComputedStyle(node).outlineStyle") == "solid"
    panel.close()
