"""ONNX: graphs, which onnxruntime scores; they run no code of their own, but may name other files and libraries."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from trackbook.errors import InvalidParameter
from trackbook.libraries import require
from trackbook.models.flavors.base import Flavor, Opened, Predictor, Written
from trackbook.models.loading import load
from trackbook.models.model import Model, ModelInfo
from trackbook.models.package import log, save
from trackbook.uris import SafeRelPath

__all__ = ["Graphs", "flavor", "load_model", "log_model", "save_model"]

log_ = logging.getLogger("trackbook")

_FILE = "model.onnx"
_PROVIDERS = ("CUDAExecutionProvider", "CPUExecutionProvider")
_NUMBERS = ("intra_op_num_threads", "inter_op_num_threads")
_MODES = ("sequential", "parallel")


class Graphs(Flavor):
    """Models of ONNX."""

    name = "onnx"
    library = "onnx"
    loader_module = "mlflow.onnx"
    modules = ("onnxruntime",)
    keeps_files = True

    def save(
        self,
        model: Any,
        folder: Path,
        onnx_execution_providers: Sequence[Any] | None = None,
        onnx_session_options: Mapping[str, Any] | None = None,
        save_as_external_data: bool = True,
        **options: Any,
    ) -> Written:
        """See the contract; large tensors go into files of their own beside the graph."""
        import onnx

        if not isinstance(model, onnx.ModelProto):
            raise InvalidParameter(f"An ONNX model is an onnx.ModelProto, not a {type(model).__name__}.")
        providers = list(_PROVIDERS if onnx_execution_providers is None else onnx_execution_providers)
        _check_options(onnx_session_options)
        try:
            onnx.checker.check_model(model)
            own = onnx.ModelProto()
            own.CopyFrom(model)  # saving takes the large tensors out of it
            onnx.save_model(own, str(folder / _FILE), save_as_external_data=save_as_external_data)
        except (TypeError, ValueError, onnx.checker.ValidationError) as error:
            raise InvalidParameter(f"The model cannot be stored: {error}") from None
        config = {
            "data": _FILE,
            "onnx_session_options": dict(onnx_session_options) if onnx_session_options else None,
            "onnx_version": onnx.__version__,
            "providers": [list(each) if isinstance(each, tuple) else each for each in providers],
        }
        return Written(config, {"data": _FILE})

    def hazard(self, opened: Opened) -> str:
        """A graph runs nothing; options by which onnxruntime loads libraries and reads files do."""
        given = opened.config.get("onnx_session_options")
        if isinstance(given, Mapping) and given.get("extra_session_config"):
            return "sets entries of onnxruntime's configuration, which can name files"
        if any(not isinstance(each, str) for each in _listed(opened.config.get("providers"))):
            return "sets options of onnxruntime's providers, which can name libraries"
        return ""

    def load(self, opened: Opened, **options: Any) -> Any:
        """See the contract."""
        import onnx

        path = _checked(opened)
        try:
            return onnx.load(str(path))
        except (OSError, TypeError, ValueError, onnx.checker.ValidationError) as error:
            raise InvalidParameter(f"{path.name!r} holds no ONNX model: {error}") from None

    def predictor(self, opened: Opened, model_config: Mapping[str, Any] | None = None) -> Predictor:
        """See the contract."""
        require("Scoring an ONNX model", "onnxruntime")
        return _Predictor(_session(str(_checked(opened)), opened.config))

    def answer(self, model: Any, data: Any, params: Mapping[str, Any] | None, written: Written) -> Any:
        """See the contract."""
        require("Scoring an ONNX model", "onnxruntime")
        return _Predictor(_session(model.SerializeToString(), {})).predict(data, params)


class _Predictor:
    """Feeds the inputs of a graph by their names."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._inputs = {each.name: each.type for each in session.get_inputs()}
        self._outputs = [each.name for each in session.get_outputs()]

    def get_raw_model(self) -> Any:
        """The session of onnxruntime."""
        return self._session

    def predict(self, data: Any, params: Mapping[str, Any] | None = None) -> Any:
        """Scores: a frame for a frame, otherwise a dict of arrays by the names of the outputs."""
        import numpy as np
        import pandas as pd

        answers = self._session.run(self._outputs, self._feed(data))
        if isinstance(data, pd.DataFrame):
            columns = zip(self._outputs, answers, strict=True)
            return pd.DataFrame({name: np.asarray(answer).reshape(-1) for name, answer in columns})
        return dict(zip(self._outputs, answers, strict=True))

    def _feed(self, data: Any) -> dict[str, Any]:
        import numpy as np
        import pandas as pd

        names = list(self._inputs)
        if isinstance(data, Mapping):
            feed = {str(name): np.asarray(values) for name, values in data.items()}
        elif isinstance(data, pd.DataFrame):
            missing = [name for name in names if len(names) > 1 and name not in data.columns]
            if missing:
                raise InvalidParameter(f"The data have no column {', '.join(missing)}, which the ONNX model takes.")
            feed = {name: data[name].to_numpy() for name in names} if len(names) > 1 else {names[0]: data.to_numpy()}
        elif isinstance(data, np.ndarray) and len(names) == 1:
            feed = {names[0]: data}
        else:
            raise InvalidParameter(
                f"An ONNX model takes a DataFrame, a dict of arrays by the names {', '.join(names)}, or an array where "
                f"there is one name; not a {type(data).__name__}."
            )
        floats = {name for name, kind in self._inputs.items() if kind == "tensor(float)"}
        return {
            name: values.astype(np.float32) if name in floats and values.dtype == np.float64 else values
            for name, values in feed.items()
        }


