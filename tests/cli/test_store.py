"""How commands find and open the store."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result

from trackbook.cli.store import existing_store
from trackbook.stores.base import NewRun, Store
from trackbook.stores.sql.store import SqlStore
from trackbook.uris import parse_store_uri

Shell = Callable[..., Result]
READS = [
    ("experiments", "search"),
    ("experiments", "get", "-x", "0"),
    ("experiments", "delete", "-x", "0"),
    ("experiments", "csv", "-x", "0"),
    ("runs", "list"),
    ("runs", "search"),
    ("runs", "describe", "-r", "abcd"),
    ("runs", "show", "abcd"),
    ("runs", "compare", "abcd", "ef01"),
    ("runs", "delete", "-r", "abcd"),
    ("artifacts", "list", "-r", "abcd"),
]


@pytest.mark.parametrize("words", READS, ids=" ".join)
def test_command_makes_no_store_where_there_is_none(shell: Shell, words: tuple[str, ...], tmp_path: Path) -> None:
    answer = shell(*words, code=1)
    assert f"There is no store at {tmp_path / 'work' / 'trackbook.db'}" in answer.output
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("name", ["--backend-store-uri", "--tracking-uri"])
def test_store_is_named_on_the_line(shell: Shell, tmp_path: Path, name: str) -> None:
    uri = f"sqlite:///{tmp_path / 'other.db'}"
    shell("experiments", "create", "-n", "digits", name, uri)
    assert "digits" in shell("experiments", "search", name, uri).output
    assert list(Path().iterdir()) == []


def test_store_is_that_of_the_settings(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", str(tmp_path / "other.db"))
    shell("experiments", "create", "-n", "digits")
    assert (tmp_path / "other.db").exists()


@pytest.mark.parametrize("words", READS, ids=" ".join)
@pytest.mark.parametrize("kind", ["foreign", "text", "torn", "mlflow"])
def test_file_that_is_no_store_of_ours_is_a_sentence(shell: Shell, words: tuple[str, ...], kind: str) -> None:
    file = Path("trackbook.db")
    if kind in ("foreign", "mlflow"):
        with sqlite3.connect(file) as connection:
            connection.execute(f"CREATE TABLE {'alembic_version' if kind == 'mlflow' else 'recipes'} (id INTEGER)")
        connection.close()
    else:
        file.write_bytes(b"no database at all " * 300 if kind == "text" else b"SQLite format 3\x00" + os.urandom(8000))
    before = file.read_bytes()
    answer = shell(*words, code=1)
    assert answer.output.startswith("Error: ")
    assert "Traceback" not in answer.output
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    "uri", ["http://127.0.0.1:9/", "databricks", "gopher://x", "mysql://user:secret@127.0.0.1:9/x"]
)
def test_store_that_cannot_be_reached_is_a_sentence(shell: Shell, uri: str) -> None:
    answer = shell("runs", "list", "--tracking-uri", uri, code=1)
    assert answer.output.startswith("Error: ")
    assert "secret" not in answer.output


AS_NOBODY = """
import contextlib, difflib, io, os, sys
from trackbook.cli import main
with contextlib.redirect_stdout(io.StringIO()):  # imports everything, which who has no rights may not
    main(["runs", "list", "--backend-store-uri", sys.argv[-1]], standalone_mode=False)
from trackbook.stores import close_stores
close_stores()
{become}
main(sys.argv[1:], prog_name="trackbook")
"""


def as_nobody(*words: str) -> subprocess.CompletedProcess[str]:
    """A command of a user who may do nothing that is not allowed to all."""
    become = "os.setgid(65534); os.setuid(65534)" if os.geteuid() == 0 else ""
    command = [sys.executable, "-c", AS_NOBODY.format(become=become), *words]
    env = {**os.environ, "HOME": "/"}
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", env=env)


@pytest.fixture
def guarded() -> Iterator[Path]:
    """A store with one run, in a folder that others can enter; pytest's own are closed to them."""
    folder = Path(tempfile.mkdtemp())
    store = SqlStore(parse_store_uri(str(folder / "runs.db")), clock=lambda: 1_700_000_000_000)
    store.create_run(NewRun("0", "keen-heron", owned=True))  # silent for long: is its process alive?
    store.close()
    folder.chmod(0o755)
    yield folder / "runs.db"
    folder.chmod(0o755)
    shutil.rmtree(folder)


def test_store_that_may_only_be_read_is_read(guarded: Path) -> None:
    guarded.chmod(0o444)
    guarded.parent.chmod(0o555)
    answer = as_nobody("runs", "list", "--backend-store-uri", str(guarded))
    assert (answer.returncode, answer.stderr) == (0, "")
    assert answer.stdout.splitlines()[1].split()[1:4] == ["keen-heron", "0", "RUNNING"]
    refused = as_nobody("experiments", "create", "-n", "x", "--backend-store-uri", str(guarded))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("Error: ")
    assert str(guarded) in refused.stderr


def test_store_that_may_not_be_read_is_a_sentence(guarded: Path) -> None:
    guarded.chmod(0)
    answer = as_nobody("runs", "list", "--backend-store-uri", str(guarded))
    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr.startswith("Error: ")
    assert str(guarded) in answer.stderr
    assert "There is no store" not in answer.stderr


WRONG = [("runs", "create"), ("runs", "create", "-x", "0", "-t", "a"), ("experiments", "create", "-n", "a", "-t", "a")]


@pytest.mark.parametrize("words", WRONG, ids=" ".join)
def test_wrong_line_makes_no_store(shell: Shell, words: tuple[str, ...]) -> None:
    shell(*words, code=2)
    assert list(Path().iterdir()) == []


def test_store_opened_to_look_is_not_touched(here: Store) -> None:
    assert existing_store(here.uri, read_only=True).read_only


def test_working_directory_that_is_gone_is_a_sentence(shell: Shell, tmp_path: Path) -> None:
    os.chdir(tmp_path / "work")
    (tmp_path / "work").rmdir()
    try:
        assert shell("runs", "list", code=1).output == "Error: No such file or directory\n"
    finally:
        os.chdir(tmp_path)
