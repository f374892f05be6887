"""What a column may hold: MLflow's eight plain types, and lists, objects, maps and anything."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np

from trackbook.errors import InvalidParameter

__all__ = ["AnyType", "Array", "DataType", "Map", "Object", "Property", "Type", "merged", "type_from_dict"]

_DEEPEST = 32  # levels of lists and objects; a schema that somebody sent may be made to exhaust the stack


class DataType(Enum):
    """The plain types of a column, with MLflow's names and numbers."""

    boolean = 1
    integer = 2
    long = 3
    float = 4
    double = 5
    string = 6
    binary = 7
    datetime = 8

    def __repr__(self) -> str:
        return self.name

    @classmethod
    def named(cls, name: object) -> DataType:
        """The type of that name."""
        try:
            return cls.__members__[name]  # type: ignore[index]
        except (KeyError, TypeError):
            names = ", ".join((*cls.__members__, "array", "object", "map", "any"))
            raise InvalidParameter(f"There is no type {name!r:.80}; there are {names}.") from None

    def to_numpy(self) -> np.dtype[Any]:
        """The NumPy type that holds it."""
        return np.dtype(_NUMPY[self.name])

    def to_pandas(self) -> np.dtype[Any]:
        """The NumPy type of a pandas column that holds it."""
        return np.dtype(object if self.name in ("string", "binary") else _NUMPY[self.name])

    def to_python(self) -> type:
        """The Python type of one value."""
        return _PYTHON[self.name]

    def to_dict(self) -> dict[str, Any]:
        """As MLflow's JSON has it."""
        return {"type": self.name}


_NUMPY = {
    "boolean": "bool",
    "integer": "int32",
    "long": "int64",
    "float": "float32",
    "double": "float64",
    "string": "str",
    "binary": "bytes",
    "datetime": "datetime64[ns]",
}
_PYTHON: dict[str, type] = {
    "boolean": bool,
    "integer": int,
    "long": int,
    "float": float,
    "double": float,
    "string": str,
    "binary": bytes,
    "datetime": dt.date,
}


@dataclass(frozen=True)
class AnyType:
    """Whatever JSON can hold, None included."""

    def __repr__(self) -> str:
        return "Any"

    def to_dict(self) -> dict[str, Any]:
        """As MLflow's JSON has it."""
        return {"type": "any"}


@dataclass(frozen=True)
class Array:
    """A list whose items are of one type."""

    dtype: Type

    def __post_init__(self) -> None:
        object.__setattr__(self, "dtype", _checked(self.dtype))

    def __repr__(self) -> str:
        return f"Array({self.dtype!r})"

    def to_dict(self) -> dict[str, Any]:
        """As MLflow's JSON has it."""
        return {"type": "array", "items": self.dtype.to_dict()}


@dataclass(frozen=True)
class Map:
    """Texts with values of one type."""

    value_type: Type

    def __post_init__(self) -> None:
        object.__setattr__(self, "value_type", _checked(self.value_type))

    def __repr__(self) -> str:
        return f"Map(str -> {self.value_type!r})"

    def to_dict(self) -> dict[str, Any]:
        """As MLflow's JSON has it."""
        return {"type": "map", "values": self.value_type.to_dict()}


@dataclass(frozen=True)
class Property:
    """One named member of an object."""

    name: str
    dtype: Type
    required: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "dtype", _checked(self.dtype))

    def __repr__(self) -> str:
        return f"{self.name}: {self.dtype!r} ({'required' if self.required else 'optional'})"

    def to_dict(self) -> dict[str, Any]:
        """As MLflow's JSON has it: one member of ``properties``."""
        return {self.name: {**self.dtype.to_dict(), "required": self.required}}


@dataclass(frozen=True)
class Object:
    """Named members, each of a type of its own; sorted by name."""

    properties: tuple[Property, ...]

    def __post_init__(self) -> None:
        given = tuple(self.properties) if isinstance(self.properties, Iterable) else ()
        if not all(isinstance(item, Property) for item in given):
            raise InvalidParameter(f"The properties of an Object are a list of Property, not {given!r:.80}.")
        if not given or len({item.name for item in given}) != len(given):
            raise InvalidParameter(f"An Object has one Property or more, each name once, not {self.properties!r:.80}.")
        object.__setattr__(self, "properties", tuple(sorted(given, key=lambda item: item.name)))

    def __repr__(self) -> str:
        return "{" + ", ".join(map(repr, self.properties)) + "}"

    def to_dict(self) -> dict[str, Any]:
        """As MLflow's JSON has it."""
        members: dict[str, Any] = {}
        for item in self.properties:
            members |= item.to_dict()
        return {"type": "object", "properties": members}


Type = DataType | Array | Object | Map | AnyType


def _checked(kind: object) -> Type:
    if isinstance(kind, str):
        return DataType.named(kind)
    if isinstance(kind, Type):
        return kind
    raise InvalidParameter(f"A type is a DataType or its name, Array, Object, Map or AnyType, not {kind!r:.80}.")


def type_from_dict(content: Any, depth: int = 0) -> Type:
    """A type from what `to_dict` gave.

    Args:
        content: such as ``{"type": "array", "items": {"type": "long"}}``.
        depth: how many levels lie above it.

    Raises:
        InvalidParameter: it is no such thing.
    """
    if depth > _DEEPEST:
        raise InvalidParameter(f"A type has at most {_DEEPEST} levels of lists and objects; this one has more.")
    if not isinstance(content, Mapping) or "type" not in content:
        raise InvalidParameter(f"A type is a dict with 'type', such as {{'type': 'long'}}, not {content!r:.80}.")
    kind = content["type"]
    if kind == "array":
        return Array(type_from_dict(content.get("items"), depth + 1))
    if kind == "map":
        return Map(type_from_dict(content.get("values"), depth + 1))
    if kind == "object":
        members = content.get("properties")
        if not isinstance(members, Mapping):
            raise InvalidParameter(f"The properties of an object are a dict of types, not {members!r:.80}.")
        return Object(
            tuple(
                Property(str(name), type_from_dict(member, depth + 1), member.get("required", True) is not False)
                for name, member in members.items()
            )
        )
    if kind == "any":
        return AnyType()
    return Array(DataType.double) if kind == "sparkml_vector" else DataType.named(kind)


def merged(one: Type, other: Type) -> Type:
    """The type of values of which some are of one type and some of the other.

    Raises:
        InvalidParameter: there is none but `AnyType`, which has to be asked for.
    """
    if one == other or isinstance(other, AnyType):
        return one
    if isinstance(one, AnyType):
        return other
    if isinstance(one, Array) and isinstance(other, Array):
        return Array(merged(one.dtype, other.dtype))
    if isinstance(one, Map) and isinstance(other, Map):
        return Map(merged(one.value_type, other.value_type))
    if isinstance(one, Object) and isinstance(other, Object):
        return _merged_objects(one, other)
    raise InvalidParameter(f"Values are of one type each column or list; here some are {one!r} and some are {other!r}.")


def _merged_objects(one: Object, other: Object) -> Object:
    """A member that only some have, or that is None in some, is optional."""
    left, right = ({item.name: item for item in each.properties} for each in (one, other))
    members = []
    for name in {**left, **right}:
        here, there = left.get(name), right.get(name)
        if here and there:
            required = here.required and there.required
            members.append(Property(name, merged(here.dtype, there.dtype), required))
        else:
            found = here or there
            members.extend([Property(name, found.dtype, required=False)] if found else [])
    return Object(tuple(members))
