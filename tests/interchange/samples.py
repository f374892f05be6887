"""Models that are carried between MLflow and Trackbook: this module imports neither, and both sides' processes use it.

``python samples.py trackbook|mlflow write|read FOLDER NAME...`` writes or reads the models of these names there.
"""

from __future__ import annotations

import importlib
import logging
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import numpy as np
from sklearn.datasets import load_iris

X, y = load_iris(return_X_y=True, as_frame=True)
X = X.set_axis(["a", "b", "c", "d"], axis=1)
ROWS = X.to_numpy(dtype="float32")


@dataclass
class Sample:
    """A model and the words it is saved with.

    Attributes:
        flavor: whose save_model and load_model.
        model: what is saved.
        predict: what the library itself predicts.
        data: what a generic load is asked.
        words: further ones of save_model.
        keyword: by which save_model takes the model, where it is not the first argument.
    """

    flavor: str
    model: Any
    predict: Callable[[Any], Any]
    data: Any
    words: dict[str, Any] = field(default_factory=dict)
    keyword: str | None = None


def sklearn_samples(_: Any) -> Iterator[tuple[str, Sample]]:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)).fit(X, y)
    for form in ("skops", "cloudpickle", "pickle"):
        words = {"serialization_format": form, "input_example": X[:2]}
        yield form, Sample("sklearn", model, lambda m: m.predict(X), X, words)


def xgboost_samples(_: Any) -> Iterator[tuple[str, Sample]]:
    import xgboost

    rows = xgboost.DMatrix(X, y)
    booster = xgboost.train({"max_depth": 2, "nthread": 1}, rows, 3)
    for form in ("ubj", "json", "xgb"):
        yield form, Sample("xgboost", booster, lambda m: m.predict(rows), X, {"model_format": form})
    estimator = xgboost.XGBClassifier(n_estimators=3, n_jobs=1).fit(X, y)
    yield "estimator", Sample("xgboost", estimator, lambda m: m.predict(X), X, {"input_example": X[:2]})


def lightgbm_samples(_: Any) -> Iterator[tuple[str, Sample]]:
    import lightgbm

    booster = lightgbm.train({"verbose": -1, "num_threads": 1}, lightgbm.Dataset(X, y), 3)
    yield "booster", Sample("lightgbm", booster, lambda m: m.predict(X), X, {"input_example": X[:2]})
    estimator = lightgbm.LGBMClassifier(n_estimators=3, n_jobs=1, verbose=-1).fit(X, y)
    for form in ("skops", "cloudpickle", "pickle"):
        yield form, Sample("lightgbm", estimator, lambda m: m.predict(X), X, {"serialization_format": form})


def statsmodels_samples(_: Any) -> Iterator[tuple[str, Sample]]:
    import statsmodels.api as sm

    model = sm.OLS(y, X).fit()
    yield "ols", Sample("statsmodels", model, lambda m: m.predict(X), X, {"input_example": X[:2]})
    yield "bare", Sample("statsmodels", model, lambda m: m.predict(X), X, {"remove_data": True})


def pytorch_samples(_: Any) -> Iterator[tuple[str, Sample]]:
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3)).eval()

    def predict(module: Any) -> Any:
        with torch.no_grad():
            return module(torch.tensor(ROWS)).numpy()

    for form in ("pickle", "pt2"):
        yield form, Sample("pytorch", model, predict, ROWS, {"serialization_format": form, "input_example": ROWS[:5]})
    yield "frame", Sample("pytorch", model, predict, X, {"serialization_format": "pickle"})


def keras_samples(_: Any) -> Iterator[tuple[str, Sample]]:
    import keras

    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    yield "keras", Sample("keras", model, lambda m: m.predict(ROWS, verbose=0), ROWS)


def tensorflow_samples(_: Any) -> Iterator[tuple[str, Sample]]:
    import tensorflow as tf

    class Line(tf.Module):  # type: ignore[misc]
        @tf.function(input_signature=[tf.TensorSpec([None, 4], tf.float32)])  # type: ignore[untyped-decorator]
        def __call__(self, rows: Any) -> Any:
            return tf.reduce_sum(rows, axis=1) * 2

    model = tf.keras.Sequential([tf.keras.Input((4,)), tf.keras.layers.Dense(3)])
    yield "keras", Sample("tensorflow", model, lambda m: m.predict(ROWS, verbose=0), ROWS)
    yield "module", Sample("tensorflow", Line(), lambda m: m(tf.convert_to_tensor(ROWS)).numpy(), ROWS)


def catboost_samples(_: Any) -> Iterator[tuple[str, Sample]]:
    import catboost

    few = {"iterations": 3, "thread_count": 1, "verbose": False, "allow_writing_files": False}
    model = catboost.CatBoostClassifier(**few).fit(X, y)
    for form in ("cbm", "json"):
        yield form, Sample("catboost", model, lambda m: m.predict(X), X, {"format": form})


