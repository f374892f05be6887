"""A refresh sends the rows that changed; a page makes the whole table of them, whatever changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from trackbook.stores.base import RunTable
from trackbook.widgets.runs_patch import patch_of
from trackbook.widgets.runs_table import RunsTable

MakeTable = Callable[..., RunTable]
COUNT = 400


@pytest.fixture
def many(table_of: MakeTable) -> Callable[[], RunTable]:
    names = [f"run-{place:03}" for place in range(COUNT)]
    return lambda: table_of(names, solver=["adam", "sgd"] * (COUNT // 2))


def sizes(widget: RunsTable) -> list[int]:
    """Bytes of each table or patch that was sent, but for the first."""
    every = [(data.get("content", {}), buffers) for data, buffers in widget.comm.sent]
    return [sum(map(len, buffers)) for content, buffers in every if content.get("type") == "bulk"][2:]


def test_what_did_not_change_needs_nothing(many: Callable[[], RunTable]) -> None:
    assert patch_of(many(), many()) == {}


def test_another_column_or_a_small_table_is_sent_whole(many: Callable[[], RunTable], table_of: MakeTable) -> None:
    now = many()
    now.params["lr"] = [None] * COUNT
    assert patch_of(many(), now) is None
    assert patch_of(table_of(["a"]), table_of(["a", "b"])) is None


@pytest.mark.usefixtures("comms")
def test_a_refresh_sends_only_the_rows_that_changed(many: Callable[[], RunTable]) -> None:
    widget = RunsTable(many())
    now = many()
    now.metrics["loss"]["last"] = now.metrics["loss"]["last"].copy()
    now.metrics["loss"]["last"][7] = np.nan
    widget.update(now)
    whole, sent = sum(map(len, widget._table["buffers"])), sizes(widget)[-1]
    assert widget._patch["meta"]["ids"] == ["id-run-007"]
    assert sent < whole / 40
    widget.update(now)
    assert len(sizes(widget)) == 1


@pytest.mark.browser
@pytest.mark.usefixtures("comms")
def test_a_page_makes_the_table_of_what_changed(many: Callable[[], RunTable], show: Callable[..., Any]) -> None:
    shown = show(RunsTable(many()))
    now = many()
    gone = RunTable(
        ["id-new", *now.run_ids[1:]],
        {key: ["new" if key == "run_name" else values[0], *values[1:]] for key, values in now.attributes.items()},
        {"loss": {"last": np.concatenate([[99.0], now.metrics["loss"]["last"][1:]])}},
        {"solver": ["lion", *now.params["solver"][1:]]},
        {},
    )
    gone.attributes["status"][5] = "FAILED"
    shown.update(gone)
    assert shown.widget._patch["meta"]["gone"] == ["id-run-000"]
    shown.page.click(".rt-pill")
    shown.filter("params.solver = 'lion'")
    assert shown.names() == ["new"]
    assert shown.row("new").locator("[aria-label*=loss]").inner_text() == "99"
    shown.filter("status = 'FAILED'")
    assert shown.names() == ["run-005"]
    shown.filter("run-000")
    assert shown.names() == []


@pytest.mark.browser
@pytest.mark.usefixtures("comms")
def test_a_page_that_comes_late_has_the_changes_too(many: Callable[[], RunTable], show: Callable[..., Any]) -> None:
    widget, now = RunsTable(many()), many()
    now.attributes["run_name"][3] = "renamed"
    widget.update(now)
    shown = show(widget)
    shown.filter("renamed")
    assert shown.names() == ["renamed"]
