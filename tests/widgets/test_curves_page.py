"""The panel of curves in a real Chromium: what the page does with messages, and what people see."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from trackbook.widgets.curves import CurvesPanel, LiveCurves
from trackbook.widgets.plotly_bundle import PlotlyBundle

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
pytestmark = pytest.mark.browser
Sent = Callable[[Any], list[tuple[dict[str, Any], list[bytes]]]]

XSS = '<img src=x onerror="window.hacked=1">\'"</script><script>window.hacked=1</script>'

_HELD = """(name) => {
  const state = views[name].module.stateOf(models[name]);
  const points = [...state.series.values()].map((one) => [...one.x.subarray(0, one.n)]);
  return { seq: state.seq, missed: state.missed, points };
}"""
_ZOOM = """async (range) => {
  const plotly = await window.__trackbookPlotly.ready;
  await plotly.relayout(document.querySelector(".tb-plot"), { "xaxis.range": range });
}"""
_GO_DARK = """() => {
  document.body.style.setProperty("--jp-layout-color1", "#111");
  document.body.dataset.jpThemeName = "JupyterLab Dark";
}"""
_LINE_COLORS = """document.querySelector(".tb-plot").data
  .filter((trace) => trace.mode === "lines").map((trace) => trace.line.color)"""
#: 1,300 appends, 650 a second; answers how long they took, and how often the chart was drawn meanwhile.
_FLOOD = """() => new Promise((done) => {
  const state = views.widget1.module.stateOf(models.widget1);
  const plot = document.querySelector(".tb-plot");
  const start = performance.now();
  let sent = 0, drawings = 0;
  plot.on("plotly_afterplot", () => { drawings += 1; });
  const append = () => {
    const seq = state.seq + 1, one = [...state.series.values()][seq % 10];
    const point = (value) => new DataView(Float64Array.of(value).buffer);
    const facts = { ...one.facts, n: 1, whole: false, count: one.facts.count + 1 };
    const message = { type: "points", seq, charts: state.charts, series: [facts] };
    state.receive(message, [point(100000 + seq), point(seq % 7)]);
  };
  const timer = setInterval(() => {
    for (let turn = 0; turn < 13; turn += 1) append();
    sent += 13;
    if (sent < 1300) return;
    clearInterval(timer);
    done({ ms: performance.now() - start, drawings });
  }, 20);
})"""


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of one Chromium for this file: starting one takes longer than most of these tests."""
    opened = browser.new_page()
    opened.set_default_timeout(120_000)  # a shared machine may be slow; nothing is waited for longer than it takes
    yield opened
    opened.close()


@pytest.fixture
def kit(comms: None, curves_kit: SimpleNamespace) -> SimpleNamespace:
    return curves_kit


def live(kit: SimpleNamespace, **metrics: Sequence[tuple[float, float]]) -> tuple[LiveCurves, Any, Any]:
    store, feed = kit.FewRuns(kit.make_run()), kit.ListFeed(**metrics)
    return LiveCurves(store, "r1", feed=feed), feed, store


def held(show: Any, name: str) -> Any:
    """What the page holds: number of the last change, points of each series, and whether it missed one."""
    return show.page.evaluate(_HELD, name)


def draw(show: Any) -> None:
    """Bring plotly to the page and wait for the first chart."""
    bundle = PlotlyBundle()
    show.open(bundle, shown=False)
    bundle.pushed.join(30)
    show.carry()
    show.page.wait_for_function("document.querySelectorAll('.main-svg').length")


def test_late_page_gets_everything_at_its_hello(stage: Callable[..., Any], kit: SimpleNamespace) -> None:
    panel, feed, _ = live(kit, loss=[(1, 0.5)])
    feed.commit("loss", (2, 0.4))
    show = stage()
    name = show.open(panel)
    assert show.outbox(name) == [{"type": "hello"}]
    show.carry()
    assert held(show, name) == {"seq": 1, "missed": False, "points": [[1, 2]]}
    feed.commit("loss", (3, 0.3))
    show.carry()
    assert held(show, name)["points"] == [[1, 2, 3]]
    panel.close()


def test_page_that_misses_an_append_asks_and_is_made_whole(
    stage: Callable[..., Any], kit: SimpleNamespace, sent: Sent
) -> None:
    panel, feed, _ = live(kit, loss=[(1, 0.5)])
    show = stage()
    name = show.open(panel)
    show.carry()
    feed.commit("loss", (2, 0.4))
    feed.commit("loss", (3, 0.3))
    show._read[name] = len(sent(panel))  # both are lost on the way ...
    show.deliver(name, *sent(panel)[-1])  # ... and the second arrives after all
    assert held(show, name) == {"seq": 2, "missed": True, "points": [[1, 3]]}
    assert show.outbox(name) == [{"type": "resync", "have": 0}]
    show.carry()
    assert held(show, name) == {"seq": 2, "missed": False, "points": [[1, 2, 3]]}
    panel.close()


