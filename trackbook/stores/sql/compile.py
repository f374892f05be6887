"""From a syntax tree to SQL conditions and sort terms with bound values."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from trackbook.filters import And, Comparison, Filter, Identifier, Not, Or, Ordering
from trackbook.stores.sql.columns import (
    DATASETS,
    EXPERIMENT_COLUMNS,
    REGISTERED_MODEL_COLUMNS,
    RUN_COLUMNS,
    VERSION_COLUMNS,
    Column,
)
from trackbook.stores.sql.dialects.dialect import Dialect
from trackbook.stores.sql.dialects.fragments import FALSE, TRUE, Fragment, all_of, one_of
from trackbook.stores.sql.dialects.sqlite import SQLITE
from trackbook.stores.sql.engine import Connection

__all__ = [
    "Compiler",
    "Known",
    "Rows",
    "SortKey",
    "compare",
    "experiment_compiler",
    "look_up",
    "registered_model_compiler",
    "run_compiler",
    "version_compiler",
]


class Rows(NamedTuple):
    """Where the values of a metric, param or tag stand: one row for each owner that has it.

    Attributes:
        table: its table.
        owner: the column that names the run or experiment.
        name: the column that names the metric, param or tag.
        key: what stands there.
        value: the column of the value.
        always: whether each row has a value; a metric that is NaN has none.
    """

    table: str
    owner: str
    name: str
    key: int | str
    value: str
    always: bool = True

    @property
    def exact(self) -> bool:
        """Whether the value is a float."""
        return self.table == "metric_summary" and self.value != "count"


class SortKey(NamedTuple):
    """A sort term in SQL.

    Attributes:
        join: LEFT JOIN that brings the value near, or nothing.
        terms: expressions of ORDER BY; what is missing comes last.
    """

    join: Fragment
    terms: Fragment


@dataclass(frozen=True)
class Known:
    """What had to be looked up for a tree.

    Attributes:
        series: keys of plain metric series, by metric.
        names: keys of names, by param or tag.
        columns: attributes that depend on more than a row: ``artifact_uri``, ``liveness``.
        dialect: of the database.
    """

    series: Mapping[str, int] = field(default_factory=dict)
    names: Mapping[str, int] = field(default_factory=dict)
    columns: Mapping[str, Column] = field(default_factory=dict)
    dialect: Dialect = SQLITE

    def run_rows(self, name: Identifier) -> Rows | None:
        """Where a run's metric, param or tag stands; None if no run has one of that name."""
        if name.entity == "metric":
            aggregate = None if name.written in self.series else name.aggregate
            series = self.series.get(name.written, self.series.get(name.key))
            value = aggregate or "last"
            return Rows("metric_summary", "run", "series", series, value, value == "count") if series else None
        number = self.names.get(name.key)
        table = {"param": "params", "tag": "run_tags"}.get(name.entity)
        return Rows(table, "run", "name", number, "value") if table and number else None


def look_up(connection: Connection, names: Iterable[Identifier]) -> tuple[dict[str, int], dict[str, int]]:
    """Keys of the metric series and of the names of params and tags that some identifiers may mean."""
    metrics = {text for name in names if name.entity == "metric" for text in (name.written, name.key)}
    others = {name.key for name in names if name.entity in ("param", "tag")}
    series: dict[str, int] = {}
    if metrics:
        wanted = connection.dialect.members(Fragment("key"), sorted(metrics))
        sql = f"SELECT key, id FROM series WHERE {wanted.sql} AND model = '' AND dataset = ''"
        series = dict(connection.execute(sql, wanted.values))
    if not others:
        return series, {}
    wanted = connection.dialect.members(Fragment("name"), sorted(others))
    return series, dict(connection.execute(f"SELECT name, id FROM names WHERE {wanted.sql}", wanted.values))


def compare(
    expression: Fragment, operator: str, value: object, dialect: Dialect = SQLITE, *, exact: bool = False
) -> Fragment:
    """A comparison of an expression that is not NULL; NaN compares with nothing.

    Args:
        expression: a column or what is made of one.
        operator: of `trackbook.filters.OPERATORS`, with or without NOT.
        value: one, or a tuple for IN and BETWEEN.
        dialect: of the database.
        exact: whether the column holds floats.
    """
    plain = operator.removeprefix("NOT ")
    values = value if isinstance(value, tuple) else (value,)
    if any(isinstance(item, float) and math.isnan(item) for item in values):
        return FALSE
    if plain in ("LIKE", "ILIKE"):
        return dialect.like(expression, str(value), fold=plain == "ILIKE", negated=plain != operator)
    if plain == "IN":
        return dialect.members(expression, values, negated=plain != operator)
    if isinstance(values[0], (int, float)):
        return dialect.compare_number(expression, operator, values, exact)
    sign = "<>" if operator == "!=" else operator
    return Fragment(f"{expression.sql} {sign} ?", (*expression.values, value))


