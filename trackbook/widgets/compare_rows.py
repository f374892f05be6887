"""The rows of runs side by side: metrics, params, tags, data sets and the run itself, ready for JSON."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from trackbook.entities import Run
from trackbook.errors import NotFound
from trackbook.figures.direction import better
from trackbook.runs.context.capture import CONTEXT
from trackbook.stores.base import Store, Summary

__all__ = ["CELL", "MOST_ROWS", "Compared", "is_held_out", "read_compared", "section", "sections_of", "strict_number"]

#: Rows of a section that travel, those that differ first; the rest is counted.
MOST_ROWS = 1_000
#: Characters of a text that travel; a param may have 64 KiB.
CELL = 240
_OWN_TAGS = ("mlflow.source.", "trackbook.git.")
_HIDDEN_TAGS = frozenset({"mlflow.runName", "mlflow.user", CONTEXT})
_OPEN = frozenset({"RUNNING", "SCHEDULED"})


class Compared(NamedTuple):
    """A run with what is said of it.

    Attributes:
        run: info, params and tags.
        summaries: its metrics by key.
        lost: whether its process is gone.
    """

    run: Run
    summaries: Mapping[str, Summary]
    lost: bool

    @property
    def name(self) -> str:
        """What people call it."""
        return self.run.info.run_name or self.run.info.run_id

    @property
    def status(self) -> str:
        """The status, or LOST."""
        return "LOST" if self.lost else self.run.info.status


def read_compared(store: Store, run_ids: Iterable[str]) -> tuple[list[Compared], int]:
    """The runs in this order, and how many of them are there no more."""
    found, gone = [], 0
    for run_id in run_ids:
        try:
            run = store.get_run(run_id)
            lost = run.info.status in _OPEN and store.run_life(run_id).lost
            found.append(Compared(run, {one.key: one for one in store.summaries(run_id)}, lost))
        except NotFound:
            gone += 1
    return found, gone


def sections_of(runs: Sequence[Compared]) -> list[dict[str, Any]]:
    """Metrics, params, tags, code, data sets and the run itself; sections without rows are left out."""
    found = [
        _metrics(runs),
        section("params", "Params", [one.run.data.params for one in runs]),
        section("tags", "Tags", [_tags(one.run) for one in runs]),
        section("code", "Code", [_code(one.run) for one in runs]),
        section("datasets", "Data sets", [_datasets(one.run) for one in runs]),
        section("run", "Run", [_facts(one) for one in runs]),
    ]
    return [one for one in found if one["rows"]]


def is_held_out(key: str) -> bool:
    """Whether a metric's name says that it was measured on data that was not trained on."""
    return any(word in key.lower() for word in ("val", "test", "eval", "dev"))


def section(name: str, title: str, columns: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """Rows of texts: equal texts of a row have the same code, so that what travels cut is still told apart.

    Args:
        name: of the section.
        title: for people.
        columns: key to text, one mapping a run.
    """
    keys = dict.fromkeys(key for column in columns for key in column)
    rows = [_text_row(key, [column.get(key) for column in columns]) for key in keys]
    differing = [row for row in rows if len(set(row["c"])) > 1]
    if len(rows) > MOST_ROWS:
        shown = set(map(id, (differing + [row for row in rows if len(set(row["c"])) == 1])[:MOST_ROWS]))
        kept = [row for row in rows if id(row) in shown]
    else:
        kept = rows
    return {"name": name, "title": title, "rows": kept, "total": len(rows), "differing": len(differing)}


def strict_number(value: float | None) -> float | str | None:
    """As JSON can carry it: NaN and the infinities as the texts that JavaScript's Number() reads."""
    if value is None or math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _text_row(key: str, values: Sequence[str | None]) -> dict[str, Any]:
    known: dict[str, int] = {}
    codes = [-1 if value is None else known.setdefault(value, len(known)) for value in values]
    texts = [text if len(text) <= CELL else text[:CELL] + "…" for text in known]
    row: dict[str, Any] = {"k": key, "c": codes, "t": texts}
    if any(len(text) > CELL for text in known):
        row["long"] = max(len(text) for text in known)
    return row


def _metrics(runs: Sequence[Compared]) -> dict[str, Any]:
    keys = sorted({key for one in runs for key in one.summaries}, key=lambda key: (not is_held_out(key), key))
    rows = [_metric_row(key, [one.summaries.get(key) for one in runs]) for key in keys]
    differing = [row for row in rows if len(set(map(str, row["n"]["last"]))) > 1]
    kept = rows
    if len(rows) > MOST_ROWS:
        told = {row["k"] for row in differing[:MOST_ROWS]}
        kept = [row for row in rows if row["k"] in told] or rows[:MOST_ROWS]
    return {"name": "metrics", "title": "Metrics", "rows": kept, "total": len(rows), "differing": len(differing)}


def _metric_row(key: str, found: Sequence[Summary | None]) -> dict[str, Any]:
    def each(of: Callable[[Summary], float | None]) -> list[float | str | None]:
        return [None if one is None else strict_number(of(one)) for one in found]

    last = each(lambda one: one.last)
    row: dict[str, Any] = {"k": key, "goal": better(key), "n": {"last": last}}
    for name, values in (("min", each(_least)), ("max", each(_greatest))):
        if values != last:
            row["n"][name] = values
    return row


def _least(one: Summary) -> float | None:
    return one.last if one.minimum is None else one.minimum


def _greatest(one: Summary) -> float | None:
    return one.last if one.maximum is None else one.maximum


def _tags(run: Run) -> dict[str, str]:
    tags = run.data.tags
    return {key: value for key, value in tags.items() if key not in _HIDDEN_TAGS and not key.startswith(_OWN_TAGS)}


def _code(run: Run) -> dict[str, str]:
    tags = run.data.tags
    commit = tags.get("mlflow.source.git.commit", "")
    dirty = tags.get("trackbook.git.dirty") == "true"
    told = {
        "commit": commit[:7] + (" + changes" if dirty else "") if commit else "",
        "branch": tags.get("mlflow.source.git.branch", ""),
        "repository": tags.get("mlflow.source.git.repoURL", ""),
        "source": tags.get("mlflow.source.name", ""),
    }
    return {key: value for key, value in told.items() if value}


def _datasets(run: Run) -> dict[str, str]:
    told: dict[str, list[str]] = {}
    for one in run.inputs.dataset_inputs:
        key = f"{one.dataset.name} ({one.context})" if one.context else one.dataset.name
        told.setdefault(key, []).append(one.dataset.digest)
    return {key: ", ".join(sorted(digests)) for key, digests in told.items()}


def _facts(one: Compared) -> dict[str, str]:
    return {"status": one.status, "user": one.run.info.user_id}