def test_page_drops_a_duplicate(stage: Callable[..., Any], kit: SimpleNamespace, sent: Sent) -> None:
    panel, feed, _ = live(kit, loss=[(1, 0.5)])
    show = stage()
    name = show.open(panel)
    show.carry()
    feed.commit("loss", (2, 0.4))
    show.carry()
    show.deliver(name, *sent(panel)[-1])
    assert held(show, name) == {"seq": 1, "missed": False, "points": [[1, 2]]}
    assert show.outbox(name) == []
    panel.close()


def test_page_that_hears_appends_before_the_whole_waits_for_it(
    stage: Callable[..., Any], kit: SimpleNamespace, sent: Sent
) -> None:
    panel, feed, _ = live(kit, loss=[(1, 0.5)])
    show = stage()
    name = show.open(panel)
    feed.commit("loss", (2, 0.4))
    show.deliver(name, *sent(panel)[-1])
    assert held(show, name)["points"] == []
    show.carry()
    assert held(show, name) == {"seq": 1, "missed": False, "points": [[1, 2]]}
    panel.close()


def test_curves_are_sketched_until_plotly_has_come(stage: Callable[..., Any], kit: SimpleNamespace) -> None:
    panel, _, _ = live(kit, loss=[(1, 1.0), (2, 0.5), (3, float("nan")), (4, 0.4), (5, 0.3)])
    show = stage()
    show.open(panel)
    show.carry()
    path = show.page.locator(".tb-sketch-line").get_attribute("d") or ""
    assert (path.count("M"), path.count("L")) == (2, 2)
    draw(show)
    assert show.page.locator(".tb-sketch-line").count() == 0
    panel.close()


def test_points_arrive_in_the_drawing_and_the_zoom_stays(stage: Callable[..., Any], kit: SimpleNamespace) -> None:
    panel, feed, _ = live(kit, loss=[(step, 1 / step) for step in range(1, 50)])
    show = stage()
    show.open(panel)
    draw(show)
    show.page.evaluate(_ZOOM, [10, 20])
    feed.commit("loss", (50, 0.02))
    show.carry()
    show.page.wait_for_function("document.querySelector('.tb-plot').data[0].x.length === 50")
    assert show.page.evaluate("document.querySelector('.tb-plot')._fullLayout.xaxis.range") == [10, 20]
    assert show.page.locator("button[aria-label='Show all of loss']").is_visible()
    panel.close()


def test_zoom_into_a_thinned_curve_fetches_finer_points(stage: Callable[..., Any], kit: SimpleNamespace) -> None:
    panel, _, _ = live(kit, loss=[(step, float(step % 89)) for step in range(60_000)])
    show = stage()
    show.open(panel)
    draw(show)
    within = "document.querySelector('.tb-plot').data[0].x.filter((x) => x >= 1000 && x <= 1200).length"
    assert show.page.evaluate(within) < 20
    show.page.evaluate(_ZOOM, [1000, 1200])
    for _ in range(200):  # the page asks when the zoom has come to rest
        show.carry()
        if show.page.evaluate(within) == 201:
            break
        show.page.wait_for_timeout(50)
    assert show.page.evaluate(within) == 201
    show.page.locator("button[aria-label='Show all of loss']").click()
    show.page.wait_for_function(f"{within} < 20")
    panel.close()


def test_gaps_are_drawn_as_gaps_and_said(stage: Callable[..., Any], kit: SimpleNamespace) -> None:
    nan, inf = float("nan"), float("inf")
    panel, _, _ = live(kit, loss=[(0, 1.1), (1, 1.0), (2, nan), (3, inf), (4, 0.5), (5, 0.4)], broken=[(1, nan)])
    show = stage()
    show.open(panel)
    draw(show)
    assert show.page.locator(".tb-plot").first.locator("path.js-line").count() == 2
    assert "2 gaps" in show.page.locator(".tb-chart-title").first.inner_text()
    show.page.get_by_text("broken: 1 of 1 points is NaN. Nothing to draw.").wait_for()
    panel.close()


def test_logged_text_stays_text(stage: Callable[..., Any], kit: SimpleNamespace) -> None:
    run = kit.make_run(name=XSS)
    panel = LiveCurves(kit.FewRuns(run, experiment=XSS), "r1", feed=kit.ListFeed(**{XSS: [(1, 1.0), (2, 0.5)]}))
    both = CurvesPanel(kit.FewRuns(run), ["r1"], feeds=[kit.ListFeed(**{XSS: [(1, 1.0), (2, 0.5)]})])
    show = stage()
    show.open(panel)
    show.open(both)
    draw(show)
    box = show.page.locator(".tb-plot").first.bounding_box()
    show.page.mouse.move(box["x"] + 60, box["y"] + 60)
    show.page.mouse.move(box["x"] + 62, box["y"] + 62)
    show.page.locator(".tb-hover .tb-hover-run").first.wait_for()
    show.page.get_by_role("button", name="Show as table").first.click()
    show.page.locator("td", has_text="onerror").first.wait_for()
    assert show.page.evaluate("window.hacked") is None
    assert show.page.locator("img, .tb script").count() == 0
    panel.close()
    both.close()


