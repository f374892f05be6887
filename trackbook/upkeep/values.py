"""Whether values read from a database can be what was stored: damage can make a text of a number."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import Table

__all__ = ["row_check"]

_TYPES: dict[type, tuple[type, ...]] = {int: (int,), float: (int, float), str: (str,), bytes: (bytes,)}


def row_check(table: Table) -> Callable[[Sequence[object]], bool]:
    """What tells of a row, with its columns in the order of the table, whether each value is of the right type."""
    kinds = [
        (*_TYPES[column.type.python_type], *((type(None),) if column.nullable else ())) for column in table.columns
    ]

    def fits(row: Sequence[object]) -> bool:
        return all(isinstance(value, kind) for value, kind in zip(row, kinds, strict=True))

    return fits
