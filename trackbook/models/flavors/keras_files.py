"""Keras' own files, for the flavors keras and tensorflow: which are there, whether they run code, how they are read."""

from __future__ import annotations

import json
import pickle
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from trackbook.errors import InvalidParameter
from trackbook.models.flavors.base import Opened

__all__ = ["CUSTOM", "FOLDER", "KerasPredictor", "find_model", "hazard_of_model", "read_model", "read_saved_model"]

FOLDER, CUSTOM = "data", "custom_objects.cloudpickle"
_GLOBAL = "global_custom_objects.cloudpickle"
_FILES = ("model.keras", "model.h5", "model")
_LARGEST_CONFIG = 1 << 26
#: Layers whose configuration holds a program.
_PROGRAMS = frozenset({"Lambda", "__lambda__", "TFSMLayer", "TorchModuleWrapper"})


def find_model(opened: Opened) -> Path:
    """The model in the folder that MLmodel names: ``model.keras``, ``model.h5`` or a SavedModel."""
    place = opened.file(opened.config.get("data") or opened.pyfunc.get("data"), FOLDER)
    found = next((place / name for name in _FILES if place.joinpath(name).exists()), None)
    if found is None:
        raise InvalidParameter(f"The folder {place.name!r} of the model has none of {', '.join(_FILES)}.")
    return found


def hazard_of_model(path: Path) -> str:
    """Why loading runs code: the end of a sentence; "" if it does not.

    A .keras file does where it holds Lambda layers or names objects that are not Keras' own; older forms always do.
    """
    if any(path.with_name(name).exists() for name in (CUSTOM, _GLOBAL)):
        return "brings custom objects as a pickle"
    if path.suffix != ".keras":
        return "is an HDF5 file, whose layers may be programs" if path.suffix == ".h5" else "is a SavedModel, a program"
    nodes = list(_nodes(_config(path)))
    programs = sorted({str(node["class_name"]) for node in nodes} & _PROGRAMS)
    modules = {str(node.get("module") or "keras") for node in nodes}
    foreign = sorted(name for name in modules if name.partition(".")[0] not in ("keras", "builtins"))
    if programs or foreign:
        return f"has {' and '.join([*programs, *(f'objects of {name}' for name in foreign[:5])])}"
    return ""


def _config(path: Path) -> Any:
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.getinfo("config.json").file_size > _LARGEST_CONFIG:
                raise InvalidParameter(f"The config.json in {path.name!r} is larger than 64 MiB.")
            return json.loads(archive.read("config.json"))
    except (zipfile.BadZipFile, LookupError, NotImplementedError, RecursionError, RuntimeError, ValueError) as error:
        raise InvalidParameter(f"{path.name!r} is no Keras file: {error}") from None


def _nodes(content: Any) -> Iterator[dict[str, Any]]:
    """Every serialized object in a configuration, however deep."""
    left = [content]
    while left:
        each = left.pop()
        if isinstance(each, dict):
            if "class_name" in each:
                yield each
            left.extend(each.values())
        elif isinstance(each, list):
            left.extend(each)


def read_model(opened: Opened, path: Path, options: Mapping[str, Any]) -> Any:
    """The Keras model of a file; `hazard_of_model` was asked before.

    Args:
        opened: where it is.
        path: what `find_model` gave.
        options: of keras.saving.load_model.

    Raises:
        InvalidParameter: it is no such file, or needs custom objects.
    """
    import keras

    if path.is_dir():
        return read_saved_model(path)
    own: dict[str, Any] = {}
    for name in (_GLOBAL, CUSTOM):
        if path.with_name(name).is_file():
            own |= _custom(opened, path.with_name(name))
    safe = options.get("safe_mode", not hazard_of_model(path))
    if not safe:
        opened.trust.require("is loaded without Keras' safe mode")
    given = {**options, "safe_mode": safe, "custom_objects": own | dict(options.get("custom_objects") or {})}
    try:
        return keras.saving.load_model(path, **given)
    except (AttributeError, ImportError, LookupError, OSError, RuntimeError, TypeError, ValueError) as error:
        raise InvalidParameter(
            f"{path.name!r} could not be loaded: {error} (Layers of your own are given as custom_objects.)"
        ) from error


def _custom(opened: Opened, path: Path) -> dict[str, Any]:
    try:
        found = opened.trust.unpickle(path, "brings custom objects as a pickle")
    except (AttributeError, EOFError, ImportError, LookupError, pickle.UnpicklingError, TypeError, ValueError) as error:
        raise InvalidParameter(f"{path.name!r} holds no custom objects: {error}") from error
    if not isinstance(found, dict):
        raise InvalidParameter(f"{path.name!r} holds no dict of custom objects, but a {type(found).__name__}.")
    return found


def read_saved_model(path: Path, **options: Any) -> Any:
    """What TensorFlow makes of a SavedModel."""
    from trackbook.libraries import require

    require("A SavedModel", "tensorflow")
    import tensorflow as tf

    try:
        return tf.saved_model.load(str(path), **options)
    except (LookupError, OSError, RuntimeError, TypeError, ValueError, tf.errors.OpError) as error:
        raise InvalidParameter(f"{path.name!r} is no SavedModel: {error}") from error


class KerasPredictor:
    """Gives a frame for a frame, and otherwise an array."""

    def __init__(self, model: Any) -> None:
        self._model = model  # a graph is no more when nothing refers to what was loaded
        self._predict = next((getattr(model, name) for name in ("predict", "serve") if hasattr(model, name)), model)
        self._words = {"verbose": 0} if hasattr(model, "predict") else {}

    def get_raw_model(self) -> Any:
        """The Keras model, or the graph."""
        return self._model

    def predict(self, data: Any, params: Mapping[str, Any] | None = None) -> Any:
        """Scores."""
        import numpy as np
        import pandas as pd

        if isinstance(data, pd.DataFrame):
            return pd.DataFrame(np.asarray(self._predict(self._fit(data.to_numpy()), **self._words)), index=data.index)
        if not isinstance(data, np.ndarray | list | tuple | dict):
            raise InvalidParameter(
                f"A Keras model takes a DataFrame, an array, or a list or dict of arrays, not a {type(data).__name__}."
            )
        answer = self._predict(self._fit(data), **self._words)
        return np.asarray(answer) if hasattr(answer, "__array__") else answer

    def _fit(self, data: Any) -> Any:
        """An exported graph takes the one type of number that it was exported for."""
        import numpy as np

        if self._words or not isinstance(data, np.ndarray):
            return data
        return data.astype("float32") if data.dtype == np.float64 else data
