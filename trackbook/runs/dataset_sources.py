"""Where data came from: a file, an address, or the code that made it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from trackbook.entities import Dataset, DatasetInput
from trackbook.errors import InvalidParameter, NotFound, NotSupported
from trackbook.runs.addresses import download_artifacts
from trackbook.uris import local_path, strip_user_info_within

__all__ = ["DatasetSource", "find_source", "get_source"]

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]+):")  # two letters at least: C: is a drive


@dataclass(frozen=True)
class DatasetSource:
    """Where data came from.

    Attributes:
        source_type: ``local`` for a file, ``http``, ``code``, or the scheme of another address, such as ``s3``.
        content: what is stored of it: ``{"uri": ...}``, ``{"url": ...}``, or ``{"tags": ...}`` of the code.
    """

    source_type: str
    content: Mapping[str, Any] = field(default_factory=dict)

    @property
    def uri(self) -> str | None:
        """The path or address; None for code."""
        found = self.content.get("uri") or self.content.get("url")
        return found if isinstance(found, str) else None

    @property
    def url(self) -> str | None:
        """The same; MLflow's word for a web address."""
        return self.uri

    def load(self, dst_path: str | os.PathLike[str] | None = None) -> str:
        """The local path of the data: the file itself, or a copy.

        Args:
            dst_path: folder to copy to; a file of this machine is not copied if None.

        Raises:
            NotFound: there is no such file.
            NotSupported: the data has no address, or one that cannot be read here.
        """
        if self.source_type == "local" and self.uri:
            path = local_path(self.uri)
            if not os.path.exists(path):
                raise NotFound(f"There is no {path!r} on this machine, from which the data set was made.")
            return path if dst_path is None else download_artifacts(path, dst_path=dst_path)
        if self.uri is None:
            raise NotSupported(
                f"A data set with the source type {self.source_type!r} has no file that could be loaded."
            )
        return download_artifacts(self.uri, dst_path=dst_path)

    def to_dict(self) -> dict[str, Any]:
        """What is stored of it."""
        return dict(self.content)

    def to_json(self) -> str:
        """The same as text."""
        return json.dumps(self.to_dict())


def find_source(source: object, code: Mapping[str, str]) -> DatasetSource:
    """The source that a user means.

    Args:
        source: a path, a ``file:`` or other address, a DatasetSource, or None for the code that is running.
        code: tags that say which code is running.

    Raises:
        InvalidParameter: it is nothing of these.
    """
    if source is None:
        return DatasetSource("code", {"tags": dict(code)})
    if isinstance(source, DatasetSource):
        return source
    foreign = _foreign(source)
    if foreign is not None:
        return foreign
    if isinstance(source, os.PathLike):
        source = os.fspath(source)
    if not isinstance(source, str) or not source.strip() or "\0" in source:
        raise InvalidParameter(
            f"The source of a data set is a path or an address, such as 'data/train.csv', not {source!r:.80} "
            f"(type {type(source).__name__}). Leave it out to note the code that runs."
        )
    return _of_address(source)


def _foreign(source: object) -> DatasetSource | None:
    """A source object of another library, which describes itself as MLflow's do."""
    kind, described = (getattr(source, name, None) for name in ("_get_source_type", "to_dict"))
    if not callable(kind) or not callable(described):
        return None
    return DatasetSource(str(kind()), described())


def _of_address(source: str) -> DatasetSource:
    match = _SCHEME.match(source)
    scheme = match[1].lower() if match else "file"
    if scheme == "file":
        return DatasetSource("local", {"uri": os.path.abspath(os.path.expanduser(local_path(source)))})
    try:
        urlsplit(source)
        address = strip_user_info_within(scheme + source[len(scheme) :])
    except ValueError as error:
        raise InvalidParameter(f"The source {source!r:.80} is no address: {error}.") from None
    if scheme in ("http", "https"):
        return DatasetSource("http", {"url": address})
    return DatasetSource(scheme, {"uri": address})


def get_source(dataset: object) -> DatasetSource:
    """The source of a data set that is made here, or that a run has among its inputs.

    Raises:
        InvalidParameter: it is no data set, or what is stored of its source cannot be read.
    """
    if isinstance(dataset, DatasetInput):
        dataset = dataset.dataset
    if not isinstance(dataset, Dataset):
        found = getattr(dataset, "source", None)
        if isinstance(found, DatasetSource):
            return found
        raise InvalidParameter(
            f"get_source takes a data set of trackbook.data or of a run's inputs, not {type(dataset).__name__}."
        )
    try:
        content = json.loads(dataset.source)
    except (ValueError, RecursionError):
        content = {"uri": dataset.source}  # a client may have sent a plain address
    if not isinstance(content, dict):
        raise InvalidParameter(
            f"The source of the data set {dataset.name!r} is no JSON object: {dataset.source!r:.80}."
        )
    return DatasetSource(dataset.source_type, content)
