"""The contract of moves in a registry: stages and aliases changed together, unless somebody else was faster."""

from __future__ import annotations

import json

import pytest

from trackbook.errors import InvalidParameter, InvalidState, NotFound
from trackbook.registry.audit import check_trail
from trackbook.registry.replay import untraced_changes
from trackbook.stores.actors import acting_as
from trackbook.stores.base import Store
from trackbook.stores.registry import Move
from trackbook.testing.samples import new_version

__all__ = ["MoveContract"]


class MoveContract:
    """What `RegistryStore.move` promises."""

    def test_moves_are_made_together_with_their_notes_or_not_at_all(self, store: Store) -> None:
        new_version(store), new_version(store)
        store.transition_model_version_stage("digits", 1, "Production")
        with pytest.raises(NotFound):
            store.move("digits", [Move(2, "Production"), Move(3, alias="champion")])
        assert store.get_model_version("digits", 2).current_stage == "None"
        seen = store.audit_head().seq
        moves = [Move(1, "archived", note="by v2"), Move(2, "Production"), Move(2, alias="champion", note="better")]
        store.move("digits", [*moves, Move(None, alias="nobody")], seen)
        assert store.get_model_version("digits", 1).current_stage == "Archived"
        assert store.get_model_version_by_alias("digits", "champion").current_stage == "Production"
        told = [json.loads(entry.after).get("note") for entry in store.audit_trail(seen)]
        assert told == ["by v2", None, "better"]
        end = store.audit_head().seq
        store.move("digits", [*moves[1:], Move(None, alias="champion", note="no use")])
        assert store.get_registered_model("digits").aliases == {}
        assert [entry.action for entry in store.audit_trail(end)] == ["delete_registered_model_alias"]
        assert check_trail(store).is_whole
        assert untraced_changes(store) == []

    def test_move_is_refused_if_somebody_has_moved_something_since(self, store: Store) -> None:
        new_version(store), new_version(store), new_version(store, "letters", 3)
        seen = store.audit_head().seq
        store.set_registered_model_tag("digits", "team", "vision")
        store.transition_model_version_stage("letters", 1, "Production")
        store.move("digits", [Move(1, "Staging")], seen)
        with acting_as("jonas"):
            store.set_registered_model_alias("digits", "champion", 2)
        with pytest.raises(InvalidState, match=r"jonas has changed 'digits' meanwhile .@champion: – → v2, and 1 more"):
            store.move("digits", [Move(1, "Production")], seen)
        assert store.get_model_version("digits", 1).current_stage == "Staging"
        store.move("digits", [Move(1, "Production")], store.audit_head().seq)

    @pytest.mark.parametrize(
        "move", [Move(1), Move(1, "Staging", "a"), Move(None, "Staging"), Move(1, "Live"), Move(1, alias="latest")]
    )
    def test_move_that_says_nothing_clear_is_refused(self, store: Store, move: Move) -> None:
        new_version(store)
        with pytest.raises(InvalidParameter):
            store.move("digits", [Move(1, "Staging"), move])
        assert store.get_model_version("digits", 1).current_stage == "None"
