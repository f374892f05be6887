"""Registered models and their versions, and the entries of the registry's audit trail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from trackbook.entities.cards import card, moment
from trackbook.entities.runs import Metric, _Names
from trackbook.errors import InvalidParameter

__all__ = [
    "STAGES",
    "AuditEntry",
    "AuditHead",
    "ModelVersion",
    "ModelVersionStatus",
    "ModelVersionTag",
    "RegisteredModel",
    "RegisteredModelAlias",
    "RegisteredModelTag",
    "stage_of",
]

#: The stages of a version, in the spelling that is stored.
STAGES = ("None", "Staging", "Production", "Archived")


def stage_of(word: object) -> str:
    """A stage in the spelling that is stored; capitals do not matter.

    Raises:
        InvalidParameter: there is no such stage.
    """
    for stage in STAGES:
        if isinstance(word, str) and word.strip().lower() == stage.lower():
            return stage
    raise InvalidParameter(f"A stage is one of {', '.join(STAGES)}, not {word!r:.80}.")


class ModelVersionStatus(_Names):
    """How far the registration of a version has come."""

    PENDING_REGISTRATION, FAILED_REGISTRATION, READY = 1, 2, 3
    _numbers = {"PENDING_REGISTRATION": 1, "FAILED_REGISTRATION": 2, "READY": 3}
    _kind = "status of a model version"


@dataclass(frozen=True, slots=True)
class RegisteredModelTag:
    """One tag of a registered model."""

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class ModelVersionTag:
    """One tag of a version."""

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class RegisteredModelAlias:
    """One name for a version."""

    alias: str
    version: int


@dataclass(frozen=True)
class ModelVersion:
    """One version of a registered model.

    Attributes:
        name: of the registered model.
        version: 1 for the first; a number is never used again.
        creation_timestamp, last_updated_timestamp: milliseconds since 1970-01-01 UTC.
        description: Markdown.
        user_id: who registered it.
        current_stage: one of STAGES.
        source: where its files are; ``models:/m-...``.
        run_id: the run that made it.
        status: READY, unless its registration is under way or failed.
        status_message: why it failed.
        tags: text by key.
        run_link: address of the run on another server.
        aliases: sorted.
        model_id: the logged model whose files it has.
        params, metrics: those of that logged model.
        deployment_job_state: always None; Databricks has such jobs.
    """

    name: str
    version: int
    creation_timestamp: int
    last_updated_timestamp: int | None = None
    description: str | None = None
    user_id: str | None = None
    current_stage: str = "None"
    source: str | None = None
    run_id: str | None = None
    status: str = "READY"
    status_message: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    run_link: str | None = None
    aliases: list[str] = field(default_factory=list)
    model_id: str | None = None
    params: dict[str, str] = field(default_factory=dict)
    metrics: list[Metric] = field(default_factory=list)
    deployment_job_state: None = None

    def to_dictionary(self) -> dict[str, Any]:
        """The attributes as a dict."""
        return asdict(self)

    def _repr_html_(self) -> str:
        facts = [
            ("stage", self.current_stage),
            ("aliases", ", ".join(self.aliases) or "–"),
            ("registered", f"{moment(self.creation_timestamp)} by {self.user_id or '–'}"),
            ("run", self.run_id or "–"),
            ("model", self.source or "–"),
            *([("status", self.status)] if self.status != "READY" else []),
            *([("description", self.description)] if self.description else []),
        ]
        sections: dict[str, Mapping[str, object]] = {
            "Metrics": {metric.key: metric.value for metric in self.metrics},
            "Params": self.params,
            "Tags": self.tags,
        }
        return card("Model version", f"{self.name} {self.version}", facts, sections)


@dataclass(frozen=True)
class RegisteredModel:
    """A name under which versions of a model are kept.

    Attributes:
        name: unique in its registry.
        creation_timestamp, last_updated_timestamp: milliseconds since 1970-01-01 UTC.
        description: Markdown.
        latest_versions: the newest version of each stage that has one.
        tags: text by key.
        aliases: alias to version number.
    """

    name: str
    creation_timestamp: int
    last_updated_timestamp: int | None = None
    description: str | None = None
    latest_versions: list[ModelVersion] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    aliases: dict[str, int] = field(default_factory=dict)

    def to_dictionary(self) -> dict[str, Any]:
        """The attributes as a dict."""
        return asdict(self)

    def _repr_html_(self) -> str:
        facts = [("made", moment(self.creation_timestamp)), ("changed", moment(self.last_updated_timestamp))]
        facts += [("description", self.description)] if self.description else []
        newest = {version.current_stage: f"version {version.version}" for version in self.latest_versions}
        aliases = {alias: f"version {version}" for alias, version in self.aliases.items()}
        sections: dict[str, Mapping[str, object]] = {"Aliases": aliases, "Newest of each stage": newest}
        return card("Registered model", self.name, facts, {**sections, "Tags": self.tags})


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One change of a registry.

    Attributes:
        seq: 1 for the first; without gaps.
        time: milliseconds since 1970-01-01 UTC.
        actor: who did it.
        action: such as ``create_model_version``.
        name: the registered model.
        version: the version, if it is about one.
        before, after: what changed, as JSON; "" where there was nothing.
        previous: the hash of the entry before; 64 zeros before the first.
        hash: SHA-256 of all the rest, 64 hexadecimal digits.
    """

    seq: int
    time: int
    actor: str
    action: str
    name: str
    version: int | None
    before: str
    after: str
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class AuditHead:
    """The end of an audit trail: whoever keeps it elsewhere can tell later that nothing was cut off."""

    seq: int
    hash: str

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"
