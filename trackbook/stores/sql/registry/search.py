"""Search for registered models and versions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from trackbook.entities import ModelVersion, PagedList, RegisteredModel
from trackbook.filters import (
    MODEL_VERSIONS,
    REGISTERED_MODELS,
    Filter,
    Identifier,
    Ordering,
    Vocabulary,
    parse_filter,
    parse_order,
)
from trackbook.stores.sql.compile import Compiler, registered_model_compiler, version_compiler
from trackbook.stores.sql.dialects.dialect import Dialect
from trackbook.stores.sql.dialects.fragments import Fragment
from trackbook.stores.sql.engine import Connection, Database
from trackbook.stores.sql.pages import check_page_size, next_token, offset_of
from trackbook.stores.sql.registry.loading import MODELS, VERSIONS, load_models, load_versions

__all__ = ["RegistrySearch"]

MAX_MODELS, MAX_VERSIONS = 1_000, 200_000

Row = tuple[Any, ...]
T = TypeVar("T")


def _clauses(text: str) -> tuple[Ordering, ...]:
    words = [part.split() for part in text.split(", ")]
    return tuple(Ordering(Identifier("attribute", name), ascending=way == "ASC") for name, way in words)


_BY_NAME = _clauses("name ASC")
_LAST_CHANGED = _clauses("last_updated_timestamp DESC, name ASC, version_number DESC")


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a caller asked for, checked before the database is touched."""

    tree: Filter | None
    order: tuple[Ordering, ...]

    @classmethod
    def of(
        cls,
        vocabulary: Vocabulary,
        filter_string: str | None,
        order_by: Sequence[str] | None,
        last_words: tuple[Ordering, ...],
    ) -> _Asked:
        order = parse_order(order_by, vocabulary)
        asked = {clause.name for clause in order}
        rest = [clause for clause in last_words if clause.name not in asked]
        return cls(parse_filter(filter_string, vocabulary), (*order, *rest))

    def statement(self, select: str, compiler: Compiler) -> Fragment:
        condition = compiler.condition(self.tree)
        keys = [key for number, clause in enumerate(self.order) if (key := compiler.sort_key(clause, number))]
        joins, terms = [key.join for key in keys], [key.terms for key in keys]
        sql = " ".join(
            [
                select,
                *(join.sql for join in joins if join.sql),
                f"WHERE {condition.sql} ORDER BY {', '.join(term.sql for term in terms)}",
            ]
        )
        return Fragment(sql, tuple(value for piece in (*joins, condition, *terms) for value in piece.values))


class RegistrySearch:
    """The searches of RegistryStore."""

    database: Database

    def search_registered_models(
        self,
        filter_string: str | None = None,
        max_results: int = 100,
        order_by: Sequence[str] | None = None,
        page_token: str | None = None,
    ) -> PagedList[RegisteredModel]:
        check_page_size(max_results, MAX_MODELS, least=0)
        asked = _Asked.of(REGISTERED_MODELS, filter_string, order_by, _BY_NAME)
        return self._page(MODELS, registered_model_compiler, asked, load_models, max_results, page_token)

    def search_model_versions(
        self,
        filter_string: str | None = None,
        max_results: int = 10_000,
        order_by: Sequence[str] | None = None,
        page_token: str | None = None,
    ) -> PagedList[ModelVersion]:
        check_page_size(max_results, MAX_VERSIONS)
        asked = _Asked.of(MODEL_VERSIONS, filter_string, order_by, _LAST_CHANGED)
        return self._page(VERSIONS, version_compiler, asked, load_versions, max_results, page_token)

    def _page(
        self,
        select: str,
        compiler: Callable[[Dialect], Compiler],
        asked: _Asked,
        load: Callable[[Connection, Sequence[Row]], list[T]],
        max_results: int,
        page_token: str | None,
    ) -> PagedList[T]:
        offset = offset_of(page_token)
        if max_results == 0:  # MLflow takes it, and so there is no next page to ask for
            return PagedList([])
        statement = asked.statement(select, compiler(self.database.dialect))
        with self.database.read() as connection:
            rows = connection.execute(f"{statement.sql} LIMIT ? OFFSET ?", (*statement.values, max_results + 1, offset))
            found = load(connection, rows[:max_results])
        return PagedList(found, next_token(offset + max_results) if len(rows) > max_results else None)
