"""The panel of registered models as a page shows it: driven as a user would, in Chromium."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.widgets.models_sample import copy_of, register
from trackbook.entities.audit_words import told
from trackbook.stores.actors import acting_as
from trackbook.stores.base import Store
from trackbook.widgets.permission import Permission
from trackbook.widgets.registry import RegistryPanel

if TYPE_CHECKING:
    from playwright.sync_api import Locator

pytestmark = pytest.mark.browser
Stages = Callable[..., Any]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("team") / "template"


@pytest.fixture
def team(template: Path, tmp_path: Path) -> Iterator[Store]:
    store = copy_of(template, tmp_path / "team")
    yield store
    store.close()


def opened(on: Any, store: Store, **how: Any) -> RegistryPanel:
    """A panel of digits-mlp on the stage, for mira."""
    panel = RegistryPanel(store, **{"name": "digits-mlp", "permission": Permission(True, actor="mira"), **how})
    on.open(panel)
    return panel


def row(on: Any, version: int) -> Locator:
    found: Locator = on.page.locator(".tb-models-table tbody tr", has=on.page.get_by_text(f"v{version}", exact=True))
    return found


def choose(on: Any, version: int, item: str) -> None:
    """Click on an item of a version's menu."""
    on.page.get_by_role("button", name=f"More of v{version}", exact=True).click()
    on.page.get_by_role("menuitem", name=item).click()
    on.carry()


def test_versions_stand_beside_the_one_in_production(stage: Stages, team: Store) -> None:
    on = stage()
    opened(on, team)
    assert on.page.get_by_role("button", name="digits-mlp, v7, @champion v5, Production").get_attribute("aria-current")
    cells = [text.strip() for text in row(on, 7).locator("td").all_inner_texts()]
    assert cells[:4] == ["v7", "@\nchallenger", "◐\nStaging", "mlp-smooth-s0"]
    assert cells[4].split() == ["▲", "0.00710", "0.03130"]
    assert cells[5].split() == ["=", "0.9889"]
    assert row(on, 5).locator("td").nth(4).inner_text().split() == ["in", "use", "0.03840"]
    assert "▼" in row(on, 1).locator("td").nth(5).inner_text()
    assert on.page.locator(".tb-models-node").all_inner_texts()[2].startswith("mlp-smooth-s0")


def test_promotion_shows_what_changes_keeps_the_comment_and_can_be_rolled_back(stage: Stages, team: Store) -> None:
    on = stage()
    opened(on, team)
    page = on.page
    page.get_by_role("button", name="Promote v7…").click()
    on.carry()
    dialog = page.get_by_role("dialog", name="Promote digits-mlp v7 to Production")
    assert "v5 serves now. It moves to Archived and can be rolled back." in dialog.inner_text()
    lines = [" ".join(line.inner_text().split()) for line in dialog.locator("tbody tr").all()]
    assert lines == [
        "@champion v5, mlp-wide-s3 → v7, mlp-smooth-s0",
        "Stage of v7 Staging → Production",
        "Stage of v5 Production → Archived",
        "val_loss min 0.03840 → 0.03130 ▲ better by 0.00710",
        "val_accuracy max 0.9889 → 0.9889 = same",
        "hidden 256×128 → 128×64",
        "Signature 64 doubles → label long → same",
    ]
    assert "Signed as mira" in dialog.inner_text()
    page.keyboard.type("A third of the weights.")  # the comment has the focus
    dialog.get_by_role("button", name="Promote v7 to Production").click()
    on.carry()
    assert page.get_by_role("dialog").count() == 0
    assert "Production" in row(on, 7).inner_text()
    assert "Archived" in row(on, 5).inner_text()
    assert page.locator(".tb-models-trail tbody tr").first.inner_text().endswith("A third of the weights.")
    page.get_by_role("button", name="Roll back").click()
    on.carry()
    dialog = page.get_by_role("dialog", name="Roll digits-mlp back to v5")
    dialog.get_by_role("button", name="Roll back to v5").click()
    on.carry()
    assert "Production" in row(on, 5).inner_text()
    assert "Staging" in row(on, 7).inner_text()
    assert {entry.actor for entry in team.audit_trail()[-6:]} == {"mira"}


