"""JSON as a tree, Markdown and HTML: documents that are read whole, up to the limit of a preview."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from trackbook.widgets.artifact_files import ArtifactFile, check_whole
from trackbook.widgets.previews.preview import ASK_OVER, READ, Preview, Unreadable, Wishes, in_bytes
from trackbook.widgets.previews.text import decode, encoding_of, text

__all__ = ["json_tree", "markdown", "page", "parsed", "read_document", "too_large"]

_NODES, _CHILDREN, _LETTERS, _DEPTH = 4_000, 200, 2_000, 60
_MARKDOWN = 400_000


class _Literal(str):
    """A number as it is written: 0.1e1 and 12345678901234567890 stay what they are."""

    __slots__ = ()


def read_document(file: ArtifactFile) -> str:
    """All text of a file, compared with what was stored."""
    data = file.whole()
    return decode(data, encoding_of(data), last=True).text


def too_large(file: ArtifactFile, wishes: Wishes) -> bool:
    """Whether a file is taken apart only after asking."""
    return file.size > READ and not (wishes.whole and file.size <= ASK_OVER)


def parsed(file: ArtifactFile, literal: bool = False) -> Any:
    """The value of a JSON file.

    Args:
        file: the file.
        literal: keep numbers as they are written.

    Raises:
        Unreadable: it is no JSON.
    """
    check_whole(file)
    as_written = {"parse_int": _Literal, "parse_float": _Literal, "parse_constant": _Literal} if literal else {}
    try:
        return json.loads(read_document(file), **as_written)  # type: ignore[arg-type]
    except json.JSONDecodeError as problem:
        where = f"line {problem.lineno}, column {problem.colno}"
        raise Unreadable(f"It is no JSON: {problem.msg} at {where}.") from None
    except RecursionError:
        raise Unreadable("It is no JSON that can be shown: its lists are nested too deeply.") from None
    except ValueError as problem:  # a number of more than 4,300 digits
        raise Unreadable("It is no JSON that can be shown.", str(problem)) from None


def json_tree(file: ArtifactFile, wishes: Wishes) -> Preview:
    """A JSON file as a tree; its text where it is raw, broken or too large for a tree."""
    if wishes.raw:
        return text(file, wishes)
    if too_large(file, wishes):
        return _as_text(file, wishes, f"Only the first {in_bytes(READ)} are shown, as text.", file.size <= ASK_OVER)
    try:
        value = parsed(file, literal=True)
    except Unreadable as problem:
        return _as_text(file, wishes, problem.text, False)
    return tree_of(value)


def tree_of(value: Any) -> Preview:
    """A value as the page draws it."""
    budget = _Budget(_NODES)
    return Preview({"kind": "json", "tree": _node(value, budget, 0), "left": budget.dropped})


@dataclass
class _Budget:
    """How many nodes may still be sent, and how many were not."""

    nodes: int
    dropped: int = 0


def _node(value: Any, budget: _Budget, depth: int) -> list[Any]:
    """``["{", [[key, node], ...], size]``, ``["[", [node, ...], size]``, or ``[kind, text]``."""
    budget.nodes -= 1
    if isinstance(value, dict | list):
        items = list(value.items()) if isinstance(value, dict) else value
        room = 0 if depth > _DEPTH else max(0, min(_CHILDREN, budget.nodes))
        budget.dropped += max(0, len(items) - room)
        if isinstance(value, dict):
            return ["{", [[_short(key), _node(item, budget, depth + 1)] for key, item in items[:room]], len(items)]
        return ["[", [_node(item, budget, depth + 1) for item in items[:room]], len(items)]
    if value is None or isinstance(value, bool):
        return ["k", json.dumps(value)]
    if isinstance(value, str) and not isinstance(value, _Literal):
        return ["s", _short(value)]
    return ["n", _short(str(value))]


def _short(written: str) -> str:
    return written if len(written) <= _LETTERS else f"{written[:_LETTERS]} … ({len(written)} letters)"


def markdown(file: ArtifactFile, wishes: Wishes) -> Preview:
    """Markdown, which the page makes nodes of; longer documents are text."""
    if wishes.raw or file.size > _MARKDOWN:
        note = "" if wishes.raw else f"Over {in_bytes(_MARKDOWN)} Markdown is shown as it is written."
        return _as_text(file, wishes, note, False)
    check_whole(file)
    return Preview({"kind": "markdown", "text": read_document(file)})


def page(file: ArtifactFile, wishes: Wishes) -> Preview:
    """HTML, for a frame that can reach nothing."""
    if wishes.raw:
        return text(file, wishes)
    if too_large(file, wishes):
        return _as_text(file, wishes, f"Only the first {in_bytes(READ)} are shown, as text.", file.size <= ASK_OVER)
    check_whole(file)
    return Preview({"kind": "page"}, [read_document(file).encode()])


def _as_text(file: ArtifactFile, wishes: Wishes, note: str, offer: bool) -> Preview:
    found = text(file, wishes)
    return Preview({**found.value, "note": note, "whole": offer}, found.buffers)
