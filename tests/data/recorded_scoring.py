"""Questions to a scoring server, and MLflow's answers in scoring.json: run with MLflow, it is written again.

The models are plain functions that tell what reached them, so that also what a server makes of a body is compared.
"""

from __future__ import annotations

import base64
import http.client
import io
import json
import math
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

RECORD = Path(__file__).with_name("scoring.json")
JSON, CSV, PARQUET = "application/json", "text/csv", "application/vnd.apache.parquet"

TYPES = {"n": "long", "d": "double", "s": "string", "b": "boolean", "t": "datetime", "raw": "binary"}
TYPES |= {"i": "integer", "f": "float"}


def columns(types: dict[str, str], optional: bool = True) -> list[dict[str, Any]]:
    """Columns of which only the first must be there."""
    return [
        {"type": kind, "name": name, "required": not (optional and place)}
        for place, (name, kind) in enumerate(types.items())
    ]


def tensor(dtype: str, shape: list[int], name: str | None = None) -> dict[str, Any]:
    named = {} if name is None else {"name": name}
    return {**named, "type": "tensor", "tensor-spec": {"dtype": dtype, "shape": shape}}


#: Model -> its signature, as MLmodel has it: inputs and params.
SIGNATURES: dict[str, dict[str, Any]] = {
    "free": {},
    "types": {"inputs": columns(TYPES)},
    "numbers": {"inputs": columns(dict.fromkeys("abc", "double"), optional=False)},
    "texts": {"inputs": [{"type": "string", "required": True}]},
    "one": {"inputs": columns({"x": "double"})},
    "tensor": {"inputs": [tensor("float32", [-1, 2])]},
    "tensors": {"inputs": [tensor("float32", [-1, 2], "a"), tensor("int64", [-1], "b")]},
    "answers": {
        "inputs": columns({"kind": "string"}),
        "params": [{"name": "scale", "type": "double", "default": 2.0, "shape": None}],
    },
}


def told(data: Any, params: Any = None) -> Any:
    """What a model was given, in plain words."""
    if isinstance(data, pd.DataFrame):
        types = {str(name): _kind(data[name]) for name in data.columns}
        rows = [[_value(value) for value in row] for row in data.values.tolist()]
        return {"form": "table", "types": types, "index": len(data), "rows": rows}
    if isinstance(data, np.ndarray):
        values = [_value(value) for value in data.ravel().tolist()]
        return {"form": "array", "type": data.dtype.name, "shape": list(data.shape), "values": values}
    if isinstance(data, dict):
        return {"form": "dict", "members": {str(name): told(value) for name, value in data.items()}}
    if isinstance(data, list):
        return {"form": "list", "items": [told(item) for item in data]}
    return {"form": type(data).__name__, "value": _value(data)}


def _kind(column: Any) -> str:
    kinds = {"O": "object", "U": "str"}
    return str(kinds.get(column.dtype.kind, column.dtype.name.replace("[us]", "[ns]").replace("[s]", "[ns]")))


def _value(value: Any) -> Any:
    if isinstance(value, float) and math.isnan(value):
        return "missing"
    if value is None or value is pd.NaT or value is pd.NA:
        return "missing"
    return value if isinstance(value, (str, bool, int, float)) else repr(value)


def answer(data: Any, params: Any = None) -> Any:
    """One of the kinds of values that models give."""
    kind, scale = str(data["kind"].iloc[0]), (params or {}).get("scale", 2.0)
    if kind == "failure":
        raise RuntimeError("a secret of the model")
    return ANSWERS[kind](scale)


