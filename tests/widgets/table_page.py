"""A runs table in a page of Chromium, with its buffers, and what tests ask of it."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from trackbook.stores.base import RunTable
from trackbook.widgets.delivery import split_buffers
from trackbook.widgets.runs_table import RunsTable

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["TablePage"]

_OPEN = """async ([source, css, traits, bulk]) => {
  document.head.append(Object.assign(document.createElement("style"), { textContent: css }));
  const host = document.body.appendChild(document.createElement("div"));
  await window.openWidget("table", source, traits, host, bulk);
  window.model = window.models.table;
}"""
_TRAITS = ("selected", "slots", "height", "view", "code", "permission", "_about", "_deeds")


def _coded(buffers: Sequence[bytes]) -> list[str]:
    return [base64.b64encode(part).decode() for part in buffers]


class TablePage:
    """A runs table in a page, and what a test asks of it."""

    def __init__(self, page: Page, widget: RunsTable) -> None:
        self.page, self.widget = page, widget
        self._comm: Any = widget.comm
        self._read = len(self._comm.sent)
        bulk = []
        for name in ("_table", "_patch"):
            value, paths, buffers = split_buffers(getattr(widget, name))
            json.dumps(value, allow_nan=False)
            bulk.append([{"name": name, "value": value, "paths": paths}, _coded(buffers)])
        traits = {name: getattr(widget, name) for name in _TRAITS}
        page.evaluate(_OPEN, [widget._own_script, widget._own_sheet, traits, bulk])

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
        for _ in range(rounds):
            changed = self.page.evaluate("(() => { const c = model.changed; model.changed = {}; return c; })()")
            if changed:
                self.widget.set_state(changed)
            for message in self.outbox():
                self.widget._handle_custom_msg(message, [])
            new, self._read = self._comm.sent[self._read :], len(self._comm.sent)
            for data, buffers in new:
                self._bring(data, _coded(buffers))
            self.page.wait_for_timeout(0)

    def _bring(self, data: dict[str, Any], buffers: list[str]) -> None:
        if data.get("method") == "custom":
            deed = "learnBulk" if data["content"].get("type") == "bulk" else "deliver"
            self.page.evaluate(f"([what, parts]) => model.{deed}(what, parts)", [data["content"], buffers])
        for name, value in (data.get("state") or {}).items():
            self.page.evaluate("([name, value]) => model.learn(name, value)", [name, value])

    def filter(self, text: str) -> None:
        self.page.fill(".rt-input", text)

    def row(self, name: str) -> Any:
        return self.page.locator(f".rt-row:has(.rt-run:text-is({json.dumps(name, ensure_ascii=False)}))")
