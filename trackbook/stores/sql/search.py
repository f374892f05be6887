"""Search: the verbs of the contracts that take filter and order_by strings."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from trackbook.entities import Experiment, PagedList, Run, RunStatus, ViewType
from trackbook.entities.keys import check_experiment_id, check_int64
from trackbook.errors import InvalidParameter
from trackbook.filters import (
    AGGREGATES,
    EXPERIMENTS,
    Filter,
    Identifier,
    Ordering,
    identifiers,
    parse_filter,
    parse_order,
)
from trackbook.stores.base import RunTable
from trackbook.stores.sql.columnar import Columns
from trackbook.stores.sql.columnar_rows import PlainColumns
from trackbook.stores.sql.columns import Column, liveness
from trackbook.stores.sql.compile import Known, experiment_compiler, look_up
from trackbook.stores.sql.dialects.fragments import Fragment, all_of
from trackbook.stores.sql.engine import Connection, Database
from trackbook.stores.sql.loading import load_runs, uri_parts
from trackbook.stores.sql.pages import check_page_size, next_token, offset_of
from trackbook.stores.sql.plan import RunQuery, find_runs
from trackbook.stores.sql.runs import LOST_AFTER_MS

__all__ = ["ExperimentSearch", "RunSearch", "load_runs"]

MAX_RESULTS = 50_000
_SILENT_WRITERS = "SELECT DISTINCT writer FROM runs WHERE status = ? AND heartbeat < ?"


class RunSearch:
    """The searches of RunStore."""

    database: Database
    flush: Callable[[], None]
    living_writers: Callable[[Collection[str]], set[str]]
    _now: Callable[[], int]
    _artifact_uri: Callable[[str, str], str]

    def search_runs(
        self,
        experiment_ids: Sequence[str],
        filter_string: str | None = None,
        run_view_type: int = ViewType.ACTIVE_ONLY,
        max_results: int = 1000,
        order_by: Sequence[str] | None = None,
        page_token: str | None = None,
    ) -> PagedList[Run]:
        check_page_size(max_results, MAX_RESULTS)
        offset = offset_of(page_token)
        asked = _Asked.of(experiment_ids, filter_string, run_view_type, order_by)
        self.flush()
        with self.database.read() as connection:
            keys = find_runs(connection, self._query(connection, asked), max_results + 1, offset)
            runs = load_runs(connection, keys[:max_results], self._artifact_uri)
        return PagedList(runs, next_token(offset + max_results) if len(keys) > max_results else None)

    def run_table(
        self,
        experiment_ids: Sequence[str],
        filter_string: str | None = None,
        run_view_type: int = ViewType.ACTIVE_ONLY,
        max_results: int = 100_000,
        order_by: Sequence[str] | None = None,
        aggregates: Sequence[str] = ("last",),
    ) -> RunTable:
        if check_int64("max_results", max_results) < 1:
            raise InvalidParameter(f"max_results is at least 1, not {max_results}.")
        unknown = [aggregate for aggregate in aggregates if aggregate not in AGGREGATES]
        if unknown:
            raise InvalidParameter(f"There is no aggregate {unknown[0]!r}; there are {', '.join(sorted(AGGREGATES))}.")
        asked = _Asked.of(experiment_ids, filter_string, run_view_type, order_by)
        self.flush()
        with self.database.read() as connection:
            keys = find_runs(connection, self._query(connection, asked), max_results)
            reader = Columns if connection.dialect.lists_as_json else PlainColumns
            columns = reader(connection, keys, tuple(dict.fromkeys(aggregates)))
            return columns.table(self._artifact_uri, self._now() - LOST_AFTER_MS, self.living_writers)

    def _query(self, connection: Connection, asked: _Asked) -> RunQuery:
        names = asked.names
        attributes = {name.key for name in names if name.entity == "attribute"}
        columns: dict[str, Column] = {}
        if "artifact_uri" in attributes:
            columns["artifact_uri"] = Column(self._uris(connection, asked.experiments))
        if "liveness" in attributes:
            before = self._now() - LOST_AFTER_MS
            silent = connection.execute(_SILENT_WRITERS, (RunStatus.RUNNING, before))
            living = self.living_writers({row[0] for row in silent if row[0]})
            columns["liveness"] = liveness(connection.dialect, before, sorted(living))
        known = Known(*look_up(connection, names), columns, connection.dialect)
        return RunQuery(asked.experiments, asked.stages, asked.tree, asked.order, known)

    def _uris(self, connection: Connection, experiments: Sequence[int]) -> Fragment:
        wanted = connection.dialect.members(Fragment("id"), experiments)
        rows = connection.execute(f"SELECT id, artifact_location FROM experiments WHERE {wanted.sql}", wanted.values)
        uris = {number: uri_parts(self._artifact_uri, location) for number, location in rows}
        usual = connection.dialect.table_of_uris("r", uris)
        among = connection.dialect.members(Fragment("experiment"), experiments)
        moved = connection.execute(
            f"SELECT DISTINCT artifact_location FROM runs WHERE artifact_location IS NOT NULL AND {among.sql}",
            among.values,
        )
        if not moved:
            return usual
        cases = " ".join("WHEN ? THEN (? || r.run_id || ?)" for _ in moved)
        values = (part for (home,) in moved for part in (home, *uri_parts(self._artifact_uri, home)))
        return Fragment(f"CASE r.artifact_location {cases} ELSE {usual.sql} END", (*values, *usual.values))


class ExperimentSearch:
    """The search of ExperimentStore."""

    database: Database
    _experiment: Callable[[Connection, tuple[Any, ...]], Experiment]

    def search_experiments(
        self,
        view_type: int = ViewType.ACTIVE_ONLY,
        max_results: int = 1000,
        filter_string: str | None = None,
        order_by: Sequence[str] | None = None,
        page_token: str | None = None,
    ) -> PagedList[Experiment]:
        check_page_size(max_results, MAX_RESULTS)
        offset = offset_of(page_token)
        dialect = self.database.dialect
        compiler = experiment_compiler(dialect)
        stages = dialect.members(Fragment("e.lifecycle_stage"), ViewType.stages(view_type))
        condition = all_of([stages, compiler.condition(parse_filter(filter_string, EXPERIMENTS))])
        clauses = parse_order(order_by, EXPERIMENTS) or (_NEWEST_EXPERIMENT,)
        keys = [key for number, clause in enumerate(clauses) if (key := compiler.sort_key(clause, number))]
        joins = [key.join for key in keys]
        pieces = [*joins, condition, *(key.terms for key in keys)]
        sql = (
            "SELECT e.id, e.name, e.artifact_location, e.lifecycle_stage, e.creation_time, e.last_update_time "
            f"FROM experiments e {' '.join(join.sql for join in joins)} WHERE {condition.sql} "
            f"ORDER BY {', '.join(key.terms.sql for key in keys)}, e.id DESC LIMIT ? OFFSET ?"
        )
        values = [value for piece in pieces for value in piece.values]
        with self.database.read() as connection:
            rows = connection.execute(sql, (*values, max_results + 1, offset))
            found = [self._experiment(connection, row) for row in rows[:max_results]]
        return PagedList(found, next_token(offset + max_results) if len(rows) > max_results else None)


_NEWEST_EXPERIMENT = Ordering(Identifier("attribute", "creation_time"), ascending=False)


@dataclass(frozen=True)
class _Asked:
    """What a caller asked for, checked before the database is touched."""

    experiments: tuple[int, ...]
    stages: tuple[str, ...]
    tree: Filter | None
    order: tuple[Ordering, ...]

    @property
    def names(self) -> list[Identifier]:
        return [*identifiers(self.tree), *(clause.name for clause in self.order)]

    @classmethod
    def of(
        cls, experiment_ids: Sequence[str], filter_string: str | None, view: int, order_by: Sequence[str] | None
    ) -> _Asked:
        if isinstance(experiment_ids, str) or not isinstance(experiment_ids, Collection):
            raise InvalidParameter(f"experiment_ids is a list such as ['1', '2'], not {experiment_ids!r:.80}.")
        experiments = dict.fromkeys(int(check_experiment_id(experiment)) for experiment in experiment_ids)
        return cls(tuple(experiments), ViewType.stages(view), parse_filter(filter_string), parse_order(order_by))
