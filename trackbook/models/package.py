"""The way of every model, whichever library made it: into a folder, into the store, and back."""

from __future__ import annotations

import inspect
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

from trackbook.entities import LoggedModel, LoggedModelStatus, StoredFile
from trackbook.entities.keys import check_key
from trackbook.entities.manifests import manifest_digest
from trackbook.entities.registered_names import check_registered_name
from trackbook.errors import AlreadyExists, InvalidParameter, TrackbookError
from trackbook.libraries import require
from trackbook.models.building import Packaging, build_folder
from trackbook.models.code_paths import add_code
from trackbook.models.fetching import fetched, hash_folder
from trackbook.models.flavors.base import Flavor
from trackbook.models.model import Model, ModelInfo
from trackbook.models.trust import remember
from trackbook.runs.active import current_run
from trackbook.runs.session import current_experiment_id, current_store
from trackbook.stores.artifacts.repository import open_artifacts
from trackbook.stores.base import Store
from trackbook.stores.models import NewModel

__all__ = ["Destination", "load", "log", "log_with", "save"]

log_ = logging.getLogger("trackbook")


@dataclass(frozen=True)
class Destination:
    """Where a model is logged to; the words of every flavor's log_model.

    Attributes:
        name: of the logged model; `artifact_path` is MLflow's older word for it.
        artifact_path: as above.
        registered_model_name: register it under that name too.
        params, tags: of the logged model.
        model_type: such as ``classifier``.
        step: of the run at which it was made.
        model_id: a PENDING logged model that takes the files; a new one if None.
        run_id: the run that made it; the active one if None.
    """

    name: str | None = None
    artifact_path: str | None = None
    registered_model_name: str | None = None
    params: Mapping[str, Any] | None = None
    tags: Mapping[str, Any] | None = None
    model_type: str | None = None
    step: int = 0
    model_id: str | None = None
    run_id: str | None = None


_PACKAGING = frozenset(word.name for word in fields(Packaging))
_DESTINATION = frozenset(word.name for word in fields(Destination))


def _sorted(flavor: Flavor, words: Mapping[str, Any]) -> tuple[Packaging, Destination, dict[str, Any]]:
    """What a flavor's save_model or log_model was given, in its three heaps."""
    known = {**words, **words.get("kwargs", {})}
    for word in ("kwargs", "await_registration_for"):  # a version is there at once
        known.pop(word, None)
    given = Packaging(**{word: known.pop(word) for word in _PACKAGING & known.keys()})
    to = Destination(**{word: known.pop(word) for word in _DESTINATION & known.keys()})
    unknown = sorted(known.keys() - _options(flavor))
    if unknown:
        raise InvalidParameter(f"A model of the flavor {flavor.name} takes no {', '.join(unknown)}. Leave it out.")
    return given, to, known


@cache
def _options(flavor: Flavor) -> frozenset[str]:
    """The names that a flavor's `save` takes beyond the model and the folder."""
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    found = inspect.signature(flavor.save).parameters.values()
    return frozenset(each.name for each in found if each.kind in kinds) - {"model", "folder"}


def save(flavor: Flavor, model: Any, path: str | os.PathLike[str], words: Mapping[str, Any]) -> None:
    """Write a model into a new local folder.

    Args:
        flavor: of its library.
        model: the native model.
        path: of the folder; there must be nothing, or an empty folder.
        words: what the flavor's save_model was given beside these: the fields of `Packaging`, and the flavor's own.

    Raises:
        AlreadyExists: something is there.
        InvalidParameter: it is no model of that library, or something beside it is wrong; nothing is left behind.
    """
    given, _, options = _sorted(flavor, words)
    with _new_folder(path) as folder:
        build_folder(flavor, model, folder, given.mlflow_model or Model(), given, options)
        digest = manifest_digest(hash_folder(folder))
    remember(digest, os.path.abspath(os.fspath(path)))


@contextmanager
def _new_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A folder that appears, whole, at a path when the block has ended without an error."""
    target = Path(path).absolute()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise AlreadyExists(f"There is something at {str(target)!r} already; a model is saved into a new folder.")
    target.parent.mkdir(parents=True, exist_ok=True)
    staged = Path(tempfile.mkdtemp(prefix=f".{target.name[:50]}-", dir=target.parent))
    try:
        yield staged
        umask = os.umask(0)
        os.umask(umask)
        staged.chmod(0o777 & ~umask)  # it is the user's folder, as if she had made it
        if target.exists():
            target.rmdir()
        staged.rename(target)
    except BaseException:
        shutil.rmtree(staged, ignore_errors=True)
        raise


def log(flavor: Flavor, model: Any, words: Mapping[str, Any]) -> ModelInfo:
    """Log a model: its files into the artifact store, its row into the store, all of it or nothing.

    Args:
        flavor: of its library.
        model: the native model.
        words: what the flavor's log_model was given beside it: the fields of `Packaging` and `Destination`, and the
            flavor's own.

    Returns:
        What is known of it; `model_uri` is what loads it.
    """
    given, to, options = _sorted(flavor, words)
    return _log(lambda folder, meta: build_folder(flavor, model, folder, meta, given, options), to)


def log_with(flavor: Any, name: str | None, kwargs: dict[str, Any]) -> ModelInfo:
    """Log a model by somebody else's ``save_model``; see `trackbook.models.Model.log`."""
    to = Destination(**{"name": name} | {word: kwargs.pop(word) for word in _DESTINATION & kwargs.keys()})
    kwargs.pop("await_registration_for", None)
    if not callable(getattr(flavor, "save_model", None)):
        raise InvalidParameter(f"A flavor is a module or object with save_model, not {flavor!r:.80}.")
    wanted = inspect.signature(flavor.save_model).parameters

    def build(folder: Path, meta: Model) -> None:
        extra = {"mlflow_model": meta} if "mlflow_model" in wanted else {}
        folder.rmdir()  # save_model makes it
        flavor.save_model(path=str(folder), **extra, **kwargs)

    return _log(build, to)


