"""What the address of a page asks for."""

from __future__ import annotations

import os

import pytest

from trackbook.dashboard.visit import visit


def test_only_what_is_known_is_taken_and_the_token_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUERY_STRING", "token=secret&run=ab&experiment=2&store=/etc/passwd")
    monkeypatch.setenv("VOILA_REQUEST_URL", "http://127.0.0.1/?token=secret")
    assert visit() == {"experiment": "2", "run": "ab"}
    assert not [name for name, value in os.environ.items() if "secret" in value]


def test_nothing_is_asked_outside_voila() -> None:
    assert visit() == {}
