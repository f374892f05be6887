"""The way of a model into the store: all of it, or nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

import trackbook
from trackbook import pyfunc, sklearn
from trackbook.errors import InvalidParameter, InvalidState, NotFound, StoreError, TrackbookError
from trackbook.models import Model
from trackbook.models.flavors import sklearn as module
from trackbook.stores import open_store
from trackbook.stores.base import Store

LINE = LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0])


@pytest.fixture(autouse=True)
def store(file_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("TRACKBOOK_CONFIG_DIR", str(tmp_path / "config"))
    trackbook.set_tracking_uri(file_store.uri)
    return file_store


def left(store: Store) -> tuple[int, list[str], list[str]]:
    """Logged models, registered models, and files of models that are there."""
    models = store.search_logged_models(["0"])
    registered = [model.name for model in store.search_registered_models()]
    files = [str(path) for path in Path(store.artifact_root()).rglob("*") if path.is_file()]
    return len(models), registered, files


def test_model_of_no_run_belongs_to_the_chosen_experiment(store: Store) -> None:
    experiment = trackbook.set_experiment("wine")
    info = sklearn.log_model(LINE, name="line", params={"a": 1}, tags={"team": "x"}, model_type="regressor")
    (found,) = store.search_logged_models([experiment.experiment_id])
    assert (found.model_id, found.source_run_id, found.model_type) == (info.model_id, None, "regressor")
    assert (found.params, found.tags["team"]) == ({"a": "1"}, "x")
    assert info.artifact_path == found.artifact_location
    assert trackbook.last_logged_model() == found


def test_run_has_its_model_as_an_output(store: Store) -> None:
    with trackbook.start_run() as run:
        info = sklearn.log_model(LINE, name="line", step=3, registered_model_name="line")
    (output,) = store.get_run(run.info.run_id).outputs.model_outputs
    assert (output.model_id, output.step) == (info.model_id, 3)
    version = store.get_model_version("line", 1)
    assert (version.run_id, version.model_id, info.registered_model_version) == (run.info.run_id, info.model_id, 1)
    assert store.model_version_files("line", 1) == store.logged_model_files(str(info.model_id))


@pytest.mark.parametrize(
    "words",
    [
        {"registered_model_name": "a/b"},
        {"registered_model_name": ""},
        {"name": "a/b"},
        {"name": "a:b"},
        {"tags": {"": "x"}},
        {"params": {7: "x"}},
        {"model_id": "m-" + "0" * 32},
        {"model_id": "x"},
        {"serialization_format": "joblib"},
        {"pip_requirements": 7},
        {"step": "first"},
        {"code_paths": ["absent"]},
        {"surprise": 1},
        {"model_type": "a\nb"},
    ],
    ids=str,
)
def test_wrong_argument_leaves_nothing(store: Store, words: dict[str, Any]) -> None:
    with trackbook.start_run(), pytest.raises(TrackbookError):
        sklearn.log_model(LINE, **{"name": "line", "registered_model_name": "line", **words})
    assert left(store) == (0, [], [])


def test_failing_store_leaves_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> int:
        raise StoreError("the disk has gone")

    monkeypatch.setattr(type(store), "_next_version", fail)
    with trackbook.start_run(), pytest.raises(StoreError):
        sklearn.log_model(LINE, name="line", registered_model_name="line")
    assert left(store) == (0, [], [])


def test_permissions_that_are_none_leave_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with trackbook.start_run():
        monkeypatch.setenv("TRACKBOOK_FILE_MODE", "rw")
        with pytest.raises(InvalidParameter, match="TRACKBOOK_FILE_MODE is 'rw'"):
            sklearn.log_model(LINE, name="line")
        monkeypatch.delenv("TRACKBOOK_FILE_MODE")
    assert left(store) == (0, [], [])
    assert [path.name for path in Path(store.artifact_root()).rglob(".tmp-*")] == []


def test_interrupt_while_the_model_is_written_leaves_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "encoded", interrupted)
    with trackbook.start_run(), pytest.raises(KeyboardInterrupt):
        sklearn.log_model(LINE, name="line")
    assert left(store) == (0, [], [])


def test_killed_process_leaves_no_model(store: Store, tmp_path: Path) -> None:
    script = (
        "import os, signal, trackbook\n"
        "from sklearn.linear_model import LinearRegression\n"
        "from trackbook.models import package\n"
        f"trackbook.set_tracking_uri({store.uri!r})\n"
        "package._record = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "trackbook.sklearn.log_model(LinearRegression().fit([[0.0], [1.0]], [0, 1]), registered_model_name='line')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], check=False, env={**os.environ, "TRACKBOOK_CAPTURE": "none"})
    assert done.returncode == -signal.SIGKILL
    models, registered, _ = left(store)  # files without a row are removed by gc when they are a day old
    assert (models, registered) == (0, [])


def test_pending_model_takes_the_files_once(store: Store) -> None:
    pending = trackbook.initialize_logged_model("later", params={"a": "1"})
    info = sklearn.log_model(LINE, model_id=pending.model_id, registered_model_name="line")
    assert (info.model_id, store.get_logged_model(pending.model_id).status) == (pending.model_id, "READY")
    np.testing.assert_array_equal(sklearn.load_model("models:/line/1").predict([[4.0]]), LINE.predict([[4.0]]))
    with pytest.raises(InvalidState, match="is READY and takes no files"):
        sklearn.log_model(LINE, model_id=pending.model_id)
    assert sklearn.load_model(info.model_uri) is not None


def test_registry_may_be_another_store(store: Store, tmp_path: Path) -> None:
    trackbook.set_registry_uri(str(tmp_path / "registry.db"))
    registry = open_store(str(tmp_path / "registry.db"))
    info = sklearn.log_model(LINE, name="line", registered_model_name="line")
    assert [model.name for model in store.search_registered_models()] == []
    assert registry.get_model_version("line", 1).model_id == info.model_id
    assert pyfunc.load_model("models:/line/1").predict(np.array([[2.0]])).tolist() == pytest.approx([2.0])


def test_failing_registry_elsewhere_takes_the_model_back(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trackbook.set_registry_uri(str(tmp_path / "registry.db"))
    registry = open_store(str(tmp_path / "registry.db"))

    def fail(*_: object) -> int:
        raise StoreError("the disk has gone")

    monkeypatch.setattr(type(registry), "_next_version", fail)
    with pytest.raises(StoreError):
        sklearn.log_model(LINE, name="line", registered_model_name="line")
    assert left(store) == (0, [], [])
    assert list(registry.search_registered_models()) == []


def test_flavor_of_somebody_elses_package_is_logged_by_its_save_model(store: Store) -> None:
    def save_model(path: str, mlflow_model: Model, text: str) -> None:
        Path(path).mkdir()
        Path(path, "text").write_text(text)
        mlflow_model.add_flavor("poem", data="text")
        mlflow_model.save(Path(path, "MLmodel"))

    info = Model.log(name="poem", flavor=types.SimpleNamespace(save_model=save_model), text="ode", tags={"a": "b"})
    assert info.flavors == {"poem": {"data": "text"}}
    assert [file.path for file in store.logged_model_files(str(info.model_id))] == ["MLmodel", "text"]
    with pytest.raises(InvalidParameter, match="module or object with save_model"):
        Model.log(name="poem", flavor=types.SimpleNamespace())


def test_files_beside_the_model_travel_with_it(store: Store) -> None:
    Path("notes.txt").write_text("why")
    info = sklearn.log_model(LINE, name="line", extra_files=["notes.txt"], metadata={"team": "vision"})
    meta = Model.load(info.model_uri)
    assert meta.flavors["sklearn"]["extra_files"] == [{"path": "extra_files/notes.txt"}]
    assert meta.metadata == {"team": "vision"}
    assert Path(info.artifact_path, "extra_files", "notes.txt").read_text() == "why"


def test_address_of_no_model_is_not_found() -> None:
    with pytest.raises(NotFound):
        Model.load("models:/m-" + "0" * 32)
    with pytest.raises(NotFound):
        Model.load("absent")
