"""The endpoints in a real Jupyter server: who is answered, what is refused, and in which words."""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from trackbook.entities import Metric
from trackbook.stores import open_store
from trackbook.stores.base import NewRun
from trackbook.wire import ENDPOINTS

if TYPE_CHECKING:
    from tests.extension.conftest import Jupyter

pytestmark = [pytest.mark.kernel, pytest.mark.slow]

MLFLOW, OWN = "/api/2.0/mlflow", "/api/1.0/trackbook"
OVERVIEW = f"{OWN}/overview"
HOSTILE = "<form action=javascript:alert(1)>"


@pytest.fixture(scope="module")
def served(jupyter: Jupyter) -> Iterator[Jupyter]:
    """The server, with a run in its root's store."""
    store = open_store(jupyter.folder / "trackbook.db")
    run = store.create_run(NewRun("0", HOSTILE))
    store.log_batch(run.info.run_id, [Metric("loss", 0.5, 1, 1), Metric("loss", 0.25, 2, 2)])
    store.close()
    yield jupyter
    text = jupyter.log.read_text()
    assert jupyter.token not in text.replace(f"token={jupyter.token}", ""), "no header of a request is logged"
    assert "Traceback" not in text


def test_overview_shows_the_store_of_the_root(served: Jupyter) -> None:
    told = served.ask(OVERVIEW)
    assert told.status == 200
    assert told.json["state"] == "ready"
    assert told.json["store"]["path"] == str(served.folder / "trackbook.db")
    assert [run["name"] for run in told.json["running"]] == [HOSTILE]
    assert told.json["page"] is True


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda one: f"{one.method} {one.path}")
def test_nobody_is_answered_without_a_token(served: Jupyter, endpoint: Any) -> None:
    for headers in ({}, {"Authorization": "token wrong"}, {"Authorization": "Bearer tb_wrong"}):
        told = served.ask(endpoint.path, endpoint.method, known=False, headers=headers)
        assert told.status in (401, 403)
        assert told.json["error_code"] in ("UNAUTHENTICATED", "PERMISSION_DENIED")
        assert HOSTILE.encode() not in told.body


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda one: f"{one.method} {one.path}")
def test_authorizer_has_the_last_word(served: Jupyter, endpoint: Any) -> None:
    told = served.ask(endpoint.path, endpoint.method, headers={"X-Refuse": f"{endpoint.permission} trackbook"})
    assert (told.status, told.json["error_code"]) == (403, "PERMISSION_DENIED")
    assert served.ask(OVERVIEW, headers={"X-Refuse": "write trackbook"}).status == 200


def test_answers_are_safe_to_have(served: Jupyter) -> None:
    for path, status in ((OVERVIEW, 200), (f"{MLFLOW}/runs/get?run_id=x", 404), ("/nowhere", 404)):
        told = served.ask(path)
        assert told.status == status
        assert told.headers["content-type"].startswith("application/json")
        assert told.headers["x-content-type-options"] == "nosniff"
        assert told.headers["cache-control"] == "no-store"
        assert "default-src 'none'" in told.headers["content-security-policy"]
        assert isinstance(told.json, dict), "an array could be run as a script in old browsers"


def test_unchanged_answer_has_no_body(served: Jupyter) -> None:
    tag = served.ask(OVERVIEW).headers["etag"]
    again = served.ask(OVERVIEW, headers={"If-None-Match": tag})
    assert (again.status, again.body) == (304, b"")
    assert served.ask(OVERVIEW, headers={"If-None-Match": '"other"'}).status == 200


def test_page_of_another_site_gets_nothing_with_the_users_cookies(served: Jupyter) -> None:
    cookies = served.cookies()
    cookie = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
    own = {**cookie, "Referer": served.url + "lab"}
    assert served.ask(OVERVIEW, known=False, headers=own).status == 200
    evil: list[dict[str, str]] = [
        {"Referer": "https://evil.example/"},
        {"Referer": served.url.replace("127.0.0.1", "127.0.0.1.evil.example")},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {},
    ]
    for more in evil:
        told = served.ask(OVERVIEW, known=False, headers={**cookie, **more})
        assert told.status in (403, 404)
        assert HOSTILE.encode() not in told.body
        assert "evil" not in told.headers.get("access-control-allow-origin", "")


def test_search_by_post_needs_the_xsrf_token_of_a_cookie(served: Jupyter) -> None:
    cookies = served.cookies()
    xsrf = {"X-XSRFToken": cookies["_xsrf"]}
    cookie = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()), "Referer": served.url}
    search, asked = f"{MLFLOW}/runs/search", {"experiment_ids": ["0"]}
    assert served.ask(search, "POST", known=False, headers=cookie, body=asked).status == 403
    assert served.ask(search, "POST", known=False, headers=cookie | xsrf, body=asked).status == 200


