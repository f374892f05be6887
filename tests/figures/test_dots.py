"""One value a line as dots."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree as ET

from trackbook.figures.dots import dots_svg


def places(svg: str) -> list[float]:
    return [float(x) for x in re.findall(r'cx="([\d.]+)"', svg)]


def test_dots_stand_in_proportion_and_the_best_is_green() -> None:
    svg = dots_svg("loss", [("a", 1.0), ("b", 3.0), ("c", 2.0)], "min")
    left, right, middle = places(svg)
    assert left < middle < right
    assert middle == (left + right) / 2
    assert re.findall(r'fill="#1b7a2b"/>|fill="#1b7a2b">([^<]+)<', svg) == ["", "1"]


def test_what_cannot_be_drawn_is_left_out_and_nothing_gives_nothing() -> None:
    assert dots_svg("loss", [("a", None), ("b", math.nan), ("c", math.inf)]) == ""
    assert len(places(dots_svg("loss", [("a", math.nan), ("b", -1.7e308), ("c", 1.7e308)]))) == 2
    assert "nan" not in dots_svg("loss", [("only", 0.5)])


def test_picture_is_well_formed_and_small_whatever_the_names() -> None:
    rows = [("<img src=x onerror=alert(1)> \N{PARTY POPPER}" * 9, float(value)) for value in range(2_000)]
    svg = dots_svg("<script>" * 99, rows)
    ET.fromstring(svg)
    assert len(svg) < 10_000
    assert "<script" not in svg
    assert len(places(svg)) == 24
