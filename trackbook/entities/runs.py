"""Runs: one execution with its params, metrics and tags."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from trackbook.entities.cards import card, moment
from trackbook.entities.datasets import DatasetInput, place_of, size_of
from trackbook.entities.experiments import LifecycleStage
from trackbook.errors import InvalidParameter

__all__ = [
    "Attempt",
    "Metric",
    "Param",
    "Run",
    "RunData",
    "RunInfo",
    "RunInputs",
    "RunOutputs",
    "RunStatus",
    "RunTag",
    "SourceType",
]


class _Names:
    """Numbers with names, as MLflow's wire format has them."""

    _numbers: dict[str, int]
    _kind: str

    @classmethod
    def from_string(cls, name: str) -> int:
        """The number of a name.

        Raises:
            InvalidParameter: there is none of that name.
        """
        try:
            return cls._numbers[name]
        except (KeyError, TypeError):
            raise InvalidParameter(f"No {cls._kind} {name!r}; there are {', '.join(cls._numbers)}.") from None

    @classmethod
    def to_string(cls, number: int) -> str:
        """The name of a number.

        Raises:
            InvalidParameter: there is none with that number.
        """
        for name, known in cls._numbers.items():
            if known == number:
                return name
        raise InvalidParameter(f"No {cls._kind} with number {number!r}; there are 1 to {len(cls._numbers)}.")


class RunStatus(_Names):
    """How far a run has come."""

    RUNNING, SCHEDULED, FINISHED, FAILED, KILLED = 1, 2, 3, 4, 5
    _numbers = {"RUNNING": 1, "SCHEDULED": 2, "FINISHED": 3, "FAILED": 4, "KILLED": 5}
    _kind = "run status"

    @classmethod
    def is_terminated(cls, status: int) -> bool:
        """Whether a run with this status has ended."""
        return status in (cls.FINISHED, cls.FAILED, cls.KILLED)

    @classmethod
    def all_status(cls) -> list[int]:
        """Every status."""
        return list(cls._numbers.values())


class SourceType(_Names):
    """What started a run."""

    NOTEBOOK, JOB, PROJECT, LOCAL, UNKNOWN = 1, 2, 3, 4, 5
    _numbers = {"NOTEBOOK": 1, "JOB": 2, "PROJECT": 3, "LOCAL": 4, "UNKNOWN": 5}
    _kind = "source type"


@dataclass(slots=True)
class Metric:
    """One point of a metric.

    Attributes:
        key: the metric's name.
        value: any float, NaN and the infinities included.
        timestamp: milliseconds since 1970-01-01 UTC.
        step: int64, any sign, any order.
        model_id: the logged model that it measures, if any.
        dataset_name: the data set that it was measured on, if any.
        dataset_digest: the digest of that data set.
        run_id: the run, where a point travels without one around it.
    """

    key: str
    value: float
    timestamp: int
    step: int = 0
    model_id: str | None = None
    dataset_name: str | None = None
    dataset_digest: str | None = None
    run_id: str | None = None

    def to_dictionary(self) -> dict[str, Any]:
        """The attributes as a dict."""
        return asdict(self)

    @classmethod
    def from_dictionary(cls, metric: Mapping[str, Any]) -> Metric:
        """A metric from what `to_dictionary` gave.

        Raises:
            TypeError: a member is missing, or unknown.
        """
        return cls(**metric)


@dataclass(slots=True)
class Param:
    """One param: text, set once."""

    key: str
    value: str


@dataclass(slots=True)
class RunTag:
    """One tag of a run."""

    key: str
    value: str


@dataclass(frozen=True)
class RunInfo:
    """What a run is, without what was logged to it.

    Attributes:
        run_id: 32 hexadecimal digits, or what a client chose.
        experiment_id: of the experiment that it belongs to.
        user_id: who started it.
        status: RUNNING, SCHEDULED, FINISHED, FAILED or KILLED.
        start_time: milliseconds since 1970-01-01 UTC.
        end_time: the same; None while it runs.
        lifecycle_stage: ``active`` or ``deleted``.
        artifact_uri: URI of the folder of its artifacts.
        run_name: the name that people see.
    """

    run_id: str
    experiment_id: str
    user_id: str
    status: str
    start_time: int | None
    end_time: int | None
    lifecycle_stage: str = LifecycleStage.ACTIVE
    artifact_uri: str | None = None
    run_name: str | None = None

    @property
    def run_uuid(self) -> str:
        """MLflow's old word for run_id."""
        return self.run_id


