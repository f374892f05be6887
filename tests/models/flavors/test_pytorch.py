"""PyTorch models: modules as pickles, graphs, TorchScript programs, Lightning's modules, and state dicts."""

from __future__ import annotations

import copy
import pickle
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.datasets import load_iris

import trackbook
from tests.flavor_contract import FlavorContract, Payload, generic_answer, same
from trackbook import pytorch as porch
from trackbook.errors import InvalidParameter, UntrustedModel
from trackbook.models import Model
from trackbook.models.fetching import fetched
from trackbook.models.flavors.pytorch import flavor

pytestmark = pytest.mark.heavy

X, y = load_iris(return_X_y=True, as_frame=True)
ROWS = X.to_numpy(dtype="float32")


@pytest.fixture(autouse=True)
def own_trust(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("TRACKBOOK_CONFIG_DIR", str(tmp_path / "config"))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield tmp_path / "config" / "trusted-models"


def trained() -> Any:
    torch.set_num_threads(1)
    model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Dropout(0.5), torch.nn.Linear(8, 3))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    for _ in range(20):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(torch.tensor(ROWS)), torch.tensor(y.to_numpy())).backward()
        optimizer.step()
    return model.eval()


TRAINED = trained()


class TestModule(FlavorContract):
    name = "pytorch"
    command = 'pip install "trackbook[pytorch]"'
    runs_code = True
    wrong = (7, "model", None, object(), {"a": torch.ones(1)}, torch.ones(2))

    @pytest.fixture
    def model(self) -> Any:
        return copy.deepcopy(TRAINED)

    @pytest.fixture
    def data(self) -> Any:
        return ROWS

    def native(self, model: Any, data: Any) -> Any:
        with torch.no_grad():
            return model(torch.tensor(data))


class TestGraph(TestModule):
    def options(self) -> dict[str, Any]:
        return {"serialization_format": "pt2", "input_example": ROWS[:1]}


@pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")
class TestProgram(TestModule):
    @pytest.fixture
    def model(self) -> Any:
        return torch.jit.trace(TRAINED, torch.tensor(ROWS[:2]))


def test_module_of_a_script_comes_back_without_the_script() -> None:
    space: dict[str, Any] = {"__name__": "__main__", "torch": torch}
    code = (
        "class Net(torch.nn.Module):\n"
        "    def __init__(self):\n        super().__init__()\n        self.layer = torch.nn.Linear(4, 2)\n"
        "    def forward(self, rows, scale=1.0):\n        return self.layer(rows) * scale\n"
    )
    exec(code, space)
    model = space["Net"]()
    porch.save_model(model, "model")
    with fetched("model") as files:
        predictor = flavor.predictor(files.opened("pytorch"), {"device": "cpu"})
    same(predictor.predict(ROWS, {"scale": 2.0}), 2 * model(torch.tensor(ROWS)))


def test_frame_gives_a_frame_with_its_index() -> None:
    model = trained()
    porch.save_model(model, "model")
    answer = generic_answer("model", X[100:110])
    assert list(answer.index) == list(range(100, 110))
    same(answer, model(torch.tensor(ROWS[100:110])))


def test_files_are_mlflows() -> None:
    porch.save_model(trained(), "model")
    assert Path("model/data/pickle_module_info.txt").read_text() == "mlflow.pytorch.pickle_module"
    meta = Model.load("model").flavors
    assert meta["python_function"]["config"] == {"device": None}
    assert meta["pytorch"]["model_data"] == "data"
    porch.save_model(trained(), "plain", pickle_module=pickle)
    assert Path("plain/data/pickle_module_info.txt").read_text() == "pickle"
    same(generic_answer("plain", ROWS).shape, (150, 3))


def test_name_of_a_pickler_is_not_imported() -> None:
    porch.save_model(trained(), "model")
    Path("model/data/pickle_module_info.txt").write_text("antigravity")
    porch.load_model("model", trust=True)
    import sys

    assert "antigravity" not in sys.modules


