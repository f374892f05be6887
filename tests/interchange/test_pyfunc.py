"""PythonModels between Trackbook and the real MLflow, both ways: the same folder says the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from trackbook import pyfunc
from trackbook.models import Model

pytestmark = [pytest.mark.heavy, pytest.mark.slow]

FRAME = pd.DataFrame({"a": [1.5, 2.5]})
#: The same classes for both: {0} is the module.
MODELS = """
import warnings; warnings.simplefilter("ignore")
import {0} as tracker
import numpy as np, pandas as pd
from pathlib import Path

class Adder(tracker.pyfunc.PythonModel):
    def load_context(self, context):
        self.more = float(Path(context.artifacts["more"]).read_text())
    def predict(self, context, model_input, params=None):
        found = model_input["a"] * (params or {{}}).get("k", 1) + self.more + context.model_config["bias"]
        return found.to_numpy()

class Hinted(tracker.pyfunc.PythonModel):
    def predict(self, model_input: list[str]) -> list[str]:
        return [text.upper() for text in model_input]

def words(model_input: list[str]) -> list[str]:
    return [text.upper() for text in model_input]

frame = pd.DataFrame({{"a": [1.5, 2.5]}})
save = tracker.pyfunc.save_model
save("adder", python_model=Adder(), artifacts={{"more": "more.txt"}}, model_config={{"bias": 100}},
     input_example=(frame, {{"k": 2}}), pip_requirements=[])
save("hinted", python_model=Hinted(), input_example=["a"], pip_requirements=[])
save("words", python_model=words, pip_requirements=[])
save("function", python_model=lambda model_input: model_input * 2, input_example=np.array([1.5]), pip_requirements=[])
save("code", python_model="code.py", model_config={{"bias": 5}}, pip_requirements=[])
"""
#: What is asked of both.
ASKED = """
import json, sys, warnings; warnings.simplefilter("ignore")
import mlflow, numpy as np, pandas as pd
frame = pd.DataFrame({"a": [1.5, 2.5]})
load = mlflow.pyfunc.load_model
print("answers", json.dumps({
    "adder": load("adder").predict(frame, {"k": 10}).tolist(),
    "default": load("adder").predict(frame).tolist(),
    "config": load("adder", model_config={"bias": 0}).predict(frame).tolist(),
    "hinted": load("hinted").predict(["x"]),
    "words": load("words").predict(["x"]),
    "function": load("function").predict(np.array([4.0])).tolist(),
    "code": load("code").predict(frame),
    "example": load("adder").input_example.to_dict("list"),
    "ours": [name for name in sys.modules if name.startswith("trackbook.models.python_model")],
}))
"""
CODE = """
import mlflow
from mlflow.models import ModelConfig, set_model

class Biased(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return BIAS

BIAS = ModelConfig(development_config={"bias": 1}).get("bias")
set_model(Biased())
"""
EXPECTED = {
    "adder": [125.0, 135.0],
    "default": [113.0, 115.0],
    "config": [13.0, 15.0],
    "hinted": ["X"],
    "words": ["X"],
    "function": [8.0],
    "code": 5,
    "example": {"a": [1.5, 2.5]},
}


def run(code: str) -> str:
    """In a process of its own: MLflow warns a lot, and the classes shall be found by value."""
    Path("script.py").write_text(code, encoding="utf-8")
    done = subprocess.run([sys.executable, "script.py"], capture_output=True, text=True, check=False, env=os.environ)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.fixture(autouse=True)
def _files() -> None:
    Path("more.txt").write_text("10", encoding="utf-8")
    Path("code.py").write_text(CODE, encoding="utf-8")


def test_mlflow_loads_ours_and_needs_nothing_of_trackbook() -> None:
    run(MODELS.format("trackbook"))
    answers = json.loads(run(ASKED).partition("answers ")[2])
    assert answers.pop("ours") == []
    assert answers == EXPECTED


def test_we_load_mlflows() -> None:
    run(MODELS.format("mlflow"))
    answers: dict[str, Any] = {
        "adder": pyfunc.load_model("adder", trust=True).predict(FRAME, {"k": 10}).tolist(),
        "default": pyfunc.load_model("adder", trust=True).predict(FRAME).tolist(),
        "config": pyfunc.load_model("adder", model_config={"bias": 0}, trust=True).predict(FRAME).tolist(),
        "hinted": pyfunc.load_model("hinted", trust=True).predict(["x"]),
        "words": pyfunc.load_model("words", trust=True).predict(["x"]),
        "function": pyfunc.load_model("function", trust=True).predict(np.array([4.0])).tolist(),
        "example": pyfunc.load_model("adder", trust=True).input_example.to_dict("list"),
    }
    loading = "from trackbook.pyfunc import load_model; print('answer', load_model('code', trust=True).predict([1]))"
    answers["code"] = int(run(loading).partition("answer ")[2])
    assert answers == EXPECTED


def test_signatures_and_examples_are_the_same() -> None:
    run(MODELS.format("mlflow"))
    theirs = {name: Model.load(name) for name in ("adder", "hinted", "function")}
    for name in theirs:
        Path(name).rename(f"their_{name}")
    for name in ("words", "code"):
        Path(name).rename(f"their_{name}")
    run(MODELS.format("trackbook"))
    for name, their in theirs.items():
        ours = Model.load(name)
        assert ours.saved_input_example_info == their.saved_input_example_info
        if name != "hinted":  # MLflow takes the hint for a signature, and we take the example
            assert ours.signature == their.signature
        for file in ("input_example.json", "serving_input_example.json"):
            assert Path(name, file).read_text() == Path(f"their_{name}", file).read_text()
        missing = their.flavors["python_function"].keys() - ours.flavors["python_function"].keys()
        assert missing <= {"code"}
