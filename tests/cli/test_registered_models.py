"""`trackbook models`, as far as it is about registered models."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from trackbook.cli import main
from trackbook.stores.base import Store
from trackbook.testing.registry import new_version, numbers

Shell = Callable[..., Result]


@pytest.fixture
def filled(here: Store) -> Store:
    """Three versions of digits, the second one the champion, and a model without versions."""
    for model in range(3):
        new_version(here, model=model, tags={"n": str(model)}, description=f"number {model}")
    here.set_registered_model_alias("digits", "champion", 2)
    here.create_registered_model("letters", {"team": "text"})
    return here


def model_folder() -> None:
    Path("local").mkdir()
    Path("local", "MLmodel").write_text("flavors: {}\n")


def test_list_shows_models_with_their_newest_versions(shell: Shell, filled: Store) -> None:
    heading, digits, letters = shell("models", "list").output.splitlines()
    assert heading.split() == ["name", "latest_version", "stages", "aliases", "last_updated"]
    assert digits.split()[:4] == ["digits", "3", "champion:", "2"]
    assert letters.split()[0] == "letters"
    (found,) = json.loads(shell("models", "list", "--filter", "tags.team = 'text'", "--format", "json").output)
    assert (found["name"], found["latest_version"], found["tags"]) == ("letters", None, {"team": "text"})
    assert len(json.loads(shell("models", "list", "--max-results", "1", "--format", "json").output)) == 1
    ordered = json.loads(shell("models", "list", "--order-by", "name DESC", "--format", "json").output)
    assert [row["name"] for row in ordered] == ["letters", "digits"]


def test_show_tells_of_a_model_and_its_versions(shell: Shell, filled: Store) -> None:
    filled.transition_model_version_stage("digits", 3, "Production")
    text = shell("models", "show", "digits").output
    assert "Production: 3" in text
    assert "number 2" in text
    rows = json.loads(shell("models", "show", "digits", "--format", "json").output)
    assert [row["version"] for row in rows] == [3, 2, 1]
    (row,) = csv.DictReader(
        io.StringIO(shell("models", "show", "digits", "--filter", "tags.n = '1'", "--format", "csv").output)
    )
    assert (row["version"], row["aliases"]) == ("2", '["champion"]')
    assert "none" in shell("models", "show", "none", code=1).output


@pytest.mark.parametrize("name", ["it's", "'\"'", "a%b_'", "(x) AND '"])
def test_name_with_quotes_is_shown(shell: Shell, here: Store, name: str) -> None:
    new_version(here, name)
    new_version(here, name.replace("'", "x"))
    rows = json.loads(shell("models", "show", name, "--format", "json").output)
    assert [row["version"] for row in rows] == [1]


def test_register_makes_the_store_and_copies_a_folder(shell: Shell) -> None:
    model_folder()
    answer = shell("models", "register", "local", "digits", "-t", "team=vision", "--description", "first")
    assert answer.output.startswith("Created version 1 of model 'digits' (models:/m-")
    (row,) = json.loads(shell("models", "show", "digits", "--format", "json").output)
    assert (row["tags"], row["description"]) == ({"team": "vision"}, "first")
    assert shell("models", "register", "digits/1", "x", code=1).output.startswith("Error: ")
    shell("models", "register", "models:/digits/1", "copy")
    shell("models", "register", "local", "a/b", code=1)
    shell("models", "register", "local", "digits", "-t", "team", code=2)


def test_version_is_moved_named_described_and_tagged(shell: Shell, filled: Store) -> None:
    moved = shell("models", "transition", "digits/1", "production").output
    assert moved == "Version 1 of model 'digits' is in the stage Production.\n"
    shell("models", "transition", "models:/digits/latest", "Production", "--archive-existing-versions")
    assert filled.get_model_version("digits", 1).current_stage == "Archived"
    assert shell("models", "alias", "digits/Production", "live").output == "models:/digits@live is version 3.\n"
    shell("models", "alias", "digits", "champion", "--delete")
    assert filled.get_registered_model("digits").aliases == {"live": 3}
    shell("models", "describe", "digits@live", "the best")
    shell("models", "describe", "digits", "all of them")
    shell("models", "tag", "digits@live", "-t", "a=1", "-t", "b=2", "-d", "n")
    shell("models", "tag", "digits", "--tags", "team=vision", "--delete", "none")
    found = json.loads(shell("models", "describe", "digits/3").output)
    assert (found["description"], found["tags"]) == ("the best", {"a": "1", "b": "2"})
    model = json.loads(shell("models", "describe", "digits").output)
    assert (model["description"], model["tags"]) == ("all of them", {"team": "vision"})
    shell("models", "transition", "digits/1", "Live", code=2)
    shell("models", "tag", "digits", code=2)


@pytest.mark.parametrize("named", ["digits", "digits/9", "digits/Live", "digits@none", "m-1", "models:/", "a/b/c", ""])
def test_what_names_no_version_is_a_sentence(shell: Shell, filled: Store, named: str) -> None:
    assert shell("models", "transition", named, "Staging", code=1).output.startswith("Error: ")
    assert {version.current_stage for version in filled.search_model_versions()} == {"None"}


def test_promotion_needs_its_verdict_or_force(shell: Shell, filled: Store) -> None:
    filled.set_registered_model_tag("digits", "trackbook.requires_verdict", "true")
    for line in (("transition", "digits/1", "Production"), ("alias", "digits/1", "champion")):
        assert "not evaluated" in shell("models", *line, code=1).output
        shell("models", *line, "--force")
    forced = [entry for entry in filled.audit_trail() if "forced" in entry.after]
    assert [entry.action for entry in forced] == ["transition_model_version_stage", "set_registered_model_alias"]


def test_delete_asks_unless_told(shell: Shell, filled: Store) -> None:
    asked = CliRunner().invoke(main, ("models", "delete", "digits"), input="n\n")
    assert (asked.exit_code, "with its 3 versions" in asked.output) == (1, True)
    assert len(filled.search_model_versions()) == 3
    shell("models", "delete", "digits/2", "--yes")
    assert numbers(filled.search_model_versions(order_by=["version_number"])) == [1, 3]
    assert CliRunner().invoke(main, ("models", "delete", "digits"), input="y\n").exit_code == 0
    assert [model.name for model in filled.search_registered_models()] == ["letters"]


def test_copy_and_download(shell: Shell) -> None:
    model_folder()
    shell("models", "register", "local", "digits")
    assert "version 1 of model 'production'" in shell("models", "copy", "digits/1", "production").output
    place = shell("models", "download", "production/latest", "-d", "out").output.strip()
    assert Path(place, "MLmodel").read_text() == "flavors: {}\n"
    assert shell("models", "download", "production/9", code=1).output.startswith("Error: ")


def test_registry_of_the_settings_is_used(shell: Shell, filled: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACKBOOK_REGISTRY_URI", "other.db")
    assert "no store" in shell("models", "list", code=1).output
    shell("experiments", "create", "-n", "x", "--backend-store-uri", "other.db")
    assert json.loads(shell("models", "list", "--format", "json").output) == []
    model_folder()
    shell("models", "register", "local", "elsewhere")
    assert [row["name"] for row in json.loads(shell("models", "list", "--format", "json").output)] == ["elsewhere"]
    listed = json.loads(shell("models", "list", "--format", "json", "--backend-store-uri", "trackbook.db").output)
    assert len(listed) == 2


def test_name_from_somebody_else_steers_no_terminal(shell: Shell, here: Store) -> None:
    here.create_registered_model("red", description="\x1b[31mred\x1b[0m", tags={"a": "\x1b]0;x\x07"})
    assert "\x1b" not in shell("models", "show", "red").output
    assert "\x1b" not in shell("models", "describe", "red").output
