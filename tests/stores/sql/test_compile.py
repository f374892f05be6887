"""What filters and orders find, against a reference in plain Python over a small store."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from operator import eq, ge, gt, le, lt, ne
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trackbook.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag
from trackbook.filters import (
    AGGREGATES,
    And,
    Comparison,
    Filter,
    Identifier,
    Not,
    Or,
    Ordering,
    parse_filter,
    parse_order,
)
from trackbook.stores import open_store
from trackbook.stores.base import NewRun, Store
from trackbook.stores.sql.plan import Limits, find_runs
from trackbook.stores.sql.search import _Asked
from trackbook.stores.sql.store import SqlStore

INF, NAN = math.inf, math.nan
SIGNS = {"=": eq, "!=": ne, "<": lt, "<=": le, ">": gt, ">=": ge}
TEXTS = ["", "a", "A", "aé", "AÉ", "a%b", "a_b", "a*b", "[a]", "?", "'; DROP TABLE runs; --"]
TEXTS += ["a ", "a|b", "a\\b", "a\nb"]
TEXTS += ["x" * 130, "x" * 128 + "y"]  # equal as far as their index goes
#: Points of the metrics of each run: (step, value), in the order in which they are logged.
POINTS: list[dict[str, list[tuple[int, float]]]] = [
    {"m": [(0, 0.5)], "n": [(0, 1.0)]},
    {"m": [(0, NAN)], "n": [(0, 2.0)]},
    {"m": [(0, INF)]},
    {"m": [(0, -INF)], "n": [(0, NAN), (1, NAN)]},
    {},
    {"m": [(0, 3.0), (1, 1.0), (2, 2.0)], "n": [(0, -1.0)]},
    {"m": [(2, 4.0), (1, NAN), (0, -4.0)]},
    {"m": [(0, -0.0)], "m.min": [(0, 7.0)], "n": [(0, 0.0)]},
    {"m": [(0, 2.0**53)], "n": [(0, 0.5)]},
]


@dataclass(repr=False)
class Model:
    """A run as the reference sees it."""

    run_id: str
    start_time: int
    end_time: int | None
    status: str
    run_name: str
    user_id: str | None
    points: dict[str, list[tuple[int, float]]]
    params: dict[str, str]
    tags: dict[str, str]
    lifecycle_stage: str = "active"
    known: set[str] = field(default_factory=set)
    datasets: list[dict[str, str]] = field(default_factory=list)

    def value(self, name: Identifier) -> Any:
        """What a name means here; None if it is missing."""
        if name.entity == "metric":
            key = self.metric_key(name)
            return self.metric(key, "last" if key == name.written else name.aggregate or "last")
        if name.entity in ("param", "tag"):
            return (self.params if name.entity == "param" else self.tags).get(name.key)
        if name.key == "duration":
            return None if self.end_time is None else self.end_time - self.start_time
        if name.key == "liveness":
            return "alive" if self.status == "RUNNING" else "ended"
        return getattr(self, name.key)

    def metric_key(self, name: Identifier) -> str:
        return name.written if name.written in self.known else name.key

    def metric(self, key: str, aggregate: str) -> float | None:
        points = self.points.get(key)
        if not points:
            return None
        numbers = [value for _, value in points if not math.isnan(value)]
        if aggregate == "last":
            return max(points, key=lambda point: point[0])[1]
        if aggregate == "count":
            return len(points)
        return {"min": min(numbers), "max": max(numbers), "first": numbers[0]}[aggregate] if numbers else None


def holds(tree: Filter, run: Model) -> bool:
    if isinstance(tree, And):
        return all(holds(part, run) for part in tree.parts)
    if isinstance(tree, Or):
        return any(holds(part, run) for part in tree.parts)
    if isinstance(tree, Not):
        return not holds(tree.part, run)
    if tree.name.entity == "dataset":
        each = [dataset[tree.name.key] for dataset in run.datasets if tree.name.key in dataset]
        if tree.operator.startswith("IS"):
            return bool(each) != (tree.operator == "IS NULL")
        return any(compares(text, tree.operator, tree.value) for text in each)
    value = run.value(tree.name)
    if tree.operator == "IS NULL":
        return value is None
    if tree.operator == "IS NOT NULL":
        return value is not None
    return value is not None and compares(value, tree.operator, tree.value)


def compares(value: Any, operator: str, wanted: Any) -> bool:
    several = wanted if isinstance(wanted, tuple) else (wanted,)
    if any(isinstance(item, float) and math.isnan(item) for item in (value, *several)):
        return False
    plain = operator.removeprefix("NOT ")
    if plain in ("LIKE", "ILIKE"):
        parts = {"%": ".*", "_": "."}
        pattern = "".join(parts.get(character, re.escape(character)) for character in wanted)
        flags = re.DOTALL | (re.IGNORECASE if plain == "ILIKE" else 0)
        found = re.fullmatch(pattern, value, flags) is not None
    elif plain == "IN":
        found = value in wanted
    elif plain == "BETWEEN":
        found = wanted[0] <= value <= wanted[1]
    else:
        return bool(SIGNS[operator](value, wanted))
    return found != (plain != operator)


@dataclass(repr=False)
class World:
    """A store, the experiment that is searched, and its runs as the reference sees them."""

    store: Store
    experiment: str
    runs: list[Model]

    @property
    def counts(self) -> bool:
        """Whether ways to search differ."""
        return isinstance(self.store, SqlStore) and self.store.database.dialect.lists_as_json


#: What data sets a run read.
READ: list[list[dict[str, str]]] = [
    [],
    [{"name": "a", "digest": "A", "context": "Éa"}],
    [{"name": "a", "digest": "b"}, {"name": "a b", "digest": "A", "context": "a"}],
    [{"name": "x" * 200, "digest": "é"}],
]


def read_from(dataset: dict[str, str]) -> DatasetInput:
    tags = [InputTag("mlflow.data.context", dataset["context"])] if "context" in dataset else []
    return DatasetInput(Dataset(dataset["name"], dataset["digest"], "local", "{}"), tags)


@pytest.fixture(scope="module", params=["sqlite", "postgresql", "mariadb"])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with ExitStack() as stack:
        if request.param == "sqlite":
            uri = str(tmp_path_factory.mktemp("search") / "store.db")
        else:
            uri = stack.enter_context(request.getfixturevalue(request.param).database())
        store = open_store(uri)
        stack.callback(store.close)
        yield filled(store)


def filled(store: Store) -> World:
    experiment = store.create_experiment("searched")
    other = store.create_experiment("other")
    store.create_run(NewRun(other, "elsewhere"))
    runs = []
    for number in range(27):
        points = POINTS[number % len(POINTS)]
        params = {"p": TEXTS[number % len(TEXTS)], "start_time": str(number % 4)} if number % 3 else {}
        tags = {"t t": TEXTS[(number * 5) % len(TEXTS)]} if number % 4 else {}
        user = "" if number % 2 else "Ada"
        start, name = 1000 - number // 3, f"name {number % 5}"
        run = Model(f"{number:032x}", start, None, "RUNNING", name, user or None, points, params, tags)
        run.known = {key for some in POINTS for key in some}
        store.create_run(NewRun(experiment, run.run_name, user, run.start_time, run_id=run.run_id))
        metrics = [Metric(key, value, 1, step) for key, some in points.items() for step, value in some]
        logged = [Param(*item) for item in params.items()], [RunTag(*item) for item in tags.items()]
        store.log_batch(run.run_id, metrics, *logged)
        if number % 5 == 1:
            run.status, run.end_time = ("FINISHED", "FAILED", "KILLED")[number % 3], 2000 + number
            store.update_run(run.run_id, run.status, run.end_time)
        run.tags = {**tags, "mlflow.runName": run.run_name}
        run.datasets = READ[number % len(READ)]
        store.log_inputs(run.run_id, [read_from(dataset) for dataset in run.datasets])
        runs.append(run)
    return World(store, experiment, runs)


#: Ways to search: whatever the data, one of them sorts, one walks an index and one gives a walk up.
WAYS = {
    "driven": Limits(few=500),
    "walked": Limits(few=0),
    "given up": Limits(few=0, walked=2, counted=30),
    "counted": Limits(few=0, page=0, counted=10),
}


def find(
    world: World,
    way: str,
    tree: Filter | None,
    order: tuple[Ordering, ...] = (),
    page: tuple[int, int] = (1000, 0),
) -> list[str]:
    """Run ids that a tree finds, in order, by one way."""
    store = world.store
    assert isinstance(store, SqlStore)
    with store.database.read() as connection:
        query = store._query(connection, _Asked((int(world.experiment),), ("active",), tree, order))
        keys = find_runs(connection, replace(query, limits=WAYS[way]), *page)
        ids = dict(connection.execute("SELECT id, run_id FROM runs"))
    return [ids[key] for key in keys]


def expected(runs: list[Model], tree: Filter | None, order: tuple[Ordering, ...] = ()) -> list[str]:
    found = [run for run in runs if tree is None or holds(tree, run)]
    found.sort(key=lambda run: (-run.start_time, run.run_id))
    for ordering in reversed(order):
        values = {run.run_id: run.value(ordering.name) for run in found}
        there = [run for run in found if not is_missing(values[run.run_id])]
        # Python's sort keeps equals as they were, in both directions
        there.sort(key=lambda run: values[run.run_id], reverse=not ordering.ascending)
        missing = [run for run in found if is_missing(values[run.run_id])]
        missing.sort(key=lambda run: values[run.run_id] is None and has_no_row(run, ordering.name))
        found = there + missing
    return [run.run_id for run in found]


def is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def has_no_row(run: Model, name: Identifier) -> bool:
    """Metrics that are NaN come before those that were never logged."""
    return name.entity != "metric" or run.metric(run.metric_key(name), "count") is None


METRICS = [Identifier("metric", "m", aggregate) for aggregate in (None, *sorted(AGGREGATES))]
METRICS += [Identifier("metric", "n"), Identifier("metric", "never"), Identifier("metric", "n", "max")]
LOGGED_TEXTS = [Identifier("param", key) for key in ("p", "start_time", "never")] + [Identifier("tag", "t t")]
TEXT_ATTRIBUTES = [
    Identifier("attribute", key) for key in ("run_id", "run_name", "status", "user_id", "lifecycle_stage")
]
TIMES = [Identifier("attribute", key) for key in ("start_time", "end_time", "duration")]
DATASETS = [Identifier("dataset", key) for key in ("name", "digest", "context")]
NUMBERS = st.sampled_from([0, 0.5, -0.0, 1, 2.0**53, 2**53 + 1, INF, -INF, NAN, 997, 1000, 2006])
WORDS = st.sampled_from([*TEXTS, "Ada", "name 1", "RUNNING", "KILLED", "0" * 31 + "5"])
PATTERNS = st.sampled_from(
    ["%", "a%", "a|%", "A\\_", "A_", "%é", "%É", "a*%", "[%", "?", "%ame 1", "x%y", "x" * 128 + "%", "_"]
)
NULLS = st.tuples(st.sampled_from(["IS NULL", "IS NOT NULL"]), st.none())
BARE_WORD = st.sampled_from(["", "NOT "])


def conditions() -> st.SearchStrategy[Filter]:
    signs = st.tuples(st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), NUMBERS)
    between = st.tuples(BARE_WORD.map("{}BETWEEN".format), st.tuples(NUMBERS, NUMBERS))
    number = st.one_of(signs, between, NULLS)
    equal = st.tuples(st.sampled_from(["=", "!="]), WORDS)
    like = st.tuples(st.builds("".join, st.tuples(BARE_WORD, st.sampled_from(["LIKE", "ILIKE"]))), PATTERNS | WORDS)
    among = st.tuples(BARE_WORD.map("{}IN".format), st.lists(WORDS, min_size=1, max_size=3).map(tuple))
    text = st.one_of(equal, like, among, NULLS)

    def build(name: Identifier, test: tuple[str, Any]) -> Filter:
        return Comparison(name, *test)

    texts = [*LOGGED_TEXTS, *TEXT_ATTRIBUTES, *DATASETS]
    return st.builds(build, st.sampled_from(METRICS + TIMES), number) | st.builds(build, st.sampled_from(texts), text)


TREES = st.recursive(
    conditions(),
    lambda part: st.one_of(
        st.lists(part, min_size=2, max_size=3).map(lambda parts: And(tuple(parts))),
        st.lists(part, min_size=2, max_size=3).map(lambda parts: Or(tuple(parts))),
        part.map(Not),
    ),
    max_leaves=5,
)
SORTABLE = st.sampled_from([*METRICS, *LOGGED_TEXTS, *TEXT_ATTRIBUTES, *TIMES])
ORDERS = st.lists(st.builds(Ordering, SORTABLE, st.booleans()), max_size=3)


@settings(max_examples=300)
@given(tree=st.none() | TREES, order=ORDERS.map(tuple), way=st.sampled_from(sorted(WAYS)))
def test_any_filter_and_order_finds_what_the_reference_finds(
    world: World, tree: Filter | None, order: tuple[Ordering, ...], way: str
) -> None:
    assert find(world, way, tree, order) == expected(world.runs, tree, order)


@settings(max_examples=100)
@given(
    tree=st.none() | conditions(), order=ORDERS.map(tuple), way=st.sampled_from(sorted(WAYS)), size=st.integers(1, 9)
)
def test_pages_put_together_are_the_whole(
    world: World, tree: Filter | None, order: tuple[Ordering, ...], way: str, size: int
) -> None:
    whole = find(world, way, tree, order)
    pages = [find(world, way, tree, order, (size, offset)) for offset in range(0, len(whole) + 1, size)]
    assert [run_id for page in pages for run_id in page] == whole


def written(tree: Filter) -> str:
    """A tree as a filter string."""
    if isinstance(tree, And | Or):
        return f" {type(tree).__name__.upper()} ".join(f"({written(part)})" for part in tree.parts)
    if isinstance(tree, Not):
        return f"NOT ({written(tree.part)})"
    name = f"{tree.name.entity}.`{tree.name.written}`"
    if isinstance(tree.value, tuple) and tree.operator.endswith("IN"):
        return f"{name} {tree.operator} ({', '.join(map(literal, tree.value))})"
    values = tree.value if isinstance(tree.value, tuple) else (tree.value,) if tree.value is not None else ()
    return f"{name} {tree.operator} {' AND '.join(map(literal, values))}"


def literal(value: object) -> str:
    return repr(value) if not isinstance(value, str) else f'"{value}"' if "'" in value else f"'{value}'"


# NaN is not equal to itself, and a lifecycle_stage takes only the values that there are
@given(tree=TREES.filter(lambda tree: "nan" not in repr(tree) and "lifecycle" not in repr(tree)))
def test_tree_that_is_written_down_is_read_back(tree: Filter) -> None:
    assert parse_filter(written(tree)) == tree


@pytest.mark.parametrize("way", sorted(WAYS))
@pytest.mark.parametrize("literal", [0.5, NAN, INF, -INF])
@pytest.mark.parametrize("operator", ["=", "!=", "<", "<=", ">", ">="])
def test_nan_matches_no_comparison(world: World, operator: str, literal: float, way: str) -> None:
    if not world.counts and way != "driven":
        return  # a server has one way
    for name in METRICS:
        tree = parse_filter(f"metrics.{name.written} {operator} {literal}")
        assert tree is not None
        found = find(world, way, tree)
        assert found == expected(world.runs, tree)
        nans = {run.run_id for run in world.runs if isinstance(run.value(name), float) and math.isnan(run.value(name))}
        assert not nans & set(found)


def test_metric_whose_very_name_ends_in_an_aggregate_wins(world: World) -> None:
    found = find(world, "driven", parse_filter("metrics.m.min = 7"))
    assert found == [run.run_id for run in world.runs if "m.min" in run.points]
    assert find(world, "driven", parse_filter("metrics.m.max >= 4")) != []


def test_negation_of_a_comparison_also_finds_what_is_missing(world: World) -> None:
    missing = {run.run_id for run in world.runs if "p" not in run.params}
    assert missing <= set(find(world, "driven", parse_filter("NOT params.p = 'a'")))
    assert not missing & set(find(world, "driven", parse_filter("params.p != 'a'")))


@pytest.mark.parametrize("text", ["'; DROP TABLE runs; --", "' OR 1=1 --", 'x" OR "1"="1', "%s{}?:1", "\x27", "🦊"])
def test_text_is_never_taken_as_sql(world: World, text: str) -> None:
    quoted = literal(text)
    for condition in (f"params.p = {quoted}", f"params.p LIKE {quoted}", f"tags.`t t` IN ({quoted}, 'x')"):
        tree = parse_filter(condition)
        assert find(world, "driven", tree) == expected(world.runs, tree)
    key = text.replace("`", "").replace('"', "")
    assert find(world, "driven", parse_filter(f"params.`{key}` = 'a' OR metrics.`{key}` > 0")) == []
    assert len(find(world, "driven", None, parse_order([f"tags.`{key}` DESC"]))) == len(world.runs)


def test_a_page_of_conditions_needs_no_join(world: World) -> None:
    tree = parse_filter(" AND ".join(["metrics.n > -100"] * 32))
    order = parse_order(["metrics.m", "params.p DESC", "tags.`t t`", *["metrics.n.min"] * 5])
    assert find(world, "driven", tree, order) == expected(world.runs, tree, order)
