"""What every server of ours does alike: hears its own names only, and answers with safe headers and errors in JSON."""

from __future__ import annotations

import http
import ipaddress
import json
import logging
import secrets
from collections.abc import Iterable
from typing import Any

from trackbook.errors import TrackbookError
from trackbook.libraries import require

require("A server", "tornado")

from tornado.web import HTTPError, RequestHandler  # noqa: E402  # asked for first

__all__ = ["LOOPBACK_NAMES", "Answering", "JsonErrors", "NoSuchPage", "hosts_heard", "is_loopback", "named_host"]

log = logging.getLogger("trackbook")

#: What a browser or a client on this machine calls it.
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_CODES = {
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "ENDPOINT_NOT_FOUND",
    413: "RESOURCE_EXHAUSTED",
    500: "INTERNAL_ERROR",
    503: "TEMPORARILY_UNAVAILABLE",
}


def is_loopback(host: str) -> bool:
    """Whether an address to listen on is reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def hosts_heard(host: str, allowed: Iterable[str] = ()) -> frozenset[str] | None:
    """The names by which a server on that address may be called; None if any will do.

    A page of a foreign site may lead its own name to 127.0.0.1 (DNS rebinding), so a server on loopback hears its own
    names only.

    Args:
        host: the address that it listens on.
        allowed: further names, such as the one by which a proxy calls it; `*` for any.
    """
    named = {name.strip().lower() for name in allowed if name.strip()}
    if "*" in named or not (named or is_loopback(host)):
        return None
    return frozenset(named | LOOPBACK_NAMES | {host.lower()})


def named_host(header: str) -> str:
    """The host of a Host header, without its port and in small letters; "" if it is none."""
    text = header.strip().lower()
    if text.startswith("["):
        name, bracket, port = text[1:].partition("]")
        fits = bracket and (not port or (port[0] == ":" and port[1:].isdecimal()))
        return _address(name) if fits else ""
    name, colon, port = text.partition(":")
    return name if not colon or port.isdecimal() else ""


def _address(text: str) -> str:
    try:
        return str(ipaddress.IPv6Address(text))
    except ValueError:
        return ""


class JsonErrors(RequestHandler):
    """Answers errors as MLflow's clients read them, in the words of their status alone, and never with a traceback."""

    def refuse(self, status: int, code: str, message: str, **more: Any) -> None:
        """Answer with an error."""
        self.set_status(status)
        self.finish(json.dumps({"error_code": code, "message": message, **more}))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer with what went wrong in the words of its status alone."""
        error = kwargs.get("exc_info", (None, None))[1]
        if isinstance(error, TrackbookError):
            self.refuse(error.get_http_status_code(), error.error_code, error.message)
            return
        detail = _phrase(status_code)
        self.refuse(status_code, _CODES.get(status_code, "BAD_REQUEST"), detail, detail=detail)

    def log_exception(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        """Log what nobody expected, once, by an id that the answer does not have either."""
        if not isinstance(error, (HTTPError, TrackbookError)):
            log.error("Request failed (%s)", secrets.token_hex(4), exc_info=(kind, error, trace))  # type: ignore[arg-type]


class Answering(JsonErrors):
    """The base of all handlers: a Host that is known, JSON, no cookie, no cache, and errors without a traceback.

    The application's setting `hosts` has the names that are heard, or None for any.
    """

    def prepare(self) -> None:
        """Refuse a call by another name than ours before anything of it is read."""
        hosts: frozenset[str] | None = self.application.settings.get("hosts")
        if hosts is not None and named_host(self.request.headers.get("Host", "")) not in hosts:
            self.refuse(403, "PERMISSION_DENIED", "This server is not called by that name; see --allowed-hosts.")

    def set_default_headers(self) -> None:
        """No header that tells the software, and none that lets a browser guess a type."""
        self.clear_header("Server")
        self.set_header("Content-Type", "application/json")
        self.set_header("X-Content-Type-Options", "nosniff")

    def compute_etag(self) -> str | None:
        """None: what we answer is not kept."""
        return None

    def check_xsrf_cookie(self) -> None:
        """There are no cookies, so nothing of a browser's that a foreign page could use."""


def _phrase(status: int) -> str:
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return "Error"


class NoSuchPage(Answering):
    """What is asked for by a path that leads nowhere."""

    def prepare(self) -> None:
        """Answer 404, after the same check of the host."""
        super().prepare()
        if not self._finished:
            raise HTTPError(404)
