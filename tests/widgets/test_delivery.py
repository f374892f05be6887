"""What travels beside a widget's state: its program and its bulk, to pages that were there and to late ones."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest
import traitlets

from trackbook.stores.base import Store
from trackbook.widgets.assets import module
from trackbook.widgets.delivery import Delivered, split_buffers
from trackbook.widgets.panel import Panel

PAGE = """
export default {
  initialize({ model }) { model.seen = []; model.on("msg:custom", (content) => window.heard.push(content.type)); },
  render({ model, el: host }) {
    const p = document.createElement("p");
    const big = () => model.get("_big");
    const show = () => { p.textContent = `${model.get("word")} ${big().parts[0].byteLength} ${big().note}`; };
    model.on("change:_big", show);
    show();
    host.append(p);
    return () => host.replaceChildren();
  },
};
"""


class Heavy(Delivered):
    _esm = PAGE
    _css = "p { color: red; }"
    word = traitlets.Unicode("hello").tag(sync=True)
    _big = traitlets.Dict().tag(bulk=True)


class HeavyPanel(Panel):
    _esm = module("shared", "ask", "floats") + PAGE
    _big = traitlets.Dict().tag(bulk=True)


def customs(widget: Any) -> list[tuple[dict[str, Any], list[bytes]]]:
    return [(data["content"], buffers) for data, buffers in widget.comm.sent if data.get("method") == "custom"]


def heavy() -> Heavy:
    return Heavy(_big={"parts": [bytes(100_000)], "note": "<b>"})


def test_bytes_are_taken_out_wherever_they_are() -> None:
    value = {"a": [1, b"x", {"b": memoryview(b"yz")}], "c": "text"}
    assert split_buffers(value) == (
        {"a": [1, None, {"b": None}], "c": "text"},
        [["a", 1], ["a", 2, "b"]],
        [b"x", b"yz"],
    )


@pytest.mark.usefixtures("comms")
def test_state_says_neither_program_nor_bulk(file_store: Store) -> None:
    for widget in (heavy(), HeavyPanel(file_store, _big={"parts": [bytes(100_000)]})):
        state = json.dumps(widget.get_state(), default=str)
        assert len(state) < 12_000
        assert "byteLength" not in state
        assert "_big" not in {name for name in widget.get_state() if name != "_bulk"}


@pytest.mark.usefixtures("comms")
def test_program_and_bulk_follow_at_once_and_when_asked_for() -> None:
    widget = heavy()
    first = customs(widget)
    assert [content["type"] for content, _ in first] == ["program", "bulk"]
    assert gzip.decompress(first[0][1][0]).decode() == PAGE
    assert [len(part) for part in first[1][1]] == [100_000]
    widget._big = {"parts": [b"12"], "note": ""}
    assert customs(widget)[-1][1] == [b"12"]
    widget._handle_custom_msg({"type": "need"}, [])
    assert [content["type"] for content, _ in customs(widget)[3:]] == ["program", "bulk"]


@pytest.mark.usefixtures("comms")
def test_a_page_that_comes_late_learns_that_it_is() -> None:
    widget = heavy()
    opened = next(data for data, _ in widget.comm.sent if data["msg_type"] == "comm_open") if widget.comm.sent else {}
    assert not opened or opened["state"]["_late"] is False
    assert widget.get_state()["_late"] is True


_ATTACH = """async ([loader, traits]) => {
  window.heard = [];
  await window.openWidget("one", loader, traits, document.createElement("div"));
  document.body.append(views.one.host);
}"""


def attach(on: Any, widget: Delivered, late: bool) -> None:
    """Attach the page that JupyterLab attaches: the loader, with the state alone."""
    state = {name: value for name, value in widget.get_state().items() if name not in ("layout", "_esm")}
    on.page.evaluate(_ATTACH, [widget._esm, {**state, "_late": late}])
    assert on.page.locator("p").count() == 0


def deliver(on: Any, messages: list[tuple[dict[str, Any], list[bytes]]]) -> None:
    for content, buffers in messages:
        on.deliver("one", content, buffers)


@pytest.mark.browser
def test_page_shows_the_widget_when_all_has_come(stage: Callable[..., Any]) -> None:
    widget, on = heavy(), stage()
    attach(on, widget, late=False)
    deliver(on, customs(widget)[:1])
    on.deliver("one", {"type": "early"}, [])
    assert on.page.locator("p").count() == 0
    deliver(on, customs(widget)[1:])
    on.page.get_by_text("hello 100000 <b>").wait_for()
    on.deliver("one", {"type": "later"}, [])
    assert on.page.evaluate("window.heard") == ["early", "later"]
    assert on.page.evaluate("getComputedStyle(document.querySelector('p')).color") == "rgb(255, 0, 0)"
    assert on.page.locator("[data-trackbook-live]").count() == 1
    widget._big = {"parts": [b"12"], "note": "again"}
    deliver(on, customs(widget)[-1:])
    on.page.get_by_text("hello 2 again").wait_for()


@pytest.mark.browser
def test_page_that_comes_late_asks_and_one_that_saw_the_opening_waits(stage: Callable[..., Any]) -> None:
    widget, on = heavy(), stage()
    attach(on, widget, late=True)
    on.page.wait_for_function("models.one.outbox.length > 0")
    assert on.outbox("one") == [{"type": "need"}]
    on.page.evaluate("models.one.outbox.splice(0)")
    widget._handle_custom_msg({"type": "need"}, [])
    deliver(on, customs(widget)[-2:])
    on.page.get_by_text("hello 100000").wait_for()


@pytest.mark.browser
def test_page_of_a_kernel_that_is_gone_says_so(stage: Callable[..., Any]) -> None:
    widget, on = heavy(), stage()
    on.page.clock.install()
    attach(on, widget, late=False)
    on.page.clock.run_for(11_000)
    on.page.get_by_text("Run the cell again").wait_for()
