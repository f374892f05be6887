"""Filter and order_by strings: what they mean, and what a wrong one is told."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from trackbook.errors import BadFilter, InvalidParameter
from trackbook.filters import (
    EXPERIMENTS,
    RUNS,
    And,
    Comparison,
    Filter,
    Identifier,
    Not,
    Or,
    Ordering,
    Value,
    identifiers,
    parse_filter,
    parse_order,
)


def metric(key: str, aggregate: str | None = None) -> Identifier:
    return Identifier("metric", key, aggregate)


def param(key: str) -> Identifier:
    return Identifier("param", key)


def attribute(key: str) -> Identifier:
    return Identifier("attribute", key)


A, B, C = (Comparison(metric(key), ">", 1) for key in "abc")

NAMES = [
    ("metrics.loss = 1", metric("loss")),
    ("metric.loss = 1", metric("loss")),
    ("metrics.val/loss-1:x = 1", metric("val/loss-1:x")),
    ('metrics."val loss" = 1', metric("val loss")),
    ("metrics.`val loss` = 1", metric("val loss")),
    ("metrics.`val loss`.max = 1", metric("val loss", "max")),
    ('metrics."loss.min" = 1', metric("loss", "min")),
    ("metrics.loss.first=1", metric("loss", "first")),
    ("metrics.a.b.count = 1", metric("a.b", "count")),
    ("metrics.min = 1", metric("min")),
    ("metrics.loss.mean = 1", metric("loss.mean")),
    ("metrics.e\u0301 = 1", metric("é")),
    ("metrics.and = 1", metric("and")),
    ("params.lr.min = 'x'", param("lr.min")),
    ("param.lr = 'x'", param("lr")),
    ("parameters.lr = 'x'", param("lr")),
    ("parameter.lr = 'x'", param("lr")),
    ("tags.mlflow.runName = 'x'", Identifier("tag", "mlflow.runName")),
    ("tag.🚀 = 'x'", Identifier("tag", "🚀")),
    ("datasets.name = 'x'", Identifier("dataset", "name")),
    ("dataset.digest = 'x'", Identifier("dataset", "digest")),
    ("run_id = 'x'", attribute("run_id")),
    ("attributes.run_id = 'x'", attribute("run_id")),
    ("attribute.run_id = 'x'", attribute("run_id")),
    ("attr.`run name` = 'x'", attribute("run_name")),
    ("run.'x' = 'x'", None),
    ("`Run Name` = 'x'", attribute("run_name")),
    ('"Run name" = "x"', attribute("run_name")),
    ("Created > 1", attribute("start_time")),
    ("run.created > 1", attribute("start_time")),
    ("duration > 1", attribute("duration")),
    ("lifecycle_stage = 'deleted'", attribute("lifecycle_stage")),
    ("liveness = 'lost'", attribute("liveness")),
]


@pytest.mark.parametrize(("text", "name"), NAMES, ids=[text for text, _ in NAMES])
def test_names_are_understood(text: str, name: Identifier | None) -> None:
    if name is None:
        with pytest.raises(BadFilter):
            parse_filter(text)
    else:
        assert list(identifiers(parse_filter(text))) == [name]


CONDITIONS: list[tuple[str, str, Value]] = [
    ("metrics.a = 1", "=", 1),
    ("metrics.a!=.5", "!=", 0.5),
    ("metrics.a >= -1.5e-3", ">=", -0.0015),
    ("metrics.a<=+2.", "<=", 2.0),
    ("metrics.a < inf", "<", float("inf")),
    ("metrics.a > -Infinity", ">", float("-inf")),
    ("metrics.a between 1 and 2.5", "BETWEEN", (1, 2.5)),
    ("metrics.a NOT Between -2 AND -1", "NOT BETWEEN", (-2, -1)),
    ("metrics.a is null", "IS NULL", None),
    ("metrics.a IS not NULL", "IS NOT NULL", None),
    ("params.a = 'it\"s'", "=", 'it"s'),
    ('params.a = "it\'s"', "=", "it's"),
    ("params.a = ''", "=", ""),
    ("params.a = 'AND (OR'", "=", "AND (OR"),
    ("params.a like '%x_'", "LIKE", "%x_"),
    ("params.a ILIKE '%'", "ILIKE", "%"),
    ("params.a NOT like 'x'", "NOT LIKE", "x"),
    ("params.a not ilike 'x'", "NOT ILIKE", "x"),
    ("params.a in ('x')", "IN", ("x",)),
    ("params.a IN('x',\"y\")", "IN", ("x", "y")),
    ("params.a IN ('x',)", "IN", ("x",)),
    ("params.a not in ('x', 'y')", "NOT IN", ("x", "y")),
    ("status = 'running'", "=", "running"),
    ("end_time is null", "IS NULL", None),
    ("start_time > 9223372036854775807", ">", 2**63 - 1),
    ("start_time > 9223372036854775808", ">", float(2**63)),
    ("liveness LIKE 'a%'", "LIKE", "a%"),
]


@pytest.mark.parametrize(("text", "operator", "value"), CONDITIONS, ids=[text for text, _, _ in CONDITIONS])
def test_operators_and_values_are_understood(text: str, operator: str, value: Value) -> None:
    tree = parse_filter(text)
    assert isinstance(tree, Comparison)
    assert (tree.operator, tree.value) == (operator, value)


SHAPES: list[tuple[str | None, Filter | None]] = [
    (None, None),
    ("", None),
    ("metrics.a>1", A),
    ("metrics.a > 1 AND metrics.b > 1 and metrics.c > 1", And((A, B, C))),
    ("metrics.a > 1 or metrics.b > 1 AND metrics.c > 1", Or((A, And((B, C))))),
    ("(metrics.a > 1 OR metrics.b > 1) AND metrics.c > 1", And((Or((A, B)), C))),
    ("NOT metrics.a > 1 AND metrics.b > 1", And((Not(A), B))),
    ("not (metrics.a > 1 or metrics.b > 1)", Not(Or((A, B)))),
    ("NOT NOT ((metrics.a > 1))", Not(Not(A))),
    ("metrics.a > 1 AND", A),
    ("\n metrics.a\t> 1 ", A),
]


@pytest.mark.parametrize(("text", "tree"), SHAPES)
def test_conditions_combine_as_in_sql(text: str | None, tree: Filter | None) -> None:
    assert parse_filter(text) == tree


WRONG = [
    ("   ", 1, "expected a condition"),
    ("metrics.a", 10, "expected an operator"),
    ("metrics.a >", 12, "expected a number, or a text in quotes"),
    ("metrics.a > 1 metrics.b > 1", 15, "expected AND, OR or the end"),
    ("metrics.a > 1 OR", 17, "expected a condition"),
    ("metrics.a > 1 AND AND metrics.b > 1", 19, "expected a condition"),
    ("(metrics.a > 1", 15, "expected )"),
    ("metrics.a > 1)", 14, "expected the end"),
    ("metrics.a = 'x'", 13, "metrics are numbers; expected one without quotes"),
    ("metrics.a > high", 13, "metrics are numbers; expected one such as 0.5"),
    ("metrics.a > 1e999", 13, "beyond the largest float"),
    ("metrics.a LIKE 'x'", 11, "metrics are numbers and know = != > >= < <= BETWEEN, IS NULL"),
    ("metrics.a IN (1, 2)", 11, "metrics are numbers and know"),
    ("metrics.a == 1", 11, "Write = for =="),
    ("metrics.a <> 1", 11, "Write != for <>"),
    ("metrics.a BETWEEN 1 OR 2", 21, "expected AND"),
    ("metrics.a IS 1", 14, "expected NOT or NULL"),
    ("metrics. > 1", 9, "expected a key after 'metrics.'"),
    ("metrics.a > 1 AND params.lr > '1'", 29, "params are text and know = != LIKE ILIKE IN, IS NULL."),
    ("params.lr = 0.1", 13, "params are text; expected quotes, as in '0.1'"),
    ("params.model = xgb", 16, "expected quotes, as in 'xgb'"),
    ("params.a BETWEEN 'a' AND 'b'", 10, "params are text and know"),
    ("params.a = 'x", 12, "this ' is never closed"),
    ("params.`a = 'x'", 8, "this ` is never closed"),
    ("params.a IN 'x'", 13, "expected ("),
    ("params.a IN ()", 14, "expected a number, or a text in quotes"),
    ("params.a IN ('x' 'y')", 18, "expected ) or ,"),
    ("params.a NOT 'x'", 14, "expected BETWEEN, ILIKE, IN or LIKE"),
    ("tags.a = 'x' OR status > 'x'", 24, "status is text and knows"),
    ("start_time = '1'", 14, "start_time is a number; expected one without quotes"),
    ("start_time LIKE '1'", 12, "start_time is a number and knows = != > >= < <= BETWEEN"),
    ("lr = '0.1'", 1, "runs have no attribute 'lr'; expected run_id"),
    ("lr = '0.1'", 1, "metrics.lr, params.lr or tags.lr"),
    ("experiment_id = '1'", 1, "runs have no attribute 'experiment_id'"),
    ("trace.a = '1'", 1, "expected metrics, params, tags, datasets or attributes before the dot"),
    ("datasets.size = '1'", 10, "expected name, digest or context"),
    ("liveness = 'dead'", 12, "expected 'alive', 'lost' or 'ended' for liveness, found 'dead'"),
    ("lifecycle_stage IN ('active', 'gone')", 31, "expected 'active' or 'deleted'"),
    ("tags.a = 'x\x00'", 12, "no text in a store"),
    ("tags.a = '\ud800'", 11, "no text in a store"),
]


@pytest.mark.parametrize(("text", "column", "message"), WRONG, ids=[ascii(text) for text, _, _ in WRONG])
def test_wrong_filter_names_its_column_and_what_was_expected(text: str, column: int, message: str) -> None:
    with pytest.raises(BadFilter) as caught:
        parse_filter(text)
    assert caught.value.column == column
    assert caught.value.message.startswith(f"col {column}: ")
    assert message in caught.value.message
    assert caught.value.error_code == "INVALID_PARAMETER_VALUE"


HUGE = {
    "bytes": "metrics.a > 1 AND " * 4_000,
    "wide bytes": f"tags.a = '{'é' * 40_000}'",
    "comparisons": " OR ".join(["metrics.a > 1"] * 33),
    "literals": f"params.a IN ({','.join(['1'] * 1001)})".replace("1", "'1'"),
    "brackets": "(" * 33 + "metrics.a > 1" + ")" * 33,
    "only brackets": "(" * 65_000,
    "negations": "NOT " * 33 + "metrics.a > 1",
    "both": "NOT (" * 17 + "metrics.a > 1" + ")" * 17,
    "quotes": "'" * 65_000,
    "commas": "tags.a IN (" + "," * 65_000,
    "words": "AND " * 16_000,
    "digits": f"metrics.a > {'9' * 60_000}",
    "pattern": f"tags.a LIKE '{'%a' * 1_501}'",
}


@pytest.mark.parametrize("text", HUGE.values(), ids=HUGE.keys())
def test_filter_beyond_the_limits_is_refused_at_once(text: str) -> None:
    parse_filter("metrics.a > 1")  # the parser is built once a process
    start = time.process_time()
    with pytest.raises(BadFilter):
        parse_filter(text)
    assert time.process_time() - start < 0.2


def test_filter_at_the_limits_is_taken() -> None:
    assert parse_filter(" OR ".join(["metrics.a > 1"] * 32))
    assert parse_filter("(" * 32 + "metrics.a > 1" + ")" * 32) == A
    assert parse_filter("params.a IN (" + ",".join(["'x'"] * 1000) + ")")
    assert parse_filter("params.a NOT IN ('x') AND params.b IS NOT NULL AND (tags.c NOT LIKE 'x')")


ORDERS = [
    ("metrics.loss", Ordering(metric("loss"))),
    ("metrics.loss ASC", Ordering(metric("loss"))),
    ("metrics.loss.min desc", Ordering(metric("loss", "min"), ascending=False)),
    ("metrics.`val loss` DESC", Ordering(metric("val loss"), ascending=False)),
    (" params.lr Asc ", Ordering(param("lr"))),
    ("tags.`mlflow.user`", Ordering(Identifier("tag", "mlflow.user"))),
    ("attributes.start_time DESC", Ordering(attribute("start_time"), ascending=False)),
    ("Created", Ordering(attribute("start_time"))),
    ("`run name`", Ordering(attribute("run_name"))),
    ("duration", Ordering(attribute("duration"))),
]


@pytest.mark.parametrize(("clause", "ordering"), ORDERS, ids=[clause for clause, _ in ORDERS])
def test_order_clauses_are_understood(clause: str, ordering: Ordering) -> None:
    assert parse_order([clause]) == (ordering,)


WRONG_ORDERS = [
    ("", 1, "expected a name such as metrics.loss, found the end"),
    ("metrics.loss DOWN", 14, "expected ASC, DESC or the end, found 'DOWN'"),
    ("metrics.loss DESC, params.lr", 18, "expected the end, found ','"),
    ("loss", 1, "runs have no attribute 'loss'"),
    ("datasets.name", 1, "expected metrics, params, tags or attributes before the dot"),
    ("metrics.a b DESC", 11, "expected ASC, DESC or the end"),
    ("metrics.`loss", 9, "never closed"),
]


@pytest.mark.parametrize(("clause", "column", "message"), WRONG_ORDERS, ids=[clause for clause, _, _ in WRONG_ORDERS])
def test_wrong_order_clause_names_its_number_and_column(clause: str, column: int, message: str) -> None:
    with pytest.raises(BadFilter) as caught:
        parse_order(["start_time", clause])
    assert caught.value.column == column
    assert caught.value.message.startswith(f"order_by 2, col {column}: ")
    assert message in caught.value.message


@pytest.mark.parametrize("clauses", [["start_time"] * 9, "start_time", [1], {"start_time": 1}])
def test_what_is_no_list_of_eight_clauses_is_refused(clauses: list[str]) -> None:
    with pytest.raises(InvalidParameter):
        parse_order(clauses)


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="filter is text"):
        parse_filter(b"metrics.a > 1")  # type: ignore[arg-type]


def test_experiments_have_a_vocabulary_of_their_own() -> None:
    assert parse_filter("name LIKE 'a%' AND attribute.experiment_id IN ('1') AND tags.a = 'x'", EXPERIMENTS)
    assert parse_order(["last_update_time DESC"], EXPERIMENTS)
    for text in ("attr.name = 'x'", "metrics.a > 1", "run_id = 'x'"):
        with pytest.raises(BadFilter):
            parse_filter(text, EXPERIMENTS)


def test_every_attribute_can_be_filtered_and_sorted() -> None:
    for vocabulary in (RUNS, EXPERIMENTS):
        for item in vocabulary.attributes:
            assert parse_filter(f"{item.name} IS NULL", vocabulary) == Comparison(attribute(item.name), "IS NULL")
            assert parse_order([item.name], vocabulary) == (Ordering(attribute(item.name)),)


def test_examples_in_the_documentation_are_filters() -> None:
    page = (Path(__file__).parents[1] / "docs" / "search.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```sql\n(.*?)```", page, re.DOTALL)
    examples = block.strip().splitlines() + re.findall(r"`((?:params|tags)\.\w+ [^`]+|NOT [^`]+')`", page)
    assert len(examples) > 7
    assert all(parse_filter(example) for example in examples)


def test_import_brings_no_parser() -> None:
    code = "import sys, trackbook.filters; sys.exit('lark' in sys.modules or 'sqlalchemy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
