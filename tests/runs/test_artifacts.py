"""What is logged to a run comes back, and bad input is refused before anything is written."""

from __future__ import annotations

import io
import json
import multiprocessing
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from matplotlib.figure import Figure
from PIL import Image as Pillow

from trackbook.entities import FileInfo, Run
from trackbook.errors import InvalidParameter, InvalidState, NotFound, ReadOnlyStore, TrackbookError
from trackbook.runs import artifacts
from trackbook.runs.pictures import Image, parse_image_path
from trackbook.stores import open_store
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
    return store.create_run(NewRun(store.create_experiment("plots")))


def place(run: Run) -> Path:
    """The folder of the run's artifacts."""
    return Path(run.info.artifact_uri or "")


def listing(store: Store, run: Run, path: str | None = None) -> list[str]:
    return [info.path for info in artifacts.list_artifacts(store, run, path)]


def test_nothing_is_on_disk_before_something_is_logged(store: Store, run: Run) -> None:
    assert place(run).is_absolute()
    assert artifacts.list_artifacts(store, run) == artifacts.list_artifacts(store, run, "absent") == []
    assert not place(run).parent.parent.exists()


def test_file_is_logged_under_its_name(store: Store, run: Run) -> None:
    Path("notes.txt").write_text("hello")
    artifacts.log_artifact(store, run, "notes.txt")
    artifacts.log_artifact(store, run, Path("notes.txt"), "a/b")
    assert artifacts.list_artifacts(store, run) == [FileInfo("a", True, None), FileInfo("notes.txt", False, 5)]
    assert Path(artifacts.download_artifacts(store, run, "a/b/notes.txt")).read_text() == "hello"


def test_folder_is_logged_by_either_call(store: Store, run: Run) -> None:
    Path("model/data").mkdir(parents=True)
    Path("model/data/weights").write_bytes(b"w")
    artifacts.log_artifact(store, run, "model")
    artifacts.log_artifacts(store, run, "model", "copy")
    artifacts.log_artifacts(store, run, "model/")
    assert listing(store, run) == ["copy", "data", "model"]
    assert listing(store, run, "model/data") == ["model/data/weights"]
    assert listing(store, run, "copy/") == ["copy/data"]


def test_text_dict_and_stream_are_logged(store: Store, run: Run) -> None:
    artifacts.log_text(store, run, "naïve 日本", "notes/a.txt")
    artifacts.log_dict(store, run, {"lr": np.float32(0.5)}, "config.yaml")
    artifacts.log_dict(store, run, {"lr": 0.5, "nan": float("nan")}, "config.json")
    artifacts.log_stream(store, run, io.BytesIO(b"bytes"), "blob.bin")
    assert (place(run) / "notes/a.txt").read_text("utf-8") == "naïve 日本"
    assert (place(run) / "config.yaml").read_text() == "lr: 0.5\n"
    assert json.loads((place(run) / "config.json").read_text())["lr"] == 0.5
    assert (place(run) / "blob.bin").read_bytes() == b"bytes"


def test_figures_are_logged(store: Store, run: Run) -> None:
    figure = Figure(figsize=(2, 1))
    figure.subplots().plot([1, 2])
    artifacts.log_figure(store, run, figure, "plots/a.png", save_kwargs={"dpi": 50})
    artifacts.log_figure(store, run, go.Figure(go.Scatter(y=[1])), "plots/b.html")
    with Pillow.open(place(run) / "plots/a.png") as picture:
        assert picture.size == (100, 50)
    assert "<html" in (place(run) / "plots/b.html").read_text("utf-8")


@pytest.mark.parametrize(
    "image", [np.zeros((4, 5)), np.zeros((4, 5, 3), np.uint8), Pillow.new("RGB", (5, 4)), Image(np.zeros((4, 5), bool))]
)
def test_image_is_logged_under_a_path(store: Store, run: Run, image: Any) -> None:
    artifacts.log_image(store, run, image, "a/b.png")
    with Pillow.open(place(run) / "a/b.png") as picture:
        assert picture.size == (5, 4)


