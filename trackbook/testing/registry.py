"""The contract of registered models, their versions and the audit trail."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from trackbook.entities.digests import BEGINNING
from trackbook.errors import AlreadyExists, InvalidParameter, InvalidState, NotFound
from trackbook.registry.audit import check_trail, every_entry
from trackbook.stores.actors import acting_as
from trackbook.stores.base import Store
from trackbook.stores.registry import NewVersion
from trackbook.testing.registry_moves import MoveContract
from trackbook.testing.samples import new_version, numbers, stored_file

__all__ = [
    "AuditContract",
    "ModelVersionContract",
    "RegisteredModelContract",
    "RegistryContract",
    "RegistrySearchContract",
    "new_version",
    "numbers",
]


class RegisteredModelContract:
    """What `RegistryStore` promises of registered models."""

    def test_created_model_is_found_by_name_with_its_tags_and_description(self, store: Store) -> None:
        made = store.create_registered_model("digits", {"team": "vision", "n": 7}, "Reads *digits*.")
        assert store.get_registered_model("digits") == made
        assert (made.tags, made.description, made.latest_versions) == (
            {"team": "vision", "n": "7"},
            made.description,
            [],
        )
        with pytest.raises(AlreadyExists, match="digits"):
            store.create_registered_model("digits")
        with pytest.raises(NotFound, match="letters"):
            store.get_registered_model("letters")

    @pytest.mark.parametrize(
        "name", ["", "  ", "a/b", "a:b", ".", "..", "x" * 257, None, 7, "a\x00b", "a\nb", "\ud800"]
    )
    def test_bad_name_of_a_model_is_refused_and_nothing_made(self, store: Store, name: Any) -> None:
        with pytest.raises(InvalidParameter):
            store.create_registered_model(name)
        with pytest.raises(InvalidParameter):
            new_version(store, name)
        assert (store.search_registered_models(), store.audit_head().seq) == ([], 0)

    @pytest.mark.parametrize("name", ["x" * 256, "Été 数字 🎯", "m-1", "a.b@c#d?e%20f", "'; DROP TABLE runs; --"])
    def test_name_of_a_model_comes_back_as_it_was_given(self, store: Store, name: str) -> None:
        assert store.create_registered_model(name).name == name
        new_version(store, name)
        assert [model.name for model in store.search_registered_models()] == [name]

    def test_rename_takes_everything_along(self, store: Store) -> None:
        new_version(store, tags={"a": "1"})
        store.set_registered_model_alias("digits", "champion", 1)
        store.set_registered_model_tag("digits", "team", "vision")
        renamed = store.rename_registered_model("digits", "numerals")
        assert (renamed.name, renamed.aliases, renamed.tags) == ("numerals", {"champion": 1}, {"team": "vision"})
        assert store.get_model_version_by_alias("numerals", "champion").tags == {"a": "1"}
        assert new_version(store, "numerals").version == 2
        with pytest.raises(NotFound):
            store.get_registered_model("digits")
        store.create_registered_model("letters")
        with pytest.raises(AlreadyExists):
            store.rename_registered_model("numerals", "letters")

    def test_description_and_tags_change(self, store: Store) -> None:
        store.create_registered_model("digits", description="old")
        store.update_registered_model("digits", "new")
        store.set_registered_model_tag("digits", "team", "vision")
        store.set_registered_model_tag("digits", "team", "sound")
        store.set_registered_model_tag("digits", "gone", 1)
        store.delete_registered_model_tag("digits", "gone")
        store.delete_registered_model_tag("digits", "never there")
        found = store.get_registered_model("digits")
        assert (found.description, found.tags) == ("new", {"team": "sound"})
        assert store.update_registered_model("digits", None).description is None
        with pytest.raises(InvalidParameter, match="100001"):
            store.set_registered_model_tag("digits", "long", "x" * 100_001)
        with pytest.raises(NotFound):
            store.set_registered_model_tag("letters", "a", "b")

    def test_deleted_model_takes_its_versions_along(self, store: Store) -> None:
        new_version(store, tags={"a": "1"})
        store.delete_registered_model("digits")
        assert (store.search_registered_models(), store.search_model_versions()) == ([], [])
        with pytest.raises(NotFound):
            store.delete_registered_model("digits")

    def test_number_of_a_version_is_never_used_again(self, store: Store) -> None:
        assert [new_version(store).version for _ in range(3)] == [1, 2, 3]
        store.delete_model_version("digits", 3)
        assert new_version(store).version == 4
        store.delete_registered_model("digits")
        assert new_version(store).version == 5

    def test_address_of_a_version_never_means_another_model(self, store: Store) -> None:
        new_version(store, "digits")
        store.rename_registered_model("digits", "numerals")
        assert store.rename_registered_model("numerals", "digits").name == "digits"  # its own former name
        store.rename_registered_model("digits", "numerals")
        assert new_version(store, "digits", 2).version == 2
        store.delete_registered_model("digits")
        with pytest.raises(InvalidState, match="models:/digits/1"):
            store.rename_registered_model("numerals", "digits")
        new_version(store, "letters")
        store.delete_registered_model("letters")
        with pytest.raises(InvalidState, match="letters"):
            store.rename_registered_model("numerals", "letters")
        assert store.get_registered_model("numerals").name == "numerals"


class ModelVersionContract:
    """What `RegistryStore` promises of versions."""

    def test_version_keeps_what_it_was_given(self, store: Store) -> None:
        store.create_registered_model("digits")
        files = [stored_file("model.skops"), stored_file("MLmodel", 3)]
        given: dict[str, Any] = {"run_id": "a" * 32, "tags": {"a": "1"}, "description": "first", "run_link": "http://r"}
        with acting_as("ada"):
            made = new_version(store, model=7, files=files, make_model=False, **given)
        assert store.get_model_version("digits", "1") == made
        assert (made.user_id, made.model_id, made.status) == ("ada", f"m-{7:032x}", "READY")
        assert (made.run_id, made.tags, made.description, made.run_link) == tuple(given.values())
        assert store.model_version_files("digits", 1) == sorted(files, key=lambda file: file.path)

    def test_version_needs_its_model_unless_that_is_to_be_made(self, store: Store) -> None:
        with pytest.raises(NotFound, match="digits"):
            new_version(store, make_model=False)
        assert new_version(store).version == 1
        assert store.get_registered_model("digits").latest_versions[0].version == 1

    @pytest.mark.parametrize(
        "source",
        ["", "file:///etc", "/etc", "models:/digits/1", "models:/m-1/../..", "file://localhost/etc", "FILE:///etc",
         "models:/m-1#../etc", "models:/m-1?x", "s3://bucket/a", "\\..\\etc", "models:/", None, 7],
    )  # fmt: skip
    @pytest.mark.parametrize("tags", [{}, {"mlflow.prompt.is_prompt": "true"}])
    def test_source_is_a_logged_model_whatever_the_tags(self, store: Store, source: Any, tags: dict[str, str]) -> None:
        with pytest.raises(InvalidParameter, match="source"):
            store.create_model_version(NewVersion("digits", source, tags=tags, run_id="a" * 32, make_model=True))
        with pytest.raises(InvalidParameter, match="source"):
            store.create_model_version(NewVersion("digits", "models:/m-1", model_id="m-2", make_model=True))
        assert (store.search_registered_models(), store.audit_head().seq) == ([], 0)

    @pytest.mark.parametrize("version", ["", "one", "1.0", 0, -1, 1.0, None, True, "1; --", 2**31, "٣"])
    def test_what_is_no_number_is_no_version(self, store: Store, version: Any) -> None:
        new_version(store)
        with pytest.raises(InvalidParameter):
            store.get_model_version("digits", version)
        with pytest.raises(NotFound, match="version 2"):
            store.get_model_version("digits", 2)

    def test_failed_version_takes_no_number_and_leaves_no_model(self, store: Store) -> None:
        for bad in ({"tags": {"": "x"}}, {"tags": {"a": "\x00"}}, {"run_id": "/"}, {"description": 7}):
            with pytest.raises(InvalidParameter):
                new_version(store, **bad)
        assert store.search_registered_models() == []
        assert new_version(store).version == 1

    def test_description_and_tags_of_a_version_change(self, store: Store) -> None:
        new_version(store)
        store.set_model_version_tag("digits", 1, "a", 1)
        store.set_model_version_tag("digits", "1", "b", "2")
        store.delete_model_version_tag("digits", 1, "a")
        store.delete_model_version_tag("digits", 1, "a")
        assert store.update_model_version("digits", 1, "better").tags == {"b": "2"}
        assert store.get_model_version("digits", 1).description == "better"

    def test_stage_moves_and_archives_the_others_of_that_stage(self, store: Store) -> None:
        for model in range(4):
            new_version(store, model=model)
        assert store.transition_model_version_stage("digits", 1, "production").current_stage == "Production"
        store.transition_model_version_stage("digits", 2, "Staging")
        store.transition_model_version_stage("digits", 3, "Production", archive_existing_versions=True)
        stages = [store.get_model_version("digits", number).current_stage for number in (1, 2, 3, 4)]
        assert stages == ["Archived", "Staging", "Production", "None"]
        for stage, archive in (("None", True), ("Archived", True), ("Live", False), (None, False)):
            with pytest.raises(InvalidParameter):
                store.transition_model_version_stage("digits", 2, stage, archive)  # type: ignore[arg-type]

    def test_latest_versions_are_the_newest_of_each_stage(self, store: Store) -> None:
        for model in range(5):
            new_version(store, model=model)
        for number, stage in ((1, "Production"), (2, "Production"), (3, "Staging")):
            store.transition_model_version_stage("digits", number, stage)
        assert numbers(store.get_registered_model("digits").latest_versions) == [2, 3, 5]
        assert numbers(store.get_latest_versions("digits", ["production", "Archived"])) == [2]
        assert numbers(store.get_latest_versions("digits")) == [2, 3, 5]
        with pytest.raises(InvalidParameter):
            store.get_latest_versions("digits", ["Live"])

    def test_alias_points_at_one_version_until_it_moves_or_goes(self, store: Store) -> None:
        new_version(store), new_version(store)
        store.set_registered_model_alias("digits", "champion", 1)
        store.set_registered_model_alias("digits", "Champion", 2)
        store.set_registered_model_alias("digits", "champion", "2")
        assert store.get_model_version_by_alias("digits", "champion").aliases == ["Champion", "champion"]
        store.delete_registered_model_alias("digits", "champion")
        store.delete_registered_model_alias("digits", "champion")
        assert store.get_registered_model("digits").aliases == {"Champion": 2}
        with pytest.raises(InvalidParameter, match="no alias 'champion'"):
            store.get_model_version_by_alias("digits", "champion")
        with pytest.raises(NotFound):
            store.set_registered_model_alias("digits", "champion", 3)

    @pytest.mark.parametrize("alias", ["", "latest", "LATEST", "v1", "V12", "a b", "a/b", "a@b", "x" * 256, None, 1])
    def test_bad_alias_is_refused(self, store: Store, alias: Any) -> None:
        new_version(store)
        with pytest.raises(InvalidParameter, match="alias"):
            store.set_registered_model_alias("digits", alias, 1)

    def test_deleted_version_takes_its_aliases_along(self, store: Store) -> None:
        new_version(store), new_version(store)
        store.set_registered_model_alias("digits", "champion", 1)
        store.delete_model_version("digits", 1)
        assert store.get_registered_model("digits").aliases == {}
        with pytest.raises(NotFound):
            store.delete_model_version("digits", 1)

    def test_lineage_leads_from_runs_and_logged_models_to_versions(self, store: Store) -> None:
        new_version(store, "b", 1, run_id="a" * 32)
        new_version(store, "a", 1, run_id="a" * 32)
        new_version(store, "a", 2)
        assert [(found.name, found.version) for found in store.versions_of(run_id="a" * 32)] == [("a", 1), ("b", 1)]
        assert [(found.name, found.version) for found in store.versions_of(model_id=f"m-{2:032x}")] == [("a", 2)]
        assert store.versions_of(run_id="b" * 32) == []
        with pytest.raises(InvalidParameter):
            store.versions_of()


class RegistrySearchContract:
    """What the searches of `RegistryStore` promise."""

    @pytest.fixture
    def filled(self, store: Store) -> Store:
        """Models a, b and C with some versions."""
        for number, name in enumerate("abC"):
            store.create_registered_model(name, {"team": name.upper(), "n": str(number)})
        for number, (name, run) in enumerate([("a", "1"), ("a", "2"), ("b", "1"), ("C", None)]):
            run_id = run and run * 32
            new_version(store, name, number, run_id=run_id, tags={"lr": f"0.{number}"} if number else {})
        store.transition_model_version_stage("a", 1, "Production")
        return store

    @pytest.mark.parametrize(
        ("condition", "found"),
        [
            (None, "Cab"), ("name = 'a'", "a"), ("name ILIKE 'c%'", "C"), ("name LIKE 'c%'", ""), ("name != 'a'", "Cb"),
            ("name IN ('a', 'C')", "Ca"), ("tags.team = 'B'", "b"), ("tag.`n` != '0' AND name LIKE '%'", "Cb"),
            ("NOT tags.n = '1'", "Ca"), ("name = 'b' OR tags.team = 'A'", "ab"), ("tags.none = 'x'", ""),
            ("tags.none IS NULL", "Cab"), ("attribute.name = 'a'", "a"),
        ],
    )  # fmt: skip
    def test_models_are_found(self, filled: Store, condition: str | None, found: str) -> None:
        assert "".join(model.name for model in filled.search_registered_models(condition)) == found

    @pytest.mark.parametrize(
        ("condition", "found"),
        [
            ("name = 'a'", "a1 a2"), ("run_id = '" + "1" * 32 + "'", "a1 b1"), ("version_number > 1", "a2"),
            ("name IN ('b', 'C')", "C1 b1"), ("tags.lr = '0.1'", "a2"), ("tags.lr IS NULL", "a1"),
            ("source_path LIKE 'models:/%3'", "C1"), ("stage = 'Production'", "a1"), ("run_id IS NULL", "C1"),
            ("name = 'a' AND NOT version_number = 1 OR name = 'b'", "a2 b1"), ("version_number BETWEEN 2 AND 9", "a2"),
        ],
    )  # fmt: skip
    def test_versions_are_found(self, filled: Store, condition: str, found: str) -> None:
        order = ["name ASC", "version_number ASC"]
        versions = filled.search_model_versions(condition, order_by=order)
        assert " ".join(f"{version.name}{version.version}" for version in versions) == found

    def test_order_and_pages(self, filled: Store) -> None:
        ordered = filled.search_registered_models(order_by=["tags.n DESC"])
        assert [model.name for model in ordered] == ["C", "b", "a"]
        first = filled.search_model_versions(max_results=3, order_by=["version_number DESC", "name"])
        rest = filled.search_model_versions(
            max_results=3, order_by=["version_number DESC", "name"], page_token=first.token
        )
        assert [f"{version.name}{version.version}" for version in [*first, *rest]] == ["a2", "C1", "a1", "b1"]
        assert rest.token is None
        newest = [(-(found.last_updated_timestamp or 0), found.name) for found in filled.search_model_versions()]
        assert newest == sorted(newest)
        assert filled.search_registered_models(max_results=0) == []

    @pytest.mark.parametrize(
        "wrong", ["metrics.a > 1", "alias = 'x'", "name > 'a'", "stage = 'Live'", "name = 'a'; --"]
    )
    def test_what_cannot_be_asked_is_refused(self, store: Store, wrong: str) -> None:
        with pytest.raises(InvalidParameter):
            store.search_model_versions(wrong)
        for most in (-1, 1_001):
            with pytest.raises(InvalidParameter):
                store.search_registered_models(max_results=most)
        for most in (0, 200_001):
            with pytest.raises(InvalidParameter):
                store.search_model_versions(max_results=most)


class AuditContract:
    """What `RegistryStore` promises of the audit trail."""

    def test_empty_registry_has_an_empty_trail(self, store: Store) -> None:
        assert (store.audit_head().seq, store.audit_head().hash, store.audit_trail()) == (0, BEGINNING, [])
        assert check_trail(store).is_whole

    def test_each_change_is_an_entry_with_actor_before_and_after(self, store: Store) -> None:
        new_version(store), new_version(store)
        with acting_as("ada"):
            store.transition_model_version_stage("digits", 1, "Production")
            store.transition_model_version_stage("digits", 2, "Production", True, note="forced: a test")
        archived, promoted = store.audit_trail(after=4)
        assert (archived.actor, archived.action, archived.version) == ("ada", "transition_model_version_stage", 1)
        assert (json.loads(archived.before), json.loads(archived.after)) == (
            {"stage": "Production"},
            {"stage": "Archived"},
        )
        assert json.loads(promoted.after) == {"stage": "Production", "note": "forced: a test"}
        assert check_trail(store, store.audit_head()) == check_trail(store)

    def test_what_changes_nothing_is_no_entry(self, store: Store) -> None:
        new_version(store, tags={"a": "1"}, description="d")
        store.set_registered_model_alias("digits", "champion", 1)
        end = store.audit_head()
        store.set_model_version_tag("digits", 1, "a", "1")
        store.set_registered_model_alias("digits", "champion", 1)
        store.transition_model_version_stage("digits", 1, "None")
        store.update_model_version("digits", 1, "d")
        store.rename_registered_model("digits", "digits")
        for wrong in (lambda: store.get_model_version("digits", 9), lambda: store.delete_model_version("digits", 9)):
            with pytest.raises(NotFound):
                wrong()
        assert store.audit_head() == end

    def test_deleting_a_model_is_an_entry_for_each_thing_that_goes(self, store: Store) -> None:
        new_version(store), new_version(store)
        store.set_registered_model_alias("digits", "champion", 2)
        end = store.audit_head().seq
        store.delete_registered_model("digits")
        told = [(entry.action, entry.version) for entry in store.audit_trail(end)]
        assert told == [
            ("delete_model_version", 1),
            ("delete_registered_model_alias", 2),
            ("delete_model_version", 2),
            ("delete_registered_model", None),
        ]

    def test_trail_of_one_model_is_read_in_parts(self, store: Store) -> None:
        for name in ("a", "b", "a"):
            new_version(store, name)
        store.rename_registered_model("b", "c")
        assert [entry.seq for entry in store.audit_trail(name="a")] == [1, 2, 5]
        assert [entry.seq for entry in store.audit_trail(after=2, limit=2)] == [3, 4]
        assert [entry.action for entry in every_entry(store, "c")] == ["rename_registered_model"]
        for wrong in (0, 100_001, None, "x"):
            with pytest.raises(InvalidParameter):
                store.audit_trail(limit=wrong)  # type: ignore[arg-type]

    def test_kept_end_that_another_trail_never_had_is_told(self, store: Store) -> None:
        new_version(store)
        end = store.audit_head()
        assert "replaced" in check_trail(store, replace(end, hash="1" * 64)).faults[0]
        assert "cut after entry 2" in check_trail(store, replace(end, seq=9)).faults[0]

    @pytest.mark.parametrize("actor", ["", "a\x00b", "\ud800", "é" * 300, "<b>&'\""])
    def test_any_actor_can_be_told(self, store: Store, actor: str) -> None:
        with acting_as(actor):
            new_version(store)
        assert store.audit_trail()[0].actor
        assert check_trail(store).is_whole


class RegistryContract(
    RegisteredModelContract, ModelVersionContract, MoveContract, RegistrySearchContract, AuditContract
):
    """All that `RegistryStore` promises."""
