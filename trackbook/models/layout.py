"""The files of a model's folder beside the model itself: read with limits, written as MLflow writes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from trackbook.errors import InvalidParameter

__all__ = ["read_yaml", "to_yaml", "write_yaml"]

_LARGEST = 1 << 20
_MOST_ALIASES = 20
_ALIAS = re.compile(rb"(?m)(?:^|[\s\[{,:-])\*[\w-]+")
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def read_yaml(data: bytes, where: str) -> Any:
    """The value of a YAML file that somebody else wrote.

    Args:
        data: its bytes.
        where: what it is called, for errors.

    Raises:
        InvalidParameter: it is larger than 1 MiB, repeats parts of itself by more than 20 aliases, or is no plain YAML.
    """
    if len(data) > _LARGEST:
        raise InvalidParameter(f"{where!r} has {len(data)} bytes; a file of this kind has at most 1 MiB.")
    if len(_ALIAS.findall(data)) > _MOST_ALIASES:
        raise InvalidParameter(f"{where!r} repeats parts of itself by more than {_MOST_ALIASES} YAML aliases.")
    try:
        return _Loader(data).get_single_data()
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InvalidParameter(f"{where!r} is no plain YAML: {error}") from None


def to_yaml(content: Mapping[str, Any]) -> str:
    """Plain YAML, keys sorted."""
    try:
        return str(
            yaml.dump(dict(content), Dumper=_Dumper, sort_keys=True, allow_unicode=True, default_flow_style=False)
        )
    except yaml.YAMLError as error:
        raise InvalidParameter(f"Metadata of a model are plain values, lists and dicts: {error}") from None


def write_yaml(path: Path, content: Mapping[str, Any]) -> None:
    """Write a YAML file."""
    path.write_text(to_yaml(content), encoding="utf-8")