ANSWERS: dict[str, Callable[[float], Any]] = {
    "array": lambda scale: np.array([1.0, 2.5]) * scale,
    "integers": lambda _: np.array([1, -2]),
    "matrix": lambda _: np.array([[1.5, np.nan], [np.inf, -np.inf]]),
    "float32": lambda _: np.array([0.1, 0.25], dtype="float32"),
    "truth": lambda _: np.array([True, False]),
    "words": lambda _: np.array(["a", "é"]),
    "objects": lambda _: np.array(["a", 1, 2.5, None], dtype=object),
    "moments": lambda _: np.array(["2024-01-01T12:00:00"], dtype="datetime64[ns]"),
    "frame": lambda _: pd.DataFrame({"y": [1.5, np.nan], "name": ["a", "b"], "n": [1, 2]}),
    "frame of moments": lambda _: pd.DataFrame({"t": pd.to_datetime(pd.Series(["2024-01-01 12:00", None]))}),
    "frame twice": lambda _: pd.DataFrame([[1, 2]], columns=["y", "y"]),
    "frame numbered": lambda _: pd.DataFrame([[1, 2.5]]),
    "frame of categories": lambda _: pd.DataFrame({"k": pd.Categorical(["a", "b"])}),
    "series": lambda _: pd.Series([1, 2], name="y"),
    "series without a name": lambda _: pd.Series([1.5, np.nan]),
    "list": lambda _: [1, "a", None, 2.5],
    "list of arrays": lambda _: [np.array([1, 2]), np.float32(0.5)],
    "dict": lambda _: {"y": np.array([1, 2]), "z": 1},
    "number": lambda _: 3,
    "numpy number": lambda _: np.float64(3.5),
    "text": lambda _: "well",
    "nothing": lambda _: None,
    "bytes": lambda _: np.array([b"ab"]),
    "empty": lambda _: np.array([]),
    "empty frame": lambda _: pd.DataFrame({"y": []}),
    "complex": lambda _: np.array([1 + 2j]),
}

Question = tuple[str, str, str, bytes]  # model, name, content type, body


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


def _parquet(frame: pd.DataFrame) -> bytes:
    target = io.BytesIO()
    frame.to_parquet(target)
    return target.getvalue()


