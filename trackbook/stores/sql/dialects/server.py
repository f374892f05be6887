"""What the dialects of database servers have in common, and what each adds: how to connect, to begin and to fail."""

from __future__ import annotations

import json
import re
from abc import abstractmethod
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from typing import Any

from sqlalchemy import Dialect as Compiler
from sqlalchemy.engine import URL
from sqlalchemy.schema import CreateIndex, CreateTable

from trackbook.errors import MissingDependency
from trackbook.stores.sql.dialects.dialect import Dialect
from trackbook.stores.sql.dialects.fragments import Fragment
from trackbook.stores.sql.dialects.numbers import number_test
from trackbook.stores.sql.dialects.sqlite import variants
from trackbook.stores.sql.dialects.translation import Statement, column_names
from trackbook.stores.sql.tables import metadata

__all__ = ["DUPLICATE", "PATIENCE", "ServerDialect"]

#: MySQL's number for a key that is taken.
DUPLICATE = 1062
PATIENCE = 30  # seconds that a statement waits for another's rows
_SPECIAL = re.compile(r"[^\w\s]|_")


class ServerDialect(Dialect):
    """A database server.

    Attributes:
        driver: the module of its driver, which SQLAlchemy's URL names too.
        extra: of `pip install "trackbook[...]"`.
        read, write: statements that begin a transaction.
        lock_schema, unlock_schema: statements that let one session at a time make the schema.
    """

    lists_as_json = False
    driver: str
    extra: str
    read: tuple[str, ...]
    write: tuple[str, ...]
    lock_schema: str
    unlock_schema: str
    newest_run = Fragment("CASE WHEN r.start_time IS NULL THEN 1 ELSE 0 END, r.start_time DESC, r.run_id")

    @abstractmethod
    def compiler(self) -> Compiler:
        """SQLAlchemy's dialect, which writes the schema."""

    @abstractmethod
    def url(self, url: URL) -> URL:
        """The address as SQLAlchemy takes it, with the driver named."""

    @abstractmethod
    def arguments(self) -> dict[str, Any]:
        """What the driver's connect is given besides."""

    @abstractmethod
    def set_up(self, connection: Any) -> None:
        """Prepare a new connection of the driver."""

    def finish(self, connection: Any) -> None:
        """Set what SQLAlchemy has changed again, once it has looked at a new connection of the driver."""

    @abstractmethod
    def kind_of(self, error: Exception) -> str:
        """What a driver's error means.

        Returns:
            ``lost`` (the session is gone), ``contended`` (the same transaction may work now), ``away`` (it may work
            later), ``full``, ``invalid`` (a value does not fit), ``read_only``, ``refused`` (wrong name or password)
            or ``other``.
        """

    @abstractmethod
    def rewrite(self, sql: str) -> Statement:
        """A statement as the driver takes it."""

    def check(self, connection: Any) -> None:
        """Look, before the schema is made, whether the database can hold it; `connection` executes statements."""

    def errors(self) -> tuple[type[Exception], ...]:
        """What the driver raises."""
        return (self.module().Error,)

    def module(self) -> Any:
        """The driver.

        Raises:
            MissingDependency: it is not installed.
        """
        from importlib import import_module

        try:
            return import_module(self.driver)
        except ImportError:
            raise MissingDependency(
                f"{self.name} databases need the driver {self.driver}; install it with: "
                f'pip install "trackbook[{self.extra}]"'
            ) from None

    @cached_property
    def reserved(self) -> frozenset[str]:
        """Those of our columns that must be quoted."""
        words = self.compiler().identifier_preparer.reserved_words
        return frozenset(name for name in column_names() if name in words)

    def translate(self, sql: str) -> Statement:
        """A statement as the driver takes it; translated once."""
        return _translated(self, sql)

    def values(self, values: Sequence[Any]) -> Sequence[Any]:
        """Parameters as the driver takes them."""
        return values

    def schema(self, connection: Any = None) -> list[str]:
        """The statements that make the schema, for the server of a connection that executes statements."""
        compiler = self.compiler()
        statements = []
        first = metadata.tables["trackbook_store"]  # by which an unfinished schema is recognised as ours
        for table in [first, *(table for table in metadata.sorted_tables if table is not first)]:
            statements.append(str(CreateTable(table).compile(dialect=compiler)).strip())
            indexes = sorted(table.indexes, key=lambda index: str(index.name))
            statements += [str(CreateIndex(index).compile(dialect=compiler)).strip() for index in indexes]
        return [self.adjusted(statement) for statement in statements]

    def adjusted(self, statement: str) -> str:
        """A statement of the schema with what SQLAlchemy cannot say."""
        return statement

    def like(self, expression: Fragment, pattern: str, *, fold: bool, negated: bool) -> Fragment:
        if fold:
            return self.matches(expression, folding_expression(pattern), negated)
        word = "NOT LIKE" if negated else "LIKE"
        return Fragment(f"{expression.sql} {word} ? ESCAPE '|'", (*expression.values, pattern.replace("|", "||")))

    @abstractmethod
    def matches(self, expression: Fragment, pattern: str, negated: bool) -> Fragment:
        """Whether a text matches a regular expression as a whole; the pattern is without its anchors."""

    def members(self, expression: Fragment, values: Sequence[Any], *, negated: bool = False) -> Fragment:
        word = "NOT IN" if negated else "IN"
        marks = ", ".join("?" * len(values))
        return Fragment(f"{expression.sql} {word} ({marks})", (*expression.values, *values))

    def among(self, ids: Iterable[int]) -> Fragment:
        """The keys as text: they are whole numbers of ours, and so many placeholders cost more than they."""
        listed = ", ".join(str(int(number)) for number in ids)
        return Fragment(f"IN ({listed or 'NULL'})")

    def compare_number(self, expression: Fragment, operator: str, values: tuple[Any, ...], exact: bool) -> Fragment:
        return number_test(expression, operator, values, exact)

    def ordered(self, expression: Fragment, *, ascending: bool, nullable: bool, exact: bool = False) -> Fragment:
        sql, values = expression
        value = self.exact_order(sql) if exact else sql
        term = value if ascending else f"{value} DESC"
        count = value.count(sql)
        if not nullable:
            return Fragment(term, values * count)
        return Fragment(f"CASE WHEN {sql} IS NULL THEN 1 ELSE 0 END, {term}", values * (count + 1))

    def exact_order(self, sql: str) -> str:
        """What an exact float is sorted by, so that -0.0 and 0.0 are equal."""
        return sql

    def table_of_uris(self, owner: str, uris: dict[int, tuple[str, str]]) -> Fragment:
        if not uris:
            return Fragment(f"{owner}.run_id")
        cases = " ".join(f"WHEN {int(number)} THEN (? || {owner}.run_id || ?)" for number in uris)
        values = tuple(part for parts in uris.values() for part in parts)
        return Fragment(f"CASE {owner}.experiment {cases} END", values)


def folding_expression(pattern: str) -> str:
    """The pattern of an ILIKE as a regular expression without anchors."""
    return "".join(_piece(character) for character in pattern)


def _piece(character: str) -> str:
    if character in "%_":
        return ".*" if character == "%" else "."
    letters = variants(character)
    if len(letters) > 1:
        return f"[{''.join(letters)}]"
    return f"\\{character}" if _SPECIAL.fullmatch(character) and character.isascii() else character


@lru_cache(maxsize=2048)
def _translated(dialect: ServerDialect, sql: str) -> Statement:
    return dialect.rewrite(sql)


def as_json(values: Iterable[Any]) -> str:
    """Many values as one parameter."""
    return json.dumps(list(values))
