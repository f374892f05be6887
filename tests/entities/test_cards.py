"""Cards stay short and show times plainly."""

from __future__ import annotations

from trackbook.entities.cards import card, moment


def test_moment_is_utc_or_a_dash() -> None:
    assert moment(0) == "1970-01-01 00:00:00 UTC"
    assert moment(None) == "–"


def test_card_shows_a_glance_and_counts_the_rest() -> None:
    html = card("Run", "many", [], {"Metrics": {f"m{i:02}": i for i in range(40)}, "Params": {}})
    assert "m29" in html
    assert "m30" not in html
    assert "and 10 more" in html
    assert "Params" not in html
