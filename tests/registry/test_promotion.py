"""A registered model can ask for a passed evaluation before a version goes into Production or gets its alias."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import trackbook
from trackbook.client import Client
from trackbook.errors import InvalidState
from trackbook.runs.session import current_store


@pytest.fixture
def client() -> Client:
    """With a version of a registered model that asks for a verdict."""
    Path("local").mkdir()
    Path("local", "MLmodel").write_text("flavors: {}\n")
    trackbook.register_model("local", "digits")
    found = Client()
    found.set_registered_model_tag("digits", "trackbook.requires_verdict", "true")
    return found


def judge(client: Client, verdict: str, details: str = "") -> None:
    model_id = str(client.get_model_version("digits", 1).model_id)
    current_store().set_logged_model_tags(
        model_id, {"trackbook.verdict": verdict, "trackbook.verdict_details": details}
    )


FAILED = json.dumps([{"metric": "accuracy", "value": 0.8, "rule": ">= 0.9", "ok": False}, {"metric": "f1", "ok": True}])


@pytest.mark.parametrize(
    ("verdict", "details", "told"),
    [
        (None, "", "not evaluated"),
        ("failed", FAILED, r"accuracy is 0\.8, not >= 0\.9\. Evaluate"),
        ("failed", "accuracy was too low", "accuracy was too low"),
        ("failed", '{"metric": "f1", "rule": ">= 1", "value": null}', "f1 is not there, not >= 1"),
        ("PASSED", "[", "PASSED"),
        ("failed", "[" * 60_000, "failed"),
    ],
)
def test_version_without_a_passed_verdict_stays_out(
    client: Client, verdict: str | None, details: str, told: str
) -> None:
    if verdict is not None:
        judge(client, verdict, details)
    for promote in (
        lambda: client.transition_model_version_stage("digits", 1, "production"),
        lambda: client.promote_model_version("digits", 1),
        lambda: client.set_registered_model_alias("digits", "champion", 1),
    ):
        with pytest.raises(InvalidState, match=told):
            promote()
    assert client.get_model_version("digits", 1).current_stage == "None"
    client.transition_model_version_stage("digits", 1, "Staging")
    client.set_registered_model_alias("digits", "challenger", 1)


def test_passed_version_goes_in(client: Client) -> None:
    judge(client, "passed")
    assert client.promote_model_version("digits", 1).current_stage == "Production"
    client.set_registered_model_alias("digits", "champion", 1)
    assert all("note" not in entry.after for entry in current_store().audit_trail())


def test_forced_promotion_is_in_the_audit_trail(client: Client) -> None:
    judge(client, "failed", FAILED)
    client.promote_model_version("digits", 1, force=True)
    last = current_store().audit_trail()[-1]
    assert json.loads(last.after)["note"].startswith("forced: its model's verdict is 'failed': accuracy is 0.8")


def test_alias_that_stands_for_production_can_be_another(client: Client) -> None:
    client.set_registered_model_tag("digits", "trackbook.promotion_alias", "live")
    client.set_registered_model_alias("digits", "champion", 1)
    with pytest.raises(InvalidState):
        client.set_registered_model_alias("digits", "live", 1)


def test_model_that_asks_for_nothing_gets_nothing_asked(client: Client) -> None:
    client.delete_registered_model_tag("digits", "trackbook.requires_verdict")
    client.transition_model_version_stage("digits", 1, "Production")
    client.set_registered_model_alias("digits", "champion", 1)
