"""The rules for names and values, on both sides of every limit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackbook.entities.keys import (
    check_experiment_id,
    check_experiment_name,
    check_int64,
    check_key,
    check_run_id,
    check_text,
    check_value,
)
from trackbook.errors import InvalidParameter


@pytest.mark.parametrize(
    "key", ["loss", "val/loss", "a.b-c d:e", "größe", "数据", "mit 🧪", "x" * 250, "mlflow.runName"]
)
def test_key_of_letters_and_tidy_punctuation_is_taken(key: str) -> None:
    assert check_key("metric", key) == key


@pytest.mark.parametrize(
    "key", ["", ".", "..", "/a", "a/", "a//b", "a/../b", "a\\b", "a;b", "a\x00", "a\u202eb", "x" * 251, None, 3]
)
def test_key_that_breaks_a_rule_is_refused_by_its_kind(key: object) -> None:
    with pytest.raises(InvalidParameter, match="metric key"):
        check_key("metric", key)


def test_message_names_the_place_of_the_wrong_character() -> None:
    with pytest.raises(InvalidParameter, match="Character 3 of the param key 'ab;c'"):
        check_key("param", "ab;c")


def test_two_spellings_of_one_key_are_one_key() -> None:
    assert check_key("tag", "e\u0301") == check_key("tag", "\u00e9")


def test_value_is_kept_whole_up_to_64_kib_of_utf_8() -> None:
    assert check_value("param", "a", "ü" * 32_768) == "ü" * 32_768
    with pytest.raises(InvalidParameter, match=r"'a' has 65538 bytes.*65536"):
        check_value("param", "a", "ü" * 32_769)


@pytest.mark.parametrize(("value", "text"), [(0.1, "0.1"), (None, "None"), (True, "True"), ([1], "[1]")])
def test_value_of_another_type_is_kept_as_its_text(value: object, text: str) -> None:
    assert check_value("param", "a", value) == text


@pytest.mark.parametrize("text", ["\ud800", "a\x00b"])
def test_text_that_no_database_can_store_is_refused(text: str) -> None:
    with pytest.raises(InvalidParameter):
        check_text("The value", text)


@pytest.mark.parametrize("name", ["", " \t", "x" * 501, None, 5, "a\x00"])
def test_experiment_name_that_is_blank_long_or_no_text_is_refused(name: object) -> None:
    with pytest.raises(InvalidParameter, match="experiment's name"):
        check_experiment_name(name)


@pytest.mark.parametrize("run_id", ["", "a b", "../x", "-a", "x" * 257, "é", None, "a\n"])
def test_run_id_of_other_characters_is_refused(run_id: object) -> None:
    with pytest.raises(InvalidParameter, match="run id"):
        check_run_id(run_id)


@pytest.mark.parametrize("experiment_id", ["", "one", "-1", "1" * 19, None, True, 1.5, "1 OR 1=1"])
def test_experiment_id_that_is_no_number_is_refused(experiment_id: object) -> None:
    with pytest.raises(InvalidParameter, match="experiment id"):
        check_experiment_id(experiment_id)


@given(st.integers())
def test_whole_number_is_taken_exactly_within_64_bits(number: int) -> None:
    if -(2**63) <= number < 2**63:
        assert check_int64("The step", number) == number
        return
    with pytest.raises(InvalidParameter, match="64 bits"):
        check_int64("The step", number)


@pytest.mark.parametrize("value", [0.5, "x", None, float("nan"), float("inf"), [1]])
def test_number_that_is_not_whole_is_refused(value: object) -> None:
    with pytest.raises(InvalidParameter, match="The step"):
        check_int64("The step", value)
