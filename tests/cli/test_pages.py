"""The commands of the shell."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from trackbook import __version__
from trackbook.cli import main


def test_version_is_told() -> None:
    answer = CliRunner().invoke(main, ["--version"])
    assert (answer.exit_code, answer.output) == (0, f"trackbook {__version__}\n")


def test_module_is_the_command() -> None:
    answer = subprocess.run([sys.executable, "-m", "trackbook", "--help"], capture_output=True, text=True, check=True)
    assert {"ui", "demo"} <= set(answer.stdout.split())


@pytest.mark.parametrize("command", ["ui", "demo"])
def test_every_option_is_explained(command: str) -> None:
    answer = CliRunner().invoke(main, [command, "--help"])
    assert answer.exit_code == 0
    options = [option for option in main.commands[command].params if isinstance(option, click.Option)]
    assert [option.name for option in options if not option.help] == []


def test_error_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_text("not a database, and long enough to be looked at as one " * 20)
    answer = CliRunner().invoke(main, ["ui", "--backend-store-uri", str(tmp_path / "notes.db")])
    assert answer.exit_code == 1
    assert answer.output.startswith("Error: ")
    assert "notes.db" in answer.output
    assert "Traceback" not in answer.output


@pytest.mark.kernel
@pytest.mark.slow
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_page_is_served_under_its_base_url_and_ends_cleanly(tmp_path: Path, ending: signal.Signals) -> None:
    command = [sys.executable, "-m", "trackbook", "ui", "--backend-store-uri", str(tmp_path / "t.db")]
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    environment = {**os.environ, "TMPDIR": str(temporary)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([*command, "--base-url", "/team/"], env=environment, **pipes) as server:  # type: ignore[call-overload]
        try:
            first, second = server.stdout.readline(), server.stdout.readline()
            address = (second or server.stderr.read()).split()[-1]
            assert str(tmp_path / "t.db") in first
            assert "/team/?token=" in address
            with urllib.request.urlopen(address.partition("?")[0], timeout=60) as answer:
                assert "/team/login" in answer.url
            server.send_signal(ending)
            said, complaints = server.communicate(timeout=60)
        finally:
            server.kill()
    assert (server.returncode, said) == (0, "")
    assert address.partition("token=")[2] not in complaints
    assert list(temporary.iterdir()) == []