def test_request_cannot_name_another_store(served: Jupyter, tmp_path: Path) -> None:
    other = open_store(tmp_path / "other.db")
    other.create_run(NewRun("0", "secret"))
    other.close()
    for name in ("uri", "path", "store", "tracking_uri", "store_uri", "root", "folder", "backend_store_uri"):
        for value in (str(tmp_path / "other.db"), f"sqlite:///{tmp_path}/other.db", "../other.db"):
            told = served.ask(f"{OVERVIEW}?{name}={value}", headers={f"X-{name}": value})
            assert told.json["store"]["path"] == str(served.folder / "trackbook.db")
            assert b"secret" not in told.body
    body = {"experiment_ids": ["0"], "uri": str(tmp_path / "other.db")}
    assert b"secret" not in served.ask(f"{MLFLOW}/runs/search", "POST", body=body).body


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (f"{MLFLOW}/runs/get", 400, "INVALID_PARAMETER_VALUE"),
        (f"{MLFLOW}/runs/get?run_id=..%2F..%2Fetc%2Fpasswd", 404, "RESOURCE_DOES_NOT_EXIST"),
        (f"{MLFLOW}/runs/get?run_id=%ff", 400, "INVALID_PARAMETER_VALUE"),
        (f"{MLFLOW}/experiments/get?experiment_id=1%27--", 400, "INVALID_PARAMETER_VALUE"),
        (f"{MLFLOW}/experiments/search?filter=name%20LIKE", 400, "INVALID_PARAMETER_VALUE"),
        (f"{OWN}/runs?max_results=1e9", 400, "INVALID_PARAMETER_VALUE"),
        (f"{OWN}/runs?find={'x' * 300}", 400, "INVALID_PARAMETER_VALUE"),
        ("/../../etc/passwd", 404, "ENDPOINT_NOT_FOUND"),
        ("/files/trackbook.db", 404, "ENDPOINT_NOT_FOUND"),
        ("/trackbook.db", 404, "ENDPOINT_NOT_FOUND"),
        ("", 404, "ENDPOINT_NOT_FOUND"),
        ("/api/2.0/mlflow/runs/create", 404, "ENDPOINT_NOT_FOUND"),
    ],
)
def test_errors_are_mlflows_and_tell_nothing(served: Jupyter, path: str, status: int, code: str) -> None:
    told = served.ask(path)
    assert (told.status, told.json["error_code"]) in ((status, code), (400, "INVALID_PARAMETER_VALUE"))
    for word in (b"Traceback", b"root:", b"SQLite format", b"site-packages", b"sqlalchemy"):
        assert word not in told.body


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_can_be_changed(served: Jupyter, method: str) -> None:
    before = (served.folder / "trackbook.db").stat().st_mtime_ns
    for endpoint in ENDPOINTS:
        if (endpoint.method, method) != ("POST", "POST") and not endpoint.path.endswith("experiments/search"):
            assert served.ask(endpoint.path, method, body={"run_id": "x"}).status in (400, 404, 405)
    assert (served.folder / "trackbook.db").stat().st_mtime_ns == before


@pytest.mark.parametrize("body", [b"{", b"[1]", b"\xff", b"x" * (2 << 20)], ids=["broken", "list", "bytes", "long"])
def test_body_that_cannot_be_read_is_refused(served: Jupyter, body: bytes) -> None:
    assert served.ask(f"{MLFLOW}/runs/search", "POST", body=body).status in (400, 413)


def test_another_host_name_is_refused(served: Jupyter) -> None:
    told = served.ask(OVERVIEW, headers={"Host": "evil.example"})
    assert told.status == 403
    assert HOSTILE.encode() not in told.body


def test_runtime_files_lie_outside_of_what_is_served(served: Jupyter) -> None:
    runtime = served.log.parent / "jupyter_runtime_dir"
    assert not runtime.is_relative_to(served.folder)
    assert stat.S_IMODE(os.stat(runtime).st_mode) & 0o077 == 0
    assert [stat.S_IMODE(os.stat(path).st_mode) for path in runtime.glob("jpserver-*.json")] == [0o600]
    for path in ("/jupyter_runtime_dir", f"/{runtime}", "/..%2fjupyter_runtime_dir%2f"):
        assert served.ask(path).status in (400, 404)


def test_store_that_goes_comes_and_cannot_be_read_is_told_in_a_sentence(served: Jupyter) -> None:
    path, aside = served.folder / "trackbook.db", served.folder / "aside"
    files = [one for one in served.folder.glob("trackbook.db*") if one.name != "trackbook.db.d"]
    aside.mkdir()
    for one in files:
        shutil.move(one, aside / one.name)
    try:
        told = served.ask(OVERVIEW).json
        assert (told["state"], told["message"]) == ("absent", f"There is no store at {path} yet.")
        assert served.ask(f"{OWN}/runs").json["error_code"] == "RESOURCE_DOES_NOT_EXIST"
        path.write_bytes(b"this is no database" * 100)
        told = served.ask(OVERVIEW).json
        assert told["state"] == "trouble"
        assert "\n" not in told["message"]
        assert served.ask(f"{OWN}/runs").status >= 400
        path.unlink()
    finally:
        for one in files:
            shutil.move(aside / one.name, one)
    assert served.ask(OVERVIEW).json["state"] == "ready"


def test_looking_is_no_activity(served: Jupyter) -> None:
    """A server that is culled when it is idle must not be kept by a sidebar."""
    import http.client
    from urllib.parse import urlsplit

    def last() -> str:
        connection = http.client.HTTPConnection("127.0.0.1", urlsplit(served.url).port or 0, timeout=60)
        connection.request("GET", "/api/status?no_track_activity=1", headers={"Authorization": f"token {served.token}"})
        told = json.loads(connection.getresponse().read())["last_activity"]
        connection.close()
        return str(told)

    before = last()
    served.ask(OVERVIEW)
    assert last() == before
