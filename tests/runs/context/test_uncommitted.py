"""The uncommitted diff: applies again, has text alone, no secret, and an end."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.runs.context.conftest import Repo
from trackbook.runs.context.git import Git
from trackbook.runs.context.uncommitted import LARGEST, LARGEST_UNTRACKED, uncommitted_diff


def diff_of(repo: Repo) -> str:
    git = Git(str(repo.folder))
    return uncommitted_diff(git, git.facts()).decode("utf-8", "surrogateescape")


def test_clean_tree_has_no_diff(repo: Repo) -> None:
    assert diff_of(repo) == ""


def test_diff_brings_a_clean_clone_to_the_same_files(repo: Repo, tmp_path: Path) -> None:
    repo.write("gone.py", "x\n")
    repo.write("latin.txt", "größe\n".encode("latin-1"))
    repo.commit()
    repo.write("train.py", "lr = 0.2\nmore = 1\n")
    repo.write("latin.txt", "größen\n".encode("latin-1"))
    repo.git("rm", "-q", "gone.py")
    repo.write("staged.py", "y\n")
    repo.git("add", "staged.py")
    for name in ("new.py", "with blank/größe 数.txt", 'quo"te.txt', "empty.txt", "unended.txt"):
        repo.write(name, "" if name == "empty.txt" else f"{name}\nüber" + ("" if "unended" in name else "\n"))
    repo.write("script.sh", "#!/bin/sh\n").chmod(0o755)
    text = diff_of(repo)
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", str(repo.folder), str(clone)], check=True)
    patch = text.encode("utf-8", "surrogateescape")
    subprocess.run(["git", "apply", "-"], input=patch, cwd=clone, check=True)
    here = {p.relative_to(repo.folder): p.read_bytes() for p in repo.folder.rglob("*") if _counts(p)}
    there = {p.relative_to(clone): p.read_bytes() for p in clone.rglob("*") if _counts(p)}
    assert there == here
    assert os.access(clone / "script.sh", os.X_OK)


def _counts(path: Path) -> bool:
    return path.is_file() and ".git" not in path.parts


def test_secrets_are_masked_and_counted(repo: Repo) -> None:
    repo.write("train.py", 'lr = 0.1\npassword = "hunter2"\n')
    repo.write("new.py", "key = 'AKIAIOSFODNN7EXAMPLE'\n")
    text = diff_of(repo)
    assert "hunter2" not in text
    assert "AKIA" not in text
    assert text.startswith("# Masked: 2 places that look like a secret\n")


def test_files_that_are_binary_ignored_or_named_like_a_secret_are_left_out(repo: Repo) -> None:
    repo.write(".gitignore", "*.log\n")
    repo.write("logo.png", b"\x89PNG\0\1")
    repo.commit()
    repo.write("logo.png", b"\x89PNG\0\2" * 9)
    repo.write("weights.bin", b"\0" * 99)
    repo.write("run.log", "inside-log")
    repo.write(".env", "inside-env")
    repo.write("deploy.pem", "inside-pem")
    repo.write("data.csv", "1,2\n" * LARGEST_UNTRACKED)
    os.symlink("/etc/passwd", repo.folder / "link.txt")
    os.mkfifo(repo.folder / "pipe")
    text = diff_of(repo)
    assert "inside" not in text
    assert "root:" not in text
    assert "run.log" not in text
    assert text.startswith("# Left out: ")
    for name in (
        "logo.png (binary",
        "weights.bin (binary",
        ".env (may hold",
        "deploy.pem (may hold",
        "data.csv (",
        "link.txt",
    ):
        assert name in text.splitlines()[0]
    assert len(text.splitlines()) == 1


def test_huge_diff_keeps_the_files_that_fit(repo: Repo) -> None:
    repo.write("big.txt", "a\n")
    repo.write("small.py", "a\n")
    repo.commit()
    repo.write("big.txt", "number\n" * 300_000)
    repo.write("small.py", "b\n")
    text = diff_of(repo)
    assert "+b\n" in text
    assert "+number" not in text
    assert "big.txt (" in text.splitlines()[0]
    assert len(text) < LARGEST


@pytest.mark.slow
def test_diff_longer_than_we_read_is_cut_between_files(repo: Repo) -> None:
    for number in range(6):
        repo.write(f"{number}.txt", "a\n")
    repo.commit()
    for number in range(6):
        repo.write(f"{number}.txt", "number 12345678901\n" * 180_000)  # 3.4 MB each
    text = diff_of(repo)
    assert "not read" in text
    assert len(text) < LARGEST


def test_many_unknown_files_come_to_an_end(repo: Repo) -> None:
    for number in range(700):
        repo.write(f"d/{number}.txt", "x\n")
    text = diff_of(repo)
    assert text.count("diff --git") == 500
    assert "too many" in text.splitlines()[0]