def onnx_samples(_: Any) -> Iterator[tuple[str, Sample]]:
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    weights = numpy_helper.from_array(np.arange(4 * 300, dtype="float32").reshape(4, 300) / 1000, "weights")
    made = helper.make_graph(
        [helper.make_node("MatMul", ["rows", "weights"], ["scores"])],
        "product",
        [helper.make_tensor_value_info("rows", TensorProto.FLOAT, ["n", 4])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["n", 300])],
        [weights],
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)

    def predict(graph: Any) -> Any:
        session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
        return session.run(["scores"], {"rows": ROWS})[0]

    for outside in (True, False):
        own = type(model)()
        own.CopyFrom(model)
        yield f"external-{outside}", Sample("onnx", own, predict, ROWS, {"save_as_external_data": outside})


def pyfunc_samples(pyfunc: Any) -> Iterator[tuple[str, Sample]]:
    class Threshold(pyfunc.PythonModel):  # type: ignore[misc]
        def load_context(self, context: Any) -> None:
            self.limit = float(Path(context.artifacts["limit"]).read_text())

        def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:
            return (model_input["a"] > self.limit).to_numpy()

    Path("limit.txt").write_text("5.5")
    words = {"artifacts": {"limit": str(Path("limit.txt").absolute())}, "input_example": X[:2]}
    expected = (X["a"] > 5.5).to_numpy()
    yield "class", Sample("pyfunc", Threshold(), lambda _: expected, X, words, "python_model")

    def longest(model_input):  # type: ignore[no-untyped-def]  # MLflow takes hints for a signature
        return model_input.max(axis=1).to_numpy()

    yield (
        "function",
        Sample("pyfunc", longest, lambda _: X.max(axis=1).to_numpy(), X, {"input_example": X[:2]}, "python_model"),
    )
    Path("doubled.py").write_text(
        "from mlflow.models import set_model\n"
        "from mlflow.pyfunc import PythonModel\n"
        "class Doubled(PythonModel):\n"
        "    def predict(self, context, model_input, params=None):\n"
        "        return model_input.to_numpy() * 2\n"
        "set_model(Doubled())\n"
    )
    yield (
        "code",
        Sample("pyfunc", "doubled.py", lambda _: X.to_numpy() * 2, X, {"input_example": X[:2]}, "python_model"),
    )


FLAVORS = {name.removesuffix("_samples"): each for name, each in list(globals().items()) if name.endswith("_samples")}


def array(values: Any) -> np.ndarray[Any, Any]:
    if isinstance(values, dict):  # ONNX answers by the names of its outputs
        values = next(iter(values.values()))
    return np.asarray(values.to_numpy() if hasattr(values, "to_numpy") else values, dtype=float)


def write(side: str, folder: Path, names: list[str]) -> None:
    """Save every model, with the library's own predictions beside it."""
    given: dict[str, Any] = (
        {"pip_requirements": []} if side == "mlflow" else {}
    )  # looking for them takes seconds a model
    for name in names:
        porch = importlib.import_module(f"{side}.{name}")
        for kind, sample in FLAVORS[name](porch):
            place = folder / f"{name}-{kind}"
            expected = array(sample.predict(sample.model))  # MLflow takes the tensors out of an ONNX model it saves
            if sample.keyword:
                porch.save_model(path=str(place), **{sample.keyword: sample.model}, **sample.words, **given)
            else:
                porch.save_model(sample.model, str(place), **sample.words, **given)
            np.save(folder / f"{place.name}.expected.npy", expected)


def read(side: str, folder: Path, names: list[str]) -> None:
    """Load every model natively and generically, and keep what each predicts."""
    trust = {"trust": True} if side == "trackbook" else {}
    for name in names:
        porch = importlib.import_module(f"{side}.{name}")
        generic = importlib.import_module(f"{side}.pyfunc")
        for kind, sample in FLAVORS[name](porch):
            place = folder / f"{name}-{kind}"
            if not place.exists():
                continue
            loaded = porch.load_model(str(place), **trust)
            native = loaded.predict(X) if name == "pyfunc" else sample.predict(loaded)
            np.save(folder / f"{place.name}.native.npy", array(native))
            answer = generic.load_model(str(place), **trust).predict(sample.data)
            np.save(folder / f"{place.name}.generic.npy", array(answer))


def main(side: str, action: str, folder: str, *names: str) -> None:
    if side == "mlflow":
        sys.modules["trackbook"] = None  # type: ignore[assignment]  # importing it fails
        warnings.simplefilter("ignore")  # MLflow warns of what it does itself
        logging.disable(logging.WARNING)
    {"write": write, "read": read}[action](side, Path(folder), list(names))


if __name__ == "__main__":
    main(*sys.argv[1:])
