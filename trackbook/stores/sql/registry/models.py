"""Registered models in a SQL database: made, changed, renamed and deleted."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from trackbook.entities import RegisteredModel
from trackbook.entities.keys import (
    check_description,
    check_key,
    check_registered_name,
    check_registry_tag,
    check_registry_tags,
)
from trackbook.errors import AlreadyExists
from trackbook.stores.sql.engine import Connection, retried
from trackbook.stores.sql.registry.loading import find_model, load_models
from trackbook.stores.sql.registry.numbers import carry_numbers
from trackbook.stores.sql.registry.trail import Ledger, Trail

__all__ = ["RegisteredModels", "insert_model"]

_PUT_TAG = (
    "INSERT INTO registered_model_tags VALUES (?, ?, ?) ON CONFLICT (model, key) DO UPDATE SET value = excluded.value"
)
_TAG = "SELECT value FROM registered_model_tags WHERE model = ? AND key = ?"


class RegisteredModels(Trail):
    """The verbs of RegistryStore that concern models as a whole."""

    _delete_versions: Callable[[Ledger, int, str], None]

    @retried
    def create_registered_model(
        self, name: str, tags: Mapping[str, object] | None = None, description: str | None = None
    ) -> RegisteredModel:
        name, description = check_registered_name(name), check_description(description)
        checked = check_registry_tags(tags)
        with self._registry() as ledger:
            if _model_exists(ledger.connection, name):
                raise AlreadyExists(
                    f"There is a registered model {name!r} already; create_model_version({name!r}, ...) adds to it."
                )
            insert_model(ledger, name, checked, description)
            return _loaded(ledger.connection, name)

    def get_registered_model(self, name: str) -> RegisteredModel:
        name = check_registered_name(name)
        with self.database.read() as connection:
            return _loaded(connection, name)

    @retried
    def rename_registered_model(self, name: str, new_name: str) -> RegisteredModel:
        name, new_name = check_registered_name(name), check_registered_name(new_name)
        with self._registry() as ledger:
            connection = ledger.connection
            model = find_model(connection, name)[0]
            if name != new_name:
                if _model_exists(connection, new_name):
                    raise AlreadyExists(f"There is a registered model {new_name!r} already; choose another name.")
                carry_numbers(ledger, model, name, new_name)
                for one in (name, new_name):
                    ledger.note("rename_registered_model", one, before={"name": name}, after={"name": new_name})
                ledger.touch(model, "name = ?", new_name)
            return _loaded(connection, new_name)

    @retried
    def update_registered_model(self, name: str, description: str | None) -> RegisteredModel:
        name, description = check_registered_name(name), check_description(description)
        with self._registry() as ledger:
            model, *_, old = find_model(ledger.connection, name)
            if old != description:
                ledger.touch(model, "description = ?", description)
                ledger.note(
                    "update_registered_model",
                    name,
                    before={"description": old},
                    after={"description": description},
                )
            return _loaded(ledger.connection, name)

    @retried
    def delete_registered_model(self, name: str) -> None:
        name = check_registered_name(name)
        with self._registry() as ledger:
            row = find_model(ledger.connection, name)
            (found,) = load_models(ledger.connection, [row])
            self._delete_versions(ledger, row[0], name)
            ledger.connection.execute("DELETE FROM registered_models WHERE id = ?", (row[0],))
            before = {"description": found.description, "tags": found.tags}
            ledger.note("delete_registered_model", name, before=before)

    @retried
    def set_registered_model_tag(self, name: str, key: str, value: object) -> None:
        name, (key, text) = check_registered_name(name), check_registry_tag(key, value)
        with self._registry() as ledger:
            model = find_model(ledger.connection, name)[0]
            old = ledger.connection.execute(_TAG, (model, key))
            if old == [(text,)]:
                return
            ledger.connection.execute(_PUT_TAG, (model, key, text))
            before = {"key": key, "value": old[0][0]} if old else None
            ledger.note("set_registered_model_tag", name, before=before, after={"key": key, "value": text})

    @retried
    def delete_registered_model_tag(self, name: str, key: str) -> None:
        name, key = check_registered_name(name), check_key("tag", key)
        with self._registry() as ledger:
            model = find_model(ledger.connection, name)[0]
            old = ledger.connection.execute(_TAG, (model, key))
            if old:
                ledger.connection.execute("DELETE FROM registered_model_tags WHERE model = ? AND key = ?", (model, key))
                ledger.note("delete_registered_model_tag", name, before={"key": key, "value": old[0][0]})


def insert_model(ledger: Ledger, name: str, tags: Mapping[str, str], description: str | None) -> int:
    """Make a registered model whose name is free, and return its key."""
    connection = ledger.connection
    ((model,),) = connection.execute(
        "INSERT INTO registered_models (name, creation_time, last_update_time, description) VALUES (?, ?, ?, ?) "
        "RETURNING id",
        (name, ledger.now, ledger.now, description),
    )
    connection.executemany(_PUT_TAG, [(model, key, value) for key, value in tags.items()])
    ledger.note("create_registered_model", name, after={"description": description, "tags": dict(tags)})
    return int(model)


def _model_exists(connection: Connection, name: str) -> bool:
    return bool(connection.execute("SELECT 1 FROM registered_models WHERE name = ?", (name,)))


def _loaded(connection: Connection, name: str) -> RegisteredModel:
    return load_models(connection, [find_model(connection, name)])[0]
