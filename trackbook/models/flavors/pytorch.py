"""PyTorch, and Lightning with it: whole modules as pickles, as MLflow stores them, or exported graphs (pt2)."""

from __future__ import annotations

import os
import pickle
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from trackbook.errors import InvalidParameter
from trackbook.models.flavors.base import Flavor, NativePredictor, Opened, Predictor, Written
from trackbook.models.loading import load
from trackbook.models.model import Model, ModelInfo
from trackbook.models.package import log, save

__all__ = [
    "Modules",
    "flavor",
    "load_model",
    "log_model",
    "save_model",
]

FORMATS = ("pickle", "pt2")
_FOLDER, _PICKLE, _GRAPH = "data", "model.pth", "model.pt2"
#: How MLflow calls cloudpickle, by which it reads and writes modules; it imports the name that stands in the file.
_PICKLER, _PICKLER_FILE = "mlflow.pytorch.pickle_module", "pickle_module_info.txt"


class Modules(Flavor):
    """Modules of PyTorch and Lightning, TorchScript programs too."""

    name = "pytorch"
    library = "torch"
    loader_module = "mlflow.pytorch"
    modules = ("cloudpickle",)

    def save(
        self,
        model: Any,
        folder: Path,
        pickle_module: ModuleType | None = None,
        export_model: bool = False,
        serialization_format: str | None = None,
        input_example: Any = None,
        **options: Any,
    ) -> Written:
        """See the contract; a graph is made by running the module on the example."""
        import torch

        form = serialization_format or ("pt2" if export_model else "pickle")
        if form not in FORMATS or (export_model and form != "pt2"):
            raise InvalidParameter(f"serialization_format is one of {', '.join(FORMATS)}, not {form!r}.")
        if not isinstance(model, torch.nn.Module):
            raise InvalidParameter(f"A PyTorch model is a torch.nn.Module, not a {type(model).__name__}.")
        data = folder / _FOLDER
        data.mkdir()
        pickler = _PICKLER if pickle_module is None else pickle_module.__name__
        if form == "pt2":
            _export(model, input_example, data / _GRAPH)
        else:
            data.joinpath(_PICKLER_FILE).write_text(pickler, encoding="utf-8")
            _pickle(model, data / _PICKLE, pickle_module)
        config = {"model_data": _FOLDER, "pytorch_version": str(torch.__version__)}
        pyfunc = {"data": _FOLDER, "pickle_module_name": pickler, "config": {"device": None}}
        return Written(config, pyfunc)

    def hazard(self, opened: Opened) -> str:
        """Each form runs code: torch finds pickles and expressions in an exported graph too, and evaluates them."""
        path = _file(opened)
        if path.name == _GRAPH:
            return "is an exported graph, in which torch evaluates expressions"
        return "is a TorchScript program" if _is_script(path) else "is a pickle"

    def load(self, opened: Opened, **options: Any) -> Any:
        """See the contract; options are those of torch.load."""
        import torch

        path = _file(opened)
        opened.trust.require(self.hazard(opened))
        given = {"map_location": None if torch.cuda.is_available() else "cpu"} | options
        try:
            if path.name == _GRAPH:
                return torch.export.load(path).module()
            if _is_script(path):
                return torch.jit.load(path, map_location=given["map_location"]).eval()
            model = torch.load(path, **{"weights_only": False} | given)
        except (AttributeError, EOFError, ImportError, LookupError, RuntimeError, TypeError, ValueError) as error:
            raise InvalidParameter(f"{path.name!r} could not be loaded: {type(error).__name__}: {error}") from error
        except (pickle.UnpicklingError, zipfile.BadZipFile) as error:
            raise InvalidParameter(f"{path.name!r} holds no PyTorch model: {error}") from error
        if not isinstance(model, torch.nn.Module):
            raise InvalidParameter(f"{path.name!r} holds no PyTorch model, but a {type(model).__name__}.")
        return model.eval()

    def predictor(self, opened: Opened, model_config: Mapping[str, Any] | None = None) -> Predictor:
        """See the contract; ``device`` is what the model runs on, CUDA where it is if it is not given."""
        import torch

        model = self.load(opened)
        device = (model_config or {}).get("device") or ("cuda" if torch.cuda.is_available() else "cpu")
        if _file(opened).name == _GRAPH:  # its weights cannot be moved
            device = next((str(tensor.device) for tensor in model.parameters()), "cpu")
        else:
            model = model.to(device)
        return _Predictor(model, device)

    def wrap(self, model: Any, pyfunc: Mapping[str, Any]) -> Predictor:
        """See the contract."""
        return _Predictor(model, next((str(tensor.device) for tensor in model.parameters()), "cpu"))

    def answer(self, model: Any, data: Any, params: Mapping[str, Any] | None, written: Written) -> Any:
        """See the contract; what is in training is put back into it."""
        modes = [(part, part.training) for part in model.modules()]
        model.eval()
        try:
            return super().answer(model, data, params, written)
        finally:
            for part, mode in modes:
                part.training = mode