def _checked(opened: Opened) -> Path:
    """The file of the graph, whose tensors lie in no file beyond the model's folder."""
    import onnx
    from google.protobuf.message import DecodeError

    path = opened.file(opened.config.get("data") or opened.pyfunc.get("data"), _FILE)
    try:
        model = onnx.load(str(path), load_external_data=False)
    except (DecodeError, OSError, ValueError) as error:
        raise InvalidParameter(f"{path.name!r} holds no ONNX model: {error}") from None
    parts = [model.graph, *model.functions, *(info.algorithm for info in model.training_info)]
    for location in (location for part in parts for location in _locations(part)):
        SafeRelPath.parse(location)
        if not path.with_name(location).is_file():
            raise InvalidParameter(f"{path.name!r} names the file {location!r:.200}, which is not beside it.")
    return path


def _locations(graph: Any) -> Iterator[str]:
    """The files that tensors of a graph, and of the graphs in it, lie in."""
    attributes = [attribute for node in graph.node for attribute in node.attribute]
    sparse = getattr(graph, "sparse_initializer", ())  # a function has neither of them
    tensors = [*getattr(graph, "initializer", ()), *(part for each in sparse for part in (each.values, each.indices))]
    tensors += [tensor for attribute in attributes for tensor in (attribute.t, *attribute.tensors)]
    for tensor in tensors:
        yield from (entry.value for entry in tensor.external_data if entry.key == "location")
    for attribute in attributes:
        for inner in (*([attribute.g] if attribute.HasField("g") else ()), *attribute.graphs):
            yield from _locations(inner)


def _listed(providers: Any) -> list[Any]:
    if isinstance(providers, str):
        return [providers]
    return list(providers) if isinstance(providers, list | tuple) and providers else list(_PROVIDERS)


def _check_options(given: Mapping[str, Any] | None) -> None:
    known = {*_NUMBERS, "execution_mode", "graph_optimization_level", "extra_session_config"}
    if given is not None and (not isinstance(given, Mapping) or given.keys() - known):
        raise InvalidParameter(f"onnx_session_options is a dict of {', '.join(sorted(known))}, not {given!r:.200}.")
    if given and str(given.get("execution_mode", _MODES[0])).lower() not in _MODES:
        raise InvalidParameter(f"execution_mode is one of {', '.join(_MODES)}, not {given['execution_mode']!r:.80}.")


def _session(graph: str | bytes, config: Mapping[str, Any]) -> Any:
    import onnxruntime
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    names = ("EPFail", "Fail", "InvalidArgument", "InvalidGraph", "InvalidProtobuf", "NoSuchFile", "NotImplemented")
    refusals = tuple(getattr(state, name) for name in names if hasattr(state, name))
    available = set(onnxruntime.get_available_providers())
    pairs: list[Any] = [
        (each, {}) if isinstance(each, str) else tuple(each) for each in _listed(config.get("providers"))
    ]
    usable = [pair for pair in pairs if pair and pair[0] in available]
    lost = [str(pair[0]) for pair in pairs if pair and pair not in usable]
    if lost and lost != [_PROVIDERS[0]]:
        log_.warning("onnxruntime has no %s here; the model runs without.", ", ".join(lost))
    try:
        return onnxruntime.InferenceSession(
            graph, sess_options=_options(config.get("onnx_session_options")), providers=usable or [_PROVIDERS[1]]
        )
    except (TypeError, ValueError, RuntimeError, *refusals) as error:
        raise InvalidParameter(f"onnxruntime does not take the model: {error}") from None


