"""The details of one run as the page shows them: plain values that JSON can carry, every text as it was logged."""

from __future__ import annotations

import math
import time
from typing import Any

from trackbook.entities import DatasetInput, LifecycleStage, ModelVersion, Run
from trackbook.entities.datasets import place_of, size_of
from trackbook.errors import NotFound, TrackbookError
from trackbook.figures.direction import better
from trackbook.runs.artifacts import list_artifacts
from trackbook.runs.session import chosen_registry_uri
from trackbook.stores import open_store
from trackbook.stores.base import Store, Summary

__all__ = ["details_of"]

_MOST_FILES, _MOST_ROWS, _MOST_TEXT, _MOST_VERSIONS = 300, 2_000, 4_000, 100
#: Tags that the page shows in a place of their own, or that only programs read.
_OWN_PLACE = {
    "mlflow.runName", "mlflow.note.content", "mlflow.parentRunId", "mlflow.user", "mlflow.source.name",
    "mlflow.source.type", "mlflow.loggedArtifacts",
}  # fmt: skip


def details_of(store: Store, run_id: str) -> dict[str, Any]:
    """Everything that the page shows of a run.

    Floats are numbers, or text where JSON has none (NaN and the infinities); steps are text, since they have 64 bits.

    Raises:
        NotFound: there is no such run.
    """
    run = store.get_run(run_id)
    info, tags = run.info, run.data.tags
    lost = info.status == "RUNNING" and store.run_life(run_id).lost
    return {
        "id": info.run_id,
        "name": info.run_name or info.run_id,
        "status": "LOST" if lost else info.status,
        "deleted": info.lifecycle_stage == LifecycleStage.DELETED,
        "start": info.start_time,
        "end": info.end_time,
        "now": None if info.end_time is not None else time.time_ns() // 1_000_000,
        "user": info.user_id,
        "source": tags.get("mlflow.source.name", ""),
        "note": _cut(tags.get("mlflow.note.content", "")),
        "parent": _parent(store, tags.get("mlflow.parentRunId")),
        "metrics": [_metric(summary) for summary in store.summaries(run_id)[:_MOST_ROWS]],
        "params": _pairs(run.data.params),
        "versions": _versions(store, run_id),
        "datasets": [_dataset(item) for item in run.inputs.dataset_inputs[:_MOST_ROWS]],
        "tags": _pairs({key: value for key, value in tags.items() if key not in _OWN_PLACE}),
        **_artifacts(store, run),
    }


def _versions(store: Store, run_id: str) -> list[tuple[str, str]]:
    """The versions of registered models that came from a run, and what each stands for; [] if the registry is away."""
    try:
        chosen = chosen_registry_uri()
        registry = store if chosen in (None, store.uri) else open_store(str(chosen), read_only=True)
        found = registry.versions_of(run_id=run_id)[:_MOST_VERSIONS]
    except TrackbookError:
        return []
    return [(f"{one.name} v{one.version}", _cut(_standing(one))) for one in found]


def _standing(version: ModelVersion) -> str:
    stage = [] if version.current_stage == "None" else [version.current_stage]
    return ", ".join(stage + [f"@{alias}" for alias in version.aliases])


def _metric(summary: Summary) -> dict[str, Any]:
    return {
        "key": summary.key,
        "last": _number(summary.last),
        "min": _number(summary.minimum),
        "min_step": None if summary.min_step is None else str(summary.min_step),
        "max": _number(summary.maximum),
        "max_step": None if summary.max_step is None else str(summary.max_step),
        "count": summary.count,
        "goal": better(summary.key),
    }


def _number(value: float | None) -> float | str | None:
    if value is None or math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _dataset(item: DatasetInput) -> dict[str, str]:
    dataset = item.dataset
    return {
        "name": dataset.name,
        "digest": dataset.digest,
        "context": item.context or "",
        "size": size_of(dataset),
        "source": _cut(place_of(dataset)),
    }


def _pairs(pairs: dict[str, str]) -> list[tuple[str, str]]:
    return [(key, _cut(value)) for key, value in sorted(pairs.items())[:_MOST_ROWS]]


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_TEXT else f"{text[:_MOST_TEXT]}… ({len(text)} characters in all)"


def _parent(store: Store, run_id: str | None) -> dict[str, str] | None:
    if not run_id:
        return None
    try:
        info = store.get_run(run_id).info
    except NotFound:
        return None
    return {"id": info.run_id, "name": info.run_name or info.run_id}


def _artifacts(store: Store, run: Run) -> dict[str, Any]:
    """The tree of files, folders before what is in them; a sentence where it cannot be read."""
    files: list[dict[str, Any]] = []
    try:
        complete = _walk(store, run, None, 0, files)
    except (TrackbookError, OSError) as error:
        return {"artifacts": [], "artifacts_more": False, "artifacts_trouble": f"The files cannot be listed: {error}"}
    return {"artifacts": files, "artifacts_more": not complete, "artifacts_trouble": ""}


def _walk(store: Store, run: Run, folder: str | None, depth: int, files: list[dict[str, Any]]) -> bool:
    for entry in list_artifacts(store, run, folder):
        if len(files) >= _MOST_FILES:
            return False
        name = entry.path.rpartition("/")[2]
        files.append({"name": name, "depth": depth, "folder": entry.is_dir, "size": entry.file_size})
        if entry.is_dir and not _walk(store, run, entry.path, depth + 1, files):
            return False
    return True
