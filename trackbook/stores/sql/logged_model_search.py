"""Search for logged models: the verb of LoggedModelStore that takes filters and orders."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from trackbook.entities import LifecycleStage, PagedList
from trackbook.entities.keys import check_experiment_id, check_text
from trackbook.entities.logged_models import LoggedModel, LoggedModelStatus
from trackbook.errors import InvalidParameter
from trackbook.filters import (
    MAX_CLAUSES,
    MODELS,
    Comparison,
    Filter,
    Identifier,
    Ordering,
    identifiers,
    parse_field,
    parse_filter,
    parse_order,
)
from trackbook.stores.sql.columns import column
from trackbook.stores.sql.compile import Compiler, Rows, SortKey, compare
from trackbook.stores.sql.dialects.fragments import FALSE, TRUE, Fragment, all_of, one_of
from trackbook.stores.sql.engine import Connection, Database
from trackbook.stores.sql.logged_model_rows import load_models
from trackbook.stores.sql.pages import check_page_size, next_token, offset_of

__all__ = ["LoggedModelSearch"]

_STATUS = " ".join(f"WHEN {status.number} THEN '{status.value}'" for status in LoggedModelStatus)
_COLUMNS = {
    "name": column("m.name"),
    "model_id": column("m.model_id"),
    "model_type": column("m.model_type", nullable=True),
    "status": column(f"CASE m.status {_STATUS} END"),
    "source_run_id": column("m.source_run", nullable=True),
    "creation_timestamp": column("m.creation_time"),
    "last_updated_timestamp": column("m.last_update_time"),
}
_MOST = 50_000  # models of a page
_MEASURED = "series s JOIN metric_summary v ON v.series = s.id"


class LoggedModelSearch:
    """The search of LoggedModelStore."""

    database: Database
    flush: Callable[[], None]
    _absolute: Callable[[str], str]

    def search_logged_models(
        self,
        experiment_ids: Sequence[str],
        filter_string: str | None = None,
        datasets: Sequence[Mapping[str, str]] | None = None,
        max_results: int = 100,
        order_by: Sequence[Mapping[str, object] | str] | None = None,
        page_token: str | None = None,
    ) -> PagedList[LoggedModel]:
        check_page_size(max_results, _MOST)
        offset = offset_of(page_token)
        asked = _Asked.of(experiment_ids, filter_string, datasets, order_by)
        if not asked.experiments:
            return PagedList([])
        self.flush()
        with self.database.read() as connection:
            sql, values = asked.query(connection)
            rows = connection.execute(sql, (*values, max_results + 1, offset))
            models = load_models(connection, [key for (key,) in rows[:max_results]], self._absolute)
        return PagedList(models, next_token(offset + max_results) if len(rows) > max_results else None)


@dataclass(frozen=True)
class _Asked:
    """What a caller asked for, checked before the database is touched."""

    experiments: tuple[int, ...]
    tree: Filter | None
    datasets: tuple[Fragment, ...]
    order: tuple[tuple[Ordering, Fragment], ...]

    @classmethod
    def of(
        cls,
        experiment_ids: Sequence[str],
        filter_string: str | None,
        datasets: Sequence[Mapping[str, str]] | None,
        order_by: Sequence[Mapping[str, object] | str] | None,
    ) -> _Asked:
        if isinstance(experiment_ids, str) or not isinstance(experiment_ids, Collection):
            raise InvalidParameter(f"experiment_ids is a list such as ['1', '2'], not {experiment_ids!r:.80}.")
        numbers = dict.fromkeys(int(check_experiment_id(number)) for number in experiment_ids)
        named = [_on_dataset(item, "datasets") for item in _listed("datasets", datasets)]
        order = [_clause(item) for item in _listed("order_by", order_by)]
        if len(order) > MAX_CLAUSES:
            raise InvalidParameter(
                f"order_by has {len(order)} clauses, and the limit is {MAX_CLAUSES}. Leave some out."
            )
        return cls(tuple(numbers), parse_filter(filter_string, MODELS), tuple(named), tuple(order))

    def query(self, connection: Connection) -> tuple[str, tuple[Any, ...]]:
        """The statement that finds their keys, but for the size and the start of the page."""
        names = [*identifiers(self.tree), *(clause.name for clause, _ in self.order)]
        keys, dialect = _keys_in_use(connection, names), connection.dialect
        compiler = _Compiler("m.id", _COLUMNS, _rows, dialect, one_of(self.datasets) if self.datasets else TRUE, keys)
        wanted = dialect.members(Fragment("m.experiment"), self.experiments)
        conditions = [
            wanted,
            Fragment("m.lifecycle_stage = ?", (LifecycleStage.ACTIVE,)),
            compiler.condition(self.tree),
        ]
        if self.datasets and not any(name.entity == "metric" for name in names):
            conditions.append(compiler.measured())
        condition = all_of(conditions)
        sorts = [compiler.on(on).sort_key(clause, place) for place, (clause, on) in enumerate(self.order)]
        found = [key for key in sorts if key]
        pieces = [*(key.join for key in found), condition, *(key.terms for key in found)]
        sql = (
            f"SELECT m.id FROM logged_models m {' '.join(key.join.sql for key in found)} WHERE {condition.sql} "
            f"ORDER BY {''.join(f'{key.terms.sql}, ' for key in found)}{self._tie()} LIMIT ? OFFSET ?"
        )
        return sql, tuple(value for piece in pieces for value in piece.values)

    def _tie(self) -> str:
        """What models are sorted by at last: models of one millisecond in the order in which they were made."""
        by_time = (clause for clause, _ in self.order if clause.name.key == "creation_timestamp")
        clause = next(by_time, None)
        return "m.id" if clause is not None and clause.ascending else "m.creation_time DESC, m.id DESC"


def _listed(argument: str, items: Any) -> list[Any]:
    if items is None:
        return []
    if isinstance(items, (str, bytes, Mapping)) or not isinstance(items, Sequence):
        raise InvalidParameter(f"{argument} is a list of dicts, not {type(items).__name__}: {items!r:.80}.")
    return list(items)


def _on_dataset(item: object, argument: str) -> Fragment:
    """Whether a series is measured on a data set that a dict names."""
    words = {"dataset_name", "dataset_digest"}
    if not isinstance(item, Mapping) or not item.get("dataset_name") or set(item) - words:
        raise InvalidParameter(
            f"{argument} has {item!r:.100}; expected a dict with dataset_name and, if you like, dataset_digest."
        )
    name, digest = (item.get(word) for word in ("dataset_name", "dataset_digest"))
    if not isinstance(name, str) or not isinstance(digest, str | None):
        raise InvalidParameter(f"{argument} has {item!r:.100}; the name and the digest of a data set are text.")
    check_text(f"A data set in {argument}", f"{name}{digest}")
    if digest:
        return Fragment("s.dataset = ?", (f"{name}\n{digest}",))
    return Fragment("substr(s.dataset, 1, ?) = ?", (len(name) + 1, f"{name}\n"))


def _clause(item: object) -> tuple[Ordering, Fragment]:
    """A sort term and, for a metric, on which data sets it is looked for."""
    if isinstance(item, str):
        (ordering,) = parse_order([item], MODELS)
        return ordering, TRUE
    words = {"field_name", "ascending", "dataset_name", "dataset_digest"}
    if not isinstance(item, Mapping) or set(item) - words or not isinstance(item.get("ascending", True), bool):
        raise InvalidParameter(
            f"order_by has {item!r:.100}; expected a dict such as {{'field_name': 'metrics.accuracy', 'ascending': "
            "False}, with dataset_name and dataset_digest if you like."
        )
    name = parse_field(item.get("field_name"), MODELS)
    data = {word: item[word] for word in ("dataset_name", "dataset_digest") if item.get(word) is not None}
    if data and name.entity != "metric":
        raise InvalidParameter(f"order_by has a data set for {name.written!r}, which is no metric. Leave it out.")
    return Ordering(name, item.get("ascending", True) is True), _on_dataset(data, "order_by") if data else TRUE


def _rows(name: Identifier) -> Rows:
    return Rows(f"logged_model_{name.entity}s", "model", "key", name.key, "value")


def _keys_in_use(connection: Connection, names: Sequence[Identifier]) -> frozenset[str]:
    """Those metrics with the ending of an aggregate that are called just so."""
    written = sorted({name.written for name in names if name.entity == "metric" and name.aggregate})
    if not written:
        return frozenset()
    wanted = connection.dialect.members(Fragment("key"), written)
    rows = connection.execute(f"SELECT DISTINCT key FROM series WHERE {wanted.sql} AND model <> ''", wanted.values)
    return frozenset(key for (key,) in rows)


@dataclass(frozen=True)
class _Compiler(Compiler):
    """For logged models, whose table is called m; their metrics are those of any run.

    Attributes:
        datasets: which series s count, by their data set.
        keys: metrics whose keys end like an aggregate.
    """

    datasets: Fragment = TRUE
    keys: frozenset[str] = frozenset()

    def on(self, datasets: Fragment) -> _Compiler:
        """The same for series of other data sets."""
        return replace(self, datasets=datasets)

    def measured(self, test: Fragment = TRUE) -> Fragment:
        """Whether the model has a metric that passes a test."""
        where = all_of([Fragment("s.model = m.model_id"), self.datasets, test])
        return Fragment(f"EXISTS (SELECT 1 FROM {_MEASURED} WHERE {where.sql})", where.values)

    def _column(self, name: Identifier) -> tuple[str, str]:
        """The key of a metric, and the column that is asked for."""
        if name.aggregate is None or name.written in self.keys:
            return name.written, "last"
        return name.key, name.aggregate

    def _related(self, tree: Comparison) -> Fragment:
        if tree.name.entity != "metric":
            return super()._related(tree)
        key, place = self._column(tree.name)
        if tree.operator.startswith("IS"):
            # a metric whose last value is NaN is there; one that never was a number has no least one
            test = TRUE if place in ("last", "count") else Fragment(f"v.{place} IS NOT NULL")
        else:
            test = compare(Fragment(f"v.{place}"), tree.operator, tree.value, self.dialect, exact=place != "count")
        if test == FALSE:
            return FALSE
        found = self.measured(all_of([Fragment("s.key = ?", (key,)), test]))
        return Fragment(f"NOT {found.sql}", found.values) if tree.operator == "IS NULL" else found

    def sort_key(self, ordering: Ordering, number: int) -> SortKey | None:
        """See `Compiler.sort_key`; of several runs and data sets the latest point counts."""
        if ordering.name.entity != "metric":
            return super().sort_key(ordering, number)
        key, place = self._column(ordering.name)
        alias = f"k{number}"
        where = all_of([Fragment("s.key = ?", (key,)), Fragment("s.model <> ''"), self.datasets])
        newest = "row_number() OVER (PARTITION BY s.model ORDER BY v.last_time DESC, v.last_step DESC, v.run)"
        rows = f"SELECT s.model, v.{place} AS found, {newest} AS nth FROM {_MEASURED} WHERE {where.sql}"
        join = f"LEFT JOIN ({rows}) {alias} ON {alias}.model = m.model_id AND {alias}.nth = 1"
        there = f"CASE WHEN {alias}.model IS NULL THEN 1 ELSE 0 END"
        stored = Fragment(f"{alias}.found")
        term = self.dialect.ordered(stored, ascending=ordering.ascending, nullable=True, exact=place != "count")
        return SortKey(Fragment(join, where.values), Fragment(f"{there}, {term.sql}", term.values))
