"""Which run is meant: by its id, by the beginning of its id, or by its name."""

from __future__ import annotations

import re
from collections.abc import Sequence

from trackbook.entities import Run, ViewType
from trackbook.errors import InvalidParameter, NotFound
from trackbook.runs.session import current_experiment_id
from trackbook.stores.base import Store

__all__ = ["all_experiment_ids", "find_run", "run_by_id"]

_WHOLE_ID = re.compile(r"[0-9a-f]{32}")
_PART_OF_ID = re.compile(r"[0-9a-f]{4,31}")
_MOST_EXPERIMENTS = 50_000
_MOST_CANDIDATES = 10


def run_by_id(store: Store, text: str) -> Run:
    """The run with an id, or the only one whose id begins so (4 digits at least); deleted runs too.

    Raises:
        NotFound: there is none.
        InvalidParameter: several ids begin so, and the message lists them; or the text can be no id.
    """
    try:
        return store.get_run(text)
    except NotFound:
        begun = _begun(store, text, ViewType.ALL) if _PART_OF_ID.fullmatch(text) else None
        if begun is None:
            raise
        return begun


def find_run(store: Store, text: str, hint: str = "search_runs() lists the runs.") -> Run:
    """The active run that somebody typed; of several with one name the newest, in the current experiment first.

    Args:
        store: where to look.
        text: an id, its first 4 digits or more, or a name.
        hint: what lists the runs, for the message.

    Raises:
        NotFound: there is none.
        InvalidParameter: several ids begin so, and the message lists them.
    """
    if _WHOLE_ID.fullmatch(text):
        return store.get_run(text)
    for experiments in ([current_experiment_id()], all_experiment_ids(store)):
        named = _named(store, experiments, text)
        if named:
            return named[0]
    begun = _begun(store, text, ViewType.ACTIVE_ONLY) if _PART_OF_ID.fullmatch(text) else None
    if begun is None:
        raise NotFound(f"No run is called {text!r}, and no run id begins so. {hint}")
    return begun


def _begun(store: Store, beginning: str, view: int) -> Run | None:
    """The one run whose id begins so."""
    everywhere = all_experiment_ids(store, view)
    condition = f"attributes.run_id LIKE '{beginning}%'"
    begun = store.search_runs(everywhere, condition, view, max_results=_MOST_CANDIDATES)
    if len(begun) > 1:
        listed = ", ".join(f"{run.info.run_id} ({run.info.run_name!r})" for run in begun)
        raise InvalidParameter(
            f"Several run ids begin with {beginning!r}: {listed}{' and more' if begun.token else ''}. Type more of it."
        )
    return begun[0] if begun else None


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


def all_experiment_ids(store: Store, view: int = ViewType.ACTIVE_ONLY) -> list[str]:
    """The ids of every experiment, by default of those that are not deleted."""
    return [found.experiment_id for found in store.search_experiments(view, max_results=_MOST_EXPERIMENTS)]
