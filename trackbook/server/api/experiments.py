"""Experiments by REST: searched, and read by id or by name."""

from __future__ import annotations

from typing import Any

from trackbook.errors import NotFound
from trackbook.stores.base import Store
from trackbook.wire import Request, experiment_to_json

__all__ = ["get_experiment", "get_experiment_by_name", "search_experiments"]

_MOST = 50_000


def search_experiments(store: Store, request: Request) -> dict[str, Any]:
    """A page of experiments."""
    found = store.search_experiments(
        request.view("view_type"),
        request.integer("max_results", 1_000, most=_MOST),
        request.text("filter"),
        request.texts("order_by") or None,
        request.text("page_token"),
    )
    answer: dict[str, Any] = {"experiments": [experiment_to_json(one) for one in found]} if found else {}
    return answer | ({"next_page_token": found.token} if found.token else {})


def get_experiment(store: Store, request: Request) -> dict[str, Any]:
    """One experiment by its id."""
    return {"experiment": experiment_to_json(store.get_experiment(request.required("experiment_id")))}


def get_experiment_by_name(store: Store, request: Request) -> dict[str, Any]:
    """One experiment by its name."""
    name = request.required("experiment_name")
    found = store.get_experiment_by_name(name)
    if found is None:
        raise NotFound(f"There is no experiment {name!r:.200}.")
    return {"experiment": experiment_to_json(found)}
