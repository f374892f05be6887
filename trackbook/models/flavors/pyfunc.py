"""python_function: PythonModels and functions as pickles, models from code, and models with a loader of their own."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trackbook.errors import InvalidParameter, NotSupported
from trackbook.models.flavors.base import Flavor, Opened, Written
from trackbook.models.flavors.table import flavor_of_loader
from trackbook.models.model import Model, ModelInfo
from trackbook.models.model_code import read_config, run_code
from trackbook.models.package import log, save
from trackbook.models.pickles import find_global, pickled
from trackbook.models.python_model import PythonModel, PythonModelContext, PythonPredictor, as_python_model
from trackbook.models.requirements import modules_of, pinned

__all__ = ["PythonFunctions", "flavor", "log_model", "save_model"]

_PICKLE = "python_model.pkl"
_CODE_LOADER = "mlflow.pyfunc.loaders.code_model"


@dataclass
class Source:
    """What save_model was given of the model itself.

    Attributes:
        model: a PythonModel; None for a model with a loader of its own.
        artifacts: name to the address of a file or folder that the model needs.
        config: what it finds as model_config.
        streamable: whether predict_stream is there; found out if None.
        code: the Python file that makes it.
        loader: the module that loads it.
        data: the file or folder that the loader is handed.
    """

    model: Any = None
    artifacts: Mapping[str, str] | None = None
    config: dict[str, Any] | None = None
    streamable: bool | None = None
    code: Path | None = None
    loader: str | None = None
    data: Path | None = None
    context: PythonModelContext | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        return list, ((self.model,),)  # what is looked through for requirements is the model


class PythonFunctions(Flavor):
    """Any Python code."""

    name = "python_function"
    library = "cloudpickle"
    loader_module = "mlflow.pyfunc.model"
    keeps_files = True

    def save(self, model: Source, folder: Path, **options: Any) -> Written:
        """See the contract."""
        pyfunc: dict[str, Any] = {"config": model.config} if model.config else {}
        if model.loader is not None:
            return Written({}, pyfunc | _copy_data(model, folder))
        if model.code is not None:
            shutil.copyfile(model.code, folder / model.code.name)
            pyfunc |= {"loader_module": _CODE_LOADER, "model_code_path": model.code.name}
        else:
            folder.joinpath(_PICKLE).write_bytes(pickled(model.model))
            pyfunc |= {"python_model": _PICKLE, "cloudpickle_version": (pinned("cloudpickle") or "").partition("==")[2]}
        kept = _copy_artifacts(model.artifacts or {}, folder)
        model.context = PythonModelContext(
            {name: str(folder / each["path"]) for name, each in kept.items()}, model.config
        )
        if kept:
            pyfunc["artifacts"] = kept
        pyfunc["streamable"] = _streams(model.model) if model.streamable is None else bool(model.streamable)
        return Written({}, pyfunc, sorted(modules_of(model.model)))

    def hazard(self, opened: Opened) -> str:
        """All of them run code."""
        if opened.pyfunc.get("model_code_path"):
            return "brings its own code"
        return "is a pickle" if opened.pyfunc.get("python_model") else "brings a loader of its own"

    def load(self, opened: Opened, **options: Any) -> Any:
        """The PythonModel, without its context."""
        config = options.get("model_config")
        if opened.pyfunc.get("model_code_path"):
            opened.trust.require("brings its own code")
            return run_code(opened.file(os.path.basename(str(opened.pyfunc["model_code_path"]))), config)
        if opened.pyfunc.get("python_model_compression"):
            raise NotSupported(
                "This model is a compressed pickle; load it with MLflow and save it without compression."
            )
        return opened.trust.unpickle(
            opened.file(opened.pyfunc.get("python_model"), _PICKLE), "is a pickle", find_global
        )

    def predictor(self, opened: Opened, model_config: Mapping[str, Any] | None = None) -> PythonPredictor:
        """See the contract."""
        model = self.load(opened, model_config=model_config)
        paths = opened.pyfunc.get("artifacts") or {}
        if not isinstance(paths, Mapping) or not all(isinstance(each, Mapping) for each in paths.values()):
            raise InvalidParameter("The artifacts that MLmodel names are a mapping of name to path; these are not.")
        files = {str(name): str(opened.file(each.get("path")).absolute()) for name, each in paths.items()}
        context = PythonModelContext(files, model_config)
        load_context = getattr(model, "load_context", None)
        if load_context is not None:
            load_context(context)
        return PythonPredictor(model, context)

    def answer(self, model: Source, data: Any, params: Mapping[str, Any] | None, written: Written) -> Any:
        """See the contract; a model with a loader of its own is not asked."""
        if model.model is None:
            raise InvalidParameter("a model with a loader of its own is not asked before it is stored")
        context = model.context or PythonModelContext({}, model.config)
        model.model.load_context(context)
        return PythonPredictor(model.model, context).predict(data, params)


flavor = PythonFunctions()


def _streams(model: Any) -> bool:
    method = getattr(type(model), "predict_stream", None)
    return method is not None and method is not PythonModel.predict_stream and "mlflow" not in str(method.__module__)


def _copy_data(model: Source, folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = {"loader_module": model.loader, "streamable": bool(model.streamable)}
    if model.data is not None:
        target = folder / "data" / model.data.name
        target.parent.mkdir()
        if model.data.is_dir():
            shutil.copytree(model.data, target)
        else:
            shutil.copyfile(model.data, target)
        found["data"] = f"data/{model.data.name}"
    return found


def _copy_artifacts(addresses: Mapping[str, str], folder: Path) -> dict[str, dict[str, str]]:
    """Copies in the folder ``artifacts``; two of one name lie in folders of their own."""
    from trackbook.runs.addresses import download_artifacts

    kept: dict[str, dict[str, str]] = {}
    for place, (name, address) in enumerate(addresses.items()):
        with tempfile.TemporaryDirectory(prefix="trackbook-artifacts-") as staged:
            copy = Path(download_artifacts(os.fspath(address), dst_path=staged))
            path = Path("artifacts", copy.name)
            if folder.joinpath(path).exists():
                path = Path("artifacts", str(place), copy.name)
            folder.joinpath(path).parent.mkdir(parents=True, exist_ok=True)
            shutil.move(copy, folder / path)
        kept[str(name)] = {"path": path.as_posix(), "uri": str(address)}
    return kept


def _source(words: dict[str, Any]) -> Source:
    """The model itself, out of what save_model was given."""
    names = ("python_model", "artifacts", "model_config", "streamable", "loader_module", "data_path")
    model, artifacts, config, streamable, loader, data = (words.pop(name, None) for name in names)
    _leave_aside(words)
    if (model is None) == (loader is None):
        raise InvalidParameter("Give python_model, or loader_module with data_path; one of them.")
    if artifacts is not None and (loader is not None or not isinstance(artifacts, Mapping)):
        raise InvalidParameter("artifacts is a dict of name to address, beside a python_model.")
    config = read_config(config)
    if loader is not None:
        return _with_loader(str(loader), data, config, streamable, words)
    if data is not None:
        raise InvalidParameter("data_path goes with loader_module; a python_model takes artifacts.")
    code = None
    if isinstance(model, (str, os.PathLike)):
        code = Path(model)
        if code.suffix != ".py" or not code.is_file():
            raise InvalidParameter(f"python_model names {str(model)!r:.200}, which is no Python file.")
        model = run_code(code, config)
    return Source(as_python_model(model), artifacts, config, streamable, code)


def _with_loader(loader: str, data: Any, config: Any, streamable: Any, words: Mapping[str, Any]) -> Source:
    path = None if data is None else Path(data)
    if path is not None and not path.exists():
        raise InvalidParameter(f"data_path names {str(data)!r:.200}, which is not there.")
    if flavor_of_loader(loader) is None and not words.get("code_paths"):
        raise InvalidParameter(
            f"The loader {loader!r:.80} is not found in the model's own code. Give its file by code_paths, so that "
            "whoever loads the model has it and its digest tells whether it was changed."
        )
    return Source(None, None, config, streamable, None, loader, path)


def _leave_aside(words: dict[str, Any]) -> None:
    """What is Databricks', uv's or of language models."""
    if words.pop("infer_code_paths", False):
        raise NotSupported("Code is not found by itself; list the model's files in code_paths.")
    for name in ("resources", "auth_policy", "prompts", "uv_project_path", "uv_groups", "uv_extras"):
        words.pop(name, None)


def save_model(
    path: str | os.PathLike[str],
    loader_module: str | None = None,
    data_path: str | os.PathLike[str] | None = None,
    code_paths: Sequence[str] | None = None,
    infer_code_paths: bool = False,
    conda_env: Mapping[str, Any] | str | None = None,
    mlflow_model: Model | None = None,
    python_model: Any = None,
    artifacts: Mapping[str, str] | None = None,
    signature: Any = None,
    input_example: Any = None,
    pip_requirements: Any = None,
    extra_pip_requirements: Any = None,
    metadata: Mapping[str, Any] | None = None,
    model_config: Any = None,
    streamable: bool | None = None,
    resources: Any = None,
    auth_policy: Any = None,
    uv_project_path: Any = None,
    uv_groups: Any = None,
    uv_extras: Any = None,
    **kwargs: Any,
) -> None:
    """Write Python code as a model into a new local folder, in MLflow's format.

    Args:
        path: of the folder; there must be nothing, or an empty folder.
        loader_module: name of a module in `code_paths` with ``_load_pyfunc(path)``, or of a flavor's loader such as
            ``mlflow.sklearn``; instead of python_model.
        data_path: file or folder that the loader is handed.
        code_paths: local files and folders that the model's code needs.
        infer_code_paths: not supported; list them.
        conda_env: content or path of a conda.yaml, instead of what is found.
        mlflow_model: an MLmodel to add to.
        python_model: a PythonModel, a function of one argument, or the path of a Python file that calls `set_model`.
        artifacts: name to the address of a file or folder, which is copied in; `load_context` finds it.
        signature: what `infer_signature` gives; None infers one from the example, False leaves it out.
        input_example: data that the model takes, or a pair of data and params.
        pip_requirements: lines or the path of a file, instead of what is found.
        extra_pip_requirements: beside what is found.
        metadata: plain values for MLmodel.
        model_config: a dict, or the path of a YAML file, that the context and `ModelConfig` hand to the model.
        streamable: whether predict_stream is there; found out if None.
        resources: taken for MLflow's sake, and left aside.
        auth_policy: taken for MLflow's sake, and left aside.
        uv_project_path: taken for MLflow's sake, and left aside.
        uv_groups: taken for MLflow's sake, and left aside.
        uv_extras: taken for MLflow's sake, and left aside.
        kwargs: none is known.

    Raises:
        AlreadyExists: something is at the path.
        InvalidParameter: it is no such model, or something beside it is wrong; nothing is left behind.
    """
    words = locals()
    save(flavor, _source(words), words.pop("path"), words)


def log_model(
    artifact_path: str | None = None,
    loader_module: str | None = None,
    data_path: str | os.PathLike[str] | None = None,
    code_paths: Sequence[str] | None = None,
    infer_code_paths: bool = False,
    conda_env: Mapping[str, Any] | str | None = None,
    python_model: Any = None,
    artifacts: Mapping[str, str] | None = None,
    registered_model_name: str | None = None,
    signature: Any = None,
    input_example: Any = None,
    await_registration_for: int = 300,
    pip_requirements: Any = None,
    extra_pip_requirements: Any = None,
    metadata: Mapping[str, Any] | None = None,
    model_config: Any = None,
    streamable: bool | None = None,
    resources: Any = None,
    auth_policy: Any = None,
    uv_project_path: Any = None,
    uv_groups: Any = None,
    uv_extras: Any = None,
    prompts: Any = None,
    name: str | None = None,
    params: Mapping[str, Any] | None = None,
    tags: Mapping[str, Any] | None = None,
    model_type: str | None = None,
    step: int = 0,
    model_id: str | None = None,
) -> ModelInfo:
    """Log Python code as a model, of the active run if there is one; see `save_model` for what is not listed.

    Args:
        artifact_path: MLflow's older word for name.
        registered_model_name: register it under that name too.
        await_registration_for: taken for MLflow's sake; a version is there at once.
        prompts: taken for MLflow's sake, and left aside.
        name: of the logged model.
        params: of the logged model.
        tags: of the logged model.
        model_type: such as ``classifier``.
        step: of the run at which it was made.
        model_id: a PENDING logged model that takes the files; a new one if None.

    Returns:
        What is known of it; `model_uri` is what loads it.

    Raises:
        InvalidParameter: it is no such model, or something is wrong; nothing is left behind.
    """
    words = locals()
    return log(flavor, _source(words), words)
