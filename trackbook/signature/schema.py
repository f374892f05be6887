"""Schemas: the columns of a table, or the tensors of a model's input, in MLflow's JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from trackbook.errors import InvalidParameter
from trackbook.signature.types import DataType, Type, type_from_dict

__all__ = ["ColSpec", "Schema", "TensorSpec", "column_name"]


@dataclass(frozen=True)
class ColSpec:
    """One column.

    Attributes:
        type: what it holds; a DataType may be given by its name.
        name: None for a column known by its place; a number where pandas numbers the columns.
        required: whether each row has a value.
    """

    type: Type
    name: str | int | None = None
    required: bool = True

    def __post_init__(self) -> None:
        kind = DataType.named(self.type) if isinstance(self.type, str) else self.type
        if not isinstance(kind, Type):
            raise InvalidParameter(
                f"The type of a column is a DataType, Array, Object, Map or AnyType, not {kind!r:.80}."
            )
        object.__setattr__(self, "type", kind)

    def __repr__(self) -> str:
        return f"{'' if self.name is None else f'{self.name!r}: '}{self.type!r} ({_required(self.required)})"

    def to_dict(self) -> dict[str, Any]:
        """As MLflow's JSON has it."""
        name = {} if self.name is None else {"name": self.name}
        return {**self.type.to_dict(), **name, "required": self.required}


@dataclass(frozen=True)
class TensorSpec:
    """One tensor.

    Attributes:
        type: NumPy's type of its items, without the length of texts.
        shape: -1 where any size will do.
        name: None for a tensor that is alone.
    """

    type: np.dtype[Any]
    shape: tuple[int, ...]
    name: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "type", _plain(self.type))
        if not isinstance(self.shape, (tuple, list)) or not all(_is_size(size) for size in self.shape):
            raise InvalidParameter(
                f"The shape of a tensor is a tuple of whole numbers from -1 on, not {self.shape!r:.80}."
            )
        object.__setattr__(self, "shape", tuple(int(size) for size in self.shape))

    def __repr__(self) -> str:
        return f"{'' if self.name is None else f'{self.name!r}: '}Tensor({self.type.name!r}, {self.shape!r})"

    def to_dict(self) -> dict[str, Any]:
        """As MLflow's JSON has it."""
        name = {} if self.name is None else {"name": self.name}
        return {**name, "type": "tensor", "tensor-spec": {"dtype": self.type.name, "shape": list(self.shape)}}


def column_name(name: object) -> str | int:
    """The name of a column as a schema has it: text, or the number that pandas gave it."""
    is_number = isinstance(name, (int, np.integer)) and not isinstance(name, bool)
    return int(name) if is_number else str(name)  # type: ignore[call-overload]


def _required(required: bool) -> str:
    return "required" if required else "optional"


def _is_size(size: object) -> bool:
    return isinstance(size, (int, np.integer)) and not isinstance(size, bool) and int(size) >= -1


def _plain(kind: object) -> np.dtype[Any]:
    """A NumPy type whose name says all of it."""
    try:
        dtype: np.dtype[Any] = np.dtype("" if kind is None else kind)  # type: ignore[call-overload]
    except (TypeError, ValueError, SyntaxError):  # NumPy parses some texts as Python
        raise InvalidParameter(f"{kind!r:.80} is no NumPy type; one is 'float64'.") from None
    if dtype.char in "US":
        return np.dtype("str" if dtype.char == "U" else "bytes")
    if dtype.char == "V":
        raise InvalidParameter(f"A tensor of records ({dtype}) has no place in a schema; give each field an array.")
    return dtype


class Schema:
    """The columns or the tensors of some data, in their order.

    Args:
        inputs: ColSpec only or TensorSpec only, all with names or all without; of tensors without a name only one.
    """

    __slots__ = ("inputs",)

    inputs: list[ColSpec | TensorSpec]

    def __init__(self, inputs: Iterable[ColSpec | TensorSpec]) -> None:
        self.inputs = list(inputs) if isinstance(inputs, Iterable) else []
        kinds = {type(spec) for spec in self.inputs}
        if not self.inputs or not kinds <= {ColSpec, TensorSpec} or len(kinds) > 1:
            raise InvalidParameter(f"A schema is a list of ColSpec or a list of TensorSpec, not {inputs!r:.80}.")
        unnamed = [spec for spec in self.inputs if spec.name is None]
        if unnamed and len(unnamed) < len(self.inputs):
            raise InvalidParameter("All columns of a schema have names or none has; some of these have one.")
        if len(unnamed) > 1 and TensorSpec in kinds:
            raise InvalidParameter("Several tensors of a schema need names; these have none.")
        if any(isinstance(spec, ColSpec) and not spec.required for spec in unnamed):
            raise InvalidParameter("A column without a name is required; name the columns, or make them required.")

    def __len__(self) -> int:
        return len(self.inputs)

    def __iter__(self) -> Iterator[ColSpec | TensorSpec]:
        return iter(self.inputs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Schema) and self.inputs == other.inputs

    def __hash__(self) -> int:
        return hash(tuple(self.inputs))

    def __repr__(self) -> str:
        return repr(self.inputs)

    def is_tensor_spec(self) -> bool:
        """Whether it is made of tensors."""
        return isinstance(self.inputs[0], TensorSpec)

    def has_input_names(self) -> bool:
        """Whether its columns have names."""
        return self.inputs[0].name is not None

    def input_names(self) -> list[str | int]:
        """The names of the columns, or their places."""
        return [place if spec.name is None else spec.name for place, spec in enumerate(self.inputs)]

    def input_types(self) -> list[Type | np.dtype[Any]]:
        """The type of each column."""
        return [spec.type for spec in self.inputs]

    def to_dict(self) -> list[dict[str, Any]]:
        """As MLflow's JSON has it: a list, with a dict for each column."""
        return [spec.to_dict() for spec in self.inputs]

    def to_json(self) -> str:
        """The same as text."""
        return json.dumps(self.to_dict())

    @classmethod
    def from_dict(cls, content: Any) -> Schema:
        """A schema from what `to_dict` gave.

        Raises:
            InvalidParameter: it is no such thing; the message says where.
        """
        if not isinstance(content, list):
            raise InvalidParameter(f"A schema is a list of columns or tensors, not {content!r:.80}.")
        return cls([_spec(item) for item in content])

    @classmethod
    def from_json(cls, text: str) -> Schema:
        """A schema from what `to_json` gave."""
        try:
            content = json.loads(text)
        except (TypeError, ValueError, RecursionError):
            raise InvalidParameter(f'A schema is JSON such as \'[{{"type": "long"}}]\', not {text!r:.80}.') from None
        return cls.from_dict(content)


def _spec(content: Any) -> ColSpec | TensorSpec:
    if not isinstance(content, Mapping):
        raise InvalidParameter(f"A column of a schema is a dict such as {{'type': 'long'}}, not {content!r:.80}.")
    name = content.get("name")
    if name is not None:
        name = column_name(name)
    if content.get("type") != "tensor":
        return ColSpec(type_from_dict(content), name, content.get("required", True) is not False)
    tensor = content.get("tensor-spec")
    if not isinstance(tensor, Mapping):
        raise InvalidParameter(f"A tensor of a schema is a dict with 'tensor-spec', not {content!r:.80}.")
    return TensorSpec(tensor.get("dtype"), tensor.get("shape"), name)  # type: ignore[arg-type]
