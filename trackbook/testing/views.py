"""The contract of saved views."""

from __future__ import annotations

from typing import Any

import pytest

from trackbook.errors import AlreadyExists, InvalidParameter, NotFound
from trackbook.stores.actors import acting_as
from trackbook.stores.base import Store

__all__ = ["ViewContract"]


class ViewContract:
    """What `ViewStore` promises."""

    def test_saved_view_is_found_by_name_with_who_and_when(self, store: Store) -> None:
        state = {"tab": "curves", "selected": ["a", "b"], "zoom": [0.5, None, True], "note": "größe 📏"}
        with acting_as("mira"):
            made = store.save_view("lr sweep, seeds 0–4", state)
        assert store.get_view("lr sweep, seeds 0–4") == made
        assert (dict(made.state), made.created_by, made.updated_by) == (state, "mira", "mira")
        assert made.creation_time == made.last_update_time > 1_600_000_000_000

    def test_taken_name_is_refused_unless_the_view_is_to_be_replaced(self, store: Store) -> None:
        with acting_as("mira"):
            made = store.save_view("best", {"tab": "runs"})
        with pytest.raises(AlreadyExists, match="best"):
            store.save_view("best", {"tab": "curves"})
        assert store.get_view("best") == made
        with acting_as("jonas"):
            changed = store.save_view("best", {"tab": "curves"}, replace=True)
        assert (dict(changed.state), changed.created_by, changed.updated_by) == ({"tab": "curves"}, "mira", "jonas")
        assert changed.last_update_time >= changed.creation_time == made.creation_time

    def test_views_are_listed_by_name_and_differ_by_case(self, store: Store) -> None:
        for name in ("b", "B", "a b", "é"):
            store.save_view(name, {})
        assert [view.name for view in store.list_views()] == ["B", "a b", "b", "é"]

    def test_view_is_renamed_unless_the_name_is_taken(self, store: Store) -> None:
        store.save_view("one", {"n": 1})
        store.save_view("two", {"n": 2})
        with pytest.raises(AlreadyExists, match="two"):
            store.rename_view("one", "two")
        assert dict(store.rename_view("one", "three").state) == {"n": 1}
        assert store.rename_view("two", "two").name == "two"
        assert [view.name for view in store.list_views()] == ["three", "two"]
        with pytest.raises(NotFound, match="one"):
            store.rename_view("one", "four")

    def test_deleted_view_is_gone(self, store: Store) -> None:
        store.save_view("one", {})
        store.delete_view("one")
        assert store.list_views() == []
        with pytest.raises(NotFound, match="one"):
            store.get_view("one")
        with pytest.raises(NotFound, match="one"):
            store.delete_view("one")

    @pytest.mark.parametrize("name", ["", "  ", "x" * 201, None, 7, "a\x00b", "a\nb", "\ud800", "a\u202eb"])
    def test_bad_name_of_a_view_is_refused(self, store: Store, name: Any) -> None:
        store.save_view("one", {})
        with pytest.raises(InvalidParameter):
            store.save_view(name, {})
        with pytest.raises(InvalidParameter):
            store.rename_view("one", name)
        assert [view.name for view in store.list_views()] == ["one"]

    @pytest.mark.parametrize("name", ["x" * 200, "Été 数字 🎯", "a/b:c?d=e&f", "'; DROP TABLE views; --"])
    def test_any_name_of_one_line_is_kept(self, store: Store, name: str) -> None:
        store.save_view(name, {"tab": "runs"})
        assert store.get_view(name).name == name

    @pytest.mark.parametrize("state", [None, [], "x", {"a": float("nan")}, {"a": b"x"}, {"a": "x" * 64_000}])
    def test_bad_state_is_refused(self, store: Store, state: Any) -> None:
        with pytest.raises(InvalidParameter):
            store.save_view("one", state)
        assert store.list_views() == []
