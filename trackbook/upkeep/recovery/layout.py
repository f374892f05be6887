"""Where the tables of a file must begin when its list of them is lost: in the order in which they are always made."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import NamedTuple

from sqlalchemy import Table
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateTable

from trackbook.stores.sql.engine import Database
from trackbook.stores.sql.migrations import version_2, version_3, version_4
from trackbook.stores.sql.schema import open_schema
from trackbook.upkeep.recovery.pages import PageFile
from trackbook.uris import parse_store_uri

__all__ = ["first_page", "guess_roots", "made_by"]

_OF_TABLES, _OF_INDEXES = (0x05, 0x0D), (0x02, 0x0A)  # the first byte of their pages
_WRONG = 3  # pages that may be damaged too


class _Tree(NamedTuple):
    name: str
    table: str
    is_table: bool  # with a rowid: another kind of tree than an index, or a table without


def made_by(table: Table) -> str:
    """The statement that makes a table."""
    return str(CreateTable(table).compile(dialect=sqlite.dialect())).strip()


def guess_roots(pages: PageFile, known: Mapping[str, int]) -> dict[str, int]:
    """Where each table begins, if the file was made new or upgraded by us.

    Args:
        known: where those tables begin that the file still lists.

    Returns:
        page by table; {} if the trees of the file are not those that we make.
    """
    found = pages.roots()
    best: dict[str, int] = {}
    fewest = _WRONG + 1
    for order in _orders():
        if len(order) != len(found):
            continue
        roots = {tree.name: page for tree, page in zip(order, found, strict=True)}
        wrong = sum(
            pages.kind(page) not in (_OF_TABLES if tree.is_table else _OF_INDEXES)
            for tree, page in zip(order, found, strict=True)
        )
        if wrong < fewest and all(roots.get(name) == page for name, page in known.items() if name in roots):
            best, fewest = roots, wrong
    return best


def _orders() -> Iterator[list[_Tree]]:
    """The trees of a new database, and of those that were upgraded, in the order in which they are made."""
    database = Database(parse_store_uri("sqlite://"))
    try:
        open_schema(database, "0")
        with database.read() as connection:
            rows = connection.execute(
                "SELECT name, tbl_name, type = 'table' AND sql NOT LIKE '%WITHOUT ROWID%' FROM sqlite_master "
                "WHERE rootpage > 0 ORDER BY rootpage"
            )
    finally:
        database.close()
    trees = [_Tree(name, table, bool(is_table)) for name, table, is_table in rows]
    yield trees
    fourth = [tree for tree in trees if tree.table in version_4.tables()]
    trees = [tree for tree in trees if tree not in fourth]
    yield trees + fourth
    third = [tree for tree in trees if tree.table in version_3.tables() or tree.name in version_3.INDEXES]
    before = [tree for tree in trees if tree not in third]
    yield before + _in_order_of_step_3(third) + fourth
    added = list(version_2.tables())
    first = [tree for tree in before if tree.table not in added]
    second = sorted((tree for tree in before if tree.table in added), key=lambda tree: added.index(tree.table))
    yield first + second + _in_order_of_step_3(third) + fourth


def _in_order_of_step_3(trees: list[_Tree]) -> list[_Tree]:
    """Tables with what they need to be unique, and then all indexes."""
    tables, indexes = list(version_3.tables()), list(version_3.INDEXES)
    made = [tree for tree in trees if tree.name not in indexes]
    last = [tree for tree in trees if tree.name in indexes]
    return sorted(made, key=lambda tree: tables.index(tree.table)) + sorted(last, key=lambda t: indexes.index(t.name))


def first_page(table: Table, root: int, size: int) -> bytes:
    """The first page of a file that lists one table, which begins at a page."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        for statement in (f"PRAGMA page_size={size}", "PRAGMA auto_vacuum=INCREMENTAL", made_by(table)):
            connection.execute(statement)
        connection.execute("PRAGMA writable_schema=ON")
        connection.execute("DELETE FROM sqlite_master WHERE name <> ?", (table.name,))
        connection.execute("UPDATE sqlite_master SET rootpage = ?", (root,))
        return connection.serialize()[:size]
