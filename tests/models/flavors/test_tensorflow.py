"""TensorFlow models: Keras models with and without custom objects, and modules."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import tensorflow as tf
from sklearn.datasets import load_iris

from tests.flavor_contract import FlavorContract, generic_answer, same
from trackbook import tensorflow as porch
from trackbook.errors import InvalidParameter, NotSupported, UntrustedModel
from trackbook.models import Model

#: Keras has not followed NumPy 2 everywhere.
OLD = "ignore:__array__ implementation:DeprecationWarning"
pytestmark = [pytest.mark.heavy, pytest.mark.filterwarnings(OLD)]

X, y = load_iris(return_X_y=True, as_frame=True)
ROWS = X.to_numpy(dtype="float32")
COMMAND = 'pip install "trackbook[tensorflow]"'


def trained(*layers: Any) -> Any:
    tf.keras.utils.set_random_seed(0)
    model = tf.keras.Sequential([tf.keras.Input((4,)), *layers, tf.keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(ROWS, y.to_numpy(), epochs=1, verbose=0)
    return model


MODEL = trained(tf.keras.layers.Dense(4, activation="relu"))


class Line(tf.Module):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.slope = tf.Variable(2.0)

    @tf.function(input_signature=[tf.TensorSpec([None, 4], tf.float32)])  # type: ignore[untyped-decorator]
    def __call__(self, rows: Any) -> Any:
        return tf.reduce_sum(rows, axis=1) * self.slope


class TestKerasModel(FlavorContract):
    name = "tensorflow"
    command = COMMAND

    @pytest.fixture
    def model(self) -> Any:
        return MODEL

    @pytest.fixture
    def data(self) -> Any:
        return ROWS

    def native(self, model: Any, data: Any) -> Any:
        return model.predict(data, verbose=0)


class TestModule(FlavorContract):
    name = "tensorflow"
    command = COMMAND
    runs_code = True

    @pytest.fixture
    def model(self) -> Any:
        return Line()

    @pytest.fixture
    def data(self) -> Any:
        return ROWS

    def native(self, model: Any, data: Any) -> Any:
        return model(tf.convert_to_tensor(data)).numpy()


def shifted(rows: Any) -> Any:
    return rows + 1


def test_custom_objects_come_back_from_their_pickle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACKBOOK_CONFIG_DIR", str(tmp_path / "config"))
    model = trained(tf.keras.layers.Dense(4, activation=shifted))
    porch.save_model(model, "model", custom_objects={"shifted": shifted})
    same(porch.load_model("model").predict(ROWS, verbose=0), model.predict(ROWS, verbose=0))
    same(generic_answer("model", X), model.predict(ROWS, verbose=0))
    (tmp_path / "config" / "trusted-models").unlink()
    with pytest.raises(UntrustedModel, match="custom objects"):
        porch.load_model("model")


def test_file_of_the_older_form_is_written_and_read() -> None:
    porch.save_model(MODEL, "model", keras_model_kwargs={"save_format": "h5"})
    assert Path("model/data/save_format.txt").read_text() == "h5"
    with pytest.raises(UntrustedModel, match="HDF5"):
        porch.load_model("model", trust=False)
    loaded = porch.load_model("model", keras_model_kwargs={"compile": False})
    same(loaded.predict(ROWS, verbose=0), MODEL.predict(ROWS, verbose=0))


def test_module_takes_arrays_only_and_old_estimators_are_no_more() -> None:
    porch.save_model(Line(), "model")
    with pytest.raises(InvalidParameter, match="takes an array"):
        generic_answer("model", X)
    meta = Model.load("model")
    del meta.flavors["tensorflow"]["model_type"]
    meta.save("model/MLmodel")
    with pytest.raises(NotSupported, match="tf1-estimator"):
        porch.load_model("model", trust=True)
