"""What a registry holds is compared with what its audit trail tells."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from trackbook.registry.replay import untraced_changes
from trackbook.stores.base import Store
from trackbook.testing.registry import new_version
from trackbook.testing.samples import stored_file


@pytest.fixture
def registry(file_store: Store) -> Store:
    """Two models with versions, changed in every way and renamed there and back."""
    for model in range(3):
        new_version(file_store, model=model, tags={"a": "1"}, files=[stored_file("MLmodel")])
    file_store.create_registered_model("letters", {"team": "text"}, "Reads.")
    for name in ("numerals", "digits"):
        file_store.rename_registered_model("digits" if name == "numerals" else "numerals", name)
    file_store.set_registered_model_alias("digits", "champion", 2)
    file_store.set_registered_model_alias("digits", "old", 3)
    file_store.transition_model_version_stage("digits", 2, "Production", note="a note")
    file_store.set_model_version_tag("digits", 2, "b", "2")
    file_store.delete_model_version_tag("digits", 2, "a")
    file_store.update_model_version("digits", 1, "first")
    file_store.delete_model_version("digits", 3)
    file_store.update_registered_model("letters", None)
    file_store.delete_registered_model_tag("letters", "team")
    new_version(file_store, "gone")
    file_store.delete_registered_model("gone")
    return file_store


def test_registry_is_what_its_trail_tells(registry: Store) -> None:
    assert untraced_changes(registry) == []


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE registered_model_aliases SET version = 1", "'digits' has its aliases otherwise"),
        ("DELETE FROM registered_model_aliases", "'digits' has its aliases otherwise"),
        ("UPDATE model_versions SET stage = 'Production' WHERE version = 1", "Version 1 of 'digits' has the stage"),
        ("UPDATE model_versions SET source = 'models:/m-1' WHERE version = 1", "Version 1 of 'digits' has the source"),
        ("UPDATE model_versions SET files = '[]' WHERE version = 2", "Version 2 of 'digits' has the digest"),
        ("UPDATE model_versions SET run_id = 'r' WHERE version = 2", "Version 2 of 'digits' has the run_id"),
        ("UPDATE model_version_tags SET value = 'x' WHERE value = '2'", "Version 2 of 'digits' has the tags"),
        ("UPDATE registered_models SET description = 'x' WHERE name = 'letters'", "'letters' has its description"),
        ("INSERT INTO registered_model_tags VALUES (1, 'a', 'b')", "'digits' has its tags"),
        ("DELETE FROM model_versions WHERE version = 1", "Version 1 of 'digits' is gone without an entry"),
        ("UPDATE model_versions SET version = 9 WHERE version = 1", "Version 1 of 'digits' is gone without an entry"),
        ("DELETE FROM registered_models WHERE name = 'letters'", "'letters' is gone without an entry"),
        ("INSERT INTO registered_models VALUES (99, 'new', 1, 1, NULL)", "'new' was made without an entry"),
    ],
)
def test_change_behind_the_trail_is_told(registry: Store, statement: str, told: str) -> None:
    with closing(sqlite3.connect(registry.uri.removeprefix("sqlite:///"))) as connection, connection:
        assert connection.execute(statement).rowcount > 0
    found = untraced_changes(registry)
    assert found is not None
    assert told in found[0]