@dataclass(frozen=True)
class RunData:
    """What was logged to a run: the latest value of each metric, params and tags."""

    metrics: dict[str, float] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    def to_dictionary(self) -> dict[str, dict[str, Any]]:
        """The attributes as a dict."""
        return {"metrics": dict(self.metrics), "params": dict(self.params), "tags": dict(self.tags)}


@dataclass(frozen=True)
class RunInputs:
    """Data sets and models that a run read.

    Attributes:
        dataset_inputs: data sets, sorted by name and digest, each with tags such as ``mlflow.data.context``.
        model_inputs: models, each a `LoggedModelInput`.
    """

    dataset_inputs: list[DatasetInput] = field(default_factory=list)
    model_inputs: list[Any] = field(default_factory=list)

    def to_dictionary(self) -> dict[str, Any]:
        """The attributes as a dict."""
        return {"dataset_inputs": _dictionaries(self.dataset_inputs), "model_inputs": _dictionaries(self.model_inputs)}

    def described(self) -> dict[str, str]:
        """The data sets for people: name and digest, what they were read for, how large they are, where from."""
        words = [(one, (one.context, size_of(one.dataset), place_of(one.dataset))) for one in self.dataset_inputs]
        return {f"{one.dataset.name} ({one.dataset.digest})": ", ".join(filter(None, said)) for one, said in words}


@dataclass(frozen=True)
class RunOutputs:
    """Models that a run made, each a `LoggedModelOutput`, sorted by the step at which it was made."""

    model_outputs: list[Any] = field(default_factory=list)

    def to_dictionary(self) -> dict[str, Any]:
        """The attributes as a dict."""
        return {"model_outputs": _dictionaries(self.model_outputs)}


def _dictionaries(items: Iterable[Any]) -> list[Any]:
    return [item.to_dictionary() for item in items]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One stretch of a run's life: from its start, or from when it was resumed, to its end.

    Attributes:
        number: 1 for the first, and one more each time that the run was resumed.
        status: how far it has come, in the words of RunStatus.
        start_time: milliseconds since 1970-01-01 UTC; None where nobody knows.
        end_time: the same; None while it goes on.
        host: where its process ran; None for a run that no process of ours ran.
        pid: that process.
    """

    number: int
    status: str
    start_time: int | None
    end_time: int | None
    host: str | None = None
    pid: int | None = None

    def to_dictionary(self) -> dict[str, Any]:
        """The attributes as a dict."""
        return asdict(self)


@dataclass(frozen=True)
class Run:
    """A run: its info and its data.

    Attributes:
        info: what it is.
        data: what was logged to it.
        inputs: data sets and models that it read.
        outputs: models that it made.
    """

    info: RunInfo
    data: RunData = field(default_factory=RunData)
    inputs: RunInputs = field(default_factory=RunInputs)
    outputs: RunOutputs = field(default_factory=RunOutputs)

    def to_dictionary(self) -> dict[str, Any]:
        """Info and data as nested dicts."""
        return {
            "info": asdict(self.info),
            "data": self.data.to_dictionary(),
            "inputs": self.inputs.to_dictionary(),
            "outputs": self.outputs.to_dictionary(),
        }

    def _repr_html_(self) -> str:
        info, data = self.info, self.data
        facts = [("status", info.status), ("started", moment(info.start_time)), ("ended", moment(info.end_time))]
        facts += [("id", info.run_id), ("experiment", info.experiment_id)]
        shown = {key: value for key, value in data.tags.items() if not key.startswith("mlflow.")}
        sections: dict[str, Mapping[str, object]] = {"Metrics": data.metrics, "Params": data.params, "Tags": shown}
        sections["Data sets"] = self.inputs.described()
        sections["Models read"] = {model.model_id: "" for model in self.inputs.model_inputs}
        sections["Models made"] = {model.model_id: f"at step {model.step}" for model in self.outputs.model_outputs}
        return card("Run", info.run_name or info.run_id, facts, sections)
