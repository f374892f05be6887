"""A runs table in a page of Chromium, with its buffers, and what tests ask of it."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from trackbook.stores.base import RunTable
from trackbook.widgets.runs_table import RunsTable

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["TablePage", "coded"]

_OPEN = """async ([source, css, traits]) => {
  const bytes = (text) => {
    const plain = atob(text), shifted = new Uint8Array(plain.length + 3);
    for (let i = 0; i < plain.length; i += 1) shifted[i + 3] = plain.charCodeAt(i);
    return new DataView(shifted.buffer, 3, plain.length);
  };
  window.decode = (table) => (table.meta ? { meta: table.meta, buffers: table.buffers.map(bytes) } : {});
  traits._table = window.decode(traits._table);
  document.head.append(Object.assign(document.createElement("style"), { textContent: css }));
  traits._patch = window.decode(traits._patch);
  const host = document.body.appendChild(document.createElement("div"));
  await window.openWidget("table", source, traits, host);
  window.model = window.models.table;
}"""


def coded(table: dict[str, Any]) -> dict[str, Any]:
    """A table or patch as JSON: its buffers in base64."""
    if not table:
        return {}
    json.dumps(table["meta"], allow_nan=False)
    return {"meta": table["meta"], "buffers": [base64.b64encode(part).decode() for part in table["buffers"]]}


class TablePage:
    """A runs table in a page, and what a test asks of it."""

    def __init__(self, page: Page, widget: RunsTable) -> None:
        self.page, self.widget = page, widget
        names = ("selected", "slots", "height", "view", "code", "permission", "_about", "_deeds")
        state = {name: getattr(widget, name) for name in names}
        traits = {**state, "_table": coded(widget._table), "_patch": coded(widget._patch)}
        self._read = len(widget.comm.sent)
        page.evaluate(_OPEN, [widget._esm, widget._css, traits])

    def names(self) -> list[str]:
        script = (
            "[...document.querySelectorAll('.rt-row')].sort((a, b) => a.dataset.position - b.dataset.position)"
            ".map((row) => row.querySelector('.rt-run').textContent)"
        )
        return list(self.page.evaluate(script))

    def headers(self) -> list[str]:
        script = (
            "[...document.querySelectorAll('.rt-names [data-column] > span:first-child')].map((n) => n.textContent)"
        )
        return list(self.page.evaluate(script))

    def trait(self, name: str) -> Any:
        return self.page.evaluate("(name) => model.get(name)", name)

    def outbox(self) -> list[dict[str, Any]]:
        return list(self.page.evaluate("model.outbox.splice(0)"))

    def update(self, table: RunTable) -> None:
        self.widget.update(table)
        self.carry()

    def carry(self, rounds: int = 3) -> None:
        """Bring messages and changed traits to and fro, as a kernel that is not busy does."""
        comm: Any = self.widget.comm
        for _ in range(rounds):
            changed = self.page.evaluate("(() => { const c = model.changed; model.changed = {}; return c; })()")
            if changed:
                self.widget.set_state(changed)
            for message in self.outbox():
                self.widget._handle_custom_msg(message, [])
            new, self._read = comm.sent[self._read :], len(comm.sent)
            for data, buffers in new:
                if data.get("method") == "custom":
                    parts = [base64.b64encode(part).decode() for part in buffers]
                    self.page.evaluate("([what, parts]) => model.deliver(what, parts)", [data["content"], parts])
                elif data.get("method") == "update":
                    self._teach(data["state"])
            self.page.wait_for_timeout(0)

    def _teach(self, state: dict[str, Any]) -> None:
        for name in state:
            value = getattr(self.widget, name)
            value = coded(value) if name in ("_table", "_patch") else value
            script = "([name, value, plain]) => model.learn(name, plain ? value : window.decode(value))"
            self.page.evaluate(script, [name, value, name not in ("_table", "_patch")])

    def filter(self, text: str) -> None:
        self.page.fill(".rt-input", text)

    def row(self, name: str) -> Any:
        return self.page.locator(f".rt-row:has(.rt-run:text-is({json.dumps(name)}))")
