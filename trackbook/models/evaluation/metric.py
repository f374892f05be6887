"""Metrics of a user's own: what one is, how it is made of a function, and how it is asked."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from trackbook.entities.keys import check_key
from trackbook.errors import InvalidParameter

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "EvaluationMetric",
    "Materials",
    "MetricValue",
    "checked_metrics",
    "make_metric",
    "measure_extra",
    "numbers_of",
]


@dataclass
class MetricValue:
    """What a metric's function may give instead of one number.

    Attributes:
        scores: one for each row.
        justifications: a text for each row.
        aggregate_results: numbers by name; mean, variance and p90 of the scores if they are numbers and this is None.
    """

    scores: Sequence[Any] | None = None
    justifications: Sequence[str] | None = None
    aggregate_results: dict[str, float] | None = None

    def __post_init__(self) -> None:
        if self.aggregate_results is None and self.scores and all(_is_number(score) for score in self.scores):
            self.aggregate_results = {
                "mean": float(np.mean(self.scores)),
                "variance": float(np.var(self.scores)),
                "p90": float(np.percentile(self.scores, 90)),
            }


class EvaluationMetric:
    """A metric of a user's own; `make_metric` makes one.

    Args:
        eval_fn: a function of ``predictions``, ``targets``, ``metrics`` and columns of the data, by their names, or
            of a DataFrame with the columns prediction and target and the metrics so far; it gives a number or a
            MetricValue.
        name: under which it is logged.
        greater_is_better: whether more is better.
        long_name: for people.
        version: added to the name, after a slash.
        metric_details: what it measures.
        metric_metadata: further facts.
        genai_metric_args: taken for MLflow's sake.
    """

    def __init__(
        self,
        eval_fn: Callable[..., Any],
        name: str,
        greater_is_better: bool,
        long_name: str | None = None,
        version: str | None = None,
        metric_details: str | None = None,
        metric_metadata: Mapping[str, Any] | None = None,
        genai_metric_args: Mapping[str, Any] | None = None,
    ) -> None:
        self.eval_fn, self.name, self.greater_is_better = eval_fn, name, greater_is_better
        self.long_name, self.version = long_name or name, version
        self.metric_details, self.metric_metadata = metric_details, metric_metadata
        self.genai_metric_args = genai_metric_args

    @property
    def key(self) -> str:
        """Under which it is logged."""
        return f"{self.name}/{self.version}" if self.version else self.name

    def __call__(self, **arguments: Any) -> Any:
        """What the function gives for these arguments."""
        return self.eval_fn(**arguments)

    def __str__(self) -> str:
        facts = {
            "name": self.name,
            "greater_is_better": self.greater_is_better,
            "long_name": self.long_name,
            "version": self.version,
            "metric_details": self.metric_details,
            "metric_metadata": self.metric_metadata,
        }
        told = ", ".join(f"{key}={value}" for key, value in facts.items() if value or key == "greater_is_better")
        return f"EvaluationMetric({told})"


def make_metric(
    *,
    eval_fn: Callable[..., Any],
    greater_is_better: bool,
    name: str | None = None,
    long_name: str | None = None,
    version: str | None = None,
    metric_details: str | None = None,
    metric_metadata: Mapping[str, Any] | None = None,
    genai_metric_args: Mapping[str, Any] | None = None,
) -> EvaluationMetric:
    """A metric of a function, for ``evaluate(extra_metrics=[...])``.

    Args:
        eval_fn: as for `EvaluationMetric`.
        greater_is_better: whether more is better.
        name: under which it is logged; the function's own if None.
        long_name: for people.
        version: added to the name, after a slash.
        metric_details: what it measures.
        metric_metadata: further facts.
        genai_metric_args: taken for MLflow's sake.

    Raises:
        InvalidParameter: it is no function, or has no name that a metric may have.
    """
    if not callable(eval_fn):
        raise InvalidParameter(f"eval_fn is a function, not a value of type {type(eval_fn).__name__}.")
    if name is None:
        name = getattr(eval_fn, "__name__", "<lambda>")
        if name == "<lambda>":
            raise InvalidParameter("This function has no name; give make_metric a name.")
    if not isinstance(name, str) or "/" in name:
        raise InvalidParameter(f"A metric's name is text without slashes, not {name!r:.80}.")
    check_key("metric", f"{name}/{version}" if version else name)
    return EvaluationMetric(
        eval_fn, name, greater_is_better, long_name, version, metric_details, metric_metadata, genai_metric_args
    )


def checked_metrics(given: object) -> list[EvaluationMetric]:
    """The metrics of ``extra_metrics``.

    Raises:
        InvalidParameter: it is no list of metrics, or two have one name.
    """
    if given is None:
        return []
    if not isinstance(given, (list, tuple)):
        raise InvalidParameter(f"extra_metrics is a list of metrics, not a value of type {type(given).__name__}.")
    for metric in given:
        if not isinstance(metric, EvaluationMetric):
            hint = " Make one with make_metric(eval_fn=..., greater_is_better=...)." if callable(metric) else ""
            raise InvalidParameter(f"extra_metrics holds {metric!r:.80}, which is no EvaluationMetric.{hint}")
    names = [metric.key for metric in given]
    if len(set(names)) < len(names):
        raise InvalidParameter(f"Two of extra_metrics have one name: {', '.join(names)}.")
    return list(given)


@dataclass(frozen=True)
class Materials:
    """What the functions of metrics may ask for.

    Attributes:
        predictions: as a Series.
        targets: as a Series; None if there are none.
        columns: Series by name: of the data, and what else the model gave.
        config: the evaluator's.
        aliases: other names for columns, MLflow's ``col_mapping``.
        values: of the metrics so far.
        numbers: of the metrics so far, each as one number.
    """

    predictions: pd.Series
    targets: pd.Series | None
    columns: Mapping[str, pd.Series]
    config: Mapping[str, Any]
    aliases: Mapping[str, Any]
    values: dict[str, MetricValue] = field(default_factory=dict)
    numbers: dict[str, float] = field(default_factory=dict)

    def table(self) -> pd.DataFrame:
        """Predictions and targets, in MLflow's columns."""
        import pandas as pd

        columns = {"prediction": self.predictions}
        return pd.DataFrame(columns if self.targets is None else {**columns, "target": self.targets})


