"""The REST spelling: what goes out comes back exactly, and what comes in is bounded."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackbook.entities import (
    Dataset,
    DatasetInput,
    Experiment,
    InputTag,
    LoggedModelInput,
    LoggedModelOutput,
    Metric,
    Run,
    RunData,
    RunInfo,
    RunInputs,
    RunOutputs,
)
from trackbook.errors import InvalidParameter
from trackbook.server.api.answers import ANSWERS
from trackbook.wire import (
    BODY_BYTES,
    ENDPOINTS,
    Endpoint,
    Request,
    experiment_from_json,
    experiment_to_json,
    float_from_json,
    float_to_json,
    metric_from_json,
    metric_to_json,
    request_of_body,
    request_of_query,
    run_from_json,
    run_to_json,
)

DOCS = Path(__file__).parents[1] / "docs" / "jupyterlab.md"
INT64 = st.integers(-(2**63), 2**63 - 1)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def test_every_endpoint_has_an_answer_and_a_permission() -> None:
    assert {endpoint.name for endpoint in ENDPOINTS} == set(ANSWERS)
    assert all(endpoint.permission in ("read", "write") for endpoint in ENDPOINTS)
    assert len({(endpoint.method, endpoint.path) for endpoint in ENDPOINTS}) == len(ENDPOINTS)


def test_every_endpoint_is_documented_and_no_other() -> None:
    told = set(re.findall(r"`(GET|POST|PATCH|DELETE) (/api/[\w./-]+)`", DOCS.read_text(encoding="utf-8")))
    assert told == {(endpoint.method, endpoint.path) for endpoint in ENDPOINTS}


@pytest.mark.parametrize(
    ("method", "path", "permission"), [("GET", "/api/x", ""), ("PUT", "/api/x", "read"), ("GET", "/x", "read")]
)
def test_row_without_a_permission_is_none(method: str, path: str, permission: str) -> None:
    with pytest.raises(InvalidParameter, match=path):
        Endpoint("x", method, path, permission)  # type: ignore[arg-type]


@given(st.floats())
def test_floats_travel_exactly(value: float) -> None:
    text = json.dumps(float_to_json(value), allow_nan=False)
    back = float_from_json(json.loads(text))
    assert (
        math.isnan(back) if math.isnan(value) else (back == value and math.copysign(1, back) == math.copysign(1, value))
    )


@pytest.mark.parametrize("value", [None, True, "1.0", "nan", [1], {}, 10**400])
def test_what_is_no_float_is_refused(value: object) -> None:
    with pytest.raises(InvalidParameter):
        float_from_json(value)


@given(TEXT, st.floats(allow_nan=False), INT64, INT64)
def test_metrics_travel_exactly(key: str, value: float, time: int, step: int) -> None:
    metric = Metric(key, value, time, step, "m-1", "digits", "d1")
    assert metric_from_json(json.loads(json.dumps(metric_to_json(metric), allow_nan=False))) == metric


@pytest.mark.parametrize("step", [2**63, 1.5, "x", None])
def test_step_beyond_64_bits_is_refused(step: object) -> None:
    with pytest.raises(InvalidParameter):
        metric_from_json({"key": "a", "value": 1.0, "step": step})


@given(TEXT, st.dictionaries(TEXT, TEXT, max_size=3), st.none() | INT64)
def test_experiments_travel_exactly(name: str, tags: dict[str, str], time: int | None) -> None:
    experiment = Experiment("7", name, "file:///x", "deleted", tags, time, time)
    assert experiment_from_json(json.loads(json.dumps(experiment_to_json(experiment)))) == experiment


@given(st.dictionaries(TEXT, st.floats(allow_nan=False), max_size=3), st.dictionaries(TEXT, TEXT, max_size=3), INT64)
def test_runs_travel_exactly(metrics: dict[str, float], params: dict[str, str], time: int) -> None:
    data = Dataset("digits", "d1", "local", '{"uri": "x"}', None, '{"num_rows": 3}')
    run = Run(
        RunInfo("a" * 32, "1", "ada", "RUNNING", time, None, "active", "file:///x", "otter"),
        RunData(metrics, params, params),
        RunInputs([DatasetInput(data, [InputTag("mlflow.data.context", "training")])], [LoggedModelInput("m-1")]),
        RunOutputs([LoggedModelOutput("m-2", 2**60)]),
    )
    assert run_from_json(json.loads(json.dumps(run_to_json(run), allow_nan=False))) == run


def test_run_looks_as_mlflow_writes_it() -> None:
    run = Run(RunInfo("b" * 32, "1", "", "FINISHED", 1, 2, "active", None, "otter"), RunData({"loss": math.nan}))
    told = run_to_json(run, [Metric("loss", math.nan, 5, 3)])
    assert told["info"]["run_uuid"] == told["info"]["run_id"] == "b" * 32
    assert told["data"] == {"metrics": [{"key": "loss", "value": "NaN", "timestamp": 5, "step": 3}]}
    assert (told["inputs"], told["outputs"]) == ({}, {})


def test_members_of_a_request_are_read() -> None:
    request = request_of_body(b'{"a": "x", "n": 5, "m": "-3", "list": ["x", "y"], "one": "z", "view": "ALL"}')
    assert (request.text("a"), request.text("missing"), request.required("missing", "a")) == ("x", None, "x")
    assert request.integer("n", 1, most=9) == 5
    assert request.integer("m", 1, least=-9, most=9) == -3
    assert request.integer("missing", 7, most=9) == 7
    assert (request.texts("list"), request.texts("one"), request.texts("missing")) == (["x", "y"], ["z"], [])
    assert (request.view("view"), request.view("missing"), Request({"v": "2"}).view("v")) == (3, 1, 2)


def test_query_has_one_text_or_a_list() -> None:
    assert request_of_query({"a": [b"x"], "b": [b"1", b"2"]}).members == {"a": "x", "b": ["1", "2"]}
    with pytest.raises(InvalidParameter, match="UTF-8"):
        request_of_query({"a": [b"\xff"]})


@pytest.mark.parametrize(
    "body",
    [b"{", b"[1]", b'"x"', b"\xff\xfe", b"[" * 100_000, b" " * (BODY_BYTES + 1), b"1e999999"],
    ids=["broken", "list", "text", "no text", "deep", "long", "number"],
)
def test_body_that_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidParameter):
        request_of_body(body)


@pytest.mark.parametrize("value", [1.5, True, "x", "9" * 30, 2**70, 0, 10, [1], {}, math.nan])
def test_number_out_of_its_bounds_is_refused(value: object) -> None:
    with pytest.raises(InvalidParameter):
        Request({"n": value}).integer("n", 1, most=9)


@pytest.mark.parametrize("value", [1.5, True, ["x"], {}, "x" * 70_000, "\ud800"])
def test_what_is_no_text_is_refused(value: object) -> None:
    with pytest.raises(InvalidParameter):
        Request({"t": value}).text("t")


@pytest.mark.parametrize("value", [["x", 1.5], ["x"] * 1_001, {"a": 1}.items(), "\udfff"])
def test_what_is_no_list_of_texts_is_refused(value: object) -> None:
    with pytest.raises(InvalidParameter):
        Request({"t": value}).texts("t")


@pytest.mark.parametrize("value", ["some", 4, 0, ["1", "2"]])
def test_view_that_there_is_not_is_refused(value: object) -> None:
    with pytest.raises(InvalidParameter):
        Request({"v": value}).view("v")
