"""How searchable nouns look in SQL: expressions of their attributes, in words that every database knows.

Everything here is text of our own with ``?`` where a value goes. What differs between databases is in `dialects`; the
aggregates here are SQLite's, for reading many rows at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from trackbook.entities import RunStatus
from trackbook.entities.datasets import CONTEXT_TAG
from trackbook.stores.sql.dialects.dialect import Dialect
from trackbook.stores.sql.dialects.fragments import TRUE, Fragment
from trackbook.stores.sql.tables import HEAD

__all__ = [
    "DATASETS",
    "EXPERIMENT_COLUMNS",
    "REGISTERED_MODEL_COLUMNS",
    "RUN_COLUMNS",
    "VERSION_COLUMNS",
    "Column",
    "Related",
    "column",
    "head",
    "liveness",
    "numbers_in_one",
    "prefix_range",
    "rows_of_ids",
    "values_in_one",
]


def rows_of_ids(table: str, owner: str = "run") -> str:
    """FROM for rows v whose owners are the one parameter, a JSON list; the place in that list is j.key.

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

#: Attributes of registered models, whose table is called m.
REGISTERED_MODEL_COLUMNS = {
    "name": column("m.name"),
    "description": column("m.description", nullable=True),
    "creation_timestamp": column("m.creation_time"),
    "last_updated_timestamp": column("m.last_update_time"),
}

#: Attributes of their versions, whose table is called r, beside m.
VERSION_COLUMNS = {
    "name": column("m.name"),
    "version_number": column("r.version"),
    "stage": column("r.stage"),
    "run_id": column("r.run_id", nullable=True),
    "model_id": column("r.model_id", nullable=True),
    "source_path": column("r.source"),
    "user_id": column("NULLIF(r.user_id, '')", nullable=True),
    "description": column("r.description", nullable=True),
    "creation_timestamp": column("r.creation_time"),
    "last_updated_timestamp": column("r.last_update_time"),
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


def liveness(dialect: Dialect, before: int, living: Sequence[str]) -> Column:
    """``ended``, ``lost`` (no heartbeat since `before`, in ms, and its writer not among the living) or ``alive``."""
    gone = Fragment("")
    if living:
        others = dialect.members(Fragment("r.writer"), living, negated=True)
        gone = Fragment(f" AND (r.writer IS NULL OR {others.sql})", others.values)
    return Column(
        Fragment(
            f"CASE WHEN r.status IN ({_ENDED}) THEN 'ended' WHEN r.status = {RunStatus.RUNNING} AND r.heartbeat < ?"
            f"{gone.sql} THEN 'lost' ELSE 'alive' END",
            (before, *gone.values),
        )
    )
