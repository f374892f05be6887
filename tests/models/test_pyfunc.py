"""PythonModels, functions, models from code and models with a loader of their own, saved, logged and loaded."""

from __future__ import annotations

import json
import logging
import pickle
import pickletools
import subprocess
import sys
import threading
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
    InvalidState,
    MissingDependency,
    NotFound,
    NotSupported,
    UntrustedModel,
)
from trackbook.models import (
    Model,
    ModelConfig,
    convert_input_example_to_serving_input,
    get_model_info,
    infer_signature,
    set_model,
    set_signature,
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


def test_hint_of_a_list_makes_a_list_of_a_table() -> None:
    pyfunc.save_model("model", python_model=words, input_example=["a", "b"])
    model = pyfunc.load_model("model")
    for data in (["x", "y"], pd.DataFrame({"t": ["x", "y"]}), np.array(["x", "y"]), pd.Series(["x", "y"])):
        assert model.predict(data) == ["X", "Y"]

    def names(rows: list[dict[str, str]]) -> list[str]:
        return [row["n"] for row in rows]

    pyfunc.save_model("records", python_model=names, input_example=[{"n": "a"}])
    assert pyfunc.load_model("records").predict([{"n": "x"}, {"n": "y"}]) == ["x", "y"]


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


def test_names_that_mlflow_pickled_and_nothing_asks_for_are_passed_over() -> None:
    from trackbook.models.pickles import find_global

    made = find_global("mlflow.types.schema", "Schema")(1, a=2)
    made.__setstate__({"x": 1})
    assert find_global("mlflow.pyfunc.model", "PythonModel") is PythonModel
    assert find_global("builtins", "len") is None
    assert find_global("cloudpickle.cloudpickle", "subimport")("mlflow") is trackbook
    with pytest.raises(MissingDependency, match="pip install mlflow"):
        find_global("mlflow.gateway", "anything")


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


def test_signature_of_a_folder_is_set_later_and_of_a_logged_model_never() -> None:
    pyfunc.save_model("model", python_model=Plain())
    signature = infer_signature(FRAME)
    set_signature("model", signature)
    assert Model.load("model").signature == signature
    assert pyfunc.load_model("model").predict(FRAME) == 2, "it is still trusted"
    info = pyfunc.log_model(name="m", python_model=Plain())
    with pytest.raises(InvalidState, match="log it again"):
        set_signature(info.model_uri, signature)
    with pytest.raises(InvalidParameter):
        set_signature("model", "x")  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        set_signature("nowhere", signature)


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
