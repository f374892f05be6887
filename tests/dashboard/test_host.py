"""How the page is served: the port, the notebook and what is asked of Voila."""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path

import pytest

from trackbook.dashboard.host import PageOptions, _configuration, _settings, free_port, notebook_path, serve_page
from trackbook.errors import MissingDependency


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


@pytest.mark.parametrize(("host", "remote"), [("127.0.0.1", False), ("::1", False), ("0.0.0.0", True)])
def test_names_are_checked_while_the_page_listens_on_loopback(host: str, remote: bool) -> None:
    assert _settings(PageOptions(host))["allow_remote_access"] is remote


def test_without_voila_the_error_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "voila", None)
    with pytest.raises(MissingDependency, match=r'pip install "trackbook\[lab\]"'):
        serve_page("sqlite:///x.db", PageOptions(), print)
