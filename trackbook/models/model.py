"""Model: what the file MLmodel says about a model, in MLflow's words; and ModelInfo, what logging one answers."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import yaml

from trackbook.errors import InvalidParameter, NotFound
from trackbook.signature.signatures import ModelSignature

if TYPE_CHECKING:
    from trackbook.entities import Metric
    from trackbook.signature.params import ParamSchema
    from trackbook.signature.schema import Schema

__all__ = ["FORMAT_VERSION", "LARGEST", "MLMODEL", "Model", "ModelInfo", "read_yaml", "to_yaml", "write_yaml"]

#: MLflow's version of the format that is written; its readers look at it.
FORMAT_VERSION = "3.18.0"
MLMODEL = "MLmodel"
#: Bytes of an MLmodel, or of another YAML file of a model, at the most.
LARGEST = 1 << 20
_MOST_ALIASES = 20
_ALIAS = re.compile(rb"(?m)(?:^|[\s\[{,:-])\*[\w-]+")
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_TIME = "%Y-%m-%d %H:%M:%S.%f"
#: Keys that are written even when they are empty, as MLflow does.
_ALWAYS = frozenset({"flavors", "mlflow_version", "model_id", "model_uuid", "prompts", "utc_time_created"})


@dataclass(frozen=True)
class ModelInfo:
    """What is known of a model that was logged or saved.

    Attributes:
        artifact_path: address of its folder.
        flavors: flavor to its section of MLmodel.
        model_uri: address by which it is loaded.
        model_uuid: its id, or 32 hexadecimal digits.
        run_id: the run that made it.
        saved_input_example_info: what MLmodel says about its example.
        signature: what it takes and gives.
        utc_time_created: as MLmodel has it.
        mlflow_version: version of the format.
        metadata: what the user gave.
        model_id: of the logged model.
        name: of the logged model.
        registered_model_version: if it was registered.
        params, tags, metrics: of the logged model.
        creation_timestamp: milliseconds since 1970-01-01 UTC.
    """

    artifact_path: str
    flavors: dict[str, Any]
    model_uri: str
    model_uuid: str | None
    run_id: str | None
    saved_input_example_info: dict[str, Any] | None
    signature: ModelSignature | None
    utc_time_created: str
    mlflow_version: str | None
    metadata: dict[str, Any] | None = None
    model_id: str | None = None
    name: str | None = None
    registered_model_version: int | None = None
    params: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    metrics: list[Metric] = field(default_factory=list)
    creation_timestamp: int | None = None

    @property
    def signature_dict(self) -> dict[str, Any] | None:
        """The signature as MLmodel has it."""
        return None if self.signature is None else self.signature.to_dict()


class Model:
    """The content of MLmodel.

    Args:
        artifact_path: address of the folder, once it is logged.
        run_id: the run that made it.
        utc_time_created: a datetime, or text as MLmodel has it; now if None.
        flavors: flavor to its section.
        signature: what it takes and gives.
        saved_input_example_info: about the example beside it.
        model_uuid: made if None.
        mlflow_version: version of the format.
        metadata: what the user gave: JSON values.
        model_size_bytes: of all files beside MLmodel.
        kwargs: whatever else an MLmodel has; it is kept and written again.
    """

    def __init__(
        self,
        artifact_path: str | None = None,
        run_id: str | None = None,
        utc_time_created: dt.datetime | str | None = None,
        flavors: Mapping[str, Any] | None = None,
        signature: ModelSignature | Mapping[str, Any] | None = None,
        saved_input_example_info: Mapping[str, Any] | None = None,
        model_uuid: str | None = None,
        **kwargs: Any,
    ) -> None:
        self.artifact_path, self.run_id = artifact_path, run_id
        when = dt.datetime.now(dt.UTC).replace(tzinfo=None) if utc_time_created is None else utc_time_created
        self.utc_time_created = when.strftime(_TIME) if isinstance(when, dt.datetime) else str(when)
        self.flavors: dict[str, Any] = dict(flavors or {})
        self.signature = ModelSignature.from_dict(signature) if isinstance(signature, Mapping) else signature
        self.saved_input_example_info = None if saved_input_example_info is None else dict(saved_input_example_info)
        self.model_uuid = model_uuid or uuid4().hex
        self.mlflow_version: str | None = kwargs.pop("mlflow_version", FORMAT_VERSION)
        self.metadata: dict[str, Any] | None = kwargs.pop("metadata", None)
        self.model_size_bytes: int | None = kwargs.pop("model_size_bytes", None)
        self.model_id: str | None = kwargs.pop("model_id", None)
        self.unknown: dict[str, Any] = kwargs

    def add_flavor(self, name: str, **params: Any) -> Model:
        """Add a section, or replace it; returns the model itself."""
        self.flavors[name] = params
        return self

    def to_dict(self) -> dict[str, Any]:
        """As MLmodel has it: without what is empty, the signature as JSON texts."""
        content: dict[str, Any] = {
            **self.unknown,
            "artifact_path": self.artifact_path,
            "flavors": self.flavors,
            "metadata": self.metadata,
            "mlflow_version": self.mlflow_version,
            "model_id": self.model_id,
            "model_size_bytes": self.model_size_bytes,
            "model_uuid": self.model_uuid,
            "prompts": self.unknown.get("prompts"),
            "run_id": self.run_id,
            "saved_input_example_info": self.saved_input_example_info,
            "signature": None if self.signature is None else self.signature.to_dict(),
            "utc_time_created": self.utc_time_created,
        }
        return {key: content[key] for key in sorted(content) if content[key] is not None or key in _ALWAYS}

    def to_yaml(self, stream: Any = None) -> Any:
        """The same as YAML text, or written to a stream."""
        text = to_yaml(self.to_dict())
        return text if stream is None else stream.write(text)

    def to_json(self) -> str:
        """The same as JSON text."""
        return json.dumps(self.to_dict(), default=str)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the file MLmodel at a path."""
        Path(path).write_text(self.to_yaml(), encoding="utf-8")

    @classmethod
    def from_dict(cls, model_dict: Mapping[str, Any]) -> Model:
        """A model from what an MLmodel of any version holds; what is not known is kept, what is missing is None.

        Raises:
            InvalidParameter: it is no mapping, or its flavors are none.
        """
        if not isinstance(model_dict, Mapping) or not isinstance(model_dict.get("flavors", {}), Mapping):
            raise InvalidParameter(f"An MLmodel is a mapping with 'flavors', not {model_dict!r:.80}.")
        known = {str(key): value for key, value in model_dict.items() if key != "run_uuid"}
        sections = known.get("flavors") or {}
        if not all(isinstance(section, Mapping) for section in sections.values()):
            raise InvalidParameter("Each flavor of an MLmodel is a mapping; one of these is not.")
        known.setdefault("mlflow_version", None)
        return cls(**known)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Model:
        """Read MLmodel from a file, the folder it is in, or a model's address (``models:/``, ``runs:/`` ...).

        Raises:
            NotFound: there is none.
            InvalidParameter: it is larger than 1 MiB, no plain YAML, or no MLmodel.
        """
        text = os.fspath(path)
        if ":/" in text and not os.path.exists(text):
            from trackbook.models.fetching import read_mlmodel

            return cls.from_dict(read_yaml(read_mlmodel(text), MLMODEL))
        file = Path(text, MLMODEL) if os.path.isdir(text) else Path(text)
        if not file.is_file():
            raise NotFound(f"There is no MLmodel at {text!r}; a model's folder has one.")
        if file.stat().st_size > LARGEST:
            raise InvalidParameter(f"{str(file)!r} is larger than 1 MiB, which no MLmodel is.")
        return cls.from_dict(read_yaml(file.read_bytes(), str(file)))

    @classmethod
    def log(
        cls, artifact_path: str | None = None, flavor: Any = None, name: str | None = None, **kwargs: Any
    ) -> ModelInfo:
        """Log a model by any module or object that has ``save_model``, as packages that add a flavor to MLflow call it.

        Args:
            artifact_path: the older word for name.
            flavor: what has ``save_model(path=..., mlflow_model=..., **kwargs)``.
            name: of the logged model.
            kwargs: what all ``log_model`` take, and what the flavor's ``save_model`` takes.
        """
        from trackbook.models.package import log_with

        return log_with(flavor, name or artifact_path, kwargs)

    def get_model_info(self, logged_model: Any = None) -> ModelInfo:
        """What is known of it, as logging it answers."""
        uri = f"models:/{self.model_id}" if self.model_id else (self.artifact_path or "")
        return ModelInfo(
            artifact_path=self.artifact_path or "",
            flavors=self.flavors,
            model_uri=uri,
            model_uuid=self.model_uuid,
            run_id=self.run_id,
            saved_input_example_info=self.saved_input_example_info,
            signature=self.signature,
            utc_time_created=self.utc_time_created,
            mlflow_version=self.mlflow_version,
            metadata=self.metadata,
            model_id=self.model_id,
            name=getattr(logged_model, "name", None),
            params=dict(getattr(logged_model, "params", {})),
            tags=dict(getattr(logged_model, "tags", {})),
            metrics=list(getattr(logged_model, "metrics", [])),
            creation_timestamp=getattr(logged_model, "creation_timestamp", None),
        )

    def get_input_schema(self) -> Schema | None:
        """What it takes; None where no signature says."""
        return None if self.signature is None else self.signature.inputs

    def get_output_schema(self) -> Schema | None:
        """What it gives; None where no signature says."""
        return None if self.signature is None else self.signature.outputs

    def get_params_schema(self) -> ParamSchema | None:
        """The params of its predict; None where no signature says."""
        return None if self.signature is None else self.signature.params

    def load_input_example(self, path: str | None = None) -> Any:
        """The input example beside MLmodel; None if there is none.

        Args:
            path: the model's folder or address; where it was logged if None.
        """
        from trackbook.models.fetching import read_input_example

        return read_input_example(self, path or self.get_model_info().model_uri)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Model) and self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash(self.model_uuid)

    def __repr__(self) -> str:
        return f"Model({', '.join(sorted(self.flavors))}, model_uuid={self.model_uuid!r})"


def read_yaml(data: bytes, where: str) -> Any:
    """The value of a YAML file that somebody else wrote.

    Args:
        data: its bytes.
        where: what it is called, for errors.

    Raises:
        InvalidParameter: it is larger than 1 MiB, repeats parts of itself by more than 20 aliases, or is no plain YAML.
    """
    if len(data) > LARGEST:
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
