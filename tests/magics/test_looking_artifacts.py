"""``%track_artifacts``: runs by name or the last one, a model by its address, and what the panel says of itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import trackbook
from trackbook import panels
from trackbook.errors import InvalidParameter, NotFound

Cells = Callable[..., Any]


def test_files_of_runs_are_shown(cells: Cells) -> None:
    for name in ("first", "second"):
        with trackbook.start_run(run_name=name):
            trackbook.log_text("x", "plots/a.txt")
    found = cells("%track_artifacts first second --path plots/a.txt").shown
    assert found[0]["text/plain"] == "Trackbook artifacts"
    assert "application/vnd.jupyter.widget-view+json" in found[0]
    assert len(cells("%track_artifacts").shown) > 0
    assert "no run" in cells("%track_artifacts third").said
    panel = panels.artifacts(["first"], "plots/a.txt")
    assert cells(panel.code).error is None
    panel.close()


def test_files_of_a_model_are_shown(cells: Cells) -> None:
    model = trackbook.create_external_model("outside")
    panel = panels.artifacts(model=f"models:/{model.model_id}")
    assert panel.code == f"%track_artifacts models:/{model.model_id}"
    assert cells(panel.code).error is None
    assert [run["name"] for run in panel.runs] == [f"models:/{model.model_id}"]
    panel.close()


def test_either_runs_or_a_model() -> None:
    with pytest.raises(InvalidParameter, match="or of one model"):
        panels.artifacts()
    with pytest.raises(InvalidParameter, match="or of one model"):
        panels.artifacts(["first"], model="models:/digits/1")
    with pytest.raises(NotFound):
        panels.artifacts(model="models:/digits/1")
