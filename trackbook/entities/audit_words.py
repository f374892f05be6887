"""What an entry of an audit trail says, for people: what changed, what it was before and after, and the comment."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from trackbook.entities.registry import AuditEntry

__all__ = ["Change", "told"]


class Change(NamedTuple):
    """One entry in words.

    Attributes:
        what: such as ``stage of v5`` or ``@champion``.
        before, after: what it was and is; "" where there was nothing.
        comment: what whoever did it had to say.
    """

    what: str
    before: str
    after: str
    comment: str

    def __str__(self) -> str:
        return f"{self.what}: {self.before or '–'} → {self.after or '–'}"


def told(entry: AuditEntry) -> Change:
    """An entry in words; of an action that is not known, its name and its JSON."""
    before, after = _content(entry.before), _content(entry.after)
    comment = str(after.get("note", ""))
    verb, _, noun = entry.action.partition("_")
    version = f"v{entry.version}" if entry.version is not None else "the model"
    if noun == "registered_model_alias":
        name = after.get("alias", before.get("alias", ""))
        return Change(f"@{name}", _number(before), _number(after), comment)
    if noun == "model_version_stage":
        return Change(f"stage of {version}", _stage(before), _stage(after), comment)
    if noun.endswith("_tag"):
        key = after.get("key", before.get("key", ""))
        return Change(f"tag {key} of {version}", _text(before, "value"), _text(after, "value"), comment)
    if verb == "create":
        return Change(f"{version} registered", "", _origin(after), comment)
    if verb == "delete":
        return Change(f"{version} deleted", _stage(before), "", comment)
    if verb == "rename":
        return Change("name", _text(before, "name"), _text(after, "name"), comment)
    if verb == "update":
        return Change(f"description of {version}", _text(before, "description"), _text(after, "description"), comment)
    return Change(entry.action, entry.before, entry.after, comment)


def _content(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _text(content: dict[str, Any], key: str) -> str:
    value = content.get(key)
    return "" if value is None else str(value)


def _stage(content: dict[str, Any]) -> str:
    return _text(content, "stage").replace("None", "")


def _number(content: dict[str, Any]) -> str:
    return f"v{content['version']}" if content.get("version") is not None else ""


def _origin(after: dict[str, Any]) -> str:
    if after.get("run_id"):
        return f"from run {after['run_id']}"
    return f"from {after['source']}" if after.get("source") else ""
