"""What holds for the models of every library; a test module of a flavor says how one is made, and inherits this."""

from __future__ import annotations

import inspect
import os
import pickle
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import trackbook.pyfunc
from trackbook.errors import AlreadyExists, InvalidParameter, MissingDependency, TrackbookError
from trackbook.models import Model
from trackbook.models.flavors.table import flavor_named

__all__ = ["FlavorContract", "Payload", "generic_answer", "plain", "same"]


class Payload:
    """A pickle that makes a folder when it is loaded."""

    def __init__(self, marker: str) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (self.marker,)


def plain(values: Any) -> Any:
    """Predictions as an array, whatever the library calls them."""
    if hasattr(values, "detach"):
        values = values.detach().numpy()
    return np.asarray(values.to_numpy() if hasattr(values, "to_numpy") else values)


def same(one: Any, other: Any) -> None:
    np.testing.assert_allclose(plain(one), plain(other), rtol=1e-5, atol=1e-6)


def generic_answer(uri: str, data: Any, trust: bool | None = None) -> Any:
    """What the model at an address answers when it is loaded without knowing its library."""
    return trackbook.pyfunc.load_model(uri, trust=trust).predict(data)


class FlavorContract:
    """Tests of one flavor.

    Attributes:
        name: of the flavor.
        command: what the error of a missing library ends with.
        runs_code: whether loading a model runs code that came with it.
        wrong: objects that are no models of the library.
    """

    name: str
    command: str
    runs_code = False
    wrong: Sequence[Any] = (7, "model", None, object())

    @pytest.fixture(autouse=True)
    def own_trust(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A user who has trusted nothing yet."""
        monkeypatch.setenv("TRACKBOOK_CONFIG_DIR", str(tmp_path / "config"))
        return tmp_path / "config" / "trusted-models"

    @pytest.fixture
    def porch(self) -> Any:
        """The module at MLflow's path."""
        return import_module(f"trackbook.{self.name}")

    @pytest.fixture
    def model(self) -> Any:
        """A small trained model."""
        raise NotImplementedError

    @pytest.fixture
    def data(self) -> Any:
        """Rows to score, in a form that a generic load takes."""
        raise NotImplementedError

    def native(self, model: Any, data: Any) -> Any:
        """What the library itself predicts."""
        return model.predict(data)

    def answer(self, found: Any) -> Any:
        """The predictions in what a generic load gave."""
        return found

    def options(self) -> dict[str, Any]:
        """What save_model needs beyond the model."""
        return {}

    def test_saved_model_comes_back_and_predicts_the_same(self, porch: Any, model: Any, data: Any) -> None:
        porch.save_model(model, "model", **self.options())
        meta = Model.load("model")
        assert meta.flavors["python_function"]["loader_module"] == f"mlflow.{self.name}"
        expected = self.native(model, data)
        same(self.native(porch.load_model("model"), data), expected)
        same(self.answer(generic_answer("model", data)), expected)

    def test_logged_model_comes_back_by_its_address(self, porch: Any, model: Any, data: Any) -> None:
        with trackbook.start_run() as run:
            info = porch.log_model(model, name="m", **self.options())
        expected = self.native(model, data)
        same(self.native(porch.load_model(info.model_uri), data), expected)
        same(self.answer(generic_answer(f"runs:/{run.info.run_id}/m", data)), expected)

    def test_example_gives_the_signature(self, porch: Any, model: Any, data: Any) -> None:
        porch.save_model(model, "model", **self.options() | {"input_example": data[:3]})
        meta = Model.load("model")
        assert meta.signature is not None
        assert meta.signature.inputs is not None
        assert meta.signature.outputs is not None

    def test_only_who_made_it_may_load_what_runs_code(self, porch: Any, model: Any, data: Any, own_trust: Path) -> None:
        porch.save_model(model, "model", **self.options())
        own_trust.unlink()
        if not self.runs_code:
            porch.load_model("model", trust=False)
            return
        with pytest.raises(trackbook.MlflowException, match="trackbook models trust") as caught:
            porch.load_model("model")
        assert caught.value.error_code == "PERMISSION_DENIED"
        same(self.native(porch.load_model("model", trust=True), data), self.native(model, data))

    def test_wrong_object_is_refused_and_leaves_nothing(self, porch: Any) -> None:
        for thing in self.wrong:
            with pytest.raises(InvalidParameter):
                porch.save_model(thing, "model")
            with trackbook.start_run(), pytest.raises(InvalidParameter):
                porch.log_model(thing, name="m", registered_model_name="no such")
        assert not Path("model").exists()

    def test_something_is_there_already(self, porch: Any, model: Any) -> None:
        Path("model").mkdir()
        Path("model", "mine").write_text("x")
        with pytest.raises(AlreadyExists):
            porch.save_model(model, "model", **self.options())

    def test_unknown_word_is_refused(self, porch: Any, model: Any) -> None:
        if "kwargs" not in inspect.signature(porch.save_model).parameters:
            with pytest.raises(TypeError):
                porch.save_model(model, "model", **self.options(), modle=1)
            return
        with pytest.raises(InvalidParameter, match="takes no modle"):
            porch.save_model(model, "model", **self.options(), modle=1)

    def test_absent_library_is_asked_for_with_its_command(
        self, porch: Any, model: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        porch.save_model(model, "model", **self.options())
        monkeypatch.setitem(sys.modules, flavor_named(self.name).library, None)
        with pytest.raises(MissingDependency) as caught:
            porch.save_model(model, "other", **self.options())
        assert str(caught.value).endswith(self.command)
        with pytest.raises(MissingDependency) as caught:
            porch.load_model("model")
        assert str(caught.value).endswith(self.command)

    def test_hostile_bytes_in_each_file_run_nothing(self, porch: Any, model: Any) -> None:
        """Each of the model's own files is swapped for a pickle with a payload, for nonsense and for nothing."""
        porch.save_model(model, "model", **self.options())
        files = [path for path in Path("model").rglob("*") if path.is_file() and path.parent.name != "code"]
        around = {"MLmodel", "conda.yaml", "python_env.yaml", "requirements.txt"}
        for path in files:
            if path.name in around or path.name.endswith("example.json"):
                continue
            right = path.read_bytes()
            for wrong in (
                pickle.dumps(Payload(os.path.abspath("marker"))),
                b"\x80nonsense",
                b"",
                right[: len(right) // 2],
            ):
                path.write_bytes(wrong)
                self.loads_or_refuses(porch)
            path.write_bytes(right)
        assert not Path("marker").exists()

    def loads_or_refuses(self, porch: Any) -> None:
        """Either nothing is wrong with it (a file that says nothing), or the error is one of ours."""
        try:
            porch.load_model("model")
        except TrackbookError:
            return

    @pytest.mark.parametrize("value", ["../outside", "/etc/passwd", "nothing", 7, ["a"], {"a": 1}, ""])
    def test_wrong_word_in_mlmodel_is_a_typed_error(self, porch: Any, model: Any, value: object) -> None:
        porch.save_model(model, "model", **self.options())
        Path("outside").write_bytes(pickle.dumps(Payload(os.path.abspath("marker"))))
        meta = Model.load("model")
        for key in list(meta.flavors[self.name]):
            right = meta.flavors[self.name][key]
            meta.flavors[self.name][key] = value
            meta.save("model/MLmodel")
            self.loads_or_refuses(porch)
            meta.flavors[self.name][key] = right
        assert not Path("marker").exists()
