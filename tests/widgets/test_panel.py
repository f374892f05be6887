"""The questions that a page asks its panel, and what a panel refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from trackbook.errors import BadFilter, NotFound
from trackbook.stores.actors import ACTOR
from trackbook.stores.base import Store
from trackbook.widgets.assets import module, styles
from trackbook.widgets.panel import Answer, Panel, answers
from trackbook.widgets.permission import Permission

PAGE = """
export default { render({ model, el: host }) {
  const root = el("section", { class: "tb" }), asker = new Asker(model), shown = el("p");
  const show = (found) => { shown.textContent = found; };
  const button = (id, click) => el("button", { class: "tb-button", id, text: id, on: { click } });
  const two = { text: "Two", checked: true, deed: () => show("two") };
  const items = [{ text: "One", deed: () => show("one") }, null, two];
  const undo = () => asker.ask("double", { n: 1 });
  const deed = () => asker.ask("delete").then(() => say(root, "Deleted 2 runs.", { undo }));
  root.append(
    shown,
    button("ask", () => asker.ask("double", { n: 21 }).then((found) => show(`${found.value} ${found.buffers.length}`))),
    button("wrong", () => asker.ask("lost").catch((error) => show(error.message))),
    button("view", () => setView(model, { n: 3 })),
    button("dialog", () => openDialog(root, { title: "Delete 2 runs", deedText: "Delete", danger: true, deed })),
    button("menu", (event) => openMenu(root, event.currentTarget, items, "Numbers")),
  );
  host.append(root);
  return () => asker.remove();
} };
"""


class Doubling(Panel):
    _esm = module("shared", "ask", "floats") + PAGE
    _css = styles("shared", "floats")

    def as_code(self) -> str:
        return f"Doubling({self.view.get('n')})"

    @answers("double")
    def double(self, given: dict[str, Any]) -> Answer:
        return Answer(2 * given["n"], [b"123"])

    @answers("lost")
    def lose(self, given: dict[str, Any]) -> None:
        raise NotFound("There is no run 'a'.")

    @answers("filter")
    def filter(self, given: dict[str, Any]) -> None:
        raise BadFilter("Params are text", 43)

    @answers("delete", changes=True)
    def delete(self, given: dict[str, Any]) -> str:
        self.writer()
        return ACTOR.get() or "the user of this process"


Sent = Callable[[Any], list[tuple[dict[str, Any], list[bytes]]]]


def ask(panel: Panel, sent: Sent, kind: str, **given: Any) -> tuple[dict[str, Any], list[bytes]]:
    panel._handle_custom_msg({"type": "ask", "page": "p", "number": 7, "kind": kind, "given": given}, [])
    return sent(panel)[-1]


@pytest.mark.usefixtures("comms")
def test_question_is_answered_by_its_method(file_store: Store, sent: Sent) -> None:
    answer, buffers = ask(Doubling(file_store), sent, "double", n=21)
    assert answer == {"type": "answer", "page": "p", "number": 7, "value": 42}
    assert buffers == [b"123"]


@pytest.mark.usefixtures("comms")
def test_errors_come_back_as_sentences(file_store: Store, sent: Sent, caplog: pytest.LogCaptureFixture) -> None:
    panel = Doubling(file_store)
    assert ask(panel, sent, "lost")[0]["refused"] == {"message": "There is no run 'a'."}
    assert ask(panel, sent, "filter")[0]["refused"]["column"] == 43
    assert "knows no question 'other'" in ask(panel, sent, "other")[0]["refused"]["message"]
    assert "That did not work" in ask(panel, sent, "double", m=1)[0]["refused"]["message"]
    assert "KeyError" in caplog.text


@pytest.mark.usefixtures("comms")
def test_changes_are_refused_by_the_kernel_whatever_the_page_shows(file_store: Store, sent: Sent) -> None:
    panel = Doubling(file_store, permission=Permission(False, "This page only reads."))
    assert panel.permission == {"allowed": False, "why": "This page only reads."}
    assert ask(panel, sent, "delete")[0]["refused"]["message"] == "This page only reads."


@pytest.mark.usefixtures("comms")
def test_changes_bear_the_name_of_whom_the_page_acts_for(file_store: Store, sent: Sent) -> None:
    assert ask(Doubling(file_store, permission=Permission(True, actor="mira")), sent, "delete")[0]["value"] == "mira"
    assert ask(Doubling(file_store), sent, "delete")[0]["value"] == "the user of this process"


@pytest.mark.usefixtures("comms")
def test_code_follows_the_view(file_store: Store) -> None:
    panel = Doubling(file_store, view={"n": 1})
    assert panel.code == "Doubling(1)"
    panel.view = {"n": 2}
    assert panel.code == "Doubling(2)"


@pytest.mark.browser
def test_page_asks_shows_dialogs_and_menus(stage: Callable[..., Any], file_store: Store) -> None:
    panel, on = Doubling(file_store), stage()
    on.open(panel)
    page = on.page
    shown = page.locator("p").first
    for button, text in (("#ask", "42 1"), ("#wrong", "There is no run 'a'.")):
        page.click(button)
        on.carry()
        assert shown.text_content() == text
    page.click("#view")
    on.carry()
    assert (panel.view, panel.code) == ({"n": 3}, "Doubling(3)")
    page.click("#menu")
    page.get_by_role("menuitemcheckbox", name="Two").click()
    assert shown.text_content() == "two"
    page.click("#dialog")
    page.keyboard.press("Escape")
    page.locator("dialog").wait_for(state="detached")
    page.click("#dialog")
    page.locator("dialog button[type=submit]").click()
    on.carry()
    page.get_by_role("button", name="Undo").wait_for()
    page.locator("dialog").wait_for(state="detached")
