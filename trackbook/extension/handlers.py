"""The handlers in a Jupyter server: its own identity, authorizer and cross-site checks, and MLflow's errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trackbook.extension.desk import Desk
from trackbook.libraries import require
from trackbook.web import JsonErrors
from trackbook.wire import Endpoint, Permission, Request, request_of_body, request_of_query

require("The extension", "jupyter_server")

from jupyter_server.auth.decorator import authorized  # noqa: E402  # asked for first
from jupyter_server.base.handlers import APIHandler  # noqa: E402
from tornado.web import HTTPError, authenticated  # noqa: E402

__all__ = ["HANDLERS", "RESOURCE", "NothingHere", "Reading", "TrackbookHandler"]

#: What an authorizer is asked about; the action is the endpoint's permission.
RESOURCE = "trackbook"


class TrackbookHandler(JsonErrors, APIHandler):
    """The base of all: who is not known, or comes from a foreign page, learns nothing.

    Attributes:
        desk: answers.
        endpoints: rows of the table that share this path, by their method.
    """

    _track_activity = False  # a sidebar that looks keeps no server awake

    def initialize(self, desk: Desk, endpoints: Mapping[str, Endpoint] | None = None) -> None:
        """Take what the route says."""
        self.desk, self.endpoints = desk, dict(endpoints or {})

    async def prepare(self) -> None:  # type: ignore[override]
        """Refuse what a foreign page sends, also where it only reads and a cookie would let it."""
        await super().prepare()
        if not self._finished and self.request.method in ("GET", "HEAD"):
            self.check_xsrf_cookie()

    def set_default_headers(self) -> None:
        """Jupyter's, and none that lets a browser guess a type or keep an answer."""
        super().set_default_headers()
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cache-Control", "no-store")

    @property
    def actor(self) -> str:
        """Whom an audit trail names: Jupyter's user, never a name from the request."""
        return str(self.current_user.username)

    def asked(self) -> tuple[Endpoint, Request]:
        """The row of the table that was called, and what was sent.

        Raises:
            HTTPError: 405, the path has no such method.
            InvalidParameter: what was sent cannot be read.
        """
        endpoint = self.endpoints.get(self.request.method or "")
        if endpoint is None:
            raise HTTPError(405)
        if endpoint.method == "GET":
            query = {name: values for name, values in self.request.query_arguments.items() if name != "token"}
            return endpoint, request_of_query(query)
        return endpoint, request_of_body(self.request.body)


class Reading(TrackbookHandler):
    """Answers endpoints that read."""

    @authenticated
    @authorized("read", RESOURCE)  # type: ignore[untyped-decorator]
    async def get(self) -> None:
        """Answer, or say that nothing has changed."""
        await self._answer()

    @authenticated
    @authorized("read", RESOURCE)  # type: ignore[untyped-decorator]
    async def post(self) -> None:
        """The same for a search that is sent in a body."""
        await self._answer()

    async def _answer(self) -> None:
        endpoint, request = self.asked()
        answered = await self.desk.answer(endpoint.name, request)
        self.set_header("Etag", f'"{answered.tag}"')
        if f'"{answered.tag}"' in self.request.headers.get("If-None-Match", ""):
            self.set_status(304)
            self.finish()
            return
        self.finish(answered.body)

    def compute_etag(self) -> str | None:
        """None: the desk knows it."""
        return None


class NothingHere(TrackbookHandler):
    """Any other path below ours."""

    @authenticated
    async def get(self, *_path: Any) -> None:
        """Say that there is nothing."""
        raise HTTPError(404)

    post = put = patch = delete = get


#: Who answers rows of a permission; a row whose permission has nobody is not mounted but an error.
HANDLERS: dict[Permission, type[TrackbookHandler]] = {"read": Reading}
