"""Parameters of a model's predict: their names, types and defaults, in MLflow's JSON."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from trackbook.errors import InvalidParameter
from trackbook.signature.inference import infer_type
from trackbook.signature.types import AnyType, Array, DataType, Object, Type, type_from_dict
from trackbook.signature.values import param_value

__all__ = ["ParamSchema", "ParamSpec", "infer_params"]

_LIST = (-1,)


@dataclass(frozen=True)
class ParamSpec:
    """One parameter.

    Attributes:
        name: what it is called.
        dtype: what it holds; a DataType may be given by its name.
        default: its value where a caller gives none; None is allowed for any type.
        shape: None for one value, ``(-1,)`` for a list of values.
    """

    name: str
    dtype: DataType | Object
    default: Any
    shape: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", str(self.name))
        kind = DataType.named(self.dtype) if isinstance(self.dtype, str) else self.dtype
        if not isinstance(kind, (DataType, Object)) or kind is DataType.binary:
            raise InvalidParameter(
                f"The parameter {self.name!r:.80} is of a plain type but binary, or an Object, not {kind!r:.80}."
            )
        object.__setattr__(self, "dtype", kind)
        object.__setattr__(self, "shape", _shape(self.name, self.shape))
        object.__setattr__(self, "default", self.checked(self.default))

    def __repr__(self) -> str:
        shape = "" if self.shape is None else f" (shape: {self.shape})"
        return f"{self.name!r}: {self.dtype!r} (default: {self.default}){shape}"

    def checked(self, value: Any) -> Any:
        """A value as predict gets it.

        Raises:
            InvalidParameter: it is not of the type; the message names the parameter and the value.
        """
        if self.shape is None:
            return param_value(value, self.dtype, self.name)
        if not isinstance(value, (list, np.ndarray)) or np.ndim(np.asarray(value, dtype=object)) != 1:
            raise InvalidParameter(
                f"The parameter {self.name!r:.80} is a list of {self.dtype!r} values, not {value!r:.80}."
            )
        return [param_value(item, self.dtype, self.name) for item in value]

    def to_dict(self) -> dict[str, Any]:
        """As MLflow's JSON has it."""
        shape = None if self.shape is None else list(self.shape)
        return {"name": self.name, "default": _written(self.default), "shape": shape, **self.dtype.to_dict()}

    @classmethod
    def from_dict(cls, content: Any) -> ParamSpec:
        """A parameter from what `to_dict` gave."""
        if not isinstance(content, Mapping) or not {"name", "default"} <= content.keys():
            raise InvalidParameter(
                f"A parameter is a dict such as {{'name': 'k', 'type': 'long', 'default': 5}}, not {content!r:.80}."
            )
        kind = type_from_dict({**content, "type": content.get("type") or content.get("dtype")})
        return cls(content["name"], kind, content["default"], content.get("shape"))  # type: ignore[arg-type]


def _shape(name: str, shape: Any) -> tuple[int, ...] | None:
    if shape is None:
        return None
    if isinstance(shape, (tuple, list)) and tuple(shape) == _LIST:
        return _LIST
    raise InvalidParameter(f"The shape of the parameter {name!r:.80} is None or (-1,), not {shape!r:.80}.")


def _written(value: Any) -> Any:
    if isinstance(value, list):
        return [_written(item) for item in value]
    return value.isoformat() if hasattr(value, "isoformat") else value


@dataclass(frozen=True)
class ParamSchema:
    """The parameters that predict takes, each name once."""

    params: list[ParamSpec]

    def __post_init__(self) -> None:
        given = list(self.params) if isinstance(self.params, Iterable) else []
        if not isinstance(self.params, Iterable) or not all(isinstance(item, ParamSpec) for item in given):
            raise InvalidParameter(f"A ParamSchema is a list of ParamSpec, not {self.params!r:.80}.")
        names = [item.name for item in given]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise InvalidParameter(f"A ParamSchema has each name once; these are there twice: {', '.join(twice):.200}.")
        object.__setattr__(self, "params", given)

    def __len__(self) -> int:
        return len(self.params)

    def __iter__(self) -> Iterator[ParamSpec]:
        return iter(self.params)

    def __hash__(self) -> int:
        return hash(tuple(item.name for item in self.params))

    def __repr__(self) -> str:
        return repr(self.params)

    def to_dict(self) -> list[dict[str, Any]]:
        """As MLflow's JSON has it: a list, with a dict for each parameter."""
        return [item.to_dict() for item in self.params]

    def to_json(self) -> str:
        """The same as text."""
        return json.dumps(self.to_dict())

    @classmethod
    def from_dict(cls, content: Any) -> ParamSchema:
        """Parameters from what `to_dict` gave.

        Raises:
            InvalidParameter: it is no such thing; the message says where.
        """
        if not isinstance(content, list):
            raise InvalidParameter(f"A ParamSchema is a list of parameters, not {content!r:.80}.")
        return cls([ParamSpec.from_dict(item) for item in content])

    @classmethod
    def from_json(cls, text: str) -> ParamSchema:
        """Parameters from what `to_json` gave."""
        try:
            content = json.loads(text)
        except (TypeError, ValueError, RecursionError):
            raise InvalidParameter(f"A ParamSchema is JSON: a list of parameters, not {text!r:.80}.") from None
        return cls.from_dict(content)


def infer_params(params: Mapping[str, Any]) -> ParamSchema:
    """The schema of parameters, of which each value becomes the default.

    Args:
        params: name -> a value, a list of values or a dict.

    Raises:
        InvalidParameter: a value has no type in a schema; the message names it.
    """
    if not isinstance(params, Mapping):
        raise InvalidParameter(f"Parameters are a dict, not {type(params).__name__}.")
    return ParamSchema([_spec(str(name), value) for name, value in params.items()])


def _spec(name: str, value: Any) -> ParamSpec:
    listed = value.tolist() if isinstance(value, np.ndarray) else value
    try:
        kind = _of_list(value) if isinstance(listed, list) else _of_value(value)
    except InvalidParameter as error:
        raise InvalidParameter(f"The parameter {name!r:.80} has no type in a schema: {error}") from None
    if isinstance(kind, (AnyType, Array)) or not isinstance(kind, (DataType, Object)):
        raise InvalidParameter(f"The parameter {name!r:.80} is a value, a list of values or a dict, not {value!r:.80}.")
    return ParamSpec(name, kind, copy.deepcopy(listed), _LIST if isinstance(listed, list) else None)


def _of_value(value: Any) -> Type:
    """NaN is a number here; as a value of a column it is missing."""
    return DataType.double if type(value) is float else infer_type(value)


def _of_list(values: Any) -> Any:
    """Numbers of both kinds are all doubles, as in an array; an empty list may hold texts."""
    if not len(values):
        return DataType.string
    if float in (kinds := {type(item) for item in values}) and kinds <= {float, int}:
        return DataType.double
    kind = infer_type(values)
    return kind.dtype if isinstance(kind, Array) else kind
