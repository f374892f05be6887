"""What this process has chosen: its store and its experiment."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from trackbook.config import read_settings
from trackbook.entities import DEFAULT_EXPERIMENT_NAME, Experiment
from trackbook.errors import InvalidParameter, NotSupported
from trackbook.stores import open_store
from trackbook.stores.discovery import default_store_path
from trackbook.uris import parse_store_uri

if TYPE_CHECKING:
    from trackbook.stores.base import Store

__all__ = [
    "chosen_registry_uri",
    "current_experiment_id",
    "current_store",
    "get_registry_uri",
    "get_tracking_uri",
    "is_tracking_uri_set",
    "set_experiment",
    "set_registry_uri",
    "set_tracking_uri",
]

_tracking_uri: str | None = None
_registry_uri: str | None = None
_found: tuple[str, str] | None = None  # working directory and the store found from there
_experiment: tuple[str, str] | None = None  # store and experiment id


def set_tracking_uri(uri: str | os.PathLike[str]) -> None:
    """Choose where this process keeps its runs, and tell the processes that it starts (MLFLOW_TRACKING_URI).

    Args:
        uri: a database file or folder, ``sqlite:///path``, or "" to go back to the default. Relative paths become
            absolute now.

    Raises:
        InvalidParameter: it is none of these.
    """
    global _tracking_uri
    if uri == "":
        _tracking_uri = None
        os.environ.pop("MLFLOW_TRACKING_URI", None)
        return
    _tracking_uri = parse_store_uri(uri).uri
    os.environ["MLFLOW_TRACKING_URI"] = _tracking_uri


def get_tracking_uri() -> str:
    """URI of the store in use: what was set, else the environment's, else the one found from the working directory."""
    if _tracking_uri is not None:
        return _tracking_uri
    settings = read_settings()
    if settings.tracking_uri:
        return parse_store_uri(settings.tracking_uri).uri
    return parse_store_uri(_found_path()).uri


def _found_path() -> str:
    """The default store, looked for once a working directory: it must not change under an open run."""
    global _found
    here = os.getcwd()
    if _found is None or _found[0] != here:
        _found = (here, default_store_path(read_settings()))
    return _found[1]


def is_tracking_uri_set() -> bool:
    """Whether a call or the environment has chosen the store."""
    return _tracking_uri is not None or bool(read_settings().tracking_uri)


def set_registry_uri(uri: str | os.PathLike[str]) -> None:
    """Choose another store for registered models, and tell the processes that this one starts (MLFLOW_REGISTRY_URI).

    Args:
        uri: as for `set_tracking_uri`; "" goes back to the tracking store.

    Raises:
        InvalidParameter: it is no store's path or URI.
    """
    global _registry_uri
    _registry_uri = parse_store_uri(uri).uri if uri else None
    if _registry_uri is None:
        os.environ.pop("MLFLOW_REGISTRY_URI", None)
    else:
        os.environ["MLFLOW_REGISTRY_URI"] = _registry_uri


def get_registry_uri() -> str:
    """URI of the store for registered models: what was set, else the environment's, else the tracking store's."""
    return chosen_registry_uri() or get_tracking_uri()


def chosen_registry_uri() -> str | None:
    """The same where it was set or is in the environment; else None."""
    return _registry_uri or read_settings().registry_uri


def current_store() -> Store:
    """The store in use, opened."""
    return open_store(get_tracking_uri())


def set_experiment(
    experiment_name: str | None = None, experiment_id: str | None = None, trace_location: None = None
) -> Experiment:
    """Choose the experiment of runs that are started from now on, by name (made if there is none) or by id.

    Args:
        experiment_name: its name.
        experiment_id: its id; instead of a name.
        trace_location: refused; traces of language models are left out.

    Returns:
        The experiment.

    Raises:
        InvalidParameter: neither or both were given, or the name breaks the rules.
        NotFound: there is no experiment with that id.
        InvalidState: the experiment is deleted.
    """
    global _experiment
    if trace_location is not None:
        raise NotSupported("Traces are left out of Trackbook; leave trace_location out.")
    if (experiment_name is None) == (experiment_id is None):
        raise InvalidParameter("set_experiment takes a name or experiment_id=..., one of the two.")
    store = current_store()
    if experiment_name is not None:
        experiment = store.ensure_experiment(experiment_name)
    else:
        experiment = store.get_experiment(str(experiment_id))
        if experiment.lifecycle_stage != "active":
            experiment = store.ensure_experiment(experiment.name)  # raises, with what to do
    _experiment = (store.uri, experiment.experiment_id)
    return experiment


def current_experiment_id() -> str:
    """The id of the chosen experiment: the call's, else the environment's, else the Default experiment's ("0")."""
    store = current_store()
    if _experiment is not None and _experiment[0] == store.uri:
        return _experiment[1]
    settings = read_settings()
    if settings.experiment_id:
        return store.get_experiment(settings.experiment_id).experiment_id
    if settings.experiment_name:
        return store.ensure_experiment(settings.experiment_name).experiment_id
    return store.ensure_experiment(DEFAULT_EXPERIMENT_NAME).experiment_id