def questions() -> list[Question]:  # noqa: C901  # a list
    """Everything that is asked by POST /invocations."""
    found: list[Question] = []

    def ask(model: str, name: str, body: Any, content_type: str = JSON) -> None:
        found.append((model, name, content_type, body if isinstance(body, bytes) else _json(body)))

    split = {"columns": ["a", "b", "c"], "data": [[1, 2.5, 3], [4, 5, None]]}
    for model in ("free", "numbers"):
        ask(model, "split", {"dataframe_split": split})
        ask(model, "split with index", {"dataframe_split": {**split, "index": [7, 9]}})
        ask(model, "split without columns", {"dataframe_split": {"data": [[1, 2, 3]]}})
        ask(model, "split without data", {"dataframe_split": {"columns": ["a"]}})
        ask(model, "split with a stranger", {"dataframe_split": {**split, "dtype": "float"}})
        ask(model, "split as a list", {"dataframe_split": [[1]]})
        ask(model, "split that is ragged", {"dataframe_split": {**split, "data": [[1, 2], [1, 2, 3]]}})
        ask(model, "split too wide", {"dataframe_split": {"columns": ["a"], "data": [[1, 2]]}})
        ask(model, "split without rows", {"dataframe_split": {"columns": ["a", "b", "c"], "data": []}})
        ask(model, "records", {"dataframe_records": [{"a": 1, "b": 2, "c": 3}, {"a": 1.5, "b": 2, "c": 3}]})
        ask(model, "records with gaps", {"dataframe_records": [{"a": 1, "b": 2}, {"b": 2, "c": 3}]})
        ask(model, "records as a dict", {"dataframe_records": {"a": 1}})
        ask(model, "records of numbers", {"dataframe_records": [1, 2]})
        ask(model, "no records", {"dataframe_records": []})
        ask(model, "instances, rows", {"instances": [[1, 2, 3], [4, 5, 6]]})
        ask(model, "instances, dicts", {"instances": [{"a": 1, "b": 2, "c": 3}, {"a": 4, "b": 5, "c": 6}]})
        ask(model, "instances, uneven dicts", {"instances": [{"a": 1, "b": 2, "c": 3}, {"a": 4}]})
        ask(model, "inputs, columns", {"inputs": {"a": [1, 2], "b": [3, 4], "c": [5, 6]}})
        ask(model, "inputs, rows", {"inputs": [[1, 2, 3]]})
        ask(model, "inputs, dicts", {"inputs": [{"a": 1, "b": 2, "c": 3}]})
        ask(model, "inputs, one dict of values", {"inputs": {"a": 1, "b": 2, "c": 3}})
        ask(model, "inputs, a value", {"inputs": 5})
        ask(model, "CSV", b"a,b,c\n1,2.5,3\n4,,6\n", CSV)
        ask(model, "CSV without rows", b"a,b,c\n", CSV)
        ask(model, "CSV of another charset", b"a,b,c\n1,2,3\n", CSV + "; charset=latin-1")
        ask(model, "CSV with its charset", b"a,b,c\n1,2,3\n", CSV + "; charset=UTF-8")
        ask(model, "CSV that is no UTF-8", b"a,b,c\n\xff,2,3\n", CSV)
        ask(model, "CSV of nothing", b"", CSV)
        ask(model, "CSV that is ragged", b"a,b,c\n1,2,3,4,5\n1,2\n", CSV)
        ask(model, "Parquet", _parquet(pd.DataFrame({"a": [1.5], "b": [2.0], "c": [3.0]})), PARQUET)
        ask(model, "Parquet of integers", _parquet(pd.DataFrame({"a": [1], "b": [2], "c": [3]})), PARQUET)
        ask(model, "Parquet that is none", b"PAR1 no", PARQUET)
    for odd in ([], [1], 5, "text", None, {}, {"other": 1}):
        ask("free", f"JSON {odd!r}", odd)
    ask("free", "two forms", {"inputs": [1], "instances": [1]})
    ask("free", "a stranger beside it", {"inputs": [1], "stranger": 1})
    ask("free", "signature_name", {"signature_name": "x", "instances": [1]})
    ask("free", "no JSON", b"{")
    ask("free", "nothing", b"")
    ask("free", "bytes that are no UTF-8", b'{"inputs": "\xff"}')
    ask("free", "numbers in 3 dimensions", {"inputs": [[[1, 2], [3, 4]]]})
    ask("free", "texts", {"inputs": ["a", "b"]})
    ask("free", "no content type", {"inputs": [1]}, "")
    for kind in ("text/plain", "application/x-pickle", "application/json; version=2", "application/json;charset=utf-8",
                 "application/json; charset=latin-1", "APPLICATION/JSON", "text/csv; header=present"):  # fmt: skip
        ask("free", f"content type {kind}", {"inputs": [1]}, kind)

    value: Any

    def row(**values: Any) -> Any:
        return {"dataframe_split": {"columns": list(values), "data": [list(values.values())]}}

    for name, value in (("whole", 1), ("whole float", 1.0), ("truth", True), ("text", "1"), ("2**53+1", 2**53 + 1),
                        ("2**63", 2**63), ("missing", None)):  # fmt: skip
        ask("types", f"long {name}", row(n=value))
    for name, value in (("whole", 1), ("float", 1.5), ("text", "1.5"), ("truth", True), ("missing", None)):
        ask("types", f"double {name}", row(n=1, d=value))
    for name, value in (("text", "a"), ("number", 1), ("missing", None), ("list", [1])):
        ask("types", f"string {name}", row(n=1, s=value))
    for name, value in (("truth", True), ("number", 1), ("text", "false"), ("missing", None)):
        ask("types", f"boolean {name}", row(n=1, b=value))
    for name, value in (("day", "2024-01-02"), ("zone", "2024-01-02T03:04:05Z"), ("text", "soon"), ("missing", None)):
        ask("types", f"datetime {name}", row(n=1, t=value))
    for name, value in (("base64", base64.b64encode(b"ab").decode()), ("number", 1), ("wrong", "a"), ("missing", None)):
        ask("types", f"binary {name}", row(n=1, raw=value))
    for name, value in (("whole", 1), ("large", 2**31), ("float", 1.0)):
        ask("types", f"integer {name}", row(n=1, i=value))
    for name, value in (("whole", 1), ("float", 0.1), ("large", 1e300)):
        ask("types", f"float {name}", row(n=1, f=value))
    ask("types", "a column is missing", row(d=1.0))
    ask("types", "a column too many", row(n=1, stranger=1))
    ask("types", "columns in another order", row(s="a", n=1))
    ask("types", "CSV of types", b"n,d,s,b,t,i,f\n1,2,3,true,2024-01-02,4,5\n", CSV)
    ask("types", "inputs of types", {"inputs": [{"n": 1, "s": "a", "b": True}]})
    ask("types", "records of types", {"dataframe_records": [{"n": 1, "s": "a"}, {"n": 2, "d": 1}]})
    ask("texts", "texts", {"inputs": ["a", "b"]})
    ask("texts", "one text", {"inputs": "a"})
    ask("texts", "instances", {"instances": ["a", "b"]})
    ask("texts", "split", {"dataframe_split": {"data": [["a"], ["b"]]}})
    ask("one", "inputs, a list", {"inputs": [1, 2.5]})
    ask("one", "instances, a list", {"instances": [1, 2.5]})
    for model in ("tensor", "tensors"):
        ask(model, "inputs, rows", {"inputs": [[1, 2], [3, 4]]})
        ask(model, "inputs, wrong shape", {"inputs": [[1, 2, 3]]})
        ask(model, "inputs, text", {"inputs": [["a", "b"]]})
        ask(model, "inputs, ragged", {"inputs": [[1, 2], [3]]})
        ask(model, "inputs, dict", {"inputs": {"a": [[1, 2]], "b": [1]}})
        ask(model, "inputs, dict that lacks one", {"inputs": {"a": [[1, 2]]}})
        ask(model, "instances, rows", {"instances": [[1, 2], [3, 4]]})
        ask(model, "instances, dicts", {"instances": [{"a": [1, 2], "b": 1}, {"a": [3, 4], "b": 2}]})
        ask(model, "split", {"dataframe_split": {"columns": ["a", "b"], "data": [[1, 2]]}})
    for kind in ANSWERS:
        ask("answers", kind, row(kind=kind))
    ask("answers", "failure", row(kind="failure"))
    ask("answers", "with a param", {**row(kind="array"), "params": {"scale": 3.0}})
    ask("answers", "with a whole param", {**row(kind="array"), "params": {"scale": 3}})
    ask("answers", "with a wrong param", {**row(kind="array"), "params": {"scale": "much"}})
    ask("answers", "with an unknown param", {**row(kind="array"), "params": {"other": 1}})
    ask("answers", "with params that are none", {**row(kind="array"), "params": 5})
    return found


