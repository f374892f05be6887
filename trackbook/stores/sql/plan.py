"""Finds the keys of the runs that a search is for, in order, by the way that reads the least.

A server's planner is given one statement and knows best. In SQLite there are three ways, tried in this order:

* **driven**: some condition holds for few runs, as a bounded count of its index range tells: those are sorted;
* **walked**: the index that has the order asked for is read from its top until the page is full, a bounded way;
* otherwise the smallest range there is, or the experiments as a whole, is taken and sorted.

No statement joins more tables than there are order_by clauses.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from trackbook.filters import And, Comparison, Filter, Identifier, Or, Ordering
from trackbook.stores.sql.columns import DATASETS, head, prefix_range
from trackbook.stores.sql.compile import Known, Rows, compare, run_compiler
from trackbook.stores.sql.dialects.fragments import FALSE, TRUE, Fragment, all_of
from trackbook.stores.sql.dialects.sqlite import SQLITE
from trackbook.stores.sql.engine import Connection
from trackbook.stores.sql.tables import HEAD

__all__ = ["Limits", "RunQuery", "find_runs"]

_COUNTED_SOURCES = 8  # of the conditions, the first ones tell enough
_NEWEST = Ordering(Identifier("attribute", "start_time"), ascending=False)
_MERGED = 16  # experiments whose newest runs are rather merged than sorted


@dataclass(frozen=True, slots=True)
class Limits:
    """Where one way to search becomes dearer than another, in rows.

    Attributes:
        few: rather sorted than walked to, or twice the results if that is more; 0 to walk always.
        page: results, those of the pages before included, up to which walking pays.
        walked: what a walk may read, or four times the results if that is more; beyond, something else is tried.
        counted: how far ranges of metrics are counted; of runs a quarter of it, of texts a tenth: those cost more.
    """

    few: int = 500
    page: int = 20_000
    walked: int = 4_000
    counted: int = 20_000


@dataclass(frozen=True)
class RunQuery:
    """A search for runs.

    Attributes:
        experiments: their ids.
        stages: lifecycle stages.
        tree: the filter.
        order: the order_by clauses.
        known: what was looked up for both.
        limits: where ways to search part.
    """

    experiments: tuple[int, ...]
    stages: tuple[str, ...]
    tree: Filter | None
    order: tuple[Ordering, ...]
    known: Known
    limits: Limits = Limits()

    @property
    def scope(self) -> Fragment:
        """The condition that experiments and stages make."""
        stage, experiment = Fragment("r.lifecycle_stage"), Fragment("r.experiment")
        members = self.known.dialect.members
        return all_of([members(experiment, self.experiments), members(stage, self.stages)])

    @property
    def conjuncts(self) -> list[Filter]:
        """The conditions that must all hold, those that rarely do first."""
        return sorted(_flat(self.tree), key=_rarity)


@dataclass(frozen=True, slots=True)
class _Source:
    """Index ranges that together hold every run for which a condition holds.

    Attributes:
        part: the condition; None for the experiments as a whole.
        selects: statements with a column ``run``.
        exact: whether the condition holds for each of those runs.
        covered: whether the index is enough to read them.
    """

    part: Filter | None
    selects: tuple[Fragment, ...]
    exact: bool
    covered: bool

    @property
    def union(self) -> Fragment:
        """All of them, each run once."""
        sql = " UNION ".join(select.sql for select in self.selects)
        return Fragment(f"({sql})", tuple(value for select in self.selects for value in select.values))

    def count(self, connection: Connection, bound: int) -> int:
        """How many there are, counted no further than a bound for each range."""
        return sum(
            connection.execute(f"SELECT count(*) FROM ({select.sql} LIMIT ?)", (*select.values, bound))[0][0]
            for select in self.selects
        )


def find_runs(connection: Connection, query: RunQuery, limit: int, offset: int = 0) -> list[int]:
    """Keys of the runs from the `offset`-th on, in the order asked for: no more than `limit`."""
    if not query.experiments or run_compiler(query.known).condition(query.tree) == FALSE:
        return []
    if not query.known.dialect.lists_as_json:
        return _driven(connection, query, _everything(query), [], (limit, offset))
    limits = query.limits
    found = [source for part in query.conjuncts if (source := _source(part, query.known))]
    sources = [_everything(query), *found[:_COUNTED_SOURCES]]
    few = max(limits.few, min(2 * (limit + offset), limits.counted)) if limits.few else 0
    counts = [source.count(connection, few) for source in sources]
    smallest = min(range(len(sources)), key=counts.__getitem__)
    if counts[smallest] < few:
        return _driven(connection, query, sources[smallest], [], (limit, offset))
    if limit + offset <= limits.page:
        walked = _walk(connection, query, limit + offset)
        if walked is not None:
            return walked[offset:]
    bounds = [limits.counted // (10 if not source.covered else 1 if source.part else 4) for source in sources]
    counts = [source.count(connection, bound) for source, bound in zip(sources, bounds, strict=True)]
    # a range counted to its bound may be any size: those that are known come first
    costs = [count * (4 if count >= bound else 1) for count, bound in zip(counts, bounds, strict=True)]
    smallest = min(range(len(sources)), key=costs.__getitem__)
    hashed = [
        source
        for number, source in enumerate(sources)
        if source.part and source.covered and source.exact and counts[number] < min(bounds[number], 3 * costs[smallest])
    ]
    return _driven(connection, query, sources[smallest], hashed, (limit, offset))


def _everything(query: RunQuery) -> _Source:
    """The experiments as a whole."""
    select = Fragment(f"SELECT r.id AS run FROM runs r WHERE {query.scope.sql}", query.scope.values)
    return _Source(None, (select,), exact=True, covered=True)


def _driven(
    connection: Connection, query: RunQuery, driver: _Source, hashed: list[_Source], page: tuple[int, int]
) -> list[int]:
    """Take the runs of one source and sort them.

    Args:
        connection: within a transaction.
        query: what is searched.
        driver: the source.
        hashed: sources that are rather read once than looked up for each run.
        page: limit and offset.
    """
    done = [source.part for source in (driver, *hashed) if source.exact]
    rest = [part for part in query.conjuncts if part not in done]
    if driver.part is None:
        from_, owner = Fragment("runs r"), "r.id"
    else:
        from_, owner = driver.union, "d.run"
        from_ = Fragment(f"{from_.sql} d CROSS JOIN runs r ON r.id = d.run", from_.values)
    within = [Fragment(f"{owner} IN {s.union.sql}", s.union.values) for s in hashed if s is not driver]
    statement = _statement(query, from_, all_of(within), rest, owner)
    return _keys(connection.execute(f"{statement.sql} LIMIT ? OFFSET ?", (*statement.values, *page)))


def _statement(
    query: RunQuery,
    from_: Fragment,
    where: Fragment,
    conjuncts: list[Filter],
    owner: str,
    first: Fragment | None = None,
) -> Fragment:
    """SELECT without its LIMIT.

    Args:
        query: what is searched.
        from_: the tables, runs as r among them.
        where: what must hold besides.
        conjuncts: those of the query that are still to be tested.
        owner: where the key of a run stands soonest, so that it is tested before its row is read.
        first: sort term that stands for the query's first clause.
    """
    compiler = run_compiler(query.known, owner)
    condition = all_of([where, query.scope, *(compiler.condition(part) for part in conjuncts)])
    order = query.order[1:] if first else query.order
    keys = [key for number, ordering in enumerate(order) if (key := compiler.sort_key(ordering, number))]
    joins = [key.join for key in keys]
    terms = [*([first] if first else []), *(key.terms for key in keys), query.known.dialect.newest_run]
    sql = f"SELECT r.id, r.start_time, r.run_id FROM {' '.join([from_.sql, *(join.sql for join in joins)])}"
    sql += f" WHERE {condition.sql} ORDER BY {', '.join(term.sql for term in terms)}"
    pieces = [from_, *joins, condition, *terms]
    return Fragment(sql, tuple(value for piece in pieces for value in piece.values))


def _keys(rows: list[Any]) -> list[int]:
    return [row[0] for row in rows]


def _walk(connection: Connection, query: RunQuery, need: int) -> list[int] | None:
    """The first keys by an index that has the order; None if there is no such index or it holds too much in vain."""
    compiler = run_compiler(query.known)
    order = query.order
    while order and order[0].name.entity != "attribute" and compiler.rows(order[0].name) is None:
        order = order[1:]
    query = replace(query, order=order)
    if not order or order[0] == _NEWEST:
        return _walk_newest(connection, query, need)
    rows = compiler.rows(order[0].name) if order[0].name.entity != "attribute" else None
    if rows is None or rows.value not in ("last", "value"):
        return None
    return _walk_values(connection, query, rows, need)


def _walk_newest(connection: Connection, query: RunQuery, need: int) -> list[int] | None:
    places = [(experiment, stage) for experiment in query.experiments for stage in query.stages]
    if len(places) > (1 if query.order else _MERGED):
        return None
    found: list[Any] = []
    for place in places:
        where = Fragment("r.experiment = ? AND r.lifecycle_stage = ?", place)
        if query.tree is not None:
            depth = max(query.limits.walked, 4 * need) // len(places)
            oldest = f"SELECT r.start_time FROM runs r WHERE {where.sql} ORDER BY r.start_time DESC LIMIT 1 OFFSET ?"
            ((start,),) = connection.execute(oldest, (*place, depth)) or [(None,)]
        else:
            start = None
        within = Fragment("r.start_time >= ?", (start,)) if start is not None else TRUE
        statement = _statement(query, Fragment("runs r"), all_of([where, within]), query.conjuncts, "r.id")
        rows = connection.execute(f"{statement.sql} LIMIT ?", (*statement.values, need))
        if start is not None and len(rows) < need:
            return None
        found += rows
    if len(places) > 1:
        found.sort(key=lambda row: (row[1] is None, -(row[1] or 0), row[2]))
    return _keys(found[:need])


def _walk_values(connection: Connection, query: RunQuery, rows: Rows, need: int) -> list[int] | None:
    """Walk the values of a metric, param or tag; then the runs where it is NaN, then those without it."""
    ordering = query.order[0]
    direction, beyond = ("ASC", "<=") if ordering.ascending else ("DESC", ">=")
    value = f"d.{rows.value}" if rows.value == "last" else head("d.value")
    named = Fragment(f"d.{rows.name} = ?", (rows.key,))
    number = Fragment(f"{value} IS NOT NULL") if rows.value == "last" else TRUE
    there = all_of([named, number])
    cut = f"SELECT {value} FROM {rows.table} d WHERE {there.sql} ORDER BY {value} {direction} LIMIT 1 OFFSET ?"
    ends = connection.execute(cut, (*there.values, max(query.limits.walked, 4 * need)))
    within = Fragment(f"{value} {beyond} ?", ends[0]) if ends else TRUE
    from_ = Fragment(f"{rows.table} d CROSS JOIN runs r ON r.id = d.run")
    exact = "" if rows.value == "last" else f", d.value {direction}"

    def step(where: Fragment, first: Fragment, limit: int) -> list[int]:
        statement = _statement(query, from_, where, query.conjuncts, "d.run", first)
        return _keys(connection.execute(f"{statement.sql} LIMIT ?", (*statement.values, limit)))

    found = step(all_of([there, within]), Fragment(f"{value} {direction}{exact}"), need)
    if len(found) >= need or ends:
        return found if len(found) >= need else None
    if rows.value == "last":
        found += step(all_of([named, Fragment(f"{value} IS NULL")]), Fragment("d.series"), need - len(found))
    if len(found) < need:
        missing = Comparison(ordering.name, "IS NULL")
        tree: Filter = And((query.tree, missing)) if query.tree is not None else missing
        found += find_runs(connection, replace(query, tree=tree, order=query.order[1:]), need - len(found))
    return found


def _flat(tree: Filter | None) -> Iterator[Filter]:
    if isinstance(tree, And):
        for part in tree.parts:
            yield from _flat(part)
    elif tree is not None:
        yield tree


def _rarity(tree: Filter) -> int:
    """A guess at how seldom a condition holds and how dear it is to test: the smaller, the sooner."""
    if not isinstance(tree, Comparison):
        return 5
    if tree.name.entity == "attribute":
        return 0
    return {"=": 1, "IN": 2, "LIKE": 3, "BETWEEN": 3, "ILIKE": 4}.get(tree.operator, 4)


def _source(tree: Filter, known: Known) -> _Source | None:
    """The index ranges of a condition; None if it has none."""
    if isinstance(tree, Or):
        parts = [_source(part, known) for part in tree.parts]
        some = [part for part in parts if part]
        if len(some) < len(parts):
            return None
        selects = tuple(select for part in some for select in part.selects)
        return _Source(tree, selects, all(part.exact for part in some), all(part.covered for part in some))
    if not isinstance(tree, Comparison) or tree.operator == "IS NULL":
        return None
    if tree.name.entity == "attribute":
        if tree.name.key != "run_id" or tree.operator not in ("=", "IN"):
            return None
        test = compare(Fragment("s.run_id"), tree.operator, tree.value)
        select = Fragment(f"SELECT s.id AS run FROM runs s WHERE {test.sql}", test.values)
        return _Source(tree, (select,), exact=True, covered=True)
    if tree.name.entity == "dataset":
        return _dataset_source(tree)
    rows = known.run_rows(tree.name)
    if rows is None:
        return None
    test, exact = _range(tree, rows)
    sql = f"SELECT s.run FROM {rows.table} s WHERE s.{rows.name} = ? AND {test.sql}"
    return _Source(tree, (Fragment(sql, (rows.key, *test.values)),), exact, covered=rows.value != "value")


def _dataset_source(tree: Comparison) -> _Source | None:
    """The runs that read some data sets: there are few data sets, and an index has the runs of each."""
    related = DATASETS[tree.name.key]
    if related.where != TRUE:
        return None
    test = TRUE if tree.operator == "IS NOT NULL" else compare(Fragment(related.value), tree.operator, tree.value)
    select = f"SELECT DISTINCT s.run FROM datasets d CROSS JOIN inputs s ON s.dataset = d.id WHERE {test.sql}"
    return _Source(tree, (Fragment(select, test.values),), exact=True, covered=True)


def _range(tree: Comparison, rows: Rows) -> tuple[Fragment, bool]:
    """What an index can tell of a condition, and whether that is all of it."""
    operator, value = tree.operator, tree.value
    if operator == "IS NOT NULL":
        return TRUE, rows.always or rows.value == "last"
    if rows.value == "last":
        plain = operator in ("=", "<", "<=", ">", ">=", "BETWEEN")
        return (compare(Fragment("s.last"), operator, value), True) if plain else (TRUE, False)
    if rows.value == "value" and operator in ("=", "IN"):
        texts = [str(text) for text in (value if isinstance(value, tuple) else (value,))]
        heads = SQLITE.members(Fragment(head("s.value")), [text[:HEAD] for text in texts])
        return heads, all(len(text) < HEAD for text in texts)
    if operator == "LIKE":
        return _prefixed(str(value)), False
    return TRUE, False


def _prefixed(pattern: str) -> Fragment:
    start = min((pattern.index(wild) for wild in "%_" if wild in pattern), default=len(pattern))
    if start == 0:
        return TRUE
    low, high = prefix_range(pattern[:start])
    above = Fragment(f"{head('s.value')} >= ?", (low,))
    return above if high is None else all_of([above, Fragment(f"{head('s.value')} < ?", (high,))])
