"""How searchable nouns look in SQL: expressions of their attributes, and all that differs between databases.

Everything here is text of our own with ``?`` where a value goes. What is written for SQLite alone stands in the first
half of the file, one function a matter, so that another database is another set of these functions.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from trackbook.entities import RunStatus
from trackbook.entities.datasets import CONTEXT_TAG
from trackbook.stores.sql.tables import HEAD

__all__ = [
    "DATASETS",
    "EXPERIMENT_COLUMNS",
    "FALSE",
    "NEWEST_RUN",
    "RUN_COLUMNS",
    "TRUE",
    "Fragment",
    "Related",
    "all_of",
    "by_id_list",
    "column",
    "head",
    "id_list",
    "like",
    "liveness",
    "members",
    "numbers_in_one",
    "one_of",
    "ordered",
    "prefix_range",
    "rows_of_ids",
    "table_of_uris",
    "values_in_one",
]

_MANY = 500  # above this, a list travels as one parameter: the text of the statement stays short


class Fragment(NamedTuple):
    """A piece of SQL and the values of its placeholders, in order."""

    sql: str
    values: tuple[Any, ...] = ()


TRUE, FALSE = Fragment("1 = 1"), Fragment("1 = 0")


def like(expression: Fragment, pattern: str, *, fold: bool, negated: bool) -> Fragment:
    """LIKE that minds case, or ILIKE that minds it for no letter of any script.

    SQLite's own LIKE minds case only by a setting of the connection, and then knows ASCII alone; GLOB always minds it,
    and a set of letters per letter gives the other.
    """
    glob = "".join(_globbed(character, fold) for character in pattern)
    while "**" in glob:
        glob = glob.replace("**", "*")
    word = "NOT GLOB" if negated else "GLOB"
    return Fragment(f"{expression.sql} {word} ?", (*expression.values, glob))


def _globbed(character: str, fold: bool) -> str:
    if character in "%_":
        return "*" if character == "%" else "?"
    if character in "*?[":
        return f"[{character}]"
    if not fold:
        return character
    variants = {v for v in (character, character.lower(), character.upper(), character.title()) if len(v) == 1}
    return character if len(variants) == 1 else f"[{''.join(sorted(variants))}]"


def members(expression: Fragment, values: Sequence[Any], *, negated: bool = False) -> Fragment:
    """Whether an expression is one of some values."""
    word = "NOT IN" if negated else "IN"
    if len(values) > _MANY:
        return Fragment(f"{expression.sql} {word} {id_list()}", (*expression.values, by_id_list(values)))
    marks = ", ".join("?" * len(values))
    return Fragment(f"{expression.sql} {word} ({marks})", (*expression.values, *values))


def id_list() -> str:
    """A bracketed subquery over the one parameter that `by_id_list` makes."""
    return "(SELECT value FROM json_each(?))"


def by_id_list(values: Iterable[Any]) -> str:
    """Many values as one parameter."""
    return json.dumps(list(values))


def rows_of_ids(table: str, owner: str = "run") -> str:
    """FROM for rows v whose owners are the one parameter that `by_id_list` makes; the place in that list is j.key.

    A CROSS JOIN is a loop in a loop, as written: rows come owner by owner in the order of the list, and for each in the
    order of their primary key.
    """
    return f"FROM json_each(?) j CROSS JOIN {table} v ON v.{owner} = j.value"


def numbers_in_one(expression: str) -> str:
    """An aggregate: whole numbers as one text with commas between them; NULL for none."""
    return f"group_concat({expression})"


def values_in_one(expression: str) -> str:
    """An aggregate: values that are no floats as one JSON list, so that Python makes them without a step for each."""
    return f"json_group_array({expression})"


def table_of_uris(owner: str, uris: dict[int, tuple[str, str]]) -> Fragment:
    """The artifact URI of a run: what stands before and after its id, by its experiment."""
    table = json.dumps({str(experiment): parts for experiment, parts in uris.items()})
    before, after = (f"json_extract(?, '$.\"' || {owner}.experiment || '\"[{part}]')" for part in (0, 1))
    return Fragment(f"({before} || {owner}.run_id || {after})", (table, table))


def ordered(expression: Fragment, *, ascending: bool, nullable: bool) -> Fragment:
    """A term of ORDER BY that puts NULL last; SQLite counts it as least, so that descending order needs no help."""
    sql, values = expression
    if not ascending:
        return Fragment(f"{sql} DESC", values)
    return Fragment(f"{sql} IS NULL, {sql}", values * 2) if nullable else Fragment(sql, values)


def head(expression: str) -> str:
    """The part of a param's or tag's value that its index holds, written as the index has it."""
    return f"substr({expression}, 1, {HEAD})"


def prefix_range(text: str) -> tuple[str, str | None]:
    """The least text with a prefix and the least above all of those, if there is one, in the order of code points."""
    low = text[:HEAD]
    for length in range(len(low), 0, -1):
        code = ord(low[length - 1]) + 1
        if code <= 0x10FFFF:
            return low, low[: length - 1] + chr(0xE000 if 0xD800 <= code <= 0xDFFF else code)
    return low, None


#: The default order of runs, and the last word in every other.
NEWEST_RUN = Fragment("r.start_time DESC, r.run_id")


class Column(NamedTuple):
    """An attribute in SQL.

    Attributes:
        expression: its value.
        nullable: whether it may be missing.
    """

    expression: Fragment
    nullable: bool = False


def column(sql: str, *, nullable: bool = False) -> Column:
    """A column without values of its own."""
    return Column(Fragment(sql), nullable)


_STATUS = " ".join(f"WHEN {number} THEN '{RunStatus.to_string(number)}'" for number in RunStatus.all_status())

#: Attributes of runs, whose table is called r; artifact_uri and liveness depend on more than the row.
RUN_COLUMNS = {
    "run_id": column("r.run_id"),
    "run_name": column("r.name"),
    "status": column(f"CASE r.status {_STATUS} END"),
    "user_id": column("NULLIF(r.user_id, '')", nullable=True),
    "start_time": column("r.start_time", nullable=True),
    "end_time": column("r.end_time", nullable=True),
    "duration": column("(r.end_time - r.start_time)", nullable=True),
    "lifecycle_stage": column("r.lifecycle_stage"),
}

#: Attributes of experiments, whose table is called e.
EXPERIMENT_COLUMNS = {
    "name": column("e.name"),
    "experiment_id": column("CAST(e.id AS TEXT)"),
    "creation_time": column("e.creation_time"),
    "last_update_time": column("e.last_update_time"),
    "lifecycle_stage": column("e.lifecycle_stage"),
}


class Related(NamedTuple):
    """What a run has through other tables.

    Attributes:
        tables: FROM, with a row v or more for each run.
        value: the expression that is compared.
        where: what must hold besides.
    """

    tables: str
    value: str
    where: Fragment = TRUE


_READ = "inputs v JOIN datasets d ON d.id = v.dataset"
#: Names of the data sets that a run read.
DATASETS = {
    "name": Related(_READ, "d.name"),
    "digest": Related(_READ, "d.digest"),
    "context": Related("input_tags v", "v.value", Fragment('v."key" = ?', (CONTEXT_TAG,))),
}

_ENDED = ", ".join(str(number) for number in RunStatus.all_status() if RunStatus.is_terminated(number))


def liveness(before: int, living: Sequence[str]) -> Column:
    """``ended``, ``lost`` (no heartbeat since `before`, in ms, and its writer not among the living) or ``alive``."""
    spared = members(Fragment("r.writer"), living) if living else FALSE
    return Column(
        Fragment(
            f"CASE WHEN r.status IN ({_ENDED}) THEN 'ended' WHEN r.status = {RunStatus.RUNNING} AND r.heartbeat < ? "
            f"AND NOT coalesce({spared.sql}, 0) THEN 'lost' ELSE 'alive' END",
            (before, *spared.values),
        )
    )


def all_of(parts: Iterable[Fragment]) -> Fragment:
    """AND, with what is known already left out."""
    parts = [part for part in parts if part != TRUE]
    return FALSE if FALSE in parts else _joined(parts, " AND ", TRUE)


def one_of(parts: Iterable[Fragment]) -> Fragment:
    """OR, with what is known already left out."""
    parts = [part for part in parts if part != FALSE]
    return TRUE if TRUE in parts else _joined(parts, " OR ", FALSE)


def _joined(parts: list[Fragment], word: str, nothing: Fragment) -> Fragment:
    if len(parts) < 2:
        return parts[0] if parts else nothing
    values = tuple(value for part in parts for value in part.values)
    return Fragment(f"({word.join(part.sql for part in parts)})", values)
