"""A model's folder, built: the flavor's files, and all that stands beside them."""

from __future__ import annotations

import inspect
import logging
import os
import platform
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trackbook.errors import InvalidParameter, TrackbookError
from trackbook.libraries import require
from trackbook.models.fetching import hash_folder
from trackbook.models.flavors.base import Flavor, Written
from trackbook.models.model import MLMODEL, Model
from trackbook.models.requirements import environment, modules_of, write_environment

__all__ = ["Packaging", "build_folder"]

log = logging.getLogger("trackbook")

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


def build_folder(
    flavor: Flavor, model: Any, folder: Path, meta: Model, given: Packaging, options: Mapping[str, Any]
) -> None:
    """Write everything into an empty folder, MLmodel last."""
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
    meta.model_size_bytes = sum(file.size for file in hash_folder(folder))
    meta.save(folder / MLMODEL)


def _asked_for(flavor: Flavor, given: Packaging) -> dict[str, Any]:
    """What stands beside a model and is needed to write it: some formats record a run of the model on an example."""
    wanted = inspect.signature(flavor.save).parameters
    return {word: getattr(given, word) for word in ("input_example", "signature") if word in wanted}


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
    from trackbook.signature.signatures import infer_signature

    try:
        answer = flavor.answer(model, example.data, example.params, written)
        return infer_signature(example.data, answer, example.params)
    except (TrackbookError, ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        log.warning("No signature was inferred, because the model did not answer the input example: %s", error)
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
