from __future__ import annotations

from typing import Any

import numpy as np

from trackbook.stores.base import RunTable
from trackbook.widgets.static_table import runs_picture, static_table

PAYLOAD = "<img src=x onerror=alert(1)>"


def test_table_escapes_all_that_was_logged() -> None:
    attributes: dict[str, list[Any]] = {"run_name": [PAYLOAD], "status": ["FINISHED"], "start_time": [0]}
    table = RunTable(["r1"], attributes, {PAYLOAD: {"last": np.ones(1)}}, {PAYLOAD: [PAYLOAD]}, {})
    html = static_table(table, title=PAYLOAD)
    assert "<img" not in html
    assert html.count("&lt;img") == 5


def test_table_shows_twenty_rows_and_says_how_many_there_are() -> None:
    names = [f"run-{i}" for i in range(30)]
    html = static_table(RunTable(names, {"run_name": names, "status": ["FINISHED"] * 30}, {}, {}, {}))
    assert html.count("<tr>") == 21
    assert "the first 20 of 30" in html


def test_table_shows_a_dash_for_what_is_missing_and_lost_for_a_dead_run() -> None:
    attributes: dict[str, list[Any]] = {"run_name": ["a"], "status": ["RUNNING"], "lost": [True]}
    html = static_table(RunTable(["r1"], attributes, {"loss": {"last": np.array([np.nan])}}, {"lr": [None]}, {}))
    assert html.count(">–<") == 3
    assert "LOST" in html


def test_table_cuts_a_long_param() -> None:
    html = static_table(RunTable(["r1"], {}, {}, {"prompt": ["x" * 65_536]}, {}))
    assert len(html) < 2_000


def test_picture_is_of_the_metric_that_says_most_and_that_the_runs_have() -> None:
    metrics = {
        "epoch": {"last": np.array([5.0, 5.0])},
        "val_loss": {"last": np.array([0.4, 0.3]), "min": np.array([0.2, 0.25])},
        "train_loss": {"last": np.array([0.1, 0.1])},
        "test_loss": {"last": np.array([np.nan, np.nan])},
    }
    svg = runs_picture(RunTable(["r1", "r2"], {"run_name": ["a", None]}, metrics, {}, {}))
    assert "val_loss, the least of each run" in svg
    assert [text in svg for text in (">a<", ">r2<", ">0.2000<", ">0.2500<")] == [True] * 4


def test_runs_without_a_metric_have_no_picture() -> None:
    assert runs_picture(RunTable(["r1"], {}, {}, {}, {})) == ""
    assert runs_picture(RunTable([], {}, {"loss": {"last": np.zeros(0)}}, {}, {})) == ""
