"""Two texts line by line: what a page shows when two long params, or what was not committed, differ."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any

__all__ = ["difference"]

#: Lines of a side that are compared, and letters of one: difflib's time grows with the square.
_LINES, _LETTERS, _AROUND = 2_000, 500, 3


def difference(first: str, second: str) -> dict[str, Any]:
    """Lines with their sign: " " in both, "-" in the first alone, "+" in the second, "@" where lines are left out.

    One long line is taken apart at its blanks and commas, so that a param of 5,000 letters shows where it differs.
    """
    before, after = _lines(first), _lines(second)
    cut = len(before) > _LINES or len(after) > _LINES
    told = list(_hunks(before[:_LINES], after[:_LINES]))
    note = f"Only the first {_LINES} lines are compared." if cut else ""
    return {"lines": told, "same": first == second, "note": note, "empty": [not first, not second]}


def _hunks(before: list[str], after: list[str]) -> Iterator[list[str]]:
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for number, group in enumerate(matcher.get_grouped_opcodes(_AROUND)):
        if number or group[0][1]:
            yield ["@", f"line {group[0][1] + 1}"]
        for word, low, high, other_low, other_high in group:
            if word == "equal":
                yield from ([" ", line[:_LETTERS]] for line in before[low:high])
                continue
            yield from (["-", line[:_LETTERS]] for line in before[low:high])
            yield from (["+", line[:_LETTERS]] for line in after[other_low:other_high])


def _lines(text: str) -> list[str]:
    lines = text.splitlines()
    if len(lines) > 1 or len(text) < 80:
        return lines
    pieces, line = [], ""
    for word in text.replace(",", ",\n").replace(" ", " \n").split("\n"):
        if line and len(line) + len(word) > 60:
            pieces.append(line)
            line = ""
        line += word
    return [*pieces, line] if line else pieces