def test_images_of_a_series_have_steps_and_previews(store: Store, run: Run) -> None:
    for step in (0, 12):
        artifacts.log_image(store, run, np.zeros((600, 300), np.uint8), key="val/dog", step=step, timestamp=5)
    artifacts.log_image(store, run, np.zeros((4, 5)), key="cat")
    names = [parse_image_path(path) for path in listing(store, run, "images/val/dog")]
    assert [(n.key, n.step, n.timestamp, n.format) for n in names if n] == [
        ("val/dog", step, 5, kind) for step in (0, 12) for kind in ("png", "webp")
    ]
    assert len({name.unique for name in names[:2] if name}) == 1
    with Pillow.open(place(run) / listing(store, run, "images/val/dog")[1]) as preview:
        assert preview.size == (128, 256)


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"artifact_file": "a.png", "key": "dog"},
        {"artifact_file": "a.png", "step": 1},
        {"key": "a:b"},
        {"key": "../x"},
        {"key": ""},
        {"key": "dog", "step": "one"},
        {"artifact_file": "a.txt"},
        {"artifact_file": "../a.png"},
    ],
)
def test_image_without_a_proper_place_is_refused(store: Store, run: Run, arguments: dict[str, Any]) -> None:
    with pytest.raises(InvalidParameter):
        artifacts.log_image(store, run, np.zeros((2, 2)), **arguments)
    assert not place(run).exists()


def test_table_grows_by_each_call(store: Store, run: Run) -> None:
    artifacts.log_table(store, run, {"q": ["a", "b"], "score": [1, np.nan]}, "eval/t.json")
    artifacts.log_table(store, run, pd.DataFrame({"q": ["c"], "note": ["new"]}), "eval/t.json")
    frame = artifacts.load_table(store, run.info.experiment_id, "eval/t.json")
    assert frame["q"].tolist() == ["a", "b", "c"]
    assert frame["note"].tolist()[2] == "new"
    assert frame["score"].isna().tolist() == [False, True, True]
    assert json.loads((place(run) / "eval/t.json").read_text())["columns"] == ["q", "score", "note"]


def test_tables_of_a_run_are_tagged_as_mlflow_does(store: Store, run: Run) -> None:
    for name in ("a.json", "b.json", "a.json"):
        artifacts.log_table(store, run, {"x": [1]}, name)
    tag = store.get_run(run.info.run_id).data.tags["mlflow.loggedArtifacts"]
    assert json.loads(tag) == [{"path": "a.json", "type": "table"}, {"path": "b.json", "type": "table"}]


def append(store_uri: str, run: Run, worker: int) -> None:
    store = open_store(store_uri)
    for row in range(15):
        artifacts.log_table(store, run, {"worker": [worker], "row": [row]}, "t.json")
    store.close()


