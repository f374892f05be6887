"""What a promotion or a roll back changes, as the dialog shows it: now, after, and what speaks for and against it."""

from __future__ import annotations

import json
from typing import Any

from trackbook.entities import ModelVersion, RegisteredModel
from trackbook.models.model import Model
from trackbook.registry.promotion import DETAILS_TAG, VERDICT_TAG, Plan
from trackbook.widgets.registry_details import signature_words
from trackbook.widgets.registry_sources import Sources, cut, plain_number
from trackbook.widgets.registry_versions import metric_columns, value_of

__all__ = ["plan_shown"]

_METRICS, _PARAMS, _CHECKS = 4, 4, 20


def plan_shown(sources: Sources, plan: Plan, chosen: list[str]) -> dict[str, Any]:
    """A plan for the page: rows of what changes, and checks.

    Args:
        sources: where runs and logged models are read.
        plan: what will be done.
        chosen: the metrics in the table of versions.
    """
    registry = sources.registry
    model, after = registry.get_registered_model(plan.name), registry.get_model_version(plan.name, plan.version)
    now = None if plan.serving is None else registry.get_model_version(plan.name, plan.serving)
    return {
        "name": plan.name,
        "version": plan.version,
        "serving": plan.serving,
        "moves": [_moved(sources, plan, model, move) for move in plan.moves],
        "metrics": _metrics(sources, now, after, chosen),
        "params": _params(sources, now, after),
        "signature": None if now is None else [_signature(sources, now), _signature(sources, after)],
        "checks": _checks(sources, after),
        "objection": plan.objection,
        "seen": plan.seen,
    }


def _moved(sources: Sources, plan: Plan, model: RegisteredModel, move: Any) -> tuple[str, str, str]:
    """What is moved, where it is and where it will be; the alias and the promoted version are first and second."""
    registry = sources.registry
    if move.alias is not None:
        before, after = model.aliases.get(move.alias), move.version
        return f"@{cut(move.alias, 100)}", _named(sources, plan.name, before), _named(sources, plan.name, after)
    stage = registry.get_model_version(plan.name, move.version).current_stage
    return f"Stage of v{move.version}", stage, move.stage


def _named(sources: Sources, name: str, number: int | None) -> str:
    """A version and its run: ``v5, mlp-wide-s3``."""
    if number is None:
        return ""
    run_id = sources.registry.get_model_version(name, number).run_id
    return f"v{number}" + (f", {cut(sources.run_name(run_id), 80)}" if run_id and sources.run(run_id) else "")


def _metrics(
    sources: Sources, now: ModelVersion | None, after: ModelVersion, chosen: list[str]
) -> list[tuple[str, str, Any, Any]]:
    both = [after] if now is None else [now, after]
    found = metric_columns(sources, both, chosen)
    columns = list(found["columns"])
    for column in metric_columns(sources, both)["columns"]:
        columns += [column] if column not in columns else []
    rows = []
    for column in columns[:_METRICS]:
        values = [None if now is None else value_of(sources, now, column), value_of(sources, after, column)]
        rows.append((cut(column[0], 200), column[1], plain_number(values[0]), plain_number(values[1])))
    return rows


def _params(sources: Sources, now: ModelVersion | None, after: ModelVersion) -> dict[str, Any]:
    """The params that differ; of a first version there is nothing to differ from."""
    if now is None:
        return {"rows": [], "more": 0}
    before, later = _params_of(sources, now), _params_of(sources, after)
    differ = [key for key in sorted(before.keys() | later.keys()) if before.get(key) != later.get(key)]
    rows = [(cut(key, 100), _value(before.get(key)), _value(later.get(key))) for key in differ[:_PARAMS]]
    return {"rows": rows, "more": max(0, len(differ) - _PARAMS), "same": not differ}


def _value(value: str | None) -> str | None:
    return None if value is None else cut(value, 120)


def _params_of(sources: Sources, version: ModelVersion) -> dict[str, str]:
    run, model = sources.run(version.run_id), sources.model(version)
    return {**(run.data.params if run else {}), **(model.params if model else {})}


def _signature(sources: Sources, version: ModelVersion) -> str:
    about = sources.mlmodel(version)
    return cut(signature_words(about.signature), 200) if isinstance(about, Model) else "cannot be read"


def _checks(sources: Sources, version: ModelVersion) -> list[tuple[str, str, str]]:
    """Mark ("ok", "bad" or "none"), what was asked, and what was found."""
    model, run = sources.model(version), sources.run(version.run_id)
    checks = _verdict(model.tags if model else {})
    if run is None:
        return checks
    tags = run.data.tags
    if "trackbook.git.dirty" in tags:
        dirty = tags["trackbook.git.dirty"] == "true"
        commit = tags.get("mlflow.source.git.commit", "")[:8]
        checks.append(("bad" if dirty else "ok", "Code is committed", f"changes on {commit}" if dirty else commit))
    finished = run.info.status == "FINISHED"
    checks.append(("ok" if finished else "bad", "Run has finished", "" if finished else run.info.status.lower()))
    return checks


def _verdict(tags: dict[str, str]) -> list[tuple[str, str, str]]:
    verdict = tags.get(VERDICT_TAG)
    if verdict is None:
        return [("none", "Not evaluated against thresholds", "")]
    rules = [rule for rule in _details(tags.get(DETAILS_TAG, "")) if isinstance(rule, dict) and "rule" in rule]
    rows = [
        ("ok" if rule.get("ok") is True else "bad", cut(rule["rule"], 200), cut(rule.get("value", ""), 40))
        for rule in rules[:_CHECKS]
    ]
    return rows or [("ok" if verdict == "passed" else "bad", f"Verdict {cut(verdict, 40)}", "")]


def _details(text: str) -> list[Any]:
    try:
        details = json.loads(text)
    except (ValueError, RecursionError):
        return []
    return details if isinstance(details, list) else [details]
