"""The REST spelling, once: which endpoints there are, what each may do, and how entities and requests look in JSON.

JSON has no NaN and no infinities: they travel as "NaN", "Infinity" and "-Infinity", as MLflow's clients write and read
them. Whole numbers of 64 bits are JSON numbers. Empty lists are left out of answers, as MLflow leaves them out.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from trackbook.entities import (
    Dataset,
    DatasetInput,
    Experiment,
    InputTag,
    LoggedModelInput,
    LoggedModelOutput,
    Metric,
    Run,
    RunData,
    RunInfo,
    RunInputs,
    RunOutputs,
    ViewType,
)
from trackbook.entities.keys import check_int64
from trackbook.errors import InvalidParameter

__all__ = [
    "BODY_BYTES",
    "ENDPOINTS",
    "Endpoint",
    "Permission",
    "Request",
    "experiment_from_json",
    "experiment_to_json",
    "float_from_json",
    "float_to_json",
    "metric_from_json",
    "metric_to_json",
    "request_of_body",
    "request_of_query",
    "run_from_json",
    "run_to_json",
]

Permission = Literal["read", "write"]

MLFLOW = "/api/2.0/mlflow"
OWN = "/api/1.0/trackbook"

#: Bytes of a request's body at most.
BODY_BYTES = 1 << 20
_MOST_TEXT, _MOST_ITEMS = 65_536, 1_000


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One row of the table.

    Attributes:
        name: what it does, in MLflow's words where it has them.
        method: GET, POST, PATCH or DELETE.
        path: below the server's address.
        permission: what a caller must be allowed to do; a row without one is refused.
    """

    name: str
    method: str
    path: str
    permission: Permission

    def __post_init__(self) -> None:
        if self.permission not in ("read", "write"):
            raise InvalidParameter(f"The endpoint {self.method} {self.path} has no permission; it is read or write.")
        if self.method not in ("GET", "POST", "PATCH", "DELETE") or not self.path.startswith("/api/"):
            raise InvalidParameter(f"{self.method} {self.path} is no endpoint.")


#: Every endpoint; what is not in here is answered with 404.
ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint("searchExperiments", "POST", f"{MLFLOW}/experiments/search", "read"),
    Endpoint("searchExperiments", "GET", f"{MLFLOW}/experiments/search", "read"),
    Endpoint("getExperiment", "GET", f"{MLFLOW}/experiments/get", "read"),
    Endpoint("getExperimentByName", "GET", f"{MLFLOW}/experiments/get-by-name", "read"),
    Endpoint("searchRuns", "POST", f"{MLFLOW}/runs/search", "read"),
    Endpoint("getRun", "GET", f"{MLFLOW}/runs/get", "read"),
    Endpoint("overview", "GET", f"{OWN}/overview", "read"),
    Endpoint("listRuns", "GET", f"{OWN}/runs", "read"),
)


# ---- requests ----


@dataclass(frozen=True)
class Request:
    """What a caller sent, read member by member; a member of the wrong type, length or range is an InvalidParameter."""

    members: Mapping[str, Any]

    def text(self, name: str, *, most: int = _MOST_TEXT) -> str | None:
        """A text; None if it was not sent, or sent empty."""
        value = self.members.get(name)
        if value is None or value == "":
            return None
        return _text(name, value, most)

    def required(self, *names: str) -> str:
        """The text of the first of some names that was sent.

        Raises:
            InvalidParameter: none of them was.
        """
        for name in names:
            value = self.text(name)
            if value is not None:
                return value
        raise InvalidParameter(f"The request lacks {names[0]!r}; send it as text.")

    def integer(self, name: str, default: int, *, least: int = 1, most: int) -> int:
        """A whole number, as a number or as digits; the default if it was not sent."""
        value = self.members.get(name)
        if value is None or value == "":
            return default
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            raise InvalidParameter(f"{name} is a whole number, not {value!r:.80}.")
        if isinstance(value, str):
            digits = value.strip().removeprefix("-")
            if not (digits.isascii() and digits.isdecimal() and len(digits) <= 20):
                raise InvalidParameter(f"{name} is a whole number, not {value!r:.80}.")
            value = int(value)
        number = check_int64(name, value)
        if not least <= number <= most:
            raise InvalidParameter(f"{name} is {number}; it is from {least} to {most}.")
        return number

    def texts(self, name: str) -> list[str]:
        """A list of texts, at most 1,000; [] if it was not sent."""
        value = self.members.get(name)
        if value is None:
            return []
        if isinstance(value, str) or not isinstance(value, Sequence):
            value = [value]
        if len(value) > _MOST_ITEMS:
            raise InvalidParameter(f"{name} has {len(value)} items; the limit is {_MOST_ITEMS}.")
        return [_text(name, item, _MOST_TEXT) for item in value]

    def view(self, name: str) -> int:
        """A view type, by its number or by its name; the active ones if it was not sent."""
        value = self.members.get(name)
        if value in (None, ""):
            return ViewType.ACTIVE_ONLY
        if isinstance(value, str) and not value.isdecimal():
            return ViewType.from_string(value)
        number = self.integer(name, ViewType.ACTIVE_ONLY, most=3)
        ViewType.to_string(number)
        return number


