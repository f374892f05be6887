"""Points as they are stored: every field of a metric checked, its value as a float and its time filled in."""

from __future__ import annotations

from collections.abc import Callable

from trackbook.entities.keys import check_int64, check_key
from trackbook.entities.runs import Metric
from trackbook.errors import InvalidParameter

__all__ = ["checked_metric"]


def checked_metric(metric: Metric, now: Callable[[], int]) -> Metric:
    """A metric whose every field keeps the rules.

    Args:
        metric: its timestamp may be None.
        now: a clock in ms since 1970-01-01 UTC, for a timestamp that is None.

    Raises:
        InvalidParameter: a field breaks a rule; the message names the metric.
    """
    key = check_key("metric", metric.key)
    step = check_int64(f"The step of metric {key!r}", metric.step)
    when = now() if metric.timestamp is None else check_int64(f"The timestamp of metric {key!r}", metric.timestamp)
    if when < 0:
        raise InvalidParameter(f"The timestamp of metric {key!r} is {when}; it is in ms since 1970 and not negative.")
    value = _number(key, metric.value)
    return Metric(key, value, when, step, metric.model_id, metric.dataset_name, metric.dataset_digest)


def _number(key: str, value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError, RuntimeError):
        raise InvalidParameter(
            f"The value of metric {key!r} is {value!r:.80} (type {type(value).__name__}), which is no number; "
            "log a number, and texts with log_param or set_tag."
        ) from None