@dataclass(frozen=True)
class Compiler:
    """Compiles for one searchable noun.

    Attributes:
        owner: SQL of the key of what is searched.
        columns: its attributes.
        rows: where its metrics, params and tags stand.
        dialect: of the database.
    """

    owner: str
    columns: Mapping[str, Column]
    rows: Callable[[Identifier], Rows | None]
    dialect: Dialect = SQLITE

    def condition(self, tree: Filter | None) -> Fragment:
        """The tree as one expression that is always true or false, never NULL."""
        if tree is None:
            return TRUE
        if isinstance(tree, And):
            return all_of([self.condition(part) for part in tree.parts])
        if isinstance(tree, Or):
            return one_of([self.condition(part) for part in tree.parts])
        if isinstance(tree, Not):
            inner = self.condition(tree.part)
            if inner in (TRUE, FALSE):
                return FALSE if inner == TRUE else TRUE
            return Fragment(f"NOT ({inner.sql})", inner.values)
        return self._attribute(tree) if tree.name.entity == "attribute" else self._related(tree)

    def _attribute(self, tree: Comparison) -> Fragment:
        column = self.columns[tree.name.key]
        sql, values = column.expression
        if tree.operator.startswith("IS"):
            if not column.nullable:
                return FALSE if tree.operator == "IS NULL" else TRUE
            return Fragment(f"{sql} {tree.operator}", values)
        test = compare(column.expression, tree.operator, tree.value, self.dialect)
        if test == FALSE or not column.nullable:
            return test
        return Fragment(f"({sql} IS NOT NULL AND {test.sql})", (*values, *test.values))

    def _dataset(self, tree: Comparison) -> Fragment:
        """Whether one of the run's data sets is so; IS NULL: whether none has such a thing."""
        tables, value, where = DATASETS[tree.name.key]
        test = (
            TRUE
            if tree.operator.startswith("IS")
            else compare(Fragment(value), tree.operator, tree.value, self.dialect)
        )
        found = all_of([Fragment(f"v.run = {self.owner}"), where, test])
        exists = Fragment(f"EXISTS (SELECT 1 FROM {tables} WHERE {found.sql})", found.values)
        return Fragment(f"NOT {exists.sql}", exists.values) if tree.operator == "IS NULL" else exists

    def _related(self, tree: Comparison) -> Fragment:
        if tree.name.entity == "dataset":
            return self._dataset(tree)
        rows = self.rows(tree.name)
        if rows is None:
            return TRUE if tree.operator == "IS NULL" else FALSE
        value = Fragment(f"v.{rows.value}")
        if tree.operator.startswith("IS"):
            # a metric whose last value is NaN is there; one that never was a number has no least one
            test = TRUE if rows.always or rows.value == "last" else Fragment(f"{value.sql} IS NOT NULL")
        else:
            test = compare(value, tree.operator, tree.value, self.dialect, exact=rows.exact)
        if test == FALSE:
            return FALSE
        where = f"v.{rows.owner} = {self.owner} AND v.{rows.name} = ? AND {test.sql}"
        exists = Fragment(f"EXISTS (SELECT 1 FROM {rows.table} v WHERE {where})", (rows.key, *test.values))
        return Fragment(f"NOT {exists.sql}", exists.values) if tree.operator == "IS NULL" else exists

    def sort_key(self, ordering: Ordering, number: int) -> SortKey | None:
        """The terms of one order_by clause; None if it makes no difference.

        Args:
            ordering: the clause.
            number: makes the alias of its table.
        """
        ascending = ordering.ascending
        if ordering.name.entity == "attribute":
            column = self.columns[ordering.name.key]
            term = self.dialect.ordered(column.expression, ascending=ascending, nullable=column.nullable)
            return SortKey(Fragment(""), term)
        rows = self.rows(ordering.name)
        if rows is None:
            return None
        alias = f"k{number}"
        join = f"LEFT JOIN {rows.table} {alias} ON {alias}.{rows.owner} = {self.owner} AND {alias}.{rows.name} = ?"
        stored = Fragment(f"{alias}.{rows.value}")
        value = self.dialect.ordered(stored, ascending=ascending, nullable=not rows.always, exact=rows.exact)
        # a row whose value is NaN comes before no row at all
        there = f"{alias}.{rows.owner} IS NULL"
        if not self.dialect.lists_as_json:
            there = f"CASE WHEN {there} THEN 1 ELSE 0 END"
        return SortKey(Fragment(join, (rows.key,)), Fragment(f"{there}, {value.sql}"))


def run_compiler(known: Known, owner: str = "r.id") -> Compiler:
    """For runs, whose table is called r."""
    return Compiler(owner, {**RUN_COLUMNS, **known.columns}, known.run_rows, known.dialect)


def experiment_compiler(dialect: Dialect = SQLITE) -> Compiler:
    """For experiments, whose table is called e."""
    return Compiler("e.id", EXPERIMENT_COLUMNS, _tags("experiment_tags", "experiment"), dialect)


def registered_model_compiler(dialect: Dialect = SQLITE) -> Compiler:
    """For registered models, whose table is called m."""
    return Compiler("m.id", REGISTERED_MODEL_COLUMNS, _tags("registered_model_tags", "model"), dialect)


def version_compiler(dialect: Dialect = SQLITE) -> Compiler:
    """For versions, whose table is called r, beside that of their models, m."""
    return Compiler("r.id", VERSION_COLUMNS, _tags("model_version_tags", "version"), dialect)


def _tags(table: str, owner: str) -> Callable[[Identifier], Rows]:
    """Where the tags of a noun stand whose only names with a prefix are tags."""
    return lambda name: Rows(table, owner, "key", name.key, "value")