def test_escape_leaves_everything_as_it_was_and_the_focus_where_it_was(stage: Stages, team: Store) -> None:
    on = stage()
    opened(on, team)
    before = team.audit_head()
    on.page.get_by_role("button", name="Promote v7…").click()
    on.carry()
    on.page.keyboard.press("Escape")
    assert on.page.get_by_role("dialog").count() == 0
    assert on.page.evaluate("document.activeElement.textContent") == "Promote v7…"
    assert team.audit_head() == before


def test_somebody_who_was_faster_is_named_in_the_dialog(stage: Stages, team: Store) -> None:
    on = stage()
    opened(on, team)
    on.page.get_by_role("button", name="Promote v7…").click()
    on.carry()
    with acting_as("jonas"):
        team.transition_model_version_stage("digits-mlp", 6, "Production", archive_existing_versions=True)
    before = team.audit_head()
    on.page.get_by_role("button", name="Promote v7 to Production").click()
    on.carry()
    refused = on.page.get_by_role("alert").inner_text()
    assert "jonas has changed 'digits-mlp' meanwhile (stage of v6: – → Production, and 1 more)" in refused
    assert team.audit_head() == before
    on.page.keyboard.press("Escape")
    assert "Production" in row(on, 6).inner_text()  # what is there now


def test_missing_verdict_asks_for_a_tick(stage: Stages, team: Store) -> None:
    team.set_registered_model_tag("digits-mlp", "trackbook.requires_verdict", "true")
    on = stage()
    opened(on, team)
    choose(on, 6, "Promote v6 to Production…")
    dialog = on.page.get_by_role("dialog")
    assert "its model was not evaluated" in dialog.inner_text()
    dialog.get_by_role("button", name="Promote v6 to Production").click()
    on.carry()
    assert "Tick that it shall be done" in dialog.get_by_role("alert").inner_text()
    dialog.get_by_role("checkbox").check()
    dialog.get_by_role("button", name="Promote v6 to Production").click()
    on.carry()
    assert told(team.audit_trail()[-1]).comment.startswith("forced: its model was not evaluated.")


def test_moves_are_made_at_once_and_can_be_undone(stage: Stages, team: Store) -> None:
    on = stage()
    opened(on, team)
    choose(on, 6, "Archive")
    assert "Archived" in row(on, 6).inner_text()
    on.page.get_by_role("button", name="Undo").click()
    on.carry()
    assert team.get_model_version("digits-mlp", 6).current_stage == "None"
    choose(on, 6, "Set an alias…")
    on.page.keyboard.type("@challenger")
    on.page.get_by_role("button", name="Point it at v6").click()
    on.carry()
    assert "challenger" in row(on, 6).inner_text()
    on.page.get_by_role("button", name="Undo").click()
    on.carry()
    assert team.get_registered_model("digits-mlp").aliases["challenger"] == 7
    choose(on, 7, "Drop @challenger")
    on.page.get_by_role("button", name="Undo").click()
    on.carry()
    assert team.get_registered_model("digits-mlp").aliases["challenger"] == 7
    choose(on, 6, "Set an alias…")
    on.page.keyboard.type("not an alias")
    on.page.get_by_role("button", name="Point it at v6").click()
    on.carry()
    assert "alias" in on.page.get_by_role("alert").inner_text()


def test_deleting_cannot_be_undone_and_so_it_asks(stage: Stages, team: Store) -> None:
    on = stage()
    opened(on, team)
    choose(on, 7, "Delete v7…")
    dialog = on.page.get_by_role("dialog", name="Delete v7 of digits-mlp")
    assert "It is in Staging. @challenger will point at nothing. This cannot be undone" in dialog.inner_text()
    on.page.keyboard.press("Escape")
    assert row(on, 7).count() == 1
    choose(on, 7, "Delete v7…")
    on.page.get_by_role("button", name="Delete v7", exact=True).click()
    on.carry()
    assert row(on, 7).count() == 0
    assert on.page.get_by_role("button", name="Undo").count() == 0
    on.page.get_by_role("button", name="More of digits-mlp").click()
    on.page.get_by_role("menuitem", name="Delete the model…").click()
    on.page.get_by_role("button", name="Delete the model", exact=True).click()
    on.carry()
    assert on.page.locator("h2").first.inner_text() == "digits-forest"


