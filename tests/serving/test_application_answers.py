"""What `mlflow models serve` answered is what we answer, but where a table says why not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.data.recorded_scoring import RECORD, ROUTES, SIGNATURES, questions
from tests.serving.conftest import Echo, Served, ServeModel

RECORDED = json.loads(RECORD.read_text(encoding="utf-8"))["answers"]
THEIRS = {(each["model"], each["name"]): each for each in RECORDED if "model" in each}
ROUTES_THERE = {(each["method"], each["path"]): each for each in RECORDED if "path" in each}

#: Where we answer with another status, and why.
OTHER_STATUS = {
    # a value is missing or lost there without a word
    ("free", "split that is ragged"): 400,
    ("numbers", "split that is ragged"): 400,
    ("free", "CSV that is ragged"): 400,  # its values stand under the names of others
    ("numbers", "CSV that is ragged"): 400,
    ("types", "long 2**63"): 400,  # it becomes -2**63
    ("types", "integer large"): 400,  # the same
    ("types", "float large"): 400,  # it becomes infinite
    ("types", "boolean text"): 400,  # "false" becomes True
    ("answers", "frame twice"): 500,  # one of two columns of one name is left out
    # what is meant is plain, and is taken
    ("free", "content type APPLICATION/JSON"): 200,
    ("numbers", "split without columns"): 200,
    ("numbers", "instances, rows"): 200,
    ("numbers", "inputs, rows"): 200,
    ("types", "binary missing"): 200,
    ("types", "CSV of types"): 200,
    ("numbers", "instances, uneven dicts"): 200,  # what is left out is missing, as in dataframe_records
    # what is meant is not
    ("free", "records of numbers"): 400,
    ("free", "signature_name"): 400,
    # it is not the server's fault
    ("free", "no content type"): 415,
}
#: Where the answer is another, and why.
OTHER_ANSWERS: dict[tuple[str, str], Any] = {
    # NaN and Infinity are no JSON
    ("answers", "matrix"): [[1.5, None], ["Infinity", "-Infinity"]],
    ("answers", "frame"): [{"y": 1.5, "name": "a", "n": 1}, {"y": None, "name": "b", "n": 2}],
    ("answers", "frame of moments"): [{"t": "2024-01-01T12:00:00"}, {"t": None}],
    ("answers", "series without a name"): [{"0": 1.5}, {"0": None}],
    # a time is the same text in an array and in a table
    ("answers", "moments"): ["2024-01-01T12:00:00"],
    # a missing truth stays missing; there it becomes False
    ("types", "boolean missing"): {
        "form": "table",
        "types": {"n": "int64", "b": "boolean"},
        "index": 1,
        "rows": [[1, "missing"]],
    },
    # a number in an object is a number, not an array without dimensions
    ("free", "inputs, dicts"): {
        "form": "list",
        "items": [{"form": "dict", "members": {n: {"form": "int", "value": "abc".index(n) + 1} for n in "abc"}}],
    },
}  # fmt: skip
ERRORS = {"BAD_REQUEST", "INVALID_PARAMETER_VALUE"}


def differences(served: Served, model: str) -> list[str]:
    found = []
    for of, name, kind, body in questions():
        if of != model:
            continue
        ours, theirs = served.ask("POST", "/invocations", kind, body), THEIRS[model, name]
        content = json.loads(ours["body"])
        status = OTHER_STATUS.get((model, name), theirs["status"])
        if ours["status"] != status or ours["type"] != "application/json":
            found.append(f"{name}: {ours}, where {status} is due")
        elif status == 200 and theirs["status"] == 200:
            wanted = OTHER_ANSWERS.get((model, name), theirs["body"]["predictions"])
            found += [f"{name}: {content} instead of {wanted}"] if content != {"predictions": wanted} else []
        elif 400 <= status < 500 and content["error_code"] not in ERRORS:
            found.append(f"{name}: {content}")
    return found


@pytest.mark.parametrize("model", SIGNATURES)
def test_answers_are_those_of_mlflow(model: str, serve_model: ServeModel) -> None:
    assert differences(serve_model(Echo(model)), model) == []


def test_every_difference_is_asked_for() -> None:
    names = {(model, name) for model, name, _, _ in questions()}
    assert OTHER_STATUS.keys() | OTHER_ANSWERS.keys() <= names
    assert [each for each in OTHER_STATUS if OTHER_STATUS[each] == THEIRS[each]["status"]] == []


def test_routes_answer_as_there(serve_model: ServeModel) -> None:
    served = serve_model(Echo())
    others = {("GET", "/version"): 200, ("GET", "/ping/"): 404, ("POST", "/invocations/"): 404}
    for method, path in ROUTES:
        ours, theirs = served.ask(method, path), ROUTES_THERE[method, path]
        assert ours["status"] == others.get((method, path), theirs["status"]), (method, path)
        if theirs["status"] == 200 and path != "/version":
            assert ours["body"] == theirs["body"] == "\n"
        if theirs["status"] in (404, 405) and method != "HEAD":
            assert json.loads(ours["body"])["detail"] == theirs["body"]["detail"]
