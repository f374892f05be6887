"""The audit trail of a model for its panel: kept as far as it was read, so that a refresh asks for what is new only."""

from __future__ import annotations

import json
from typing import Any

from trackbook.entities import AuditEntry
from trackbook.entities.audit_words import told
from trackbook.registry.history import model_history
from trackbook.widgets.registry_sources import Sources, cut

__all__ = ["TrailReader"]

_FEW, _MOST = 4, 2_000
_PAGE = 1_000
#: Entries with which a name comes to mean another model.
_OTHER = ("create_registered_model", "delete_registered_model", "rename_registered_model")


class TrailReader:
    """Reads the history of one model at a time."""

    def __init__(self) -> None:
        self.name = ""
        self.entries: list[AuditEntry] = []
        self._end = 0

    def read(self, sources: Sources, name: str) -> None:
        """Bring the history of a model up to date."""
        registry = sources.registry
        head = registry.audit_head().seq
        new = list[AuditEntry]()
        if name == self.name and self._end <= head:
            while page := registry.audit_trail(new[-1].seq if new else self._end, _PAGE, name):
                new += page
        if name != self.name or self._end > head or any(entry.action in _OTHER for entry in new):
            self.name, self.entries = name, model_history(registry, name)
        else:
            self.entries += new
        self._end = max(head, self.entries[-1].seq if self.entries else 0)

    def shown(self, sources: Sources, whole: bool) -> dict[str, Any]:
        """The newest entries first: a few, or as many as a page bears."""
        newest = self.entries[-(_MOST if whole else _FEW) :][::-1]
        return {"count": len(self.entries), "rows": [_row(sources, entry) for entry in newest], "whole": whole}


def _row(sources: Sources, entry: AuditEntry) -> dict[str, Any]:
    change = told(entry)
    after = change.after
    if entry.action == "create_model_version" and (run_id := json.loads(entry.after).get("run_id")):
        after = f"from {sources.run_name(run_id)}"
    return {
        "seq": entry.seq,
        "time": entry.time,
        "who": cut(entry.actor, 80),
        "what": cut(change.what, 300),
        "before": cut(change.before, 300),
        "after": cut(after, 300),
        "comment": cut(change.comment),
    }
