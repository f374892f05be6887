"""TensorFlow: its Keras models, and modules as SavedModels, which are programs."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from trackbook.errors import InvalidParameter, NotSupported
from trackbook.models.flavors.base import Flavor, Opened, Predictor, Written
from trackbook.models.flavors.keras_files import (
    CUSTOM,
    FOLDER,
    KerasPredictor,
    find_model,
    hazard_of_model,
    read_model,
    read_saved_model,
)
from trackbook.models.loading import load
from trackbook.models.model import Model, ModelInfo
from trackbook.models.package import log, save

__all__ = ["TensorFlowModels", "flavor", "load_model", "log_model", "save_model"]

_GRAPH = "tf2model"
_KERAS, _MODULE = "keras", "tf2-module"


class TensorFlowModels(Flavor):
    """Keras models by TensorFlow, and tf.Modules."""

    name = "tensorflow"
    library = "tensorflow"
    loader_module = "mlflow.tensorflow"

    def save(
        self,
        model: Any,
        folder: Path,
        custom_objects: Mapping[str, Any] | None = None,
        saved_model_kwargs: Mapping[str, Any] | None = None,
        keras_model_kwargs: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> Written:
        """See the contract; custom objects go beside the model as a pickle."""
        import tensorflow as tf

        try:
            if isinstance(model, tf.keras.Model):
                return _save_keras(model, folder / FOLDER, custom_objects, dict(keras_model_kwargs or {}))
            if isinstance(model, tf.Module):
                tf.saved_model.save(model, str(folder / _GRAPH), **(saved_model_kwargs or {}))
                return Written({"saved_model_dir": _GRAPH, "model_type": _MODULE})
        except (AttributeError, AssertionError, NotImplementedError, RuntimeError, TypeError, ValueError) as error:
            raise InvalidParameter(f"The {type(model).__name__} cannot be stored: {error}") from error
        raise InvalidParameter(f"A TensorFlow model is a Keras model or a tf.Module, not a {type(model).__name__}.")

    def hazard(self, opened: Opened) -> str:
        """A SavedModel is a program; for Keras models see `hazard_of_model`."""
        if _kind(opened) == _MODULE:
            return "is a SavedModel, a program"
        return hazard_of_model(find_model(opened))

    def load(self, opened: Opened, **options: Any) -> Any:
        """See the contract."""
        if _kind(opened) == _MODULE:
            path = opened.file(opened.config.get("saved_model_dir"), _GRAPH)
            return read_saved_model(path, **(options.get("saved_model_kwargs") or {}))
        return read_model(opened, find_model(opened), options.get("keras_model_kwargs") or {})

    def wrap(self, model: Any, pyfunc: Mapping[str, Any]) -> Predictor:
        """See the contract."""
        return KerasPredictor(model) if hasattr(model, "predict") else _Predictor(model)


class _Predictor:
    """Calls a module with a tensor."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def get_raw_model(self) -> Any:
        """The module."""
        return self._model

    def predict(self, data: Any, params: Mapping[str, Any] | None = None) -> Any:
        """Scores."""
        import numpy as np
        import tensorflow as tf

        if not isinstance(data, np.ndarray | list):
            raise InvalidParameter(f"A tf.Module takes an array or a list of numbers, not a {type(data).__name__}.")
        answer = self._model(tf.convert_to_tensor(data))
        return answer.numpy() if isinstance(answer, tf.Tensor) else answer


def _kind(opened: Opened) -> str:
    kind = opened.config.get("model_type") or ("tf1-estimator" if "saved_model_dir" in opened.config else _KERAS)
    if kind not in (_KERAS, _MODULE):
        raise NotSupported(f"A TensorFlow model of the type {kind!r:.80} cannot be loaded, but {_KERAS} and {_MODULE}.")
    return str(kind)


def _save_keras(model: Any, data: Path, custom: Mapping[str, Any] | None, given: dict[str, Any]) -> Written:
    import tensorflow as tf

    form = given.pop("save_format", "tf")
    data.mkdir()
    text = model.to_json()
    registered = {key: each for key, each in tf.keras.utils.get_custom_objects().items() if f'"{key}"' in text}
    own = registered | dict(custom or {})
    if own:
        import cloudpickle

        data.joinpath(CUSTOM).write_bytes(cloudpickle.dumps(own))
    data.joinpath("keras_module.txt").write_text("tensorflow.keras", encoding="utf-8")
    data.joinpath("save_format.txt").write_text(form, encoding="utf-8")
    model.save(data / ("model.h5" if form == "h5" else "model.keras"), **given)
    config = {"data": FOLDER, "model_type": _KERAS, "keras_version": tf.__version__, "save_format": form}
    return Written(config, {"data": FOLDER}, ("cloudpickle",) if own else ())


