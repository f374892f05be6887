"""PythonModels, functions, models from code and models with a loader of their own, saved, logged and loaded."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from sklearn.linear_model import LinearRegression

import trackbook
from trackbook import pyfunc
from trackbook.errors import (
    InvalidParameter,
    NotFound,
    NotSupported,
    UntrustedModel,
)
from trackbook.models import (
    Model,
    convert_input_example_to_serving_input,
    get_model_info,
    infer_signature,
    validate_schema,
    validate_serving_input,
)
from trackbook.models.pyfunc import PyFuncModel
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


def words(texts: list[str]) -> list[str]:
    return [text.upper() for text in texts]


def test_python_model_gets_its_artifacts_config_and_params(tmp_path: Path) -> None:
    (tmp_path / "more.txt").write_text("10", encoding="utf-8")
    signature = infer_signature(FRAME, np.array([1.5]), {"scale": 1})
    pyfunc.save_model(
        "model", python_model=Adder(100), artifacts={"m": str(tmp_path / "more.txt")}, model_config={"bias": 1000},
        signature=signature,
    )  # fmt: skip
    (tmp_path / "more.txt").unlink()
    model = pyfunc.load_model("model")
    assert model.predict(FRAME).tolist() == [1111.5, 1113.5]
    assert model.predict(FRAME, {"scale": 2}).tolist() == [1113.0, 1117.0]
    assert list(model.predict_stream(FRAME)) == [1111.5, 1113.5]
    assert pyfunc.load_model("model", model_config={"bias": 0}).predict(FRAME).tolist() == [111.5, 113.5]
    assert model.unwrap_python_model().described() == "adds 100"
    assert (model.model_config, model.loader_module) == ({"bias": 1000}, "mlflow.pyfunc.model")
    assert (model.input_schema, model.params_schema) == (signature.inputs, signature.params)
    section = Model.load("model").flavors["python_function"]
    assert section["artifacts"] == {"m": {"path": "artifacts/more.txt", "uri": str(tmp_path / "more.txt")}}
    assert (section["streamable"], section["python_model"]) == (True, "python_model.pkl")


def test_signature_is_enforced_and_says_what_is_wrong() -> None:
    pyfunc.save_model("model", python_model=Plain(), signature=infer_signature(FRAME))
    model = pyfunc.load_model("model")
    assert model.predict(FRAME.assign(z=1)) == 2
    with pytest.raises(InvalidParameter, match=r"column 'a', row 1: 1\.5"):
        model.predict(pd.DataFrame({"a": [1.0, 1.5], "b": [0.5, 0.5]}))
    with pytest.raises(InvalidParameter, match="lacks 'b'"):
        model.predict({"a": [1]})


def test_model_that_was_logged_is_loaded_by_its_address() -> None:
    with trackbook.start_run() as run:
        info = pyfunc.log_model(name="adder", python_model=Plain(), input_example=FRAME)
    for uri in (info.model_uri, f"runs:/{run.info.run_id}/adder"):
        model = pyfunc.load_model(uri)
        assert isinstance(model, PyFuncModel)
        assert model.predict(FRAME) == 2
        assert model.model_id == info.model_id
        pd.testing.assert_frame_equal(model.input_example, FRAME)
    assert get_model_info(info.model_uri).signature == info.signature == infer_signature(FRAME, 2)
    assert "long" in repr(info.signature)
    assert model == pyfunc.load_model(info.model_uri)
    assert "python_function" not in repr(model)
    assert run.info.run_id in repr(model)


def test_hint_of_a_list_makes_a_list_of_a_table() -> None:
    pyfunc.save_model("model", python_model=words, input_example=["a", "b"])
    model = pyfunc.load_model("model")
    for data in (["x", "y"], pd.DataFrame({"t": ["x", "y"]}), np.array(["x", "y"]), pd.Series(["x", "y"])):
        assert model.predict(data) == ["X", "Y"]

    def names(rows: list[dict[str, str]]) -> list[str]:
        return [row["n"] for row in rows]

    pyfunc.save_model("records", python_model=names, input_example=[{"n": "a"}])
    assert pyfunc.load_model("records").predict([{"n": "x"}, {"n": "y"}]) == ["x", "y"]


LOADER = """
import json, pathlib
class Loaded:
    def __init__(self, path, config): self.by = json.loads(pathlib.Path(path).read_text())["by"]
    def predict(self, data, params=None): return [value * self.by for value in data]
