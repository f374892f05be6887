"""What an evaluation found, kept in a folder: it comes back, and a hostile folder runs nothing."""

from __future__ import annotations

import json
import math
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from trackbook.errors import InvalidParameter, NotFound, NotSupported, TrackbookError
from trackbook.models import EvaluationArtifact, EvaluationResult
from trackbook.models.evaluation.thresholds import Judgement

XSS = "<img src=x onerror=alert(1)>"


def result() -> EvaluationResult:
    artifacts = {
        "facts": EvaluationArtifact("runs:/1/evaluation/facts.json", {"a": [1, 2]}),
        "rows": EvaluationArtifact("runs:/1/evaluation/rows.csv", pd.DataFrame({"x": [1, 2]})),
        "numbers": EvaluationArtifact("runs:/1/evaluation/numbers.npy", np.arange(3)),
        "text": EvaluationArtifact("runs:/1/evaluation/text.txt", "hello"),
    }
    judgements = [Judgement("f1_score", 0.5, "f1_score >= 0.9", ok=False)]
    return EvaluationResult({"f1_score": 0.5, "odd": math.nan}, artifacts, "1", "m-1", judgements, ["A note."])


def test_result_comes_back_from_a_folder() -> None:
    result().save("kept")
    again = EvaluationResult.load("kept")
    assert (again.run_id, again.model_id, again.verdict, again.notes) == ("1", "m-1", "failed", ["A note."])
    assert again.metrics["f1_score"] == 0.5
    assert math.isnan(again.metrics["odd"])
    assert again.artifacts["facts"].content == {"a": [1, 2]}
    assert again.tables["rows"]["x"].tolist() == [1, 2]
    assert again.artifacts["numbers"].content.tolist() == [0, 1, 2]
    assert again.artifacts["text"].content == "hello"


def test_no_thresholds_are_no_verdict() -> None:
    assert EvaluationResult({}, {}).verdict is None


def test_card_escapes_what_somebody_chose() -> None:
    shown = EvaluationResult({XSS: 0.5}, {}, XSS, XSS, [Judgement(XSS, None, XSS, ok=False)], [XSS])._repr_html_()
    assert "<img" not in shown
    assert "failed" in shown


class Bomb:
    def __reduce__(self) -> Any:
        return Path.touch, (Path("exploded"),)


def hostile(uri: Any, name: str = "x.pickle", data: bytes = b"") -> None:
    folder = Path("kept")
    (folder / "artifacts").mkdir(parents=True)
    (folder / "artifacts" / name).write_bytes(data)
    (folder / "metrics.json").write_text("{}")
    facts = {"uri": uri, "class_name": "os.system"}
    (folder / "artifacts_metadata.json").write_text(json.dumps({"x": facts}))


@pytest.mark.parametrize("uri", ["runs:/1/x.pickle", "runs:/1/x.pkl", "runs:/1/x"])
def test_pickle_is_not_read(uri: str) -> None:
    hostile(uri, uri.rpartition("/")[2], pickle.dumps(Bomb()))
    with pytest.raises(NotSupported):
        EvaluationResult.load("kept")
    assert not Path("exploded").exists()


def test_array_of_objects_is_not_unpickled() -> None:
    hostile("runs:/1/x.npy", "x.npy")
    np.save("kept/artifacts/x.npy", np.array([Bomb()], dtype=object), allow_pickle=True)
    Path("exploded").unlink(missing_ok=True)
    with pytest.raises(InvalidParameter):
        EvaluationResult.load("kept")
    assert not Path("exploded").exists()


@pytest.mark.parametrize("uri", ["runs:/1/..", "..", "", 7, None, "runs:/1/%2e%2e", "runs:/1/none.json"])
def test_address_that_leads_elsewhere_is_refused(uri: Any) -> None:
    hostile(uri)
    with pytest.raises(TrackbookError):
        EvaluationResult.load("kept")


@pytest.mark.parametrize("text", ["", "[", "[1]", "7", "[" * 100_000])
@pytest.mark.parametrize("file", ["metrics.json", "artifacts_metadata.json", "verdict.json"])
def test_damaged_folder_is_refused(file: str, text: str) -> None:
    result().save("kept")
    Path("kept", file).write_text(text)
    with pytest.raises(InvalidParameter, match=file):
        EvaluationResult.load("kept")


def test_folder_that_is_none_is_not_found() -> None:
    with pytest.raises(NotFound):
        EvaluationResult.load("nowhere")
