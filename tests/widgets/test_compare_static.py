"""What a notebook shows of a comparison where no widget lives."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from trackbook.entities import Metric, Param
from trackbook.stores.base import NewRun, Store
from trackbook.widgets.compare import ComparePanel
from trackbook.widgets.compare_static import compare_table

PAYLOAD = "<img src=x onerror=alert(1)>"
pytestmark = pytest.mark.usefixtures("comms")


def test_table_marks_what_differs_and_the_best(digits: Store) -> None:
    panel = ComparePanel(digits, ["1"], digits.run_table(["1"]).run_ids)
    html = panel.static_table()
    assert "3 runs side by side" in html
    assert html.count("≠ ") == 1, "the solver of run-1"
    assert "<b>0.1000</b>" in html
    ET.fromstring(html.replace("<br>", "<br/>"))


def test_picture_is_small(digits: Store) -> None:
    picture = ComparePanel(digits, ["1"], digits.run_table(["1"]).run_ids).static_picture()
    assert len(picture.encode()) < 30_000
    assert "Parallel coordinates of 3 runs" in picture


def test_logged_text_is_no_markup(file_store: Store) -> None:
    ids = [file_store.create_run(NewRun("0", PAYLOAD)).info.run_id for _ in range(2)]
    for place, run_id in enumerate(ids):
        file_store.log_batch(run_id, [Metric("m", float(place), 1)], [Param("key", f"{PAYLOAD}{place}")])
    file_store.flush()
    panel = ComparePanel(file_store, ["0"], ids)
    assert "<img" not in panel.static_table() + panel.static_picture()


def test_table_stays_below_14_kb_and_says_what_it_left_out(file_store: Store) -> None:
    ids = [file_store.create_run(NewRun("0", f"{PAYLOAD * 5}{place}")).info.run_id for place in range(10)]
    for place, run_id in enumerate(ids):
        file_store.log_batch(
            run_id, params=[Param(f"param-{number}", f"{PAYLOAD * 9}{place}") for number in range(100)]
        )
    file_store.flush()
    html = ComparePanel(file_store, ["0"], ids).static_table()
    assert len(html.encode()) <= 14_000
    assert "10 runs side by side, the first 8 of them" in html
    assert "more rows</p>" in html


def test_no_runs_are_said() -> None:
    assert "No runs to compare" in compare_table([], [])
