"""Registered models and versions out of the database, as entities."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from trackbook.entities import ModelVersion, ModelVersionStatus, RegisteredModel
from trackbook.errors import NotFound
from trackbook.stores.sql.engine import Connection

__all__ = ["MODELS", "VERSIONS", "find_model", "find_version", "load_models", "load_versions", "tags_of"]

#: What `load_models` and `load_versions` take; conditions and an order go behind it.
MODELS = "SELECT m.id, m.name, m.creation_time, m.last_update_time, m.description FROM registered_models m"
VERSIONS = (
    "SELECT r.id, r.model, m.name, r.version, r.creation_time, r.last_update_time, r.description, r.user_id, r.stage, "
    "r.source, r.run_id, r.status, r.status_message, r.run_link, r.model_id "
    "FROM model_versions r JOIN registered_models m ON m.id = r.model"
)
_NEWEST = "SELECT model, stage, max(version) AS newest FROM model_versions WHERE model {} GROUP BY model, stage"

Row = tuple[Any, ...]


def find_model(connection: Connection, name: str) -> Row:
    """The row of MODELS with a name; NotFound."""
    rows = connection.execute(f"{MODELS} WHERE m.name = ?", (name,))
    if not rows:
        raise NotFound(f"There is no registered model {name!r}; search_registered_models() lists them.")
    return tuple(rows[0])


def find_version(connection: Connection, name: str, version: int) -> Row:
    """The row of VERSIONS with a name and number; NotFound."""
    rows = connection.execute(f"{VERSIONS} WHERE m.name = ? AND r.version = ?", (name, version))
    if not rows:
        find_model(connection, name)
        raise NotFound(
            f"There is no version {version} of the registered model {name!r}; "
            f'search_model_versions("name = ...") lists them.'
        )
    return tuple(rows[0])


def tags_of(connection: Connection, table: str, owner: str, keys: Collection[int]) -> dict[int, dict[str, str]]:
    """The tags of models or versions by their keys."""
    return _grouped(connection, f"SELECT {owner}, key, value FROM {table} WHERE {owner} {{}}", keys)


def load_models(connection: Connection, rows: Sequence[Row]) -> list[RegisteredModel]:
    """Registered models of rows of MODELS."""
    keys = [row[0] for row in rows]
    tags = tags_of(connection, "registered_model_tags", "model", keys)
    aliases = _aliases(connection, keys)
    latest = latest_versions(connection, keys)
    models = []
    for key, name, created, changed, description in rows:
        pointers = dict(sorted(aliases.get(key, {}).items()))
        newest = latest.get(key, [])
        models.append(RegisteredModel(name, created, changed, description, newest, tags.get(key, {}), pointers))
    return models


def latest_versions(connection: Connection, keys: Collection[int]) -> dict[int, list[ModelVersion]]:
    """The newest version of each stage that has one, by the keys of models."""
    if not keys:
        return {}
    wanted = connection.dialect.among(keys)
    newest = f"({_NEWEST.format(wanted.sql)}) x ON x.model = r.model AND x.newest = r.version"
    rows = connection.execute(f"{VERSIONS} JOIN {newest} ORDER BY r.model, r.version", wanted.values)
    found: dict[int, list[ModelVersion]] = {}
    for row, version in zip(rows, load_versions(connection, rows), strict=True):
        found.setdefault(row[1], []).append(version)
    return found


def load_versions(connection: Connection, rows: Sequence[Row]) -> list[ModelVersion]:
    """Versions of rows of VERSIONS."""
    tags = tags_of(connection, "model_version_tags", "version", [row[0] for row in rows])
    names: dict[tuple[int, int], list[str]] = {}
    for model, pointers in _aliases(connection, {row[1] for row in rows}).items():
        for alias, version in pointers.items():
            names.setdefault((model, version), []).append(alias)
    return [_version(row, tags.get(row[0], {}), sorted(names.get((row[1], row[3]), []))) for row in rows]


def _version(row: Row, tags: dict[str, str], aliases: list[str]) -> ModelVersion:
    _, _, name, number, created, changed, description, user, stage, source, run_id, status, message, link, model = row
    state = ModelVersionStatus.to_string(status)
    about = (description, user, stage, source, run_id, state, message)
    return ModelVersion(name, number, created, changed, *about, tags, link, aliases, model)


def _aliases(connection: Connection, keys: Collection[int]) -> dict[int, dict[str, int]]:
    return _grouped(connection, "SELECT model, alias, version FROM registered_model_aliases WHERE model {}", keys)


def _grouped(connection: Connection, sql: str, keys: Collection[int]) -> dict[int, dict[str, Any]]:
    """Pairs by owner."""
    if not keys:
        return {}
    wanted = connection.dialect.among(keys)
    found: dict[int, dict[str, Any]] = {}
    for owner, key, value in connection.execute(sql.format(wanted.sql), wanted.values):
        found.setdefault(owner, {})[key] = value
    return found
