"""Estimators as files: skops, which runs no code when loaded; cloudpickle where skops cannot hold an estimator."""

from __future__ import annotations

import logging
import zipfile
from collections.abc import Collection
from pathlib import Path
from typing import Any

from trackbook.errors import InvalidParameter
from trackbook.libraries import is_installed
from trackbook.models.flavors.base import Opened

__all__ = ["FILES", "FORMATS", "encoded", "hazard_of", "read_estimator"]

log_ = logging.getLogger("trackbook")

FORMATS = ("skops", "cloudpickle", "pickle")
FILES = {"skops": "model.skops", "cloudpickle": "model.pkl", "pickle": "model.pkl"}
_warned: set[type] = set()


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
    if not is_installed("skops"):
        raise _Unholdable('skops is not installed: pip install "trackbook[sklearn]"')
    import skops.io

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
