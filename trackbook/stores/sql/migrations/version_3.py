"""To schema 3: logged models, the models that runs read and made, and the registry with its audit trail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, SmallInteger, String, Text, inspect
from sqlalchemy.types import NVARCHAR, TypeEngine

if TYPE_CHECKING:
    from alembic.operations import Operations
    from sqlalchemy.engine import Connection

__all__ = ["INDEXES", "tables", "upgrade"]

#: Tables whose rows lie by their primary key, where SQLite offers that.
_CLUSTERED = {
    "logged_model_params",
    "logged_model_tags",
    "model_version_tags",
    "registered_model_aliases",
    "registered_model_tags",
    "run_models",
    "version_numbers",
}
#: Tables whose keys are never used again.
_NUMBERED = {"logged_models", "model_versions", "registered_models"}

#: Table, columns and whether they are unique, by index; made in this order, after the tables.
INDEXES = {
    "logged_models_by_experiment": (
        "logged_models", ["experiment", "lifecycle_stage", "creation_time", "model_id"], False
    ),
    "logged_models_by_run": ("logged_models", ["source_run"], False),
    "model_versions_by_change": ("model_versions", ["last_update_time"], False),
    "model_versions_by_model_id": ("model_versions", ["model_id"], False),
    "model_versions_by_number": ("model_versions", ["model", "version"], True),
    "model_versions_by_run": ("model_versions", ["run_id"], False),
    "model_versions_by_stage": ("model_versions", ["model", "stage", "version"], False),
    "model_versions_in_stage": ("model_versions", ["stage", "last_update_time"], False),
    "registry_audit_by_name": ("registry_audit", ["name", "seq"], False),
    "run_models_by_model": ("run_models", ["model_id", "run"], False),
    "series_by_model": ("series", ["model"], False),
}  # fmt: skip


def upgrade(operations: Operations) -> None:
    """Add what is not there yet: a database that commits each statement may have been left half way."""
    present = inspect(operations.get_bind())
    options = _options(operations.get_bind())
    for name, columns in tables().items():
        if not present.has_table(name):
            made: dict[str, Any] = {"sqlite_autoincrement": True} if name in _NUMBERED else {}
            operations.create_table(name, *columns, sqlite_with_rowid=name not in _CLUSTERED, **made, **options)
    for name, (table, names, unique) in INDEXES.items():
        known = {index["name"] for index in inspect(operations.get_bind()).get_indexes(table)}
        if name not in known:
            operations.create_index(name, table, names, unique=unique)


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


def _required(name: str, kind: TypeEngine[Any] | type[TypeEngine[Any]]) -> Column[Any]:
    return Column(name, kind, nullable=False)


def _number() -> Column[Any]:
    return Column("id", Integer, primary_key=True, autoincrement=True)


def _times() -> list[Column[Any]]:
    return [_required("creation_time", BigInteger), _required("last_update_time", BigInteger)]


def _key(name: str, table: str) -> Column[Any]:
    return Column(name, Integer, ForeignKey(f"{table}.id", ondelete="CASCADE"), primary_key=True)


def _of(name: str, table: str) -> Column[Any]:
    return Column(name, Integer, ForeignKey(f"{table}.id", ondelete="CASCADE"), nullable=False)


def _pairs(owner: str, table: str) -> list[Column[Any]]:
    return [_key(owner, table), Column("key", _text(250), primary_key=True), _required("value", _text(None))]


def tables() -> dict[str, list[Column[Any]]]:
    """The tables that are added, in order."""
    return _tables_of_models() | _tables_of_registry() | _tables_of_audit()


def _tables_of_models() -> dict[str, list[Column[Any]]]:
    return {
        "logged_models": [
            _number(),
            Column("model_id", _text(64), nullable=False, unique=True),
            _of("experiment", "experiments"),
            _required("name", _text(500)),
            Column("model_type", _text(500)),
            Column("source_run", _text(256)),
            _required("status", SmallInteger),
            Column("status_message", _text(None)),
            *_times(),
            _required("lifecycle_stage", _text(8)),
            Column("deleted_time", BigInteger),
            Column("digest", _text(64)),
            Column("files", _text(None)),
        ],
        "logged_model_tags": _pairs("model", "logged_models"),
        "logged_model_params": _pairs("model", "logged_models"),
        "run_models": [
            _key("run", "runs"),
            Column("direction", SmallInteger, primary_key=True),
            Column("model_id", _text(64), primary_key=True),
            Column("step", BigInteger, nullable=False, server_default="0"),
        ],
    }


def _tables_of_registry() -> dict[str, list[Column[Any]]]:
    return {
        "registered_models": [
            _number(),
            Column("name", _text(256), nullable=False, unique=True),
            *_times(),
            Column("description", _text(None)),
        ],
        "version_numbers": [Column("name", _text(256), primary_key=True), _required("last", Integer)],
        "registered_model_tags": _pairs("model", "registered_models"),
        "registered_model_aliases": [
            _key("model", "registered_models"),
            Column("alias", _text(256), primary_key=True),
            _required("version", Integer),
        ],
        "model_versions": [
            _number(),
            _of("model", "registered_models"),
            _required("version", Integer),
            *_times(),
            Column("description", _text(None)),
            Column("user_id", _text(256), nullable=False, server_default=""),
            _required("stage", _text(16)),
            _required("source", _text(None)),
            Column("run_id", _text(256)),
            Column("run_link", _text(None)),
            _required("status", SmallInteger),
            Column("status_message", _text(None)),
            Column("model_id", _text(64)),
            Column("digest", _text(64)),
            Column("files", _text(None)),
        ],
        "model_version_tags": _pairs("version", "model_versions"),
    }


def _tables_of_audit() -> dict[str, list[Column[Any]]]:
    return {
        "registry_audit": [
            Column("seq", BigInteger, primary_key=True, autoincrement=False),
            _required("time", BigInteger),
            _required("actor", _text(256)),
            _required("action", _text(64)),
            _required("name", _text(256)),
            Column("version", Integer),
            _required("before", _text(None)),
            _required("after", _text(None)),
            _required("previous", _text(64)),
            _required("hash", _text(64)),
        ],
        "registry_head": [
            Column("id", Integer, primary_key=True, autoincrement=False),
            _required("seq", BigInteger),
            _required("hash", _text(64)),
        ],
    }
