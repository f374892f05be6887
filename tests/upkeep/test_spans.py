"""Spans of time and numbers of bytes, as people write them."""

from __future__ import annotations

import pytest

from trackbook.errors import InvalidParameter
from trackbook.upkeep.spans import parse_span, shown_bytes


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [("0s", 0), ("1d2h3m4s", 93_784_000), ("1.5h", 5_400_000), (" 30d ", 2_592_000_000), ("0.001s", 1)],
)
def test_span_is_read_as_mlflow_writes_it(text: str, milliseconds: int) -> None:
    assert parse_span(text) == milliseconds


def test_endless_span_stays_a_number() -> None:
    assert 0 < parse_span("9" * 400 + "d") < 2**62


@pytest.mark.parametrize("text", ["", " ", "1", "d", "1x", "2h1d", "-1d", "1d 2h", "1,5h", "٣d", "infd"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidParameter, match="span of time"):
        parse_span(text)


@pytest.mark.parametrize(
    ("size", "shown"), [(0, "0 B"), (1023, "1023 B"), (1024, "1 KiB"), (3000, "2.93 KiB"), (5 << 30, "5 GiB")]
)
def test_bytes_are_shown_to_people(size: int, shown: str) -> None:
    assert shown_bytes(size) == shown