def test_graph_takes_any_number_of_rows_also_where_the_example_has_one() -> None:
    model = trained()
    porch.save_model(model, "model", export_model=True, input_example=ROWS[:1])
    assert Path("model/data/model.pt2").exists()
    for count in (1, 2, 150):
        same(porch.load_model("model")(torch.tensor(ROWS[:count])), model(torch.tensor(ROWS[:count])))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"serialization_format": "onnx"}, "serialization_format"),
        ({"serialization_format": "pickle", "export_model": True}, "serialization_format"),
        ({"serialization_format": "pt2"}, "input_example"),
        ({"serialization_format": "pt2", "input_example": X[:2]}, "input_example"),
        ({"serialization_format": "pt2", "input_example": ROWS[:, :2]}, "cannot be exported"),
    ],
)
def test_what_does_not_fit_is_refused_and_leaves_nothing(words: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidParameter, match=message):
        porch.save_model(trained(), "model", **words)
    assert not Path("model").exists()


def test_module_that_cannot_be_pickled_is_refused() -> None:
    model = trained()
    model.lock = threading.Lock()
    with pytest.raises(InvalidParameter, match="cannot be pickled"):
        porch.save_model(model, "model")


def test_other_data_than_rows_is_refused() -> None:
    porch.save_model(trained(), "model")
    for data in ([[1.0]], {"a": 1}, X["sepal length (cm)"], "rows"):
        with pytest.raises(InvalidParameter, match="DataFrame or an array"):
            generic_answer("model", data)
    with fetched("model") as files:
        predictor = flavor.predictor(files.opened("pytorch"))
    with pytest.raises(InvalidParameter, match="when the model is loaded"):
        predictor.predict(ROWS, {"device": "cuda"})


class Pair(torch.nn.Module):  # type: ignore[misc]
    def forward(self, rows: Any) -> Any:
        return rows, rows


def test_module_with_two_answers_is_loaded_natively_only() -> None:
    porch.save_model(Pair(), "model")
    assert len(porch.load_model("model")(torch.ones(1))) == 2
    with pytest.raises(InvalidParameter, match="gives a tuple"):
        generic_answer("model", ROWS)


def test_lightning_module_is_a_module_also_after_its_trainer(tmp_path: Path) -> None:
    lightning = pytest.importorskip("lightning")

    class Classifier(lightning.LightningModule):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(4, 3)

        def forward(self, rows: Any) -> Any:
            return self.layer(rows)

        def training_step(self, batch: Any, _: int) -> Any:
            return torch.nn.functional.cross_entropy(self(batch[0]), batch[1])

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), lr=0.1)

    model = Classifier()
    rows = torch.utils.data.TensorDataset(torch.tensor(ROWS), torch.tensor(y.to_numpy()))
    trainer = lightning.Trainer(
        max_epochs=1,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        accelerator="cpu",
        default_root_dir=tmp_path,
    )
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the number of workers
        trainer.fit(model, torch.utils.data.DataLoader(rows, batch_size=50))
    porch.save_model(model, "model")
    expected = model.eval()(torch.tensor(ROWS))
    same(porch.load_model("model")(torch.tensor(ROWS)), expected)
    same(generic_answer("model", ROWS), expected)


def test_state_dict_is_kept_with_a_run_and_read_without_trust() -> None:
    model = trained()
    with trackbook.start_run() as run:
        porch.log_state_dict({"model": model.state_dict(), "epoch": 3}, "weights")
    found = porch.load_state_dict(f"runs:/{run.info.run_id}/weights")
    assert found["epoch"] == 3
    other = trained()
    other.load_state_dict(found["model"])
    same(other(torch.tensor(ROWS)), model(torch.tensor(ROWS)))


def test_state_dict_with_code_runs_nothing(tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    porch.save_state_dict({"a": torch.ones(1), "b": Payload(str(marker))}, "weights")
    with pytest.raises(UntrustedModel, match="trust=True"):
        porch.load_state_dict("weights")
    assert not marker.exists()
    with pytest.raises(InvalidParameter, match="is a dict"):
        porch.save_state_dict(trained(), "other")
    for wrong in (b"", b"nonsense", b"PK\x05\x06" + b"\0" * 18):
        Path("weights/state_dict.pth").write_bytes(wrong)
        with pytest.raises((InvalidParameter, UntrustedModel)):
            porch.load_state_dict("weights")
    Path("weights/state_dict.pth").unlink()
    with pytest.raises(InvalidParameter, match=r"no state_dict\.pth"):
        porch.load_state_dict("weights")


def test_whole_module_in_place_of_a_state_dict_runs_nothing() -> None:
    Path("weights").mkdir()
    torch.save(Pair(), "weights/state_dict.pth")
    with pytest.raises(UntrustedModel):
        porch.load_state_dict("weights")
    assert type(porch.load_state_dict("weights", trust=True)).__name__ == "Pair"
    assert np.ones(1).all()
