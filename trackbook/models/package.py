"""The way of every model, whichever library made it, into a folder and into the store; loading.py is the way back."""

from __future__ import annotations

import inspect
import logging
import os
import platform
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

from trackbook.config import REGISTRY_SETTINGS
from trackbook.entities import LoggedModelStatus, Run, StoredFile
from trackbook.entities.digests import manifest_digest
from trackbook.entities.keys import check_key, check_model_name, check_registered_name
from trackbook.errors import AlreadyExists, InvalidParameter, InvalidState, TrackbookError
from trackbook.libraries import require
from trackbook.models.flavors.base import Flavor, Written
from trackbook.models.model import MLMODEL, Model, ModelInfo
from trackbook.models.requirements import environment, modules_of, write_environment
from trackbook.models.trust import remember
from trackbook.runs.active import current_run
from trackbook.runs.logged_models import LAST
from trackbook.runs.session import current_experiment_id, current_store, get_registry_uri
from trackbook.stores import open_store
from trackbook.stores.artifacts.staging import hash_files, private_folder, remove_placed, staged
from trackbook.stores.base import Store
from trackbook.stores.models import NewModel
from trackbook.stores.registry import NewVersion

__all__ = ["Destination", "Packaging", "log", "log_with", "save"]

log_ = logging.getLogger("trackbook")

_CODE, _EXTRA = "code", "extra_files"


@dataclass(frozen=True)
class Packaging:
    """What is written beside a model; the words of every flavor's save_model.

    Attributes:
        signature: a ModelSignature; None infers one from the example, False leaves it out.
        input_example: data that the model takes, or a pair of data and params.
        pip_requirements, extra_pip_requirements, conda_env: see `trackbook.models.requirements.environment`.
        code_paths: local files and folders that the model's code needs.
        metadata: plain values for MLmodel.
        extra_files: addresses of files to keep beside it.
        mlflow_model: an MLmodel to add to.
    """

    signature: Any = None
    input_example: Any = None
    pip_requirements: Any = None
    extra_pip_requirements: Any = None
    conda_env: Any = None
    code_paths: Sequence[str] | None = None
    metadata: Mapping[str, Any] | None = None
    extra_files: Sequence[str] | None = None
    mlflow_model: Model | None = None


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
        _build(flavor, model, folder, given.mlflow_model or Model(), given, options)
        digest = manifest_digest(hash_files(folder))
    remember(digest, os.path.abspath(os.fspath(path)))


