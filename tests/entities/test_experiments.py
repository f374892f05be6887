"""Experiments, the views of a search and how an experiment shows itself."""

from __future__ import annotations

import pytest

from trackbook.entities import Experiment, ExperimentTag, ViewType
from trackbook.errors import InvalidParameter

PAYLOAD = "<script>alert(1)</script>"


def test_tags_may_be_given_as_mapping_or_as_tags() -> None:
    given_as_tags = Experiment("1", "a", "/x", tags=[ExperimentTag("k", "v")])  # type: ignore[arg-type]
    assert given_as_tags == Experiment("1", "a", "/x", tags={"k": "v"})
    assert Experiment("1", "a", "/x").tags == {}


@pytest.mark.parametrize(
    ("name", "number", "stages"),
    [("ACTIVE_ONLY", 1, ("active",)), ("deleted_only", 2, ("deleted",)), ("all", 3, ("active", "deleted"))],
)
def test_view_shows_its_stages(name: str, number: int, stages: tuple[str, ...]) -> None:
    assert ViewType.from_string(name) == number
    assert ViewType.stages(number) == stages


def test_unknown_view_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="active_only"):
        ViewType.from_string("some")
    with pytest.raises(InvalidParameter, match="3 \\(all\\)"):
        ViewType.to_string(4)


def test_card_of_an_experiment_escapes_its_name_and_tags() -> None:
    html = Experiment("1", PAYLOAD, PAYLOAD, tags={PAYLOAD: PAYLOAD})._repr_html_()
    assert "<script" not in html
    assert html.count("&lt;script") == 4
