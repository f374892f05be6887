"""scikit-learn models: skops where it can be, a pickle with one warning where it cannot."""

from __future__ import annotations

import logging
import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from trackbook import sklearn
from trackbook.errors import AlreadyExists, DamagedArtifact, InvalidParameter, NotFound, UntrustedModel
from trackbook.models import Model
from trackbook.models.flavors import sklearn as module

X, y = load_iris(return_X_y=True)


@pytest.fixture(autouse=True)
def own_trust(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TRACKBOOK_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "config" / "trusted-models"


def plus_one(values: Any) -> Any:
    return values + 1


MODELS = {
    "linear": LogisticRegression(max_iter=500),
    "pipeline": make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)),
    "forest": RandomForestClassifier(n_estimators=5, random_state=0),
    "columns": make_pipeline(ColumnTransformer([("s", StandardScaler(), [0, 1])]), LogisticRegression(max_iter=500)),
}


@pytest.mark.parametrize("name", MODELS)
def test_model_comes_back_from_skops_and_predicts_the_same(name: str, own_trust: Path) -> None:
    model = MODELS[name].fit(X, y)
    sklearn.save_model(model, "model")
    meta = Model.load("model")
    assert meta.flavors["sklearn"]["serialization_format"] == "skops"
    loaded = sklearn.load_model("model")
    own_trust.unlink()
    if module._unknown_types(Path("model/model.skops")):  # a newer skops does not vouch for the C code of trees
        assert name == "forest"
        with pytest.raises(UntrustedModel, match=r"sklearn\.tree\._tree\.Tree"):
            sklearn.load_model("model")
    else:  # nothing has to be trusted
        sklearn.load_model("model")
    np.testing.assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))


@pytest.mark.parametrize("form", ["cloudpickle", "pickle"])
def test_pickle_is_loaded_by_who_made_it_and_by_nobody_else(form: str, own_trust: Path) -> None:
    model = MODELS["linear"].fit(X, y)
    sklearn.save_model(model, "model", serialization_format=form)
    np.testing.assert_array_equal(sklearn.load_model("model").predict(X), model.predict(X))
    own_trust.unlink()
    with pytest.raises(UntrustedModel, match=f"is a {form}"):
        sklearn.load_model("model")
    np.testing.assert_array_equal(sklearn.load_model("model", trust=True).predict(X), model.predict(X))
    assert not own_trust.exists()


def test_estimator_that_skops_cannot_hold_is_pickled_with_one_warning(caplog: pytest.LogCaptureFixture) -> None:
    module._warned.clear()
    model = make_pipeline(FunctionTransformer(lambda values: values + 1), LogisticRegression(max_iter=500)).fit(X, y)
    with caplog.at_level(logging.WARNING, "trackbook"):
        sklearn.save_model(model, "a")
        sklearn.save_model(model, "b")
    assert len([record for record in caplog.records if "cloudpickle" in record.message]) == 1
    assert Model.load("a").flavors["sklearn"]["serialization_format"] == "cloudpickle"
    np.testing.assert_array_equal(sklearn.load_model("b").predict(X), model.predict(X))
    with pytest.raises(InvalidParameter, match="skops cannot hold"):
        sklearn.save_model(model, "c", serialization_format="skops")
    assert not Path("c").exists()


def test_types_that_a_folder_calls_trusted_are_not(own_trust: Path) -> None:
    model = make_pipeline(FunctionTransformer(np.log1p), LogisticRegression(max_iter=500)).fit(X, y)
    sklearn.save_model(model, "model", serialization_format="skops", skops_trusted_types=["os.system"])
    assert "os.system" in Model.load("model").flavors["sklearn"]["skops_trusted_types"]
    unknown = module._unknown_types(Path("model/model.skops"))
    sklearn.load_model("model")
    own_trust.unlink()
    if unknown:
        with pytest.raises(UntrustedModel, match="which skops does not know"):
            sklearn.load_model("model")


def test_hostile_skops_file_runs_nothing() -> None:
    sklearn.save_model(MODELS["linear"].fit(X, y), "model")
    with zipfile.ZipFile("model/model.skops") as archive:
        schema = archive.read("schema.json").decode()
        other = {name: archive.read(name) for name in archive.namelist() if name != "schema.json"}
    Path("model/model.skops").unlink()
    with zipfile.ZipFile("model/model.skops", "w") as archive:
        archive.writestr(
            "schema.json",
            schema.replace("LogisticRegression", "Popen").replace("sklearn.linear_model._logistic", "subprocess"),
        )
        for name, data in other.items():
            archive.writestr(name, data)
    with pytest.raises(UntrustedModel, match=r"subprocess\.Popen"):
        sklearn.load_model("model")
    Path("model/model.skops").write_bytes(b"no zip")
    with pytest.raises(InvalidParameter, match="no skops file"):
        sklearn.load_model("model")


