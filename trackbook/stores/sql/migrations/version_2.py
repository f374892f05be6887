"""To schema 2: attempts of a run, data sets and inputs, recorded files, and when a run was resumed.

Only files have schema 1; databases on servers began with 2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, SmallInteger, String, Text, inspect

if TYPE_CHECKING:
    from alembic.operations import Operations

__all__ = ["tables", "upgrade"]


def upgrade(operations: Operations) -> None:
    """Add what is not there yet: a database that commits each statement may have been left half way."""
    present = inspect(operations.get_bind())
    if "resumed" not in {column["name"] for column in present.get_columns("runs")}:
        operations.add_column("runs", Column("resumed", BigInteger))
    for name, items in tables().items():
        if not present.has_table(name):
            operations.create_table(
                name,
                *items,
                sqlite_with_rowid=name == "datasets",
            )


def tables() -> dict[str, list[Column[Any] | Index]]:
    """The tables that are added, in order."""
    return {
        "attempts": [
            _key("run", "runs"),
            Column("attempt", Integer, primary_key=True),
            Column("status", SmallInteger, nullable=False),
            Column("start_time", BigInteger),
            Column("end_time", BigInteger),
            Column("host", String(256)),
            Column("pid", Integer),
        ],
        "datasets": [
            Column("id", Integer, primary_key=True),
            Column("experiment", Integer, ForeignKey("experiments.id", ondelete="CASCADE"), nullable=False),
            Column("name", String(500), nullable=False),
            Column("digest", String(36), nullable=False),
            Column("source_type", String(36), nullable=False),
            Column("source", Text, nullable=False),
            Column("schema", Text),
            Column("profile", Text),
            Index("datasets_by_name", "experiment", "name", "digest", unique=True),
        ],
        "inputs": [
            _key("run", "runs"),
            _key("dataset", "datasets"),
            Index("inputs_by_dataset", "dataset", "run"),
        ],
        "input_tags": [
            _key("run", "runs"),
            _key("dataset", "datasets"),
            Column("key", String(255), primary_key=True),
            Column("value", String(500), nullable=False),
        ],
        "files": [
            _key("run", "runs"),
            Column("path_key", String(32), primary_key=True),
            Column("path", Text, nullable=False),
            Column("size", BigInteger, nullable=False),
            Column("sha256", String(64), nullable=False),
            Column("time", BigInteger, nullable=False),
        ],
    }


def _key(name: str, table: str) -> Column[Any]:
    return Column(name, Integer, ForeignKey(f"{table}.id", ondelete="CASCADE"), primary_key=True)
