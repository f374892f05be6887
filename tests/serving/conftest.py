"""A scoring server in a thread of the test, and small models that tell what reached them."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from typing import Any, Protocol

import pytest

from tests.data.recorded_scoring import SIGNATURES, answer, asked, told
from trackbook.serving.application import Desk
from trackbook.serving.listening import bind, serve
from trackbook.serving.scoring import Scorer
from trackbook.signature import ParamSchema, Schema
from trackbook.signature.enforcement import Enforcer, enforce_params


class Echo:
    """A model with a signature of `recorded_scoring`, or a function of its own."""

    def __init__(self, name: str = "free", function: Callable[[Any, Any], Any] | None = None) -> None:
        given = SIGNATURES[name].get("inputs")
        params = SIGNATURES[name].get("params")
        inputs = Schema.from_dict(given) if given else None
        self._params = ParamSchema.from_dict(params) if params else None
        self._enforce = Enforcer(inputs) if inputs else None
        self.metadata = SimpleNamespace(signature=SimpleNamespace(inputs=inputs, params=self._params))
        self._function = function or (answer if name == "answers" else told)

    def predict(self, data: Any, params: Any = None) -> Any:
        data = self._enforce(data) if self._enforce else data
        return self._function(data, enforce_params(params, self._params))


class Served:
    """A running server."""

    def __init__(self, port: int) -> None:
        self.port = port

    def ask(self, method: str, path: str, content_type: str = "", body: bytes = b"") -> dict[str, Any]:
        return asked(self.port, method, path, content_type, body)

    def score(self, document: Any, content_type: str = "application/json") -> dict[str, Any]:
        """Status, and the body read as JSON."""
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        got = self.ask("POST", "/invocations", content_type, body)
        return {**got, "body": json.loads(got["body"])}


@contextmanager
def serving(model: Any, hosts: frozenset[str] | None = None, **options: Any) -> Iterator[Served]:
    """A server in a thread, until the block ends."""
    listener = bind("127.0.0.1", 0)
    port = int(listener.getsockname()[1])
    ready, ends = threading.Event(), []

    async def run() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        ends.append(lambda: loop.call_soon_threadsafe(stop.set))
        await serve(listener, Desk(Scorer(model), **options), hosts, stop, ready.set)

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    try:
        assert ready.wait(20)
        yield Served(port)
    finally:
        ends[0]()
        thread.join(20)


class ServeModel(Protocol):
    """Serves a model until the test ends."""

    def __call__(self, model: Any, hosts: frozenset[str] | None = None, **options: Any) -> Served: ...


@pytest.fixture
def serve_model() -> Iterator[ServeModel]:
    """Serves a model until the test ends."""
    with ExitStack() as stack:
        yield lambda model, *args, **options: stack.enter_context(serving(model, *args, **options))
