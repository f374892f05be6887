"""Pickles of PythonModels that MLflow reads, and those that MLflow wrote, read without MLflow.

A model's class inherits from PythonModel. In our pickles that one is found as ``mlflow.pyfunc.model.PythonModel``, so
that a folder of ours loads where only MLflow is installed; when a pickle is read here, MLflow's names are ours.
"""

from __future__ import annotations

import importlib
import io
import pickle
import sys
from types import SimpleNamespace
from typing import Any, NamedTuple

from trackbook.errors import InvalidParameter, MissingDependency, TrackbookError
from trackbook.libraries import is_installed
from trackbook.models.hints import validated_input
from trackbook.models.python_model import FunctionModel, PythonModel, PythonModelContext

__all__ = ["find_global", "pickled"]

_MODULE = "mlflow.pyfunc.model"
#: Our class -> its name in MLflow's module.
_WRITTEN: dict[type, str] = {
    FunctionModel: "_FunctionPythonModel",
    PythonModel: "PythonModel",
    PythonModelContext: "PythonModelContext",
}


class _FuncInfo(NamedTuple):
    """What MLflow's wrapper of a predict with hints keeps of it."""

    input_type_hint: Any
    input_param_name: str


class _Opaque:
    """Something of MLflow's that a pickled model carries and that nothing here asks for."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.made_of = args, kwargs

    def __setstate__(self, state: Any) -> None:
        self.state = state


#: Module -> name -> what stands for it here.
_READ: dict[str, dict[str, Any]] = {
    _MODULE: {name: ours for ours, name in _WRITTEN.items()},
    "mlflow.exceptions": {"MlflowException": TrackbookError},
    "mlflow.pyfunc": {"PythonModel": PythonModel, "PythonModelContext": PythonModelContext},
    "mlflow.pyfunc.utils.data_validation": {"FuncInfo": _FuncInfo, "_validate_model_input": validated_input},
}
#: Modules whose every name is something that nothing here asks for.
_UNASKED = ("mlflow.models.signature", "mlflow.types.schema", "mlflow.types.type_hints")


class _Module:
    """A module, by its name alone."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __reduce__(self) -> tuple[Any, ...]:
        return importlib.import_module, (self.name,)


def pickled(model: Any) -> bytes:
    """A PythonModel as bytes, which hold its class too where that is defined in a notebook or script.

    Raises:
        InvalidParameter: something in it cannot be pickled.
    """
    import cloudpickle

    class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]
        def reducer_override(self, thing: Any) -> Any:
            if isinstance(thing, type) and thing in _WRITTEN:
                return getattr, (_Module(_MODULE), _WRITTEN[thing])
            return super().reducer_override(thing)

    sink = io.BytesIO()
    try:
        _Pickler(sink).dump(model)
    except (
        AttributeError,
        NotImplementedError,
        RecursionError,
        RuntimeError,
        TypeError,
        ValueError,
        pickle.PicklingError,
    ) as error:
        raise InvalidParameter(
            f"The model {type(model).__name__} cannot be pickled: {error}. Open what it needs in load_context, from "
            "artifacts, or log the path of a Python file that calls set_model."
        ) from None
    return sink.getvalue()


def find_global(module: str, name: str) -> Any:
    """What stands for a global that a pickle names; None if it is found the usual way.

    Raises:
        MissingDependency: it is MLflow's, has no counterpart here, and MLflow is not installed.
    """
    if (module, name) == ("importlib", "import_module"):
        return _import
    if (module, name) == ("cloudpickle.cloudpickle", "subimport") and not is_installed("mlflow"):
        return _import
    if name in _READ.get(module, {}):
        return _READ[module][name]
    if module in _UNASKED:
        return _Opaque
    if module.partition(".")[0] == "mlflow" and not is_installed("mlflow"):
        raise MissingDependency(f"The model needs {module}.{name}, and MLflow is not installed: pip install mlflow")
    return None


def _import(name: str) -> Any:
    """A module; one of MLflow's whose names are ours is made of them, and MLflow itself is Trackbook without it."""
    if name in _READ:
        return SimpleNamespace(**_READ[name])
    if name == "mlflow" and not is_installed("mlflow"):
        return importlib.import_module("trackbook")
    importlib.import_module(name)
    return sys.modules[name]
