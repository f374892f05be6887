"""Files of every kind, scored part by part: the same predictions, all of them or no file."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import trackbook
from trackbook.errors import InvalidParameter, NotFound
from trackbook.models.batch.prediction import predict, predict_file
from trackbook.signature import infer_signature

CODE = """
from trackbook.models.model_code import set_model

def predict(model_input, params=None):
    scale = (params or {}).get("scale", 1.0)
    answer = model_input["x"] * 2 * scale
    return answer.to_numpy() if "word" not in model_input else model_input.assign(y=answer)[["y", "word"]]

set_model(predict)
"""
FRAME = pd.DataFrame({"x": [1.0, 2.5, 4.0, 8.0, 16.0]})
DOUBLED = [2.0, 5.0, 8.0, 16.0, 32.0]


@pytest.fixture
def model(tmp_path: Path) -> str:
    return saved(tmp_path, FRAME)


def saved(folder: Path, example: pd.DataFrame, name: str = "model") -> str:
    (folder / "code.py").write_text(CODE)
    signature = infer_signature(example, None, {"scale": 1.0})
    path = str(folder / name)
    trackbook.pyfunc.save_model(path, python_model=str(folder / "code.py"), signature=signature, pip_requirements=[])
    return path


def written(kind: str) -> str:
    name = f"in.{kind}"
    if kind == "csv":
        FRAME.to_csv(name, index=False)
    elif kind == "parquet":
        FRAME.to_parquet(name)
    elif kind == "jsonl":
        FRAME.to_json(name, orient="records", lines=True)
    else:
        Path(name).write_text(json.dumps({"dataframe_split": FRAME.to_dict(orient="split")}))
    return name


@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl", "json"])
@pytest.mark.parametrize("rows", [1, 2, 5, 100])
def test_parts_give_the_predictions_of_the_whole(kind: str, rows: int, model: str) -> None:
    parts = predict_file(model, written(kind), None, "out.json", rows)
    assert json.loads(Path("out.json").read_text()) == {"predictions": DOUBLED}
    assert parts == (1 if kind == "json" else -(-len(FRAME) // rows))


def test_output_is_what_its_ending_says(model: str) -> None:
    for name in ("out.csv", "out.parquet", "out.jsonl"):
        predict_file(model, written("csv"), None, name, 2)
    assert pd.read_csv("out.csv")["prediction"].tolist() == DOUBLED
    assert pd.read_parquet("out.parquet")["prediction"].tolist() == DOUBLED
    assert [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()] == DOUBLED


def test_tables_keep_their_columns(tmp_path: Path) -> None:
    frame = FRAME.assign(word=["a", "é", "=1+1", "", 'q"'])
    uri = saved(tmp_path, frame)
    frame.to_parquet("in.parquet")
    for name in ("out.json", "out.csv", "out.parquet", "out.jsonl"):
        predict_file(uri, "in.parquet", None, name, 2)
    rows = [{"y": y, "word": word} for y, word in zip(DOUBLED, frame["word"], strict=True)]
    assert json.loads(Path("out.json").read_text()) == {"predictions": rows}
    assert [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()] == rows
    assert pd.read_parquet("out.parquet").to_dict(orient="records") == rows
    assert pd.read_csv("out.csv", keep_default_na=False).to_dict(orient="records") == rows


def test_whole_numbers_in_some_parts_are_doubles_in_all(model: str) -> None:
    Path("in.csv").write_text("x\n1\n2\n2.5\n")
    predict_file(model, "in.csv", None, "out.json", 2)
    assert json.loads(Path("out.json").read_text()) == {"predictions": [2.0, 4.0, 5.0]}


def test_params_of_json_reach_the_model(model: str) -> None:
    Path("in.json").write_text(json.dumps({"dataframe_records": [{"x": 1.0}], "params": {"scale": 10}}))
    predict_file(model, "in.json", None, "out.json")
    assert json.loads(Path("out.json").read_text()) == {"predictions": [20.0]}


@pytest.mark.parametrize("content", ["x\n1\n2\n3\nno\n", "y\n1\n", "", "x\n1,2\n"])
def test_failure_leaves_no_file_and_the_old_one_as_it_was(content: str, model: str) -> None:
    Path("in.csv").write_text(content)
    Path("out.json").write_text("old")
    with pytest.raises(InvalidParameter):
        predict_file(model, "in.csv", None, "out.json", 2)
    assert Path("out.json").read_text() == "old"
    assert sorted(path.name for path in Path.cwd().iterdir()) == ["in.csv", "out.json"]


def test_missing_file_is_named(model: str) -> None:
    with pytest.raises(NotFound, match=r"'none\.csv'"):
        predict_file(model, "none.csv")


def test_lines_that_are_no_objects_are_named(model: str) -> None:
    Path("in.jsonl").write_text('{"x": 1}\n\n[1]\n')
    with pytest.raises(InvalidParameter, match="Line 3"):
        predict_file(model, "in.jsonl", None, "out.json")


def test_file_without_rows_has_no_predictions(model: str) -> None:
    Path("in.jsonl").touch()
    for name in ("out.json", "out.csv", "out.jsonl"):
        predict_file(model, "in.jsonl", None, name)
    assert json.loads(Path("out.json").read_text()) == {"predictions": []}


def test_data_is_scored_as_a_file_is(model: str, capfdbinary: Any) -> None:
    predict(model, FRAME, output_path="out.json")
    assert json.loads(Path("out.json").read_text()) == {"predictions": DOUBLED}
    with pytest.raises(InvalidParameter, match="not both"):
        predict(model, FRAME, input_path="in.csv")
    with pytest.raises(InvalidParameter, match="content type"):
        predict(model, input_path="in.csv", content_type="xml")


COMMAND = [sys.executable, "-P", "-m", "trackbook", "models", "predict"]


def test_command_reads_standard_input_and_writes_standard_output(model: str) -> None:
    body = json.dumps({"dataframe_split": FRAME.to_dict(orient="split")})
    done = subprocess.run([*COMMAND, "-m", model], input=body, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == {"predictions": DOUBLED}
    done = subprocess.run(
        [*COMMAND, "-m", model, "-t", "csv"], input="x\n1\n", capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == {"predictions": [2.0]}
    done = subprocess.run([*COMMAND, "-m", model], input="{", capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "no JSON" in done.stderr


@pytest.mark.slow
def test_memory_does_not_grow_with_the_file(model: str) -> None:
    """What a file of 1,000,000 rows takes beyond one of 100,000 is less than a tenth of the file."""
    numbers = np.random.default_rng(0).normal(size=1_000_000)
    pd.DataFrame({"x": numbers}).to_csv("large.csv", index=False)
    pd.DataFrame({"x": numbers[:100_000]}).to_csv("small.csv", index=False)
    code = (
        "import resource, sys; from trackbook.models.batch.prediction import predict_file; "
        "predict_file(sys.argv[1], sys.argv[2], None, 'out.json', 20_000); "
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    taken = [
        int(subprocess.run([sys.executable, "-P", "-c", code, model, name], check=True, capture_output=True).stdout)
        for name in ("small.csv", "large.csv")
    ]
    assert len(json.loads(Path("out.json").read_text())["predictions"]) == 1_000_000
    assert taken[1] - taken[0] < 10 << 10  # KiB
