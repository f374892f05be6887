"""What a metric must reach: thresholds, how they are written in one line, and how a model is judged by them."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any, NamedTuple

from trackbook.entities.keys import check_key
from trackbook.errors import InvalidParameter, ModelValidationFailed

if TYPE_CHECKING:
    from trackbook.models.evaluation.result import EvaluationResult

__all__ = [
    "Judgement",
    "MetricThreshold",
    "Thresholds",
    "judge",
    "read_thresholds",
    "thresholds_from_json",
    "thresholds_to_json",
    "validate_evaluation_results",
]

Thresholds = dict[str, "MetricThreshold"]

_RULE = re.compile(r"\s*([^<>=]+?)\s*(>=|<=)\s*(\S+)\s*")
#: What MLflow takes for a change where a relative one cannot be told, since the baseline is 0.
_LEAST_CHANGE = 1e-10


@dataclass(frozen=True)
class MetricThreshold:
    """What one metric must reach for a model to pass.

    Attributes:
        threshold: the least value that passes, or the greatest where less is better.
        min_absolute_change: how much better than the baseline's value it must be; a positive number.
        min_relative_change: the same as a part of the baseline's value; 0 to 1.
        greater_is_better: whether more is better; it must be said.

    Raises:
        InvalidParameter: a number is none, or out of its range, or nothing is asked for.
    """

    threshold: float | None = None
    min_absolute_change: float | None = None
    min_relative_change: float | None = None
    greater_is_better: bool | None = None

    def __post_init__(self) -> None:
        for name in ("threshold", "min_absolute_change", "min_relative_change"):
            value = getattr(self, name)
            if value is not None and not (_is_number(value) and math.isfinite(value)):
                raise InvalidParameter(f"{name} is a number, not {value!r:.80}.")
        if self.min_absolute_change is not None and self.min_absolute_change <= 0:
            raise InvalidParameter(f"min_absolute_change is a number above 0, not {self.min_absolute_change}.")
        if self.min_relative_change is not None and not 0 <= self.min_relative_change <= 1:
            raise InvalidParameter(f"min_relative_change is a number from 0 to 1, not {self.min_relative_change}.")
        if not isinstance(self.greater_is_better, bool):
            raise InvalidParameter(f"greater_is_better is True or False, not {self.greater_is_better!r:.80}.")
        if self.threshold is None and self.min_absolute_change is None and self.min_relative_change is None:
            raise InvalidParameter("A MetricThreshold needs threshold, min_absolute_change or min_relative_change.")

    @property
    def compares(self) -> bool:
        """Whether it asks for more than the baseline has."""
        return self.min_absolute_change is not None or self.min_relative_change is not None

    def __str__(self) -> str:
        parts = [
            f"{words}: {value}."
            for words, value in (
                ("Threshold", self.threshold),
                ("Minimum Absolute Change", self.min_absolute_change),
                ("Minimum Relative Change", self.min_relative_change),
            )
            if value is not None
        ]
        return " ".join([*parts, f"{'Greater' if self.greater_is_better else 'Lower'} value is better."])


class Judgement(NamedTuple):
    """What became of one rule.

    Attributes:
        metric: its name.
        value: what was measured; None if it was not.
        rule: what was asked for, such as ``accuracy_score >= 0.9``.
        ok: whether it holds.
    """

    metric: str
    value: float | None
    rule: str
    ok: bool

    def __str__(self) -> str:
        found = "was not measured" if self.value is None else f"is {self.value:.6g}"
        return f"{self.metric} {found}; the rule is {self.rule}"


def read_thresholds(given: object) -> Thresholds:
    """Thresholds from what a caller gives.

    Args:
        given: a dict of metric to MetricThreshold, or a list of rules such as ``accuracy_score>=0.9``, or one rule;
            None for none.

    Raises:
        InvalidParameter: it is none of these, or names a metric twice.
    """
    if given is None:
        return {}
    if isinstance(given, str):
        given = [given]
    if isinstance(given, Mapping):
        return {check_key("metric", name): _checked(name, threshold) for name, threshold in given.items()}
    if not isinstance(given, Iterable):
        raise InvalidParameter(f"Thresholds are a dict or a list of rules, not a value of type {type(given).__name__}.")
    found: Thresholds = {}
    for rule in given:
        name, threshold = _parsed(rule)
        if name in found:
            raise InvalidParameter(f"Two thresholds are given for {name!r}; give one.")
        found[name] = threshold
    return found


def _checked(name: str, threshold: object) -> MetricThreshold:
    if isinstance(threshold, MetricThreshold):
        return threshold
    raise InvalidParameter(
        f"The threshold of {name!r} is a MetricThreshold, not {threshold!r:.80}. "
        f"Write MetricThreshold(threshold=0.9, greater_is_better=True), or the rule '{name}>=0.9' in a list."
    )


def _parsed(rule: object) -> tuple[str, MetricThreshold]:
    match = _RULE.fullmatch(rule) if isinstance(rule, str) else None
    number = _number(match[3]) if match else None
    if match is None or number is None:
        raise InvalidParameter(
            f"A threshold is a metric, >= or <= and a number, such as accuracy_score>=0.9, not {rule!r:.80}."
        )
    return check_key("metric", match[1]), MetricThreshold(threshold=number, greater_is_better=match[2] == ">=")


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def judge(
    thresholds: Mapping[str, MetricThreshold], metrics: Mapping[str, float], baseline: Mapping[str, float] | None = None
) -> list[Judgement]:
    """Hold measured metrics against thresholds; NaN reaches none, and neither does what was not measured.

    Args:
        thresholds: by metric.
        metrics: what was measured.
        baseline: what was measured of the model to compare with.
    """
    found: list[Judgement] = []
    for name, threshold in thresholds.items():
        value, other = metrics.get(name), (baseline or {}).get(name)
        for rule, limit in _limits(name, threshold, other):
            ok = value is not None and limit is not None and _reaches(value, limit, threshold)
            found.append(Judgement(name, value, rule, ok))
    return found


def _limits(name: str, threshold: MetricThreshold, baseline: float | None) -> list[tuple[str, float | None]]:
    """What is asked for, in words and as the number to reach; None where the baseline has none."""
    sign, direction = (">=", 1.0) if threshold.greater_is_better else ("<=", -1.0)
    limits: list[tuple[str, float | None]] = []
    if threshold.threshold is not None:
        limits.append((f"{name} {sign} {threshold.threshold:g}", float(threshold.threshold)))
    changes: list[tuple[float, str]] = []
    if (absolute := threshold.min_absolute_change) is not None:
        changes.append((absolute, f"{absolute:g}"))
    if (relative := threshold.min_relative_change) is not None:
        least = _LEAST_CHANGE if relative else 0.0
        changes.append((relative * abs(baseline) if baseline else least, f"{100 * relative:g} %" if relative else ""))
    for change, words in changes:
        limit = None if baseline is None else baseline + direction * change
        told = "which was not measured" if baseline is None else f"which is {baseline:.6g}"
        by = f" {'+' if direction > 0 else '-'} {words}" if words else ""
        limits.append((f"{name} {sign} baseline{by}, {told}", limit))
    return limits


def _reaches(value: float, limit: float, threshold: MetricThreshold) -> bool:
    """Whether a value is on the right side, or so near that only the last digit of the sum tells them apart."""
    if math.isclose(value, limit, rel_tol=1e-12, abs_tol=1e-15):
        return True
    return value >= limit if threshold.greater_is_better else value <= limit


def validate_evaluation_results(
    validation_thresholds: Mapping[str, MetricThreshold],
    candidate_result: EvaluationResult,
    baseline_result: EvaluationResult | None = None,
) -> None:
    """Raise if a model does not reach thresholds.

    Args:
        validation_thresholds: by the metric's name.
        candidate_result: what `evaluate` gave for the model.
        baseline_result: what it gave for the model to compare with.

    Raises:
        ModelValidationFailed: it does not; the message lists every rule that does not hold.
        InvalidParameter: these are no thresholds or no results.
    """
    if not isinstance(validation_thresholds, Mapping):
        raise InvalidParameter("validation_thresholds is a dict of metric to MetricThreshold.")
    thresholds = read_thresholds(validation_thresholds)
    metrics = _metrics_of("candidate_result", candidate_result)
    baseline = None if baseline_result is None else _metrics_of("baseline_result", baseline_result)
    failed = [f"{judgement}." for judgement in judge(thresholds, metrics, baseline) if not judgement.ok]
    if failed:
        raise ModelValidationFailed("\n".join(["The model does not pass:", *failed]))


def _metrics_of(role: str, result: object) -> Mapping[str, float]:
    metrics = getattr(result, "metrics", None)
    if not isinstance(metrics, Mapping):
        raise InvalidParameter(f"{role} is what evaluate gave, not a value of type {type(result).__name__}.")
    return metrics


def thresholds_to_json(thresholds: Mapping[str, MetricThreshold]) -> dict[str, Any]:
    """Thresholds as plain dicts, to be kept with a model."""
    return {
        name: {key: value for key, value in asdict(threshold).items() if value is not None}
        for name, threshold in thresholds.items()
    }


def thresholds_from_json(content: object) -> Thresholds:
    """Thresholds from what `thresholds_to_json` gave, also as text.

    Raises:
        InvalidParameter: it is something else.
    """
    try:
        loaded: Any = json.loads(content) if isinstance(content, str) else content
        return {str(name): MetricThreshold(**members) for name, members in loaded.items()}
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise InvalidParameter(f"These are no thresholds: {content!r:.80}.") from error


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)
