"""Data sets that runs read: what they are, where they came from and what they were read for."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from trackbook.entities.cards import card

__all__ = ["CONTEXT_TAG", "Dataset", "DatasetInput", "InputTag", "columns_of", "place_of", "size_of"]

#: The tag of an input that says what the data set was read for, such as "training".
CONTEXT_TAG = "mlflow.data.context"


@dataclass(frozen=True)
class Dataset:
    """A data set as it is stored: a description of the data, and none of the data.

    Attributes:
        name: what people call it.
        digest: a fingerprint of its content, of at most 36 characters; with the name it tells data sets apart.
        source_type: what kind of place it came from: ``local``, ``http``, ``s3``, ``code`` and others.
        source: that place, as JSON.
        schema: its columns or tensors, as JSON.
        profile: how large it is, as JSON.
    """

    name: str
    digest: str
    source_type: str
    source: str
    schema: str | None = None
    profile: str | None = None

    def to_dictionary(self) -> dict[str, Any]:
        """The attributes as a dict."""
        return asdict(self)

    def _repr_html_(self) -> str:
        facts = [("digest", self.digest), ("size", size_of(self) or "–"), ("source", place_of(self))]
        return card("Data set", self.name, facts, {"Schema": columns_of(self)})


@dataclass(frozen=True)
class InputTag:
    """One tag of an input: text about how a run read a data set."""

    key: str
    value: str

    def to_dictionary(self) -> dict[str, Any]:
        """The attributes as a dict."""
        return asdict(self)


@dataclass(frozen=True)
class DatasetInput:
    """A data set that a run read, with tags of the reading."""

    dataset: Dataset
    tags: list[InputTag] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.tags is None:  # MLflow's default
            object.__setattr__(self, "tags", [])

    @property
    def context(self) -> str | None:
        """What it was read for, such as ``training``; None if nobody said."""
        return next((tag.value for tag in self.tags if tag.key == CONTEXT_TAG), None)

    def to_dictionary(self) -> dict[str, Any]:
        """The attributes as nested dicts."""
        return {"dataset": self.dataset.to_dictionary(), "tags": [tag.to_dictionary() for tag in self.tags]}


def place_of(dataset: Dataset) -> str:
    """Where a data set came from, in one line for people."""
    source = _members(dataset.source)
    tags = source.get("tags")
    found = source.get("uri") or source.get("url") or (tags.get("mlflow.source.name") if isinstance(tags, dict) else "")
    return f"{dataset.source_type}: {_short(found or dataset.source)}"


def size_of(dataset: Dataset) -> str:
    """How large a data set is, in a few words; "" if its profile does not say."""
    profile = _members(dataset.profile)
    rows, shape = profile.get("num_rows"), profile.get("features_shape")
    if isinstance(rows, int):
        return f"{rows:,} row{'' if rows == 1 else 's'}"
    return " × ".join(map(str, shape)) if isinstance(shape, list) else ""


def columns_of(dataset: Dataset) -> dict[str, str]:
    """The columns or tensors in a data set's schema and their types, for people; {} if there is none to be read."""
    schema = _members(dataset.schema)
    specs = schema.get("mlflow_colspec")
    tensors = schema.get("mlflow_tensorspec")
    if not isinstance(tensors, dict):
        return _types(specs)
    return {
        f"{part}{'.' if name else ''}{name}": kind
        for part in ("features", "targets")
        for name, kind in _types(_loaded(tensors.get(part))).items()
    }


def _types(specs: Any) -> dict[str, str]:
    listed = [spec for spec in specs if isinstance(spec, dict)] if isinstance(specs, list) else []
    return {str(spec.get("name", "")): _type(spec) for spec in listed}


def _type(spec: dict[str, Any]) -> str:
    tensor = spec.get("tensor-spec")
    if isinstance(tensor, dict):
        return f"{tensor.get('dtype')} {tensor.get('shape')}"
    return f"{spec.get('type')}{'' if spec.get('required', True) else ', optional'}"


def _members(text: str | None) -> dict[str, Any]:
    loaded = _loaded(text)
    return loaded if isinstance(loaded, dict) else {}


def _loaded(text: Any) -> Any:
    """What a client sent as JSON; None for anything else, since a card is shown all the same."""
    try:
        return json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 300 else f"{text[:300]}…"
