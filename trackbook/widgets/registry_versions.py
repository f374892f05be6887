"""The table of a model's versions: stages, aliases, origin, and metrics beside those of the version in production."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from trackbook.entities import ModelVersion, Run
from trackbook.figures.direction import better
from trackbook.registry.promotion import VERDICT_TAG
from trackbook.widgets.registry_sources import Sources, cut, plain_number

__all__ = ["MetricColumn", "metric_columns", "origin_of", "value_of", "version_row"]

_COLUMNS = 2
_MOST_KEYS = 500
_PREFERRED = ("val", "test", "eval")

#: A metric and which of its values: ("val_loss", "min").
MetricColumn = tuple[str, str]


def metric_columns(sources: Sources, versions: Iterable[ModelVersion], chosen: Sequence[str] = ()) -> dict[str, Any]:
    """The metrics to show, and the names of all that there are.

    Args:
        sources: where runs and logged models are read.
        versions: those in the table.
        chosen: what somebody picked; else the two that most versions have and whose name says what is better.
    """
    counts: Counter[str] = Counter()
    for version in versions:
        counts.update({key for key in _keys(sources, version) if not key.startswith("system/")})
    known = sorted(counts)[:_MOST_KEYS]
    picked = [key for key in chosen if isinstance(key, str) and key in counts] or _best(counts)
    return {"columns": [(key, better(key) or "last") for key in picked], "keys": known}


def _best(counts: Counter[str]) -> list[str]:
    def worth(key: str) -> tuple[bool, bool, int, str]:
        return better(key) is None, not key.lower().startswith(_PREFERRED), -counts[key], key

    found = sorted(counts, key=worth)[:_COLUMNS]
    return sorted(found, key=lambda key: (better(key) != "min", key))


def _keys(sources: Sources, version: ModelVersion) -> set[str]:
    model = sources.model(version)
    return set(sources.summaries(version.run_id)) | ({one.key for one in model.metrics} if model else set())


def value_of(sources: Sources, version: ModelVersion, column: MetricColumn) -> float | None:
    """A metric of a version: of its run, or as its logged model was measured where the run has none."""
    key, which = column
    summary = sources.summaries(version.run_id).get(key)
    if summary is not None:
        value = {"min": summary.minimum, "max": summary.maximum}.get(which)
        return summary.last if value is None else value
    model = sources.model(version)
    measured = [one for one in model.metrics if one.key == key] if model else []
    return max(measured, key=lambda one: one.timestamp).value if measured else None


def version_row(sources: Sources, version: ModelVersion, columns: Sequence[MetricColumn]) -> dict[str, Any]:
    """One row."""
    run, model = sources.run(version.run_id), sources.model(version)
    return {
        "number": version.version,
        "aliases": version.aliases,
        "stage": version.current_stage,
        "run": run_of(version, run),
        "values": [plain_number(value_of(sources, version, column)) for column in columns],
        "origin": origin_of(run),
        "verdict": model.tags.get(VERDICT_TAG, "")[:40] if model else "",
        "made": version.creation_timestamp,
        "by": cut(version.user_id, 80),
        "status": "" if version.status == "READY" else version.status,
    }


def run_of(version: ModelVersion, run: Run | None) -> dict[str, Any] | None:
    """The run of a version for a link; without one where the run is in no store that is known."""
    if not version.run_id:
        return None
    name = cut((run.info.run_name if run else None) or version.run_id, 200)
    return {"id": version.run_id, "name": name, "known": run is not None}


def origin_of(run: Run | None) -> dict[str, Any] | None:
    """Where a run's code came from."""
    if run is None:
        return None
    tags = run.data.tags
    return {
        "notebook": tags.get("mlflow.source.type") == "NOTEBOOK",
        "source": cut(tags.get("mlflow.source.name"), 300),
        "commit": tags.get("mlflow.source.git.commit", "")[:40],
        "dirty": tags.get("trackbook.git.dirty") == "true",
    }
