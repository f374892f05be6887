"""Checks: the evaluation of a logged model repeated on newer data, and what all of them have found over time."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from trackbook.entities import LoggedModel
from trackbook.errors import InvalidParameter, NotFound
from trackbook.libraries import require
from trackbook.models.evaluation.evaluate import Plan, carry_out
from trackbook.models.evaluation.measurement import BETTER, Question
from trackbook.models.evaluation.metric import EvaluationMetric, checked_metrics
from trackbook.models.evaluation.predictor import predictor_of
from trackbook.models.evaluation.recording import CHECK, CHECKED_VERSION, REMEMBERED, VERDICT
from trackbook.models.evaluation.result import EvaluationResult
from trackbook.models.evaluation.sample import Wanted, read_sample
from trackbook.models.evaluation.thresholds import MetricThreshold, Thresholds, read_thresholds, thresholds_from_json
from trackbook.runs.fluent import start_run
from trackbook.runs.model_addresses import Located, locate

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CheckResult", "check", "checks"]

#: What a model is compared in with a baseline where no threshold names a metric.
_FIRST = {"classifier": "accuracy_score", "regressor": "root_mean_squared_error"}


@dataclass(repr=False)
class CheckResult(EvaluationResult):
    """What a check found.

    Attributes:
        name: of the model, as people call it: ``digits version 3``.
    """

    name: str = ""

    @property
    def sentence(self) -> str:
        """What is so, and what to do."""
        failed = [str(judgement) for judgement in self.judgements if not judgement.ok]
        if failed:
            return (
                f"{self.name} does not pass: {', and '.join(failed)}. Retrain it, or find what has changed in the data."
            )
        if self.judgements:
            rules = ", ".join(judgement.rule for judgement in self.judgements)
            return f"{self.name} passes: {rules}."
        return f"{self.name} was measured. It has no threshold to reach; give one, such as accuracy_score>=0.9."


def check(
    model: str,
    data: Any,
    *,
    targets: Any = None,
    thresholds: Mapping[str, MetricThreshold] | Sequence[str] | None = None,
    against: Any = None,
    model_type: str | None = None,
    extra_metrics: Sequence[EvaluationMetric] | None = None,
) -> CheckResult:
    """Measure a logged model again, in a run of its own, by the metrics and thresholds of its last evaluation.

    The run is tagged with the model and its version, and its metrics belong to the model: `checks` reads them over
    time. The verdict is kept with the model, as after `evaluate`.

    Args:
        model: an address such as ``models:/digits@champion``.
        data: as for `evaluate`.
        targets: the column of the targets, or the targets themselves; as in its last evaluation if None.
        thresholds: as for `evaluate`; those of its last evaluation if None.
        against: a model that it must not be worse than, in the metrics that have a threshold.
        model_type: as in its last evaluation if None.
        extra_metrics: those of its last evaluation are asked again only if they are given, for they are functions.

    Returns:
        Metrics, the verdict, and a sentence that says it.

    Raises:
        NotFound: there is no such model.
        InvalidParameter: it is no logged model, it was never evaluated and no model_type was given, or the data does
            not fit.
        MissingDependency: scikit-learn or pandas is not installed.
    """
    found = locate(model)
    logged = _logged(found, model)
    asked = _remembered(logged)
    kind = model_type or asked.get("model_type")
    extra = checked_metrics(extra_metrics)
    if kind not in _FIRST and not extra:
        raise InvalidParameter(
            f"{model!r} has not been evaluated yet, so say model_type='classifier' or 'regressor' and its thresholds."
        )
    rules, note = _rules(thresholds, asked, extra)
    column = targets if targets is not None else asked.get("targets")
    predictor = replace(predictor_of(model), model_id=logged.model_id)
    sample = read_sample(data, Wanted(column, features=asked.get("features")))
    if against is not None:
        rules = _not_worse(rules, _FIRST.get(str(kind), ""))
    other = None if against is None else predictor_of(against)
    question = Question(kind, asked.get("config") or {}, extra)
    plan = Plan(predictor, sample, question, (), rules, other, logged.model_id, remember=False)
    named = _name(found, logged)
    tags = {CHECK: str(logged.model_id)} | ({} if found.version is None else {CHECKED_VERSION: _version(found)})
    result = carry_out(
        plan,
        lambda: start_run(experiment_id=logged.experiment_id, run_name=f"check {named}"[:500], nested=True, tags=tags),
    )
    notes = [*result.notes, note] if note else result.notes
    return CheckResult(
        result.metrics, result.artifacts, result.run_id, result.model_id, result.judgements, notes, name=named
    )


def _logged(found: Located, uri: object) -> LoggedModel:
    if found.model is None:
        raise InvalidParameter(
            f"{uri!s:.200} is no logged model, so there is nothing to keep checks with; log it first."
        )
    return found.model


def _remembered(model: LoggedModel) -> dict[str, Any]:
    """How a model was asked when it was evaluated; {} if it was not. Anyone may write a tag, so nothing is believed."""
    try:
        content = json.loads(model.tags.get(REMEMBERED, "{}"))
    except (ValueError, RecursionError):
        return {}
    if not isinstance(content, dict):
        return {}
    kinds: dict[str, type | tuple[type, ...]] = {
        "model_type": str, "targets": str, "features": list, "config": dict, "thresholds": dict, "extra_metrics": list,
    }  # fmt: skip
    return {key: content[key] for key, kind in kinds.items() if isinstance(content.get(key), kind)}


def _rules(given: object, asked: Mapping[str, Any], extra: Sequence[EvaluationMetric]) -> tuple[Thresholds, str]:
    """The thresholds that are given, else those of the last evaluation that can be held again."""
    if given is not None:
        return read_thresholds(given), ""
    known = thresholds_from_json(asked.get("thresholds", {}))
    lost = set(asked.get("extra_metrics", ())) - {metric.key for metric in extra}
    gone = sorted(name for name in known if name.partition("/")[0] in {key.partition("/")[0] for key in lost})
    compared = sorted(name for name, threshold in known.items() if threshold.threshold is None)
    kept = {
        name: MetricThreshold(threshold.threshold, greater_is_better=threshold.greater_is_better)
        for name, threshold in known.items()
        if name not in gone and name not in compared
    }
    words = [f"Not held again, for it needs extra_metrics: the threshold of {', '.join(gone)}."] if gone else []
    if compared:
        words.append(f"Not held again, for it compares with a baseline: the threshold of {', '.join(compared)}.")
    return kept, " ".join(words)


def _not_worse(rules: Thresholds, first: str) -> Thresholds:
    """The same thresholds, and that no metric of theirs is worse than the baseline's."""
    names = {name: threshold.greater_is_better for name, threshold in rules.items()} or {first: BETTER.get(first, True)}
    return {
        name: MetricThreshold(
            rules[name].threshold if name in rules else None, min_relative_change=0.0, greater_is_better=better
        )
        for name, better in names.items()
    }


