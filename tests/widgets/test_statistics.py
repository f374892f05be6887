"""The panel of statistics: what it works out of a store, what its page shows and chooses, and what it leaves behind."""

from __future__ import annotations

import json
import math
import re
import sys
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest

from trackbook.entities import Metric, Param, RunTag
from trackbook.errors import InvalidParameter, MissingDependency
from trackbook.stores.base import NewRun, Store
from trackbook.widgets.statistics import StatisticsPanel

pytestmark = pytest.mark.usefixtures("comms")

HOSTILE = '<img src=x onerror=alert(1)>"\u202e🦦'
FAMILIES = {"base": 0.1, "wide": 0.101, "smooth": 0.2}
#: The first of them is the oldest.
START = defaultdict(lambda: 300, {"base": 0, "wide": 100, "smooth": 200})


def log(store: Store, experiment: str, family: str, seed: int, value: float) -> None:
    params = [Param("lr", family[0]), Param("seed", str(seed))]
    run = store.create_run(NewRun(experiment, f"{family}-{seed}", start_time=1_700_000_000_000 + START[family] + seed))
    store.log_batch(run.info.run_id, [Metric("val_accuracy", value, 1)], params, [RunTag("family", family)])


@pytest.fixture
def seeds(file_store: Store) -> Store:
    """Five seeds of three families; one of them is better."""
    experiment = file_store.create_experiment("digits")
    for family, middle in FAMILIES.items():
        for seed in range(5):
            log(
                file_store,
                experiment,
                family,
                seed,
                middle + [0.01, -0.01, 0.005, -0.004, 0.0][(seed * len(family)) % 5],
            )
    file_store.flush()
    return file_store


def panel(store: Store, *given: Any, **how: Any) -> StatisticsPanel:
    return StatisticsPanel(store, ["1"], *given, **how)


def test_panel_tests_every_param_but_the_seed_against_the_oldest_group(seeds: Store) -> None:
    found = panel(seeds)._found
    assert (found["metric"], found["aggregate"], found["by"], found["seed"]) == ("val_accuracy", "max", ["lr"], "seed")
    assert found["about"] == "3 groups, 5 seeds each, paired t with Holm's correction"
    assert sorted(row["name"] for row in found["rows"]) == ["b", "s", "w"]
    assert found["rows"][0]["name"] == "b"


def test_panel_groups_by_a_tag_and_says_what_differs(seeds: Store) -> None:
    shown = panel(seeds, "val_accuracy.last", by="family", baseline="base", view={"test": "welch"})
    rows = {row["name"]: row for row in shown._found["rows"]}
    assert [rows[name]["verdict"] for name in FAMILIES] == ["baseline", "not separable at n = 5", "better"]
    assert rows["smooth"]["best"]
    assert shown._found["after"].startswith("Only smooth differs from base: +0.1")
    assert shown.code == "%track_stats val_accuracy.last --by family --baseline base --test welch"
    json.dumps({**shown._found}, allow_nan=False)


def test_the_same_view_gives_the_same_panel(seeds: Store) -> None:
    first = panel(seeds, "val_accuracy.last", by="family", baseline="wide")
    assert panel(seeds, view=first.view)._found == first._found


def test_a_choice_that_does_not_hold_is_said_and_the_table_stays(seeds: Store) -> None:
    shown = panel(seeds, by="family")
    before = shown._found
    shown.view = {**shown.view, "baseline": "nobody"}
    assert "no group 'nobody'" in shown._found["refused"]
    assert shown._found["rows"] == before["rows"]
    shown.view = {**shown.view, "baseline": "wide"}
    assert "refused" not in shown._found
    with pytest.raises(InvalidParameter, match="no group 'nobody'"):
        panel(seeds, by="family", baseline="nobody")


def test_refresh_sends_only_what_changed(seeds: Store) -> None:
    shown = panel(seeds, by="family")
    before = len(shown.comm.sent)
    shown.refresh()
    assert len(shown.comm.sent) == before
    log(seeds, "1", "wide", 9, math.nan)
    seeds.flush()
    shown.refresh()
    assert "1 run whose value is NaN or infinite is left out." in shown._found["notes"]
    json.dumps(shown._found, allow_nan=False)


