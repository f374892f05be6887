"""Makes versions of registered models: of a logged model as it is, of anything else after it was copied into one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from uuid import uuid4

from trackbook.entities import DEFAULT_EXPERIMENT_NAME, LoggedModel, LoggedModelStatus, ModelVersion, StoredFile
from trackbook.entities.keys import (
    NOT_IN_MODEL_NAMES,
    check_description,
    check_registered_name,
    check_registry_tags,
    check_run_id,
    check_text,
)
from trackbook.errors import InvalidParameter, InvalidState
from trackbook.runs.model_addresses import Located, locate, resolve_version
from trackbook.runs.session import current_experiment_id, current_store, get_registry_uri, get_tracking_uri
from trackbook.stores import open_store
from trackbook.stores.artifacts.repository import open_artifacts
from trackbook.stores.artifacts.staging import remove_placed
from trackbook.stores.base import Store
from trackbook.stores.models import NewModel
from trackbook.stores.registry import NewVersion
from trackbook.uris import SafeRelPath, parse_model_uri

__all__ = ["Stores", "copy_version", "create_version"]

_MLMODEL = "MLmodel"
_UNDERSCORES = str.maketrans(dict.fromkeys(NOT_IN_MODEL_NAMES, "_"))


@dataclass(frozen=True, slots=True)
class Stores:
    """Where runs and logged models are kept, and where registered models are.

    Attributes:
        tracking_uri: of the one.
        registry_uri: of the other; often the same.
        read_only: whether they are opened to look only.
    """

    tracking_uri: str
    registry_uri: str
    read_only: bool = False

    @classmethod
    def current(cls) -> Stores:
        """Those that this process uses now."""
        return cls(get_tracking_uri(), get_registry_uri())

    @property
    def tracking(self) -> Store:
        """The store of runs, opened."""
        return open_store(self.tracking_uri, read_only=self.read_only)

    @property
    def registry(self) -> Store:
        """The store of registered models, opened."""
        return open_store(self.registry_uri, read_only=self.read_only)

    def locate(self, uri: object) -> Located:
        """See `trackbook.runs.model_addresses.locate`."""
        return locate(uri, self.tracking_uri, self.registry_uri)


def create_version(stores: Stores, wanted: NewVersion, *, whole_model: bool = False) -> ModelVersion:
    """Make the next version of a registered model.

    Args:
        stores: where to look, and to write.
        wanted: its `source` is any address of a model, unless `model_id` names a logged model; `files` are found here.
        whole_model: refuse what has no MLmodel file.

    Raises:
        NotFound: there is no such model, or no such registered model and it is not to be made.
        InvalidParameter: a name, tag or address breaks the rules.
        InvalidState: the logged model is not READY.
        DamagedArtifact: files that were to be copied are not what was stored.
    """
    wanted = _checked(wanted)
    if not wanted.make_model:
        stores.registry.get_registered_model(wanted.name)  # before anything is copied
    located = stores.locate(_address(wanted))
    wanted = replace(wanted, run_id=wanted.run_id or located.run_id)
    if located.model is not None and located.path is None:
        return stores.registry.create_model_version(_linked(wanted, located.model, located.files))
    if whole_model and located.repository.info(_inside(located, _MLMODEL)) is None:
        raise InvalidParameter(
            f"There is no file MLmodel in {wanted.source!r:.200}, so it is no model; save_model and log_model of a "
            "flavor such as trackbook.sklearn or trackbook.pyfunc make one."
        )
    with _copied(stores.tracking, located, wanted.name) as (model, files):
        return stores.registry.create_model_version(_linked(wanted, model, files))


def copy_version(stores: Stores, uri: object, name: str) -> ModelVersion:
    """Make a version of another registered model with the files, tags and description of a version.

    Args:
        stores: where to look, and to write.
        uri: ``models:/<name>/<version>`` or another address of a version.
        name: of the registered model that gets it, made if there is none.

    Raises:
        NotFound: there is no such version.
        InvalidParameter: it is no address of a version, or no name.
    """
    check_registered_name(name)
    parsed = parse_model_uri(check_text("The address of a version", uri))
    if not parsed.name or parsed.path:
        raise InvalidParameter(f"A version to copy is given as models:/<name>/<version>, not {uri!r:.200}.")
    registry = stores.registry
    found = resolve_version(parsed, registry)
    files = registry.model_version_files(found.name, found.version)
    lineage = (str(found.source), files, found.run_id, found.model_id)
    new = NewVersion(name, *lineage, found.tags, found.description, found.run_link, make_model=True)
    return registry.create_model_version(new)


def _checked(wanted: NewVersion) -> NewVersion:
    """What was asked for, before anything is copied."""
    name, tags = check_registered_name(wanted.name), check_registry_tags(wanted.tags)
    check_description(wanted.description)
    if wanted.run_id is not None:
        check_run_id(wanted.run_id)
    if wanted.run_link is not None:
        check_text("run_link", wanted.run_link)
    return replace(wanted, name=name, tags=tags)


def _address(wanted: NewVersion) -> object:
    """Where the files are: with a logged model if there is one; nothing else may be said of it then."""
    if wanted.model_id is None:
        return wanted.source
    address = f"models:/{wanted.model_id}"
    source = wanted.source
    if isinstance(source, str) and source.startswith("models:/m-") and source.rstrip("/") != address:
        raise InvalidParameter(f"The source {source!r:.200} is not the logged model {wanted.model_id}; give one.")
    return address


def _linked(wanted: NewVersion, model: LoggedModel, files: list[StoredFile] | None) -> NewVersion:
    """A version of a logged model, whose files are fixed."""
    if model.status != LoggedModelStatus.READY:
        raise InvalidState(f"The logged model {model.model_id} is {model.status}; only a READY one can be registered.")
    return replace(wanted, source=model.model_uri, model_id=model.model_id, files=files or [])


def _inside(located: Located, name: str) -> SafeRelPath:
    return SafeRelPath((*(located.path.parts if located.path else ()), name))


@contextmanager
def _copied(tracking: Store, located: Located, name: str) -> Iterator[tuple[LoggedModel, list[StoredFile]]]:
    """A new logged model with a copy of the files; taken back if what is done with it fails."""
    experiment = _experiment_for(tracking, located)
    new = NewModel(experiment, name.translate(_UNDERSCORES), located.run_id, model_id=f"m-{uuid4().hex}")
    location = tracking.model_location(experiment, str(new.model_id))
    repository = open_artifacts(location)
    made = False
    try:
        with tempfile.TemporaryDirectory(prefix="trackbook-model-") as folder:  # 0700
            place = located.repository.download(located.path, folder, keep_folders=False)
            files = repository.put_folder(place if os.path.isdir(place) else folder)
        if not files:
            raise InvalidParameter(f"There are no files at {located.uri!r:.200}.")
        model = tracking.create_logged_model(new, files)
        made = True
        yield model, files
    except BaseException:
        if made:
            tracking.delete_logged_model(str(new.model_id))
        remove_placed(location)
        raise


def _experiment_for(tracking: Store, located: Located) -> str:
    """The experiment of the run that made the files, else the chosen one."""
    if located.run_id is not None:
        return tracking.get_run(located.run_id).info.experiment_id
    if tracking is current_store():
        return current_experiment_id()
    return tracking.ensure_experiment(DEFAULT_EXPERIMENT_NAME).experiment_id
