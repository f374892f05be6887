"""Which run is meant: by its id, by the beginning of its id, or by its name."""

from __future__ import annotations

import re
from collections.abc import Sequence

from trackbook.entities import Run
from trackbook.errors import InvalidParameter, NotFound
from trackbook.runs.session import current_experiment_id
from trackbook.stores.base import Store

__all__ = ["all_experiment_ids", "find_run"]

_WHOLE_ID = re.compile(r"[0-9a-f]{32}")
_PART_OF_ID = re.compile(r"[0-9a-f]{6,31}")
_MOST_EXPERIMENTS = 50_000


def find_run(store: Store, text: str) -> Run:
    """The run that somebody typed; of several with one name the newest, in the current experiment first.

    Raises:
        NotFound: there is none.
        InvalidParameter: several ids begin so.
    """
    if _WHOLE_ID.fullmatch(text):
        return store.get_run(text)
    everywhere = all_experiment_ids(store)
    for experiments in ([current_experiment_id()], everywhere):
        named = _named(store, experiments, text)
        if named:
            return named[0]
    if _PART_OF_ID.fullmatch(text):
        begun = store.search_runs(everywhere, f"attributes.run_id LIKE '{text}%'", max_results=2)
        if len(begun) > 1:
            raise InvalidParameter(f"Several run ids begin with {text!r}. Type more of it.")
        if begun:
            return begun[0]
    raise NotFound(f"No run is called {text!r}, and no run id begins so. %track_runs lists the runs.")


def _named(store: Store, experiments: Sequence[str], name: str) -> list[Run]:
    """Runs of that very name, newest first; a filter has no escape for quotes, so the search may find more."""
    if "'" not in name:
        condition = f"= '{name}'"
    elif '"' not in name:
        condition = f'= "{name}"'
    else:
        condition = "LIKE '" + name.replace("'", "_") + "'"
    found = store.search_runs(experiments, f"attributes.run_name {condition}", max_results=1000)
    return [run for run in found if run.info.run_name == name]


def all_experiment_ids(store: Store) -> list[str]:
    """The ids of every experiment that is not deleted."""
    return [found.experiment_id for found in store.search_experiments(max_results=_MOST_EXPERIMENTS)]
