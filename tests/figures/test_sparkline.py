"""Sparklines."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from trackbook.figures.sparkline import sparkline_svg


def test_sparkline_stays_in_its_box() -> None:
    path = re.search(r'd="M([^"]+)"', sparkline_svg(np.random.default_rng(0).normal(size=50)))
    assert path is not None
    numbers = [float(number) for number in re.findall(r"[\d.]+", path[1])]
    assert all(0 <= x <= 84 for x in numbers[::2])
    assert all(0 <= y <= 20 for y in numbers[1::2])


def test_sparkline_of_many_points_is_small() -> None:
    assert len(sparkline_svg(np.random.default_rng(0).normal(size=1_000_000))) < 3_000


@pytest.mark.parametrize("values", [[], [1.0], [float("nan")] * 5, [1.0, float("inf")]])
def test_sparkline_without_two_points_is_empty(values: list[float]) -> None:
    assert sparkline_svg(values) == ""


def test_sparkline_on_a_log_scale_skips_what_has_no_logarithm() -> None:
    text = sparkline_svg([1.0, 0.1, 0.0, -1.0, 0.01, 0.001], log=True)
    path = re.search(r'd="(M[^"]+)"', text)
    assert path is not None
    assert path[1].count("M") == 2


def test_sparkline_escapes_its_colour() -> None:
    ET.fromstring(sparkline_svg([1.0, 2.0], color='"><script>'))
