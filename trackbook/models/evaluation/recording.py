"""Keeping what was measured: metrics that know their model and data set, files, lineage both ways and a verdict."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trackbook.entities import DatasetInput, InputTag, Metric, RunTag
from trackbook.entities.checks import checked_inputs
from trackbook.entities.datasets import CONTEXT_TAG
from trackbook.entities.keys import MAX_VALUE_BYTES
from trackbook.entities.logged_models import LoggedModelInput
from trackbook.models.evaluation.artifact import EvaluationArtifact, write_content
from trackbook.models.evaluation.measurement import Measurement
from trackbook.models.evaluation.result import EvaluationResult
from trackbook.models.evaluation.sample import Sample
from trackbook.models.evaluation.thresholds import Judgement
from trackbook.runs.active import ActiveRun
from trackbook.runs.artifacts import log_artifacts, log_table

__all__ = [
    "CHECK",
    "CHECKED_VERSION",
    "DETAILS",
    "FOLDER",
    "REMEMBERED",
    "VERDICT",
    "VERDICT_RUN",
    "Finding",
    "record",
]

#: Tags of a logged model, and of the run that judged it: the verdict, its details as JSON, and that run.
VERDICT, DETAILS, VERDICT_RUN = "trackbook.verdict", "trackbook.verdict_details", "trackbook.verdict_run"
#: How it was asked, as JSON.
REMEMBERED = "trackbook.evaluation"
#: Of a run that checked a model: the model, and the version as ``name/number`` if an address named one.
CHECK, CHECKED_VERSION = "trackbook.check", "trackbook.check.version"
#: Of the run's artifacts.
FOLDER = "evaluation"


@dataclass(frozen=True)
class Finding:
    """What is to be kept.

    Attributes:
        measurement: what was measured.
        sample: what it was measured on.
        judgements: what became of the thresholds.
        files: further artifacts: name to the file that holds it.
        remembered: how the model was asked, for a check to ask the same; None where that shall not change.
        model_id: the logged model that was measured; None if it is none.
        known: whether the run's store has that model.
        prefix: before the names of metrics and files.
    """

    measurement: Measurement
    sample: Sample
    judgements: Sequence[Judgement]
    files: Mapping[str, Path]
    remembered: Mapping[str, Any] | None
    model_id: str | None = None
    known: bool = False
    prefix: str = ""


def record(run: ActiveRun, finding: Finding) -> EvaluationResult:
    """Log a finding to a run: the files first, for they may not fit; then what points to them."""
    artifacts = _log_files(run, finding)
    store, run_id, model_id = run.store, run.info.run_id, finding.model_id
    metrics = {f"{finding.prefix}{key}": value for key, value in finding.measurement.metrics.items()}
    dataset = finding.sample.dataset
    tags = [InputTag(CONTEXT_TAG, finding.prefix)] if finding.prefix else []
    store.log_inputs(run_id, checked_inputs([DatasetInput(dataset.to_entity(), tags)]))
    if model_id is not None and finding.known:
        store.log_models(run_id, inputs=[LoggedModelInput(model_id)])
    now = time.time_ns() // 1_000_000
    run.recorder.log_points(
        [Metric(key, value, now, 0, model_id, dataset.name, dataset.digest) for key, value in metrics.items()]
    )
    tags_to_set = _tags(finding, run_id)
    store.log_batch(run_id, tags=[RunTag(key, value) for key, value in tags_to_set.items() if key != VERDICT_RUN])
    if model_id is not None and finding.known:
        store.set_logged_model_tags(model_id, tags_to_set)
    return EvaluationResult(
        metrics, artifacts, run_id, model_id, list(finding.judgements), list(finding.measurement.notes)
    )


def _tags(finding: Finding, run_id: str) -> dict[str, str]:
    tags = {} if finding.remembered is None else {REMEMBERED: json.dumps(finding.remembered, default=str)}
    if finding.judgements:
        tags[VERDICT] = "passed" if all(one.ok for one in finding.judgements) else "failed"
        tags[DETAILS] = json.dumps([_finite(one) for one in finding.judgements])
        tags[VERDICT_RUN] = run_id
    return {key: value for key, value in tags.items() if len(value.encode()) <= MAX_VALUE_BYTES}


def _finite(judgement: Judgement) -> dict[str, Any]:
    """A judgement as strict JSON: what is no number is a text."""
    value = judgement.value
    odd = value is not None and value - value != 0
    return judgement._asdict() | {"value": str(value) if odd else value}


def _log_files(run: ActiveRun, finding: Finding) -> dict[str, EvaluationArtifact]:
    measurement, run_id, found = finding.measurement, run.info.run_id, dict[str, EvaluationArtifact]()
    with tempfile.TemporaryDirectory(prefix="trackbook-evaluation-") as staged:
        root = Path(staged)

        def keep(name: str, value: Any, ending: str) -> None:
            path = root / f"{finding.prefix}{name}{ending}"
            path.parent.mkdir(parents=True, exist_ok=True)
            write_content(value, path)
            uri = f"runs:/{run_id}/{FOLDER}/{path.relative_to(root).as_posix()}"
            found[name] = EvaluationArtifact(uri, None if hasattr(value, "to_plotly_json") else value)

        for name, picture in measurement.pictures.items():
            keep(name, picture.figure, ".json")
            found[name] = EvaluationArtifact(found[name].uri, json.loads(picture.figure.to_json()))
            keep(f"{name.removesuffix('_plot')}_data", picture.data, ".json")
        for name, table in measurement.tables.items():
            if name != "eval_results_table":
                keep(name, table, ".csv")
        for name, path in finding.files.items():
            target = root / f"{finding.prefix}{name}{path.suffix}"
            target.parent.mkdir(parents=True, exist_ok=True)
            path.replace(target)
            found[name] = EvaluationArtifact(f"runs:/{run_id}/{FOLDER}/{target.relative_to(root).as_posix()}")
        keep("summary", _summary(finding), ".json")
        log_artifacts(run.store, run.store.get_run(run_id), str(root), FOLDER)
    if "eval_results_table" in measurement.tables:  # where MLflow's load_table looks for it
        name = f"{finding.prefix}eval_results_table.json"
        log_table(run.store, run.store.get_run(run_id), measurement.tables["eval_results_table"], name)
        found["eval_results_table"] = EvaluationArtifact(f"runs:/{run_id}/{name}")
    return found


def _summary(finding: Finding) -> dict[str, Any]:
    dataset = finding.sample.dataset
    return {
        "model_id": finding.model_id,
        "dataset": {"name": dataset.name, "digest": dataset.digest, "rows": finding.sample.rows},
        "metrics": dict(finding.measurement.metrics),
        "thresholds": [_finite(one) for one in finding.judgements],
        "notes": list(finding.measurement.notes),
        "asked": finding.remembered,
    }