def test_hover_card_lists_runs_by_value_with_their_marks(stage: Callable[..., Any], kit: SimpleNamespace) -> None:
    runs = [kit.make_run(f"r{place}", f"run-{place}") for place in range(3)]
    feeds = [kit.ListFeed(loss=[(step, place + step / 100) for step in range(1, 40)]) for place in (2, 0, 1)]
    panel = CurvesPanel(kit.FewRuns(*runs), ["r0", "r1", "r2"], feeds=feeds)
    show = stage()
    show.open(panel)
    draw(show)
    box = show.page.locator(".tb-plot").first.bounding_box()
    for shift in (0, 2):
        show.page.mouse.move(box["x"] + box["width"] / 2 + shift, box["y"] + box["height"] / 2)
    rows = show.page.locator(".tb-hover .tb-hover-run")
    rows.first.wait_for()
    assert [text.split("\n")[0] for text in rows.all_inner_texts()] == ["run-1", "run-2", "run-0"]
    assert rows.locator("svg.tb-mark path").count() == 3
    show.page.mouse.move(2, 2)
    show.page.locator(".tb-hover").wait_for(state="hidden")
    panel.close()


def test_runs_beyond_the_last_slot_are_grey(stage: Callable[..., Any], kit: SimpleNamespace) -> None:
    runs = [kit.make_run(f"r{place}") for place in range(26)]
    feeds = [kit.ListFeed(loss=[(1, 1.0), (2, 0.5 + place)]) for place in range(26)]
    panel = CurvesPanel(kit.FewRuns(*runs), [run.info.run_id for run in runs], feeds=feeds)
    show = stage()
    show.open(panel)
    draw(show)
    lines = show.page.evaluate(_LINE_COLORS)
    assert lines[0] == lines[1]  # what is grey lies below
    assert len(set(lines[2:14])) == 12
    assert lines[14:26] == lines[2:14]
    show.page.get_by_text("2 in grey").wait_for()
    panel.close()


def test_theme_change_redraws_in_the_other_colours(stage: Callable[..., Any], kit: SimpleNamespace) -> None:
    panel, _, _ = live(kit, loss=[(1, 1.0), (2, 0.5)])
    show = stage()
    show.open(panel)
    draw(show)
    color = "document.querySelector('.tb-plot').data[0].line.color"
    assert show.page.evaluate(color) == "#3f63e8"
    show.page.evaluate(_GO_DARK)
    show.page.wait_for_function(f"{color} === '#86a5ff'")
    panel.close()


def test_panel_without_runs_or_points_says_what_to_do(stage: Callable[..., Any], kit: SimpleNamespace) -> None:
    panel, _, _ = live(kit)
    none = CurvesPanel(kit.FewRuns(), [], feeds=[])
    show = stage()
    show.open(panel)
    show.open(none)
    show.carry()
    show.page.get_by_text("No points yet. Log one with").wait_for()
    show.page.get_by_text("No runs selected.").wait_for()
    panel.close()
    none.close()


def test_panel_fits_a_narrow_cell(stage: Callable[..., Any], kit: SimpleNamespace) -> None:
    panel, _, _ = live(kit, **{f"metric_number_{place}": [(1, 1.0), (2, 0.5)] for place in range(6)})
    show = stage()
    show.page.set_viewport_size({"width": 404, "height": 800})
    name = show.open(panel)
    draw(show)
    size = show.page.locator(f"#{name} .tb-curves").bounding_box()
    assert size["width"] <= 380
    assert size["height"] <= 560
    assert show.page.evaluate("document.documentElement.scrollWidth") <= 404
    panel.close()


def test_flood_of_appends_to_long_curves_does_not_choke_the_page(
    stage: Callable[..., Any], kit: SimpleNamespace
) -> None:
    runs = [kit.make_run(f"r{place}") for place in range(10)]
    feeds = [kit.ListFeed(loss=[(step, 1e5 / (step + 1e4) + step % 7) for step in range(100_000)]) for _ in runs]
    panel = CurvesPanel(kit.FewRuns(*runs), [run.info.run_id for run in runs], feeds=feeds)
    show = stage()
    show.open(panel)
    draw(show)
    told = show.page.evaluate(_FLOOD)
    assert told["ms"] < 60_000  # 2 s on an idle machine; one drawing an append would take minutes
    assert 1 <= told["drawings"] < 650
    assert sum(len(one) for one in held(show, "widget1")["points"]) <= 10 * 2_000 + 1_300
    panel.close()
