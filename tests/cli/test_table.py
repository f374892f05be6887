"""Tables of plain text."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from trackbook.cli.table import Layout, as_table, visible, width

WHOLE = Layout()


def lines(rows: list[dict[str, object]], layout: Layout = WHOLE) -> list[str]:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    return as_table(rows, columns, layout).splitlines()


def test_texts_stand_left_and_numbers_right() -> None:
    assert lines([{"name": "a", "loss": 0.25}, {"name": "bcd", "loss": -12.5}, {"name": "e"}]) == [
        "name   loss",
        "a      0.25",
        "bcd   -12.5",
        "e",
    ]


def test_without_rows_there_is_the_heading_and_without_columns_nothing() -> None:
    assert as_table([], ["run_id", "name"], WHOLE) == "run_id  name\n"
    assert as_table([], [], WHOLE) == ""


@pytest.mark.parametrize(
    ("text", "wide"),
    [("plain", 5), ("漢字", 4), ("e\u0301", 1), ("👩‍🔬", 2), ("🏴󠁧󠁢󠁥󠁮󠁧󠁿", 2), ("שלום", 4), ("ｆ", 2), ("", 0)],
)
def test_width_is_what_a_terminal_shows(text: str, wide: int) -> None:
    assert width(text) == wide
    assert visible(text) == text
    first, second = lines([{"name": text, "end": "|"}, {"name": "-" * 12, "end": "|"}])[1:]
    assert first == text + " " * (12 - wide) + "  |"
    assert second.endswith("  |")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb", r"a\nb"),
        ("\x1b[2Jgone", r"\x1b[2Jgone"),
        ("\x9b31m", r"\x9b31m"),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("a\u202egpj.exe", r"a\u202egpj.exe"),
        ("\u2066x\u2069", r"\u2066x\u2069"),
        ("a\u2028b", r"a\u2028b"),
        ("\ufeffx", r"\ufeffx"),
        ("\udc80", r"\udc80"),
        ("tab\there\r", r"tab\there\r"),
        ("\x7f", r"\x7f"),
    ],
)
def test_what_steers_a_terminal_becomes_visible(text: str, shown: str) -> None:
    assert visible(text) == shown
    assert len(lines([{"name": text}])) == 2


def test_heading_is_made_visible_too() -> None:
    assert lines([{"params.\x1b[2J": "1"}])[0] == r"params.\x1b[2J"


def test_what_is_to_be_kept_stays() -> None:
    assert visible("a\n\rb\x1b", keep="\n") == "a\n\\rb\\x1b"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (3, "3"),
        (0.1 + 0.2, "0.30000000000000004"),
        (float("nan"), "NaN"),
        (float("-inf"), "-Infinity"),
        ({"a": 1}, '{"a": 1}'),
    ],
)
def test_value_is_written_whole(value: object, text: str) -> None:
    assert lines([{"a": value, "b": "|"}])[1].split("  ")[0].strip() == text


def test_time_is_local_with_its_offset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    try:
        when = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
        assert lines([{"when": when}])[1] == "2026-01-02 08:34:05+05:30"
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("room", [20, 30, 40, 79, 80, 250])
def test_table_fits_the_terminal(room: int) -> None:
    rows: list[dict[str, object]] = [
        {"run_id": "0123456789", "name": "漢" * 40, "note": "x" * 90, "loss": 0.123456789, "last": "e\u0301" * 30}
    ]
    table = lines(rows, Layout(room))
    assert all(width(line) <= room for line in table if not line.startswith("("))
    assert table[1].startswith("0123456789")
    assert ("…" in table[1]) == (room < 250)


LONG = ["漢" * 40, "e\u0301" * 40, "👩\u200d🔬" * 20, "☀\ufe0f" * 40, "a漢" * 30, "x" * 70_000]


@pytest.mark.parametrize("text", LONG, ids=["wide", "marks", "joined", "variants", "mixed", "long"])
def test_text_is_cut_between_letters_and_never_wider_than_its_column(text: str) -> None:
    for room in range(13, 40):
        (cell,) = lines([{"a": "1", "b": text}], Layout(room))[1:]
        assert (room - 2) / 2 <= width(cell) <= room
        assert cell.endswith("…")


def test_columns_without_room_are_counted() -> None:
    rows: list[dict[str, object]] = [{f"params.{i:02}": "some value" for i in range(30)}]
    heading, _, told = lines(rows, Layout(60))
    assert told == f"({30 - len(heading.split())} more columns have no room here; --format json shows them)"


def test_nothing_is_cut_where_there_is_no_terminal() -> None:
    value = "x" * 5000
    assert lines([{"a": value, "b": value}])[1] == f"{value}  {value}"


def test_number_is_short_on_a_terminal() -> None:
    assert lines([{"loss": 0.1234567890123}], Layout(80))[1] == "0.123457"


def test_colour_is_off_by_the_setting_of_all_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert Layout.of_terminal().colour
    assert "\x1b[1m" in as_table([], ["a"], Layout(80, colour=True))
    monkeypatch.setenv("NO_COLOR", "1")
    assert not Layout.of_terminal().colour


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Niue"])
def test_ends_of_the_calendar_are_written(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        for when in (datetime(9999, 12, 31, 23, tzinfo=UTC), datetime(1, 1, 1, 1, tzinfo=UTC)):
            assert lines([{"when": when}])[1].startswith(f"{when.year:04}")
    finally:
        monkeypatch.undo()
        time.tzset()
