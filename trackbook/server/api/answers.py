"""Which function answers an endpoint: every row of `trackbook.wire.ENDPOINTS` has one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trackbook.server.api import experiments, overview, runs
from trackbook.stores.base import Store
from trackbook.wire import Request

__all__ = ["ANSWERS", "Answer"]

Answer = Callable[[Store, Request], dict[str, Any]]

ANSWERS: dict[str, Answer] = {
    "searchExperiments": experiments.search_experiments,
    "getExperiment": experiments.get_experiment,
    "getExperimentByName": experiments.get_experiment_by_name,
    "searchRuns": runs.search_runs,
    "getRun": runs.get_run,
    "overview": overview.overview,
    "listRuns": overview.list_runs,
}