@contextmanager
def _new_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A folder that appears, whole, at a path when the block has ended without an error."""
    target = Path(path).absolute()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise AlreadyExists(f"There is something at {str(target)!r} already; a model is saved into a new folder.")
    target.parent.mkdir(parents=True, exist_ok=True)
    inside = target.parent / f".{target.name[:50]}-{uuid4().hex}"
    mode = private_folder(inside)
    try:
        yield inside
        inside.chmod(mode)  # it is the user's folder, as if she had made it
        if target.exists():
            target.rmdir()
        inside.rename(target)
    finally:
        shutil.rmtree(inside, ignore_errors=True)


def _build(flavor: Flavor, model: Any, folder: Path, meta: Model, given: Packaging, options: Mapping[str, Any]) -> None:
    """Write everything into an empty folder, MLmodel last."""
    if sys.modules.get(flavor.library) is None:
        require(f"A model of the flavor {flavor.name}", flavor.library)
    written = flavor.save(model, folder, **options, **_asked_for(flavor, given))
    _describe(flavor, model, folder, meta, given, written)
    code = _copy_code(folder, given.code_paths)
    config = {**written.config, "code": code}
    extra = _copy_extra(folder, given.extra_files)
    if extra:
        config["extra_files"] = extra
    pyfunc: dict[str, Any] = {
        "loader_module": flavor.loader_module,
        "python_version": platform.python_version(),
        "env": {"conda": "conda.yaml", "virtualenv": "python_env.yaml"},
    }
    if code:
        pyfunc["code"] = code
    meta.add_flavor("python_function", **(pyfunc | written.pyfunc))
    if flavor.name != "python_function":
        meta.add_flavor(flavor.name, **config)
    modules = {flavor.library, *flavor.modules, *written.modules, *modules_of(model, given.input_example)}
    needed = environment(modules, given.pip_requirements, given.extra_pip_requirements, given.conda_env)
    write_environment(folder, needed)
    meta.model_size_bytes = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    meta.save(folder / MLMODEL)


def _asked_for(flavor: Flavor, given: Packaging) -> dict[str, Any]:
    """What stands beside a model and is needed to write it: some formats record a run of the model on an example."""
    return {word: getattr(given, word) for word in ("input_example", "signature") if word in _options(flavor)}


def _describe(flavor: Flavor, model: Any, folder: Path, meta: Model, given: Packaging, written: Written) -> None:
    """Signature, input example and metadata."""
    if given.metadata is not None:
        meta.metadata = dict(given.metadata)
    example = None
    if given.input_example is not None:
        from trackbook.models.examples import write_example

        example = write_example(given.input_example, folder)
        meta.saved_input_example_info = example.info
    if given.signature is False:
        return
    if given.signature is not None:
        from trackbook.signature.signatures import ModelSignature

        if not isinstance(given.signature, ModelSignature):
            raise InvalidParameter(
                f"A signature is what infer_signature gives, or False for none, not {given.signature!r:.80}."
            )
        meta.signature = given.signature
    elif meta.signature is None and example is not None:
        meta.signature = _inferred(flavor, model, example, written)


def _inferred(flavor: Flavor, model: Any, example: Any, written: Written) -> Any:
    """The signature that an example and the model's answer to it show; None, with a warning, if it has no answer."""
    from trackbook.signature.signatures import signature_of_answer

    def answer(data: Any, params: Any) -> Any:
        return flavor.answer(model, data, params, written)

    try:
        return signature_of_answer(answer, example.data, example.params)
    except (TrackbookError, ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        log_.warning("No signature was inferred, because the model did not answer the input example: %s", error)
        return None


def _copy_code(folder: Path, paths: Sequence[str] | None) -> str | None:
    """Copy the user's own code; the name of its folder, or None if there is none."""
    if not paths:
        return None
    if isinstance(paths, (str, os.PathLike)):
        raise InvalidParameter(f"code_paths is a list of paths, not {paths!r:.80}.")
    for given in paths:
        source, target = Path(given), folder / _CODE / Path(given).absolute().name
        if not source.exists():
            raise InvalidParameter(f"code_paths names {str(given)!r}, which is not there.")
        target.parent.mkdir(exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
        else:
            shutil.copyfile(source, target)
    return _CODE


def _copy_extra(folder: Path, addresses: Sequence[str] | None) -> list[dict[str, str]]:
    if not addresses:
        return []
    from trackbook.runs.addresses import download_artifacts

    target = folder / _EXTRA
    target.mkdir()
    copies = [download_artifacts(address, dst_path=target) for address in addresses]
    return [{"path": f"{_EXTRA}/{Path(copy).name}"} for copy in copies]


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
    return _log(lambda folder, meta: _build(flavor, model, folder, meta, given, options), to)


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
    run = current_run() if to.run_id is None else None
    store = current_store() if run is None else run.store
    version = _version(to.registered_model_name)  # its name is checked before anything is written
    new = _new_model(store, run, to)
    model_id = str(new.model_id)
    location = store.model_location(new.experiment_id, model_id)
    meta = Model(artifact_path=location, run_id=new.source_run_id, model_id=model_id, model_uuid=model_id)
    with staged(location) as place:
        build(place.folder, meta)
        files = place.place()
    digest = manifest_digest(files)
    if version is not None:
        version = replace(
            version, source=f"models:/{model_id}", model_id=model_id, files=files, run_id=new.source_run_id
        )
    try:
        remember(digest, f"models:/{model_id}")
        number = _record(store, new, files, version, to)
    except BaseException:
        remove_placed(location)
        raise
    LAST.append((store, model_id))
    facts = replace(meta.get_model_info(), name=new.name, tags=dict(new.tags), params=dict(new.params))
    return replace(facts, registered_model_version=number, creation_timestamp=new.time)


def _version(name: str | None) -> NewVersion | None:
    return None if name is None else NewVersion(check_registered_name(name), "", make_model=True)


def _new_model(store: Store, run: Run | None, to: Destination) -> NewModel:
    """Which model is going to be made, checked as far as it can be before its files are written."""
    now = time.time_ns() // 1_000_000
    tags, params = (
        {check_key(kind, key): str(value) for key, value in (pairs or {}).items()}
        for kind, pairs in (("tag", to.tags), ("param", to.params))
    )
    if to.model_id is not None:
        known = store.get_logged_model(to.model_id)
        if known.status != LoggedModelStatus.PENDING:
            raise InvalidState(
                f"The logged model {to.model_id} is {known.status} and takes no files; leave its id out."
            )
        experiment, name, run_id, kind = known.experiment_id, known.name, known.source_run_id, known.model_type
        return NewModel(experiment, name, run_id, kind, tags, params, known.model_id, to.step, now)
    if to.run_id is not None:
        run = store.get_run(to.run_id)
    experiment = run.info.experiment_id if run is not None else current_experiment_id()
    run_id = None if run is None else run.info.run_id
    name = check_model_name(to.name or to.artifact_path or "model")
    return NewModel(experiment, name, run_id, to.model_type, tags, params, f"m-{uuid4().hex}", to.step, now)


def _record(
    store: Store, new: NewModel, files: Sequence[StoredFile], version: NewVersion | None, to: Destination
) -> int | None:
    """Bring a model whose files are in their place into the store, and into the registry; the version's number."""
    registry = store if REGISTRY_SETTINGS.isdisjoint(os.environ) else open_store(get_registry_uri())
    if to.model_id is None and (version is None or registry is store):
        return store.log_model(new, files, version)
    if to.model_id is None:
        store.log_model(new, files)
    else:
        store.set_logged_model_tags(to.model_id, new.tags)
        store.log_model_params(to.model_id, new.params)
        store.finalize_logged_model(to.model_id, LoggedModelStatus.READY, files)
    if version is None:
        return None
    try:
        return int(registry.create_model_version(version).version)
    except BaseException:
        if to.model_id is None:
            store.delete_logged_model(str(new.model_id))
        raise
