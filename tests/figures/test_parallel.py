"""Parallel coordinates as a static picture: small, escaped, and with the coloured runs in any case."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import numpy as np

from trackbook.figures.axes import metric_axis, param_axis
from trackbook.figures.parallel import parallel_data, parallel_svg

PAYLOAD = "</text><script>alert(1)</script>"


def picture(runs: int, name: str = "run") -> str:
    axes = [param_axis("lr", [str(0.1 / (1 + place % 7)) for place in range(runs)])]
    axes += [param_axis(PAYLOAD, [f"{PAYLOAD}{place % 3}" for place in range(runs)])]
    axes += [metric_axis("loss", np.linspace(0.1, 1, runs), None, "min")]
    return parallel_svg(parallel_data(axes, [name] * runs, [1 if place == runs - 1 else None for place in range(runs)]))


def test_picture_of_few_runs_says_what_it_shows() -> None:
    text = picture(5)
    root = ET.fromstring(text)
    assert root.get("role") == "img"
    assert "5 runs over lr" in (root.get("aria-label") or "")
    assert "best on top" in text


def test_picture_stays_below_30_kb_and_says_what_it_left_out() -> None:
    text = picture(2_000)
    assert len(text.encode()) <= 30_000
    assert "2000 runs, " in text
    assert '"2"' in text, "the coloured run is drawn first"


def test_logged_text_is_no_markup() -> None:
    text = picture(5, PAYLOAD)
    assert "<script" not in text
    ET.fromstring(text)


def test_runs_with_one_value_have_no_line() -> None:
    data = parallel_data([param_axis("a", ["1", "2"]), param_axis("b", ["1", None])], ["x", "y"], [1, 2])
    assert data.left_out == 1
    assert "Nothing differs" in parallel_svg(parallel_data([], ["x"], [1]))
