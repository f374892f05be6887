"""The panel of registered models, kernel's half: what it shows, what it sends, and what it refuses."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.widgets.models_sample import copy_of, make_run, register
from trackbook.entities import Metric
from trackbook.entities.audit_words import told
from trackbook.registry.versions import Stores
from trackbook.runs.session import set_registry_uri
from trackbook.stores import open_store
from trackbook.stores.artifacts.repository import open_artifacts
from trackbook.stores.base import Store
from trackbook.stores.registry import NewVersion
from trackbook.uris import SafeRelPath
from trackbook.widgets.permission import Permission
from trackbook.widgets.registry import RegistryPanel

pytestmark = pytest.mark.usefixtures("comms")
Sent = Callable[[Any], list[tuple[dict[str, Any], list[bytes]]]]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("team") / "template"


@pytest.fixture
def team(template: Path, tmp_path: Path) -> Iterator[Store]:
    store = copy_of(template, tmp_path / "team")
    yield store
    store.close()


def ask(panel: RegistryPanel, sent: Sent, kind: str, **given: Any) -> dict[str, Any]:
    """The value that a question is answered with, or the sentence that refuses it."""
    message = {"type": "ask", "page": "p", "number": 1, "kind": kind, "given": {"name": "digits-mlp", **given}}
    panel._handle_custom_msg(message, [])
    answer: dict[str, Any] = sent(panel)[-1][0]
    return answer


def test_models_are_listed_with_what_serves(team: Store) -> None:
    panel = RegistryPanel(team)
    assert panel._models["rows"] == [
        {"name": "digits-forest", "newest": 3, "serves": ""},
        {"name": "digits-mlp", "newest": 7, "serves": "@champion v5, Production"},
    ]
    assert (panel._model["name"], panel.code) == ("digits-forest", "%track_models")
    panel.view = {"find": "MLP"}
    assert [row["name"] for row in panel._models["rows"]] == ["digits-mlp"]
    panel.view = {"find": "it's"}
    assert panel._models["rows"] == []


def test_versions_stand_beside_the_one_in_production(team: Store) -> None:
    facts = RegistryPanel(team, name="digits-mlp")._model
    assert facts["columns"] == [("val_loss", "min"), ("val_accuracy", "max")]
    assert (facts["production"], facts["serving"], facts["before"]) == ([0.0384, 0.9889], 5, 4)
    newest = facts["versions"][0]
    assert (newest["number"], newest["stage"], newest["aliases"], newest["values"]) == (
        7, "Staging", ["challenger"], [0.0313, 0.9889],
    )  # fmt: skip
    assert newest["run"]["name"] == "mlp-smooth-s0"
    assert (newest["verdict"], newest["origin"]["notebook"]) == ("passed", True)
    assert facts["versions"][2]["origin"]["dirty"]


def test_details_tell_files_signature_lineage_and_how_to_load(team: Store) -> None:
    panel = RegistryPanel(team, name="digits-mlp", view={"version": 6})
    details = panel._details
    assert (details["number"], details["count"], details["flavors"][0]) == (6, 2, ("sklearn", "1.7.2"))
    assert details["signature"]["words"] == "64 doubles → label long"
    assert details["load"].endswith("trackbook.sklearn.load_model('models:/digits-mlp/6')")
    lineage = details["lineage"]
    assert (lineage["data"][0]["name"], lineage["data"][0]["size"]) == ("digits.parquet", "1,797 rows")
    assert (lineage["run"]["name"], lineage["metric"]) == ("lucid-quail-43", ("val_loss", 0.0347))
    assert panel.code == "%track_models digits-mlp --version 6"


def test_lineage_leads_to_other_versions_of_the_same_model_and_run(team: Store) -> None:
    found = team.get_model_version("digits-mlp", 7)
    files = team.model_version_files("digits-mlp", 7)
    team.create_model_version(
        NewVersion("copy", str(found.source), files, found.run_id, found.model_id, make_model=True)
    )
    register(team, "digits-forest", found.run_id)
    lineage = RegistryPanel(team, name="digits-mlp")._details["lineage"]
    assert lineage["siblings"] == [
        {"name": "copy", "version": 1, "same": "model"},
        {"name": "digits-forest", "version": 4, "same": "run"},
    ]


def test_refresh_sends_only_what_changed(team: Store) -> None:
    panel = RegistryPanel(team, name="digits-mlp")
    before = len(panel.comm.sent)
    panel.refresh()
    assert panel.comm.sent[before:] == []
    team.set_registered_model_tag("digits-mlp", "team", "vision")
    panel.refresh()
    changed = {data["content"]["name"] for data, _ in panel.comm.sent[before:]}
    assert changed == {"_model", "_trail"}


def test_promotion_is_planned_and_carried_out_with_a_comment(team: Store, sent: Sent) -> None:
    panel = RegistryPanel(team, name="digits-mlp", permission=Permission(True, actor="mira"))
    plan = ask(panel, sent, "plan", version=7)["value"]
    assert plan["title"] == "Promote digits-mlp v7 to Production"
    assert ["@champion", "v5, mlp-wide-s3", "v7, mlp-smooth-s0"] in plan["moves"]
    assert ["Stage of v5", "Production", "Archived"] in plan["moves"]
    assert plan["metrics"][0] == ["val_loss", "min", 0.0384, 0.0313]
    assert (plan["params"]["rows"], plan["signature"]) == (
        [["hidden", "256×128", "128×64"]],
        ["64 doubles → label long"] * 2,
    )
    assert plan["checks"][0] == ["ok", "val_loss <= 0.04", "0.0313"]
    ask(panel, sent, "carry out", version=7, seen=plan["seen"], comment="A third of the weights.")
    assert (panel._model["serving"], panel._model["before"]) == (7, 5)
    last = team.audit_trail()[-1]
    assert (last.actor, told(last).comment) == ("mira", "A third of the weights.")
    assert panel._trail["rows"][0]["comment"] == "A third of the weights."
    back = ask(panel, sent, "plan", deed="roll back")["value"]
    assert back["title"] == "Roll digits-mlp back to v5"
    ask(panel, sent, "carry out", deed="roll back", seen=back["seen"], comment="")
    assert panel._model["serving"] == 5
    assert panel._model["versions"][0]["stage"] == "Staging"


def test_somebody_who_was_faster_is_named_and_nothing_changes(team: Store, sent: Sent) -> None:
    panel = RegistryPanel(team, name="digits-mlp")
    plan = ask(panel, sent, "plan", version=7)["value"]
    team.set_registered_model_tag("digits-mlp", "team", "vision")  # concerns nobody who promotes
    team.set_registered_model_alias("digits-mlp", "champion", 6)
    before = team.audit_head()
    refused = ask(panel, sent, "carry out", version=7, seen=plan["seen"])["refused"]["message"]
    assert "has changed 'digits-mlp' meanwhile (@champion: v5 → v6)" in refused
    assert team.audit_head() == before
    assert panel._models["rows"][1]["serves"] == "@champion v6, v5 Production"


def test_missing_verdict_is_said_and_overridden_only_on_purpose(team: Store, sent: Sent) -> None:
    team.set_registered_model_tag("digits-mlp", "trackbook.requires_verdict", "true")
    panel = RegistryPanel(team, name="digits-mlp")
    plan = ask(panel, sent, "plan", version=6)["value"]
    assert plan["objection"] == "its model was not evaluated."
    assert plan["checks"][0] == ["none", "Not evaluated against thresholds", ""]
    assert "not evaluated" in ask(panel, sent, "carry out", version=6, seen=plan["seen"])["refused"]["message"]
    assert "not evaluated" in ask(panel, sent, "move", version=6, alias="champion")["refused"]["message"]
    ask(panel, sent, "carry out", version=6, seen=plan["seen"], force=True, comment="urgent")
    assert told(team.audit_trail()[-1]).comment == "forced: its model was not evaluated. urgent"


def test_moves_can_be_taken_back_while_nobody_else_has_moved(team: Store, sent: Sent) -> None:
    panel = RegistryPanel(team, name="digits-mlp")
    done = ask(panel, sent, "move", version=6, stage="Archived")["value"]
    assert panel._model["versions"][1]["stage"] == "Archived"
    assert "refused" not in ask(panel, sent, "move", version=6, stage="None", seen=done["seen"])
    done = ask(panel, sent, "move", version=None, alias="challenger", comment="no use")["value"]
    assert panel._model["versions"][0]["aliases"] == []
    team.set_registered_model_alias("digits-mlp", "challenger", 6)
    assert (
        "meanwhile" in ask(panel, sent, "move", version=7, alias="challenger", seen=done["seen"])["refused"]["message"]
    )


def test_texts_tags_names_and_deletions(team: Store, sent: Sent) -> None:
    panel = RegistryPanel(team, name="digits-mlp", view={"version": 7})
    ask(panel, sent, "describe", version=7, text="Seven.")
    ask(panel, sent, "describe", text="All.")
    ask(panel, sent, "tag", version=7, key="a", value="1")
    ask(panel, sent, "tag", key="b", value="2")
    assert (panel._details["description"], panel._details["tags"]) == ("Seven.", [("a", "1")])
    assert (panel._model["description"], panel._model["tags"]) == ("All.", [("b", "2")])
    ask(panel, sent, "tag", version=7, key="a")
    ask(panel, sent, "tag", key="b")
    assert (panel._details["tags"], panel._model["tags"]) == ([], [])
    ask(panel, sent, "rename", to="numerals")
    assert (panel.view["model"], panel._model["name"], panel._trail["rows"][0]["what"]) == (
        "numerals",
        "numerals",
        "name",
    )
    assert panel._trail["count"] > 20  # what happened under the old name is there
    ask(panel, sent, "delete", name="numerals", version=7)
    assert (panel._model["versions"][0]["number"], panel._details["number"]) == (6, 6)
    ask(panel, sent, "delete", name="numerals")
    assert panel._model["name"] == "digits-forest"


@pytest.mark.parametrize("kind", ["carry out", "move", "describe", "tag", "rename", "delete"])
def test_changes_are_refused_where_the_panel_only_looks(team: Store, sent: Sent, kind: str) -> None:
    panel = RegistryPanel(team, name="digits-mlp", permission=Permission(False, "This page only reads."))
    before = team.audit_head()
    assert ask(panel, sent, kind, version=7, stage="Archived")["refused"]["message"] == "This page only reads."
    assert team.audit_head() == before


def test_chain_is_walked_on_request_and_its_state_ends_with_the_next_change(team: Store, sent: Sent) -> None:
    panel = RegistryPanel(team, name="digits-mlp")
    assert panel._chain == {}
    found = ask(panel, sent, "verify")["value"]
    assert (found["whole"], found["entries"]) == (True, team.audit_head().seq)
    panel.refresh()
    assert panel._chain == found
    team.set_registered_model_tag("digits-mlp", "a", "1")
    panel.refresh()
    assert panel._chain == {}


def test_files_are_compared_with_what_was_registered(team: Store, sent: Sent) -> None:
    panel = RegistryPanel(team, name="digits-mlp")
    assert ask(panel, sent, "check files", version=7)["value"]["faults"] == []
    model = team.get_logged_model(str(team.get_model_version("digits-mlp", 7).model_id))
    open_artifacts(model.artifact_location).put_bytes(b"other", SafeRelPath(("model.skops",)))
    (fault,) = ask(panel, sent, "check files", version=7)["value"]["faults"]
    assert "model.skops" in fault


def test_large_files_are_read_only_after_a_question(team: Store, sent: Sent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trackbook.widgets.registry_deeds._UNASKED", 1_000)
    panel = RegistryPanel(team, name="digits-mlp")
    assert ask(panel, sent, "check files", version=7)["value"]["large"] > 1_000
    assert ask(panel, sent, "check files", version=7, anyway=True)["value"]["files"] == 2


def test_what_is_gone_is_said_and_comes_back(team: Store) -> None:
    panel = RegistryPanel(team, name="letters")
    assert "no registered model 'letters'" in panel._trouble
    assert panel._model == {"gone": "letters"}
    panel.view = {"model": "digits-mlp", "version": 99}
    assert (panel._trouble, panel._details["number"]) == ("", 7)
    model = team.get_logged_model(str(team.get_model_version("digits-mlp", 7).model_id))
    open_artifacts(model.artifact_location).remove()
    panel = RegistryPanel(team, name="digits-mlp")
    assert "cannot be read" in panel._details["trouble"]
    assert "pyfunc" in panel._details["load"]


def test_numbers_that_are_none_travel_as_text(team: Store) -> None:
    run_id = make_run(team, "1", "odd", math.nan, math.inf, "1")
    team.log_batch(run_id, [Metric("val_error", -math.inf, 1, 1)])
    team.flush()
    register(team, "digits-mlp", run_id)
    facts = RegistryPanel(team, name="digits-mlp", view={"metrics": ["val_loss", "val_accuracy", "val_error"]})._model
    assert facts["versions"][0]["values"][1:] == ["Infinity", "-Infinity"]
    json.dumps(facts, allow_nan=False)


def test_registry_may_be_another_store(team: Store, tmp_path: Any, sent: Sent) -> None:
    other = open_store(str(tmp_path / "registry.db"))
    found = team.get_model_version("digits-mlp", 7)
    files = team.model_version_files("digits-mlp", 7)
    other.create_model_version(
        NewVersion("shared", str(found.source), files, found.run_id, found.model_id, make_model=True)
    )
    set_registry_uri(other.uri)
    panel = RegistryPanel(team)
    assert [row["name"] for row in panel._models["rows"]] == ["shared"]
    assert (panel._details["flavors"][0][0], panel._model["versions"][0]["run"]["name"]) == ("sklearn", "mlp-smooth-s0")
    plan = ask(panel, sent, "plan", name="shared", version=1)["value"]
    ask(panel, sent, "carry out", name="shared", version=1, seen=plan["seen"])
    assert other.get_model_version("shared", 1).current_stage == "Production"


def test_static_table_has_models_and_versions_and_no_tag_from_data(team: Store) -> None:
    team.create_registered_model("<img src=x onerror=alert(1)>")
    html = RegistryPanel(team, name="digits-mlp").static_table()
    for text in ("digits-forest", "@champion v5, Production", "mlp-smooth-s0", "0.0313", "◐ Staging"):
        assert text in html
    assert "<img" not in html


def test_static_picture_has_a_line_for_each_version_with_the_metric(team: Store) -> None:
    svg = RegistryPanel(team, name="digits-mlp").static_picture()
    assert "of the versions of digits-mlp" in svg
    assert svg.count("<circle") >= 2
    assert ">v5<" in svg


def test_thousand_models_are_read_a_page_at_a_time(file_store: Store) -> None:
    for place in range(130):
        file_store.create_registered_model(f"model-{place:04}")
    panel = RegistryPanel(file_store)
    assert (len(panel._models["rows"]), panel._models["more"]) == (100, True)
    panel.view = {"models": 200}
    assert (len(panel._models["rows"]), panel._models["more"]) == (130, False)


def test_store_that_was_opened_to_look_is_changed_through_one_that_writes(team: Store, sent: Sent) -> None:
    panel = RegistryPanel(open_store(team.uri, read_only=True), name="digits-mlp")
    ask(panel, sent, "move", version=6, stage="Staging")
    assert panel._model["versions"][1]["stage"] == "Staging"


def test_store_that_does_not_answer_is_said_and_what_was_read_stays(team: Store, tmp_path: Path) -> None:
    panel = RegistryPanel(team, name="digits-mlp")
    other = tmp_path / "other.db"
    other.write_text("no database, and longer than its header would be " * 4)
    panel._sources.stores = Stores(team.uri, f"sqlite:///{other}", True)
    panel.refresh()
    assert "other.db" in panel._trouble
    assert panel._model["name"] == "digits-mlp"
    panel._sources.stores = Stores(team.uri, team.uri)
    panel.refresh()
    assert panel._trouble == ""


def test_runs_that_have_ended_are_not_read_at_every_look(team: Store) -> None:
    panel = RegistryPanel(team, name="digits-mlp")
    run_id = str(team.get_model_version("digits-mlp", 7).run_id)
    team.update_run(run_id, run_name="renamed")
    panel.refresh()
    assert panel._model["versions"][0]["run"]["name"] == "mlp-smooth-s0"
    team.set_registered_model_tag("digits-mlp", "a", "1")  # whoever changes the registry is seen at once
    panel.refresh()
    assert panel._model["versions"][0]["run"]["name"] == "renamed"
