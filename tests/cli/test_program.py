"""The program around the commands: how it begins, ends and fails."""

from __future__ import annotations

import json
import os
import pty
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from trackbook.cli import main
from trackbook.stores.base import NewRun, Store

Shell = Callable[..., Result]
PROGRAM = [sys.executable, "-P", "-m", "trackbook"]
HEAVY = {"IPython", "alembic", "anywidget", "ipywidgets", "matplotlib", "pandas", "plotly", "tornado", "traitlets"}
MODULES = """
import sys
from trackbook.cli import main
try:
    main(sys.argv[1:], prog_name="trackbook")
except SystemExit as ended:
    assert not ended.code, ended.code
print("\\n".join(sys.modules), file=sys.stderr)
"""


def commands(group: click.Group) -> Iterator[click.Command]:
    for command in group.commands.values():
        yield command
        if isinstance(command, click.Group):
            yield from commands(command)


@pytest.mark.parametrize("command", [*commands(main)], ids=lambda command: command.name)
def test_every_command_and_option_is_explained(command: click.Command) -> None:
    assert command.help
    assert [option.name for option in command.params if isinstance(option, click.Option) and not option.help] == []


@pytest.mark.parametrize(
    "words", [("--help",), ("--version",), ("runs", "list"), ("runs", "search", "--format", "csv")]
)
def test_command_loads_nothing_heavy(here: Store, words: tuple[str, ...]) -> None:
    here.create_run(NewRun("0", "keen-heron"))
    answer = subprocess.run([sys.executable, "-P", "-c", MODULES, *words], capture_output=True, text=True, check=True)
    modules = {name.partition(".")[0] for name in answer.stderr.split()}
    assert not modules & HEAVY
    if words[0].startswith("--"):
        assert not modules & {"sqlalchemy", "numpy", "fsspec", "wcwidth", "dotenv"}


def processor_seconds(*command: str) -> float:
    """What a command costs, however busy the machine is."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_version_costs_little_more_than_python() -> None:
    bare = min(processor_seconds(sys.executable, "-P", "-c", "pass") for _ in range(3))
    ours = min(processor_seconds(*PROGRAM, "--version") for _ in range(3))
    assert ours < bare + 0.4


def test_reader_that_has_seen_enough_is_no_error(here: Store) -> None:
    for place in range(500):
        here.create_run(NewRun("0", f"run-{place}-" + "x" * 300))
    with subprocess.Popen(
        [*PROGRAM, "runs", "list"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""


INTERRUPTED = """
import os, signal
from trackbook.cli import main
from trackbook.cli.program import main as program
import click

@click.command()
def wait():
    print("ready", flush=True)
    signal.pause()

program.add_command(wait)
program(["wait"], prog_name="trackbook")
"""


def test_ctrl_c_ends_with_130_and_no_traceback() -> None:
    with subprocess.Popen(
        [sys.executable, "-P", "-c", INTERRUPTED], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        _, complaint = process.communicate(timeout=30)
    assert process.returncode == 130
    assert complaint.strip() == "Interrupted."


def test_env_file_gives_what_the_environment_lacks(here: Store, tmp_path: Path) -> None:
    here.create_run(NewRun("0", "keen-heron"))
    text = f'# our store\nexport MLFLOW_TRACKING_URI="{here.uri}"\nTRACKBOOK_EXPERIMENT_ID=77\n'
    (tmp_path / "team.env").write_text(text)
    command = [*PROGRAM, "--env-file", str(tmp_path / "team.env"), "runs", "list", "--format", "json"]
    env = {**os.environ, "TRACKBOOK_EXPERIMENT_ID": "0"}
    answer = subprocess.run(command, env=env, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert [row["run_name"] for row in json.loads(answer.stdout)] == ["keen-heron"]


def test_env_file_that_cannot_be_read_is_a_wrong_line(shell: Shell, tmp_path: Path) -> None:
    shell("--env-file", str(tmp_path / "nothing.env"), "runs", "list", code=2)
    (tmp_path / "binary.env").write_bytes(b"\xff\xfe\x00A=1")
    assert "Traceback" not in shell("--env-file", str(tmp_path / "binary.env"), "runs", "list", code=2).output


def test_encoding_without_a_letter_gets_an_escape(here: Store) -> None:
    here.create_run(NewRun("0", "é漢👩"))
    env = {**os.environ, "PYTHONIOENCODING": "latin-1"}
    for form in ("table", "json", "csv"):
        command = [*PROGRAM, "runs", "list", "--format", form]
        answer = subprocess.run(command, env=env, capture_output=True, check=True).stdout.decode("latin-1")
        assert "\\u6f22" in answer
        if form == "json":
            assert json.loads(answer)[0]["run_name"] == "é漢👩"


def on_terminal(*words: str, columns: int = 60, **env: str) -> str:
    """What a terminal of some width is sent."""
    leader, follower = pty.openpty()
    settings = {**os.environ, "COLUMNS": str(columns), **env}
    with subprocess.Popen([*PROGRAM, *words], stdout=follower, stderr=subprocess.PIPE, env=settings):
        os.close(follower)
        sent = b""
        try:
            while chunk := os.read(leader, 65536):
                sent += chunk
        except OSError:  # Linux's way to say that nobody writes any more
            pass
    os.close(leader)
    return sent.decode().replace("\r\n", "\n")


def test_terminal_gets_its_width_and_nothing_that_steers_it(here: Store) -> None:
    run = here.create_run(NewRun("0", "\x1b[2J" + "漢" * 60)).info.run_id
    sent = on_terminal("runs", "list", columns=70)
    heading, line = sent.splitlines()[:2]
    assert heading.startswith("\x1b[1mrun_id")
    assert line.startswith(run)
    assert "\x1b" not in line
    assert "…" in line
    assert "\x1b" not in on_terminal("runs", "list", NO_COLOR="1")
    assert "\x1b" not in on_terminal("runs", "list", "--format", "csv")
    assert "\x1b" not in on_terminal("runs", "list", "--format", "json")


def test_message_steers_no_terminal(shell: Shell, here: Store) -> None:
    answer = shell("experiments", "get", "-n", "\x1b[2J\u202e", code=1)
    assert not set(answer.output) & set("\x1b\u202e")


def test_wrong_line_names_the_command(shell: Shell) -> None:
    assert "trackbook runs" in CliRunner().invoke(main, ["runs", "nothing"], prog_name="trackbook").output


@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_output_that_goes_nowhere_is_no_traceback(here: Store, form: str) -> None:
    here.create_run(NewRun("0", "keen-heron"))
    line = " ".join([*PROGRAM, "runs", "list", "--format", form])
    closed = subprocess.run(["sh", "-c", f"{line} >&-"], capture_output=True, text=True, check=False)
    assert (closed.returncode, closed.stderr) == (0, "")
    full = subprocess.run(["sh", "-c", f"{line} >/dev/full"], capture_output=True, text=True, check=False)
    assert full.returncode != 0
    assert full.stderr.startswith("Error: No space left on device")
    assert "Traceback" not in full.stderr
