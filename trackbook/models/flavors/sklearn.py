"""scikit-learn: skops files, which run no code when loaded; cloudpickle where skops cannot hold an estimator."""

from __future__ import annotations

import logging
import os
import zipfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from trackbook.errors import InvalidParameter
from trackbook.models.flavors.base import Flavor, Opened, Written
from trackbook.models.loading import load
from trackbook.models.model import Model, ModelInfo
from trackbook.models.package import log, save
from trackbook.models.requirements import pinned

__all__ = [
    "FILES",
    "FORMATS",
    "Estimators",
    "encoded",
    "flavor",
    "hazard_of",
    "load_model",
    "log_model",
    "read_estimator",
    "save_model",
]

log_ = logging.getLogger("trackbook")

FORMATS = ("skops", "cloudpickle", "pickle")
FILES = {"skops": "model.skops", "cloudpickle": "model.pkl", "pickle": "model.pkl"}
_warned: set[type] = set()


class Estimators(Flavor):
    """Anything that scikit-learn made, or that looks like it."""

    name = "sklearn"
    library = "sklearn"
    loader_module = "mlflow.sklearn"

    def save(
        self,
        model: Any,
        folder: Path,
        serialization_format: str | None = None,
        skops_trusted_types: Sequence[str] | None = None,
        pyfunc_predict_fn: str = "predict",
        **options: Any,
    ) -> Written:
        """See the contract; `skops_trusted_types` are noted for MLflow's readers."""
        if not callable(getattr(model, "fit", None)) and not callable(getattr(model, "predict", None)):
            raise InvalidParameter(f"A scikit-learn model has fit or predict; {type(model).__name__} has neither.")
        form, data, types = encoded(model, serialization_format)
        name = FILES[form]
        folder.joinpath(name).write_bytes(data)
        config: dict[str, Any] = {
            "pickled_model": name,
            "serialization_format": form,
            "sklearn_version": (pinned("sklearn") or "").partition("==")[2],
            "skops_trusted_types": sorted({*types, *(skops_trusted_types or ())}) if form == "skops" else None,
        }
        pyfunc = {"model_path": name, "predict_fn": pyfunc_predict_fn}
        return Written(config, pyfunc, () if form == "pickle" else (form,))

    def hazard(self, opened: Opened) -> str:
        """A pickle runs code; a skops file does when it names types that skops does not know."""
        return hazard_of(*_file(opened))

    def load(self, opened: Opened, **options: Any) -> Any:
        """See the contract."""
        return read_estimator(opened, *_file(opened))


flavor = Estimators()


def _file(opened: Opened) -> tuple[Path, str]:
    name = opened.config.get("pickled_model") or opened.pyfunc.get("model_path") or opened.pyfunc.get("data")
    form = str(opened.config.get("serialization_format") or "pickle")
    if form not in FORMATS:
        raise InvalidParameter(f"MLmodel names the format {form!r}; there are {', '.join(FORMATS)}.")
    return opened.file(name, "model.pkl"), form


def hazard_of(path: Path, form: str, known: Collection[str] = ()) -> str:
    """Why loading an estimator's file runs code: the end of a sentence; "" if it does not.

    Args:
        path: the file.
        form: one of `FORMATS`.
        known: types beyond those that skops knows which run nothing of the file's choosing either.
    """
    if form != "skops":
        return f"is a {form}"
    unknown = [name for name in _unknown_types(path) if name not in known]
    return f"has objects of the types {', '.join(unknown[:10])}, which skops does not know" if unknown else ""


def read_estimator(opened: Opened, path: Path, form: str) -> Any:
    """The estimator in a file; `hazard_of` was asked before.

    Raises:
        InvalidParameter: the file is not of its format.
    """
    if form != "skops":
        return opened.trust.unpickle(path, f"is a {form}")
    import skops.io

    try:
        return skops.io.load(path, trusted=_unknown_types(path))
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise InvalidParameter(f"{path.name!r} is no skops file: {error}") from None


def encoded(model: Any, wanted: str | None) -> tuple[str, bytes, list[str]]:
    """An estimator as bytes: their format, the bytes, and which types in them skops does not know.

    Args:
        model: the estimator.
        wanted: one of `FORMATS`; skops if None, where it can hold the estimator.

    Raises:
        InvalidParameter: there is no such format, or skops was asked for and cannot hold the estimator.
    """
    if wanted not in (None, *FORMATS):
        raise InvalidParameter(f"serialization_format is one of {', '.join(FORMATS)}, not {wanted!r}.")
    if wanted in (None, "skops"):
        try:
            return ("skops", *_skops(model))
        except _Unholdable as problem:
            if wanted == "skops":
                raise InvalidParameter(f"skops cannot hold this model: {problem}. Use 'cloudpickle'.") from None
            _warn(model, problem)
    if wanted == "pickle":
        import pickle

        return "pickle", pickle.dumps(model), []
    import cloudpickle

    return "cloudpickle", cloudpickle.dumps(model), []


def _unknown_types(path: Path) -> list[str]:
    import skops.io

    try:
        return list(skops.io.get_untrusted_types(file=path))
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise InvalidParameter(f"{path.name!r} is no skops file: {error}") from None


class _Unholdable(Exception):
    """Why skops cannot hold a model."""


def _warn(model: Any, problem: Exception) -> None:
    """Say once for each class why a pickle was written."""
    if type(model) not in _warned:
        _warned.add(type(model))
        log_.warning(
            "%s is stored with cloudpickle, which runs code when it is loaded, because %s.",
            type(model).__name__,
            problem,
        )


