"""Garbage collection of logged models: their files, then their rows, and never what a registered version needs."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress

from trackbook.errors import TrackbookError
from trackbook.stores.base import Store
from trackbook.stores.upkeep import DeletedModel
from trackbook.upkeep.folders import Measure, local_root, measure, model_folder, remove_model_folder
from trackbook.upkeep.pieces import Piece

__all__ = ["has_models", "planned_models", "purge_models"]

_BATCH = 50
_MODEL = re.compile(r"m-[0-9a-f]{32}")


def planned_models(models: Sequence[DeletedModel]) -> Iterator[Piece]:
    """What would go."""
    for model in models:
        yield _piece(model, _measured(model))


def purge_models(store: Store, models: Sequence[DeletedModel], held: set[str]) -> Iterator[Piece]:
    """Purge logged models: each is hidden for good first, then its files are deleted, then its rows.

    Args:
        store: the store.
        models: which.
        held: folders that something else needs.

    Yields:
        each of them, but for those that were registered meanwhile.
    """
    for start in range(0, len(models), _BATCH):
        some = models[start : start + _BATCH]
        problems = {model.model_id: problem for model in some if (problem := _holder(model, held))}
        hidden = store.begin_model_purge([model.model_id for model in some if model.model_id not in problems])
        pieces = []
        for model in some:
            if model.model_id in hidden:
                pieces.append(_remove(model))
            elif model.model_id in problems:
                pieces.append(_piece(model, _measured(model), problem=problems[model.model_id]))
        store.finish_model_purge([piece.id for piece in pieces if piece.gone])
        yield from pieces


def _remove(model: DeletedModel) -> Piece:
    found = _measured(model)
    try:
        remove_model_folder(model.artifact_location, model.model_id)
    except TrackbookError as error:
        return _piece(model, found, problem=str(error))
    return _piece(model, found, gone=True)


def _holder(model: DeletedModel, held: set[str]) -> str:
    """Why the files of a model must stay; "" if nothing needs them."""
    root = local_root(model.artifact_location)
    folder = None if root is None else os.path.realpath(model_folder(root, model.model_id))
    if folder in held:
        return f"Another experiment keeps its artifacts in {folder}; the model stays until that experiment is purged."
    return ""


def _measured(model: DeletedModel) -> Measure:
    root = local_root(model.artifact_location)
    return measure(model_folder(root, model.model_id)) if root is not None else Measure(0, 0, 0.0)


def _piece(model: DeletedModel, found: Measure, gone: bool = False, problem: str = "") -> Piece:
    what = ("model", model.model_id, model.name, model.experiment_id, model.deleted)
    return Piece(*what, found.files, found.size, gone, problem)


def has_models(folder: str) -> bool:
    """Whether folders of logged models lie in a folder."""
    with suppress(OSError), os.scandir(folder) as entries:
        return any(_MODEL.fullmatch(entry.name) for entry in entries)
    return False