class _Predictor(NativePredictor):
    """Makes a tensor of rows, and of a tensor what the rows were: a frame or an array."""

    def __init__(self, model: Any, device: str) -> None:
        super().__init__(model, "forward")
        self._device = device

    def predict(self, data: Any, params: Mapping[str, Any] | None = None) -> Any:
        """Scores; params are arguments of the module's forward."""
        import pandas as pd
        import torch

        if "device" in (params or {}):
            raise InvalidParameter("The device is chosen when the model is loaded: model_config={'device': 'cuda'}.")
        rows = data.to_numpy(dtype="float32") if isinstance(data, pd.DataFrame) else data
        if not hasattr(rows, "__array__") or isinstance(rows, pd.Series):
            raise InvalidParameter(f"A PyTorch model takes a DataFrame or an array, not a {type(data).__name__}.")
        with torch.no_grad():
            answer = self.model(_tensor(rows).to(self._device), **(params or {}))
        if not isinstance(answer, torch.Tensor):
            raise InvalidParameter(
                f"A generic load takes a module that gives one tensor; this one gives a {type(answer).__name__}. Load "
                "it with trackbook.pytorch.load_model, or wrap it in a PythonModel."
            )
        scores = answer.cpu().numpy()
        return pd.DataFrame(scores, index=data.index) if isinstance(data, pd.DataFrame) else scores


def _tensor(rows: Any) -> Any:
    """A tensor of an array; torch shares its memory, which has to be in order and writable."""
    import numpy as np
    import torch

    return rows if isinstance(rows, torch.Tensor) else torch.from_numpy(np.require(rows, requirements=("C", "W")))


def _file(opened: Opened) -> Path:
    """The one file of the model in the folder that MLmodel names; a folder of MLflow before 1.0 may be the file."""
    place = opened.file(opened.config.get("model_data") or opened.pyfunc.get("data"), _FOLDER)
    if place.is_file():
        return place
    found = next((place / name for name in (_PICKLE, _GRAPH) if place.joinpath(name).is_file()), None)
    if found is None:
        raise InvalidParameter(f"The folder {place.name!r} of the model has no {_PICKLE} and no {_GRAPH}.")
    return found


def _is_script(path: Path) -> bool:
    """Whether a file is a TorchScript program."""
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.endswith("/constants.pkl") for name in archive.namelist())
    except (zipfile.BadZipFile, ValueError):
        return False


def _pickle(model: Any, path: Path, pickle_module: ModuleType | None) -> None:
    import cloudpickle
    import torch

    if isinstance(model, torch.jit.ScriptModule):
        torch.jit.save(model, path)
        return
    try:
        torch.save(model, path, pickle_module=pickle_module or cloudpickle)
    except (AttributeError, TypeError, RuntimeError, pickle.PicklingError) as error:
        raise InvalidParameter(f"The {type(model).__name__} cannot be pickled: {error}") from error


def _export(model: Any, example: Any, path: Path) -> None:
    """Trace the graph for any number of rows, also where the example has one, of which torch would make a constant."""
    import torch

    given = example if isinstance(example, list | tuple) else [example]
    if not given or any(not hasattr(each, "__array__") or hasattr(each, "columns") for each in given):
        raise InvalidParameter(
            "serialization_format='pt2' runs the module once: give an array, or a list of arrays, as input_example."
        )
    if isinstance(model, torch.jit.ScriptModule):
        raise InvalidParameter("A TorchScript program is stored with serialization_format='pickle'.")
    rows = [_tensor(each) for each in given]
    rows = [torch.cat([each, each]) if each.ndim and len(each) == 1 else each for each in rows]
    shapes = [{0: torch.export.Dim.AUTO} if each.ndim else None for each in rows]
    try:
        torch.export.save(torch.export.export(model, tuple(rows), dynamic_shapes=shapes), path)
    except (AttributeError, RuntimeError, TypeError, ValueError) as error:
        raise InvalidParameter(f"The {type(model).__name__} cannot be exported as a graph: {error}") from error