def request_of_query(query: Mapping[str, Sequence[bytes]]) -> Request:
    """The request in an address: one value is a text, several are a list.

    Raises:
        InvalidParameter: it is not UTF-8.
    """
    members: dict[str, Any] = {}
    for name, values in query.items():
        try:
            texts = [value.decode() for value in values]
        except UnicodeDecodeError:
            raise InvalidParameter(f"The value of {name!r:.80} in the address is not UTF-8.") from None
        members[name] = texts[0] if len(texts) == 1 else texts
    return Request(members)


def request_of_body(body: bytes) -> Request:
    """The request in a body: a JSON object, or nothing.

    Raises:
        InvalidParameter: it is too long, no JSON, or no object.
    """
    if len(body) > BODY_BYTES:
        raise InvalidParameter(f"The body has {len(body)} bytes; the limit is {BODY_BYTES}.")
    if not body.strip():
        return Request({})
    try:
        members = json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidParameter('The body is no JSON. Send an object such as {"run_id": "..."}.') from None
    if not isinstance(members, dict):
        raise InvalidParameter(f"The body is a JSON object, not {type(members).__name__}.")
    return Request(members)


def _text(name: str, value: object, most: int) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise InvalidParameter(f"{name} is text, not {value!r:.80}.")
    if len(value) > most:
        raise InvalidParameter(f"{name} has {len(value)} characters; the limit is {most}.")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise InvalidParameter(f"{name} has a lone surrogate, which no text in a store has.")
    return value


# ---- values ----

_WORDS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def float_to_json(value: float) -> float | str:
    """A float as JSON can carry it."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def float_from_json(value: object) -> float:
    """The float that `float_to_json` was given.

    Raises:
        InvalidParameter: it is none.
    """
    if isinstance(value, str) and value in _WORDS:
        return _WORDS[value]
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InvalidParameter(f"A value is a number, 'NaN', 'Infinity' or '-Infinity', not {value!r:.80}.")
    try:
        return float(value)
    except OverflowError:
        raise InvalidParameter(f"The value {value!s:.40}... is larger than any float.") from None


def _without_empty(members: dict[str, Any]) -> dict[str, Any]:
    """The members without those that say nothing."""
    return {key: value for key, value in members.items() if value is not None and value != []}


def _pairs(texts: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in texts.items()]


def _texts(pairs: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {pair["key"]: pair.get("value", "") for pair in pairs}


# ---- entities ----


def experiment_to_json(experiment: Experiment) -> dict[str, Any]:
    """An experiment as MLflow's clients read it."""
    return _without_empty({
        "experiment_id": experiment.experiment_id,
        "name": experiment.name,
        "artifact_location": experiment.artifact_location,
        "lifecycle_stage": experiment.lifecycle_stage,
        "last_update_time": experiment.last_update_time,
        "creation_time": experiment.creation_time,
        "tags": _pairs(experiment.tags),
    })  # fmt: skip


def experiment_from_json(members: Mapping[str, Any]) -> Experiment:
    """The experiment that `experiment_to_json` was given."""
    return Experiment(
        members["experiment_id"],
        members["name"],
        members.get("artifact_location", ""),
        members.get("lifecycle_stage", "active"),
        _texts(members.get("tags", ())),
        _time(members.get("creation_time")),
        _time(members.get("last_update_time")),
    )


