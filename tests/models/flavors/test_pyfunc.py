"""python_function folders: PythonModels and functions with all that comes along, and folders that somebody made."""

from __future__ import annotations

import json
import pickle
import pickletools
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from trackbook import pyfunc
from trackbook.errors import (
    InvalidParameter,
    NotFound,
    NotSupported,
    UntrustedModel,
)
from trackbook.models import (
    Model,
    infer_signature,
)
from trackbook.pyfunc import PythonModel, PythonModelContext

FRAME = pd.DataFrame({"a": [1, 2], "b": [0.5, 1.5]})


class Adder(PythonModel):
    """With everything."""

    def __init__(self, amount: float = 1.0) -> None:
        self.amount = amount

    def load_context(self, context: PythonModelContext) -> None:
        self.more = sum(float(Path(path).read_text(encoding="utf-8")) for path in context.artifacts.values())

    def predict(self, context: Any, model_input: Any, params: dict[str, Any] | None = None) -> Any:
        scale = (params or {}).get("scale", 1)
        config = context.model_config or {}
        return (model_input["a"] + model_input["b"]) * scale + self.amount + self.more + config.get("bias", 0)

    def predict_stream(self, context: Any, model_input: Any, params: dict[str, Any] | None = None) -> Iterator[Any]:
        yield from self.predict(context, model_input, params)

    def described(self) -> str:
        return f"adds {self.amount}"


class Plain(PythonModel):
    def predict(self, model_input: Any) -> Any:  # type: ignore[override]
        return len(model_input)


def double(x: Any) -> Any:
    return x * 2


@pytest.mark.parametrize("function", [double, lambda x: x * 2])
def test_function_is_a_model(function: Any) -> None:
    pyfunc.save_model("model", python_model=function, input_example=np.array([1.5]))
    assert pyfunc.load_model("model").predict(np.array([2.0])).tolist() == [4.0]
    signature = Model.load("model").signature
    assert signature == infer_signature(np.array([1.5]), np.array([3.0]))


def test_function_with_params_gets_them() -> None:
    def times(x: Any, params: dict[str, Any]) -> Any:
        return x * params["by"]

    pyfunc.save_model("model", python_model=times, input_example=(np.array([1.5]), {"by": 2}))
    assert pyfunc.load_model("model").predict(np.array([2.0]), {"by": 5}).tolist() == [10.0]
    assert pyfunc.load_model("model").predict(np.array([2.0])).tolist() == [4.0]


def test_pickle_needs_trust_and_names_mlflows_classes() -> None:
    class Local(PythonModel):
        def predict(self, model_input: Any) -> Any:  # type: ignore[override]
            return model_input

    pyfunc.save_model("model", python_model=Local())
    data = Path("model/python_model.pkl").read_bytes()
    texts = {argument for _, argument, _ in pickletools.genops(data) if isinstance(argument, str)}
    assert {"mlflow.pyfunc.model", "PythonModel"} <= texts
    assert not any(text.startswith("trackbook.models") for text in texts)
    with pytest.raises(UntrustedModel, match="is a pickle"):
        pyfunc.load_model("model", trust=False)
    Path("model/python_model.pkl").write_bytes(data + b"\0")
    with pytest.raises(UntrustedModel, match="digest"):
        pyfunc.load_model("model")


def test_function_is_written_as_mlflows_too() -> None:
    pyfunc.save_model("model", python_model=lambda x: x)
    texts = Path("model/python_model.pkl").read_bytes()
    assert b"_FunctionPythonModel" in texts
    assert b"trackbook.models" not in texts


def test_own_code_comes_along() -> None:
    Path("my_thresholds.py").write_text("LIMIT = 5\n", encoding="utf-8")

    class Limited(PythonModel):
        def predict(self, model_input: Any) -> Any:  # type: ignore[override]
            import my_thresholds  # type: ignore[import-not-found]

            return [min(value, my_thresholds.LIMIT) for value in model_input]

    pyfunc.save_model("model", python_model=Limited(), code_paths=["my_thresholds.py"])
    Path("my_thresholds.py").unlink()
    assert pyfunc.load_model("model").predict([3, 9]) == [3, 5]


def test_two_artifacts_of_one_name_are_both_kept(tmp_path: Path) -> None:
    paths = {}
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "more.txt").write_text("1", encoding="utf-8")
        paths[name] = str(tmp_path / name / "more.txt")
    pyfunc.save_model("model", python_model=Adder(0), artifacts=paths)
    assert pyfunc.load_model("model").predict(FRAME).tolist() == [3.5, 5.5]


@pytest.mark.parametrize(
    "words",
    [
        {},
        {"python_model": Plain},
        {"python_model": 7},
        {"python_model": "none.py"},
        {"python_model": lambda x, y: x},
        {"python_model": Plain(), "loader_module": "x"},
        {"python_model": Plain(), "data_path": "x"},
        {"python_model": Plain(), "artifacts": ["x"]},
        {"python_model": Plain(), "artifacts": {"a": "none.txt"}},
        {"python_model": Plain(), "model_config": "none.yaml"},
        {"python_model": Plain(), "model_config": {1: 2}},
        {"python_model": Plain(), "signature": "x"},
        {"python_model": Plain(), "odd": 1},
        {"python_model": Plain(), "infer_code_paths": True},
        {"loader_module": "mlflow.nothing", "data_path": "x"},
        {"python_model": Adder(threading.Lock())},  # type: ignore[arg-type]
    ],
)
def test_what_is_no_model_is_refused_and_nothing_is_left(words: dict[str, Any]) -> None:
    with pytest.raises((InvalidParameter, NotFound, NotSupported)):
        pyfunc.save_model("model", **words)
    assert not Path("model").exists()


def test_hostile_folder_is_a_typed_error(tmp_path: Path) -> None:
    pyfunc.save_model("model", python_model=Plain())
    good = Model.load("model").to_dict()
    for change in (
        {"python_model": "../../etc/passwd"},
        {"python_model": "/etc/passwd"},
        {"artifacts": [1]},
        {"artifacts": {"a": "x"}},
        {"artifacts": {"a": {"path": "../x"}}},
        {"python_model_compression": "lzma"},
        {"model_code_path": "../../evil.py"},
        {"code": "../.."},
        {"python_model": None},
    ):
        content = json.loads(json.dumps(good))
        content["flavors"]["python_function"] |= change
        Path("model/MLmodel").write_text(yaml.safe_dump(content), encoding="utf-8")
        if change == {"python_model": None}:
            Path("model/python_model.pkl").unlink()
        with pytest.raises((InvalidParameter, NotSupported)):
            pyfunc.load_model("model", trust=True)


def test_evil_pickle_does_not_run(tmp_path: Path) -> None:
    pyfunc.save_model("model", python_model=Plain())
    marker = tmp_path / "marker"
    Path("model/python_model.pkl").write_bytes(pickle.dumps(_Evil(str(marker))))
    with pytest.raises(UntrustedModel):
        pyfunc.load_model("model")
    assert not marker.exists()


class _Evil:
    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path(self.path).touch, ()
