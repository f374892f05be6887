"""A table of runs as code: the magic that shows it, or the call where it stands as no magic can say."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from trackbook.errors import TrackbookError
from trackbook.filters.parsing import parse_filter
from trackbook.widgets.runs_query import RunQuery

__all__ = ["code_of"]


def code_of(query: RunQuery, experiments: Sequence[str], view: Mapping[str, Any]) -> str:
    """The code that shows a table again.

    Args:
        query: what the table asks of its store.
        experiments: names of the experiments.
        view: how the table stands.
    """
    kept = {key: value for key, value in view.items() if value not in (None, "", [], {}, False)}
    filters = [text for text in (query.filter_string, kept.get("filter")) if text]
    if set(kept) <= {"filter"} and not query.order_by and all(_is_filter(text) for text in filters):
        return _magic(filters, experiments, query.last)
    given = [repr(query.filter_string)] if query.filter_string else []
    given.append(f"experiments={list(experiments)!r}")
    if query.last:
        given.append(f"last={query.last}")
    if query.order_by:
        given.append(f"order_by={list(query.order_by)!r}")
    if kept:
        given.append(f"view={kept!r}")
    return f"from trackbook import panels\n\npanels.runs({', '.join(given)})"


def _is_filter(text: str) -> bool:
    """Whether a text is a filter that fits into the line of a magic; the box takes plain words too."""
    try:
        parse_filter(text)
    except TrackbookError:
        return False
    return "\n" not in text and not any(mark in text for mark in "{}$") and " -" not in text


def _magic(filters: Sequence[str], experiments: Sequence[str], last: int | None) -> str:
    text = filters[0] if len(filters) == 1 else " and ".join(f"({each})" for each in filters)
    options = [f"-e {shlex.quote(name)}" for name in experiments]
    if last:
        options.append(f"--last {last}")
    return " ".join(["%track_runs", *([text] if text else []), *options])
