"""To schema 4: saved views of a page, and where runs keep their artifacts that were moved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Column, String, Text, inspect
from sqlalchemy.types import NVARCHAR, TypeEngine

if TYPE_CHECKING:
    from alembic.operations import Operations
    from sqlalchemy.engine import Connection

__all__ = ["tables", "upgrade"]


def upgrade(operations: Operations) -> None:
    """Add what is not there yet: a database that commits each statement may have been left half way."""
    connection = operations.get_bind()
    if "artifact_location" not in {column["name"] for column in inspect(connection).get_columns("runs")}:
        operations.add_column("runs", Column("artifact_location", _text(None)))
    for name, columns in tables().items():
        if not inspect(connection).has_table(name):
            operations.create_table(name, *columns, sqlite_with_rowid=False, **_options(connection))


def tables() -> dict[str, list[Column[Any]]]:
    """The tables that are added, in order."""
    return {
        "views": [
            Column("name", _text(200), primary_key=True),
            Column("state", _text(None), nullable=False),
            Column("creation_time", BigInteger, nullable=False),
            Column("created_by", _text(256), nullable=False),
            Column("last_update_time", BigInteger, nullable=False),
            Column("updated_by", _text(256), nullable=False),
        ]
    }


def _options(connection: Connection) -> dict[str, Any]:
    """How MySQL is told that texts differ which look alike."""
    kind = connection.dialect.name
    if kind not in ("mysql", "mariadb"):
        return {}
    collation = connection.exec_driver_sql("SELECT @@collation_connection").scalar_one()
    words = {"engine": "InnoDB", "default_charset": "utf8mb4", "collate": collation, "row_format": "DYNAMIC"}
    return {f"{kind}_{word}": value for word, value in words.items()}


def _text(length: int | None) -> TypeEngine[str]:
    """Text that sorts by code points everywhere."""
    kind = String(length) if length else Text()
    kind = kind.with_variant(String(length, collation="C") if length else Text(collation="C"), "postgresql")
    kind = kind.with_variant(NVARCHAR(length, collation="Latin1_General_100_BIN2"), "mssql")
    return kind if length else kind.with_variant(Text(1 << 16), "mysql", "mariadb")
