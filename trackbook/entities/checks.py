"""What is logged, as it is stored: every field checked, values exact, times filled in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from trackbook.entities.datasets import Dataset, DatasetInput, InputTag
from trackbook.entities.keys import check_int64, check_key, check_text, check_value
from trackbook.entities.runs import Metric, Param, RunTag
from trackbook.errors import InvalidParameter

__all__ = ["MAX_DIGEST", "MAX_SCHEMA", "check_label", "checked_batch", "checked_inputs", "checked_metric"]

_MAX_LABEL = 500  # characters of a model's id and of a data set's name
MAX_DIGEST, MAX_SCHEMA = 36, 1_048_575  # characters of what is said of a data set
#: Characters of what describes a data set, and what to do when there are more.
_TEXTS = {
    "source_type": (36, "Use a word such as 'local' or 'http'."),
    "source": (65_535, "Give the address of the data, not the data."),
    "schema": (MAX_SCHEMA, "Log a schema of that size with log_text, and leave it out here."),
    "profile": (16_777_215, "Log a profile of that size with log_text, and leave it out here."),
}


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
    for field, label, limit in (
        ("model_id", model_id, _MAX_LABEL),
        ("dataset_name", dataset_name, _MAX_LABEL),
        ("dataset_digest", dataset_digest, MAX_DIGEST),
    ):
        if label is not None:
            check_label(f"{field} of metric {key!r}", label, limit)


def check_label(thing: str, label: object, limit: int = _MAX_LABEL) -> str:
    """A name as it is stored: one line of text, of so many characters at most; `thing` is named in the message."""
    if not isinstance(label, str) or not 0 < len(label) <= limit or not label.isprintable():
        raise InvalidParameter(f"{thing} is {label!r:.80}; it is one line of text with 1 to {limit} characters.")
    return check_text(thing, label)


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


def checked_inputs(datasets: Iterable[DatasetInput]) -> list[DatasetInput]:
    """Data sets as inputs that keep the rules, each once, sorted by name and digest.

    Of a data set that stands there twice, the first is taken, with the tags of both; a tag's last value wins.

    Raises:
        InvalidParameter: a field breaks a rule, or an item is of another type; the message names the data set.
    """
    found: dict[tuple[str, str], DatasetInput] = {}
    for item in _listed("datasets", DatasetInput, datasets):
        dataset = _checked_dataset(item.dataset)
        tags = _checked_tags(dataset.name, item.tags)
        first = found.setdefault((dataset.name, dataset.digest), DatasetInput(dataset, []))
        merged = {tag.key: tag for tag in (*first.tags, *tags)}
        found[dataset.name, dataset.digest] = DatasetInput(first.dataset, list(merged.values()))
    return [found[key] for key in sorted(found)]


def _checked_dataset(dataset: Any) -> Dataset:
    (dataset,) = _listed("the data sets of inputs", Dataset, [dataset])
    name = check_label("The name of a data set", dataset.name)
    digest = check_label(f"The digest of the data set {name!r}", dataset.digest, MAX_DIGEST)
    texts = {}
    for field, (limit, remedy) in _TEXTS.items():
        value, thing = getattr(dataset, field), f"The {field} of the data set {name!r}"
        if value is None and field in ("schema", "profile"):
            continue
        if not isinstance(value, str):
            raise InvalidParameter(f"{thing} is text, not a value of type {type(value).__name__}: {value!r:.80}.")
        if len(value) > limit:
            raise InvalidParameter(f"{thing} has {len(value)} characters, and the limit is {limit}. {remedy}")
        texts[field] = check_text(thing, value)
    return Dataset(name, digest, **texts)


def _checked_tags(name: str, tags: Any) -> list[InputTag]:
    checked = []
    for tag in _listed(f"tags of the data set {name!r}", InputTag, tags or ()):
        key = check_label(f"A tag's key of the data set {name!r}", tag.key, 255)
        value = check_text(f"The tag {key!r} of the data set {name!r}", tag.value)
        if len(value) > 500:
            raise InvalidParameter(
                f"The tag {key!r} of the data set {name!r} has {len(value)} characters, and the limit is 500. "
                "Log longer texts with log_text."
            )
        checked.append(InputTag(key, value))
    return checked