def test_texts_tags_and_the_name_are_edited(stage: Stages, team: Store) -> None:
    on = stage()
    opened(on, team)
    page = on.page
    page.get_by_role("button", name="Edit description of v7").click()
    page.keyboard.type("*Seven* <b>bold</b>")
    page.get_by_role("button", name="Save description").click()
    on.carry()
    assert page.locator(".tb-models-text").inner_text() == "*Seven* <b>bold</b>"
    page.get_by_role("button", name="Edit tags of v7").click()
    page.keyboard.type("team")
    page.get_by_label("Value of the tag").fill("vision")
    page.get_by_role("button", name="Set tag").click()
    on.carry()
    assert team.get_model_version("digits-mlp", 7).tags == {"team": "vision"}
    page.get_by_role("button", name="Edit tags of v7").click()
    page.get_by_role("button", name="Remove the tag team").click()
    on.carry()
    assert team.get_model_version("digits-mlp", 7).tags == {}
    page.keyboard.press("Escape")
    page.get_by_role("button", name="More of digits-mlp").click()
    page.get_by_role("menuitem", name="Rename…").click()
    page.get_by_label("New name").fill("numerals")
    page.get_by_role("button", name="Rename", exact=True).click()
    on.carry()
    assert page.locator("h2").first.inner_text() == "numerals"


def test_page_that_may_only_look_says_so_where_buttons_would_be(stage: Stages, team: Store) -> None:
    on = stage()
    opened(on, team, permission=Permission(False, "This page only reads. Its host may allow changes."))
    text = on.page.locator("section.tb").inner_text()
    assert "This page only reads. Its host may allow changes." in text
    for name in ("Promote v7…", "Roll back", "Edit tags of v7"):
        assert on.page.get_by_role("button", name=name).count() == 0
    on.page.get_by_role("button", name="More of v7", exact=True).click()
    assert on.page.get_by_role("menuitem").all_inner_texts() == ["Copy address"]


def test_click_on_a_run_asks_to_open_it_twice_too(stage: Stages, team: Store) -> None:
    on = stage()
    panel = opened(on, team)
    asked: list[str] = []
    panel.observe(lambda change: asked.append(change["new"]), "run")
    run_id = str(team.get_model_version("digits-mlp", 7).run_id)
    on.page.get_by_role("button", name="Open the run mlp-smooth-s0").first.click()
    on.carry()
    assert asked == [run_id]
    panel.run = ""
    on.carry()
    on.page.locator("button.tb-models-node").click()
    on.carry()
    assert asked == [run_id, "", run_id]


def test_another_model_version_and_lineage_are_a_click_away(stage: Stages, team: Store) -> None:
    register(team, "digits-forest", team.get_model_version("digits-mlp", 7).run_id)
    on = stage()
    panel = opened(on, team)
    row(on, 5).click(position={"x": 200, "y": 10})
    on.carry()
    assert "Lineage of v5" in on.page.locator("section.tb").inner_text()
    on.page.get_by_role("button", name="v7, Staging, @challenger").click()
    on.carry()
    on.page.get_by_role("button", name="digits-forest v4").click()
    on.carry()
    assert (panel._model["name"], panel._details["number"]) == ("digits-forest", 4)
    assert on.page.locator("h2").first.inner_text() == "digits-forest"


def test_keyboard_moves_finds_and_keeps_its_place(stage: Stages, team: Store) -> None:
    on = stage()
    panel = opened(on, team)
    page = on.page
    page.locator(".tb-models-version").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    on.carry()
    assert panel.view["version"] == 5
    assert page.evaluate("document.activeElement.textContent") == "v5"  # also after it was drawn anew
    assert page.locator(".tb-models-version[tabindex='0']").count() == 1
    page.keyboard.press("/")
    page.keyboard.type("forest")
    page.wait_for_function("window.models.widget1.changed.view !== undefined")
    on.carry()
    assert page.locator(".tb-models-row").all_inner_texts() == ["digits-forest\nv3\nnothing in production"]
    page.keyboard.press("?")
    assert page.get_by_role("dialog").count() == 0  # it is text in the box


