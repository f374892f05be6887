"""Git is asked in every kind of repository, and never runs what a repository's settings name."""

from __future__ import annotations

import os
import subprocess
import threading
import time
import zlib
from pathlib import Path

import pytest

from tests.runs.context.conftest import Repo
from trackbook.runs.context.git import Git, NoAnswer, files_of_git, find_repository, shown_remote
from trackbook.runs.context.uncommitted import uncommitted_diff


def test_clean_repository_says_commit_branch_and_remote(repo: Repo) -> None:
    repo.git("remote", "add", "origin", "https://ada:geheim@example.org/lab/digits.git")
    facts = Git(str(repo.folder)).facts()
    assert facts.commit == repo.git("rev-parse", "HEAD")
    assert (facts.branch, facts.dirty, facts.untracked) == ("main", False, False)
    assert facts.remote == "https://example.org/lab/digits.git"


def test_changed_and_unknown_files_make_it_dirty_and_ignored_ones_do_not(repo: Repo) -> None:
    repo.write(".gitignore", "*.log\n")
    repo.commit()
    repo.write("run.log", "x")
    assert not Git(str(repo.folder)).facts().dirty
    repo.write("notes.txt", "x")
    facts = Git(str(repo.folder)).facts()
    assert (facts.dirty, facts.untracked) == (True, True)


def test_files_of_our_own_do_not_make_it_dirty(repo: Repo) -> None:
    repo.write("sub/runs.db", b"\0")
    repo.write("sub/trackbook-artifacts/0/x/a.txt", "x")
    git = Git(str(repo.folder), ["sub/runs.db", "sub/runs.db-wal", "sub/trackbook-artifacts"])
    assert not git.facts().dirty


def test_no_commit_yet(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "new", commit=False)
    repo.write("train.py", "lr = 0.1\n")
    repo.git("add", "train.py")
    git = Git(str(repo.folder))
    facts = git.facts()
    assert (facts.commit, facts.branch, facts.dirty) == ("", "main", True)
    assert b"+lr = 0.1" in uncommitted_diff(git, facts)


def test_detached_head_has_no_branch(repo: Repo) -> None:
    repo.git("checkout", "-q", "--detach")
    facts = Git(str(repo.folder)).facts()
    assert (facts.branch, len(facts.commit)) == ("", 40)


def test_worktree_and_submodule_are_repositories_of_their_own(repo: Repo, tmp_path: Path) -> None:
    repo.git("worktree", "add", "-q", "-b", "trial", str(tmp_path / "trial"))
    assert Git(str(tmp_path / "trial")).facts().branch == "trial"
    repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(tmp_path / "repo"), "inner")
    inner = str(repo.folder / "inner")
    assert find_repository(inner) == inner
    assert len(Git(inner).facts().commit) == 40
    for root in (str(tmp_path / "trial"), inner):
        files = files_of_git(root)
        assert [os.path.isfile(path) for path in files[:2]] == [True, True], files


def test_bare_repository_and_no_repository_are_none(tmp_path: Path) -> None:
    Repo(tmp_path / "bare", commit=False).git("clone", "-q", "--bare", ".", str(tmp_path / "bare.git"))
    assert find_repository(str(tmp_path / "bare.git")) is None
    assert find_repository("/") is None


@pytest.mark.parametrize("damage", ["HEAD", "config", "index", "objects"])
def test_damaged_repository_gives_no_answer_and_no_error_of_another_kind(repo: Repo, damage: str) -> None:
    repo.write("train.py", "lr = 0.2\n")
    path = repo.folder / ".git" / damage
    if path.is_dir():
        path.rename(path.with_name("gone"))
    else:
        path.write_bytes(b"\0\xff[[[\n" * 40)
    git = Git(str(repo.folder))
    with pytest.raises(NoAnswer):
        uncommitted_diff(git, git.facts())


