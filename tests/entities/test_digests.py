"""What an entry's hash covers never changes: a trail that was written once must verify for ever."""

from __future__ import annotations

from dataclasses import replace

import pytest

from trackbook.entities import AuditEntry
from trackbook.entities.digests import BEGINNING, canonical_json, entry_hash

ENTRY = AuditEntry(1, 1_700_000_000_000, "ada", "set_model_version_tag", "Größe", 2, "", '{"key":"a"}', BEGINNING, "")


def test_hash_is_what_it_was_when_this_was_written() -> None:
    assert entry_hash(ENTRY) == "246944ba8871d2b30fb690324fe2d7c3c0a4f934dc48f1a39820bed25aa9e330"
    assert entry_hash(replace(ENTRY, hash="x")) == entry_hash(ENTRY)


@pytest.mark.parametrize(
    "change",
    [{"seq": 2}, {"time": 1}, {"actor": "eve"}, {"action": "x"}, {"name": "y"}, {"version": None}, {"version": 3},
     {"before": "{}"}, {"after": ""}, {"previous": "1" * 64}, {"actor": 'ada","x', "action": "y"}],
)  # fmt: skip
def test_hash_covers_every_field(change: dict[str, object]) -> None:
    assert entry_hash(replace(ENTRY, **change)) != entry_hash(ENTRY)  # type: ignore[arg-type]


def test_content_has_one_text() -> None:
    assert canonical_json({"b": 1, "a": "é\n"}) == canonical_json({"a": "é\n", "b": 1}) == '{"a":"\\u00e9\\n","b":1}'
    assert canonical_json(None) == ""
