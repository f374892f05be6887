"""`%track_compare`: which runs it shows, how, and what it says of names that are not there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from trackbook.runs.fluent import log_metric, log_param, start_run

Cells = Callable[..., Any]


@pytest.fixture
def two(cells: Cells) -> Cells:
    for name in ("first", "second"):
        with start_run(run_name=name):
            log_param("lr", 0.1)
            log_metric("loss", 0.5)
    return cells


def test_runs_are_shown_side_by_side(two: Cells) -> None:
    (panel,) = two("%track_compare second first --view scatter --x lr --y loss --baseline first --all").shown
    assert "application/vnd.jupyter.widget-view+json" in panel
    assert len(two("%track_compare").shown) == 1


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("%track_compare third", "%track_runs lists the runs"),
        ("%track_compare first --view pie", "There is no chart 'pie'; there are table, scatter"),
        ("%track_compare first --x depth", "param or metric 'depth'; there is lr, loss"),
        ("%track_compare -e nowhere", "There is no experiment 'nowhere'"),
    ],
)
def test_what_is_not_there_is_named(two: Cells, line: str, said: str) -> None:
    assert said in two(line).said
