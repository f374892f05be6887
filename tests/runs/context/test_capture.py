"""A run gets its context beside the run: in time, whole, and without holding it up."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import trackbook
from tests.runs.context.conftest import Repo
from trackbook.errors import InvalidParameter
from trackbook.runs.context import capture
from trackbook.runs.context.git import Git, GitFacts
from trackbook.runs.context.snapshot import DIFF, PACKAGES

COMMIT, BRANCH, REMOTE = "mlflow.source.git.commit", "mlflow.source.git.branch", "mlflow.source.git.repoURL"


@pytest.fixture(autouse=True)
def everything(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Take the whole context, anew."""
    monkeypatch.delenv("TRACKBOOK_CAPTURE", raising=False)
    monkeypatch.setattr(capture, "_snapshots", {})
    monkeypatch.setattr(capture, "_worker", capture._Worker())
    yield
    capture.abandon()


def finished(**arguments: object) -> trackbook.entities.Run:
    """A run that ends at once, as it is stored when `end_run` has returned."""
    with trackbook.start_run(**arguments) as run:  # type: ignore[arg-type]
        pass
    return trackbook.get_run(run.info.run_id)


def files(run: trackbook.entities.Run) -> dict[str, str]:
    """The artifacts that we add: path to text."""
    listed = trackbook.artifacts.list_artifacts(run_id=run.info.run_id, artifact_path="trackbook")
    folder = Path(str(run.info.artifact_uri))
    return {each.path: (folder / each.path).read_text() for each in listed}


def wait_until(condition: object) -> None:
    deadline = time.monotonic() + 10
    while not condition() and time.monotonic() < deadline:  # type: ignore[operator]
        time.sleep(0.01)
    assert condition()  # type: ignore[operator]


def test_run_that_ends_at_once_has_the_whole_context(repo: Repo) -> None:
    repo.git("remote", "add", "origin", "https://ada:geheim@example.org/lab/digits.git")
    repo.write("train.py", "lr = 0.2\n")
    run = finished()
    tags = run.data.tags
    assert (tags[COMMIT], tags[BRANCH]) == (repo.git("rev-parse", "HEAD"), "main")
    assert tags[REMOTE] == "https://example.org/lab/digits.git"
    assert tags["trackbook.git.dirty"] == "true"
    assert tags["trackbook.python"].count(".") == 2
    assert tags["mlflow.user"] == run.info.user_id
    assert set(files(run)) == {DIFF, PACKAGES}
    assert "+lr = 0.2" in files(run)[DIFF]
    assert "numpy==" in files(run)[PACKAGES]


def test_clean_repository_has_no_diff_though_the_store_lies_in_it(repo: Repo) -> None:
    for _ in range(2):
        run = finished()
        assert run.data.tags["trackbook.git.dirty"] == "false"
    assert (repo.folder / "trackbook.db").exists()


def test_artifacts_of_the_store_used_before_are_no_change(repo: Repo, tmp_path: Path) -> None:
    with trackbook.start_run():
        trackbook.log_text("notes", "notes.txt")
    trackbook.set_tracking_uri(tmp_path / "elsewhere.db")
    assert finished().data.tags["trackbook.git.dirty"] == "false"


@pytest.mark.parametrize("below", [".", "jobs"])
def test_artifacts_of_a_servers_store_are_no_change(
    repo: Repo, server_uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, below: str
) -> None:
    monkeypatch.setenv("TRACKBOOK_SPOOL_DIR", str(tmp_path / "spool"))
    (repo.folder / below).mkdir(exist_ok=True)
    monkeypatch.chdir(repo.folder / below)
    trackbook.set_tracking_uri(server_uri)
    trackbook.set_experiment("digits")
    with trackbook.start_run() as run:
        trackbook.log_text("notes", "notes.txt")
    assert Path(str(run.info.artifact_uri)).is_relative_to(repo.folder)
    capture._snapshots.clear()
    later = finished()
    assert later.data.tags["trackbook.git.dirty"] == "false"
    assert DIFF not in files(later)


