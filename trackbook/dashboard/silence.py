"""Keeps the page's token out of the log, and a warning that nobody can act on.

An address of the page has the token in it, and what fails is logged with its address. The warning comes from two
meanings of one setting: Jupyter Server counts its limit for a browser's answer to a ping in milliseconds from the last
answer, and closes each connection whose limit is no longer than the time between two pings; Tornado, which reads the
same numbers, warns of every other.
"""

from __future__ import annotations

import logging
import re

__all__ = ["TokenFilter", "keep_token_out", "pass_over_ping_limit"]

_TOKEN = re.compile(r"(token=|token )[A-Za-z0-9_\-.~%]+")
_LOGGERS = ("tornado.access", "tornado.application", "tornado.general")


class TokenFilter(logging.Filter):
    """Writes an ellipsis for every token of a record, and lets the record pass."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Say yes."""
        record.msg, record.args = _TOKEN.sub(r"\1…", record.getMessage()), ()
        return True


def keep_token_out(*loggers: logging.Logger) -> None:
    """Have some loggers, and those of the server below the page, write no token."""
    for logger in (*loggers, *(logging.getLogger(name) for name in _LOGGERS)):
        logger.addFilter(TokenFilter())


def pass_over_ping_limit() -> None:
    """Drop Tornado's warning of a limit for pings that is not meant for it."""
    logging.getLogger("tornado.general").addFilter(lambda record: "websocket_ping_timeout" not in record.getMessage())