def _version(found: Located) -> str:
    version = found.version
    return "" if version is None else f"{version.name}/{version.version}"


def _name(found: Located, logged: LoggedModel) -> str:
    version = found.version
    return f"{logged.name} ({logged.model_id})" if version is None else f"{version.name} version {version.version}"


def checks(model: str) -> pd.DataFrame:
    """What was measured of a logged model over time: a row for each metric of each evaluation and check.

    Args:
        model: an address such as ``models:/digits/1``.

    Returns:
        The columns time (UTC), metric, value, verdict (passed, failed or None), kind (check, evaluation or run),
        dataset, digest and run_id; oldest first.

    Raises:
        NotFound: there is no such model.
        InvalidParameter: it is no logged model.
        MissingDependency: pandas is not installed.
    """
    require("checks", "pandas")
    import pandas as pd

    found = locate(model)
    logged, store = _logged(found, model), found.store
    tags: dict[str, dict[str, str]] = {}
    rows = []
    for metric in logged.metrics:
        run_id = str(metric.run_id)
        if run_id not in tags:
            try:
                tags[run_id] = {} if store is None else store.get_run(run_id).data.tags
            except NotFound:  # it was deleted for good, and its points with it, between two reads
                tags[run_id] = {}
        of = tags[run_id]
        kind = "check" if CHECK in of else "evaluation" if REMEMBERED in of else "run"
        rows.append(
            (metric.timestamp, metric.key, metric.value, of.get(VERDICT), kind, metric.dataset_name,
             metric.dataset_digest, run_id)
        )  # fmt: skip
    columns = ["time", "metric", "value", "verdict", "kind", "dataset", "digest", "run_id"]
    table = pd.DataFrame(rows, columns=columns).sort_values(["time", "metric"], ignore_index=True)
    table["time"] = pd.to_datetime(table["time"].astype("int64"), unit="ms", utc=True)
    return table
