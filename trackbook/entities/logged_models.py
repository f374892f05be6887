"""Logged models: what training made, with its params, tags, metrics and the place of its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from trackbook.entities.cards import card, moment
from trackbook.entities.runs import Metric
from trackbook.errors import InvalidParameter

__all__ = [
    "LoggedModel",
    "LoggedModelInput",
    "LoggedModelOutput",
    "LoggedModelParameter",
    "LoggedModelStatus",
    "LoggedModelTag",
]

_WIRE = {"UNSPECIFIED": 0, "PENDING": 1, "READY": 2, "FAILED": 3}


class LoggedModelStatus(StrEnum):
    """How far the files of a logged model have come."""

    UNSPECIFIED = "UNSPECIFIED"
    PENDING = "PENDING"
    READY = "READY"
    FAILED = "FAILED"

    @property
    def number(self) -> int:
        """As MLflow's wire format and the database have it."""
        return _WIRE[self.value]

    @classmethod
    def of(cls, status: object) -> LoggedModelStatus:
        """The status of a name or number.

        Raises:
            InvalidParameter: there is none such.
        """
        for known in cls:
            if status in (known.value, known.number):
                return known
        raise InvalidParameter(f"A model's status is PENDING, READY or FAILED, not {status!r:.80}.")

    @staticmethod
    def is_finalized(status: object) -> bool:
        """Whether a model with this status takes no more files."""
        return status in ("READY", "FAILED")


@dataclass(frozen=True, slots=True)
class LoggedModelInput:
    """A model that a run read."""

    model_id: str

    def to_dictionary(self) -> dict[str, Any]:
        """The attributes as a dict."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class LoggedModelOutput:
    """A model that a run made, and at which step."""

    model_id: str
    step: int = 0

    def to_dictionary(self) -> dict[str, Any]:
        """The attributes as a dict."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class LoggedModelParameter:
    """One param of a logged model."""

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class LoggedModelTag:
    """One tag of a logged model."""

    key: str
    value: str


@dataclass(frozen=True)
class LoggedModel:
    """A model as it was logged.

    Attributes:
        experiment_id: of the experiment that it belongs to.
        model_id: ``m-`` and 32 hexadecimal digits.
        name: what people call it; models of one experiment may share a name.
        artifact_location: address of the folder of its files.
        creation_timestamp, last_updated_timestamp: milliseconds since 1970-01-01 UTC.
        model_type: such as ``classifier``.
        source_run_id: the run that made it.
        status: PENDING while its files are being stored, then READY or FAILED.
        status_message: why it FAILED.
        tags, params: text by key.
        metrics: the latest point of each metric, run and data set that measured it.
    """

    experiment_id: str
    model_id: str
    name: str
    artifact_location: str
    creation_timestamp: int
    last_updated_timestamp: int
    model_type: str | None = None
    source_run_id: str | None = None
    status: LoggedModelStatus = LoggedModelStatus.READY
    status_message: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)
    metrics: list[Metric] = field(default_factory=list)

    def _repr_html_(self) -> str:
        facts = [("status", f"{self.status}: {self.status_message}" if self.status_message else str(self.status))]
        facts += [("type", self.model_type or "–"), ("made", moment(self.creation_timestamp))]
        facts += [("run", self.source_run_id or "–"), ("address", self.model_uri)]
        shown = {key: value for key, value in self.tags.items() if not key.startswith("mlflow.")}
        measured = {_measured(metric): metric.value for metric in self.metrics}
        return card("Logged model", self.name, facts, {"Metrics": measured, "Params": self.params, "Tags": shown})

    @property
    def model_uri(self) -> str:
        """The address by which it is loaded."""
        return f"models:/{self.model_id}"

    def to_dictionary(self) -> dict[str, Any]:
        """The attributes as a dict."""
        return {
            **{name: value for name, value in vars(self).items() if name != "metrics"},
            "metrics": [metric.to_dictionary() for metric in self.metrics],
            "model_uri": self.model_uri,
        }

    @classmethod
    def from_dictionary(cls, content: Mapping[str, Any]) -> LoggedModel:
        """A model from what `to_dictionary` gave.

        Raises:
            TypeError: a member is missing, or unknown.
        """
        known = {key: value for key, value in content.items() if key != "model_uri"}
        metrics = [Metric.from_dictionary(metric) for metric in known.pop("metrics", None) or ()]
        return cls(**known, metrics=metrics)


def _measured(metric: Metric) -> str:
    """A metric for people: its key and, where that is known, on which data it was measured."""
    return metric.key if metric.dataset_name is None else f"{metric.key} on {metric.dataset_name}"
