"""Keras models: .keras files with and without programs in them, on two backends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras
from sklearn.datasets import load_iris

from tests.flavor_contract import FlavorContract, generic_answer, same
from trackbook import keras as porch
from trackbook.errors import InvalidParameter, UntrustedModel

#: Keras has not followed NumPy 2 everywhere.
OLD = "ignore:__array__ implementation:DeprecationWarning"
pytestmark = [pytest.mark.heavy, pytest.mark.filterwarnings(OLD)]

X, y = load_iris(return_X_y=True, as_frame=True)
ROWS = X.to_numpy(dtype="float32")


def trained(*layers: Any) -> Any:
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((4,)), *layers, keras.layers.Dense(3, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(ROWS, y.to_numpy(), epochs=2, verbose=0)
    return model


MODEL = trained(keras.layers.Dense(8, activation="relu"))


@keras.saving.register_keras_serializable(package="ours")
class Doubled(keras.layers.Layer):  # type: ignore[misc]
    def call(self, rows: Any) -> Any:
        return rows * 2


class TestKeras(FlavorContract):
    name = "keras"
    command = 'pip install "trackbook[keras]"'
    wrong = (7, "model", None, object(), keras.layers.Dense(1))

    @pytest.fixture
    def model(self) -> Any:
        return MODEL

    @pytest.fixture
    def data(self) -> Any:
        return ROWS

    def native(self, model: Any, data: Any) -> Any:
        return model.predict(data, verbose=0)


def test_frame_gives_a_frame_with_its_index_and_other_data_is_refused() -> None:
    porch.save_model(MODEL, "model")
    answer = generic_answer("model", X[50:60])
    assert list(answer.index) == list(range(50, 60))
    same(answer, MODEL.predict(ROWS[50:60], verbose=0))
    with pytest.raises(InvalidParameter, match="DataFrame, an array"):
        generic_answer("model", "rows")


def test_lambda_layer_needs_trust(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACKBOOK_CONFIG_DIR", str(tmp_path / "config"))
    model = trained(keras.layers.Lambda(lambda rows: rows + 1))
    porch.save_model(model, "model")
    same(porch.load_model("model").predict(ROWS, verbose=0), model.predict(ROWS, verbose=0))
    (tmp_path / "config" / "trusted-models").unlink()
    with pytest.raises(UntrustedModel, match="Lambda"):
        porch.load_model("model")
    same(porch.load_model("model", trust=True).predict(ROWS, verbose=0), model.predict(ROWS, verbose=0))


def test_layer_of_the_users_own_is_found_or_asked_for() -> None:
    model = trained(Doubled())
    porch.save_model(model, "model")
    same(porch.load_model("model", trust=True).predict(ROWS, verbose=0), model.predict(ROWS, verbose=0))
    registered = keras.saving.get_custom_objects().pop("ours>Doubled")
    try:
        with pytest.raises(InvalidParameter, match="custom_objects"):
            porch.load_model("model", trust=True)
        loaded = porch.load_model("model", trust=True, custom_objects={"ours>Doubled": Doubled})
        same(loaded.predict(ROWS, verbose=0), model.predict(ROWS, verbose=0))
    finally:
        keras.saving.get_custom_objects()["ours>Doubled"] = registered


def test_without_safe_mode_trust_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACKBOOK_CONFIG_DIR", str(tmp_path / "config"))
    porch.save_model(MODEL, "model")
    (tmp_path / "config" / "trusted-models").unlink()
    porch.load_model("model", load_model_kwargs={"compile": False})
    with pytest.raises(UntrustedModel, match="safe mode"):
        porch.load_model("model", load_model_kwargs={"safe_mode": False})


@pytest.mark.parametrize("module", ["os", "subprocess", "antigravity", "__main__"])
def test_name_of_another_module_in_the_file_imports_nothing(
    module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    porch.save_model(MODEL, "model")
    path = Path("model/data/model.keras")
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(parts["config.json"])
    config["config"]["layers"][1] |= {"module": module, "class_name": "system", "registered_name": "system"}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in (parts | {"config.json": json.dumps(config).encode()}).items():
            archive.writestr(name, content)
    with pytest.raises(UntrustedModel, match=f"objects of {module}"):
        porch.load_model("model")
    assert "antigravity" not in sys.modules


def test_exported_model_is_a_program_and_answers_the_same() -> None:
    porch.save_model(MODEL, "model", save_exported_model=True)
    with pytest.raises(UntrustedModel, match="SavedModel"):
        porch.load_model("model", trust=False)
    loaded = porch.load_model("model")
    same(np.asarray(loaded.serve(ROWS)), MODEL.predict(ROWS, verbose=0))
    same(generic_answer("model", X), MODEL.predict(ROWS, verbose=0))


def test_model_of_one_backend_is_loaded_with_another(tmp_path: Path) -> None:
    porch.save_model(MODEL, tmp_path / "model")
    np.save(tmp_path / "rows.npy", ROWS)
    script = (
        "import keras, numpy, trackbook.keras\n"
        "assert keras.backend.backend() == 'torch'\n"
        "rows = numpy.load('rows.npy')\n"
        "model = trackbook.keras.load_model('model', trust=False)\n"
        "numpy.save('scores.npy', model.predict(rows, verbose=0))\n"
        "trackbook.keras.save_model(model, 'back', input_example=rows[:2])\n"
    )
    environment = os.environ | {"KERAS_BACKEND": "torch"}
    subprocess.run([sys.executable, "-c", script], check=True, cwd=tmp_path, env=environment)
    same(np.load(tmp_path / "scores.npy"), MODEL.predict(ROWS, verbose=0))
    same(generic_answer(str(tmp_path / "back"), ROWS, trust=False), MODEL.predict(ROWS, verbose=0))
