"""Syntax trees of filters and order_by clauses, as every store compiles them.

Missing things and NaN: a comparison holds only for a metric, param or tag that is there, ``!=`` and ``NOT LIKE``
included, and NaN matches no comparison; only IS NULL asks for what is missing. `Not` turns the result of its condition
round, so that ``NOT params.lr = '0.1'`` also finds runs without ``lr``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = ["And", "Comparison", "Filter", "Identifier", "Not", "Or", "Ordering", "Value", "identifiers"]

Value = str | int | float | tuple[str, ...] | tuple[int | float, int | float] | None


@dataclass(frozen=True, slots=True)
class Identifier:
    """What is compared or sorted by.

    Attributes:
        entity: ``attribute``, ``metric``, ``param``, ``tag`` or ``dataset``.
        key: the attribute's first name in the vocabulary, or the key that was logged (Unicode NFC).
        aggregate: for a metric whose key ended in one of `AGGREGATES`; a metric called ``written`` comes first.
        column: where it stands, counted from 1.
    """

    entity: str
    key: str
    aggregate: str | None = None
    column: int = field(default=1, compare=False)

    @property
    def written(self) -> str:
        """The key as it stood in the string, aggregate included."""
        return self.key if self.aggregate is None else f"{self.key}.{self.aggregate}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One condition.

    Attributes:
        name: what is compared.
        operator: ``= != > >= < <=``, ``LIKE ILIKE IN BETWEEN`` and each of these after ``NOT``, ``IS [NOT] NULL``.
        value: text, a number, the texts of IN, the two numbers of BETWEEN, or None for IS [NOT] NULL.
    """

    name: Identifier
    operator: str
    value: Value = None


@dataclass(frozen=True, slots=True)
class And:
    """All of its parts hold."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of its parts holds."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Its part does not hold."""

    part: Filter


Filter = Comparison | And | Or | Not


@dataclass(frozen=True, slots=True)
class Ordering:
    """One order_by clause; what is missing comes last both ways."""

    name: Identifier
    ascending: bool = True


def identifiers(tree: Filter | None) -> Iterator[Identifier]:
    """Every name in a tree, from left to right."""
    if isinstance(tree, Comparison):
        yield tree.name
    elif isinstance(tree, Not):
        yield from identifiers(tree.part)
    elif tree is not None:
        for part in tree.parts:
            yield from identifiers(part)