#: What else is asked: method and path.
ROUTES = [
    ("GET", "/ping"), ("GET", "/health"), ("GET", "/version"), ("GET", "/invocations"), ("PUT", "/invocations"),
    ("DELETE", "/invocations"), ("POST", "/ping"), ("GET", "/"), ("GET", "/nothing"), ("POST", "/nothing"),
    ("HEAD", "/ping"), ("OPTIONS", "/invocations"), ("GET", "/ping/"), ("POST", "/invocations/"),
]  # fmt: skip


def asked(port: int, method: str, path: str, content_type: str = "", body: bytes = b"") -> dict[str, Any]:
    """Ask a server, and what it answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        headers = {"Content-Type": content_type} if content_type else {}
        connection.request(method, path, body or None, headers)
        got = connection.getresponse()
        text = got.read().decode()
        return {"status": got.status, "type": got.getheader("Content-Type", ""), "body": text}
    finally:
        connection.close()


def record() -> None:
    """Ask `mlflow models serve`, one server a model."""
    import mlflow  # type: ignore[import-not-found,unused-ignore]

    answers: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        for number, model in enumerate(SIGNATURES):
            path = f"{folder}/{model}"
            _save(path, model)
            port = 7300 + number
            command = [sys.executable, "-m", "mlflow", "models", "serve", "-m", path, "-p", str(port)]
            path_of_uvicorn = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
            environment = {**os.environ, "PATH": path_of_uvicorn}
            command += ["--env-manager", "local"]
            served = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
            try:
                _wait_for(port)
                for of, name, kind, body in questions():
                    if of == model:
                        got = asked(port, "POST", "/invocations", kind, body)
                        answers.append({"model": model, "name": name, **got})
                if model == "free":
                    answers += [{"method": m, "path": p, **asked(port, m, p)} for m, p in ROUTES]
            finally:
                served.terminate()
                served.wait()
    for each in answers:
        each["body"] = _plain(each["body"])
    text = json.dumps({"version": mlflow.__version__, "answers": answers}, indent=1, ensure_ascii=False)
    RECORD.write_text(text + "\n", encoding="utf-8")


def _plain(body: str) -> Any:
    try:
        found = json.loads(body)
    except ValueError:
        return body
    if isinstance(found, dict):
        found.pop("stack_trace", None)
        if "message" in found:
            found["message"] = str(found["message"])[:200]
    return found


def _save(path: str, model: str) -> None:
    from mlflow.models import ModelSignature  # type: ignore[import-not-found,unused-ignore]
    from mlflow.pyfunc import PythonModel, save_model  # type: ignore[import-not-found,unused-ignore]

    function = answer if model == "answers" else told

    class Model(PythonModel):  # type: ignore[misc]
        def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]
            return function(model_input, params)

    parts = {key: json.dumps(value) for key, value in SIGNATURES[model].items()}
    signature = ModelSignature.from_dict({"inputs": None, "outputs": None, "params": None, **parts}) if parts else None
    save_model(path, python_model=Model(), signature=signature, pip_requirements=[])


def _wait_for(port: int) -> None:
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return


if __name__ == "__main__":
    record()
