"""The token of the page is in no log, whatever fails."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from trackbook.dashboard.silence import TokenFilter, keep_token_out, pass_over_ping_limit

NAMES = ("tornado.access", "tornado.application", "tornado.general", "page-of-a-test")


@pytest.fixture
def loggers() -> Iterator[list[logging.Logger]]:
    found = [logging.getLogger(name) for name in NAMES]
    keep_token_out(found[-1])
    yield found
    for logger in found:
        for each in [one for one in logger.filters if isinstance(one, TokenFilter)]:
            logger.removeFilter(each)


def test_token_is_left_out_and_the_rest_is_told(
    loggers: list[logging.Logger], caplog: pytest.LogCaptureFixture
) -> None:
    for logger in loggers:
        logger.error(
            "Uncaught exception %s\n%r", "GET /?token=sEc-r_et&theme=dark", {"Authorization": "token sEc-r_et"}
        )
    assert len(caplog.messages) == len(NAMES)
    for message in caplog.messages:
        assert "sEc" not in message
        assert "&theme=dark" in message


def test_warning_of_the_limit_for_pings_is_dropped_and_no_other(caplog: pytest.LogCaptureFixture) -> None:
    general = logging.getLogger("tornado.general")
    before = list(general.filters)
    pass_over_ping_limit()
    try:
        general.warning("The websocket_ping_timeout (%s) cannot be longer than the websocket_ping_interval", 90)
        general.warning("something else")
    finally:
        general.filters = before
    assert caplog.messages == ["something else"]
