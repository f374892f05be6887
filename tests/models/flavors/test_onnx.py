"""ONNX models: graphs with tensors beside them, and what a graph may not name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

from tests.flavor_contract import FlavorContract, generic_answer, same
from trackbook import onnx as porch
from trackbook.errors import InvalidParameter, UntrustedModel
from trackbook.models import Model

pytestmark = pytest.mark.heavy

X, y = load_iris(return_X_y=True, as_frame=True)
ROWS = X.to_numpy(dtype="float32")


def graph(inputs: tuple[str, ...] = ("rows",), width: int = 4, outside: int = 0) -> Any:
    """A classifier of iris; with several inputs they are columns."""
    fitted = LogisticRegression(max_iter=500).fit(X, y)
    weights = np.pad(fitted.coef_.T.astype(np.float32), ((0, 0), (0, outside)))
    bias = np.pad(fitted.intercept_.astype(np.float32), (0, outside))
    tensors = [numpy_helper.from_array(weights, "weights"), numpy_helper.from_array(bias, "bias")]
    nodes = []
    first = inputs[0]
    if len(inputs) > 1:
        tensors.append(numpy_helper.from_array(np.array([1]), "axis"))
        nodes = [helper.make_node("Unsqueeze", [name, "axis"], [f"{name}_column"]) for name in inputs]
        nodes.append(helper.make_node("Concat", [f"{name}_column" for name in inputs], ["joined"], axis=1))
        first = "joined"
    nodes += [
        helper.make_node("Gemm", [first, "weights", "bias"], ["scores"]),
        helper.make_node("ArgMax", ["scores"], ["label"], axis=1, keepdims=0),
    ]
    shape = ["n", width] if len(inputs) == 1 else ["n"]
    made = helper.make_graph(
        nodes,
        "iris",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in inputs],
        [helper.make_tensor_value_info("label", TensorProto.INT64, ["n"])],
        tensors,
    )
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


class TestGraph(FlavorContract):
    name = "onnx"
    command = 'pip install "trackbook[onnx]"'

    @pytest.fixture
    def model(self) -> Any:
        return graph()

    @pytest.fixture
    def data(self) -> Any:
        return X

    def native(self, model: Any, data: Any) -> Any:
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        (labels,) = session.run(["label"], {"rows": data.to_numpy(dtype="float32")})
        return labels.reshape(-1, 1)


def test_array_and_dict_give_a_dict_and_doubles_are_taken() -> None:
    porch.save_model(graph(), "model")
    expected = generic_answer("model", X)["label"]
    for data in (ROWS, X.to_numpy(), {"rows": X.to_numpy()}):
        answer = generic_answer("model", data)
        assert list(answer) == ["label"]
        same(answer["label"], expected)
    with pytest.raises(InvalidParameter, match="takes a DataFrame"):
        generic_answer("model", "rows")


def test_columns_are_fed_by_their_names() -> None:
    names = ("a", "b", "c", "d")
    porch.save_model(graph(names), "model")
    porch.save_model(graph(), "one")
    frame = X.set_axis(list(names), axis=1)
    same(generic_answer("model", frame[["d", "a", "c", "b"]]), generic_answer("one", X))
    with pytest.raises(InvalidParameter, match="no column b"):
        generic_answer("model", frame[["a", "c", "d"]])
    with pytest.raises(InvalidParameter, match="a, b, c, d"):
        generic_answer("model", ROWS)


def test_large_tensors_lie_beside_the_graph_and_the_object_keeps_its_own() -> None:
    model = graph(outside=300)
    before = model.SerializeToString()
    porch.save_model(model, "model")
    assert model.SerializeToString() == before
    assert [p.name for p in Path("model").iterdir() if p.suffix in ("", ".data") and p.name != "MLmodel"]
    same(generic_answer("model", ROWS)["label"].shape, (150,))
    same(numpy_helper.to_array(porch.load_model("model").graph.initializer[0]).shape, (4, 303))


@pytest.mark.parametrize("location", ["../outside", "/etc/passwd", "nothing", "a/../../outside", "..\\outside"])
def test_graph_names_no_file_beyond_the_folder(location: str) -> None:
    porch.save_model(graph(), "model")
    Path("outside").write_bytes(b"secret" * 100)
    model = graph()
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", location
    Path("model/model.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(InvalidParameter):
        porch.load_model("model")
    with pytest.raises(InvalidParameter):
        generic_answer("model", ROWS)


def test_options_that_name_files_or_libraries_need_trust(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACKBOOK_CONFIG_DIR", str(tmp_path / "config"))
    options = {"intra_op_num_threads": 1, "execution_mode": "sequential", "graph_optimization_level": 99}
    porch.save_model(graph(), "plain", onnx_session_options=options)
    same(generic_answer("plain", X, trust=False), generic_answer("plain", X))
    extra = {"extra_session_config": {"session.disable_prepacking": "1"}}
    porch.save_model(graph(), "extra", onnx_session_options=options | extra)
    provider = [("CPUExecutionProvider", {"library": "x.so"})]
    porch.save_model(graph(), "provider", onnx_execution_providers=provider)
    same(generic_answer("extra", X), generic_answer("plain", X))
    for name in ("extra", "provider"):
        with pytest.raises(UntrustedModel, match="onnxruntime's"):
            porch.load_model(name, trust=False)


@pytest.mark.parametrize(
    "options", [{"colour": 1}, {"execution_mode": "fast"}, ["intra_op_num_threads"], {"intra_op_num_threads": "many"}]
)
def test_wrong_session_option_is_refused(options: Any) -> None:
    with pytest.raises(InvalidParameter):
        porch.save_model(graph(), "model", onnx_session_options=options)
        generic_answer("model", X)


def test_provider_that_is_not_here_is_said(caplog: pytest.LogCaptureFixture) -> None:
    porch.save_model(graph(), "model", onnx_execution_providers=["NoSuchProvider", "CPUExecutionProvider"])
    generic_answer("model", X)
    assert "NoSuchProvider" in caplog.text
    assert Model.load("model").flavors["onnx"]["providers"][0] == "NoSuchProvider"


def test_graph_that_is_wrong_is_refused() -> None:
    model = graph()
    del model.graph.node[0]
    with pytest.raises(InvalidParameter, match="cannot be stored"):
        porch.save_model(model, "model")
    assert isinstance(onnx.__version__, str)
