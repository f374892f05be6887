"""Versions of registered models in a SQL database: made, read, changed and deleted; stages are in stages.py."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trackbook.entities import LoggedModelStatus, ModelVersion, ModelVersionStatus, StoredFile
from trackbook.entities.digests import files_from_json, files_to_json, manifest_digest
from trackbook.entities.keys import (
    check_description,
    check_key,
    check_registered_name,
    check_registry_tag,
    check_registry_tags,
    check_run_id,
    check_text,
    check_version,
)
from trackbook.errors import InvalidParameter, InvalidState, NotFound
from trackbook.stores.registry import NewVersion
from trackbook.stores.sql.engine import Connection, retried
from trackbook.stores.sql.registry.loading import VERSIONS, find_version, load_versions
from trackbook.stores.sql.registry.models import insert_model
from trackbook.stores.sql.registry.trail import Ledger, Trail

__all__ = ["CheckedVersion", "ModelVersions", "touch_version"]

_SOURCE = re.compile(r"models:/([a-zA-Z0-9][a-zA-Z0-9_-]{0,63})")
_NEW = (
    "INSERT INTO model_versions (model, version, creation_time, last_update_time, description, user_id, stage, source, "
    "run_id, run_link, status, model_id, digest, files) VALUES (?, ?, ?, ?, ?, ?, 'None', ?, ?, ?, ?, ?, ?, ?) "
    "RETURNING id"
)
_PUT_TAG = (
    "INSERT INTO model_version_tags VALUES (?, ?, ?) ON CONFLICT (version, key) DO UPDATE SET value = excluded.value"
)
_TAG = "SELECT value FROM model_version_tags WHERE version = ? AND key = ?"


@dataclass(frozen=True, slots=True)
class CheckedVersion:
    """A new version that keeps the rules."""

    name: str
    source: str
    run_id: str | None
    model_id: str
    files: Sequence[StoredFile]
    tags: dict[str, str]
    description: str | None
    run_link: str | None
    make_model: bool

    @classmethod
    def of(cls, new: NewVersion) -> CheckedVersion:
        name = check_registered_name(new.name)
        match = _SOURCE.fullmatch(new.source) if isinstance(new.source, str) else None
        if match is None or new.model_id not in (None, match[1]):
            raise InvalidParameter(
                f"The source of a version is a logged model, whose files do not change, such as models:/m-..., not "
                f"{new.source!r:.200}. register_model makes one of a run's artifacts or of a folder."
            )
        run_id = None if new.run_id is None else check_run_id(new.run_id)
        link = None if new.run_link is None else check_text("run_link", new.run_link)
        tags = check_registry_tags(new.tags)
        return cls(
            name,
            new.source,
            run_id,
            match[1],
            new.files,
            tags,
            check_description(new.description),
            link,
            new.make_model,
        )

    def told(self) -> dict[str, Any]:
        """What the audit trail says of it."""
        digest = manifest_digest(self.files)
        texts = {"source": self.source, "run_id": self.run_id, "run_link": self.run_link, "digest": digest}
        return {**texts, "description": self.description, "tags": self.tags}


class ModelVersions(Trail):
    """The verbs of RegistryStore that concern versions, stages left out."""

    @retried
    def create_model_version(self, new: NewVersion) -> ModelVersion:
        checked = CheckedVersion.of(new)
        with self._registry() as ledger:
            _check_logged_model(ledger.connection, checked)
            number = self._next_version(ledger, checked)
            return _loaded(ledger.connection, checked.name, number)

    def _next_version(self, ledger: Ledger, new: CheckedVersion) -> int:
        """Make the next version of a model, and the model if there is none and it is to be made; the number."""
        rows = ledger.connection.execute("SELECT id FROM registered_models WHERE name = ?", (new.name,))
        if not rows and not new.make_model:
            raise NotFound(f"There is no registered model {new.name!r}; create_registered_model makes one.")
        model = rows[0][0] if rows else insert_model(ledger, new.name, {}, None)
        number = ledger.next_number(new.name)
        self._insert_version(ledger, model, number, new)
        ledger.touch(model)
        return number

    def _insert_version(self, ledger: Ledger, model: int, version: int, new: CheckedVersion) -> None:
        told = new.told()
        row = (model, version, ledger.now, ledger.now, new.description, ledger.actor)
        made = (new.source, new.run_id, new.run_link, ModelVersionStatus.READY, new.model_id, told["digest"])
        ((key,),) = ledger.connection.execute(_NEW, (*row, *made, files_to_json(new.files)))
        ledger.connection.executemany(_PUT_TAG, [(key, name, value) for name, value in new.tags.items()])
        ledger.note("create_model_version", new.name, version, after=told)

    def get_model_version(self, name: str, version: int | str) -> ModelVersion:
        name, number = check_registered_name(name), check_version(version)
        with self.database.read() as connection:
            return _loaded(connection, name, number)

    def model_version_files(self, name: str, version: int | str) -> list[StoredFile]:
        name, number = check_registered_name(name), check_version(version)
        with self.database.read() as connection:
            key = find_version(connection, name, number)[0]
            ((files,),) = connection.execute("SELECT files FROM model_versions WHERE id = ?", (key,))
        return files_from_json(files)

    @retried
    def update_model_version(self, name: str, version: int | str, description: str | None) -> ModelVersion:
        name, number, description = check_registered_name(name), check_version(version), check_description(description)
        with self._registry() as ledger:
            row = find_version(ledger.connection, name, number)
            old = row[6]
            if old != description:
                touch_version(ledger, row, "description = ?", description)
                before, after = {"description": old}, {"description": description}
                ledger.note("update_model_version", name, number, before=before, after=after)
            return _loaded(ledger.connection, name, number)

    @retried
    def delete_model_version(self, name: str, version: int | str) -> None:
        name, number = check_registered_name(name), check_version(version)
        with self._registry() as ledger:
            row = find_version(ledger.connection, name, number)
            _delete(ledger, name, row[1], [row])
            ledger.touch(row[1])

    def _delete_versions(self, ledger: Ledger, model: int, name: str) -> None:
        """Delete the versions of a model."""
        rows = ledger.connection.execute(f"{VERSIONS} WHERE r.model = ? ORDER BY r.version", (model,))
        _delete(ledger, name, model, rows)

    @retried
    def set_model_version_tag(self, name: str, version: int | str, key: str, value: object) -> None:
        name, number, (key, text) = check_registered_name(name), check_version(version), check_registry_tag(key, value)
        with self._registry() as ledger:
            owner = find_version(ledger.connection, name, number)[0]
            old = ledger.connection.execute(_TAG, (owner, key))
            if old == [(text,)]:
                return
            ledger.connection.execute(_PUT_TAG, (owner, key, text))
            before = {"key": key, "value": old[0][0]} if old else None
            ledger.note("set_model_version_tag", name, number, before=before, after={"key": key, "value": text})

    @retried
    def delete_model_version_tag(self, name: str, version: int | str, key: str) -> None:
        name, number, key = check_registered_name(name), check_version(version), check_key("tag", key)
        with self._registry() as ledger:
            owner = find_version(ledger.connection, name, number)[0]
            old = ledger.connection.execute(_TAG, (owner, key))
            if old:
                ledger.connection.execute("DELETE FROM model_version_tags WHERE version = ? AND key = ?", (owner, key))
                ledger.note("delete_model_version_tag", name, number, before={"key": key, "value": old[0][0]})

    def versions_of(self, run_id: str | None = None, model_id: str | None = None) -> list[ModelVersion]:
        conditions = [pair for pair in (("r.run_id = ?", run_id), ("r.model_id = ?", model_id)) if pair[1] is not None]
        if not conditions:
            raise InvalidParameter("versions_of takes the id of a run or of a logged model.")
        where = " AND ".join(condition for condition, _ in conditions)
        with self.database.read() as connection:
            values = [value for _, value in conditions]
            rows = connection.execute(f"{VERSIONS} WHERE {where} ORDER BY m.name, r.version", values)
            return load_versions(connection, rows)


def touch_version(ledger: Ledger, row: tuple[Any, ...], change: str, value: object) -> None:
    """Change a column of a version, and note the time in its row and its model's."""
    sql = f"UPDATE model_versions SET {change}, last_update_time = ? WHERE id = ?"
    ledger.connection.execute(sql, (value, ledger.now, row[0]))
    ledger.touch(row[1])


