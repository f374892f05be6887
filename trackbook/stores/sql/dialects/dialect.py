"""What differs between databases when something is searched or read: one class a kind of database."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any

from trackbook.stores.sql.dialects.fragments import Fragment

__all__ = ["Dialect"]


class Dialect(ABC):
    """How one kind of database says what the portable SQL of this package cannot.

    Attributes:
        name: SQLAlchemy's name for it.
        lists_as_json: whether many values travel as one JSON text, both ways, and searches are planned by counting.
        lock: what stands behind a SELECT of rows that the transaction is about to change.
        newest_run: the default order of runs, and the last word in every other.
        tables: a statement whose rows are the names of the tables there are.
    """

    name: str
    lists_as_json: bool
    lock: str
    newest_run: Fragment
    tables: str

    @abstractmethod
    def like(self, expression: Fragment, pattern: str, *, fold: bool, negated: bool) -> Fragment:
        """LIKE that minds case, or ILIKE that minds it for no letter of any script."""

    @abstractmethod
    def members(self, expression: Fragment, values: Sequence[Any], *, negated: bool = False) -> Fragment:
        """Whether an expression is one of some values."""

    @abstractmethod
    def among(self, ids: Iterable[int]) -> Fragment:
        """``IN`` and a list of keys, made so that the text of the statement stays short."""

    @abstractmethod
    def compare_number(self, expression: Fragment, operator: str, values: tuple[Any, ...], exact: bool) -> Fragment:
        """A comparison of an expression with numbers that are not NaN, as mathematics has it.

        Args:
            expression: a column.
            operator: of `trackbook.filters.OPERATORS`, with or without NOT.
            values: what it is compared with.
            exact: whether the column holds floats; else it holds whole numbers.
        """

    @abstractmethod
    def ordered(self, expression: Fragment, *, ascending: bool, nullable: bool, exact: bool = False) -> Fragment:
        """A term of ORDER BY that puts NULL last."""

    @abstractmethod
    def table_of_uris(self, owner: str, uris: dict[int, tuple[str, str]]) -> Fragment:
        """The artifact URI of a run: what stands before and after its id, by its experiment."""
