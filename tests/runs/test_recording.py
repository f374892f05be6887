"""The store knows what was stored, whatever dies or comes in between."""

from __future__ import annotations

import hashlib
import io
import multiprocessing
import os
import signal
import tempfile
import zipfile
from contextlib import nullcontext
from pathlib import Path

import fsspec
import pytest

from trackbook.entities import Run, StoredFile
from trackbook.errors import DamagedArtifact, StoreAway
from trackbook.runs import artifacts
from trackbook.runs.recording import RunRecords
from trackbook.stores import open_store
from trackbook.stores.artifacts.local import LocalArtifacts
from trackbook.stores.artifacts.paths import SafeFolder
from trackbook.stores.base import NewRun, Store

FORK = multiprocessing.get_context("fork")


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Downloads without a destination leave nothing behind on the machine."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@pytest.fixture
def store(file_store: Store) -> Store:
    return file_store


@pytest.fixture
def run(store: Store) -> Run:
    return store.create_run(NewRun("0"))


def place(run: Run) -> Path:
    return Path(run.info.artifact_uri or "")


def told(store: Store, run: Run) -> dict[str, tuple[int, str]]:
    return {file.path: (file.size, file.sha256) for file in store.stored_files(run.info.run_id)}


def truth(run: Run) -> dict[str, tuple[int, str]]:
    files = [file for file in place(run).rglob("*") if file.is_file() and not file.name.startswith(".tmp-")]
    return {
        str(file.relative_to(place(run))): (file.stat().st_size, hashlib.sha256(file.read_bytes()).hexdigest())
        for file in files
    }


def test_whatever_is_logged_is_remembered(store: Store, run: Run) -> None:
    Path("model/data").mkdir(parents=True)
    for name in ("model/MLmodel", "model/data/weights"):
        Path(name).write_text(name)
    artifacts.log_artifact(store, run, "model")
    artifacts.log_artifact(store, run, "model/MLmodel", "one")
    artifacts.log_artifacts(store, run, "model", "copy")
    artifacts.log_text(store, run, "text", "a.txt")
    artifacts.log_text(store, run, "another text", "a.txt")
    artifacts.log_dict(store, run, {"a": 1}, "a.json")
    artifacts.log_stream(store, run, io.BytesIO(b"x" * 3_000_000), "stream")
    for row in range(3):
        artifacts.log_table(store, run, {"x": [row]}, "t.json")
    assert len(told(store, run)) == 9
    assert told(store, run) == truth(run)


def test_swapped_file_is_not_loaded(store: Store, run: Run) -> None:
    artifacts.log_text(store, run, "model", "model.pkl")
    (place(run) / "model.pkl").write_text("owned")  # of the same size, by somebody who may write there
    for call in (artifacts.download_artifacts, artifacts.download_zip):
        with pytest.raises(DamagedArtifact, match=r"'model\.pkl'"):
            call(store, run, "model.pkl")
    assert list(Path(tempfile.gettempdir()).glob("trackbook-" + "?" * 8)) == []


def test_run_is_packed_into_a_zip(store: Store, run: Run) -> None:
    artifacts.log_text(store, run, "x", "a/b.txt")
    whole = artifacts.download_zip(store, run, dst_path="out")
    assert whole == str(Path.cwd() / "out/artifacts.zip")
    assert artifacts.download_zip(store, run, "a", "out") == str(Path.cwd() / "out/a.zip")
    with zipfile.ZipFile(whole) as archive:
        assert archive.read("a/b.txt") == b"x"
    assert os.stat(Path(artifacts.download_zip(store, run)).parent).st_mode & 0o077 == 0


