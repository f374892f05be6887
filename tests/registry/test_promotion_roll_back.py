"""Promotions and roll backs as a whole: what they change, what the audit trail says, and what stops them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import trackbook
from trackbook.client import Client
from trackbook.entities.audit_words import told
from trackbook.errors import InvalidState, NotFound
from trackbook.registry.history import model_history
from trackbook.registry.promotion import carry_out, plan_promotion, plan_roll_back, promote, roll_back
from trackbook.registry.versions import Stores
from trackbook.runs.session import current_store
from trackbook.stores.registry import Move


@pytest.fixture
def stores() -> Stores:
    """Four versions of a registered model."""
    Path("local").mkdir()
    Path("local", "MLmodel").write_text("flavors: {}\n")
    for _ in range(4):
        trackbook.register_model("local", "digits")
    return Stores.current()


def stages(name: str = "digits") -> str:
    """The stages of the versions, oldest first, each by its letter, and the version of the champion."""
    store = current_store()
    found = sorted(store.search_model_versions(f"name = '{name}'"), key=lambda version: version.version)
    champion = store.get_registered_model(name).aliases.get("champion", "")
    return "".join(version.current_stage[0] for version in found) + str(champion)


def test_promotion_archives_what_served_and_takes_the_alias_along(stores: Stores) -> None:
    promote(stores, "digits", 1, "first")
    assert stages() == "PNNN"
    current_store().set_registered_model_alias("digits", "champion", 1)
    seen = current_store().audit_head().seq
    plan = plan_promotion(stores, "digits", 3)
    assert (plan.serving, plan.objection) == (1, None)
    carry_out(stores, plan, " the lowest loss ")
    assert stages() == "ANPN3"
    comments = [(told(entry).what, told(entry).comment) for entry in current_store().audit_trail(seen)]
    assert comments == [
        ("stage of v1", "by the promotion of v3"),
        ("stage of v3", "the lowest loss"),
        ("@champion", "the lowest loss"),
    ]
    with pytest.raises(InvalidState, match="already"):
        promote(stores, "digits", 3)


def test_roll_backs_lead_back_version_by_version(stores: Stores) -> None:
    promote(stores, "digits", 1)
    Client().transition_model_version_stage("digits", 3, "Staging")
    current_store().set_registered_model_alias("digits", "champion", 1)
    for version in (2, 3):
        promote(stores, "digits", version)
    assert stages() == "AAPN3"
    roll_back(stores, "digits", "3 is too slow")
    assert stages() == "APSN2"
    assert told(current_store().audit_trail()[-1]).comment == "3 is too slow"
    roll_back(stores, "digits")
    assert stages() == "PASN1"  # where 2 was before it came back
    roll_back(stores, "digits")  # nothing was before the first: the last other one
    assert stages() == "APSN2"


def test_roll_back_finds_what_was_archived_with_nothing_in_its_place(stores: Stores) -> None:
    promote(stores, "digits", 2)
    Client().transition_model_version_stage("digits", 2, "Archived")
    assert roll_back(stores, "digits").version == 2
    assert stages() == "NPNN"


def test_roll_back_of_a_model_that_knows_only_aliases(stores: Stores) -> None:
    for version in (1, 4):
        current_store().set_registered_model_alias("digits", "champion", version)
    plan = plan_roll_back(stores, "digits")
    assert (plan.serving, plan.version, plan.moves) == (4, 1, (Move(1, alias="champion"),))
    carry_out(stores, plan)
    assert stages() == "NNNN1"


def test_deleted_version_is_not_gone_back_to(stores: Stores) -> None:
    with pytest.raises(InvalidState, match="none to go back to"):
        roll_back(stores, "digits")
    for version in (1, 2, 3):
        promote(stores, "digits", version)
    current_store().delete_model_version("digits", 2)
    assert roll_back(stores, "digits").version == 1
    current_store().delete_model_version("digits", 3)
    with pytest.raises(InvalidState, match="none to go back to"):
        roll_back(stores, "digits")
    with pytest.raises(NotFound):
        roll_back(stores, "letters")


def test_history_goes_on_under_a_new_name_and_stops_at_another_model(stores: Stores) -> None:
    promote(stores, "digits", 1)
    promote(stores, "digits", 2)
    current_store().rename_registered_model("digits", "numerals")
    actions = [entry.action for entry in model_history(current_store(), "numerals")]
    assert actions[0] == "create_registered_model"
    assert "transition_model_version_stage" in actions
    assert roll_back(stores, "numerals").version == 1
    trackbook.register_model("local", "digits")
    history = model_history(current_store(), "digits")
    assert [entry.action for entry in history] == ["create_registered_model", "create_model_version"]
    assert [entry.version for entry in history] == [None, 5]


@pytest.mark.parametrize("plan", [plan_roll_back, lambda stores, name: plan_promotion(stores, name, 4)])
def test_conflict_is_said_before_anything_changes(stores: Stores, plan: Callable[..., object]) -> None:
    promote(stores, "digits", 1)
    promote(stores, "digits", 2)
    made = plan(stores, "digits")
    promote(stores, "digits", 3)
    before = stages(), current_store().audit_head()
    with pytest.raises(InvalidState, match="has changed 'digits' meanwhile"):
        carry_out(stores, made)  # type: ignore[arg-type]
    assert (stages(), current_store().audit_head()) == before


def test_verdict_is_asked_for_and_can_be_overridden_with_a_comment(stores: Stores) -> None:
    promote(stores, "digits", 1)
    current_store().set_registered_model_tag("digits", "trackbook.requires_verdict", "true")
    with pytest.raises(InvalidState, match="not evaluated"):
        promote(stores, "digits", 2)
    promote(stores, "digits", 2, "an emergency", force=True)
    assert told(current_store().audit_trail()[-1]).comment == "forced: its model was not evaluated. an emergency"
    with pytest.raises(InvalidState, match="not evaluated"):
        roll_back(stores, "digits")
    assert roll_back(stores, "digits", force=True).version == 1
