"""The functions that make, find and change logged models, with MLflow's names and meanings."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, overload

from trackbook.entities import Run
from trackbook.entities.keys import check_int64, check_model_name
from trackbook.entities.logged_models import LoggedModel
from trackbook.errors import InvalidParameter
from trackbook.libraries import require
from trackbook.runs import model_files
from trackbook.runs.active import current_run
from trackbook.runs.active_model import ActiveModel, get_active_model_id
from trackbook.runs.inputs import running_code
from trackbook.runs.queries import all_pages
from trackbook.runs.session import current_experiment_id, current_store
from trackbook.stores.models import NewModel

if TYPE_CHECKING:
    import pandas as pd

    from trackbook.stores.base import Store

__all__ = [
    "LAST",
    "create_external_model",
    "delete_logged_model_tag",
    "finalize_logged_model",
    "get_logged_model",
    "initialize_logged_model",
    "last_logged_model",
    "log_model_params",
    "search_logged_models",
    "set_active_model",
    "set_logged_model_tags",
]

log = logging.getLogger("trackbook")

_EXTERNAL = "mlflow.model.isExternal"
#: Store and id of the model that this process logged last, for `last_logged_model`.
LAST: deque[tuple[Store, str]] = deque(maxlen=1)


def get_logged_model(model_id: str) -> LoggedModel:
    """A logged model with its params, tags and metrics, as it is stored now.

    Raises:
        NotFound: there is no such model, or it is deleted.
    """
    return current_store().get_logged_model(model_id)


def last_logged_model() -> LoggedModel | None:
    """The model that this process logged last, as it is stored now; None if it has logged none."""
    if not LAST:
        return None
    store, model_id = LAST[0]
    return (current_store() if store.closed else store).get_logged_model(model_id)


def initialize_logged_model(
    name: str | None = None,
    source_run_id: str | None = None,
    tags: Mapping[str, Any] | None = None,
    params: Mapping[str, Any] | None = None,
    model_type: str | None = None,
    experiment_id: str | None = None,
) -> LoggedModel:
    """Make a logged model that is PENDING: it takes files until `finalize_logged_model`, or `log_model(model_id=)`.

    Args:
        name: what people call it; two words and a number if None.
        source_run_id: the run that makes it; the active one, if there is one.
        tags: tags to begin with; who runs which code is added.
        params: params, set once.
        model_type: such as ``classifier``.
        experiment_id: where it belongs; the run's experiment, else the chosen one, if None.

    Returns:
        The model.

    Raises:
        NotFound: there is no such run or experiment.
        InvalidState: it is deleted.
        InvalidParameter: a name, tag or param breaks the rules.
    """
    store = current_store()
    return store.create_logged_model(_new(store, name, source_run_id, tags, params, model_type, experiment_id))


def create_external_model(
    name: str | None = None,
    source_run_id: str | None = None,
    tags: Mapping[str, Any] | None = None,
    params: Mapping[str, Any] | None = None,
    model_type: str | None = None,
    experiment_id: str | None = None,
) -> LoggedModel:
    """Make a logged model whose files are kept elsewhere: READY, without files, and tagged mlflow.model.isExternal.

    Arguments and errors are those of `initialize_logged_model`.

    Returns:
        The model.

    Raises:
        NotFound, InvalidState, InvalidParameter: see `initialize_logged_model`.
    """
    store = current_store()
    all_tags = {**(tags or {}), _EXTERNAL: "true"} if isinstance(tags, Mapping | None) else tags
    new = _new(store, name, source_run_id, all_tags, params, model_type, experiment_id)
    made = store.create_logged_model(new, [])
    LAST.append((store, made.model_id))
    return made


def _new(
    store: Store,
    name: str | None,
    source_run_id: str | None,
    tags: Any,
    params: Any,
    model_type: str | None,
    experiment_id: str | None,
) -> NewModel:
    run: Run | None = current_run() if source_run_id is None else store.get_run(source_run_id)
    if experiment_id is None:
        experiment_id = current_experiment_id() if run is None else run.info.experiment_id
    given = {} if tags is None else tags
    all_tags = running_code() | dict(given) if isinstance(given, Mapping) else given
    run_id = None if run is None else run.info.run_id
    return NewModel(experiment_id, name, run_id, model_type, all_tags, {} if params is None else params)


def finalize_logged_model(model_id: str, status: str) -> LoggedModel:
    """Make a PENDING model READY or FAILED. Sizes and hashes of the files of a READY one are fixed from then on.

    Returns:
        The model.

    Raises:
        NotFound: there is no such model.
        InvalidParameter: it is another status.
        InvalidState: the model has the other final status already.
    """
    return model_files.finalize(current_store(), model_id, status)


def log_model_params(params: Mapping[str, Any], model_id: str | None = None) -> None:
    """Add params to a logged model, all or none; a param is set once.

    Args:
        params: text by key.
        model_id: the model; the active one if None.

    Raises:
        NotFound: there is no such model.
        InvalidParameter: a key or value breaks the rules, a param has another value already, or no model is meant.
    """
    wanted = get_active_model_id() if model_id is None else model_id
    if wanted is None:
        raise InvalidParameter("No model is active; give model_id, or choose one with set_active_model.")
    current_store().log_model_params(wanted, params)


def set_logged_model_tags(model_id: str, tags: Mapping[str, Any]) -> None:
    """Set tags of a logged model, all or none.

    Raises:
        NotFound: there is no such model.
        InvalidParameter: a key or value breaks the rules.
    """
    current_store().set_logged_model_tags(model_id, tags)


def delete_logged_model_tag(model_id: str, key: str) -> None:
    """Remove a tag of a logged model.

    Raises:
        NotFound: there is no such model, or it has no such tag.
    """
    current_store().delete_logged_model_tag(model_id, key)


@overload
def search_logged_models(
    experiment_ids: Sequence[str] | None = None,
    filter_string: str | None = None,
    datasets: Sequence[Mapping[str, str]] | None = None,
    max_results: int | None = None,
    order_by: Sequence[Mapping[str, Any]] | None = None,
    output_format: Literal["pandas"] = "pandas",
) -> pd.DataFrame: ...


@overload
def search_logged_models(
    experiment_ids: Sequence[str] | None = None,
    filter_string: str | None = None,
    datasets: Sequence[Mapping[str, str]] | None = None,
    max_results: int | None = None,
    order_by: Sequence[Mapping[str, Any]] | None = None,
    *,
    output_format: Literal["list"],
) -> list[LoggedModel]: ...


def search_logged_models(
    experiment_ids: Sequence[str] | None = None,
    filter_string: str | None = None,
    datasets: Sequence[Mapping[str, str]] | None = None,
    max_results: int | None = None,
    order_by: Sequence[Mapping[str, Any]] | None = None,
    output_format: str = "pandas",
) -> pd.DataFrame | list[LoggedModel]:
    """Find logged models.

    Args:
        experiment_ids: where to look; the chosen experiment if None or empty.
        filter_string: such as ``metrics.accuracy > 0.9 AND params.depth = '3'``; everything if None.
        datasets: dicts with ``dataset_name`` and perhaps ``dataset_digest``: only metrics on one of these count.
        max_results: at most so many models; all if None.
        order_by: dicts with ``field_name``, ``ascending`` and, for a metric, ``dataset_name`` and ``dataset_digest``;
            newest first if None. What is missing comes last.
        output_format: ``pandas`` or ``list``.

    Returns:
        A DataFrame with a row a model, or a list of models.

    Raises:
        BadFilter: filter_string or order_by does not parse.
        InvalidParameter: another word breaks the rules.
        MissingDependency: pandas is not installed.
    """
    if output_format not in ("pandas", "list"):
        raise InvalidParameter(f"output_format is 'pandas' or 'list', not {output_format!r:.80}.")
    if output_format == "pandas":
        require("search_logged_models with output_format='pandas'", "pandas", instead="Or pass output_format='list'.")
    if max_results is not None and check_int64("max_results", max_results) < 0:
        raise InvalidParameter(f"max_results is a number of models and not negative; it is {max_results}.")
    store = current_store()
    where = experiment_ids or [current_experiment_id()]

    def page(size: int, token: str | None) -> Any:
        return store.search_logged_models(where, filter_string, datasets, size, order_by, token)

    models: list[LoggedModel] = all_pages(page, max_results)
    if output_format == "list":
        return models
    from trackbook.runs.frames import models_frame

    return models_frame(models)


def set_active_model(*, name: str | None = None, model_id: str | None = None) -> ActiveModel:
    """Choose the model that metrics logged in this thread measure, where a call names none.

    Args:
        name: of a model in the chosen experiment; the newest of several, and made (`create_external_model`) if there
            is none.
        model_id: its id; instead of a name.

    Returns:
        The model; as a context manager it gives way to the one that was active before.

    Raises:
        InvalidParameter: neither was given, or the model with that id has another name.
        NotFound: there is no model with that id.
    """
    if name is None and model_id is None:
        raise InvalidParameter("set_active_model takes a name or model_id=...; clear_active_model chooses none.")
    if model_id is not None:
        model = get_logged_model(model_id)
        if name is not None and model.name != name:
            raise InvalidParameter(f"The logged model {model_id} is called {model.name!r}, not {name!r:.80}.")
        return ActiveModel(model, set_by_user=True)
    found = search_logged_models(None, f"name = '{check_model_name(name)}'", max_results=2, output_format="list")
    if len(found) > 1:
        log.warning("Several logged models are called %r; the newest of them is active: %s", name, found[0].model_id)
    return ActiveModel(found[0] if found else create_external_model(name), set_by_user=True)