def test_nothing_to_compare_is_said(file_store: Store) -> None:
    file_store.create_experiment("digits")
    assert panel(file_store)._found["empty"] == "No runs here yet."
    file_store.create_run(NewRun("1", "a"))
    empty = panel(file_store)
    assert "no metrics yet" in empty._found["empty"]
    assert (empty.static_table(), empty.static_picture()) == ("", "")


def test_thousands_of_groups_are_bounded(file_store: Store) -> None:
    experiment = file_store.create_experiment("many")
    for place in range(600):
        log(file_store, experiment, f"family-{place % 300}", place // 300, place % 7 + place / 1000)
    file_store.flush()
    shown = panel(file_store, by="family")
    assert (len(shown._found["rows"]), shown._found["total"]) == (200, 300)
    assert len(json.dumps(shown._found)) < 400_000
    assert len(shown.static_table().encode()) < 14_000
    assert len(shown.static_picture().encode()) < 30_000
    assert "and 2" in shown.static_table()


def test_runs_that_all_differ_leave_a_table_to_choose_another_grouping(
    seeds: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trackbook.widgets.run_groups.GROUP_LIMIT", 2)
    shown = panel(seeds)
    assert "3 groups, and at most 2" in shown._found["refused"]
    assert (shown._found["rows"], shown.static_table(), shown.code) == ([], "", "%track_stats val_accuracy.max")
    with pytest.raises(InvalidParameter, match="3 groups"):
        panel(seeds, by="family")


def test_without_scipy_the_pip_command_is_named(seeds: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy", None)
    monkeypatch.setattr("trackbook.libraries.find_spec", lambda name: None)
    with pytest.raises(MissingDependency, match=re.escape('pip install "trackbook[stats]"')):
        panel(seeds)


def test_table_and_picture_stand_without_a_kernel_and_escape_all(seeds: Store) -> None:
    for seed in range(2):
        log(seeds, "1", HOSTILE, seed, 0.3 + seed / 100)
    seeds.flush()
    shown = panel(seeds, by="family")
    table, picture = shown.static_table(), shown.static_picture()
    assert "<img" not in table + picture
    assert "&lt;img" in table
    assert "&lt;img" in picture
    assert picture.startswith("<svg xmlns=")


@pytest.mark.browser
def test_page_shows_the_table_and_chooses(seeds: Store, stage: Callable[..., Any]) -> None:
    for seed in range(2):
        log(seeds, "1", HOSTILE, seed, 0.3 + seed / 100)
    seeds.flush()
    shown, on = panel(seeds, "val_accuracy.max", by="family", baseline="base", view={"test": "welch"}), stage()
    on.open(shown)
    page = on.page
    assert page.locator("tbody tr").count() == 4
    assert page.locator("img").count() == 0
    assert page.locator("tbody tr").first.inner_text().split()[0] == "base"
    assert page.get_by_role("img", name="mean 0.1").count() >= 1
    page.get_by_role("button", name="Against base: choose the baseline").click()
    page.get_by_role("menuitemcheckbox", name="smooth").click()
    on.carry()
    page.get_by_role("button", name="Against smooth").wait_for()
    assert shown.view["baseline"] == "smooth"
    page.get_by_role("button", name="Choose what to group by").click()
    page.get_by_role("menuitemcheckbox", name="Every param but seed").click()
    on.carry()
    page.get_by_role("button", name="Choose what to group by").get_by_text("lr").wait_for()
    page.get_by_role("button", name="Choose which value").click()
    page.get_by_role("menuitemcheckbox", name="last").click()
    on.carry()
    assert (shown.view["metric"], shown.view["aggregate"]) == ("val_accuracy", "last")
    assert shown.code == "%track_stats val_accuracy.last --test welch"


@pytest.mark.browser
def test_page_copies(seeds: Store, stage: Callable[..., Any]) -> None:
    on = stage()
    on.open(panel(seeds, by="family"))
    on.page.evaluate("() => { window.copied = []; Object.defineProperty(navigator, 'clipboard', "
                     "{ value: { writeText: async (text) => { window.copied.push(text); } } }); }")  # fmt: skip
    for name in ("LaTeX", "Markdown", "HTML", "code"):
        on.page.get_by_role("button", name=f"Copy as {name}").click()
        on.page.get_by_text(f"Copied as {name}.").wait_for()
    begins = [text[:5] for text in on.page.evaluate("window.copied")]
    assert begins == ["\\begi", "| fam", "<tabl", "%trac"]
