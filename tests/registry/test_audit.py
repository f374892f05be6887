"""The check of an audit trail names what is wrong; more of it is in the contract and among the faults."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

import pytest

from trackbook.entities import AuditHead
from trackbook.entities.digests import entry_hash
from trackbook.errors import InvalidParameter
from trackbook.registry.audit import check_trail, parse_head
from trackbook.stores.base import Store
from trackbook.testing.registry import new_version


def change(store: Store, sql: str) -> None:
    with sqlite3.connect(store.uri.removeprefix("sqlite:///")) as connection:
        connection.execute(sql)
    connection.close()


def test_end_of_a_trail_is_read_as_it_is_printed() -> None:
    head = AuditHead(7, "a" * 64)
    assert parse_head(f" {head}\n") == head
    for wrong in ("", "7", "7:" + "a" * 63, "-1:" + "a" * 64, "7:" + "A" * 64, None, "٣:" + "a" * 64):
        with pytest.raises(InvalidParameter, match="number, a colon"):
            parse_head(wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("disturbance", "told"),
    [
        ("UPDATE registry_audit SET actor = 'eve' WHERE seq = 3", ["Entry 3 was edited"]),
        ("DELETE FROM registry_audit WHERE seq = 1", ["Entry 1 is missing"]),
        ("DELETE FROM registry_audit WHERE seq IN (2, 3)", ["Entries 2 to 3 are missing"]),
        ("DELETE FROM registry_audit WHERE seq = 5", ["The trail was cut after entry 4"]),
        ("DELETE FROM registry_audit", ["The trail was cut after entry 0"]),
        ("UPDATE registry_head SET seq = 9", ["The trail was cut after entry 5"]),
        ("UPDATE registry_head SET hash = 'x'", ["Entry 5 was replaced: the registry says"]),
        ("UPDATE registry_audit SET previous = hash WHERE seq = 2", ["Entry 2 was edited"]),
        ("DELETE FROM registry_head", ["There are entries up to 5, and the registry says that the trail went to 0"]),
        ("UPDATE registry_head SET seq = 4", ["Entry 4 was replaced", "There are entries up to 5, and the registry"]),
    ],
)
def test_each_disturbance_is_named(file_store: Store, disturbance: str, told: list[str]) -> None:
    for model in range(4):
        new_version(file_store, model=model)
    change(file_store, disturbance)
    faults = check_trail(file_store).faults
    assert [fault[: len(part)] for fault, part in zip(faults, told, strict=True)] == told


def test_entry_that_was_replaced_with_its_hash_is_told_by_the_next_one(file_store: Store) -> None:
    for model in range(4):
        new_version(file_store, model=model)
    entries = file_store.audit_trail()
    wrong = replace(entries[2], actor="eve")
    forged = AuditHead(3, entry_hash(wrong))
    change(file_store, f"UPDATE registry_audit SET actor = 'eve', hash = '{forged.hash}' WHERE seq = 3")
    assert check_trail(file_store).faults == ["Entry 3 was replaced: entry 4 follows another entry 3 than there is."]


def test_only_a_kept_end_tells_of_a_tail_that_was_cut_with_its_head(file_store: Store) -> None:
    for model in range(4):
        new_version(file_store, model=model)
    kept, fourth = file_store.audit_head(), file_store.audit_trail()[3]
    change(file_store, "DELETE FROM registry_audit WHERE seq = 5")
    change(file_store, f"UPDATE registry_head SET seq = 4, hash = '{fourth.hash}'")
    assert check_trail(file_store).is_whole
    assert check_trail(file_store, kept).faults == [
        f"The trail was cut after entry 4: the end that was kept is {kept}."
    ]
