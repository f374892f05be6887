"""Pieces of SQL with the values of their placeholders, and how they are joined."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

__all__ = ["FALSE", "TRUE", "Fragment", "all_of", "one_of"]


class Fragment(NamedTuple):
    """A piece of SQL and the values of its placeholders, in order."""

    sql: str
    values: tuple[Any, ...] = ()


TRUE, FALSE = Fragment("1 = 1"), Fragment("1 = 0")


def all_of(parts: Iterable[Fragment]) -> Fragment:
    """AND, with what is known already left out."""
    parts = [part for part in parts if part != TRUE]
    return FALSE if FALSE in parts else _joined(parts, " AND ", TRUE)


def one_of(parts: Iterable[Fragment]) -> Fragment:
    """OR, with what is known already left out."""
    parts = [part for part in parts if part != FALSE]
    return TRUE if TRUE in parts else _joined(parts, " OR ", FALSE)


def _joined(parts: list[Fragment], word: str, nothing: Fragment) -> Fragment:
    if len(parts) < 2:
        return parts[0] if parts else nothing
    values = tuple(value for part in parts for value in part.values)
    return Fragment(f"({word.join(part.sql for part in parts)})", values)
