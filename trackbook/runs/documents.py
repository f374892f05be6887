"""Nested values as JSON or YAML text, and back: what NumPy, pandas and the standard library hand in becomes plain."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import asdict, is_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from pathlib import PurePath
from typing import Any
from uuid import UUID

from trackbook.errors import InvalidParameter

__all__ = ["decode_document", "decode_text", "encode_document", "encode_text", "plain"]

_YAML = (".yaml", ".yml")
_DEPTH = 200
_AS_TEXT = (PurePath, UUID, Decimal, Fraction, timedelta, complex)


def encode_text(text: object, name: str) -> bytes:
    """Text as UTF-8.

    Raises:
        InvalidParameter: it is not text, or has a lone surrogate.
    """
    if not isinstance(text, str):
        raise InvalidParameter(
            f"log_text stores text in {name!r}, not a value of type {type(text).__name__}. Use str()."
        )
    try:
        return text.encode()
    except UnicodeEncodeError as problem:
        raise InvalidParameter(
            f"Character {problem.start + 1} of the text for {name!r} is a lone surrogate, which is not valid Unicode. "
            "Replace it, for example by text.encode('utf-8', 'replace').decode()."
        ) from None


def decode_text(data: bytes, name: str) -> str:
    """UTF-8 as text; InvalidParameter if it is something else."""
    try:
        return data.decode()
    except UnicodeDecodeError as problem:
        raise InvalidParameter(
            f"{name!r} is no UTF-8 text (byte {problem.start}). Use download_artifacts to get the file."
        ) from None


def encode_document(value: object, name: str) -> bytes:
    """A dict or list as the file `name`: YAML if it ends in .yaml or .yml, else JSON.

    NaN and the infinities are written as both formats' readers in Python understand them.

    Raises:
        InvalidParameter: something in it is neither a plain value nor one that has an obvious plain form.
    """
    if not isinstance(value, (Mapping, list, tuple)):
        raise InvalidParameter(
            f"log_dict stores a dict or a list in {name!r}, not a value of type {type(value).__name__}."
        )
    tree = plain(value, name)
    if name.lower().endswith(_YAML):
        import yaml

        return encode_text(yaml.safe_dump(tree, sort_keys=False, allow_unicode=True), name)
    return encode_text(json.dumps(tree, indent=2, ensure_ascii=False), name)


def decode_document(data: bytes, name: str) -> Any:
    """The value in a JSON or YAML file; InvalidParameter if it is neither."""
    text = decode_text(data, name)
    if name.lower().endswith(_YAML):
        import yaml

        try:
            return yaml.safe_load(text)
        except yaml.YAMLError as problem:
            raise InvalidParameter(f"{name!r} is no valid YAML: {problem}") from None
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise InvalidParameter(f"{name!r} is no valid JSON: {problem}") from None


def plain(value: object, where: str, depth: int = 0) -> Any:
    """A value as dicts, lists, text, numbers, booleans and None.

    Args:
        value: it may hold NumPy scalars and arrays, pandas and polars objects, dates (ISO 8601), enums,
            sets and dataclasses.
        where: what to call it in an error, such as ``config.json["lr"]``.
        depth: how deep in the whole value it lies.

    Raises:
        InvalidParameter: it has another type, contains itself or is nested more than 200 deep.
    """
    if value is None or type(value) in (bool, str):
        return value
    if depth > _DEPTH:
        raise InvalidParameter(f"{where[:200]} is nested more than {_DEPTH} deep, or contains itself. Flatten it.")
    if isinstance(value, Mapping):
        named = {_key(key, where): plain(item, f"{where}[{key!r}]", depth + 1) for key, item in value.items()}
        if len(named) < len(value):
            raise InvalidParameter(f"Two keys of {where[:200]} are the same as text, such as 1 and '1'. Rename one.")
        return named
    if isinstance(value, (list, tuple)):
        return [plain(item, f"{where}[{index}]", depth + 1) for index, item in enumerate(value)]
    if isinstance(value, AbstractSet):
        return sorted((plain(item, where, depth + 1) for item in value), key=repr)
    return _plain_object(value, where, depth)


def _plain_object(value: object, where: str, depth: int) -> Any:
    if isinstance(value, Enum):
        return plain(value.value, where, depth + 1)
    if isinstance(value, (int, float, str)):  # also subclasses, such as np.float64, as their plain base
        base = next(kind for kind in (int, float, str) if isinstance(value, kind))
        return base(value)
    if isinstance(value, (datetime, date, time)):
        text = value.isoformat()
        return None if text == "NaT" else text  # pandas' missing time is a datetime
    if isinstance(value, _AS_TEXT):
        return str(value)
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value), where, depth + 1)
    return _plain_array(value, where, depth)


def _plain_array(value: object, where: str, depth: int) -> Any:
    """NumPy, pandas and polars: if such an object is here, its library has been imported already."""
    numpy, pandas, polars = (sys.modules.get(name) for name in ("numpy", "pandas", "polars"))
    if numpy is not None and isinstance(value, (numpy.datetime64, numpy.timedelta64)):
        return None if numpy.isnat(value) else str(value)
    if numpy is not None and isinstance(value, (numpy.ndarray, numpy.generic)):
        if value.dtype.kind in "mM":
            return numpy.datetime_as_string(value).tolist() if value.dtype.kind == "M" else value.astype(str).tolist()
        if isinstance(value, numpy.void) and value.dtype.names is None:
            raise _unknown(value, where)
        listed = value.tolist()
        if listed is value:
            raise _unknown(value, where)
        return plain(listed, where, depth + 1)
    if pandas is not None and value is pandas.NA:
        return None
    if pandas is not None and isinstance(value, pandas.DataFrame):
        return plain(value.to_dict(orient="list"), where, depth + 1)
    if pandas is not None and isinstance(value, (pandas.Series, pandas.Index)):
        return plain(value.tolist(), where, depth + 1)
    if polars is not None and isinstance(value, (polars.Series, polars.DataFrame)):
        return plain(
            value.to_list() if isinstance(value, polars.Series) else value.to_dict(as_series=False), where, depth
        )
    raise _unknown(value, where)


def _unknown(value: object, where: str) -> InvalidParameter:
    return InvalidParameter(
        f"{where[:200]} has the type {type(value).__name__}, which has no plain form in JSON or YAML. "
        "Convert it to text, a number, a list or a dict first."
    )


def _key(key: object, where: str) -> str:
    """A key as JSON writes it: text stays, numbers, booleans, None and dates become text."""
    name = key if isinstance(key, str) else plain(key, f"a key of {where}")
    if isinstance(name, str):
        return str(name)
    if name is None or isinstance(name, (bool, int)) or (isinstance(name, float) and not math.isnan(name)):
        return json.dumps(name)
    raise InvalidParameter(f"A key of {where[:200]} is {key!r:.80}; keys are text or numbers. Rename it.")
