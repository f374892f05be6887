"""Artifacts are found by address, whichever way it is written."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pytest

from trackbook.entities import Run
from trackbook.errors import InvalidParameter, NotFound, NotSupported
from trackbook.runs import addresses, artifacts
from trackbook.runs.session import set_tracking_uri
from trackbook.stores.base import NewRun, Store


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Downloads without a destination leave nothing behind on the machine."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@pytest.fixture
def run(file_store: Store) -> Run:
    run = file_store.create_run(NewRun(file_store.create_experiment("plots")))
    artifacts.log_text(file_store, run, "hello", "a/b.txt")
    artifacts.log_dict(file_store, run, {"lr": 0.5}, "config.yaml")
    artifacts.log_image(file_store, run, np.zeros((4, 5)), "black.png")
    return run


def test_artifact_of_a_run_is_downloaded_by_id(file_store: Store, run: Run) -> None:
    uri, run_id = file_store.uri, run.info.run_id
    one = addresses.download_artifacts(run_id=run_id, artifact_path="a/b.txt", dst_path="out", tracking_uri=uri)
    assert one == str(Path.cwd() / "out/a/b.txt")
    whole = addresses.download_artifacts(run_id=run_id, tracking_uri=uri)
    assert sorted(entry.name for entry in Path(whole).iterdir()) == ["a", "black.png", "config.yaml"]


def test_artifact_is_downloaded_by_address(file_store: Store, run: Run) -> None:
    root = run.info.artifact_uri
    for address in (f"runs:/{run.info.run_id}/a/b.txt", f"{root}/a/b.txt", f"file://{root}/a/b.txt"):
        local = addresses.download_artifacts(address, dst_path="out", tracking_uri=file_store.uri)
        assert local == str(Path.cwd() / "out/b.txt")
        assert Path(local).read_text() == "hello"
        Path(local).unlink()


def test_artifacts_are_listed_by_address(file_store: Store, run: Run) -> None:
    uri, run_id = file_store.uri, run.info.run_id

    def names(address: str | None = None, **named: str) -> list[str]:
        return [info.path for info in addresses.list_artifacts(address, **named, tracking_uri=uri)]

    assert names(f"runs:/{run_id}") == names(f"runs:/{run_id}/") == ["a", "black.png", "config.yaml"]
    assert names(run_id=run_id) == names(run_id=run_id, artifact_path="") == ["a", "black.png", "config.yaml"]
    assert names(f"runs:/{run_id}/a") == names(run_id=run_id, artifact_path="a") == ["a/b.txt"]
    assert names(f"{run.info.artifact_uri}/a/") == ["a/b.txt"]
    assert names(run_id=run_id, artifact_path="absent") == []


def test_text_dict_and_image_are_loaded(run: Run) -> None:
    root = run.info.artifact_uri
    assert addresses.load_text(f"{root}/a/b.txt") == "hello"
    assert addresses.load_dict(f"file://{root}/config.yaml") == {"lr": 0.5}
    assert addresses.load_image(f"{root}/black.png").size == (5, 4)


def test_run_is_looked_up_in_the_current_store(file_store: Store, run: Run) -> None:
    set_tracking_uri(file_store.uri)
    assert addresses.load_text(f"runs:/{run.info.run_id}/a/b.txt") == "hello"
    with pytest.raises(InvalidParameter, match="all artifacts"):
        addresses.load_text(f"runs:/{run.info.run_id}")


def test_relative_path_starts_in_the_working_directory() -> None:
    Path("notes.txt").write_text("mine")
    assert addresses.load_text("notes.txt") == "mine"


def test_link_in_a_run_is_not_an_artifact(file_store: Store, run: Run, tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "canary").write_text("secret")
    (Path(run.info.artifact_uri or "") / "out").symlink_to(tmp_path / "secret")
    with pytest.raises(NotFound):
        addresses.download_artifacts(f"runs:/{run.info.run_id}/out/canary", tracking_uri=file_store.uri)


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"artifact_uri": "runs:/x/a", "run_id": "x"},
        {"artifact_uri": "runs:/x/a", "artifact_path": "b"},
        {"artifact_uri": ""},
        {"artifact_uri": 3},
        {"artifact_uri": "runs:/"},
        {"artifact_uri": "runs:/x/../../y"},
        {"artifact_uri": "file://elsewhere/x"},
        {"artifact_uri": "file:///x#/../y"},
        {"run_id": "../x"},
        {"run_id": 3},
    ],
)
def test_bad_address_is_refused(file_store: Store, arguments: dict[str, Any]) -> None:
    with pytest.raises(InvalidParameter):
        addresses.download_artifacts(**arguments, tracking_uri=file_store.uri)
    with pytest.raises(InvalidParameter):
        addresses.list_artifacts(**arguments, tracking_uri=file_store.uri)


@pytest.mark.parametrize("address", ["dbfs:/x", "mlflow-artifacts:/1/x"])
def test_address_of_what_is_coming_says_so(address: str) -> None:
    with pytest.raises(NotSupported):
        addresses.download_artifacts(address)


def test_unknown_run_and_missing_artifact_are_not_found(file_store: Store, run: Run) -> None:
    for address in (f"runs:/{'0' * 32}/a", f"runs:/{run.info.run_id}/absent"):
        with pytest.raises(NotFound):
            addresses.download_artifacts(address, tracking_uri=file_store.uri)


def test_all_artifacts_of_a_run_are_no_text(file_store: Store, run: Run) -> None:
    with pytest.raises(InvalidParameter, match="is a folder"):
        addresses.load_text(f"{run.info.artifact_uri}/a")


def test_artifact_anywhere_is_reached_by_its_address(tmp_path: Path) -> None:
    memory = fsspec.filesystem("memory")
    memory.pipe({"/bucket/run/a/notes.txt": b"hello", "/bucket/run/config.yaml": b"lr: 0.5"})
    assert addresses.load_text("memory://bucket/run/a/notes.txt") == "hello"
    assert addresses.load_dict("memory://bucket/run/config.yaml") == {"lr": 0.5}
    assert addresses.download_artifacts("memory://bucket/run/a/", dst_path="out") == str(Path.cwd() / "out/a")
    assert addresses.download_zip("memory://bucket/run", dst_path="out") == str(Path.cwd() / "out/run.zip")
    assert [info.path for info in addresses.list_artifacts("memory://bucket/run")] == ["run/a", "run/config.yaml"]
    memory.rm("/bucket", recursive=True)
