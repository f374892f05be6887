"""What an evaluation found: metrics, artifacts, tables and a verdict, in memory and in a folder."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from trackbook.entities.cards import card
from trackbook.errors import InvalidParameter, NotFound
from trackbook.figures.numbers import column_format
from trackbook.models.evaluation.artifact import EvaluationArtifact, read_content, write_content
from trackbook.models.evaluation.thresholds import Judgement
from trackbook.uris import SafeRelPath

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

__all__ = ["EvaluationResult"]

_METRICS, _ARTIFACTS, _FOLDER, _MORE = "metrics.json", "artifacts_metadata.json", "artifacts", "verdict.json"
#: The classes that MLflow's reader of such a folder looks for, by ending.
_CLASSES = {
    ".csv": "Csv", ".jpeg": "Image", ".jpg": "Image", ".json": "Json", ".npy": "Numpy", ".parquet": "Parquet",
    ".png": "Image",
}  # fmt: skip


@dataclass(repr=False)
class EvaluationResult:
    """What `trackbook.evaluate` found.

    Attributes:
        metrics: by name.
        artifacts: by name, such as ``confusion_matrix``.
        run_id: the run that they were logged to.
        model_id: the logged model that was measured.
        judgements: what became of each threshold.
        notes: what was left out and why, as sentences.
    """

    metrics: dict[str, float]
    artifacts: dict[str, EvaluationArtifact]
    run_id: str | None = None
    model_id: str | None = None
    judgements: list[Judgement] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def verdict(self) -> str | None:
        """``passed`` or ``failed``; None if there were no thresholds."""
        if not self.judgements:
            return None
        return "passed" if all(judgement.ok for judgement in self.judgements) else "failed"

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The artifacts that are tables, as DataFrames."""
        import pandas as pd

        found = {}
        for name, artifact in self.artifacts.items():
            if artifact.name.endswith((".csv", ".parquet")):
                found[name] = artifact.content
            elif name.endswith("_table") and isinstance(artifact.content, Mapping):
                found[name] = pd.DataFrame(artifact.content.get("data"), columns=artifact.content.get("columns"))
        return found

    @property
    def figures(self) -> dict[str, go.Figure]:
        """The artifacts that are pictures, as plotly figures."""
        found = {}
        for name, artifact in self.artifacts.items():
            content = artifact.content if artifact.name.endswith(".json") else None
            if isinstance(content, Mapping) and {"data", "layout"} <= content.keys():
                found[name] = artifact.figure
        return found

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it into a folder, as MLflow does; `load` reads it.

        Raises:
            InvalidParameter: an artifact has no safe form.
        """
        root = Path(path)
        (root / _FOLDER).mkdir(parents=True, exist_ok=True)
        _write_json(root / _METRICS, self.metrics)
        for artifact in self.artifacts.values():
            write_content(artifact.content, root / _FOLDER / artifact.name)
        described = {name: _described(artifact) for name, artifact in self.artifacts.items()}
        _write_json(root / _ARTIFACTS, described)
        more = {"run_id": self.run_id, "model_id": self.model_id, "notes": self.notes}
        _write_json(root / _MORE, more | {"judgements": [judgement._asdict() for judgement in self.judgements]})

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read what `save` wrote, or MLflow's; no class is looked up by name, and no pickle is read.

        Raises:
            NotFound: there is no such folder.
            InvalidParameter: it is something else, or damaged.
            NotSupported: an artifact is a pickle.
        """
        root = Path(path)
        if not (root / _METRICS).is_file():
            raise NotFound(f"There is no saved evaluation at {os.fspath(path)!r}.")
        more = _read_json(root / _MORE) if (root / _MORE).is_file() else {}
        artifacts = {}
        for name, facts in _read_json(root / _ARTIFACTS).items():
            uri = facts.get("uri") if isinstance(facts, Mapping) else None
            if not isinstance(uri, str):
                raise InvalidParameter(f"The artifact {name!r:.80} of a saved evaluation has no address.")
            file = SafeRelPath.parse(EvaluationArtifact(uri).name)
            artifacts[name] = EvaluationArtifact(uri, read_content(root / _FOLDER / str(file)))
        try:
            judgements = [Judgement(**members) for members in more.get("judgements", ())]
            notes = [str(note) for note in more.get("notes", ())]
        except TypeError as error:
            raise InvalidParameter(f"{_MORE} of a saved evaluation holds something else.") from error
        return cls(_read_json(root / _METRICS), artifacts, more.get("run_id"), more.get("model_id"), judgements, notes)

    def __repr__(self) -> str:
        verdict = f", verdict={self.verdict!r}" if self.verdict else ""
        return f"EvaluationResult(metrics={self.metrics}, artifacts={sorted(self.artifacts)}{verdict})"

    def _repr_html_(self) -> str:
        rules = {f"{'✓' if one.ok else '✗'} {one.rule}": _shown([one.value])[0] for one in self.judgements}
        values = dict(zip(self.metrics, _shown(list(self.metrics.values())), strict=True))
        facts: list[tuple[str, object]] = [("run", self.run_id or "–")]
        if self.model_id is not None:
            facts.append(("model", self.model_id))
        notes = {str(i): note for i, note in enumerate(self.notes, 1)}
        title = f"{len(self.metrics)} metrics" + (f", {self.verdict}" if self.verdict else "")
        return card("Evaluation", title, facts, {"Thresholds": rules, "Metrics": values, "Notes": notes})


def _shown(values: Sequence[float | None]) -> list[str]:
    """Numbers for people: counts as such, the rest with one format."""
    whole = column_format([0])
    parts = column_format([v for v in values if v is not None and v % 1])
    return [whole(v) if v is not None and not v % 1 else parts(v) for v in values]


def _described(artifact: EvaluationArtifact) -> dict[str, str]:
    kind = _CLASSES.get(Path(artifact.name).suffix.lower(), "Text")
    return {"uri": artifact.uri, "class_name": f"mlflow.models.evaluation.artifacts.{kind}EvaluationArtifact"}


def _write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, indent=2), encoding="utf-8")


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InvalidParameter(f"{path.name} of a saved evaluation cannot be read: {error!s:.100}") from error
    if not isinstance(content, dict):
        raise InvalidParameter(f"{path.name} of a saved evaluation holds no JSON object.")
    return content
