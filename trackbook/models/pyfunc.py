"""Any model, whatever library made it, behind one predict that enforces its signature."""

from __future__ import annotations

import importlib
import inspect
import json
import logging
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from trackbook.errors import InvalidParameter, NotFound, NotSupported
from trackbook.libraries import require
from trackbook.models.code_paths import add_code
from trackbook.models.fetching import Fetched, fetched
from trackbook.models.flavors.base import Opened, Predictor
from trackbook.models.flavors.table import flavor_of_loader
from trackbook.models.model import Model, read_yaml
from trackbook.models.model_code import read_config
from trackbook.signature.enforcement import Enforcer, enforce_params
from trackbook.signature.params import ParamSchema
from trackbook.signature.payloads import parse_payload
from trackbook.signature.schema import Schema

__all__ = ["PyFuncModel", "add_to_model", "get_model_dependencies", "load_model", "validate_serving_input"]

log = logging.getLogger("trackbook")

FLAVOR = "python_function"


class PyFuncModel:
    """A loaded model with one ``predict``.

    Args:
        model_meta: its MLmodel.
        model_impl: what predicts.
        model_uri: where it came from.
        model_config: what it was loaded with.
    """

    def __init__(
        self,
        model_meta: Model,
        model_impl: Predictor,
        model_uri: str | None = None,
        model_config: Mapping[str, Any] | None = None,
    ) -> None:
        self._model_meta, self._model_impl = model_meta, model_impl
        self._uri, self._config = model_uri, dict(model_config or {})
        self._example: Any = None
        schema = model_meta.get_input_schema()
        by_hint = model_meta.unknown.get("is_signature_from_type_hint")  # predict itself looks at what it is given
        self._enforce = None if schema is None or by_hint else Enforcer(schema)

    @property
    def metadata(self) -> Model:
        """What MLmodel says about it."""
        return self._model_meta

    @property
    def model_id(self) -> str | None:
        """Of the logged model; None if it was only saved."""
        return self._model_meta.model_id

    @property
    def input_schema(self) -> Schema | None:
        """What it takes; None where no signature says."""
        return self._model_meta.get_input_schema()

    @property
    def params_schema(self) -> ParamSchema | None:
        """Which params it takes; None where no signature says."""
        return self._model_meta.get_params_schema()

    @property
    def model_config(self) -> dict[str, Any]:
        """What it was logged with, and what it was loaded with."""
        return self._config

    @property
    def loader_module(self) -> str | None:
        """The module that MLmodel names as its loader."""
        found = self._model_meta.flavors.get(FLAVOR, {}).get("loader_module")
        return None if found is None else str(found)

    @property
    def input_example(self) -> Any:
        """Data that it takes, as it was logged with it; None if there is none."""
        if self._example is None and self._uri is not None and self._model_meta.saved_input_example_info:
            self._example = self._model_meta.load_input_example(self._uri)
        return self._example

    @input_example.setter
    def input_example(self, value: Any) -> None:
        self._example = value

    def predict(self, data: Any, params: Mapping[str, Any] | None = None) -> Any:
        """What the model says of data that fits its signature.

        Args:
            data: a DataFrame, an array, a dict, a list or one value.
            params: parameters that the signature names.

        Raises:
            InvalidParameter: the data or the params do not fit the signature; the message names the column, and the
                row and the value where one is the reason.
        """
        return self._model_impl.predict(*self._checked(data, params))

    def predict_stream(self, data: Any, params: Mapping[str, Any] | None = None) -> Iterator[Any]:
        """The same, piece by piece, of a model that streams.

        Raises:
            NotSupported: it does not.
        """
        stream = getattr(self._model_impl, "predict_stream", None)
        if stream is None:
            raise NotSupported("This model has no predict_stream; use predict.")
        found: Iterator[Any] = stream(*self._checked(data, params))
        return found

    def _checked(self, data: Any, params: Mapping[str, Any] | None) -> tuple[Any, dict[str, Any]]:
        schema = self.params_schema
        checked = enforce_params(params, schema) if params or schema else {}
        return (data if self._enforce is None else self._enforce(data)), checked

    def unwrap_python_model(self) -> Any:
        """The PythonModel within, with all its methods.

        Raises:
            NotSupported: it is none.
        """
        found = getattr(self._model_impl, "python_model", None)
        if found is None:
            raise NotSupported("This model is no PythonModel; get_raw_model gives what its library made.")
        return found

    def get_raw_model(self) -> Any:
        """What its library made, such as an estimator.

        Raises:
            NotSupported: its flavor has none to give.
        """
        raw = getattr(self._model_impl, "get_raw_model", None)
        if raw is None:
            raise NotSupported("This model's flavor gives no raw model; a PythonModel has unwrap_python_model.")
        return raw()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PyFuncModel) and self._model_meta == other._model_meta

    def __hash__(self) -> int:
        return hash(self._model_meta)

    def __repr__(self) -> str:
        meta = self._model_meta
        info = {"run_id": meta.run_id, "artifact_path": meta.artifact_path, "flavor": self.loader_module}
        told = {key: value for key, value in info.items() if value is not None}
        return str(yaml.safe_dump({"trackbook.pyfunc.loaded_model": told}, default_flow_style=False))