class Payload:
    def __init__(self, marker: str) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (self.marker,)


def test_swapped_pickle_is_another_digest_and_runs_nothing() -> None:
    sklearn.save_model(MODELS["linear"].fit(X, y), "model", serialization_format="pickle")
    Path("model/model.pkl").write_bytes(pickle.dumps(Payload("marker")))
    with pytest.raises(UntrustedModel):
        sklearn.load_model("model")
    assert not Path("marker").exists()


@pytest.mark.parametrize("key", ["pickled_model", "serialization_format"])
@pytest.mark.parametrize("value", ["../outside.pkl", "/etc/passwd", "nothing.pkl", "joblib", 7])
def test_wrong_word_in_mlmodel_is_a_typed_error(key: str, value: object) -> None:
    sklearn.save_model(MODELS["linear"].fit(X, y), "model")
    meta = Model.load("model")
    meta.flavors["sklearn"][key] = value
    meta.save("model/MLmodel")
    Path("outside.pkl").write_bytes(b"")
    with pytest.raises((InvalidParameter, UntrustedModel)):
        sklearn.load_model("model")


def test_what_is_wrong_leaves_nothing_behind() -> None:
    model = MODELS["linear"].fit(X, y)
    for words in (
        {"serialization_format": "joblib"},
        {"code_paths": ["no-such"]},
        {"signature": "x"},
        {"metadata": {"a": object()}},
    ):
        with pytest.raises(InvalidParameter):
            sklearn.save_model(model, "model", **words)
        assert set(os.listdir()) <= {"config", "work"}
    with pytest.raises(InvalidParameter, match="has neither"):
        sklearn.save_model(object(), "model")
    sklearn.save_model(model, "model")
    with pytest.raises(AlreadyExists):
        sklearn.save_model(model, "model")
    with pytest.raises(NotFound):
        sklearn.load_model("no-such")


def test_saved_folder_has_the_permissions_of_any_folder() -> None:
    sklearn.save_model(MODELS["linear"].fit(X, y), "model")
    Path("plain").mkdir()
    assert Path("model").stat().st_mode == Path("plain").stat().st_mode


def test_code_of_the_users_own_travels_with_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_trust: Path
) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "own_steps.py").write_text("def double(values):\n    return values * 2\n")
    monkeypatch.syspath_prepend(str(tmp_path / "lib"))
    import own_steps  # type: ignore[import-not-found]

    model = make_pipeline(FunctionTransformer(own_steps.double), LogisticRegression(max_iter=500)).fit(X, y)
    sklearn.save_model(
        model, "model", code_paths=[str(tmp_path / "lib" / "own_steps.py")], serialization_format="pickle"
    )
    assert Path("model/code/own_steps.py").is_file()
    assert Model.load("model").flavors["sklearn"]["code"] == "code"
    monkeypatch.undo()
    monkeypatch.setenv("TRACKBOOK_CONFIG_DIR", str(own_trust.parent))
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(__import__("sys").modules, "own_steps")
    paths = list(__import__("sys").path)
    try:
        np.testing.assert_array_equal(sklearn.load_model("model").predict(X), model.predict(X))
    finally:
        __import__("sys").path[:] = paths
    own_trust.unlink()
    with pytest.raises(UntrustedModel):
        sklearn.load_model("model")


def test_encoder_with_text_comes_back() -> None:
    data = np.array([["a"], ["b"], ["a"]], dtype=object)
    model = make_pipeline(OneHotEncoder(), LogisticRegression()).fit(data, [0, 1, 0])
    sklearn.save_model(model, "model")
    assert sklearn.load_model("model").predict_proba(data).tolist() == model.predict_proba(data).tolist()


def test_flipped_byte_of_a_saved_skops_file_is_no_crash() -> None:
    sklearn.save_model(MODELS["linear"].fit(X, y), "model")
    data = bytearray(Path("model/model.skops").read_bytes())
    data[len(data) // 2] ^= 255
    Path("model/model.skops").write_bytes(data)
    try:
        sklearn.load_model("model")
    except (InvalidParameter, UntrustedModel, DamagedArtifact):
        return
