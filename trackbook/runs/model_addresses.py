"""Where a model lies: models:/, runs:/ and other addresses, resolved to files with the hashes that are known."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from trackbook.entities import LoggedModel, ModelVersion, StoredFile
from trackbook.entities.keys import NOT_IN_MODEL_NAMES
from trackbook.entities.registry import STAGES
from trackbook.errors import InvalidParameter, NotFound
from trackbook.runs.artifacts import run_artifacts
from trackbook.runs.session import current_store, get_registry_uri
from trackbook.stores import open_store
from trackbook.stores.artifacts.repository import ArtifactRepository, open_artifacts
from trackbook.stores.base import Store
from trackbook.uris import ModelUri, SafeRelPath, local_path, parse_model_uri, parse_run_uri

__all__ = ["FixedFiles", "Located", "locate", "model_repository", "resolve_version"]


class FixedFiles:
    """The files of a model, which nothing may change; see `trackbook.stores.artifacts.records`.

    Args:
        files: with their sizes and hashes.
        owner: what they belong to, for errors.
    """

    def __init__(self, files: Sequence[StoredFile], owner: str) -> None:
        self._files, self._owner = {file.path: file for file in files}, owner

    def replacing(self, paths: Sequence[str]) -> None:
        """Refuse: these files are what somebody relies on."""
        raise InvalidParameter(f"The files of {self._owner} cannot be changed; log a new model.")

    def written(self, files: Sequence[StoredFile]) -> None:
        """Refuse, as above."""
        self.replacing([file.path for file in files])

    def known(self, path: str | None = None) -> list[StoredFile]:
        """One file, what lies below a folder, or all."""
        if path is None:
            return list(self._files.values())
        found = self._files.get(path)
        return [found] if found else [file for file in self._files.values() if file.path.startswith(f"{path}/")]


@dataclass(frozen=True)
class Located:
    """A model, or a part of one, that was found by an address.

    Attributes:
        uri: the address.
        repository: holds its files, and checks what is read where hashes are known.
        path: its folder in the repository; None for the root.
        files: what it consists of, with paths from `path` on; None where nobody has recorded that.
        store: that knows it; None for a plain path.
        model: the logged model.
        version: the registered version that the address names.
        run_id: the run that made it.
    """

    uri: str
    repository: ArtifactRepository
    path: SafeRelPath | None = None
    files: list[StoredFile] | None = None
    store: Store | None = None
    model: LoggedModel | None = None
    version: ModelVersion | None = None
    run_id: str | None = None

    def __str__(self) -> str:
        version = self.version
        return self.uri if version is None else f"{self.uri} ({version.name} version {version.version})"


def locate(uri: object, tracking_uri: str | None = None, registry_uri: str | None = None) -> Located:
    """Find a model by its address; nothing of it is read.

    Args:
        uri: ``models:/...``, ``runs:/<run_id>/<name or path>``, a local path, ``file:``, or what fsspec knows.
        tracking_uri: the store of logged models and runs; the current one if None.
        registry_uri: the store of registered models; the current one if None.

    Raises:
        NotFound: there is no such model, version or run.
        InvalidParameter: it is no address.
    """
    address = os.fspath(uri) if isinstance(uri, (str, os.PathLike)) else uri
    if not isinstance(address, str) or not address.strip():
        raise InvalidParameter(f"A model's address is text such as 'models:/digits/1', not {uri!r:.80}.")
    scheme = address.partition(":")[0].lower() if ":" in address.partition("/")[0] else ""
    if scheme == "models":
        parsed = parse_model_uri(address)
        registry = open_store(registry_uri or get_registry_uri())
        return _registered(parsed, registry, tracking_uri) if parsed.name else _logged(parsed, tracking_uri)
    if scheme == "runs":
        return _of_run(address, _tracking(tracking_uri))
    return _plain(address, scheme)


def _tracking(uri: str | None) -> Store:
    return current_store() if uri is None else open_store(uri)


def resolve_version(parsed: ModelUri, registry: Store) -> ModelVersion:
    """The version that a ``models:/<name>...`` address means now.

    Raises:
        NotFound: there is no such registered model, or it has no such version.
        InvalidParameter: there is no such stage or alias.
    """
    if parsed.version is not None:
        return registry.get_model_version(parsed.name, parsed.version)
    if parsed.alias is not None:
        return registry.get_model_version_by_alias(parsed.name, parsed.alias)
    stages = None
    if parsed.stage is not None:
        stages = [stage for stage in STAGES if stage.lower() == parsed.stage.lower()]
        if not stages:
            raise InvalidParameter(
                f"{parsed.uri!r} names {parsed.stage!r}, which is neither a version number nor 'latest' nor one of the "
                f"stages {', '.join(STAGES)}. An alias is written models:/{parsed.name}@{parsed.stage}."
            )
    found = registry.get_latest_versions(parsed.name, stages)
    if not found:
        wanted = f"in the stage {stages[0]}" if stages else "at all"
        raise NotFound(f"The registered model {parsed.name!r} has no version {wanted}; register_model makes one.")
    return max(found, key=lambda version: int(version.version))


def _registered(parsed: ModelUri, registry: Store, tracking_uri: str | None) -> Located:
    version = resolve_version(parsed, registry)
    files = registry.model_version_files(version.name, version.version)
    tracking = _tracking(tracking_uri)
    try:
        model = tracking.get_logged_model(str(version.model_id))
    except NotFound:
        if registry is tracking:
            raise
        tracking, model = registry, registry.get_logged_model(str(version.model_id))
    found = model_repository(tracking, model, files)
    return _part(Located(parsed.uri, found, None, files, tracking, model, version, version.run_id), parsed.path)


def _logged(parsed: ModelUri, tracking_uri: str | None) -> Located:
    store = _tracking(tracking_uri)
    return _of_model(parsed.uri, store, store.get_logged_model(str(parsed.model_id)), parsed.path)


def _of_model(uri: str, store: Store, model: LoggedModel, path: str) -> Located:
    files = store.logged_model_files(model.model_id)
    found = model_repository(store, model, files)
    return _part(Located(uri, found, None, files or None, store, model, None, model.source_run_id), path)


def model_repository(store: Store, model: LoggedModel, files: Sequence[StoredFile] | None = None) -> ArtifactRepository:
    """The repository of a logged model's files."""
    known = store.logged_model_files(model.model_id) if files is None else files
    return open_artifacts(model.artifact_location, FixedFiles(known, f"the model {model.model_id}"))