def test_rows_appended_by_four_processes_are_all_there(store: Store, run: Run) -> None:
    processes = [FORK.Process(target=append, args=(store.uri, run, worker)) for worker in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4
    frame = artifacts.load_table(store, run.info.experiment_id, "t.json")
    assert sorted(zip(frame.worker, frame.row, strict=True)) == [(w, r) for w in range(4) for r in range(15)]
    assert os.listdir(place(run)) == ["t.json"]


def test_tables_of_many_runs_are_one_frame(store: Store, run: Run) -> None:
    runs = [store.create_run(NewRun(run.info.experiment_id, run_name=name)) for name in ("one", "two")]
    for number, each in enumerate(runs):
        artifacts.log_table(store, each, {"x": [number]}, "t.json")
    load = artifacts.load_table
    named = load(store, run.info.experiment_id, "t.json", extra_columns=["run_name"])
    assert sorted(zip(named["x"], named["run_name"], strict=True)) == [(0, "one"), (1, "two")]
    only = load(store, run.info.experiment_id, "t.json", [runs[1].info.run_id], ["run_id"])
    assert only["run_id"].tolist() == [runs[1].info.run_id]
    with pytest.raises(NotFound, match=r"3 runs .*absent\.json"):
        load(store, run.info.experiment_id, "absent.json")


def test_table_over_a_damaged_one_leaves_it(store: Store, run: Run) -> None:
    artifacts.log_text(store, run, "no table", "t.json")
    with pytest.raises(InvalidParameter, match=r"t\.json"):
        artifacts.log_table(store, run, {"x": [1]}, "t.json")
    assert (place(run) / "t.json").read_text() == "no table"


def test_download_makes_a_private_folder(store: Store, run: Run) -> None:
    artifacts.log_text(store, run, "x", "a/b.txt")
    whole = artifacts.download_artifacts(store, run)
    assert os.stat(whole).st_mode & 0o077 == 0
    assert (Path(whole) / "a/b.txt").read_text() == "x"
    assert artifacts.download_artifacts(store, run, "a", "out") == str(Path.cwd() / "out/a")


def test_missing_artifact_is_named_with_the_listing(store: Store, run: Run, tmp_path: Path) -> None:
    artifacts.log_text(store, run, "x", "roc.txt")
    with pytest.raises(NotFound, match=r"'rco\.txt' .*listing .*roc\.txt"):
        artifacts.download_artifacts(store, run, "rco.txt")


def test_uri_of_an_artifact_is_below_the_root(store: Store, run: Run) -> None:
    root = run.info.artifact_uri
    assert artifacts.get_artifact_uri(store, run) == root
    assert artifacts.get_artifact_uri(store, run, "a/b.txt") == f"{root}/a/b.txt"
    with pytest.raises(InvalidParameter, match="artifact path"):
        artifacts.get_artifact_uri(store, run, "../b")


EVIL_CALLS: dict[str, Callable[[Store, Run, Any], object]] = {
    "text": lambda s, r, name: artifacts.log_text(s, r, "x", name),
    "dict": lambda s, r, name: artifacts.log_dict(s, r, {}, name),
    "figure": lambda s, r, name: artifacts.log_figure(s, r, go.Figure(), name),
    "image": lambda s, r, name: artifacts.log_image(s, r, np.zeros((2, 2)), name),
    "table": lambda s, r, name: artifacts.log_table(s, r, {"x": [1]}, name),
    "stream": lambda s, r, name: artifacts.log_stream(s, r, io.BytesIO(b"x"), name),
    "file": lambda s, r, name: artifacts.log_artifact(s, r, "local", name),
    "folder": lambda s, r, name: artifacts.log_artifacts(s, r, "folder", name),
    "download": artifacts.download_artifacts,
    "list": artifacts.list_artifacts,
}


@pytest.mark.parametrize("call", EVIL_CALLS)
@pytest.mark.parametrize("name", ["../x.json", "/no-such-folder/x.json", "a\\b.json", "%2e%2e/x.json", "a#b.json", 7])
def test_every_call_refuses_a_bad_path_before_it_writes(store: Store, run: Run, call: str, name: Any) -> None:
    Path("local").write_text("x")
    Path("folder").mkdir()
    with pytest.raises(InvalidParameter, match="artifact path"):
        EVIL_CALLS[call](store, run, name)
    assert not place(run).exists()


@pytest.mark.parametrize(
    "call",
    [
        lambda s, r: artifacts.log_text(s, r, cast("Any", 3), "a"),
        lambda s, r: artifacts.log_dict(s, r, "text", "a.json"),
        lambda s, r: artifacts.log_figure(s, r, "text", "a.png"),
        lambda s, r: artifacts.log_image(s, r, "absent.png", "a.png"),
        lambda s, r: artifacts.log_table(s, r, [1], "a.json"),
        lambda s, r: artifacts.log_stream(s, r, cast("Any", b"bytes"), "a"),
        lambda s, r: artifacts.log_stream(s, r, cast("Any", io.StringIO("text")), "a"),
        lambda s, r: artifacts.log_artifact(s, r, "absent"),
        lambda s, r: artifacts.log_artifact(s, r, cast("Any", None)),
        lambda s, r: artifacts.log_artifact(s, r, cast("Any", b"bytes")),
        lambda s, r: artifacts.log_artifact(s, r, "a\x00b"),
        lambda s, r: artifacts.log_artifact(s, r, "bad:name"),
        lambda s, r: artifacts.log_artifact(s, r, "100%"),
        lambda s, r: artifacts.log_artifacts(s, r, "absent"),
        lambda s, r: artifacts.log_artifacts(s, r, "100%"),
    ],
)
def test_every_call_refuses_bad_content_before_it_writes(store: Store, run: Run, call: Any) -> None:
    for name in ("bad:name", "100%"):
        Path(name).write_text("x")
    with pytest.raises(InvalidParameter):
        call(store, run)
    assert not place(run).exists()


def test_deleted_run_takes_no_artifacts_but_shows_them(store: Store, run: Run) -> None:
    artifacts.log_text(store, run, "x", "a.txt")
    store.delete_run(run.info.run_id)
    deleted = store.get_run(run.info.run_id)
    with pytest.raises(InvalidState, match="restore_run"):
        artifacts.log_text(store, deleted, "x", "b.txt")
    assert listing(store, deleted) == ["a.txt"]


def test_read_only_store_takes_no_artifacts(store: Store, run: Run) -> None:
    artifacts.log_text(store, run, "x", "a.txt")
    viewer = open_store(store.uri, read_only=True)
    seen = viewer.get_run(run.info.run_id)
    with pytest.raises(ReadOnlyStore):
        artifacts.log_text(viewer, seen, "x", "b.txt")
    assert listing(viewer, seen) == ["a.txt"]
    viewer.close()


def test_text_below_a_file_is_refused(store: Store, run: Run) -> None:
    artifacts.log_text(store, run, "x", "a")
    with pytest.raises(TrackbookError, match=r"'a' in .* is a file"):
        artifacts.log_text(store, run, "x", "a/b")