def load_model(
    model_uri: str,
    suppress_warnings: bool = False,
    dst_path: str | None = None,
    model_config: Any = None,
    *,
    trust: bool | None = None,
) -> PyFuncModel:
    """Any model that has a predict, whatever library made it, saved or logged by Trackbook or by MLflow.

    Args:
        model_uri: ``models:/<name>/<version>``, ``models:/<name>@<alias>``, ``models:/m-<id>``,
            ``runs:/<run_id>/<name>`` or a path.
        suppress_warnings: say nothing of another version of Python.
        dst_path: folder for a copy of its files that stays.
        model_config: values that replace those it was logged with: a dict, or the path of a YAML file.
        trust: True lets this call run code that comes with the model; None asks your rules (docs/models.md).

    Raises:
        NotFound: there is no such model.
        DamagedArtifact: its files are not what was stored.
        UntrustedModel: loading it runs code, and nobody has said that it may.
        NotSupported: MLmodel names a loader that is neither a flavor's nor in the model's own code.
        MissingDependency: its library is not installed.
    """
    given = read_config(model_config)
    with fetched(model_uri, dst_path) as copy:
        opened = copy.opened(FLAVOR, trust)
        if not suppress_warnings:
            _warn_of_python(opened)
        config = _merged(opened.pyfunc.get("config"), given)
        return PyFuncModel(opened.meta, _predictor(copy, opened, config, trust), str(model_uri), config)


def _merged(logged: Any, given: Mapping[str, Any] | None) -> dict[str, Any] | None:
    known = dict(logged) if isinstance(logged, Mapping) else {}
    strange = sorted(set(given or {}) - set(known))
    if strange and known:
        log.warning("The model was logged without the settings %s; they are handed to it.", ", ".join(strange))
    return {**known, **(given or {})} or None


def _warn_of_python(opened: Opened) -> None:
    wanted = str(opened.pyfunc.get("python_version") or "")
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    if wanted and not wanted.startswith(f"{here}.") and wanted != here:
        log.warning("The model was made with Python %s, and this is Python %s; it may differ.", wanted, here)


def _predictor(copy: Fetched, opened: Opened, config: Mapping[str, Any] | None, trust: bool | None) -> Predictor:
    flavor = flavor_of_loader(opened.pyfunc.get("loader_module"))
    if flavor is None:
        return _by_own_loader(copy, opened, config)
    require(f"A model of the flavor {flavor.name}", flavor.library)
    if flavor.name in opened.meta.flavors:
        opened = copy.opened(flavor.name, trust)
    hazard = flavor.hazard(opened)
    if hazard:
        opened.trust.require(hazard)
    if add_code(opened) or flavor.keeps_files:
        copy.keep()
    return flavor.predictor(opened, config)


def _by_own_loader(copy: Fetched, opened: Opened, config: Mapping[str, Any] | None) -> Predictor:
    """A loader comes with the model, in its own code, or it is not imported."""
    name = str(opened.pyfunc.get("loader_module") or "")
    code = opened.pyfunc.get("code")
    folder = opened.file(code) if code else None
    if folder is None or not _brings(folder, name):
        raise NotSupported(
            f"MLmodel names the loader {name!r:.80}, which is no flavor and not in the model's own code. It was not "
            "imported."
        )
    opened.trust.require(f"brings its own loader {name!r:.80}")
    add_code(opened)
    copy.keep()
    module = importlib.import_module(name)
    loader = getattr(module, "_load_pyfunc", None)
    if loader is None:
        raise InvalidParameter(f"The model's loader {name!r:.80} has no function _load_pyfunc.")
    data = opened.pyfunc.get("data")
    path = str(opened.file(data) if data else opened.folder)
    loaded = loader(path, dict(config)) if config else loader(path)
    return _OwnPredictor(loaded, str(opened.pyfunc.get("predict_fn") or "predict"))