def _part(whole: Located, path: str) -> Located:
    """A file or folder in a model."""
    if not path:
        return whole
    inside = SafeRelPath.parse(path)
    files = None
    if whole.files is not None:
        known = whole.repository.records.known(path)
        files = [StoredFile(_below(file.path, path), file.size, file.sha256, file.time) for file in known]
    return Located(whole.uri, whole.repository, inside, files, whole.store, whole.model, whole.version, whole.run_id)


def _below(path: str, folder: str) -> str:
    if not folder:
        return path
    return path[len(folder) + 1 :] if path != folder else path.rpartition("/")[2]


def _of_run(address: str, store: Store) -> Located:
    parsed = parse_run_uri(address.rstrip("/"))
    run = store.get_run(parsed.run_id)
    repository = run_artifacts(store, run)
    path = SafeRelPath.parse(parsed.path) if parsed.path not in ("", ".") else None
    if path is None or repository.info(path) is not None:
        return Located(address, repository, path, _known(repository, path), store, None, None, parsed.run_id)
    for depth in range(len(path.parts), 0, -1):
        name, inner = "/".join(path.parts[:depth]), "/".join(path.parts[depth:])
        model = _model_of_run(store, run.info.experiment_id, parsed.run_id, name)
        if model is not None:
            return _of_model(address, store, model, inner)
    raise NotFound(
        f"The run {parsed.run_id} has neither a logged model nor an artifact {parsed.path!r}; search_logged_models() "
        "and list_artifacts() list what there is."
    )


def _known(repository: ArtifactRepository, path: SafeRelPath | None) -> list[StoredFile] | None:
    """What is remembered of a folder of a run's artifacts, if that is all that is there."""
    known = {file.path: file for file in repository.records.known(str(path) if path else None)}
    there = {str(file) for file, _ in repository.tree(path)[0]} if known else set[str]()
    if known.keys() != there or not known:
        return None
    above = str(path) if path else ""
    return [StoredFile(_below(f.path, above), f.size, f.sha256, f.time) for f in known.values()]


def _model_of_run(store: Store, experiment_id: str, run_id: str, name: str) -> LoggedModel | None:
    """The newest model of that name that a run has made."""
    if any(character in name for character in NOT_IN_MODEL_NAMES):
        return None  # no model has such a name
    wanted = f"source_run_id = '{run_id}' AND name = '{name}'"
    found = store.search_logged_models([experiment_id], wanted, None, 1)
    return found[0] if found else None


def _plain(address: str, scheme: str) -> Located:
    if scheme not in ("", "file"):
        return Located(address, open_artifacts(address.rstrip("/")))
    path = os.path.abspath(os.path.expanduser(local_path(address)))
    if not os.path.exists(path):
        raise NotFound(
            f"There is no model at {path!r}. An address is a path, models:/<name>/<version> or runs:/<id>/<name>."
        )
    if os.path.isfile(path):
        folder, name = os.path.split(path)
        return Located(address, open_artifacts(folder), SafeRelPath.parse(name))
    return Located(address, open_artifacts(path))
