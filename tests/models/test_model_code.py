"""Models from code: a file that sets its model, its configuration, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from trackbook import pyfunc
from trackbook.errors import (
    InvalidParameter,
    UntrustedModel,
)
from trackbook.models import (
    Model,
    ModelConfig,
    set_model,
)


def double(x: Any) -> Any:
    return x * 2


CODE = """
import trackbook as mlflow
from trackbook.models import ModelConfig, set_model

config = ModelConfig(development_config={"bias": 7})

class Biased(mlflow.pyfunc.PythonModel):
    def predict(self, model_input):
        return [value + config.get("bias") for value in model_input]

set_model(Biased())
"""


def test_model_from_code_is_its_file() -> None:
    Path("biased.py").write_text(CODE, encoding="utf-8")
    pyfunc.save_model("model", python_model="biased.py", model_config={"bias": 10})
    Path("biased.py").unlink()
    assert pyfunc.load_model("model").predict([1]) == [11]
    assert pyfunc.load_model("model", model_config={"bias": 20}).predict([1]) == [21]
    assert not Path("model/python_model.pkl").exists()
    section = Model.load("model").flavors["python_function"]
    assert (section["model_code_path"], section["loader_module"]) == (
        "biased.py",
        "mlflow.pyfunc.loaders.code_model",
    )
    with pytest.raises(UntrustedModel, match="brings its own code"):
        pyfunc.load_model("model", trust=False)


def test_code_without_a_model_or_its_config_is_refused() -> None:
    Path("biased.py").write_text(CODE, encoding="utf-8")
    with pytest.raises(InvalidParameter, match="asks for a configuration"):
        pyfunc.save_model("model", python_model="biased.py")
    Path("nothing.py").write_text("x = 1\n", encoding="utf-8")
    with pytest.raises(InvalidParameter, match="call set_model"):
        pyfunc.save_model("model", python_model="nothing.py")
    assert not Path("model").exists()
    with pytest.raises(InvalidParameter, match="PythonModel, a function"):
        set_model(7)
    set_model(double)  # run by itself, it does nothing


def test_config_of_a_file_is_read_by_development() -> None:
    Path("config.yaml").write_text("bias: 3\n", encoding="utf-8")
    config = ModelConfig(development_config="config.yaml")
    assert (config.get("bias"), config.to_dict()) == (3, {"bias": 3})
    with pytest.raises(KeyError):
        config.get("other")
    wrong: list[Any] = [None, {}, "none.yaml", 7]
    for bad in wrong:
        with pytest.raises(InvalidParameter):
            ModelConfig(development_config=bad)
