"""Keeps the page's token out of the log: an address of the page has it, and what fails is logged with its address."""

from __future__ import annotations

import logging
import re

__all__ = ["TokenFilter", "keep_token_out"]

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
