"""Completion behind the magics: experiments, runs and options."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from typing import Any

from trackbook.errors import TrackbookError
from trackbook.runs.lookup import all_experiment_ids
from trackbook.runs.session import chosen_registry_uri, current_experiment_id, current_store, get_tracking_uri
from trackbook.stores import open_store
from trackbook.stores.base import Store
from trackbook.uris import parse_store_uri

__all__ = ["register", "suggestions"]

_MAGIC = re.compile(r"^\s*(?:[\w.,\s]+=\s*)?%{1,2}(track\w*)\s+(.*)$", re.DOTALL)
_RUNS = 200
_TAKES_RUNS = frozenset({"track_artifacts", "track_compare", "track_curves", "track_show"})


def register(shell: Any) -> Callable[[], None]:
    """Have a shell complete what stands behind our magics.

    Returns:
        what takes that back.
    """
    from IPython.core.completer import SimpleCompletion, context_matcher

    @context_matcher(identifier="trackbook")  # type: ignore[untyped-decorator]
    def complete(context: Any) -> dict[str, Any]:
        found = suggestions(shell, context.text_until_cursor, context.token)
        completions = [SimpleCompletion(text=text, type="value") for text in found]
        return {"completions": completions, "suppress": bool(completions), "ordered": True}

    matchers = shell.Completer.custom_matchers
    matchers.append(complete)

    def remove() -> None:
        if complete in matchers:
            matchers.remove(complete)

    return remove


def suggestions(shell: Any, text: str, token: str) -> list[str]:
    """What may stand at the cursor.

    Args:
        shell: whose magics they are.
        text: the line up to the cursor.
        token: the last word of it, as far as it is typed.
    """
    match = _MAGIC.match(text)
    if match is None:
        return []
    magic, words = match[1], match[2].split()
    if words and not text.endswith(" "):
        words.pop()  # the word at the cursor
    if token.startswith("-"):
        return _starting(_options(shell, magic), token)
    try:
        return _starting(_values(magic, words), token)
    except TrackbookError:
        return []


def _values(magic: str, words: list[str]) -> Iterable[str]:
    before = words[-1] if words else ""
    store = _store()
    if store is None:
        return []
    if before in ("-e", "--experiment") or (magic == "track_experiment" and not words):
        return _typed(found.name for found in store.search_experiments())
    if magic == "track_models" and before != "--version":
        registry = open_store(uri) if (uri := chosen_registry_uri()) else store
        return _typed(found.name for found in registry.search_registered_models(max_results=_RUNS))
    if before in ("--resume", "--baseline") or (magic in _TAKES_RUNS and not before.startswith("-")):
        here, everywhere = [current_experiment_id()], all_experiment_ids(store)
        runs = store.search_runs(here, max_results=_RUNS) or store.search_runs(everywhere, max_results=_RUNS)
        return _typed(dict.fromkeys(run.info.run_name or run.info.run_id for run in runs))
    return []


def _store() -> Store | None:
    """The chosen store if there is one: to press Tab makes no database."""
    path = parse_store_uri(get_tracking_uri()).path
    return current_store() if path is None or os.path.exists(path) else None


def _typed(names: Iterable[str]) -> Iterable[str]:
    """Names as one would type them; those that IPython would expand, or that no quotes can hold, are left out."""
    for name in names:
        if not name.isprintable() or set(name) & set("${}\"'"):
            continue
        yield f'"{name}"' if " " in name else name


def _options(shell: Any, magic: str) -> list[str]:
    found = shell.find_line_magic(magic) or shell.find_cell_magic(magic)
    usage = found.parser.format_usage() if hasattr(found, "parser") else ""
    return list(dict.fromkeys(re.findall(r"--[\w-]+", usage)))


def _starting(texts: Iterable[str], token: str) -> list[str]:
    return [text for text in texts if text.startswith(token)]
