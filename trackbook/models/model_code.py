"""Models from code: a Python file that makes its model and says which it is, kept as it is instead of a pickle."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any
from uuid import uuid4

from trackbook.errors import InvalidParameter, MissingDependency
from trackbook.libraries import is_installed
from trackbook.models.model import read_yaml
from trackbook.models.python_model import as_python_model

__all__ = ["ModelConfig", "read_config", "run_code", "set_model"]

_NOTHING = object()
_config: ContextVar[Any] = ContextVar("trackbook_model_config", default=_NOTHING)
_models: ContextVar[list[Any] | None] = ContextVar("trackbook_models_of_code", default=None)


def set_model(model: Any) -> None:
    """Say in a model's Python file which object is the model.

    Args:
        model: a PythonModel, or a function of one argument.

    Raises:
        InvalidParameter: it is neither.
    """
    found = as_python_model(model)
    collected = _models.get()
    if collected is not None:  # else somebody runs the file by itself
        collected.append(found)


def run_code(path: Path, config: Mapping[str, Any] | None) -> Any:
    """The model that a Python file sets; its code is run.

    Args:
        path: of the file.
        config: what `ModelConfig` finds there.

    Raises:
        InvalidParameter: it sets none.
        MissingDependency: it imports what is not installed.
    """
    name = f"trackbook_model_{uuid4().hex}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise InvalidParameter(f"{path.name!r} is no Python file; a model from code is one.")
    module = importlib.util.module_from_spec(spec)
    collected: list[Any] = []
    tokens = _models.set(collected), _config.set(config or "")
    sys.modules[name] = module  # classes in it find their module
    try:
        with _mlflow_told(path, config, collected):
            spec.loader.exec_module(module)
    except ModuleNotFoundError as error:
        del sys.modules[name]
        raise MissingDependency(
            f"The model's code imports {error.name!r}, which is not installed: pip install {error.name}"
        ) from error
    except BaseException:
        del sys.modules[name]
        raise
    finally:
        _models.reset(tokens[0])
        _config.reset(tokens[1])
    found = collected[-1] if collected else None
    if found is None:
        raise InvalidParameter(f"{path.name!r} does not say which object is the model; call set_model(model) in it.")
    return as_python_model(found)


@contextmanager
def _mlflow_told(path: Path, config: Mapping[str, Any] | None, collected: list[Any]) -> Iterator[None]:
    """For a file that imports MLflow itself: its ModelConfig finds the configuration, and its set_model is heard."""
    if b"mlflow" not in path.read_bytes() or not is_installed("mlflow"):
        yield
        return
    models, configs = (importlib.import_module(f"mlflow.models.{name}") for name in ("model", "model_config"))
    vars(models)["__mlflow_model__"], vars(configs)["__mlflow_model_config__"] = None, dict(config or {}) or ""
    try:
        yield
        collected.extend(found for found in [vars(models).get("__mlflow_model__")] if found is not None)
    finally:
        vars(models)["__mlflow_model__"], vars(configs)["__mlflow_model_config__"] = None, None


def read_config(config: Any) -> dict[str, Any] | None:
    """The configuration of a model: a dict, or what a YAML file holds.

    Raises:
        InvalidParameter: there is no such file, or it holds no mapping with texts as keys.
    """
    if config is None:
        return None
    given = config
    if isinstance(config, (str, os.PathLike)):
        path = Path(config)
        if not path.is_file():
            raise InvalidParameter(f"model_config names {str(config)!r:.200}, which is no file.")
        config = read_yaml(path.read_bytes(), str(path))
    if not isinstance(config, Mapping) or not all(isinstance(key, str) for key in config):
        raise InvalidParameter(f"model_config is a dict, or the path of a YAML file with one, not {given!r:.80}.")
    return dict(config)


class ModelConfig:
    """The configuration of a model from code, as its file reads it.

    Args:
        development_config: a dict or the path of a YAML file, for runs of the file by itself; a model that was logged
            finds what it was logged or loaded with.

    Raises:
        InvalidParameter: there is no configuration, or it cannot be read.
    """

    def __init__(self, *, development_config: str | os.PathLike[str] | Mapping[str, Any] | None = None) -> None:
        found = _config.get()
        config = read_config((development_config if found is _NOTHING else found) or None)
        if not config:
            raise InvalidParameter(
                "The model's code asks for a configuration, and it has none; give model_config to log_model or "
                "load_model, or development_config where the file is run by itself."
            )
        self.config = config

    def to_dict(self) -> dict[str, Any]:
        """All of it."""
        return dict(self.config)

    def get(self, key: str) -> Any:
        """The value under a key.

        Raises:
            KeyError: there is none, as in MLflow.
        """
        return self.config[key]