def _brings(folder: Path, name: str) -> bool:
    """Whether a module is among the model's own code, by its name alone."""
    parts = name.split(".")
    if not all(part.isidentifier() for part in parts):
        return False
    path = folder.joinpath(*parts)
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


class _OwnPredictor:
    """What a model's own loader gave."""

    def __init__(self, model: Any, method: str) -> None:
        self._model = model
        self._predict = getattr(model, method)

    def predict(self, data: Any, params: Mapping[str, Any] | None = None) -> Any:
        """Params are handed on as one dict, as MLflow does."""
        if "params" in inspect.signature(self._predict).parameters:
            return self._predict(data, params=dict(params or {}))
        return self._predict(data)

    def get_raw_model(self) -> Any:
        """What the loader gave, or what that has to give."""
        raw = getattr(self._model, "get_raw_model", None)
        return self._model if raw is None else raw()


def add_to_model(
    model: Model,
    loader_module: str,
    data: str | None = None,
    code: str | None = None,
    conda_env: str | None = None,
    python_env: str | None = None,
    model_config: Mapping[str, Any] | None = None,
    model_code_path: str | None = None,
    **kwargs: Any,
) -> Model:
    """Add the section ``python_function`` to an MLmodel, as packages that add a flavor to MLflow do.

    Args:
        model: the MLmodel.
        loader_module: the module that loads it.
        data: path of what the loader is handed, in the model's folder.
        code: path of its own code there.
        conda_env: path of its conda.yaml there.
        python_env: path of its python_env.yaml there.
        model_config: what the loader is handed besides.
        model_code_path: path of the Python file that makes it.
        kwargs: further plain values.
    """
    import platform

    env = {name: path for name, path in (("conda", conda_env), ("virtualenv", python_env)) if path}
    given = {"code": code, "data": data, "env": env, "config": model_config, "model_code_path": model_code_path}
    section = {name: value for name, value in given.items() if value}
    always = {"loader_module": loader_module, "python_version": platform.python_version()}
    return model.add_flavor(FLAVOR, **(kwargs | always | section))


def get_model_dependencies(model_uri: str, format: str = "pip") -> str:
    """The path of a local copy of a model's requirements.txt or conda.yaml.

    Args:
        model_uri: see `load_model`.
        format: ``pip`` or ``conda``.

    Raises:
        InvalidParameter: there is no such format.
        NotFound: the model has no such file.
    """
    if format not in ("pip", "conda"):
        raise InvalidParameter(f"format is 'pip' or 'conda', not {format!r:.80}.")
    with fetched(model_uri) as copy:
        path = _conda(copy) if format == "conda" else copy.folder / "requirements.txt"
        if format == "pip" and not path.is_file():
            path.write_text("\n".join(_pip_part(_conda(copy))) + "\n", encoding="utf-8")
        if not path.is_file():
            raise NotFound(f"The model {model_uri} has no {path.name}.")
        copy.keep()
    return os.fspath(path)


def _conda(copy: Fetched) -> Path:
    env = copy.meta.flavors.get(FLAVOR, {}).get("env")
    name = env.get("conda") if isinstance(env, Mapping) else env
    from trackbook.uris import SafeRelPath

    return copy.folder.joinpath(*SafeRelPath.parse(name or "conda.yaml").parts)


def _pip_part(path: Path) -> list[str]:
    content = read_yaml(path.read_bytes(), path.name) if path.is_file() else None
    entries = content.get("dependencies") if isinstance(content, Mapping) else None
    for entry in entries or []:
        if isinstance(entry, Mapping) and isinstance(entry.get("pip"), list):
            return [str(line) for line in entry["pip"]]
    raise NotFound("The model has neither a requirements.txt nor a conda.yaml with a pip section.")


def validate_serving_input(model_uri: str, serving_input: str | bytes | Mapping[str, Any]) -> Any:
    """What a scoring server would answer a request with; the model is loaded and asked.

    Args:
        model_uri: see `load_model`.
        serving_input: the body, as JSON or as a dict; see `convert_input_example_to_serving_input`.

    Raises:
        InvalidParameter: the body is no request, or does not fit the model's signature.
    """
    try:
        body = json.loads(serving_input) if isinstance(serving_input, (str, bytes)) else serving_input
    except (ValueError, RecursionError) as error:
        raise InvalidParameter(f"The body is no JSON: {error}.", "BAD_REQUEST") from None
    model = load_model(model_uri)
    data, params = parse_payload(body, model.input_schema)
    return model.predict(data, params)
