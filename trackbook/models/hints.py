"""Type hints of predict: data that came as a table becomes the list that a hint asks for."""

from __future__ import annotations

import inspect
import sys
import typing
from collections.abc import Callable, Sequence
from typing import Any

from trackbook.errors import InvalidParameter

__all__ = ["fitted", "hint_of", "validated_input"]


def hint_of(function: Callable[..., Any], argument: str | None = None) -> Any:
    """The type hint of an argument, the first if none is named; None if there is none that can be read."""
    try:
        names = list(inspect.signature(function).parameters)
        hints = typing.get_type_hints(function)
    except (AttributeError, NameError, SyntaxError, TypeError, ValueError):  # written for a checker, not to be read
        return None
    name = argument or (names[0] if names else "")
    return hints.get(name)


def fitted(data: Any, hint: Any) -> Any:
    """Data as a hint says: where that is a list, a table becomes one of its only column or of its rows.

    Raises:
        InvalidParameter: an item is not what a pydantic model asks for.
    """
    if typing.get_origin(hint) not in (list, Sequence):
        return data
    (item,) = typing.get_args(hint) or (Any,)
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(data, pandas.DataFrame):
        data = data.iloc[:, 0].tolist() if len(data.columns) == 1 and not _is_record(item) else data.to_dict("records")
    elif hasattr(data, "tolist"):
        data = data.tolist()
    return [_validated(value, item) for value in data] if hasattr(item, "model_validate") else data


def _is_record(item: Any) -> bool:
    return (typing.get_origin(item) or item) is dict or hasattr(item, "model_validate")


def _validated(value: Any, model: Any) -> Any:
    try:
        return value if isinstance(value, model) else model.model_validate(value)
    except ValueError as error:  # pydantic's own is one
        raise InvalidParameter(f"The input is no {model.__name__}: {error}") from None


def validated_input(
    args: tuple[Any, ...], kwargs: dict[str, Any], place: int, hint: Any, name: str
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """What MLflow's wrapper of a predict with hints calls, when a model that it pickled is loaded here."""
    if name in kwargs:
        return args, {**kwargs, name: fitted(kwargs[name], hint)}
    if len(args) > place:
        args = (*args[:place], fitted(args[place], hint), *args[place + 1 :])
    return args, kwargs
