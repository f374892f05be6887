"""Where requests meet the store: one thread reads it, so that the server's loop never waits for a disk."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from trackbook.config import read_settings
from trackbook.errors import NotFound, StoreAway, TrackbookError
from trackbook.stores.discovery import default_store_path
from trackbook.uris import parse_store_uri, strip_user_info
from trackbook.wire import Request

if TYPE_CHECKING:
    from trackbook.dashboard.reading import StoreReader
    from trackbook.server.api.rows import Rows

__all__ = ["Answered", "Desk", "store_uri"]

#: Answers that stay the same until the store changes, and what of a request makes another of them.
_OVERVIEWS = {"overview": ("recent", "experiments"), "listRuns": ("experiment_id", "find", "max_results", "page_token")}
_KEPT, _MOST_WAITING = 32, 64


@dataclass(frozen=True)
class Answered:
    """A body on its way to a caller.

    Attributes:
        body: JSON.
        tag: of exactly this body, for If-None-Match.
    """

    body: bytes
    tag: str

    @classmethod
    def of(cls, members: dict[str, Any]) -> Answered:
        """The body of some members."""
        body = json.dumps(members, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
        return cls(body, hashlib.sha256(body).hexdigest()[:24])


def store_uri(root: str) -> str:
    """The store that a kernel with that working directory uses, unless its user chooses another.

    Args:
        root: the server's root; no request has a say in it.
    """
    settings = read_settings()
    if settings.tracking_uri:
        return parse_store_uri(settings.tracking_uri, root).uri
    return parse_store_uri(default_store_path(settings, root)).uri


@dataclass
class Desk:
    """Answers endpoints about the store of a server.

    Attributes:
        root: the server's root folder.
        page: whether the server also shows the page.
        seconds: how long one request may take.
    """

    root: str
    page: bool = False
    seconds: float = 30.0
    _pool: ThreadPoolExecutor | None = None
    _waiting: int = 0
    _reader: StoreReader | None = None
    _rows: Rows | None = None
    _turn: int = 0
    _kept: OrderedDict[tuple[Any, ...], tuple[int, Answered]] = field(default_factory=OrderedDict)

    async def answer(self, name: str, request: Request) -> Answered:
        """Answer an endpoint in the desk's thread.

        Raises:
            StoreAway: it takes too long, or too many wait already.
            TrackbookError: what the endpoint refuses.
        """
        if self._waiting >= _MOST_WAITING:
            raise StoreAway(f"{self._waiting} requests wait for the store. Try again in a few seconds.")
        if self._pool is None:
            self._pool = ThreadPoolExecutor(1, thread_name_prefix="trackbook-read")
        self._waiting += 1
        try:
            asked = asyncio.get_running_loop().run_in_executor(self._pool, self._answer, name, request)
            return await asyncio.wait_for(asked, self.seconds)
        except TimeoutError:
            raise StoreAway(f"The store has not answered within {self.seconds:.0f} s. Try again.") from None
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """End the thread and close the store."""
        if self._pool is not None:
            self._pool.submit(self._close_reader)
            self._pool.shutdown()
            self._pool = None

    # ---- in the thread ----

    def _answer(self, name: str, request: Request) -> Answered:
        if name == "overview":
            return self._overview(request)
        reader = self._reader_now()
        if not reader.exists:
            raise NotFound(self._absent(reader))
        if name in _OVERVIEWS:
            return self._cached(reader, name, request)
        from trackbook.server.api.answers import ANSWERS

        return Answered.of(ANSWERS[name](reader.store(), request))

    def _overview(self, request: Request) -> Answered:
        """The overview, or a sentence that says why there is none: a page that only looks shows it as it is."""
        try:
            reader = self._reader_now()
            if not reader.exists:
                return Answered.of(self._about("absent", self._absent(reader)))
            return self._cached(reader, "overview", request)
        except TrackbookError as error:
            if self._reader is not None:
                self._reader.forget()
            return Answered.of(self._about("trouble", error.message))

    def _cached(self, reader: StoreReader, name: str, request: Request) -> Answered:
        if reader.changed():
            self._turn += 1
        # JupyterLab adds a number to each address, so that browsers ask anew
        key = (reader.uri, name, *(str(request.members.get(member)) for member in _OVERVIEWS[name]))
        known = self._kept.get(key)
        if known is not None and known[0] == self._turn:
            return known[1]
        about = self._about("ready", "") if name == "overview" else {}
        answered = Answered.of({**about, **self._looked(reader, name, request)})
        self._kept[key] = (self._turn, answered)
        self._kept.move_to_end(key)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return answered

    def _looked(self, reader: StoreReader, name: str, request: Request) -> dict[str, Any]:
        from trackbook.server.api.overview import list_runs, overview
        from trackbook.server.api.rows import Rows

        store = reader.store()
        if self._rows is None or self._rows.store is not store:
            self._rows = Rows(store)
        return (overview if name == "overview" else list_runs)(store, request, self._rows)

    def _reader_now(self) -> StoreReader:
        from trackbook.dashboard.reading import StoreReader

        uri = store_uri(self.root)
        if self._reader is None or self._reader.uri != uri:
            self._close_reader()
            self._reader = StoreReader(uri)
        return self._reader

    def _close_reader(self) -> None:
        if self._reader is not None:
            self._reader.close()
        self._reader, self._rows = None, None

    def _about(self, state: str, message: str) -> dict[str, Any]:
        shown = self._reader.shown if self._reader is not None else {"path": "", "short": ""}
        return {"state": state, "message": strip_user_info(message), "store": shown, "page": self.page}

    def _absent(self, reader: StoreReader) -> str:
        return f"There is no store at {reader.shown['path']} yet."
