"""Keras 3, whichever of its backends computes: .keras files, which run no code unless they hold Lambda layers."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trackbook.errors import InvalidParameter
from trackbook.models.flavors.base import Flavor, Opened, Predictor, Written
from trackbook.models.flavors.keras_files import FOLDER, KerasPredictor, find_model, hazard_of_model, read_model
from trackbook.models.loading import load
from trackbook.models.model import Model, ModelInfo
from trackbook.models.package import log, save

__all__ = ["KerasModels", "flavor", "load_model", "log_model", "save_model"]


class KerasModels(Flavor):
    """Models of Keras 3."""

    name = "keras"
    library = "keras"
    loader_module = "mlflow.keras"

    def save(
        self,
        model: Any,
        folder: Path,
        save_exported_model: bool = False,
        save_model_kwargs: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> Written:
        """See the contract; an exported model is a SavedModel of TensorFlow."""
        import keras

        if not isinstance(model, keras.Model):
            raise InvalidParameter(f"A Keras model is a keras.Model, not a {type(model).__name__}.")
        data, given = folder / FOLDER, dict(save_model_kwargs or {})
        data.mkdir()
        data.joinpath("keras_module.txt").write_text("keras", encoding="utf-8")
        try:
            if save_exported_model:
                model.export(str(data / "model"), **{"verbose": False} | given)
            else:
                model.save(data / "model.keras", **given)
        except (AttributeError, ImportError, NotImplementedError, RuntimeError, TypeError, ValueError) as error:
            raise InvalidParameter(f"The {type(model).__name__} cannot be stored: {error}") from error
        backend = str(keras.backend.backend())
        config = {
            "data": FOLDER,
            "keras_backend": backend,
            "keras_version": keras.__version__,
            "save_exported_model": save_exported_model,
        }
        return Written(config, {}, ("tensorflow",) if save_exported_model else (backend,))

    def hazard(self, opened: Opened) -> str:
        """See `hazard_of_model`."""
        return hazard_of_model(find_model(opened))

    def load(self, opened: Opened, **options: Any) -> Any:
        """See the contract; options are those of keras.saving.load_model."""
        return read_model(opened, find_model(opened), options)

    def wrap(self, model: Any, pyfunc: Mapping[str, Any]) -> Predictor:
        """See the contract."""
        return KerasPredictor(model)


flavor = KerasModels()


def save_model(
    model: Any,
    path: str | os.PathLike[str],
    save_exported_model: bool = False,
    conda_env: Mapping[str, Any] | str | None = None,
    mlflow_model: Model | None = None,
    signature: Any = None,
    input_example: Any = None,
    pip_requirements: Any = None,
    extra_pip_requirements: Any = None,
    save_model_kwargs: Mapping[str, Any] | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> None:
    """Write a Keras model into a new local folder, in MLflow's format.

    See `trackbook.sklearn.save_model` for what is not listed.

    Args:
        model: a keras.Model.
        save_exported_model: as a SavedModel of TensorFlow instead of a .keras file.
        save_model_kwargs: of the model's save (or export).

    Raises:
        AlreadyExists: something is at the path.
        InvalidParameter: it is no such model, or something beside it is wrong; nothing is left behind.
        MissingDependency: Keras is not installed.
    """
    words = locals()
    save(flavor, words.pop("model"), words.pop("path"), words)


def log_model(
    model: Any,
    artifact_path: str | None = None,
    save_exported_model: bool = False,
    conda_env: Mapping[str, Any] | str | None = None,
    signature: Any = None,
    input_example: Any = None,
    registered_model_name: str | None = None,
    await_registration_for: int = 300,
    pip_requirements: Any = None,
    extra_pip_requirements: Any = None,
    save_model_kwargs: Mapping[str, Any] | None = None,
    metadata: Mapping[str, Any] | None = None,
    name: str | None = None,
    params: Mapping[str, Any] | None = None,
    tags: Mapping[str, Any] | None = None,
    model_type: str | None = None,
    step: int = 0,
    model_id: str | None = None,
) -> ModelInfo:
    """Log a Keras model, of the active run if there is one.

    See `save_model` and `trackbook.sklearn.log_model` for what is not listed.

    Args:
        model: a keras.Model.
        save_exported_model: as a SavedModel of TensorFlow instead of a .keras file.
        save_model_kwargs: of the model's save (or export).

    Returns:
        What is known of it; `model_uri` is what loads it.

    Raises:
        InvalidParameter: it is no such model, or something is wrong; nothing is left behind.
        MissingDependency: Keras is not installed.
    """
    words = locals()
    return log(flavor, words.pop("model"), words)


def load_model(
    model_uri: str,
    dst_path: str | None = None,
    custom_objects: Mapping[str, Any] | None = None,
    load_model_kwargs: Mapping[str, Any] | None = None,
    *,
    trust: bool | None = None,
) -> Any:
    """The Keras model that was saved or logged, by Trackbook or by MLflow.

    Args:
        model_uri: see `trackbook.sklearn.load_model`.
        dst_path: folder for a copy of its files that stays.
        custom_objects: layers and functions of your own, by name.
        load_model_kwargs: of keras.saving.load_model.
        trust: True lets this call run code that comes with the model; None asks your rules (docs/models.md).

    Raises:
        NotFound: there is no such model.
        DamagedArtifact: its files are not what was stored.
        UntrustedModel: loading it runs code, and nobody has said that it may.
        MissingDependency: Keras is not installed.
    """
    return load(flavor, model_uri, dst_path, trust, custom_objects=custom_objects, **(load_model_kwargs or {}))
