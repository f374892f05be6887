"""Version numbers go on under every name that a model has had."""

from __future__ import annotations

import itertools

import pytest

from trackbook.errors import InvalidState
from trackbook.stores.base import Store
from trackbook.testing.registry import new_version, numbers


def rename(store: Store, *names: str) -> None:
    for name, new_name in itertools.pairwise(names):
        store.rename_registered_model(name, new_name)


def test_model_comes_back_to_any_name_that_was_only_its_own(file_store: Store) -> None:
    new_version(file_store, "a")
    rename(file_store, "a", "b", "c", "a")
    assert new_version(file_store, "a").version == 2
    rename(file_store, "a", "c", "b", "a")
    assert numbers(file_store.search_model_versions(order_by=["version_number"])) == [1, 2]


def test_name_that_another_model_had_meanwhile_is_refused(file_store: Store) -> None:
    new_version(file_store, "a")
    rename(file_store, "a", "b")
    new_version(file_store, "a", 2)  # number 2: the first one is known
    rename(file_store, "a", "c")
    for wrong in (("b", "a"), ("b", "a")):
        with pytest.raises(InvalidState, match="models:/a/1"):
            rename(file_store, *wrong)
    rename(file_store, "c", "a")
    assert new_version(file_store, "a").version == 3


def test_numbers_of_a_gone_model_are_not_taken_over(file_store: Store) -> None:
    for name in ("a", "a", "a", "b"):
        new_version(file_store, name)
    file_store.delete_registered_model("a")
    with pytest.raises(InvalidState, match="versions 1 to 3"):
        rename(file_store, "b", "a")
    rename(file_store, "b", "c")
    for _ in range(3):
        new_version(file_store, "c")
    file_store.delete_model_version("c", 1), file_store.delete_model_version("c", 2)
    file_store.delete_model_version("c", 3)
    rename(file_store, "c", "a")  # only its number 4 is left, which was never of another
    assert new_version(file_store, "a").version == 5


def test_model_without_versions_takes_any_name(file_store: Store) -> None:
    new_version(file_store, "a")
    file_store.delete_registered_model("a")
    file_store.create_registered_model("b")
    rename(file_store, "b", "a")
    assert new_version(file_store, "a").version == 2