flavor = Modules()


def save_model(
    pytorch_model: Any,
    path: str | os.PathLike[str],
    conda_env: Mapping[str, Any] | str | None = None,
    mlflow_model: Model | None = None,
    code_paths: Sequence[str] | None = None,
    pickle_module: Any = None,
    signature: Any = None,
    input_example: Any = None,
    extra_files: Sequence[str] | None = None,
    pip_requirements: Any = None,
    extra_pip_requirements: Any = None,
    metadata: Mapping[str, Any] | None = None,
    export_model: bool = False,
    serialization_format: str | None = None,
    **kwargs: Any,
) -> None:
    """Write a PyTorch module into a new local folder, in MLflow's format.

    See `trackbook.sklearn.save_model` for what is not listed.

    Args:
        pytorch_model: a torch.nn.Module, a LightningModule or a TorchScript program.
        pickle_module: a module with Pickler and Unpickler; cloudpickle if None.
        export_model: MLflow's older word for ``pt2``.
        serialization_format: ``pickle`` (None is that) for the module itself, or ``pt2`` for a graph of its forward.
        kwargs: none is known.

    Raises:
        AlreadyExists: something is at the path.
        InvalidParameter: it is no such model, or something beside it is wrong; nothing is left behind.
        MissingDependency: PyTorch is not installed.
    """
    words = locals()
    save(flavor, words.pop("pytorch_model"), words.pop("path"), words)


def log_model(
    pytorch_model: Any,
    artifact_path: str | None = None,
    conda_env: Mapping[str, Any] | str | None = None,
    code_paths: Sequence[str] | None = None,
    pickle_module: Any = None,
    registered_model_name: str | None = None,
    signature: Any = None,
    input_example: Any = None,
    await_registration_for: int = 300,
    extra_files: Sequence[str] | None = None,
    pip_requirements: Any = None,
    extra_pip_requirements: Any = None,
    metadata: Mapping[str, Any] | None = None,
    name: str | None = None,
    params: Mapping[str, Any] | None = None,
    tags: Mapping[str, Any] | None = None,
    model_type: str | None = None,
    step: int = 0,
    model_id: str | None = None,
    export_model: bool = False,
    serialization_format: str | None = None,
    **kwargs: Any,
) -> ModelInfo:
    """Log a PyTorch module, of the active run if there is one.

    See `save_model` and `trackbook.sklearn.log_model` for what is not listed.

    Args:
        pytorch_model: a torch.nn.Module, a LightningModule or a TorchScript program.
        pickle_module: a module with Pickler and Unpickler; cloudpickle if None.
        export_model: MLflow's older word for ``pt2``.
        serialization_format: ``pickle`` (None is that) for the module itself, or ``pt2`` for a graph of its forward.
        kwargs: none is known.

    Returns:
        What is known of it; `model_uri` is what loads it.

    Raises:
        InvalidParameter: it is no such model, or something is wrong; nothing is left behind.
        MissingDependency: PyTorch is not installed.
    """
    words = locals()
    return log(flavor, words.pop("pytorch_model"), words)


def load_model(
    model_uri: str,
    dst_path: str | None = None,
    *,
    trust: bool | None = None,
    **kwargs: Any,
) -> Any:
    """The module of a model, in evaluation mode, that was saved or logged, by Trackbook or by MLflow.

    Args:
        model_uri: see `trackbook.sklearn.load_model`.
        dst_path: folder for a copy of its files that stays.
        kwargs: of torch.load, such as map_location.
        trust: True lets this call run code that comes with the model; None asks your rules (docs/models.md).

    Raises:
        NotFound: there is no such model.
        DamagedArtifact: its files are not what was stored.
        UntrustedModel: loading it runs code, and nobody has said that it may.
        MissingDependency: PyTorch is not installed.
    """
    return load(flavor, model_uri, dst_path, trust, **kwargs)
