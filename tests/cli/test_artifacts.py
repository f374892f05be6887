"""`trackbook artifacts`."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from trackbook.stores.base import NewRun, Store

Shell = Callable[..., Result]


@pytest.fixture
def run(here: Store) -> str:
    return here.create_run(NewRun("0", "keen-heron")).info.run_id


@pytest.fixture
def plots() -> Path:
    folder = Path("plots")
    (folder / "roc").mkdir(parents=True)
    (folder / "a.txt").write_text("hello")
    (folder / "roc" / "curve.csv").write_text("x,y\n")
    return folder


def test_file_travels_there_and_back(shell: Shell, run: str, plots: Path, tmp_path: Path) -> None:
    said = shell("artifacts", "log-artifact", "-l", "plots/a.txt", "-r", run[:4], "-a", "texts").output
    assert said.startswith("Logged plots/a.txt to ")
    assert json.loads(shell("artifacts", "list", "-r", run, "-a", "texts").output) == [
        {"path": "texts/a.txt", "is_dir": False, "file_size": 5}
    ]
    copy = shell("artifacts", "download", "-r", run, "-a", "texts/a.txt", "-d", str(tmp_path / "copy")).output
    assert copy == f"{tmp_path / 'copy' / 'texts' / 'a.txt'}\n"
    assert Path(copy.strip()).read_text() == "hello"


def test_folder_travels_there_and_back(shell: Shell, run: str, plots: Path) -> None:
    shell("artifacts", "log-artifacts", "--local-dir", str(plots), "--run-id", run)
    listed = json.loads(shell("artifacts", "list", "--run-id", run).output)
    assert [(file["path"], file["is_dir"]) for file in listed] == [("a.txt", False), ("roc", True)]
    copy = Path(shell("artifacts", "download", "-u", f"runs:/{run[:8]}/roc").output.strip())
    assert copy.name == "roc"
    assert [file.name for file in copy.iterdir()] == ["curve.csv"]


@pytest.mark.parametrize("named", ["-r {run} -a roc", "-u runs:/{run}/roc"])
def test_folder_is_copied_as_one_file(shell: Shell, run: str, plots: Path, tmp_path: Path, named: str) -> None:
    shell("artifacts", "log-artifacts", "-l", "plots", "-r", run)
    words = named.format(run=run[:6]).split()
    copy = shell("artifacts", "download", *words, "--zip", "-d", str(tmp_path / "copy")).output.strip()
    assert copy == str(tmp_path / "copy" / "roc.zip")
    with zipfile.ZipFile(copy) as archive:
        assert [Path(name).name for name in archive.namelist()] == ["curve.csv"]


def test_list_can_be_a_table(shell: Shell, run: str, plots: Path) -> None:
    shell("artifacts", "log-artifacts", "-l", "plots", "-r", run)
    lines = shell("artifacts", "list", "-r", run, "--format", "table").output.splitlines()
    assert [line.split() for line in lines] == [
        ["path", "is_dir", "file_size"],
        ["a.txt", "false", "5"],
        ["roc", "true"],
    ]
    assert json.loads(shell("artifacts", "list", "-r", run, "-a", "nowhere").output) == []


def test_local_address_is_copied(shell: Shell, plots: Path, tmp_path: Path) -> None:
    copy = shell("artifacts", "download", "-u", str(plots.absolute()), "-d", str(tmp_path / "copy")).output.strip()
    assert sorted(file.name for file in Path(copy).iterdir()) == ["a.txt", "roc"]


@pytest.mark.parametrize("which", [(), ("-r", "abcd", "-u", "runs:/abcd/x"), ("-u", "x", "-a", "y")])
def test_download_is_from_one_place(shell: Shell, here: Store, which: tuple[str, ...]) -> None:
    shell("artifacts", "download", *which, code=2)


@pytest.mark.parametrize("path", ["../../etc/passwd", "/etc/passwd", "a/%2e%2e/b", "nothing"])
def test_path_that_leads_out_or_nowhere_is_a_sentence(shell: Shell, run: str, path: str) -> None:
    assert shell("artifacts", "download", "-r", run, "-a", path, code=1).output.startswith("Error: ")


@pytest.mark.parametrize("words", [("log-artifact", "-l", "nothing"), ("log-artifacts", "-l", "nothing")])
def test_source_that_is_not_there_is_a_sentence(shell: Shell, run: str, words: tuple[str, ...]) -> None:
    assert shell("artifacts", *words, "-r", run, code=1).output.startswith("Error: ")
