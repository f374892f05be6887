"""The desk: which store it finds, what it keeps, and that it never makes the server wait."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from trackbook.errors import NotFound, StoreAway
from trackbook.extension.desk import Desk, store_uri
from trackbook.server.api import overview as api
from trackbook.stores import open_store
from trackbook.stores.base import NewRun
from trackbook.wire import Request


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    root = tmp_path / "root"
    root.mkdir()
    opened = Desk(str(root))
    yield opened
    opened.close()


def ask(desk: Desk, name: str = "overview", **members: Any) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(asyncio.run(desk.answer(name, Request(members))).body)
    return told


def test_store_is_the_one_of_a_kernel_in_the_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "git" / "root"
    root.mkdir(parents=True)
    assert store_uri(str(root)) == f"sqlite:///{root}/trackbook.db"
    monkeypatch.setenv("TRACKBOOK_ROOT", str(tmp_path))
    assert store_uri(str(root)) == f"sqlite:///{tmp_path}/trackbook.db"
    (tmp_path / "git" / ".git").mkdir()
    assert store_uri(str(root)) == f"sqlite:///{tmp_path}/git/trackbook.db"
    (root / "trackbook.db").touch()
    assert store_uri(str(root)) == f"sqlite:///{root}/trackbook.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "runs.db")
    assert store_uri(str(root)) == f"sqlite:///{root}/runs.db"
    monkeypatch.setenv("TRACKBOOK_TRACKING_URI", "postgresql://ada:secret@db/runs")
    assert store_uri(str(root)) == "postgresql://ada:secret@db/runs"


def test_password_of_a_store_is_never_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACKBOOK_TRACKING_URI", "postgresql://ada:secret@127.0.0.1:1/runs")
    told = ask(desk)
    assert told["state"] == "trouble"
    assert "secret" not in json.dumps(told)


def test_store_is_seen_as_soon_as_it_is_made(desk: Desk) -> None:
    assert ask(desk)["state"] == "absent"
    with pytest.raises(NotFound, match="no store"):
        ask(desk, "listRuns")
    store = open_store(Path(desk.root) / "trackbook.db")
    store.create_run(NewRun("0", "first"))
    assert [run["name"] for run in ask(desk)["running"]] == ["first"]
    assert [run["name"] for run in ask(desk, "listRuns", find="fir")["runs"]] == ["first"]
    store.close()


def test_store_that_has_not_changed_is_not_read(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(Path(desk.root) / "trackbook.db")
    store.create_run(NewRun("0", "first"))
    store.close()
    ask(desk)  # opening a store makes files beside it
    first = ask(desk)
    reads: list[str] = []
    real = api.overview

    def counted(*given: Any) -> dict[str, Any]:
        reads.append("read")
        return real(*given)

    monkeypatch.setattr(api, "overview", counted)
    assert ask(desk) == first
    assert reads == []
    store = open_store(Path(desk.root) / "trackbook.db")
    store.create_run(NewRun("0", "second"))
    store.close()
    assert len(ask(desk)["running"]) == 2
    assert reads == ["read"]


def test_slow_store_holds_up_no_loop_and_is_given_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    release, beats = threading.Event(), 0
    monkeypatch.setattr(desk, "_answer", lambda *_given: release.wait(30))
    desk.seconds = 0.3

    async def look() -> None:
        nonlocal beats
        asked = asyncio.ensure_future(desk.answer("overview", Request({})))
        while not asked.done():
            beats += 1
            await asyncio.sleep(0.01)
        with pytest.raises(StoreAway, match="has not answered"):
            await asked

    asyncio.run(look())
    release.set()
    assert beats > 5


def test_crowd_is_sent_away(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    monkeypatch.setattr(desk, "_answer", lambda *_given: release.wait(30))
    desk.seconds = 5

    async def crowd() -> list[Any]:
        asked = [asyncio.ensure_future(desk.answer("overview", Request({}))) for _ in range(70)]
        await asyncio.sleep(0)
        await asyncio.wait(asked, timeout=0.2)
        release.set()
        return await asyncio.gather(*asked, return_exceptions=True)

    answers = asyncio.run(crowd())
    assert sum(isinstance(one, StoreAway) for one in answers) == 6