def _options(given: Any) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    if not given:
        return options
    _check_options(given)
    try:
        for name in _NUMBERS:
            if given.get(name):
                setattr(options, name, int(given[name]))
        if str(given.get("execution_mode", "")).lower() == _MODES[1]:
            options.execution_mode = onnxruntime.ExecutionMode.ORT_PARALLEL
        if given.get("graph_optimization_level") is not None:
            options.graph_optimization_level = onnxruntime.GraphOptimizationLevel(given["graph_optimization_level"])
        for name, value in dict(given.get("extra_session_config") or {}).items():
            options.add_session_config_entry(str(name), str(value))
    except (TypeError, ValueError) as error:
        raise InvalidParameter(f"onnx_session_options cannot be {given!r:.200}: {error}") from None
    return options


flavor = Graphs()


def save_model(
    onnx_model: Any,
    path: str | os.PathLike[str],
    conda_env: Mapping[str, Any] | str | None = None,
    code_paths: Sequence[str] | None = None,
    mlflow_model: Model | None = None,
    signature: Any = None,
    input_example: Any = None,
    pip_requirements: Any = None,
    extra_pip_requirements: Any = None,
    onnx_execution_providers: Sequence[Any] | None = None,
    onnx_session_options: Mapping[str, Any] | None = None,
    metadata: Mapping[str, Any] | None = None,
    save_as_external_data: bool = True,
    extra_files: Sequence[str] | None = None,
    **kwargs: Any,
) -> None:
    """Write an ONNX model into a new local folder, in MLflow's format.

    See `trackbook.sklearn.save_model` for what is not listed.

    Args:
        onnx_model: an onnx.ModelProto.
        onnx_execution_providers: names of onnxruntime's providers, or pairs of name and options.
        onnx_session_options: threads, execution_mode, graph_optimization_level, extra_session_config.
        save_as_external_data: put large tensors into files of their own.
        kwargs: none is known.

    Raises:
        AlreadyExists: something is at the path.
        InvalidParameter: it is no such model, or something beside it is wrong; nothing is left behind.
        MissingDependency: onnx is not installed.
    """
    words = locals()
    save(flavor, words.pop("onnx_model"), words.pop("path"), words)


def log_model(
    onnx_model: Any,
    artifact_path: str | None = None,
    conda_env: Mapping[str, Any] | str | None = None,
    code_paths: Sequence[str] | None = None,
    registered_model_name: str | None = None,
    signature: Any = None,
    input_example: Any = None,
    await_registration_for: int = 300,
    pip_requirements: Any = None,
    extra_pip_requirements: Any = None,
    onnx_execution_providers: Sequence[Any] | None = None,
    onnx_session_options: Mapping[str, Any] | None = None,
    metadata: Mapping[str, Any] | None = None,
    save_as_external_data: bool = True,
    extra_files: Sequence[str] | None = None,
    name: str | None = None,
    params: Mapping[str, Any] | None = None,
    tags: Mapping[str, Any] | None = None,
    model_type: str | None = None,
    step: int = 0,
    model_id: str | None = None,
    **kwargs: Any,
) -> ModelInfo:
    """Log an ONNX model, of the active run if there is one.

    See `save_model` and `trackbook.sklearn.log_model` for what is not listed.

    Args:
        onnx_model: an onnx.ModelProto.
        onnx_execution_providers: names of onnxruntime's providers, or pairs of name and options.
        onnx_session_options: threads, execution_mode, graph_optimization_level, extra_session_config.
        save_as_external_data: put large tensors into files of their own.
        kwargs: none is known.

    Returns:
        What is known of it; `model_uri` is what loads it.

    Raises:
        InvalidParameter: it is no such model, or something is wrong; nothing is left behind.
        MissingDependency: onnx is not installed.
    """
    words = locals()
    return log(flavor, words.pop("onnx_model"), words)


def load_model(
    model_uri: str,
    dst_path: str | None = None,
    *,
    trust: bool | None = None,
) -> Any:
    """The onnx.ModelProto of a model that was saved or logged, by Trackbook or by MLflow.

    Args:
        model_uri: see `trackbook.sklearn.load_model`.
        dst_path: folder for a copy of its files that stays.
        trust: True lets this call run code that comes with the model; None asks your rules (docs/models.md).

    Raises:
        NotFound: there is no such model.
        DamagedArtifact: its files are not what was stored.
        UntrustedModel: loading it runs code, and nobody has said that it may.
        MissingDependency: onnx is not installed.
    """
    return load(flavor, model_uri, dst_path, trust)
