"""Registered models and versions as entities: stages, cards, dicts."""

from __future__ import annotations

import pytest

from trackbook.entities import Metric, ModelVersion, RegisteredModel
from trackbook.entities.registry import stage_of
from trackbook.errors import InvalidParameter

EVIL = "<script>alert(1)</script>"


def version(**more: object) -> ModelVersion:
    return ModelVersion("digits", 3, 1_000, 2_000, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("word", ["Production", "production", " PRODUCTION "])
def test_capitals_of_a_stage_do_not_matter(word: str) -> None:
    assert stage_of(word) == "Production"


@pytest.mark.parametrize("word", ["Live", "", None, 3, ["Production"]])
def test_what_is_no_stage_is_refused(word: object) -> None:
    with pytest.raises(InvalidParameter, match="None, Staging, Production, Archived"):
        stage_of(word)


def test_card_of_a_version_says_what_it_is() -> None:
    metrics = [Metric("accuracy", 0.9, 1_000, 0)]
    html = version(aliases=["a", "b"], user_id="ada", metrics=metrics, params={"depth": "3"})._repr_html_()
    for told in ("Model version", "digits 3", "a, b", "by ada", "accuracy", "0.9", "depth"):
        assert told in html
    assert "READY" not in html


def test_card_of_a_model_names_its_versions() -> None:
    model = RegisteredModel("digits", 1_000, 2_000, "text", [version()], {"team": "vision"}, {"champion": 2})
    html = model._repr_html_()
    for told in ("Registered model", "digits", "champion", "version 2", "version 3", "team", "vision", "text"):
        assert told in html


def test_nothing_that_a_user_wrote_becomes_markup() -> None:
    made = ModelVersion(EVIL, 1, 0, 0, EVIL, EVIL, tags={EVIL: EVIL}, aliases=[EVIL], run_id=EVIL, source=EVIL)
    model = RegisteredModel(EVIL, 0, 0, EVIL, [made], {EVIL: EVIL}, {EVIL: 1})
    assert "<script" not in made._repr_html_() + model._repr_html_()


def test_dicts_hold_every_attribute() -> None:
    assert version(tags={"a": "1"}).to_dictionary()["tags"] == {"a": "1"}
    assert set(version().to_dictionary()) == set(ModelVersion.__dataclass_fields__)
    assert set(RegisteredModel("a", 1).to_dictionary()) == set(RegisteredModel.__dataclass_fields__)
