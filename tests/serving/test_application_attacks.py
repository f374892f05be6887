"""What must be refused of a stranger: nothing here may end with 5xx, hang, answer twice, or show what is inside."""

from __future__ import annotations

import http.client
import io
import json
import socket
import time
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from tests.data.recorded_scoring import CSV, JSON, PARQUET
from tests.serving.conftest import Echo, Served, ServeModel
from trackbook.models.scoring import limits
from trackbook.web import hosts_heard

GOOD = b'{"inputs": [1]}'
LOOPBACK = hosts_heard("127.0.0.1")


def raw(served: Served, request: bytes, seconds: float = 5) -> bytes:
    """Everything that a connection answers until it is quiet or closed."""
    with socket.create_connection(("127.0.0.1", served.port), seconds) as connection:
        connection.sendall(request)
        connection.settimeout(0.5)
        answer = b""
        try:
            while part := connection.recv(65536):
                answer += part
        except TimeoutError:
            pass
        return answer


def post(body: bytes = GOOD, *headers: str, host: str = "localhost", length: object = None) -> bytes:
    size = len(body) if length is None else length
    lines = ["POST /invocations HTTP/1.1", f"Host: {host}", f"Content-Length: {size}", "Content-Type: application/json"]
    return "\r\n".join([*lines, *headers, "", ""]).encode("latin-1") + body


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 0


@pytest.fixture
def served(serve_model: ServeModel) -> Served:
    return serve_model(Echo(), LOOPBACK)


def test_header_is_never_repeated(served: Served) -> None:
    script = "text/<script>alert(1)</script>"
    got = served.ask("POST", "/invocations", script, GOOD)
    assert got["status"] == 415
    assert got["type"] == "application/json"
    assert "script" not in got["body"]
    answer = raw(served, post(GOOD, "X-Evil: <script>", "Cookie: secret=1", "Connection: close"))
    assert status(answer) == 200
    assert b"secret" not in answer
    assert b"X-Content-Type-Options: nosniff" in answer
    assert b"Server:" not in answer


HOSTS = {
    "localhost": 200,
    "127.0.0.1": 200,
    "127.0.0.1:5000": 200,
    "[::1]:5000": 200,
    "LOCALHOST": 200,
    "evil.example": 403,
    "127.0.0.1.evil.example": 403,
    "10.evil.example": 403,
    "localhost.evil.example": 403,
    "localhost@evil.example": 403,
    "localhost:80:80": 403,
    "localhost:x": 403,
    "[::1": 403,
    "0.0.0.0": 403,
    "2130706433": 403,
    "0177.0.0.1": 403,
    "127.1": 403,
    "": 403,
}


