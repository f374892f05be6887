"""How the page is served: the port, the notebook and what is asked of Voila."""

from __future__ import annotations

import json
import os
import socket
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jupyter_server.base.websocket import WebSocketMixin

from trackbook.dashboard.host import (
    PageOptions,
    _configuration,
    _refuse_open_changes,
    _settings,
    _tell_kernels,
    free_port,
    notebook_path,
    serve_page,
)
from trackbook.errors import InvalidParameter, InvalidState, MissingDependency
from trackbook.widgets.permission import GUARDED

TOLD = ("TRACKBOOK_TRACKING_URI", "TRACKBOOK_ALLOW_CHANGES", "VOILA_APP_IP", GUARDED)


def test_taken_port_is_passed_over() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        first = taken.getsockname()[1]
        assert first < free_port("127.0.0.1", first) < first + 50


def test_notebook_is_there_with_two_cells_and_no_output() -> None:
    notebook = json.loads(notebook_path().read_text(encoding="utf-8"))
    assert len(notebook["cells"]) <= 2
    assert not any(cell.get("outputs") for cell in notebook["cells"])


def test_voila_serves_no_file_and_reads_no_configuration_from_here(tmp_path: Path) -> None:
    config = _configuration(PageOptions(base_url="team/runs"), tmp_path, 5000, "secret")
    assert config.VoilaConfiguration.file_allowlist == []
    assert config.VoilaConfiguration.show_tracebacks is False
    assert config.Voila.config_file_paths == []
    assert config.Voila.base_url == "/team/runs/"
    assert config.VoilaConfiguration.allow_template_override == "NO"


def test_warm_kernels_and_the_users_header_reach_voila(tmp_path: Path) -> None:
    plain = _configuration(PageOptions(), tmp_path, 5000, "secret").VoilaConfiguration
    assert (plain.preheat_kernel, plain.http_header_envs) == (False, [])
    asked = PageOptions(preheat=2, user_header="X-Forwarded-User")
    config = _configuration(asked, tmp_path, 5000, "secret").VoilaConfiguration
    assert (config.preheat_kernel, config.default_pool_size) == (True, 2)
    assert config.http_header_envs == ["X-Forwarded-User"]
    assert _configuration(asked, tmp_path, 5000, "secret").VoilaKernelManager.fill_delay > 0
    with pytest.raises(InvalidParameter, match="X-Remote-User"):
        _configuration(PageOptions(user_header="Cookie"), tmp_path, 5000, "secret")


@pytest.mark.parametrize(("read_only", "header", "said"), [(False, None, ("1", "token")), (True, None, ("0", "token")),
                                                            (False, "X-Forwarded-User", ("1", "header"))])  # fmt: skip
def test_kernels_learn_whether_they_may_change_the_store(
    monkeypatch: pytest.MonkeyPatch, read_only: bool, header: str | None, said: tuple[str, str]
) -> None:
    for name in TOLD:
        monkeypatch.setenv(name, "")
    _tell_kernels("sqlite:///x.db", PageOptions(read_only=read_only, user_header=header))
    assert (os.environ["TRACKBOOK_ALLOW_CHANGES"], os.environ[GUARDED]) == said


@pytest.mark.parametrize(("host", "reached"), [
    ("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("192.168.1.5", "192.168.1.5"), ("::1", "[::1]"),
])  # fmt: skip
def test_kernels_reach_the_page_where_it_listens(monkeypatch: pytest.MonkeyPatch, host: str, reached: str) -> None:
    for name in TOLD:
        monkeypatch.setenv(name, "")
    _tell_kernels("sqlite:///x.db", PageOptions(host))
    assert os.environ["VOILA_APP_IP"] == reached


def test_browser_has_longer_to_answer_a_ping_than_until_the_next() -> None:
    settings = _settings(PageOptions())
    connection = type("Connection", (WebSocketMixin,), {"settings": settings})()
    assert connection.ping_timeout > connection.ping_interval  # or each connection would be closed at its first ping


@pytest.mark.parametrize(("host", "token", "options", "refused"), [
    ("0.0.0.0", "", {}, True), ("0.0.0.0", "secret", {}, False), ("127.0.0.1", "", {}, False),
    ("0.0.0.0", "", {"read_only": True}, False), ("0.0.0.0", "", {"user_header": "X-Remote-User"}, False),
])  # fmt: skip
def test_page_open_to_all_is_not_served_with_changes(
    host: str, token: str, options: dict[str, Any], refused: bool
) -> None:
    server = SimpleNamespace(ip=host, token=token)
    if refused:
        with pytest.raises(InvalidState, match="--read-only"):
            _refuse_open_changes(server, PageOptions(host, **options))
    else:
        _refuse_open_changes(server, PageOptions(host, **options))


@pytest.mark.parametrize(("host", "remote"), [("127.0.0.1", False), ("::1", False), ("0.0.0.0", True)])
def test_names_are_checked_while_the_page_listens_on_loopback(host: str, remote: bool) -> None:
    assert _settings(PageOptions(host))["allow_remote_access"] is remote


def test_without_voila_the_error_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "voila", None)
    with pytest.raises(MissingDependency, match=r'pip install "trackbook\[lab\]"'):
        serve_page("sqlite:///x.db", PageOptions(), print)
