"""How a page stands, in an address: what comes back, and what is refused."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

import pytest

from trackbook.dashboard.standing import MOST_TEXT, check_view, decode_view, encode_view
from trackbook.errors import InvalidParameter

VIEW: dict[str, Any] = {
    "experiment": "3",
    "name": "größe 📏",
    "tab": "compare",
    "part": "statistics",
    "run": "a" * 32,
    "selected": ["b" * 32, "c" * 32],
    "slots": [4, 1],
    "panels": {"table": {"sort": [{"id": "metrics.loss", "descending": True}]}, "curves": {"zoom": [0.5, 1e9]}},
}


def coded(value: object) -> str:
    return base64.urlsafe_b64encode(zlib.compress(json.dumps(value).encode())).decode().rstrip("=")


def test_view_comes_back_from_an_address_as_it_was() -> None:
    text = encode_view(VIEW)
    assert decode_view(text) == VIEW
    assert set(text) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")


def test_a_link_of_24_selected_runs_stays_short() -> None:
    runs = [f"{place:032x}"[::-1] for place in range(24)]
    assert len(encode_view({"experiment": "1", "tab": "curves", "selected": runs, "slots": list(range(1, 25))})) < 2_000


def test_what_a_page_does_not_know_is_left_out() -> None:
    assert check_view({**VIEW, "token": "secret", "tab": "other", "part": 7, "run": None, "slots": ["x", "y"]}) == {
        key: VIEW[key] for key in ("experiment", "name", "selected", "panels")
    }


@pytest.mark.parametrize(
    "text",
    ["", "x", "%%%", "a" * (MOST_TEXT + 1), coded([1]), coded("x"), coded({"panels": {"table": {"a": "x" * 70_000}}}),
     encode_view(VIEW)[:-8], base64.urlsafe_b64encode(zlib.compress(b"[" * 50_000)).decode(),
     base64.urlsafe_b64encode(zlib.compress(b" " * 3_000_000 + b"{}")).decode()],
)  # fmt: skip
def test_text_that_is_no_view_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(InvalidParameter, match="view"):
        decode_view(text)


def test_nested_too_deep_is_refused() -> None:
    deep: dict[str, Any] = {}
    for _ in range(20):
        deep = {"more": deep}
    with pytest.raises(InvalidParameter, match="large"):
        check_view({"panels": {"table": deep}})


def test_view_too_long_for_a_link_says_to_save_it() -> None:
    import random

    noise = random.Random(7)
    columns = ["".join(noise.choices("abcdefghijklmnopqrstuvwxyz", k=60)) for _ in range(300)]
    with pytest.raises(InvalidParameter, match="Save it"):
        encode_view({"panels": {"table": {"columns": columns}}})
