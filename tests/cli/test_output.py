"""How commands answer."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime

import click
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from trackbook.cli.output import as_csv, as_json, format_option, instant, say, show

ROWS: list[dict[str, object]] = [{"name": "a", "loss": 0.5}, {"name": "b", "acc": float("nan")}]


@click.command()
@format_option
def command(form: str) -> None:
    show(ROWS, form)


def answer(*words: str) -> str:
    result = CliRunner().invoke(command, words)
    assert result.exit_code == 0
    return result.output


def test_table_is_the_default() -> None:
    assert answer() == "name  loss  acc\na      0.5\nb           NaN\n"


def test_json_is_a_list_of_objects() -> None:
    assert json.loads(answer("--format", "json")) == [
        {"name": "a", "loss": 0.5, "acc": None},
        {"name": "b", "loss": None, "acc": "NaN"},
    ]


def test_csv_has_a_heading_and_ends_its_lines_as_the_rfc_says() -> None:
    assert as_csv(ROWS, ["name", "loss", "acc"]) == "name,loss,acc\r\na,0.5,\r\nb,,NaN\r\n"


def test_columns_are_those_asked_for_in_their_order() -> None:
    columns = ["acc", "name", "nothing"]
    assert list(csv.reader(io.StringIO(as_csv(ROWS, columns)))) == [columns, ["", "a", ""], ["NaN", "b", ""]]


@pytest.mark.parametrize("text", ["=cmd()", "+1+1", "-x", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "=", "-1;2", "+"])
def test_text_that_may_be_a_formula_is_disarmed(text: str) -> None:
    heading, (cell,) = csv.reader(io.StringIO(as_csv([{text: text}], [text]), newline=""))
    assert heading == [cell]
    assert cell == "'" + text


@pytest.mark.parametrize("text", ["-1", "+1.5e-3", "-.5", "-inf", "-Infinity", "+nan", "1=1", "a-b", " =1", "-0"])
def test_number_and_other_text_stay_as_they_are(text: str) -> None:
    assert as_csv([{"a": text}], ["a"]) == f"a\r\n{text}\r\n"


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=2, max_size=4))
def test_csv_reads_back(texts: list[str]) -> None:
    rows = [{str(place): text for place, text in enumerate(texts)}]
    _, cells = csv.reader(io.StringIO(as_csv(rows, list(rows[0])), newline=""))
    assert [cell == text or cell == "'" + text for cell, text in zip(cells, texts, strict=True)] == [True] * len(texts)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists))
def test_json_is_what_every_parser_reads_and_steers_no_terminal(value: object) -> None:
    def refused(_word: str) -> object:
        raise AssertionError

    text = as_json(value)
    json.loads(text, parse_constant=refused)
    assert all(letter == "\n" or (not "\x00" <= letter <= "\x1f" and not "\x7f" <= letter <= "\x9f") for letter in text)
    assert not set(text) & set("\u202e\u2066\u200f\u2028")


def test_json_keeps_texts_exactly() -> None:
    texts = ["\x1b[2J", "\x9b", "\u202e", "é漢👩‍🔬", "\x7f", "a\nb"]
    assert json.loads(as_json(texts)) == texts
    assert "漢" in as_json(texts)


def test_json_writes_times_by_iso_8601() -> None:
    assert as_json(datetime(2026, 1, 2, tzinfo=UTC)) == '"2026-01-02T00:00:00.000+00:00"'


@pytest.mark.parametrize("stored", [None, 2**62, -(2**62), "x"])
def test_time_that_no_calendar_holds_is_left_out(stored: object) -> None:
    assert instant(stored) is None


def test_time_is_in_utc() -> None:
    assert instant(1_700_000_000_123) == datetime(2023, 11, 14, 22, 13, 20, 123000, tzinfo=UTC)


def test_sentence_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    say("a\nb \x1b[2J", "c")
    assert capsys.readouterr().out == "a\\nb \\x1b[2J\nc\n"


def test_csv_without_columns_is_empty() -> None:
    assert as_csv([], []) == ""
