"""A clock in the browser: it calls back, answers, and outlives a callback that fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from trackbook.widgets.ticker import Ticker

Sent = Callable[[Any], list[tuple[dict[str, Any], list[bytes]]]]


@pytest.mark.usefixtures("comms")
def test_tick_calls_back_and_is_answered(sent: Sent) -> None:
    ticks: list[int] = []
    ticker = Ticker(lambda: ticks.append(1))
    ticker._handle_custom_msg({"type": "tick"}, [])
    ticker._handle_custom_msg({"type": "else"}, [])
    assert ticks == [1]
    assert [content for content, _ in sent(ticker)] == [{"type": "tock"}]


@pytest.mark.usefixtures("comms")
def test_tick_is_answered_also_when_the_callback_fails(sent: Sent) -> None:
    def fail() -> None:
        raise RuntimeError("no")

    ticker = Ticker(fail)
    with pytest.raises(RuntimeError):
        ticker._on_message(ticker, {"type": "tick"}, [])
    assert [content for content, _ in sent(ticker)] == [{"type": "tock"}]