def _skops(model: Any) -> tuple[bytes, list[str]]:
    """The bytes of a skops file that was seen to load, and its types that skops does not know."""
    try:
        import skops.io
    except ImportError:
        raise _Unholdable('skops is not installed: pip install "trackbook[sklearn]"') from None
    try:
        data = skops.io.dumps(model)
        types = list(skops.io.get_untrusted_types(data=data))
        own = [name for name in types if name.startswith(("__main__.", "__mp_main__."))]
        if own:
            raise _Unholdable(
                f"{', '.join(own)} is defined in this notebook or script, where no other process finds it"
            )
        skops.io.loads(data, trusted=types)
    except (
        ArithmeticError,
        AttributeError,
        ImportError,
        LookupError,
        RecursionError,
        RuntimeError,
        TypeError,
        ValueError,
    ) as error:
        raise _Unholdable(f"skops could not store and read it: {type(error).__name__}: {error}") from None
    return data, types


def save_model(
    sk_model: Any,
    path: str | os.PathLike[str],
    conda_env: Mapping[str, Any] | str | None = None,
    code_paths: Sequence[str] | None = None,
    mlflow_model: Model | None = None,
    serialization_format: str | None = None,
    signature: Any = None,
    input_example: Any = None,
    pip_requirements: Any = None,
    extra_pip_requirements: Any = None,
    pyfunc_predict_fn: str = "predict",
    metadata: Mapping[str, Any] | None = None,
    skops_trusted_types: Sequence[str] | None = None,
    extra_files: Sequence[str] | None = None,
) -> None:
    """Write a scikit-learn model into a new local folder, in MLflow's format.

    Args:
        sk_model: the estimator or pipeline.
        path: of the folder; there must be nothing, or an empty folder.
        conda_env: content or path of a conda.yaml, instead of what is found.
        code_paths: local files and folders that the model's code needs.
        mlflow_model: an MLmodel to add to.
        serialization_format: ``skops``, ``cloudpickle`` or ``pickle``; skops if None, where it can hold the model.
        signature: what `infer_signature` gives; None infers one from the example, False leaves it out.
        input_example: data that the model takes, or a pair of data and params.
        pip_requirements: lines or the path of a file, instead of what is found.
        extra_pip_requirements: beside what is found.
        pyfunc_predict_fn: the method that a generic load calls, such as ``predict_proba``.
        metadata: plain values for MLmodel.
        skops_trusted_types: noted for MLflow's readers.
        extra_files: addresses of files to keep beside it.

    Raises:
        AlreadyExists: something is at the path.
        InvalidParameter: it is no such model, or something beside it is wrong; nothing is left behind.
        MissingDependency: scikit-learn is not installed.
    """
    words = locals()
    save(flavor, words.pop("sk_model"), words.pop("path"), words)


def log_model(
    sk_model: Any,
    artifact_path: str | None = None,
    conda_env: Mapping[str, Any] | str | None = None,
    code_paths: Sequence[str] | None = None,
    serialization_format: str | None = None,
    registered_model_name: str | None = None,
    signature: Any = None,
    input_example: Any = None,
    await_registration_for: int = 300,
    pip_requirements: Any = None,
    extra_pip_requirements: Any = None,
    pyfunc_predict_fn: str = "predict",
    metadata: Mapping[str, Any] | None = None,
    extra_files: Sequence[str] | None = None,
    params: Mapping[str, Any] | None = None,
    tags: Mapping[str, Any] | None = None,
    model_type: str | None = None,
    step: int = 0,
    model_id: str | None = None,
    name: str | None = None,
    skops_trusted_types: Sequence[str] | None = None,
    **kwargs: Any,
) -> ModelInfo:
    """Log a scikit-learn model, of the active run if there is one; see `save_model` for what is not listed.

    Args:
        sk_model: the estimator or pipeline.
        artifact_path: MLflow's older word for name.
        registered_model_name: register it under that name too.
        await_registration_for: taken for MLflow's sake; a version is there at once.
        params: of the logged model.
        tags: of the logged model.
        model_type: such as ``classifier``.
        step: of the run at which it was made.
        model_id: a PENDING logged model that takes the files; a new one if None.
        name: of the logged model.
        kwargs: none is known.

    Returns:
        What is known of it; `model_uri` is what loads it.

    Raises:
        InvalidParameter: it is no such model, or something is wrong; nothing is left behind.
        MissingDependency: scikit-learn is not installed.
    """
    words = locals()
    return log(flavor, words.pop("sk_model"), words)


def load_model(model_uri: str, dst_path: str | None = None, *, trust: bool | None = None) -> Any:
    """The estimator of a model that was saved or logged, by Trackbook or by MLflow.

    Args:
        model_uri: ``models:/<name>/<version>``, ``models:/<name>@<alias>``, ``models:/m-<id>``,
            ``runs:/<run_id>/<name>`` or a path.
        dst_path: folder for a copy of its files that stays.
        trust: True lets this call run code that comes with the model; None asks your rules (docs/models.md).

    Raises:
        NotFound: there is no such model.
        DamagedArtifact: its files are not what was stored.
        UntrustedModel: loading it runs code, and nobody has said that it may.
        MissingDependency: scikit-learn is not installed.
    """
    return load(flavor, model_uri, dst_path, trust)
