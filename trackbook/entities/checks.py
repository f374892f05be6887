"""What is logged, as it is stored: every field of metrics, params and tags checked, values exact, times filled in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from trackbook.entities.keys import check_int64, check_key, check_text, check_value
from trackbook.entities.runs import Metric, Param, RunTag
from trackbook.errors import InvalidParameter

__all__ = ["checked_batch", "checked_metric"]

_MAX_LABEL = 500  # characters of a model's id, and of a data set's name and digest


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
    labels = (metric.model_id, metric.dataset_name, metric.dataset_digest)
    if labels != (None, None, None):
        _check_labels(key, *labels)
    return Metric(key, value, when, step, *labels)


def _check_labels(key: str, model_id: object, dataset_name: object, dataset_digest: object) -> None:
    if dataset_digest is not None and dataset_name is None:
        raise InvalidParameter(f"Metric {key!r} has the digest of a data set and not its name; give dataset_name too.")
    for field, label in (("model_id", model_id), ("dataset_name", dataset_name), ("dataset_digest", dataset_digest)):
        if label is None:
            continue
        if not isinstance(label, str) or not 0 < len(label) <= _MAX_LABEL or not label.isprintable():
            raise InvalidParameter(
                f"{field} of metric {key!r} is {label!r:.80}; it is one line of text with 1 to {_MAX_LABEL} characters."
            )
        check_text(f"{field} of metric {key!r}", label)


def _number(key: str, value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError, RuntimeError):
        raise InvalidParameter(
            f"The value of metric {key!r} is {value!r:.80} (type {type(value).__name__}), which is no number; "
            "log a number, and texts with log_param or set_tag."
        ) from None


def checked_batch(
    metrics: Iterable[Metric], params: Iterable[Param], tags: Iterable[RunTag]
) -> tuple[list[Metric], list[Param], list[RunTag]]:
    """A batch whose params and tags keep the rules; of metrics only the type is checked here.

    Raises:
        InvalidParameter: a key or value breaks them, a param's key stands twice, or an item is of another type.
    """
    points = _listed("metrics", Metric, metrics)
    checked_params = [
        Param(check_key("param", param.key), check_value("param", param.key, param.value))
        for param in _listed("params", Param, params)
    ]
    keys = [param.key for param in checked_params]
    if len(set(keys)) != len(keys):
        twice = next(key for key in keys if keys.count(key) > 1)
        raise InvalidParameter(f"The param {twice!r} stands twice in one batch; give each param once.")
    given = _listed("tags", RunTag, tags)
    checked_tags = [RunTag(check_key("tag", tag.key), check_value("tag", tag.key, tag.value)) for tag in given]
    return points, checked_params, checked_tags


def _listed(argument: str, kind: Any, items: Any) -> list[Any]:
    """The items as a list; a class of another library with the same attributes will do."""
    if isinstance(items, (str, bytes, Mapping)) or not isinstance(items, Iterable):
        raise InvalidParameter(f"{argument} is a list of {kind.__name__}, not {type(items).__name__}: {items!r:.80}.")
    listed = list(items)
    for item in listed:
        if type(item) is not kind and not all(hasattr(item, name) for name in kind.__dataclass_fields__):
            raise InvalidParameter(f"{argument} is a list of {kind.__name__}; {item!r:.80} is a {type(item).__name__}.")
    return listed
