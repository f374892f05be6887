"""Where data came from: what a user may give, what is stored of it, and getting it back."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

import trackbook
from trackbook.entities import Dataset, DatasetInput
from trackbook.errors import InvalidParameter, NotFound, NotSupported
from trackbook.runs.dataset_sources import DatasetSource, find_source, get_source


@pytest.mark.parametrize(
    ("given", "kind", "content"),
    [
        ("https://example.org/a.csv", "http", {"url": "https://example.org/a.csv"}),
        ("HTTP://ada:s3cret@example.org/a", "http", {"url": "http://example.org/a"}),
        ("s3://key:secret@bucket/a b.csv", "s3", {"uri": "s3://bucket/a b.csv"}),
        ("abfss://box@account.dfs.core.windows.net/a", "abfss", {"uri": "abfss://box@account.dfs.core.windows.net/a"}),
        ("abfss://box:key@account/a", "abfss", {"uri": "abfss://account/a"}),
        ("runs:/0123/data.csv", "runs", {"uri": "runs:/0123/data.csv"}),
        ("file:///data/a%20b.csv", "local", {"uri": "/data/a b.csv"}),
        ("/data/a.csv", "local", {"uri": "/data/a.csv"}),
        (Path("/data/a.csv"), "local", {"uri": "/data/a.csv"}),
    ],
)
def test_path_or_address_becomes_what_mlflow_stores(given: Any, kind: str, content: dict[str, str]) -> None:
    source = find_source(given, {})
    assert (source.source_type, source.to_dict(), source.uri) == (kind, content, *content.values())
    assert json.loads(source.to_json()) == content


def test_relative_path_becomes_absolute() -> None:
    assert find_source("data/a.csv", {}).uri == os.path.join(os.getcwd(), "data/a.csv")
    assert find_source("~/a.csv", {}).uri == os.path.expanduser("~/a.csv")


def test_source_of_nothing_is_the_code_that_runs() -> None:
    source = find_source(None, {"mlflow.source.name": "train.py"})
    assert (source.source_type, source.to_dict()) == ("code", {"tags": {"mlflow.source.name": "train.py"}})
    assert source.uri is None
    with pytest.raises(NotSupported, match="code"):
        source.load()


def test_source_object_is_taken_as_it_is_and_one_of_another_library_by_what_it_says() -> None:
    class Foreign:
        def _get_source_type(self) -> str:
            return "hugging_face"

        def to_dict(self) -> dict[str, str]:
            return {"path": "rotten_tomatoes"}

    own = DatasetSource("delta", {"path": "/x"})
    assert find_source(own, {}) is own
    assert find_source(Foreign(), {}) == DatasetSource("hugging_face", {"path": "rotten_tomatoes"})


@pytest.mark.parametrize("bad", ["", "  ", 7, [], b"a.csv", "a\0b", "http://[::1", "file://elsewhere/a.csv"])
def test_what_is_no_source_is_a_typed_error(bad: Any) -> None:
    with pytest.raises(InvalidParameter):
        find_source(bad, {})


def test_source_of_a_stored_data_set_is_found_again_and_loaded(tmp_path: Path) -> None:
    path = tmp_path / "wine.csv"
    path.write_text("a\n1\n")
    stored = Dataset("wine", "d", "local", json.dumps({"uri": str(path)}))
    source = get_source(DatasetInput(stored))
    assert source == get_source(stored)
    assert source.load() == str(path)
    copied = source.load(tmp_path / "copy")
    assert (copied, Path(copied).read_text()) == (str(tmp_path / "copy" / "wine.csv"), "a\n1\n")
    path.unlink()
    with pytest.raises(NotFound, match=r"wine\.csv"):
        source.load()


def test_artifact_of_a_run_is_loaded_as_a_copy() -> None:
    with trackbook.start_run() as run:
        trackbook.log_text("a\n1\n", "wine.csv")
    source = find_source(f"runs:/{run.info.run_id}/wine.csv", {})
    assert Path(source.load()).read_text() == "a\n1\n"


@pytest.mark.parametrize("text", ["[1]", "7", '"x"', "null"])
def test_stored_source_that_is_no_object_is_a_typed_error(text: str) -> None:
    with pytest.raises(InvalidParameter, match="wine"):
        get_source(Dataset("wine", "d", "local", text))


def test_plain_address_that_a_client_stored_is_an_address() -> None:
    assert get_source(Dataset("wine", "d", "s3", "s3://b/x")).uri == "s3://b/x"


@pytest.mark.parametrize("bad", [None, "wine", 7, object()])
def test_what_is_no_data_set_has_no_source(bad: Any) -> None:
    with pytest.raises(InvalidParameter, match="get_source takes a data set"):
        get_source(bad)
