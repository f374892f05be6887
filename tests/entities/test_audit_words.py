"""Entries of an audit trail in words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from trackbook.entities import AuditEntry
from trackbook.entities.audit_words import told


def entry(action: str, version: int | None = None, before: Any = None, after: Any = None) -> AuditEntry:
    told_before, told_after = ("" if one is None else json.dumps(one) for one in (before, after))
    return AuditEntry(1, 0, "mira", action, "digits", version, told_before, told_after, "", "")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("transition_model_version_stage", 5, {"stage": "Staging"}, {"stage": "Production", "note": "good"}),
         ("stage of v5", "Staging", "Production", "good")),
        (("set_registered_model_alias", 7, {"alias": "champion", "version": 5}, {"alias": "champion", "version": 7}),
         ("@champion", "v5", "v7", "")),
        (("delete_registered_model_alias", 7, {"alias": "champion", "version": 7}, {"note": "no use"}),
         ("@champion", "v7", "", "no use")),
        (("create_model_version", 1, None, {"run_id": "abc", "source": "models:/m-1"}),
         ("v1 registered", "", "from run abc", "")),
        (("create_model_version", 1, None, {"run_id": None, "source": "models:/m-1"}),
         ("v1 registered", "", "from models:/m-1", "")),
        (("create_registered_model", None, None, {"description": None, "tags": {}}),
         ("the model registered", "", "", "")),
        (("delete_model_version", 1, {"stage": "Archived"}), ("v1 deleted", "Archived", "", "")),
        (("set_model_version_tag", 1, None, {"key": "a", "value": "<b>"}), ("tag a of v1", "", "<b>", "")),
        (("delete_registered_model_tag", None, {"key": "a", "value": "1"}), ("tag a of the model", "1", "", "")),
        (("rename_registered_model", None, {"name": "a"}, {"name": "b"}), ("name", "a", "b", "")),
        (("update_model_version", 2, {"description": None}, {"description": "x"}), ("description of v2", "", "x", "")),
        (("dance", None, {"a": 1}, [1]), ("dance", '{"a": 1}', "[1]", "")),
    ],
)  # fmt: skip
def test_entry_is_told_in_words(given: tuple[Any, ...], words: tuple[str, ...]) -> None:
    assert told(entry(*given)) == words


def test_entry_that_is_no_json_is_told_without_it() -> None:
    assert told(AuditEntry(1, 0, "m", "create_model_version", "d", 1, "[" * 99_999, "{", "", "")).after == ""
    assert str(told(entry("delete_model_version", 1, {"stage": "Staging"}))) == "v1 deleted: Staging → –"
