"""How a panel of curves stands: the view that is kept, the code that says it, and what shows without a kernel."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from trackbook.entities import Metric
from trackbook.errors import InvalidParameter
from trackbook.stores.base import NewRun, Store
from trackbook.widgets.curve_facts import Cast
from trackbook.widgets.curve_view import CurveView, code_of, read_view, view_of
from trackbook.widgets.curves import MOST_CHARTS, CurvesPanel, LiveCurves

Sent = Callable[[Any], list[tuple[dict[str, Any], list[bytes]]]]
OPTIONS: dict[str, Any] = {
    "x": "step", "x_metric": None, "smooth": 0.0, "linear": False, "best": False, "clip": False, "by": None,
    "columns": None,
}  # fmt: skip


@pytest.fixture
def many(file_store: Store, comms: None) -> tuple[Store, list[str]]:
    """Three runs with `loss` and `acc` of 30 points, and 40 metrics of one point."""
    experiment = file_store.create_experiment("many")
    ids = []
    for place in range(3):
        run = file_store.create_run(NewRun(experiment, f"run-{place}", start_time=1_700_000_000_000))
        ids.append(run.info.run_id)
        curve = [Metric("loss", 1 / (step + 1 + place), 1_700_000_000_000 + 1000 * step, step) for step in range(30)]
        curve += [Metric("acc", step / 30, 1_700_000_000_000 + 1000 * step, step) for step in range(30)]
        singles = [Metric(f"single_{number:02}", number, 1_700_000_000_000) for number in range(40)]
        file_store.log_batch(run.info.run_id, curve + singles)
    file_store.flush()
    return file_store, ids


@pytest.mark.parametrize(
    "view",
    [
        {"keys": "loss"}, {"keys": 3}, {"x": "place"}, {"x": {"metric": ""}}, {"smooth": "much"}, {"smooth": True},
        {"smooth": float("nan")}, {"log": None}, {"by": "lr"}, {"by": ["params.lr"]}, {"columns": 9}, {"best": "yes"},
    ],
)  # fmt: skip
def test_nonsense_in_a_view_is_as_if_it_was_not_there(view: dict[str, Any]) -> None:
    assert read_view(view) == CurveView()


def test_view_says_what_is_not_as_at_first_and_reads_back() -> None:
    view = CurveView(["a"], "lr", x_metric=True, smooth=0.5, log=False, best=True, clip=True, by="tags.seed", columns=2)
    assert read_view(json.loads(json.dumps(view.to_view()))) == view
    assert CurveView().to_view() == {}
    assert read_view({"smooth": 7}).smooth == 0.99


def test_code_shows_the_panel_as_it_stands() -> None:
    view = CurveView(["val loss", "-odd"], "lr", x_metric=True, smooth=0.6, log=False, by="params.lr", columns=1)
    assert code_of(["a" * 32, "b" * 32], view) == (
        '%track_curves aaaaaaaaaaaa bbbbbbbbbbbb --metric "val loss" --metric=-odd --x-metric lr --smooth 0.6 --linear '
        "--by params.lr --columns 1"
    )


def test_options_of_the_magic_are_a_view() -> None:
    assert view_of(OPTIONS) == {}
    assert view_of({**OPTIONS, "x_metric": "lr", "linear": True}) == {"x": {"metric": "lr"}, "log": False}
    with pytest.raises(InvalidParameter, match=r"0 to 0.99, not -1"):
        view_of({**OPTIONS, "smooth": -1})
    with pytest.raises(InvalidParameter, match=r"params.NAME or tags.NAME, not 'lr'"):
        view_of({**OPTIONS, "by": "lr"})


def test_every_run_has_a_slot_of_its_own() -> None:
    cast = Cast.of(["a", "b", "c", "a"], {"b": 1, "c": 30}, ["b", "d", "d"])
    assert (cast.shown, cast.grey) == (("a", "b", "c"), ("d",))
    assert [cast.slot(place) for place in range(4)] == [2, 1, None, None]


def test_panel_says_its_code_and_follows_its_view(many: tuple[Store, list[str]]) -> None:
    store, (first, second, _) = many
    panel = CurvesPanel(store, [first, second], ["loss"], view={"smooth": 0.6})
    assert panel.code == f"%track_curves {first[:12]} {second[:12]} --metric loss --smooth 0.6"
    panel.view = {"keys": ["acc"]}
    assert panel.code == f"%track_curves {first[:12]} {second[:12]} --metric acc"
    live = LiveCurves(store, first)
    assert live.code == f"%track_show {first[:12]}"
    live.close()
    panel.close()


def test_many_metrics_show_those_with_curves_first_and_any_other_when_chosen(
    many: tuple[Store, list[str]], sent: Sent
) -> None:
    store, ids = many
    panel = CurvesPanel(store, ids)
    head = sent(panel)[0][0]["head"]
    keys = [chart["key"] for chart in head["charts"]]
    assert (keys[:2], len(keys), head["metrics"]) == (["acc", "loss"], MOST_CHARTS, 42)
    listed = panel.list_metrics({})
    assert (listed["metrics"][0], listed["total"]) == (("acc", 3, 90), 42)
    panel.view = {"keys": ["single_39", "loss"]}
    whole = sent(panel)[-1][0]
    assert [chart["key"] for chart in whole["head"]["charts"]] == ["single_39", "loss"]
    assert {entry["key"] for entry in whole["series"]} == {"single_39", "loss"}
    count = len(sent(panel))
    panel.view = {**panel.view, "smooth": 0.3}
    assert len(sent(panel)) == count  # how they are drawn is the page's affair
    panel.view = {"keys": ["loss"], "x": {"metric": "acc"}}
    assert {entry["key"] for entry in sent(panel)[-1][0]["series"]} == {"acc", "loss"}
    panel.close()


def test_other_runs_are_shown_in_the_same_panel(many: tuple[Store, list[str]], sent: Sent) -> None:
    store, (first, second, third) = many
    panel = CurvesPanel(store, [first, second], ["loss"], slots={first: 4, second: 7})
    before = {entry["id"]: entry["generation"] for entry in sent(panel)[0][0]["series"]}
    panel.show([second, third], {second: 7, third: 1}, grey=[first])
    whole = sent(panel)[-1][0]
    assert [(run["id"], run["slot"], run["grey"]) for run in whole["head"]["runs"]] == [
        (second, 7, False), (third, 1, False), (first, None, True),
    ]  # fmt: skip
    after = {entry["id"]: entry["generation"] for entry in whole["series"]}
    assert after["0/loss"] == before["1/loss"]  # what a page keeps of a run stays good
    assert after["2/loss"] == before["0/loss"]
    assert panel.code.startswith(f"%track_curves {second[:12]} {third[:12]}")
    count = len(sent(panel))
    panel.show([second, third], {second: 7, third: 1})
    assert len(sent(panel)) == count
    panel.refresh()
    assert len(sent(panel)) == count  # nothing is new
    panel.close()


def test_long_curves_have_a_finer_level_for_when_the_kernel_is_busy(
    comms: None, curves_kit: SimpleNamespace, sent: Sent
) -> None:
    feed = curves_kit.ListFeed(loss=[(step, float(step % 89)) for step in range(60_000)])
    panel = CurvesPanel(curves_kit.FewRuns(curves_kit.make_run()), ["r1"], feeds=[feed])
    panel._handle_custom_msg({"type": "hello"}, [])
    (whole, coarse), (fine, buffers) = sent(panel)[-2:]
    assert (whole["type"], fine["type"]) == ("whole", "fine")
    assert len(coarse[0]) <= 2_000 * 8
    assert 10_000 * 8 < len(buffers[0]) <= 20_000 * 8
    assert len(buffers[2]) * 2 == len(buffers[0])  # times are half as long
    panel.close()


def test_times_travel_as_seconds_after_the_first(many: tuple[Store, list[str]], sent: Sent) -> None:
    store, (first, *_) = many
    panel = CurvesPanel(store, [first], ["loss"])
    whole, buffers = sent(panel)[0]
    assert whole["series"][0]["t0"] == 1_700_000_000_000
    assert np.frombuffer(buffers[2], dtype="<f4").tolist() == list(range(30))
    panel.close()


def test_picture_is_small_and_names_its_runs(many: tuple[Store, list[str]]) -> None:
    store, ids = many
    panel = CurvesPanel(store, ids)
    picture = panel.static_picture()
    assert picture.startswith("<svg")
    assert len(picture.encode()) <= 30_000
    assert all(text in picture for text in ("run-0", "run-2", "loss, log", "18 more metrics are in the table"))
    assert len(panel.static_table().encode()) <= 14_000
    panel.close()
    none = CurvesPanel(store, [])
    assert none.static_picture() == ""
    none.close()
