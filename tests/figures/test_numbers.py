"""Numbers as they are written, in Python and in the browser alike."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest

from trackbook.figures.numbers import age, column_format, duration, size
from trackbook.widgets.assets import module

NAN, INF = float("nan"), float("inf")
COLUMNS: list[tuple[list[float | None], list[str]]] = [
    ([0.9857, 0.9873], ["0.9857", "0.9873"]),
    ([0.0546, 0.5], ["0.0546", "0.5000"]),
    ([0.0546], ["0.05460"]),
    ([1.5, 123.27], ["1.5", "123.3"]),
    ([0.00108, 3.0], ["1.08e\u22123", "3.00e0"]),
    ([0.0000123], ["1.23e\u22125"]),
    ([1204.0, 9.0], ["1\u202f204", "9"]),
    ([1234567.5, 1e5], ["1\u202f234\u202f568", "100\u202f000"]),
    ([-0.25, 0.5, -0.0], ["\u22120.2500", "0.5000", "0.0000"]),
    ([-3.0, 0.0], ["\u22123", "0"]),
    ([1e20], ["1.00e20"]),
    ([0.0], ["0"]),
    ([NAN, INF, -INF, None, 0.5], ["NaN", "\u221e", "\u2212\u221e", "\u2013", "0.5000"]),
    ([NAN, None], ["NaN", "\u2013"]),
    ([5e-324, 0.0], ["4.94e\u2212324", "0"]),
    ([-0.00001, 10.0], ["\u22121.00e\u22125", "1.00e1"]),
]
DURATIONS = [
    (850, "850 ms"),
    (999.6, "1.0 s"),
    (8_100, "8.1 s"),
    (9_960, "10 s"),
    (13_000, "13 s"),
    (133_000, "2 m 13 s"),
]
DURATIONS += [(59_700, "1 m 00 s"), (14_700_000, "4 h 05 m"), (3_599_000, "59 m 59 s"), (-5, "0 ms"), (0, "0 ms")]
SIZES = [(84, "84 B"), (999, "999 B"), (1_200, "1.2 kB"), (4_800_000, "4.8 MB"), (123_400_000, "123 MB"), (0, "0 B")]


def written(column: Sequence[float | None]) -> list[str]:
    return [column_format(column)(value) for value in column]


@pytest.mark.parametrize(("column", "texts"), COLUMNS)
def test_column_has_one_format(column: list[float | None], texts: list[str]) -> None:
    assert written(column) == texts


@pytest.mark.parametrize(("milliseconds", "text"), DURATIONS)
def test_duration_reads_at_a_glance(milliseconds: float, text: str) -> None:
    assert duration(milliseconds) == text


@pytest.mark.parametrize(("count", "text"), SIZES)
def test_size_reads_at_a_glance(count: int, text: str) -> None:
    assert size(count) == text


@pytest.mark.parametrize("nothing", [duration(None), size(None), age(None, 0), duration(INF)])
def test_missing_is_a_dash(nothing: str) -> None:
    assert nothing == "\u2013"


@pytest.mark.parametrize(
    ("then", "text"),
    [
        ("2025-11-21 11:59:55", "now"),
        ("2025-11-21 11:59:20", "40 s ago"),
        ("2025-11-21 11:58:00", "2 min ago"),
        ("2025-11-21 08:00:00", "4 h ago"),
        ("2025-11-20 15:00:00", "yesterday"),
        ("2025-11-19 15:00:00", "19 Nov"),
        ("2024-11-19 15:00:00", "2024-11-19"),
        ("2025-11-21 12:30:00", "now"),
    ],
)
def test_age_is_told_in_local_time(then: str, text: str) -> None:
    assert age(_local(then), _local("2025-11-21 12:00:00")) == text


def _local(text: str) -> int:
    return int(datetime.fromisoformat(text).astimezone().timestamp() * 1000)


@pytest.mark.browser
def test_browser_writes_the_same(page: Any) -> None:
    page.add_script_tag(content=module("shared"))
    coded = json.dumps([[str(value) if value is not None else None for value in column] for column, _ in COLUMNS])
    script = f"""() => {{ const read = (text) => text === null ? null : Number(text.replace("inf", "Infinity"));
      return {coded}.map((column) => column.map(read)).map((column) => column.map(columnFormat(column))); }}"""
    assert page.evaluate(script) == [texts for _, texts in COLUMNS]
    assert page.evaluate("(all) => all.map(formatDuration)", [ms for ms, _ in DURATIONS]) == [
        text for _, text in DURATIONS
    ]
    assert page.evaluate("(all) => all.map(formatSize)", [count for count, _ in SIZES]) == [text for _, text in SIZES]
