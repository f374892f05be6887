"""PythonModel: any Python code as a model, in MLflow's form."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from trackbook.errors import InvalidParameter, NotSupported
from trackbook.models.hints import fitted, hint_of

__all__ = ["FunctionModel", "PythonModel", "PythonModelContext", "PythonPredictor", "as_python_model"]


class PythonModelContext:
    """What a PythonModel finds when it is loaded and when it predicts.

    Attributes:
        artifacts: name to the absolute path of its file or folder.
        model_config: what the model was logged or loaded with; None if nothing.
    """

    def __init__(self, artifacts: Mapping[str, str], model_config: Mapping[str, Any] | None) -> None:
        self._artifacts, self._model_config = dict(artifacts), model_config

    @property
    def artifacts(self) -> dict[str, str]:
        """Name to the absolute path of its file or folder."""
        return self._artifacts

    @property
    def model_config(self) -> Any:
        """What the model was logged or loaded with; None if nothing."""
        return self._model_config


class PythonModel:
    """A model of your own: inherit from it, and define ``predict``.

    ``predict`` takes ``(self, context, model_input, params=None)``; context and params may be left out.
    """

    def load_context(self, context: PythonModelContext) -> None:
        """Called once when the model has been loaded: the place to open its artifacts.

        Args:
            context: has their paths.
        """

    def predict(self, context: Any, model_input: Any, params: dict[str, Any] | None = None) -> Any:
        """What the model says of data; define it.

        Args:
            context: the `PythonModelContext`.
            model_input: the data, after the signature was enforced.
            params: parameters, after the signature was enforced.
        """
        raise NotImplementedError(f"{type(self).__name__} defines no predict.")

    def predict_stream(self, context: Any, model_input: Any, params: dict[str, Any] | None = None) -> Iterator[Any]:
        """The same, piece by piece; define it for a model that streams."""
        raise NotImplementedError(f"{type(self).__name__} defines no predict_stream.")


class FunctionModel(PythonModel):
    """A function of one argument, or of one and ``params``, as a model.

    Args:
        func: the function.
    """

    def __init__(self, func: Callable[..., Any]) -> None:
        self.func = func
        self.signature = None  # MLflow's readers look for it

    def predict(self, model_input: Any, params: dict[str, Any] | None = None) -> Any:  # type: ignore[override]
        """What the function gives."""
        if "params" in inspect.signature(self.func).parameters:
            return self.func(model_input, params=params)
        return self.func(model_input)


def as_python_model(given: Any) -> Any:
    """A PythonModel, of one or of a function.

    Raises:
        InvalidParameter: it is neither; a class was perhaps not called.
    """
    if isinstance(given, type):
        raise InvalidParameter(f"python_model is an object; {given.__name__} is a class. Give {given.__name__}().")
    if callable(getattr(given, "predict", None)):
        return given  # also one that inherits from MLflow's class
    if not callable(given):
        raise InvalidParameter(
            "python_model is a PythonModel, a function of one argument or the path of a Python file that calls "
            f"set_model, not {given!r:.80}."
        )
    names = [name for name in inspect.signature(given).parameters if name != "params"]
    if len(names) != 1:
        raise InvalidParameter(
            f"A function that is a model takes one argument, and perhaps params; {given!r:.80} takes {names!r:.80}."
        )
    return FunctionModel(given)


class PythonPredictor:
    """Calls a PythonModel as `trackbook.pyfunc.load_model` needs it.

    Args:
        python_model: the model.
        context: what it finds; `load_context` was called with it.
    """

    def __init__(self, python_model: Any, context: PythonModelContext) -> None:
        self.python_model, self.context = python_model, context

    def predict(self, data: Any, params: Mapping[str, Any] | None = None) -> Any:
        """What the model says."""
        return self._call(self.python_model.predict, data, params)

    def predict_stream(self, data: Any, params: Mapping[str, Any] | None = None) -> Iterator[Any]:
        """What the model says, piece by piece."""
        if type(self.python_model).predict_stream is PythonModel.predict_stream:
            raise NotSupported(f"{type(self.python_model).__name__} defines no predict_stream; use predict.")
        found: Iterator[Any] = self._call(self.python_model.predict_stream, data, params)
        return found

    def _call(self, method: Callable[..., Any], data: Any, params: Mapping[str, Any] | None) -> Any:
        names = [name for name in inspect.signature(method).parameters if name != "self"]
        more = {"params": dict(params or {})} if "params" in names else {}
        plain = [name for name in names if name != "params"]
        of_function = getattr(self.python_model, "func", None)
        hint = hint_of(of_function or method, plain[-1] if of_function is None and plain else None)
        data = fitted(data, hint)
        if "context" in plain or len(plain) == 2:
            return method(self.context, data, **more)
        return method(data, **more)