flavor = TensorFlowModels()


def save_model(
    model: Any,
    path: str | os.PathLike[str],
    conda_env: Mapping[str, Any] | str | None = None,
    code_paths: Sequence[str] | None = None,
    mlflow_model: Model | None = None,
    custom_objects: Mapping[str, Any] | None = None,
    signature: Any = None,
    input_example: Any = None,
    pip_requirements: Any = None,
    extra_pip_requirements: Any = None,
    saved_model_kwargs: Mapping[str, Any] | None = None,
    keras_model_kwargs: Mapping[str, Any] | None = None,
    metadata: Mapping[str, Any] | None = None,
    extra_files: Sequence[str] | None = None,
) -> None:
    """Write a TensorFlow model into a new local folder, in MLflow's format.

    See `trackbook.sklearn.save_model` for what is not listed.

    Args:
        model: a Keras model or a tf.Module.
        custom_objects: layers and functions of your own, by name; stored as a pickle.
        saved_model_kwargs: of tf.saved_model.save, for a tf.Module.
        keras_model_kwargs: of the Keras model's save; save_format ``h5`` is known too.

    Raises:
        AlreadyExists: something is at the path.
        InvalidParameter: it is no such model, or something beside it is wrong; nothing is left behind.
        MissingDependency: TensorFlow is not installed.
    """
    words = locals()
    save(flavor, words.pop("model"), words.pop("path"), words)


def log_model(
    model: Any,
    artifact_path: str | None = None,
    custom_objects: Mapping[str, Any] | None = None,
    conda_env: Mapping[str, Any] | str | None = None,
    code_paths: Sequence[str] | None = None,
    signature: Any = None,
    input_example: Any = None,
    registered_model_name: str | None = None,
    await_registration_for: int = 300,
    pip_requirements: Any = None,
    extra_pip_requirements: Any = None,
    saved_model_kwargs: Mapping[str, Any] | None = None,
    keras_model_kwargs: Mapping[str, Any] | None = None,
    metadata: Mapping[str, Any] | None = None,
    extra_files: Sequence[str] | None = None,
    name: str | None = None,
    params: Mapping[str, Any] | None = None,
    tags: Mapping[str, Any] | None = None,
    model_type: str | None = None,
    step: int = 0,
    model_id: str | None = None,
    **kwargs: Any,
) -> ModelInfo:
    """Log a TensorFlow model, of the active run if there is one.

    See `save_model` and `trackbook.sklearn.log_model` for what is not listed.

    Args:
        model: a Keras model or a tf.Module.
        custom_objects: layers and functions of your own, by name; stored as a pickle.
        saved_model_kwargs: of tf.saved_model.save, for a tf.Module.
        keras_model_kwargs: of the Keras model's save; save_format ``h5`` is known too.
        kwargs: none is known.

    Returns:
        What is known of it; `model_uri` is what loads it.

    Raises:
        InvalidParameter: it is no such model, or something is wrong; nothing is left behind.
        MissingDependency: TensorFlow is not installed.
    """
    words = locals()
    return log(flavor, words.pop("model"), words)


def load_model(
    model_uri: str,
    dst_path: str | None = None,
    saved_model_kwargs: Mapping[str, Any] | None = None,
    keras_model_kwargs: Mapping[str, Any] | None = None,
    *,
    trust: bool | None = None,
) -> Any:
    """The Keras model, or the module, of a model that was saved or logged, by Trackbook or by MLflow.

    Args:
        model_uri: see `trackbook.sklearn.load_model`.
        dst_path: folder for a copy of its files that stays.
        saved_model_kwargs: of tf.saved_model.load.
        keras_model_kwargs: of keras.saving.load_model.
        trust: True lets this call run code that comes with the model; None asks your rules (docs/models.md).

    Raises:
        NotFound: there is no such model.
        DamagedArtifact: its files are not what was stored.
        UntrustedModel: loading it runs code, and nobody has said that it may.
        MissingDependency: TensorFlow is not installed.
    """
    words = {"saved_model_kwargs": saved_model_kwargs, "keras_model_kwargs": keras_model_kwargs}
    return load(flavor, model_uri, dst_path, trust, **words)
