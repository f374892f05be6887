"""Reading back: the functions that find runs and experiments, and those that change an experiment."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from trackbook.entities import Experiment, PagedList, Run, ViewType
from trackbook.entities.keys import check_experiment_id, check_int64, check_key
from trackbook.errors import InvalidParameter, NotFound, NotSupported
from trackbook.libraries import require
from trackbook.runs.session import current_experiment_id, current_store

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from trackbook.stores.base import Store

__all__ = [
    "all_pages",
    "create_experiment",
    "delete_experiment",
    "delete_experiment_tag",
    "delete_run",
    "get_experiment",
    "get_experiment_by_name",
    "get_parent_run",
    "get_run",
    "known_experiments",
    "parent_of",
    "restore_experiment",
    "restore_run",
    "search_experiments",
    "search_runs",
    "set_experiment_tag",
    "set_experiment_tags",
]

T = TypeVar("T")

PARENT_TAG = "mlflow.parentRunId"
_PAGE = 10_000


def get_run(run_id: str) -> Run:
    """A run as it is stored now, a deleted one too.

    Raises:
        NotFound: there is no such run.
    """
    return current_store().get_run(run_id)


def get_parent_run(run_id: str) -> Run | None:
    """The run inside which a run was started; None if there is none.

    Raises:
        NotFound: there is no such run, or its parent was deleted for good.
    """
    return parent_of(current_store(), run_id)


def parent_of(store: Store, run_id: str) -> Run | None:
    """`get_parent_run` for a store."""
    parent = store.get_run(run_id).data.tags.get(PARENT_TAG)
    return store.get_run(parent) if parent else None


def delete_run(run_id: str, *, force: bool = False) -> None:
    """Mark a run as deleted: it takes nothing more, and searches pass it over until `restore_run`.

    Args:
        run_id: which.
        force: also if registered versions came from it; their files stay.

    Raises:
        NotFound: there is no such run.
        InvalidState: registered versions came from it; the message names them.
    """
    current_store().delete_run(run_id, force)


def restore_run(run_id: str) -> None:
    """Undo `delete_run`.

    Raises:
        NotFound: there is no such run.
    """
    current_store().restore_run(run_id)


@overload
def search_runs(
    experiment_ids: Sequence[str] | None = None,
    filter_string: str = "",
    run_view_type: int = ViewType.ACTIVE_ONLY,
    max_results: int = 100_000,
    order_by: Sequence[str] | None = None,
    output_format: Literal["pandas"] = "pandas",
    search_all_experiments: bool = False,
    experiment_names: Sequence[str] | None = None,
) -> pd.DataFrame: ...


@overload
def search_runs(
    experiment_ids: Sequence[str] | None = None,
    filter_string: str = "",
    run_view_type: int = ViewType.ACTIVE_ONLY,
    max_results: int = 100_000,
    order_by: Sequence[str] | None = None,
    *,
    output_format: Literal["list"],
    search_all_experiments: bool = False,
    experiment_names: Sequence[str] | None = None,
) -> list[Run]: ...


def search_runs(
    experiment_ids: Sequence[str] | None = None,
    filter_string: str = "",
    run_view_type: int = ViewType.ACTIVE_ONLY,
    max_results: int = 100_000,
    order_by: Sequence[str] | None = None,
    output_format: str = "pandas",
    search_all_experiments: bool = False,
    experiment_names: Sequence[str] | None = None,
) -> pd.DataFrame | list[Run]:
    """Find runs.

    Args:
        experiment_ids: where to look; the chosen experiment if neither ids nor names are given.
        filter_string: such as ``metrics.loss < 0.1 AND params.model = 'tree'``; everything if empty.
        run_view_type: ViewType.ACTIVE_ONLY, DELETED_ONLY or ALL.
        max_results: at most so many runs.
        order_by: such as ``["metrics.loss ASC"]``; newest first if None. Missing values come last.
        output_format: ``pandas`` or ``list``.
        search_all_experiments: look in every active experiment, if neither ids nor names are given.
        experiment_names: where to look; instead of ids.

    Returns:
        A DataFrame with the columns run_id, experiment_id, status, artifact_uri (text), start_time, end_time
        (datetime64 in UTC, NaT while a run goes on), metrics.<key> (float, NaN where a run has none), params.<key> and
        tags.<key> (text or None); or a list of `Run`.

    Raises:
        BadFilter: filter_string or order_by does not parse.
        NotFound: there is no such experiment.
        InvalidParameter: another argument breaks a rule.
        MissingDependency: a DataFrame is asked for, and pandas is not installed.
    """
    if output_format not in ("pandas", "list"):
        raise InvalidParameter(f"output_format is 'pandas' or 'list', not {output_format!r:.80}.")
    if output_format == "pandas":
        require("search_runs with output_format='pandas'", "pandas", instead="Or pass output_format='list'.")
    most = check_int64("max_results", max_results)
    if most < 0:
        raise InvalidParameter(f"max_results is a number of runs and not negative; it is {most}.")
    store = current_store()
    where = _where(store, experiment_ids, experiment_names, search_all_experiments)
    if output_format == "list":
        return all_pages(
            lambda size, token: store.search_runs(where, filter_string, run_view_type, size, order_by, token), most
        )
    from trackbook.runs.frames import runs_frame

    # One result at least, so that a filter is checked also where nothing is wanted.
    table = store.run_table(where if most else [], filter_string, run_view_type, max(most, 1), order_by)
    return runs_frame(table)


def _where(store: Store, ids: object, names: object, all_experiments: bool) -> list[str]:
    """The ids of the experiments to look in; an empty list of them is not the same as none given."""
    by_id = None if ids is None else known_experiments(store, ids)
    by_name = None if names is None else [_named(store, name) for name in _several("experiment_names", names)]
    if by_id and by_name:
        raise InvalidParameter("search_runs takes experiment_ids or experiment_names, not both.")
    if by_id or by_name:
        return by_id or by_name or []
    if all_experiments:
        everywhere = all_pages(lambda size, token: store.search_experiments(max_results=size, page_token=token), None)
        return [experiment.experiment_id for experiment in everywhere]
    return [current_experiment_id()] if by_id is None and by_name is None else []


def _named(store: Store, name: str) -> str:
    experiment = store.get_experiment_by_name(name)
    if experiment is None:
        raise NotFound(f"There is no experiment named {name!r}; search_experiments() lists them.")
    return experiment.experiment_id


def known_experiments(store: Store, experiment_ids: object) -> list[str]:
    """A list of ids as the store has them.

    Raises:
        NotFound: one of them is no experiment's.
        InvalidParameter: one of them is no id.
    """
    ids = [check_experiment_id(given) for given in _several("experiment_ids", experiment_ids)]
    for experiment_id in ids:
        store.get_experiment(experiment_id)
    return ids


def _several(argument: str, values: object) -> list[Any]:
    """The items of a list; one text or number alone is a list of one."""
    if isinstance(values, (str, int)) and not isinstance(values, bool):
        return [values]
    if isinstance(values, Mapping) or not isinstance(values, Iterable):
        raise InvalidParameter(f"{argument} is a list such as ['1', '2'], not {type(values).__name__}: {values!r:.80}.")
    return list(values)


def all_pages(page: Callable[[int, str | None], PagedList[T]], most: int | None) -> list[T]:
    """The items of all pages, up to a number of them; `page` takes a size and a token."""
    found: list[T] = []
    token: str | None = None
    while True:
        wanted = _PAGE if most is None else min(_PAGE, most - len(found))
        answer = page(max(wanted, 1), token)
        found += answer
        token = answer.token
        if not token or (most is not None and len(found) >= most):
            return found if most is None else found[:most]


def search_experiments(
    view_type: int = ViewType.ACTIVE_ONLY,
    max_results: int | None = None,
    filter_string: str | None = None,
    order_by: Sequence[str] | None = None,
) -> list[Experiment]:
    """Find experiments.

    Args:
        view_type: ViewType.ACTIVE_ONLY, DELETED_ONLY or ALL.
        max_results: at most so many; all if None.
        filter_string: such as ``name LIKE 'digits%' AND tags.team = 'vision'``.
        order_by: such as ``["name ASC"]``; newest first if None.

    Returns:
        All that match, or the first `max_results` of them.

    Raises:
        BadFilter: filter_string or order_by does not parse.
    """
    most = None if max_results is None else check_int64("max_results", max_results)
    if most is not None and most < 0:
        raise InvalidParameter(f"max_results is a number of experiments and not negative; it is {most}.")
    store = current_store()
    return all_pages(
        lambda size, token: store.search_experiments(view_type, size, filter_string, order_by, token), most
    )


def create_experiment(
    name: str,
    artifact_location: str | os.PathLike[str] | None = None,
    tags: Mapping[str, Any] | None = None,
    trace_location: None = None,
) -> str:
    """Make an experiment.

    Args:
        name: 1 to 500 characters, taken by no other experiment.
        artifact_location: the folder for its artifacts; one beside the database if None.
        tags: tags to begin with.
        trace_location: refused; traces of language models are left out.

    Returns:
        Its id.

    Raises:
        AlreadyExists: the name is taken, perhaps by a deleted experiment.
    """
    if trace_location is not None:
        raise NotSupported("Traces are left out of Trackbook; leave trace_location out.")
    return current_store().create_experiment(name, artifact_location, tags)  # type: ignore[arg-type]


def get_experiment(experiment_id: str) -> Experiment:
    """An experiment by its id, a deleted one too.

    Raises:
        NotFound: there is no such experiment.
    """
    return current_store().get_experiment(experiment_id)


def get_experiment_by_name(name: str) -> Experiment | None:
    """An experiment by its name, a deleted one too; None if there is none.

    Raises:
        InvalidParameter: it is no name.
    """
    return current_store().get_experiment_by_name(name)


def delete_experiment(experiment_id: str, *, force: bool = False) -> None:
    """Mark an experiment and its runs as deleted; it keeps its name.

    Args:
        experiment_id: which.
        force: also if registered versions came from it; their files stay.

    Raises:
        NotFound: there is no such experiment, or it is deleted already.
        InvalidState: registered versions came from it; the message names them.
    """
    current_store().delete_experiment(experiment_id, force)


def restore_experiment(experiment_id: str) -> None:
    """Undo `delete_experiment`, for its runs too.

    Raises:
        NotFound: there is no such deleted experiment.
    """
    current_store().restore_experiment(experiment_id)


def set_experiment_tag(key: str, value: Any) -> None:
    """Set one tag of the chosen experiment, as text; the last one wins.

    Raises:
        InvalidParameter: the key or value breaks the rules.
    """
    set_experiment_tags({check_key("tag", key): value})


def set_experiment_tags(tags: Mapping[str, Any]) -> None:
    """Set tags of the chosen experiment, all of them or none.

    Raises:
        InvalidParameter: a key or value breaks the rules.
    """
    current_store().set_experiment_tags(current_experiment_id(), tags)


def delete_experiment_tag(key: str) -> None:
    """Remove a tag of the chosen experiment.

    Raises:
        NotFound: it has none of that key.
    """
    current_store().delete_experiment_tag(current_experiment_id(), key)