def measure_extra(metrics: Sequence[EvaluationMetric], materials: Materials) -> dict[str, MetricValue]:
    """Ask metrics, each after those whose values it needs.

    Raises:
        InvalidParameter: one needs what nobody has, or gives no number; the message names it.
    """
    found: dict[str, MetricValue] = {}
    waiting = list(metrics)
    while waiting:
        names = {metric.name for metric in waiting}
        ready = [metric for metric in waiting if not _missing(metric, materials, names)]
        if not ready:
            metric = waiting[0]
            raise InvalidParameter(
                f"The metric {metric.name!r} needs {', '.join(_missing(metric, materials, names))}, which is neither a "
                "column of the data nor another metric. Name it in evaluator_config={'col_mapping': {...}}."
            )
        for metric in ready:
            value = _value(metric, metric.eval_fn(*_arguments(metric, materials)))
            found[metric.key] = materials.values[metric.name] = value
            materials.numbers.update(numbers_of(metric.key, value))
        waiting = [metric for metric in waiting if metric not in ready]
    return found


def _takes_a_table(parameters: Sequence[str]) -> bool:
    """Whether it is a function of MLflow's older form: of a table and the metrics so far."""
    return len(parameters) == 2 and parameters[0] != "predictions" and parameters[1] != "targets"


def _missing(metric: EvaluationMetric, materials: Materials, waiting: set[str]) -> list[str]:
    parameters = inspect.signature(metric.eval_fn).parameters
    if _takes_a_table(list(parameters)):
        return []
    return [
        name
        for name, parameter in parameters.items()
        if parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
        and parameter.default is parameter.empty
        and _look_up(name, materials) is _NOTHING
    ] + [name for name in parameters if name in waiting - {metric.name} and name not in materials.values]


_NOTHING = object()


def _look_up(name: str, materials: Materials) -> Any:
    column = materials.aliases.get(name, name)
    if not isinstance(column, str):
        return column
    if column == "metrics":
        return dict(materials.values)
    if column == "predictions":
        return materials.predictions.copy()
    if column == "targets":
        return _NOTHING if materials.targets is None else materials.targets.copy()
    for place in (materials.columns, materials.config, materials.values):
        if column in place:
            return place[column]
    return _NOTHING


def _arguments(metric: EvaluationMetric, materials: Materials) -> list[Any]:
    parameters = inspect.signature(metric.eval_fn).parameters
    if _takes_a_table(list(parameters)):
        return [materials.table(), dict(materials.numbers)]
    found = []
    for name, parameter in parameters.items():
        if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            continue
        value = _look_up(name, materials)
        found.append(parameter.default if value is _NOTHING else value)
    return found


def _value(metric: EvaluationMetric, given: Any) -> MetricValue:
    if _is_number(given):
        return MetricValue(aggregate_results={metric.name: float(given)})
    duck = all(hasattr(given, name) for name in ("scores", "justifications", "aggregate_results"))
    if not duck:
        raise InvalidParameter(
            f"The metric {metric.name!r} gave {given!r:.80}; it gives a number or trackbook.models.MetricValue(...)."
        )
    results = given.aggregate_results
    if results is not None and not all(isinstance(k, str) and (v is None or _is_number(v)) for k, v in results.items()):
        raise InvalidParameter(f"The aggregate_results of the metric {metric.name!r} are numbers by name.")
    return MetricValue(given.scores, given.justifications, None if results is None else dict(results))


def numbers_of(key: str, value: MetricValue) -> dict[str, float]:
    """What is logged of a value: itself under the metric's name, further numbers after a slash."""
    named = {}
    for name, number in (value.aggregate_results or {}).items():
        if number is not None:
            named[key if name == key.partition("/")[0] else f"{key}/{name}"] = float(number)
    return named


def _is_number(value: object) -> bool:
    return isinstance(value, (Real, np.number, np.bool_))
