"""Connections of the scoring server: no delay for small answers, and not all of them for one address."""

from __future__ import annotations

import asyncio
import socket
from contextlib import ExitStack

import pytest
from tornado.web import Application, RequestHandler

from trackbook.errors import InvalidState
from trackbook.serving import listening
from trackbook.serving.listening import ScoringServer, address_of, bind


class Pong(RequestHandler):
    def get(self) -> None:
        self.finish("pong")


def ask(port: int) -> tuple[bytes, socket.socket]:
    """The first bytes that a connection gives for a request, and the connection, left open."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=20)
    connection.sendall(b"GET /ping HTTP/1.1\r\nHost: localhost\r\n\r\n")
    try:
        return connection.recv(65_536), connection
    except ConnectionResetError:
        return b"", connection


def test_small_answers_are_sent_at_once_and_one_address_has_so_many_connections(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(listening, "CONNECTIONS_OF_ONE", 2)

    def visit(port: int) -> None:
        with ExitStack() as stack:
            answers = []
            for _ in range(3):
                first, connection = ask(port)
                stack.enter_context(connection)
                answers.append(first)
            assert [answer[:15] for answer in answers] == [b"HTTP/1.1 200 OK", b"HTTP/1.1 200 OK", b""]
            # Headers and body come in one piece: a second one would wait for the first one's receipt (Nagle's delay).
            assert all(answer.endswith(b"\r\n\r\npong") for answer in answers[:2])

    async def main() -> None:
        listener = bind("127.0.0.1", 0)
        server = ScoringServer(Application([("/ping", Pong)]))
        server.add_socket(listener)
        await asyncio.to_thread(visit, listener.getsockname()[1])
        server.stop()
        await server.close_all_connections()

    asyncio.run(asyncio.wait_for(main(), 60))


def test_taken_port_and_strange_address_are_typed_errors() -> None:
    first = bind("127.0.0.1", 0)
    try:
        assert address_of(first).startswith("http://127.0.0.1:")
        with pytest.raises(InvalidState, match="Choose another --port"):
            bind("127.0.0.1", first.getsockname()[1])
        with pytest.raises(InvalidState, match="Nothing can listen"):
            bind("192.0.2.1", 0)
    finally:
        first.close()
