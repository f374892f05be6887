"""Two texts line by line, also when they are one line of 5,000 letters."""

from __future__ import annotations

from trackbook.widgets.compare_texts import difference


def test_lines_have_their_signs() -> None:
    found = difference("a\nb\nc\n", "a\nB\nc\nd\n")
    assert found["lines"] == [[" ", "a"], ["-", "b"], ["+", "B"], [" ", "c"], ["+", "d"]]
    assert not found["same"]


def test_lines_far_from_a_change_are_left_out() -> None:
    before = [f"line {place}" for place in range(100)]
    found = difference("\n".join(before), "\n".join([*before[:50], "new", *before[50:]]))
    assert found["lines"][0] == ["@", "line 48"]
    assert len(found["lines"]) == 8


def test_one_long_line_shows_where_it_differs() -> None:
    words = [f"word{place}" for place in range(800)]
    found = difference(" ".join(words), " ".join([*words[:400], "other", *words[401:]]))
    assert sum(sign in "+-" for sign, _ in found["lines"]) <= 8
    assert any("other" in text for _, text in found["lines"])


def test_equal_and_empty_texts_are_said() -> None:
    assert difference("same", "same")["same"]
    assert difference("", "")["empty"] == [True, True]


def test_huge_texts_are_compared_at_their_beginning() -> None:
    found = difference("x\n" * 50_000, "y\n" + "x\n" * 50_000)
    assert found["note"] == "Only the first 2000 lines are compared."