def test_two_writers_of_one_path_leave_no_wrong_record(store: Store, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where writers cannot take turns: the second one comes in between the steps of the first."""
    monkeypatch.setattr(LocalArtifacts, "_in_turn", lambda self: nullcontext())
    for point in ("replacing", "written"):
        artifacts.log_text(store, run, "first", "a.txt")
        step = getattr(RunRecords, point)

        def meanwhile(records: RunRecords, given: list[object], step: object = step, point: str = point) -> None:
            monkeypatch.setattr(RunRecords, point, step)
            artifacts.log_text(store, run, "the other one's", "a.txt")
            step(records, given)  # type: ignore[operator]

        monkeypatch.setattr(RunRecords, point, meanwhile)
        artifacts.log_text(store, run, "mine", "a.txt")
        assert artifacts.run_artifacts(store, run).read_bytes(artifacts._file("a.txt")) in (b"mine", b"the other one's")
        assert told(store, run).get("a.txt", truth(run)["a.txt"]) == truth(run)["a.txt"]


def rewrite(store_uri: str, run: Run, worker: int) -> None:
    store = open_store(store_uri)
    for turn in range(40):
        artifacts.log_text(store, run, f"{worker} {turn}" * (turn % 5 + 1), "a.txt")
    store.close()


def test_four_processes_that_rewrite_a_file_leave_no_wrong_record(store: Store, run: Run) -> None:
    processes = [FORK.Process(target=rewrite, args=(store.uri, run, worker)) for worker in range(4)]
    for process in processes:
        process.start()
    while any(process.is_alive() for process in processes):
        if (place(run) / "a.txt").exists():
            artifacts.run_artifacts(store, run).read_bytes(artifacts._file("a.txt"))  # never takes a race for damage
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4
    assert told(store, run).get("a.txt", truth(run)["a.txt"]) == truth(run)["a.txt"]


def test_kill_between_bytes_and_record_leaves_no_wrong_record(store: Store, run: Run) -> None:
    artifacts.log_text(store, run, "old", "a.txt")
    for point in ("replacing", "written"):
        child = os.fork()
        if child == 0:
            done = getattr(RunRecords, point)

            def die(records: RunRecords, given: list[object], point: str = point, done: object = done) -> None:
                if point == "replacing":
                    done(records, given)  # type: ignore[operator]
                os.kill(os.getpid(), signal.SIGKILL)

            setattr(RunRecords, point, die)
            artifacts.log_text(store, run, f"new at {point}", "a.txt")
            os._exit(0)
        assert os.WIFSIGNALED(os.waitpid(child, 0)[1])
        assert told(store, run) == {}
        text = Path(artifacts.download_artifacts(store, run, "a.txt")).read_text()
        assert text == ("old" if point == "replacing" else "new at written")
        artifacts.log_text(store, run, text, "a.txt")
        assert told(store, run) == truth(run)


def test_store_that_went_away_loses_no_file(
    store: Store, run: Run, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(run_id: str, files: list[StoredFile]) -> int:
        raise StoreAway("busy")

    monkeypatch.setattr(store, "record_files", away)
    artifacts.log_text(store, run, "kept", "a.txt")
    assert "a.txt: stored, but not remembered" in caplog.text
    assert Path(artifacts.download_artifacts(store, run, "a.txt")).read_text() == "kept"


def test_file_that_is_listed_twice_as_long_is_not_read_in_part(store: Store, run: Run) -> None:
    artifacts.log_text(store, run, "x" * 10, "a.txt")
    store.record_files(run.info.run_id, [StoredFile("a.txt", 20, "0" * 64, 1)])
    with pytest.raises(DamagedArtifact, match="20 bytes"):
        artifacts.download_artifacts(store, run, "a.txt")
    assert SafeFolder(str(place(run))).remove_leftovers(age=-1) == 0


def test_run_in_a_bucket_is_like_any_other(store: Store, tmp_path: Path) -> None:
    run = store.create_run(NewRun(store.create_experiment("far", artifact_location="memory://bucket/far")))
    assert run.info.artifact_uri == f"memory://bucket/far/{run.info.run_id}"
    memory = fsspec.filesystem("memory")
    artifacts.log_text(store, run, "hello", "a/b.txt")
    artifacts.log_text(store, run, "hello again", "a/b.txt")
    for row in range(2):
        artifacts.log_table(store, run, {"x": [row]}, "t.json")
    assert artifacts.load_table(store, run.info.experiment_id, "t.json")["x"].tolist() == [0, 1]
    assert artifacts.get_artifact_uri(store, run, "a/b.txt") == f"{run.info.artifact_uri}/a/b.txt"
    assert Path(artifacts.download_artifacts(store, run, "a/b.txt")).read_text() == "hello again"
    assert {path: size for path, (size, _) in told(store, run).items()}.keys() == {"a/b.txt", "t.json"}
    memory.pipe_file(f"/bucket/far/{run.info.run_id}/a/b.txt", b"hellO again")
    with pytest.raises(DamagedArtifact):
        artifacts.download_artifacts(store, run, "a/b.txt")
    memory.rm("/bucket", recursive=True)