def _delete(ledger: Ledger, name: str, model: int, rows: list[tuple[Any, ...]]) -> None:
    connection = ledger.connection
    keys = [row[0] for row in rows]
    wanted = connection.dialect.among(keys)
    digests = dict(connection.execute(f"SELECT id, digest FROM model_versions WHERE id {wanted.sql}", wanted.values))
    for row, found in zip(rows, load_versions(connection, rows), strict=True):
        for alias in found.aliases:
            pointer = (model, alias)
            connection.execute("DELETE FROM registered_model_aliases WHERE model = ? AND alias = ?", pointer)
            before = {"alias": alias, "version": found.version}
            ledger.note("delete_registered_model_alias", name, found.version, before=before)
        texts = {"source": found.source, "run_id": found.run_id, "run_link": found.run_link, "digest": digests[row[0]]}
        before = {**texts, "description": found.description, "tags": found.tags, "stage": found.current_stage}
        ledger.note("delete_model_version", name, found.version, before=before)
    connection.execute(f"DELETE FROM model_versions WHERE id {wanted.sql}", wanted.values)


def _check_logged_model(connection: Connection, new: CheckedVersion) -> None:
    """Refuse a logged model that is in this store and has no fixed files, or others; it may be in another store."""
    sql = f"SELECT status, lifecycle_stage, digest FROM logged_models WHERE model_id = ?{connection.dialect.lock}"
    for status, stage, digest in connection.execute(sql, (new.model_id,)):
        if stage != "active" or status != LoggedModelStatus.READY.number:
            state = "deleted" if stage != "active" else LoggedModelStatus.of(status)
            raise InvalidState(f"The logged model {new.model_id} is {state}; only a READY one can be registered.")
        if digest not in (None, manifest_digest(new.files)):
            raise InvalidParameter(f"The files are not those of the logged model {new.model_id}, which do not change.")


def _loaded(connection: Connection, name: str, version: int) -> ModelVersion:
    return load_versions(connection, [find_version(connection, name, version)])[0]