def test_no_git_on_the_path(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(NoAnswer, match="no git"):
        Git(str(repo.folder))


def test_slow_git_is_stopped(repo: Repo, tmp_path: Path) -> None:
    slow = tmp_path / "git"
    slow.write_text("#!/bin/sh\nsleep 60\n")
    slow.chmod(0o755)
    git = Git(str(repo.folder), program=str(slow))
    threading.Timer(0.2, git.stop).start()
    began = time.monotonic()
    with pytest.raises(NoAnswer, match="stopped"):
        git.facts()
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://ada:geheim@example.org/x.git", "https://example.org/x.git"),
        ("https://ghp_abcdefghijklmnop1234@github.com/x", "https://github.com/x"),
        ("ssh://ada@example.org:22/x", "ssh://example.org:22/x"),
        ("git@github.com:lab/x.git", "git@github.com:lab/x.git"),
        ("ada@example.org:x.git", "example.org:x.git"),
        ("https://example.org/x?private_token=geheim", "https://example.org/x?private_token=***"),
        ("https://ada:p@ss:w@[bad/x", "https://[bad/x"),
        ("/srv/git/x.git", "/srv/git/x.git"),
        ("", ""),
    ],
)
def test_remote_is_shown_without_user_info(url: str, shown: str) -> None:
    assert shown_remote(url) == shown


def _trap(repo: Repo) -> Path:
    """A program that notes that it was run."""
    trap = repo.folder.parent / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {repo.folder.parent / 'sprung'}\ncat\n")
    trap.chmod(0o755)
    return trap


HOSTILE = {
    "fsmonitor": ["core.fsmonitor={}"],
    "hooks": ["core.hooksPath={}.d"],
    "external diff": ["diff.external={}", "diff.evil.command={}"],
    "textconv": ["diff.evil.textconv={}"],
    "filter": ["filter.evil.clean={}", "filter.evil.smudge={}", "filter.evil.required=true"],
    "process filter": ["filter.evil.process={}", "filter.evil.required=true"],
    "pager": ["core.pager={}", "pager.diff=true", "pager.status=true", "diff.submodule=log"],
    "alias": ["alias.status=!{}", "alias.diff=!{}"],
    "partial clone": ["extensions.partialClone=origin", "remote.origin.url=ext::{}", "protocol.ext.allow=always"],
    "ssh": ["core.sshCommand={}", "extensions.partialClone=origin", "remote.origin.url=ssh://h/x"],
}


#: Those with which `git status` and `git diff` of anybody else run the trap; a partial clone waits for it for ever.
SPRINGS = {"fsmonitor", "hooks", "external diff", "textconv", "filter", "process filter"}


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_that_a_repository_names_is_run(repo: Repo, name: str) -> None:
    """Attack 88."""
    repo.write(".gitattributes", "*.py filter=evil diff=evil\n")
    repo.commit()
    trap = _trap(repo)
    hooks = Path(f"{trap}.d")
    hooks.mkdir()
    for hook in ("post-index-change", "fsmonitor-watchman", "pre-commit"):
        (hooks / hook).symlink_to(trap)
    for setting in HOSTILE[name]:
        key, _, value = setting.format(trap).partition("=")
        repo.git("config", key, value)
    if "partialClone" in str(HOSTILE[name]):
        repo.git("config", "remote.origin.promisor", "true")
        for blob in (repo.folder / ".git" / "objects").glob("??/*"):
            if b"blob" in zlib.decompress(blob.read_bytes())[:5]:
                blob.unlink()
    repo.write("train.py", "lr = 0.2\n")
    sprung = repo.folder.parent / "sprung"
    if name in SPRINGS:  # else the trap proves nothing
        for command in ("status", "diff"):
            subprocess.run(["git", command], cwd=repo.folder, capture_output=True, check=False)
        assert sprung.exists()
        sprung.unlink()
        repo.write("train.py", "lr = 0.33\n")
    git = Git(str(repo.folder))
    try:
        facts = git.facts()
        assert facts.dirty
        assert b"lr" in uncommitted_diff(git, facts)
    except NoAnswer:
        assert name in ("partial clone", "ssh")
    assert not sprung.exists()


def test_submodule_with_hostile_settings_is_not_looked_into(repo: Repo, tmp_path: Path) -> None:
    repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(tmp_path / "repo"), "inner")
    repo.commit()
    trap = _trap(repo)
    repo.git("-C", "inner", "config", "core.fsmonitor", str(trap))
    repo.write("inner/train.py", "lr = 9\n")
    git = Git(str(repo.folder))
    uncommitted_diff(git, git.facts())
    assert not (tmp_path / "sprung").exists()


def test_work_tree_that_lies_elsewhere_is_refused(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "id").write_text("geheim")
    repo.git("config", "core.worktree", str(tmp_path / "home"))
    with pytest.raises(NoAnswer, match="elsewhere"):
        Git(str(repo.folder)).facts()
