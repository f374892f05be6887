"""What the statistics say in words and as texts to copy: the sentence, Markdown, HTML and LaTeX; all of it escaped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import NamedTuple

from trackbook.comparison import Comparison, Row
from trackbook.figures.numbers import column_format

__all__ = ["Written", "as_html", "as_latex", "as_markdown", "conclusion", "test_words", "write"]

_TESTS = {"welch": "Welch's t", "paired": "paired t", "permutation": "permutation test"}
_COUNTS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_NAMED = 3
_NARROW = "\u202f"


class Written(NamedTuple):
    """Rows as texts, one format a column.

    Attributes:
        head: names of the columns.
        rows: their cells.
    """

    head: list[str]
    rows: list[list[str]]


def test_words(test: str) -> str:
    """A test as people call it."""
    return f"{_TESTS[test]} with Holm's correction"


def p_text(p: float | None) -> str:
    """A p value with three decimals."""
    if p is None:
        return "–"
    return "<0.001" if p < 0.0005 else "1" if p > 0.9995 else f"{p:.3f}"


def number_format(rows: Sequence[Row]) -> Callable[[float | None], str]:
    """The one format of means, deviations and medians, from the means."""
    return column_format([row.mean for row in rows])


def signed(write_number: Callable[[float | None], str], value: float | None) -> str:
    """A difference with its sign."""
    text = write_number(value)
    return f"+{text}" if value is not None and not text.startswith(("−", "–")) else text


def write(found: Comparison, by: Sequence[str], limit: int | None = None) -> Written:
    """Rows as texts.

    Args:
        found: the groups.
        by: what they are grouped by.
        limit: only so many rows.
    """
    number = number_format(found.rows)
    base = "" if found.baseline is None else found.rows[found.baseline].name
    against = [f"against {base}", "p, Holm", "d", "verdict"] if base else []
    head = [", ".join(by) or "group", "n", "mean", "sd", "median", "95 % interval", *against]
    rows = []
    for row in found.rows[:limit]:
        interval = "–" if row.interval is None else f"{number(row.interval[0])} to {number(row.interval[1])}"
        cells = [row.name, str(row.n), number(row.mean), number(row.sd), number(row.median), interval]
        if base:
            d = "–" if row.d is None else f"{row.d:.2f}".replace("-", "−")
            cells += [signed(number, row.difference), p_text(row.p_holm), d, row.verdict]
        rows.append(cells)
    return Written(head, rows)


def conclusion(found: Comparison) -> str:
    """What may be said of the groups, in a sentence or two."""
    if found.baseline is None:
        return "Choose a baseline to test the other groups against."
    base = found.rows[found.baseline]
    others = [row for place, row in enumerate(found.rows) if place != found.baseline]
    tested = [row for row in others if row.p_holm is not None]
    if not others:
        return f"There is one group, {base.name}: nothing to compare it with."
    if not tested:
        return _untested(others, base)
    apart = [row for row in tested if not row.verdict.startswith("not separable")]
    alike = len(tested) - len(apart)
    said = [_apart(apart, alike, base, found)] if apart else []
    if alike:
        whose = _rest(alike, bool(apart), len(tested))
        said.append(
            f"{whose} cannot be told apart{'' if apart else f' from {base.name}'} {_with_runs(tested, base, found)}."
        )
    untested = len(others) - len(tested)
    if untested:
        said.append(f"{_capital(_count(untested))} {'was' if untested == 1 else 'were'} not tested.")
    return " ".join(said)


def _untested(others: Sequence[Row], base: Row) -> str:
    if base.n < 2 or all(row.n < 2 for row in others):
        return "A test needs two runs a group or more: repeat them with other seeds."
    if all(row.verdict == "no common seeds" for row in others):
        return f"No group has two seeds in common with {base.name}, so no runs can be paired."
    return "Within each group all values are the same, so there is no spread to test against."


def _apart(apart: Sequence[Row], alike: int, base: Row, found: Comparison) -> str:
    number = number_format(found.rows)
    named = sorted(apart, key=lambda row: -abs(row.difference or 0))[:_NAMED]
    effect = "d of the pairs" if found.test == "paired" else "Cohen's d"
    facts = [f"{signed(number, row.difference)}, {effect} = {row.d:.1f}".replace("-", "−") for row in named]
    if len(apart) == 1:
        only = "Only " if alike else ""
        return f"{only}{named[0].name} differs from {base.name}: {facts[0]}."
    if len(apart) > _NAMED:
        return f"{len(apart)} groups differ from {base.name}, most of all {named[0].name}: {facts[0]}."
    names = [f"{row.name} ({fact})" for row, fact in zip(named, facts, strict=True)]
    return f"{', '.join(names[:-1])} and {names[-1]} differ from {base.name}."


def _rest(alike: int, some_apart: bool, tested: int) -> str:
    if some_apart:
        return "The other" if alike == 1 else f"The other {_count(alike)}"
    return "The other group" if tested == 1 else f"The other {_count(tested)} groups"


def _with_runs(tested: Sequence[Row], base: Row, found: Comparison) -> str:
    counts = {row.pairs or row.n for row in tested} | (set() if found.test == "paired" else {base.n})
    low, high = min(counts), max(counts)
    return f"with {low} seeds" if low == high else f"with {low} to {high} seeds"


def _count(number: int) -> str:
    return _COUNTS[number] if number < len(_COUNTS) else str(number)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


# ---- to copy ----


def as_markdown(written: Written, after: str) -> str:
    """A Markdown table, and the sentence."""
    line = "| " + " | ".join(_markdown(cell) for cell in written.head) + " |"
    rule = "|" + "|".join(" ---: " if place in range(1, 5) else " --- " for place in range(len(written.head))) + "|"
    rows = ["| " + " | ".join(_markdown(cell) for cell in row) + " |" for row in written.rows]
    return "\n".join([line, rule, *rows, "", _markdown(after)]) + "\n"


def _markdown(text: str) -> str:
    flat = " ".join(text.split()).replace(_NARROW, " ")
    for letter in "\\`*_|[]":
        flat = flat.replace(letter, f"\\{letter}")
    return escape(flat, quote=False)


def as_html(written: Written, after: str) -> str:
    """An HTML table, and the sentence."""
    head = "".join(f"<th>{escape(cell)}</th>" for cell in written.head)
    rows = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>\n" for row in written.rows)
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n<p>{escape(after)}</p>\n"


_LATEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "−": "$-$", "–": "--", _NARROW: r"\,", "±": r"$\pm$", "∞": r"$\infty$", "|": r"\textbar{}", '"': "''",
}  # fmt: skip


def as_latex(written: Written, after: str) -> str:
    """A table for the package booktabs, and the sentence as its caption."""
    columns = "".join("r" if place in range(1, 5) else "l" for place in range(len(written.head)))
    rows = [" & ".join(_latex(cell) for cell in row) + r" \\" for row in written.rows]
    head = " & ".join(_latex(cell) for cell in written.head) + r" \\"
    lines = [
        r"\begin{table}", r"\centering", rf"\begin{{tabular}}{{{columns}}}", r"\toprule", head, r"\midrule",
        *rows, r"\bottomrule", r"\end{tabular}", rf"\caption{{{_latex(after)}}}", r"\end{table}",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _latex(text: str) -> str:
    flat = "".join(letter if letter.isprintable() or letter in _LATEX else " " for letter in text)
    return "".join(_LATEX.get(letter, letter) for letter in flat)
