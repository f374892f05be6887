"""The web skin of a model: /ping, /health, /version and /invocations, with MLflow's answers."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from trackbook.libraries import installed_version, require
from trackbook.models.scoring.limits import BODY_BYTES
from trackbook.serving.scoring import Scorer, content_type
from trackbook.web import Answering, NoSuchPage

require("The scoring server", "tornado")

from tornado.web import Application, HTTPError, stream_request_body  # noqa: E402  # asked for first

__all__ = ["Desk", "scoring_application"]

#: A body beyond the limit is read to its end up to here: most clients first send, and then look for an answer.
_DISCARDED = 16 * BODY_BYTES


@dataclass
class Desk:
    """Where requests meet the model.

    Attributes:
        scorer: the model.
        seconds: how long one request may take.
        waiting: how many requests may be there at once; more are sent away with 503.
        busy: how many are there.
        closing: whether the server is about to end.
        idle: set when it is, and nobody waits.
    """

    scorer: Scorer
    seconds: float = 60.0
    waiting: int = 512
    busy: int = 0
    closing: bool = False
    idle: asyncio.Event = field(default_factory=asyncio.Event)
    _asked: set[Future[bytes]] = field(default_factory=set)
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(thread_name_prefix="trackbook-score"))

    async def answer(self, body: bytes, kind: str) -> bytes:
        """Score in a thread of the pool; what has not begun when the time is over never does.

        Raises:
            TimeoutError: the time is over.
        """
        future = self.pool.submit(self.scorer.answer, body, kind)
        self._asked.add(future)
        future.add_done_callback(self._asked.discard)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), self.seconds)
        finally:
            future.cancel()

    def stuck(self) -> int:
        """How many requests the model has not come back from."""
        return sum(future.running() for future in self._asked.copy())

    def come(self) -> None:
        """One request more."""
        self.busy += 1

    def leave(self) -> None:
        """One request less."""
        self.busy -= 1
        if self.closing and not self.busy:
            self.idle.set()

    async def close(self) -> None:
        """Wait for what has been asked; a model that never answers is not waited for."""
        self.closing = True
        if self.busy:
            with suppress(TimeoutError):
                await asyncio.wait_for(self.idle.wait(), self.seconds + 1)


class _Ping(Answering):
    def get(self) -> None:
        """Healthy: a model that cannot be loaded is never served."""
        self.finish("\n")


class _Version(Answering):
    def get(self) -> None:
        """Our version, as bare text, like MLflow's."""
        self.finish(installed_version())


@stream_request_body
class _Invocations(Answering):
    def initialize(self, desk: Desk) -> None:
        """Called by Tornado."""
        self._desk = desk
        self._parts: list[bytes] = []
        self._size = 0
        self._counted = False

    def prepare(self) -> None:
        """Say no before the body is read, wherever that can be said."""
        connection: Any = self.request.connection
        connection.set_max_body_size(_DISCARDED + 1)
        super().prepare()
        if self._finished:
            return
        if self.request.method != "POST":
            raise HTTPError(405)
        if self._desk.busy >= self._desk.waiting:
            self.set_header("Retry-After", "1")
            self.refuse(503, "TEMPORARILY_UNAVAILABLE", "Too many requests wait for the model; try again later.")
            return
        self._desk.come()
        self._counted = True
        self._kind = content_type(self.request.headers.get("Content-Type"))
        length = self.request.headers.get("Content-Length") or "0"
        if not (length.isascii() and length.isdecimal()):
            raise HTTPError(400)
        if int(length[:20]) > _DISCARDED:
            self._too_large()

    def data_received(self, chunk: bytes) -> None:
        """Keep what fits."""
        self._size += len(chunk)
        if self._size <= BODY_BYTES:
            self._parts.append(chunk)
        else:
            self._parts.clear()

    async def post(self) -> None:
        """Score the body."""
        if self._size > BODY_BYTES:
            self._too_large()
            return
        body = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        try:
            answer = await self._desk.answer(body, self._kind)
        except TimeoutError:
            message = f"Request processing time exceeded limit: {self._desk.seconds:g} seconds"
            self.refuse(504, "DEADLINE_EXCEEDED", message)
            return
        if self._desk.closing:
            self.set_header("Connection", "close")
        self.finish(answer)

    def _too_large(self) -> None:
        self.set_header("Connection", "close")
        self.refuse(413, "RESOURCE_EXHAUSTED", f"A request has at most {BODY_BYTES >> 20} MiB. Send it in parts.")

    def on_finish(self) -> None:
        """One request less."""
        self._leave()

    def on_connection_close(self) -> None:
        """The client has gone."""
        self._leave()

    def _leave(self) -> None:
        if self._counted:
            self._counted = False
            self._desk.leave()


def scoring_application(desk: Desk, hosts: frozenset[str] | None = None) -> Application:
    """The application that serves a model.

    Args:
        desk: where requests meet the model.
        hosts: the names by which the server may be called; None for any.
    """
    routes: list[Any] = [
        (r"/ping", _Ping),
        (r"/health", _Ping),
        (r"/version", _Version),
        (r"/invocations", _Invocations, {"desk": desk}),
    ]
    return Application(
        routes,
        hosts=hosts,
        default_handler_class=NoSuchPage,
        log_function=lambda _handler: None,
        compress_response=False,
    )