def test_short_runs_share_the_files_of_the_first_and_ask_git_once(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    ask = Git.facts

    def counted(git: Git) -> GitFacts:
        asked.append(git.root)
        return ask(git)

    monkeypatch.setattr(Git, "facts", counted)
    first = finished()
    others = [finished() for _ in range(20)]
    assert len(asked) == 1
    assert "trackbook.context" not in first.data.tags
    for run in others:
        assert run.data.tags["trackbook.context"] == first.info.run_id
        assert run.data.tags[COMMIT] == first.data.tags[COMMIT]
        assert files(run) == {}


def test_run_that_lasts_gets_files_of_its_own(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capture, "_LONG_RUN", 0.05)
    finished()
    with trackbook.start_run() as run:
        wait_until(lambda: "trackbook.context" not in trackbook.get_run(run.info.run_id).data.tags)
        assert set(files(run)) == {PACKAGES}


def test_running_run_has_its_context_before_it_ends(repo: Repo) -> None:
    with trackbook.start_run() as run:
        wait_until(lambda: COMMIT in trackbook.get_run(run.info.run_id).data.tags)


def test_commit_and_checkout_are_noticed_by_the_next_run(repo: Repo) -> None:
    assert finished().data.tags[COMMIT] == repo.git("rev-parse", "HEAD")
    repo.write("train.py", "lr = 0.3\n")
    commit = repo.commit()
    assert finished().data.tags[COMMIT] == commit
    repo.git("checkout", "-q", "-b", "trial")
    assert finished().data.tags[BRANCH] == "trial"


def test_edit_is_noticed_once_the_snapshot_is_old(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    first = finished()
    repo.write("train.py", "lr = 0.4\n")
    assert finished().data.tags["trackbook.git.dirty"] == "false"
    monkeypatch.setattr("trackbook.runs.context.snapshot._YOUNG", 0.0)
    monkeypatch.setattr("trackbook.runs.context.snapshot._SHARE", 0)
    later = finished()
    assert later.data.tags["trackbook.git.dirty"] == "true"
    assert "+lr = 0.4" in files(later)[DIFF]
    assert later.data.tags.get("trackbook.context") != first.info.run_id


def test_nested_runs_share_it(repo: Repo) -> None:
    with trackbook.start_run() as outer, trackbook.start_run(nested=True) as inner:
        pass
    commits = {trackbook.get_run(run.info.run_id).data.tags[COMMIT] for run in (outer, inner)}
    assert commits == {repo.git("rev-parse", "HEAD")}


def test_client_takes_none(repo: Repo) -> None:
    run = trackbook.Client().create_run("0")
    assert trackbook.get_run(run.info.run_id).data.tags.keys() == {"mlflow.runName"}


def test_run_made_by_a_client_for_this_process_gets_it_and_a_resumed_one_keeps_its_own(repo: Repo) -> None:
    made = trackbook.Client().create_run("0", tags={"mlflow.user": "ada"})
    first = finished(run_id=made.info.run_id)
    assert (first.data.tags["mlflow.user"], first.data.tags[BRANCH]) == ("ada", "main")
    repo.git("checkout", "-q", "-b", "trial")
    assert finished(run_id=made.info.run_id).data.tags[BRANCH] == "main"


SLOW = """#!/bin/sh
echo $$ >> {pids}
sleep 60
"""


def test_slow_git_holds_a_start_up_never_and_an_end_for_two_seconds_once(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "bin").mkdir()
    slow, pids = tmp_path / "bin" / "git", tmp_path / "pids"
    slow.write_text(SLOW.format(pids=pids))
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", f"{slow.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(capture, "_PATIENCE", 0.3)
    with caplog.at_level(logging.WARNING, "trackbook"):
        began = time.monotonic()
        run = trackbook.start_run()
        started = time.monotonic()
        trackbook.end_run()
        ended = time.monotonic()
    assert started - began < 2
    assert ended - started < 3
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "Git has not answered" in caplog.text
    stored = trackbook.get_run(run.info.run_id)
    assert COMMIT not in stored.data.tags
    assert PACKAGES in files(stored)
    began = time.monotonic()
    for _ in range(5):
        finished()
    assert time.monotonic() - began < 3
    assert len(caplog.records) == 1
    wait_until(lambda: not any(_alive(int(pid)) for pid in pids.read_text().split()))


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("trouble", ["no git", "damaged", "no commit", "gone folder"])
def test_run_starts_and_ends_whatever_is_wrong_with_git(
    repo: Repo, trouble: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    trackbook.set_tracking_uri(tmp_path / "runs.db")
    trackbook.search_runs(output_format="list")
    if trouble == "no git":
        monkeypatch.setenv("PATH", "/nowhere")
    elif trouble == "damaged":
        (repo.folder / ".git" / "HEAD").write_text("nonsense")
    elif trouble == "no commit":
        monkeypatch.chdir(Repo(tmp_path / "new", commit=False).folder)
    else:
        (tmp_path / "gone").mkdir()
        monkeypatch.chdir(tmp_path / "gone")
        (tmp_path / "gone").rmdir()
    with caplog.at_level(logging.WARNING, "trackbook"):
        run = finished()
    assert (run.info.status, COMMIT in run.data.tags) == ("FINISHED", False)
    assert not caplog.records
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("parts", "tags", "artifacts"),
    [
        ("none", set(), set()),
        ("git", {COMMIT, BRANCH, "trackbook.git.dirty"}, set()),
        ("diff", set(), {DIFF}),
        ("user,packages", {"mlflow.user"}, {PACKAGES}),
        (
            "source,platform",
            {"mlflow.source.name", "mlflow.source.type", "trackbook.python", "trackbook.platform"},
            set(),
        ),
    ],
)
def test_capture_switches_parts_off(
    repo: Repo, parts: str, tags: set[str], artifacts: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRACKBOOK_CAPTURE", parts)
    repo.write("train.py", "lr = 0.2\n")
    run = finished()
    assert run.data.tags.keys() - {"mlflow.runName"} == tags
    assert set(files(run)) == artifacts
    assert bool(run.info.user_id) == ("user" in parts)


def test_unknown_part_starts_no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACKBOOK_CAPTURE", "gti")
    with pytest.raises(InvalidParameter, match="gti"):
        trackbook.start_run()
    assert trackbook.active_run() is None


def test_deleted_run_and_full_disk_trouble_nobody(repo: Repo, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "trackbook"), trackbook.start_run() as run:
        trackbook.delete_run(run.info.run_id)
        trackbook.restore_run(run.info.run_id)
    (repo.folder / "trackbook-artifacts").rename(repo.folder / "elsewhere")
    (repo.folder / "trackbook-artifacts").write_text("no folder")
    capture._snapshots.clear()
    assert finished().info.status == "FINISHED"


def test_store_in_memory_gets_tags_and_no_files(repo: Repo) -> None:
    trackbook.set_tracking_uri("sqlite://")
    run = finished()
    assert run.data.tags[BRANCH] == "main"
    assert not (repo.folder / "trackbook-artifacts").exists()


def test_hundred_runs_leave_no_thread(repo: Repo) -> None:
    """F12."""
    before = threading.active_count()
    for _ in range(100):
        finished()
    assert threading.active_count() == before
    wait_until(lambda: not capture._worker._running)
    assert capture._worker.jobs == {}


def test_forked_child_has_a_worker_of_its_own(repo: Repo) -> None:
    with trackbook.start_run() as run:
        child = os.fork()
        if child == 0:
            try:
                ok = capture._worker.jobs == {}
                trackbook.end_run()  # nothing of the parent's
                with trackbook.start_run() as own:
                    pass
                ok = ok and COMMIT in trackbook.get_run(own.info.run_id).data.tags
                trackbook.flush_async_logging()
            finally:
                os._exit(0 if ok else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert trackbook.get_run(run.info.run_id).info.status == "RUNNING"
    assert COMMIT in trackbook.get_run(run.info.run_id).data.tags


def test_stored_text_is_never_run(repo: Repo) -> None:
    """Attacks 87 and 88: names of files, branches and runs are text."""
    repo.write("$(touch sprung); {__import__('os').mkdir('sprung')}.py", "x = 1\n")
    repo.git("checkout", "-q", "-b", "x;touch$IFS-sprung")
    run = finished(run_name="$(touch sprung)")
    assert "x = 1" in files(run)[DIFF]
    assert run.data.tags[BRANCH] == "x;touch$IFS-sprung"
    assert not (repo.folder / "sprung").exists()
