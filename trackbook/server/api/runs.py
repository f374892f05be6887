"""Runs by REST: searched, and read by id, each metric with the step and time of its last point."""

from __future__ import annotations

from typing import Any

from trackbook.entities import Metric, Run
from trackbook.stores.base import Store
from trackbook.wire import Request, run_to_json

__all__ = ["get_run", "search_runs"]

_MOST = 50_000


def search_runs(store: Store, request: Request) -> dict[str, Any]:
    """A page of runs."""
    found = store.search_runs(
        request.texts("experiment_ids"),
        request.text("filter"),
        request.view("run_view_type"),
        request.integer("max_results", 1_000, most=_MOST),
        request.texts("order_by") or None,
        request.text("page_token"),
    )
    answer: dict[str, Any] = {"runs": [_run(store, run) for run in found]} if found else {}
    return answer | ({"next_page_token": found.token} if found.token else {})


def get_run(store: Store, request: Request) -> dict[str, Any]:
    """One run by its id."""
    return {"run": _run(store, store.get_run(request.required("run_id", "run_uuid")))}


def _run(store: Store, run: Run) -> dict[str, Any]:
    if not run.data.metrics:
        return run_to_json(run, [])
    last = [Metric(one.key, one.last, one.last_time, one.last_step) for one in store.summaries(run.info.run_id)]
    return run_to_json(run, last)
