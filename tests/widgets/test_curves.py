"""The panel of curves, Python's side: what it sends, when, and to whom."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from trackbook.widgets.curves import MOST_CHARTS, CurvesPanel, LiveCurves

Sent = Callable[[Any], list[tuple[dict[str, Any], list[bytes]]]]


class FollowedCurves(CurvesPanel):
    """Several runs at once, followed as one under its cell is."""

    follows = True


@pytest.fixture
def kit(comms: None, curves_kit: SimpleNamespace) -> SimpleNamespace:
    return curves_kit


def live(kit: SimpleNamespace, **metrics: Sequence[tuple[float, float]]) -> tuple[LiveCurves, Any, Any]:
    store, feed = kit.FewRuns(kit.make_run()), kit.ListFeed(**metrics)
    return LiveCurves(store, "r1", feed=feed), feed, store


def doubles(part: bytes) -> list[float]:
    return [float(number) for number in np.frombuffer(part, dtype="<f8")]


def test_panel_opens_with_everything_there_is(kit: SimpleNamespace, sent: Sent) -> None:
    panel, _, _ = live(kit, loss=[(1, 0.5), (2, 0.25)])
    [(whole, buffers)] = sent(panel)
    assert whole["type"] == "whole"
    assert whole["head"]["runs"][0]["name"] == "amber-otter-23"
    assert [doubles(part) for part in buffers[:2]] == [[1, 2], [0.5, 0.25]]
    panel.close()


def test_appends_are_numbered_and_carry_new_points_alone(kit: SimpleNamespace, sent: Sent) -> None:
    panel, feed, _ = live(kit, loss=[(1, 0.5)])
    feed.commit("loss", (2, 0.4))
    feed.commit("loss", (3, 0.3), (4, 0.2))
    (first, _), (second, buffers) = sent(panel)[1:]
    assert [first["type"], first["seq"], second["seq"]] == ["points", 1, 2]
    assert [doubles(part) for part in buffers[:2]] == [[3, 4], [0.3, 0.2]]
    assert not second["series"][0]["whole"]
    panel.close()


@pytest.mark.parametrize("question", [{"type": "hello"}, {"type": "resync", "have": 1}])
def test_late_page_gets_the_current_state(kit: SimpleNamespace, sent: Sent, question: dict[str, Any]) -> None:
    panel, feed, _ = live(kit, loss=[(1, 0.5)])
    feed.commit("loss", (2, 0.4))
    panel._handle_custom_msg(question, [])
    whole, buffers = sent(panel)[-1]
    assert (whole["type"], whole["seq"]) == ("whole", 1)
    assert doubles(buffers[0]) == [1, 2]
    panel.close()


def test_reload_drops_what_was_held(kit: SimpleNamespace, sent: Sent) -> None:
    panel, feed, _ = live(kit, loss=[(1, 0.5), (2, 0.4)], gone=[(1, 1.0)])
    feed.start_over()
    feed.commit("loss", (1, 0.7))
    whole, buffers = sent(panel)[-1]
    assert (whole["type"], whole["seq"]) == ("whole", 1)
    assert [entry["key"] for entry in whole["series"]] == ["loss"]
    assert doubles(buffers[1]) == [0.7]
    panel.close()


def test_whole_state_flows_now_and_then_for_pages_that_cannot_ask(
    kit: SimpleNamespace, sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel, feed, _ = live(kit, loss=[(1, 0.5)])
    panel._whole_at -= 6
    feed.commit("loss", (2, 0.4))
    feed.commit("loss", (3, 0.3))
    assert [content["type"] for content, _ in sent(panel)] == ["whole", "whole", "points"]
    assert [content["seq"] for content, _ in sent(panel)] == [0, 1, 2]
    panel.close()


def test_long_curves_are_decimated_before_they_are_sent(kit: SimpleNamespace, sent: Sent) -> None:
    points = [(step, float(step % 97)) for step in range(100_000)]
    panel, feed, _ = live(kit, loss=points)
    assert len(sent(panel)[0][1][0]) <= 2_000 * 8
    for start in range(100_000, 104_000, 500):
        feed.commit("loss", *[(step, 1.0) for step in range(start, start + 500)])
    held = 0
    for content, buffers in sent(panel):
        [entry] = content["series"]
        held = len(buffers[0]) // 8 + (0 if entry["whole"] or content["type"] == "whole" else held)
        assert held <= 3_000
    assert sent(panel)[-1][0]["series"][0]["count"] == 104_000
    panel.close()


def test_zoom_is_answered_with_finer_points(kit: SimpleNamespace, sent: Sent) -> None:
    panel, _, _ = live(kit, loss=[(step, float(step)) for step in range(50_000)], other=[(1, 1.0)])
    panel._handle_custom_msg({"type": "zoom", "key": "loss", "low": 1000.5, "high": 1010.5}, [])
    detail, buffers = sent(panel)[-1]
    assert (detail["type"], len(detail["series"])) == ("detail", 1)
    assert doubles(buffers[0]) == list(range(1000, 1012))
    panel.close()


@pytest.mark.parametrize("low", [None, "1", {}, [1]])
def test_zoom_with_nonsense_is_ignored(kit: SimpleNamespace, sent: Sent, low: Any) -> None:
    panel, _, _ = live(kit, loss=[(1, 1.0)])
    panel._handle_custom_msg({"type": "zoom", "key": "loss", "low": low, "high": 2}, [])
    assert len(sent(panel)) == 1
    panel.close()


def test_every_message_is_strict_json(kit: SimpleNamespace, sent: Sent) -> None:
    nan, inf = float("nan"), float("inf")
    panel, feed, _ = live(kit, loss=[(1, nan), (2, inf)], other=[(0, -inf)])
    feed.commit("loss", (3, nan))
    panel._handle_custom_msg({"type": "hello"}, [])
    for content, _ in sent(panel):
        json.dumps(content, allow_nan=False)
    assert np.isnan(doubles(sent(panel)[0][1][1])[0])
    panel.close()


def test_end_of_the_run_is_shown_and_ends_the_following(kit: SimpleNamespace, sent: Sent) -> None:
    panel, feed, store = live(kit, loss=[(1, 0.5)])
    assert len(feed.callbacks) == 1
    feed.put("loss", (2, 0.4))
    store.end("r1", "FAILED")
    assert panel.settled.wait(10)  # the panel looks after its run once a second
    last = [content for content, _ in sent(panel) if content["type"] == "head"][-1]
    assert last["head"]["runs"][0]["status"] == "FAILED"
    assert panel._series[0, "loss"].count == 2
    assert feed.callbacks == []
    panel.close()


def test_panel_of_an_ended_run_follows_nothing(kit: SimpleNamespace) -> None:
    store, feed = kit.FewRuns(kit.make_run(status="FINISHED", end=1_700_000_013_000)), kit.ListFeed(loss=[(1, 0.5)])
    panel = LiveCurves(store, "r1", feed=feed)
    assert panel.ended
    assert feed.callbacks == []
    panel.close()


def test_lost_run_is_shown_as_lost(kit: SimpleNamespace, sent: Sent) -> None:
    store = kit.FewRuns(kit.make_run())
    store.lost.add("r1")
    panel = CurvesPanel(store, ["r1"], feeds=[kit.ListFeed()])
    assert sent(panel)[0][0]["head"]["runs"][0]["status"] == "LOST"
    panel.close()


def test_runs_keep_the_slots_they_were_given(kit: SimpleNamespace, sent: Sent) -> None:
    runs = [kit.make_run(f"r{place}", status="FINISHED") for place in range(3)]
    panel = CurvesPanel(kit.FewRuns(*runs), ["r0", "r1", "r2"], slots={"r0": 5, "r2": 25}, feeds=[kit.ListFeed()] * 3)
    assert [run["slot"] for run in sent(panel)[0][0]["head"]["runs"]] == [5, 2, None]
    panel.close()


def test_refresh_reads_all_runs_and_says_whether_there_was_anything(kit: SimpleNamespace, sent: Sent) -> None:
    store = kit.FewRuns(kit.make_run("r0"), kit.make_run("r1"))
    feeds = [kit.ListFeed(loss=[(1, 0.5)]), kit.ListFeed()]
    panel = CurvesPanel(store, ["r0", "r1"], feeds=feeds)
    assert not panel.refresh()
    feeds[1].put("loss", (1, 0.9))
    assert panel.refresh()
    assert [entry["id"] for entry in sent(panel)[-1][0]["series"]] == ["1/loss"]
    panel.close()


def test_refresh_looks_only_at_runs_that_may_have_changed(kit: SimpleNamespace) -> None:
    store = kit.FewRuns(kit.make_run("r0", status="FINISHED"), kit.make_run("r1"))
    feeds = [kit.ListFeed(loss=[(1, 0.5)]), kit.ListFeed()]
    panel = CurvesPanel(store, ["r0", "r1"], feeds=feeds)
    panel.refresh()
    store.asked.clear()
    panel.refresh()
    assert store.asked == ["r1"]
    feeds[0].put("loss", (2, 0.4))
    panel.refresh()
    assert store.asked == ["r1", "r0", "r1"]
    panel.close()


def test_keys_choose_the_charts_and_their_order(kit: SimpleNamespace, sent: Sent) -> None:
    feed = kit.ListFeed(a=[(1, 1.0)], b=[(1, 1.0)], c=[(1, 1.0)])
    panel = CurvesPanel(kit.FewRuns(kit.make_run()), ["r1"], ["c", "a"], feeds=[feed])
    assert [chart["key"] for chart in sent(panel)[0][0]["head"]["charts"]] == ["c", "a"]
    panel.close()


def test_run_of_thousands_of_metrics_shows_the_first(kit: SimpleNamespace, sent: Sent) -> None:
    panel, feed, _ = live(kit, **{f"m{place}": [(1, 1.0)] for place in range(2_000)})
    assert len(sent(panel)[0][0]["head"]["charts"]) == MOST_CHARTS
    feed.commit("m0", (2, 1.0))
    feed.commit("m1999", (2, 1.0))
    assert [content["type"] for content, _ in sent(panel)] == ["whole", "points"]
    panel.close()


def test_display_has_a_table_for_pages_without_widgets(kit: SimpleNamespace) -> None:
    panel, _, _ = live(kit, **{"<b>loss</b>": [(1, 0.5), (2, 0.25)]})
    assert repr(panel) == "Trackbook curves"
    table = panel.static_table()
    assert "&lt;b&gt;loss&lt;/b&gt;" in table
    assert "0.2500 at 2" in table
    panel.close()


def test_closed_panel_sends_nothing_and_follows_nothing(kit: SimpleNamespace, sent: Sent) -> None:
    panel, feed, _ = live(kit, loss=[(1, 0.5)])
    panel.close()
    assert feed.callbacks == []
    panel.refresh()


def test_ten_curves_take_thousands_of_points_a_second(kit: SimpleNamespace, sent: Sent) -> None:
    store = kit.FewRuns(*[kit.make_run(f"r{place}") for place in range(10)])
    feeds = [kit.ListFeed() for _ in range(10)]
    panel = FollowedCurves(store, [f"r{place}" for place in range(10)], feeds=feeds)
    start = time.perf_counter()
    for step in range(130):
        for feed in feeds:
            feed.commit("loss", (step, 1.0 / (step + 1)))
    assert time.perf_counter() - start < 2  # 650 messages a second sustained is what the browser takes
    assert len(sent(panel)) >= 1_300
    panel.close()
