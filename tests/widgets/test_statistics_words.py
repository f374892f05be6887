"""What the statistics say: the sentence, and the copies, whose every text is escaped."""

from __future__ import annotations

import re

import pytest

from trackbook.comparison import Group, compare_groups
from trackbook.widgets.statistics_words import as_html, as_latex, as_markdown, conclusion, p_text, write

BASE = [0.1, 0.12, 0.11, 0.13, 0.12]
FAR = [0.5, 0.52, 0.51, 0.53, 0.55]
HOSTILE = "<img src=x onerror=alert(1)>|`a`_\\ & 100 % {x} $y$ #1 ~^\u202e\n|"


def said(*groups: tuple[str, list[float]], test: str = "welch") -> str:
    made = [Group(name, values, [str(place) for place in range(len(values))]) for name, values in groups]
    return conclusion(compare_groups(made, 0 if len(made) > 1 or groups else None, goal="max", test=test))


def test_sentence_names_the_one_that_differs_and_counts_the_rest() -> None:
    groups = [("base", BASE), ("smooth", FAR), ("wide", BASE[::-1]), ("sgd", [0.1, 0.14, 0.1, 0.13, 0.12])]
    assert said(*groups) == (
        "Only smooth differs from base: +0.4060, Cohen's d = 25.7. The other two cannot be told apart with 5 seeds."
    )


@pytest.mark.parametrize(
    ("groups", "found"),
    [
        ([("a", BASE), ("b", FAR)], "b differs from a: +0.4060, Cohen's d = 25.7."),
        ([("a", BASE), ("b", BASE)], "The other group cannot be told apart from a with 5 seeds."),
        ([("a", BASE), ("b", BASE[:3]), ("c", BASE)],
         "The other two groups cannot be told apart from a with 3 to 5 seeds."),
        ([("a", BASE), ("b", FAR), ("c", FAR)],
         "b (+0.4060, Cohen's d = 25.7) and c (+0.4060, Cohen's d = 25.7) differ from a."),
        ([("a", BASE), ("b", FAR), ("c", [1.0])], "b differs from a: +0.406, Cohen's d = 25.7. One was not tested."),
        ([("a", [1.0]), ("b", [2.0])], "A test needs two runs a group or more: repeat them with other seeds."),
        ([("a", [1.0] * 3), ("b", [2.0] * 3)],
         "Within each group all values are the same, so there is no spread to test against."),
        ([("a", BASE)], "There is one group, a: nothing to compare it with."),
    ],
)  # fmt: skip
def test_sentence_says_what_is_so(groups: list[tuple[str, list[float]]], found: str) -> None:
    assert said(*groups) == found


def test_sentence_of_pairs_and_of_many() -> None:
    assert "d of the pairs" in said(("a", BASE), ("b", FAR), test="paired")
    many = [("a", BASE), *((f"g{place}", [value + place for value in FAR]) for place in range(6))]
    assert said(*many).startswith("6 groups differ from a, most of all g5: +5.4")


def test_p_has_three_decimals() -> None:
    assert [p_text(p) for p in (None, 0.0001, 0.0236, 1.0, 0.99999)] == ["–", "<0.001", "0.024", "1", "1"]


def test_copies_are_escaped() -> None:
    found = compare_groups([Group(HOSTILE, BASE), Group("b", FAR)], 0, goal="max")
    written = write(found, [HOSTILE])
    html, text, latex = (make(written, HOSTILE) for make in (as_html, as_markdown, as_latex))
    assert "<img" not in html + text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in rows} == {len(written.head) + 1}
    bare = re.sub(
        r"\\(textbackslash|textless|textgreater|textbar|textasciicircum|textasciitilde)\{\}|\\[&%#_{}$]|\$-\$",
        "",
        latex,
    )
    body = [
        line for line in bare.splitlines() if "\\begin" not in line and "\\end" not in line and "caption" not in line
    ]
    assert not re.search(r"[%#_^~<>|{}]", "".join(body))
    assert {line.count("&") for line in bare.splitlines() if line.endswith("\\\\")} == {len(written.head) - 1}
    assert all(rule in latex for rule in (r"\toprule", r"\midrule", r"\bottomrule"))