def metric_to_json(metric: Metric) -> dict[str, Any]:
    """A point of a metric."""
    return _without_empty({
        "key": metric.key,
        "value": float_to_json(metric.value),
        "timestamp": metric.timestamp,
        "step": metric.step,
        "model_id": metric.model_id,
        "dataset_name": metric.dataset_name,
        "dataset_digest": metric.dataset_digest,
        "run_id": metric.run_id,
    })  # fmt: skip


def metric_from_json(members: Mapping[str, Any]) -> Metric:
    """The point that `metric_to_json` was given.

    Raises:
        InvalidParameter: a number is none.
    """
    return Metric(
        members["key"],
        float_from_json(members.get("value", 0.0)),
        check_int64("timestamp", members.get("timestamp", 0)),
        check_int64("step", members.get("step", 0)),
        members.get("model_id"),
        members.get("dataset_name"),
        members.get("dataset_digest"),
        members.get("run_id"),
    )


def run_to_json(run: Run, metrics: Sequence[Metric] | None = None) -> dict[str, Any]:
    """A run as MLflow's clients read it.

    Args:
        run: the run.
        metrics: the last point of each metric, with its step and time; without them these are 0.
    """
    info, data = run.info, run.data
    points = [Metric(key, value, 0) for key, value in data.metrics.items()] if metrics is None else metrics
    logged = {
        "metrics": [metric_to_json(point) for point in points],
        "params": _pairs(data.params),
        "tags": _pairs(data.tags),
    }
    inputs = {
        "dataset_inputs": [_input_to_json(item) for item in run.inputs.dataset_inputs],
        "model_inputs": [{"model_id": model.model_id} for model in run.inputs.model_inputs],
    }
    outputs = [{"model_id": model.model_id, "step": model.step} for model in run.outputs.model_outputs]
    return {
        "info": _without_empty({
            "run_uuid": info.run_id,
            "experiment_id": info.experiment_id,
            "run_name": info.run_name,
            "user_id": info.user_id,
            "status": info.status,
            "start_time": info.start_time,
            "end_time": info.end_time,
            "artifact_uri": info.artifact_uri,
            "lifecycle_stage": info.lifecycle_stage,
            "run_id": info.run_id,
        }),
        "data": _without_empty(logged),
        "inputs": _without_empty(inputs),
        "outputs": _without_empty({"model_outputs": outputs}),
    }  # fmt: skip


def run_from_json(members: Mapping[str, Any]) -> Run:
    """The run that `run_to_json` was given; of its metrics, the values."""
    info, data = members["info"], members.get("data", {})
    inputs, outputs = members.get("inputs", {}), members.get("outputs", {})
    return Run(
        RunInfo(
            info.get("run_id") or info["run_uuid"],
            info["experiment_id"],
            info.get("user_id", ""),
            info["status"],
            _time(info.get("start_time")),
            _time(info.get("end_time")),
            info.get("lifecycle_stage", "active"),
            info.get("artifact_uri"),
            info.get("run_name"),
        ),
        RunData(
            {point["key"]: float_from_json(point.get("value", 0.0)) for point in data.get("metrics", ())},
            _texts(data.get("params", ())),
            _texts(data.get("tags", ())),
        ),
        RunInputs(
            [_input_from_json(item) for item in inputs.get("dataset_inputs", ())],
            [LoggedModelInput(item["model_id"]) for item in inputs.get("model_inputs", ())],
        ),
        RunOutputs(
            [LoggedModelOutput(item["model_id"], item.get("step", 0)) for item in outputs.get("model_outputs", ())]
        ),
    )


def _input_to_json(item: DatasetInput) -> dict[str, Any]:
    tags = [{"key": tag.key, "value": tag.value} for tag in item.tags]
    return _without_empty({"tags": tags, "dataset": _without_empty(item.dataset.to_dictionary())})


def _input_from_json(members: Mapping[str, Any]) -> DatasetInput:
    told = members["dataset"]
    dataset = Dataset(
        told["name"],
        told.get("digest", ""),
        told.get("source_type", ""),
        told.get("source", ""),
        told.get("schema"),
        told.get("profile"),
    )
    return DatasetInput(dataset, [InputTag(tag["key"], tag.get("value", "")) for tag in members.get("tags", ())])


def _time(value: object) -> int | None:
    return None if value is None else check_int64("A time", value)
