"""`trackbook models audit`."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest
from click.testing import Result

from trackbook.stores.base import Store
from trackbook.testing.registry import new_version

Shell = Callable[..., Result]


@pytest.fixture
def filled(here: Store) -> Store:
    """With five entries of two models."""
    for name in ("digits", "digits", "letters"):
        new_version(here, name)
    return here


def change(sql: str) -> None:
    with closing(sqlite3.connect("trackbook.db")) as connection, connection:
        connection.execute(sql)


def test_trail_is_listed_as_a_table_and_as_json(shell: Shell, filled: Store) -> None:
    assert shell("models", "audit").output.splitlines()[0].split()[:4] == ["seq", "time", "actor", "action"]
    rows = json.loads(shell("models", "audit", "--format", "json").output)
    assert [row["seq"] for row in rows] == [1, 2, 3, 4, 5]
    assert rows[1]["after"]["source"] == f"models:/m-{1:032x}"
    named = json.loads(shell("models", "audit", "--name", "letters", "--format", "json").output)
    assert [row["action"] for row in named] == ["create_registered_model", "create_model_version"]


def test_end_that_was_kept_is_verified(shell: Shell, filled: Store) -> None:
    head = shell("models", "audit", "--head").output.strip()
    assert head == str(filled.audit_head())
    new_version(filled)
    assert shell("models", "audit", "--verify", head).output.startswith("The audit trail is whole: 6 entries")
    assert "was replaced" in shell("models", "audit", "--verify", "5:" + "0" * 64, code=1).output
    assert "was cut" in shell("models", "audit", "--verify", "9:" + "0" * 64, code=1).output
    assert "number, a colon" in shell("models", "audit", "--verify", "nonsense", code=1).output


@pytest.mark.parametrize(
    ("disturbance", "told"),
    [
        ("UPDATE registry_audit SET actor = 'eve' WHERE seq = 3", "Entry 3 was edited"),
        ("DELETE FROM registry_audit WHERE seq = 3", "Entry 3 is missing"),
        ("DELETE FROM registry_audit WHERE seq > 3", "The trail was cut after entry 3"),
    ],
)
@pytest.mark.parametrize("how", [(), ("--head",), ("--name", "letters")])
def test_disturbed_trail_is_told_and_ends_with_1(
    shell: Shell, filled: Store, disturbance: str, told: str, how: tuple[str, ...]
) -> None:
    change(disturbance)
    assert told in shell("models", "audit", *how, code=1).stderr


def test_change_without_an_entry_is_told_and_ends_with_1(shell: Shell, filled: Store) -> None:
    change("UPDATE model_versions SET stage = 'Production' WHERE id = 1")
    told = "Version 1 of 'digits' has the stage 'Production', and its entries say 'None'.\n"
    assert shell("models", "audit", code=1).stderr == told
    assert shell("models", "audit", "--verify", str(filled.audit_head()), code=1).stderr == told
