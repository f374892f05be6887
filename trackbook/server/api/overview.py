"""What is going on in a store, for a list at the side of a screen: running and recent runs, and the experiments."""

from __future__ import annotations

import re
from typing import Any

from trackbook.entities import DEFAULT_EXPERIMENT_NAME, Experiment
from trackbook.server.api.rows import Rows
from trackbook.stores.base import Store
from trackbook.wire import Request

__all__ = ["list_runs", "overview"]

_MOST_EXPERIMENTS = 1_000
_RUNNING, _RECENT, _LISTED = 20, 7, 20
#: Lost runs are told among the recent ones: nothing of theirs is running.
_IS_RUNNING = "attributes.status = 'RUNNING' AND attributes.liveness != 'lost'"
_IS_NOT = "attributes.status != 'RUNNING' OR attributes.liveness = 'lost'"
_NEWEST = ["attributes.start_time DESC"]


def overview(store: Store, request: Request, rows: Rows | None = None) -> dict[str, Any]:
    """Running runs, recent runs, and experiments with how many runs they have.

    Args:
        store: the store.
        request: `recent` and `experiments` say how many of these are wanted.
        rows: remembers curves from one call to the next.
    """
    recent = request.integer("recent", _RECENT, least=0, most=100)
    most = request.integer("experiments", 100, most=_MOST_EXPERIMENTS)
    experiments = store.search_experiments(max_results=_MOST_EXPERIMENTS)
    rows = _rows(store, experiments, rows)
    ids = list(rows.experiments)
    running = store.search_runs(ids, _IS_RUNNING, max_results=_RUNNING, order_by=_NEWEST) if ids else []
    newest = store.search_runs(ids, _IS_NOT, max_results=recent, order_by=_NEWEST) if ids and recent else []
    counts = store.run_counts()
    busy = {run.info.experiment_id for run in running}
    listed = [
        {
            "id": one.experiment_id,
            "name": one.name[:300],
            "total": sum(counts.get(one.experiment_id, {}).values()),
            "running": one.experiment_id in busy,
        }
        for one in experiments
    ]
    used = [one for one in listed if one["name"] != DEFAULT_EXPERIMENT_NAME or one["total"]]
    return {
        "running": rows.rows(running),
        "more_running": getattr(running, "token", None) is not None,
        "recent": rows.rows(newest),
        "experiments": used[:most],
        "more_experiments": max(0, len(used) - most),
        "runs": sum(one["total"] for one in used),
    }


def list_runs(store: Store, request: Request, rows: Rows | None = None) -> dict[str, Any]:
    """The newest runs of an experiment, or those whose name has some text, over all experiments.

    Args:
        store: the store.
        request: `experiment_id` or `find`, `max_results` and `page_token`.
        rows: remembers curves from one call to the next.
    """
    rows = _rows(store, store.search_experiments(max_results=_MOST_EXPERIMENTS), rows)
    chosen, find = request.text("experiment_id"), request.text("find", most=200)
    if chosen is not None:
        store.get_experiment(chosen)
    ids = [chosen] if chosen is not None else list(rows.experiments)
    found = store.search_runs(
        ids,
        _names_with(find),
        max_results=request.integer("max_results", _LISTED, most=100),
        order_by=_NEWEST,
        page_token=request.text("page_token"),
    )
    return {"runs": rows.rows(found), "next_page_token": found.token or ""}


def _rows(store: Store, experiments: list[Experiment], rows: Rows | None) -> Rows:
    rows = rows if rows is not None and rows.store is store else Rows(store)
    rows.experiments = {one.experiment_id: one.name for one in experiments}
    return rows


def _names_with(text: str | None) -> str | None:
    """A filter for run names that have each word; what would end the quotes or is a wildcard stands for any sign."""
    words = re.sub(r"[\x00-\x1f]", " ", text or "").split()[:8]
    quoted = [re.sub(r"['%\\]", "_", word) for word in words]
    return " AND ".join(f"attributes.run_name ILIKE '%{word}%'" for word in quoted) or None