@pytest.mark.parametrize("path", ["/ping", "/health", "/version", "/invocations", "/nothing"])
def test_only_names_of_our_own_are_heard(path: str, served: Served) -> None:
    for host, wanted in HOSTS.items():
        answer = raw(served, f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        assert (status(answer) in (403, 400)) == (wanted == 403), (host, answer)
    assert status(raw(served, b"POST /invocations HTTP/1.0\r\nContent-Length: 0\r\n\r\n")) in (400, 403)


def test_host_is_not_asked_where_everybody_may_come(serve_model: ServeModel) -> None:
    assert hosts_heard("0.0.0.0") is None
    assert hosts_heard("127.0.0.1", ["*"]) is None
    named = hosts_heard("0.0.0.0", ["scores.example"]) or frozenset()
    assert sorted(named) == ["0.0.0.0", "127.0.0.1", "::1", "localhost", "scores.example"]
    assert status(raw(serve_model(Echo()), post(host="scores.example"))) == 200


NOWHERE = [
    "/static-files/../../etc/passwd",
    "/../../etc/passwd",
    "//etc/passwd",
    "/%2e%2e/etc/passwd",
    "/static/etc/passwd",
]
NOWHERE += ["/invocations/../ping", "/docs", "/openapi.json", "/ping%00", "/favicon.ico"]


def test_paths_lead_to_no_file(served: Served) -> None:
    for path in NOWHERE:
        answer = raw(served, f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        assert status(answer) in (400, 404), path
        assert b"root:" not in answer


@pytest.mark.parametrize(
    "kind", ["application/x-pickle", "text/plain", "application/python", "multipart/form-data", ""]
)
def test_nothing_but_json_csv_and_parquet_is_read(kind: str, served: Served) -> None:
    got = served.ask("POST", "/invocations", kind, b"cos\nsystem\n(S'touch marker'\ntR.")
    assert got["status"] == 415


def _parquet(frame: pd.DataFrame, **options: Any) -> bytes:
    target = io.BytesIO()
    frame.to_parquet(target, **options)
    return target.getvalue()


BOMBS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "deep lists": (JSON, lambda: b'{"inputs": ' + b"[" * 5000 + b"]" * 5000 + b"}"),
    "lists deeper than they close": (JSON, lambda: b'{"inputs": ' + b"[" * 1_000_000),
    "33 levels": (JSON, lambda: b"[" * 33 + b"]" * 33),
    "deep objects": (JSON, lambda: b'{"a":' * 40 + b"1" + b"}" * 40),
    "depth between texts": (JSON, lambda: b'{"inputs": ' + b'["]",' * 40 + b"1" + b"]" * 40 + b"}"),
    "NaN": (JSON, lambda: b'{"inputs": [NaN]}'),
    "Infinity": (JSON, lambda: b'{"inputs": [-Infinity]}'),
    "a number of a million digits": (JSON, lambda: b'{"inputs": [' + b"9" * 1_000_000 + b"]}"),
    "bytes": (JSON, lambda: bytes(range(256)) * 10),
    "a thousand names a row": (
        JSON,
        lambda: json.dumps(
            {"dataframe_records": [{f"{row}.{n}": 1 for n in range(40)} for row in range(5000)]}
        ).encode(),
    ),
    "a million columns": (CSV, lambda: b"," * 1_000_000 + b"\n1\n"),
    "zeros": (CSV, lambda: b"a\n\0\n"),
    "an open quotation": (CSV, lambda: b'a\n"' + b"x" * 1_000_000),
    "nothing but zeros": (CSV, lambda: b"\0" * 1_000_000),
    "a heading twice as wide": (CSV, lambda: b"a,b\n1,2,3,4\n"),
    "rows of many widths": (CSV, lambda: b"a,b\n1,2\n1,2,3\n"),
    "a Parquet of ten million equal texts": (
        PARQUET,
        lambda: _parquet(pd.DataFrame({"a": ["x" * 1000]}).loc[[0] * 1_000_000].reset_index(drop=True)),
    ),
    "a Parquet of many rows": (PARQUET, lambda: _parquet(pd.DataFrame({"a": [0] * 21_000_000}))),
    "half a Parquet": (PARQUET, lambda: _parquet(pd.DataFrame({"a": range(1000)}))[:-50]),
    "a broken Parquet": (PARQUET, lambda: b"PAR1" + b"\xff" * 1000 + b"PAR1"),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_bomb_is_refused_quickly(bomb: str, served: Served) -> None:
    kind, make = BOMBS[bomb]
    body = make()
    begun = time.monotonic()
    got = served.score(body, kind)
    assert time.monotonic() - begun < 5
    assert got["status"] in (400, 413), got
    assert "Traceback" not in str(got["body"])
    assert set(got["body"]) <= {"error_code", "message"}
    assert len(got["body"]["message"]) < 1000


ODD: list[Any] = [
    {"dataframe_split": {"columns": [[1]], "data": [[1]]}},
    {"dataframe_split": {"columns": [{}], "data": [[1]]}},
    {"dataframe_split": {"columns": ["a", "a"], "data": [[1, 2]]}},
    {"dataframe_split": {"columns": ["a"], "data": {"a": 1}}},
    {"dataframe_split": {"columns": ["a"], "data": [[{"b": [{}]}]]}},
    {"dataframe_split": {"columns": ["a"], "data": [[1]], "index": [[1]]}},
    {"dataframe_split": {"columns": ["a"], "data": [[1]], "index": [1, 2]}},
    {"dataframe_split": {"columns": "a", "data": [[1]]}},
    {"dataframe_split": {"columns": [], "data": [[]]}},
    {"dataframe_split": None},
    {"dataframe_records": [{"a": 1}, None]},
    {"dataframe_records": [[]]},
    {"dataframe_records": "a"},
    {"dataframe_records": [{"a": "\ud800"}]},
    {"instances": [[1], [1, 2]]},
    {"instances": [{"a": 1}, 2]},
    {"instances": {"a": [1], "b": [1, 2]}},
    {"instances": None},
    {"inputs": {"a": {"b": 1}}},
    {"inputs": [1, "a", None, {}]},
    {"inputs": 2**70},
    {"inputs": [2**70, -1]},
    {"inputs": "\ud800"},
    {"inputs": [1], "params": []},
    {"inputs": [1], "params": {"x": {"y": [1]}}},
]


@pytest.mark.parametrize("model", ["free", "types", "numbers", "tensor", "texts"])
def test_odd_documents_end_in_an_answer(model: str, serve_model: ServeModel) -> None:
    served = serve_model(Echo(model))
    for document in ODD:
        got = served.score(document)
        assert got["status"] in (200, 400, 413), (document, got)


def test_large_body_is_refused_and_the_answer_read(served: Served) -> None:
    got = served.score(b" " * (limits.BODY_BYTES + 1))
    assert (got["status"], got["body"]["error_code"]) == (413, "RESOURCE_EXHAUSTED")
    assert served.score(b" " * (limits.BODY_BYTES - 20) + GOOD)["status"] == 200


def test_body_of_a_gigabyte_is_refused_before_it_comes(served: Served) -> None:
    answer = raw(served, post(b"", length=1 << 30))
    assert status(answer) == 413


def test_body_in_chunks_is_limited_too(served: Served) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=20)
    parts = (b" " * (1 << 20) for _ in range(18))
    connection.request("POST", "/invocations", parts, {"Content-Type": JSON, "Host": "localhost"}, encode_chunked=True)
    assert connection.getresponse().status == 413
    connection.close()


SMUGGLED = b"GET /ping HTTP/1.1\r\nHost: localhost\r\n\r\n"
FRAMES = {
    "both lengths": post(b"0\r\n\r\n" + SMUGGLED, "Transfer-Encoding: chunked", length=5),
    "two lengths": post(GOOD + SMUGGLED, "Content-Length: 0"),
    "a negative length": post(GOOD, length=-1),
    "a length with a sign": post(GOOD, length="+15"),
    "a length that is a text": post(GOOD, length="15x"),
    "a length in Arabic digits": post(GOOD, length="١٥".encode().decode("latin-1")),
    "an unknown coding": post(GOOD, "Transfer-Encoding: xchunked", length=0),
    "a bad chunk": b"POST /invocations HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Transfer-Encoding: chunked\r\n\r\nzz\r\n" + GOOD + b"\r\n0\r\n\r\n",
    "a chunk with a sign": b"POST /invocations HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n+f\r\n" + GOOD + b"\r\n0\r\n\r\n",
    "a large header": post(GOOD, "X: " + "a" * (65 << 10)),
    "a folded header": post(GOOD, "X: a\r\n Content-Length: 0"),
    "a space before the colon": post(GOOD, "Content-Length : 0"),
    "a NUL": post(GOOD, "X: a\0b"),
    "TRACE": b"TRACE /invocations HTTP/1.1\r\nHost: localhost\r\nX-Secret: 1\r\n\r\n",
    "CONNECT": b"CONNECT evil.example:80 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "an unknown method": b"STEAL /invocations HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a method override": b"GET /invocations HTTP/1.1\r\nHost: localhost\r\nX-HTTP-Method-Override: POST\r\n\r\n",
    "an absolute address": b"GET http://evil.example/ping HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "HTTP/9": b"GET /ping HTTP/9.9\r\nHost: localhost\r\n\r\n",
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "two hosts": b"GET /ping HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
    "gzip": post(b"\x1f\x8b\x08\x00", "Content-Encoding: gzip"),
}


@pytest.mark.parametrize("frame", FRAMES)
def test_odd_frames_get_one_answer_or_none(frame: str, served: Served) -> None:
    answer = raw(served, FRAMES[frame])
    assert answer.count(b"HTTP/1.1 ") <= 1
    assert status(answer) in (0, 400, 403, 404, 405, 415, 431), answer
    assert b"X-Secret" not in answer
    assert served.score({"inputs": [1]})["status"] == 200


def test_pipelined_requests_get_their_answers_in_turn(served: Served) -> None:
    answer = raw(served, post(b'{"inputs": [1]}') + post(b'{"inputs": [2]}', "Connection: close"))
    assert answer.count(b"HTTP/1.1 200 OK") == 2
    assert answer.index(b'"values": [1]') < answer.index(b'"values": [2]')


def test_slow_senders_hold_up_nobody(served: Served) -> None:
    slow = [socket.create_connection(("127.0.0.1", served.port), 5) for _ in range(30)]
    try:
        for connection in slow:
            connection.sendall(post(b"", length=100) + b'{"in')
        begun = time.monotonic()
        assert served.score({"inputs": [1]})["status"] == 200
        assert time.monotonic() - begun < 2
    finally:
        for connection in slow:
            connection.close()


def test_failure_of_the_model_tells_a_number_and_nothing_else(serve_model: ServeModel, caplog: Any) -> None:
    def fail(data: Any, params: Any) -> Any:
        raise RuntimeError(f"a secret of {__file__}")

    got = serve_model(Echo(function=fail)).score({"inputs": [1]})
    assert (got["status"], got["body"]["error_code"]) == (400, "BAD_REQUEST")
    assert set(got["body"]) == {"error_code", "message"}
    assert "secret" not in str(got["body"])
    number = got["body"]["message"].rpartition("as ")[2].rstrip(".")
    assert number in caplog.text
    assert "a secret of" in caplog.text