def _load_pyfunc(path, config=None): return Loaded(path, config)
"""


def own_loader(name: str = "my_loader") -> None:
    Path(f"{name}.py").write_text(LOADER, encoding="utf-8")
    Path("data.json").write_text('{"by": 3}', encoding="utf-8")
    pyfunc.save_model("model", loader_module=name, data_path="data.json", code_paths=[f"{name}.py"])


def test_model_brings_its_own_loader() -> None:
    own_loader("my_loader_of_three")
    for name in ("my_loader_of_three.py", "data.json"):
        Path(name).unlink()
    model = pyfunc.load_model("model")
    assert model.predict([1, 2]) == [3, 6]
    assert type(model.get_raw_model()).__name__ == "Loaded"
    sys.modules.pop("my_loader_of_three")
    with pytest.raises(UntrustedModel):
        pyfunc.load_model("model", trust=False)
    assert "my_loader_of_three" not in sys.modules


@pytest.mark.parametrize("name", ["antigravity", "os", "json.tool", "my loader", "../evil", "mlflow.evil", "", None, 7])
def test_loader_that_is_no_flavor_and_not_in_its_code_is_never_imported(name: Any) -> None:
    own_loader("my_other_loader")
    meta = Model.load("model")
    meta.flavors["python_function"]["loader_module"] = name
    meta.save("model/MLmodel")
    before = set(sys.modules)
    with pytest.raises(NotSupported, match=r"not in the model's own code|no such flavor"):
        pyfunc.load_model("model", trust=True)
    assert not {"antigravity", "my_other_loader"} & (set(sys.modules) - before)


def test_loader_without_its_code_is_refused_when_it_is_saved() -> None:
    with pytest.raises(InvalidParameter, match="code_paths"):
        pyfunc.save_model("model", loader_module="somewhere.else")
    assert not Path("model").exists()


def test_scikit_learn_model_is_behind_the_same_predict() -> None:
    estimator = LinearRegression().fit(FRAME.astype(float), [1.0, 2.0])
    trackbook.sklearn.save_model(estimator, "model", input_example=FRAME.astype(float))
    model = pyfunc.load_model("model")
    assert model.predict(FRAME.astype(float)).tolist() == estimator.predict(FRAME.astype(float)).tolist()
    assert isinstance(model.get_raw_model(), LinearRegression)
    with pytest.raises(NotSupported, match="get_raw_model"):
        model.unwrap_python_model()
    with pytest.raises(NotSupported, match="predict_stream"):
        model.predict_stream(FRAME)
    with pytest.raises(InvalidParameter, match="holds int64"):
        model.predict(FRAME)
    assert str(model.metadata.get_output_schema()) == "[double (required)]"


def test_dependencies_are_found_as_files() -> None:
    pyfunc.save_model("model", python_model=Plain(), pip_requirements=["numpy", "pandas>=2"])
    lines = Path(pyfunc.get_model_dependencies("model")).read_text(encoding="utf-8").split()
    assert lines[-2:] == ["numpy", "pandas>=2"]
    conda = yaml.safe_load(Path(pyfunc.get_model_dependencies("model", "conda")).read_text(encoding="utf-8"))
    assert conda["name"] == "mlflow-env"
    Path("model/requirements.txt").unlink()
    assert "numpy" in Path(pyfunc.get_model_dependencies("model")).read_text(encoding="utf-8")
    Path("model/conda.yaml").write_text("dependencies: [python]\n", encoding="utf-8")
    with pytest.raises(NotFound):
        pyfunc.get_model_dependencies("model")
    with pytest.raises(InvalidParameter, match="'pip' or 'conda'"):
        pyfunc.get_model_dependencies("model", "poetry")


def test_schema_and_serving_input_are_checked() -> None:
    inputs = infer_signature(FRAME).inputs
    assert inputs is not None
    validate_schema(FRAME, inputs)
    with pytest.raises(InvalidParameter):
        validate_schema(FRAME[["a"]], inputs)
    with pytest.raises(InvalidParameter):
        validate_schema(FRAME, "x")  # type: ignore[arg-type]
    pyfunc.save_model("model", python_model=Plain(), input_example=FRAME)
    body = convert_input_example_to_serving_input(FRAME)
    assert body is not None
    assert validate_serving_input("model", body) == 2
    for bad in ("{", "[1]", {"inputs": {"a": [1.5], "b": [1]}}, "[" * 100_000):
        with pytest.raises(InvalidParameter):
            validate_serving_input("model", bad)


def test_add_to_model_writes_the_section() -> None:
    model = pyfunc.add_to_model(Model(), "my.loader", data="data", code="code", conda_env="conda.yaml", x=1)
    section = model.flavors["python_function"]
    assert section.pop("python_version").count(".") == 2
    assert section == {
        "loader_module": "my.loader", "data": "data", "code": "code", "env": {"conda": "conda.yaml"}, "x": 1,
    }  # fmt: skip


def test_model_of_another_python_is_loaded_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    pyfunc.save_model("model", python_model=Plain())
    text = Path("model/MLmodel").read_text(encoding="utf-8")
    version = Model.load("model").flavors["python_function"]["python_version"]
    Path("model/MLmodel").write_text(text.replace(version, "3.7.1"), encoding="utf-8")
    with caplog.at_level(logging.WARNING, "trackbook"):
        pyfunc.load_model("model", trust=True)
        pyfunc.load_model("model", suppress_warnings=True, trust=True)
    assert sum("Python 3.7.1" in record.getMessage() for record in caplog.records) == 1


def test_model_class_without_predict_says_so() -> None:
    with pytest.raises(NotImplementedError, match="defines no predict"):
        PythonModel().predict(None, None)
    with pytest.raises(NotImplementedError, match="defines no predict_stream"):
        PythonModel().predict_stream(None, None)


def test_script_written_for_mlflow_makes_and_loads_a_model(tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text(
        "import trackbook as mlflow\n"
        "from trackbook.models.signature import infer_signature\n"
        "from trackbook.types.schema import ColSpec, Schema\n"
        "import pandas as pd\n"
        "class M(mlflow.pyfunc.PythonModel):\n"
        "    def predict(self, context, model_input, params=None):\n"
        "        return model_input.sum(axis=1)\n"
        "frame = pd.DataFrame({'x': [1.0, 2.0]})\n"
        "signature = mlflow.models.infer_signature(frame, frame['x'])\n"
        "assert signature.inputs == Schema([ColSpec('double', 'x')]) and infer_signature\n"
        "with mlflow.start_run():\n"
        "    info = mlflow.pyfunc.log_model(name='m', python_model=M(), signature=signature)\n"
        "print(mlflow.pyfunc.load_model(info.model_uri).predict(frame).tolist())\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.stdout == "[1.0, 2.0]\n", done.stderr
