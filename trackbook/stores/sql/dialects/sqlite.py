"""SQLite's dialect: lists travel as JSON, patterns as GLOB."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from trackbook.stores.sql.dialects.dialect import Dialect
from trackbook.stores.sql.dialects.fragments import Fragment

__all__ = ["SQLITE", "variants"]

_MANY = 500  # above this, a list travels as one parameter: the text of the statement stays short
_LIST = "(SELECT value FROM json_each(?))"


class _Sqlite(Dialect):
    name = "sqlite"
    lists_as_json = True
    lock = ""
    newest_run = Fragment("r.start_time DESC, r.run_id")
    tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'sqlite_sequence'"

    def like(self, expression: Fragment, pattern: str, *, fold: bool, negated: bool) -> Fragment:
        """LIKE or ILIKE.

        SQLite's own LIKE minds case only by a setting of the connection, and then knows ASCII alone; GLOB always minds
        it, and a set of letters per letter gives the other.
        """
        glob = "".join(_globbed(character, fold) for character in pattern)
        while "**" in glob:
            glob = glob.replace("**", "*")
        word = "NOT GLOB" if negated else "GLOB"
        return Fragment(f"{expression.sql} {word} ?", (*expression.values, glob))

    def members(self, expression: Fragment, values: Sequence[Any], *, negated: bool = False) -> Fragment:
        word = "NOT IN" if negated else "IN"
        if len(values) > _MANY:
            return Fragment(f"{expression.sql} {word} {_LIST}", (*expression.values, json.dumps(list(values))))
        marks = ", ".join("?" * len(values))
        return Fragment(f"{expression.sql} {word} ({marks})", (*expression.values, *values))

    def among(self, ids: Iterable[int]) -> Fragment:
        return Fragment(f"IN {_LIST}", (json.dumps(list(ids)),))

    def compare_number(self, expression: Fragment, operator: str, values: tuple[Any, ...], exact: bool) -> Fragment:
        """SQLite compares whole numbers and floats exactly, and knows the infinities."""
        sql, before = expression
        if operator.endswith("BETWEEN"):
            return Fragment(f"{sql} {operator} ? AND ?", (*before, *values))
        sign = "<>" if operator == "!=" else operator
        return Fragment(f"{sql} {sign} ?", (*before, *values))

    def ordered(self, expression: Fragment, *, ascending: bool, nullable: bool, exact: bool = False) -> Fragment:
        """SQLite counts NULL as least, so that descending order needs no help."""
        sql, values = expression
        if not ascending:
            return Fragment(f"{sql} DESC", values)
        return Fragment(f"{sql} IS NULL, {sql}", values * 2) if nullable else Fragment(sql, values)

    def table_of_uris(self, owner: str, uris: dict[int, tuple[str, str]]) -> Fragment:
        table = json.dumps({str(experiment): parts for experiment, parts in uris.items()})
        before, after = (f"json_extract(?, '$.\"' || {owner}.experiment || '\"[{part}]')" for part in (0, 1))
        return Fragment(f"({before} || {owner}.run_id || {after})", (table, table))


SQLITE = _Sqlite()


def variants(character: str) -> list[str]:
    """A letter in small, large and title form, as far as each is one character."""
    forms = (character, character.lower(), character.upper(), character.title())
    return sorted({form for form in forms if len(form) == 1})


def _globbed(character: str, fold: bool) -> str:
    if character in "%_":
        return "*" if character == "%" else "?"
    if character in "*?[":
        return f"[{character}]"
    letters = variants(character) if fold else [character]
    return character if len(letters) == 1 else f"[{''.join(letters)}]"
