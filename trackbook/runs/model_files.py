"""The files of a logged model while it is PENDING, and their hashes when it becomes READY."""

from __future__ import annotations

import os

from trackbook.entities import FileInfo, StoredFile
from trackbook.entities.logged_models import LoggedModel, LoggedModelStatus
from trackbook.errors import InvalidState
from trackbook.runs.artifact_places import folder_of, local_path_of, place_in
from trackbook.stores.artifacts.digests import Digest
from trackbook.stores.artifacts.reading import CHUNK
from trackbook.stores.artifacts.repository import ArtifactRepository, open_artifacts
from trackbook.stores.artifacts.sources import scan_folder
from trackbook.stores.base import Store
from trackbook.uris import SafeRelPath

__all__ = ["finalize", "list_files", "put_file", "put_folder"]


def put_file(store: Store, model_id: str, local_path: str | os.PathLike[str], artifact_path: str | None = None) -> None:
    """Store a local file, or a folder with its name, among the files of a PENDING model.

    Raises:
        InvalidParameter: there is no such file, or it has a name that cannot be stored.
        InvalidState: the model is READY or FAILED.
    """
    local, path = place_in(local_path, artifact_path)
    repository = _pending(store, model_id)
    if os.path.isdir(local):
        repository.put_folder(local, path)
    else:
        repository.put_file(local, path)
    _still_pending(store, model_id)


def put_folder(
    store: Store, model_id: str, local_dir: str | os.PathLike[str], artifact_path: str | None = None
) -> None:
    """Store the content of a local folder among the files of a PENDING model, all of it or nothing.

    Raises:
        InvalidParameter: there is no such folder, or some of its names or links cannot be stored; names all of them.
        InvalidState: the model is READY or FAILED.
    """
    local, folder = local_path_of(local_dir), folder_of(artifact_path)
    if not os.path.isdir(local):
        scan_folder(local)  # says what it is instead
    _pending(store, model_id).put_folder(local, folder)
    _still_pending(store, model_id)


def _pending(store: Store, model_id: str) -> ArtifactRepository:
    model = store.get_logged_model(model_id)
    if model.status != LoggedModelStatus.PENDING:
        raise InvalidState(
            f"The logged model {model_id} is {model.status.value}: its files are fixed and cannot be changed. Log a "
            "new model; initialize_logged_model makes one that takes files until it is finalized."
        )
    return open_artifacts(model.artifact_location)


def _still_pending(store: Store, model_id: str) -> None:
    status = store.get_logged_model(model_id).status
    if status != LoggedModelStatus.PENDING:
        raise InvalidState(
            f"The logged model {model_id} became {status.value} while a file was stored, which may not be among its "
            "files. Finalize a model when all of its files are there; this one has to be logged anew."
        )


def list_files(store: Store, model_id: str, path: str | None = None) -> list[FileInfo]:
    """One level of a folder of a model's files, sorted; [] if there is no such folder."""
    return open_artifacts(store.get_logged_model(model_id).artifact_location).list_artifacts(folder_of(path))


def finalize(store: Store, model_id: str, status: str) -> LoggedModel:
    """Make a PENDING model READY, with the sizes and hashes of the files that it has, or FAILED.

    Raises:
        NotFound: there is no such model.
        InvalidParameter: it is no such status.
        InvalidState: the model has another final status.
    """
    wanted = LoggedModelStatus.of(status)
    model = store.get_logged_model(model_id)
    ready = wanted == LoggedModelStatus.READY and model.status == LoggedModelStatus.PENDING
    return store.finalize_logged_model(model_id, wanted.value, _hashed(model) if ready else None)


def _hashed(model: LoggedModel) -> list[StoredFile]:
    """Every file of a model as it lies there."""
    repository = open_artifacts(model.artifact_location)
    if repository.info() is None:
        return []
    return [_file(repository, path) for path, _ in repository.tree()[0]]


def _file(repository: ArtifactRepository, path: SafeRelPath) -> StoredFile:
    digest = Digest()
    with repository.open(path) as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    return digest.file(path)
