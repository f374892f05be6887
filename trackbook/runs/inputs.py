"""What may be an input of a run: data sets and models, whoever made them, and those of a metric noted with it."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from trackbook.entities import Dataset, DatasetInput, LoggedModelInput
from trackbook.entities.keys import check_model_id
from trackbook.errors import InvalidParameter, StoreAway
from trackbook.runs.active import current_run, open_runs
from trackbook.runs.context.capture import known_context
from trackbook.runs.session import current_store

if TYPE_CHECKING:
    from trackbook.stores.base import Store

__all__ = ["checked_models", "entity_of", "note_dataset", "note_model", "running_code"]

log = logging.getLogger("trackbook")

#: What has been noted lately: store, run, name and digest. A loop that logs metrics of one data set notes it once.
_noted: deque[tuple[str, str, str, str]] = deque(maxlen=64)
#: The same of models: store, run and model.
_noted_models: deque[tuple[str, str, str]] = deque(maxlen=64)


def entity_of(dataset: object) -> Dataset:
    """A data set as it is stored.

    Args:
        dataset: one of `trackbook.data`, one of a run's inputs, or one that MLflow made.

    Raises:
        InvalidParameter: it is data without a description; the message names the function that describes it.
    """
    if isinstance(dataset, DatasetInput):
        return dataset.dataset
    if isinstance(dataset, Dataset):
        return dataset
    convert = getattr(dataset, "_to_mlflow_entity", None)
    if not callable(convert):
        from trackbook.runs.datasets import described

        raise InvalidParameter(f"An input of a run is a data set of trackbook.data, not {described(dataset)}.")
    found = convert()
    if isinstance(found, Dataset):
        return found
    return Dataset(found.name, found.digest, found.source_type, found.source, found.schema, found.profile)


def note_dataset(store: Store, run_id: str, dataset: Any) -> None:
    """Make the data set of a metric an input of the run, as MLflow does; nothing for one without a description."""
    key = (store.uri, run_id, dataset.name, dataset.digest)
    if key in _noted or not (isinstance(dataset, Dataset) or hasattr(dataset, "_to_mlflow_entity")):
        return
    try:
        store.log_inputs(run_id, [DatasetInput(entity_of(dataset))])
    except StoreAway as error:  # the metric is safe, and the next one tries again
        log.warning("The data set %r is not noted as an input of the run yet: %s", dataset.name, error)
        return
    _noted.append(key)


def running_code() -> dict[str, str]:
    """Tags that say which code is running: those of the active run, or what a run started now would have of them."""
    run = current_run() if open_runs() else None
    # a run is looked up anew: what git says comes after its start
    stored = None if run is None else run.store.get_run(run.info.run_id).data.tags
    tags = known_context(current_store()).tags if stored is None else stored
    return {key: value for key, value in tags.items() if key.startswith(("mlflow.user", "mlflow.source."))}


def checked_models(models: Any, kind: type) -> list[Any]:
    """Models as inputs or outputs; a class of another library with the same attributes will do."""
    if models is None:
        return []
    if not isinstance(models, Sequence) or isinstance(models, (str, bytes)):
        raise InvalidParameter(f"models is a list of {kind.__name__}, not a value of type {type(models).__name__}.")
    for model in models:
        if not all(hasattr(model, name) for name in kind.__dataclass_fields__):  # type: ignore[attr-defined]
            raise InvalidParameter(f"models is a list of {kind.__name__}; {model!r:.80} is a {type(model).__name__}.")
        check_model_id(model.model_id)
    return list(models)


def note_model(store: Store, run_id: str, model_id: str) -> None:
    """Make the model of a metric an input of the run that measures it, unless that run has made it.

    Raises:
        NotFound: there is no such model.
    """
    key = (store.uri, run_id, model_id)
    if key in _noted_models:
        return
    try:
        if all(made.model_id != model_id for made in store.get_run(run_id).outputs.model_outputs):
            store.log_models(run_id, [LoggedModelInput(model_id)])
    except StoreAway as error:  # the metric will be safe, and the next one tries again
        log.warning("The model %s is not noted as an input of the run yet: %s", model_id, error)
        return
    _noted_models.append(key)
