"""The functions that look for registered models and versions in the registry in use."""

from __future__ import annotations

from pathlib import Path

import pytest

import trackbook
from trackbook.errors import InvalidParameter, NotFound
from trackbook.runs.session import current_store
from trackbook.testing.registry import new_version, numbers


def test_searches_go_over_all_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        new_version(current_store(), f"model{number}", number, tags={"even": str(number % 2 == 0)})
    monkeypatch.setattr("trackbook.runs.queries._PAGE", 2)
    found = trackbook.search_registered_models(filter_string="name LIKE 'model%'", order_by=["name DESC"])
    assert [model.name[-1] for model in found] == ["4", "3", "2", "1", "0"]
    assert len(trackbook.search_registered_models(max_results=3)) == 3
    assert len(trackbook.search_model_versions(filter_string="tags.even = 'True'")) == 3
    assert trackbook.search_model_versions(max_results=0) == []
    with pytest.raises(InvalidParameter):
        trackbook.search_model_versions(max_results=-1)


def test_searches_look_in_the_registry_that_was_chosen(tmp_path: Path) -> None:
    new_version(current_store(), "here")
    trackbook.set_registry_uri(tmp_path / "other.db")
    assert trackbook.search_registered_models() == []
    trackbook.set_registry_uri("")
    assert numbers(trackbook.search_model_versions()) == [1]


def test_tag_of_a_version_is_set() -> None:
    new_version(current_store())
    trackbook.set_model_version_tag("digits", 1, "a", 0.1)
    assert trackbook.search_model_versions()[0].tags == {"a": "0.1"}
    with pytest.raises(NotFound):
        trackbook.set_model_version_tag("digits", 2, "a", 1)
    with pytest.raises(InvalidParameter):
        trackbook.set_model_version_tag("digits", key="a", value=1)
