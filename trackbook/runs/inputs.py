"""What may be an input of a run: data sets as entities, whoever made them, and the one of a metric noted with it."""

from __future__ import annotations

import logging
from collections import deque
from typing import TYPE_CHECKING, Any

from trackbook.entities import Dataset, DatasetInput
from trackbook.errors import InvalidParameter, NotSupported, StoreAway
from trackbook.runs.active import current_run, open_runs
from trackbook.runs.context.capture import known_context
from trackbook.runs.session import current_store

if TYPE_CHECKING:
    from trackbook.stores.base import Store

__all__ = ["entity_of", "note_dataset", "refuse_models", "running_code"]

log = logging.getLogger("trackbook")

#: What has been noted lately: store, run, name and digest. A loop that logs metrics of one data set notes it once.
_noted: deque[tuple[str, str, str, str]] = deque(maxlen=64)


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


def refuse_models(models: object) -> None:
    """Logged models come with the registry.

    Raises:
        NotSupported: one was given.
    """
    if models:
        raise NotSupported(
            "Models as inputs come in a later version; note a model's name with set_tag, and leave it out here."
        )