def test_trail_is_whole_on_request_and_its_chain_is_verified(stage: Stages, team: Store) -> None:
    on = stage()
    panel = opened(on, team)
    assert on.page.locator(".tb-models-trail tbody tr").count() == 4
    on.page.get_by_role("button", name="All 21").click()
    on.carry()
    assert on.page.locator(".tb-models-trail tbody tr").count() == panel._trail["count"] == 21
    on.page.get_by_role("button", name="Verify the chain").click()
    on.carry()
    assert f"chain of {team.audit_head().seq} entries verified" in on.page.locator("section.tb").inner_text()
    on.page.get_by_role("button", name="Check files").click()
    on.carry()
    assert "2 as registered" in on.page.locator(".tb-models-about").inner_text()


def test_empty_registry_tells_the_next_command_and_where_it_looked(stage: Stages, file_store: Store) -> None:
    on = stage()
    opened(on, file_store, name=None)
    text = on.page.locator("section.tb").inner_text()
    assert "No registered models yet" in text
    assert 'registered_model_name="digits"' in text
    assert f"Looked in {file_store.uri}" in text
    file_store.create_registered_model("digits")
    panel = RegistryPanel(file_store)
    on.open(panel)
    assert "No version yet" in on.page.locator("section.tb").last.inner_text()


HOSTILE = "<img src=x onerror=\"window.hit='yes'\">"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_hostile_texts_are_shown_as_they_are(stage: Stages, team: Store, theme: str) -> None:
    name = f"{HOSTILE[:200]} مرحبا 🎯'\"".replace("/", "").replace(":", "")
    with acting_as(HOSTILE):
        team.rename_registered_model("digits-mlp", name)
        team.update_registered_model(name, HOSTILE)
        team.set_registered_model_tag(name, "مرحبا 🎯", HOSTILE)
        team.set_model_version_tag(name, 7, "b", HOSTILE)
        team.update_model_version(name, 7, HOSTILE * 20)
        team.transition_model_version_stage(name, 7, "Production", True, HOSTILE)
    on = stage(theme)
    panel = opened(on, team, name=name)
    assert panel._details["number"] == 7
    assert on.page.locator("h2").first.inner_text() == name
    on.page.get_by_role("button", name="Roll back").click()
    on.carry()
    assert on.page.get_by_role("dialog").count() == 1
    assert on.page.locator("img").count() == 0
    assert on.page.evaluate("window.hit") is None


def test_late_page_shows_what_is_so_now(stage: Stages, team: Store) -> None:
    on = stage()
    panel = opened(on, team)
    team.set_registered_model_alias("digits-mlp", "champion", 7)
    panel.refresh()
    on.open(panel)
    on.carry()
    for list_of_models in on.page.locator(".tb-models-list").all():  # rows out of sight are not laid out
        assert "@champion v7, v5 Production" in (list_of_models.text_content() or "")


def test_narrow_panel_is_not_cut_off(stage: Stages, team: Store) -> None:
    on = stage()
    on.page.set_viewport_size({"width": 400, "height": 900})
    opened(on, team)
    assert on.page.evaluate("document.documentElement.scrollWidth") <= 400
    table = on.page.locator(".tb-models-scroll").first
    assert table.evaluate("(node) => node.scrollWidth - node.clientWidth") <= 0
    assert "challenger" in row(on, 7).inner_text()


def test_busy_kernel_is_said_and_the_answer_still_comes(stage: Stages, team: Store) -> None:
    on = stage()
    on.page.clock.install()
    opened(on, team)
    on.page.get_by_role("button", name="Promote v7…").click()
    on.page.clock.run_for(5_000)
    assert "The kernel is busy" in on.page.locator("section.tb").inner_text()
    on.carry()
    assert on.page.get_by_role("dialog").count() == 1
    assert "The kernel is busy" not in on.page.locator(".tb-models-content").inner_text()


def test_metrics_in_the_table_are_picked(stage: Stages, team: Store) -> None:
    on = stage()
    panel = opened(on, team)
    on.page.get_by_role("button", name="Metrics to show").click()
    on.page.get_by_role("menuitemcheckbox", name="val_accuracy").click()
    on.carry()
    assert panel._model["columns"] == [("val_loss", "min")]
    assert on.page.locator("th.tb-models-c-metric").count() == 1