def _log(build: Callable[[Path, Model], None], to: Destination) -> ModelInfo:
    store = current_store()
    if to.registered_model_name is not None:
        check_registered_name(to.registered_model_name)  # before anything is written
    new = _new_model(store, to)
    location = store.model_location(new.experiment_id, str(new.model_id))
    meta = Model(artifact_path=location, run_id=new.source_run_id, model_id=new.model_id, model_uuid=new.model_id)
    with tempfile.TemporaryDirectory(prefix="trackbook-model-") as above:
        folder = Path(above, "model")
        folder.mkdir()
        build(folder, meta)
        repository = open_artifacts(location)
        files = repository.put_folder(str(folder))
        try:
            logged = _record(store, new, files, to)
            digest = manifest_digest(files)
            remember(digest, logged.model_uri)
            version = _register(logged, to.registered_model_name)
        except BaseException:
            _take_back(store, new, to)
            repository.remove()
            raise
    info = meta.get_model_info(logged)
    return info if version is None else replace(info, registered_model_version=version)


def _new_model(store: Store, to: Destination) -> NewModel:
    """Which model is going to be made, checked as far as it can be before its files are written."""
    tags, params = (
        {check_key(kind, key): str(value) for key, value in (pairs or {}).items()}
        for kind, pairs in (("tag", to.tags), ("param", to.params))
    )
    if to.model_id is not None:
        known = store.get_logged_model(to.model_id)
        experiment, name, run_id, kind = known.experiment_id, known.name, known.source_run_id, known.model_type
        return NewModel(experiment, name, run_id, kind, tags, params, known.model_id, to.step)
    run = current_run() if to.run_id is None else store.get_run(to.run_id)
    experiment = run.info.experiment_id if run is not None else current_experiment_id()
    run_id = None if run is None else run.info.run_id
    name = to.name or to.artifact_path or "model"
    return NewModel(experiment, name, run_id, to.model_type, tags, params, f"m-{uuid4().hex}", to.step)


def _record(store: Store, new: NewModel, files: Sequence[StoredFile], to: Destination) -> LoggedModel:
    if to.model_id is None:
        return store.create_logged_model(new, files)
    store.set_logged_model_tags(to.model_id, new.tags)
    store.log_model_params(to.model_id, new.params)
    return store.finalize_logged_model(to.model_id, LoggedModelStatus.READY, files)


def _register(logged: LoggedModel, name: str | None) -> int | None:
    if name is None:
        return None
    from trackbook.registry.versions import register_logged

    return int(register_logged(logged, name).version)


def _take_back(store: Store, new: NewModel, to: Destination) -> None:
    """Undo the row of a model whose registration failed."""
    if to.model_id is None:
        try:
            store.delete_logged_model(str(new.model_id))
        except TrackbookError as error:  # it may not be there; what made the call fail is what the user has to see
            log_.debug("The model %s was not taken back: %s", new.model_id, error)


def load(
    flavor: Flavor,
    uri: str,
    dst_path: str | os.PathLike[str] | None = None,
    trust: bool | None = None,
    **options: Any,
) -> Any:
    """The native model at an address.

    Args:
        flavor: of its library.
        uri: see `trackbook.runs.model_addresses.locate`.
        dst_path: folder for a copy of its files that stays.
        trust: True lets this call run code that comes with the model; None asks the user's rules.
        options: what this flavor's load_model takes beyond that.

    Raises:
        NotFound: there is no such model.
        DamagedArtifact: its files are not what was stored.
        UntrustedModel: loading it runs code, and nobody has said that it may.
        MissingDependency: its library is not installed.
    """
    require(f"A model of the flavor {flavor.name}", flavor.library)
    with fetched(uri, dst_path) as copy:
        opened = copy.opened(flavor.name, trust)
        if hazard := flavor.hazard(opened):
            opened.trust.require(hazard)
        if add_code(opened) or flavor.keeps_files:
            copy.keep()
        return flavor.load(opened, **options)
