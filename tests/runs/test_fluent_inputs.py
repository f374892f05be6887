"""log_input and log_inputs: what a run read, and what is refused before a run is started for it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.datasets import load_iris

import trackbook
from trackbook.data import from_numpy, from_pandas
from trackbook.entities import Dataset, DatasetInput, InputTag
from trackbook.errors import InvalidParameter

IRIS = load_iris(as_frame=True).frame


def read_by(run_id: str) -> list[tuple[str, str | None]]:
    """Names and contexts of a run's data sets."""
    return [(one.dataset.name, one.context) for one in trackbook.get_run(run_id).inputs.dataset_inputs]


def test_logged_input_is_among_the_runs_inputs_with_context_and_tags() -> None:
    dataset = from_pandas(IRIS, "iris.csv", name="iris")
    with trackbook.start_run() as run:
        trackbook.log_input(dataset, context="training", tags={"split": "0"})
    (read,) = trackbook.get_run(run.info.run_id).inputs.dataset_inputs
    assert read.dataset == dataset.to_entity()
    assert {tag.key: tag.value for tag in read.tags} == {"mlflow.data.context": "training", "split": "0"}


def test_log_input_starts_a_run_where_none_is_active() -> None:
    trackbook.log_input(from_numpy(np.zeros(3), name="zeros"))
    active = trackbook.active_run()
    assert active is not None
    assert read_by(active.info.run_id) == [("zeros", None)]
    assert trackbook.search_runs(filter_string="dataset.name = 'zeros'")["run_id"].tolist() == [active.info.run_id]


def test_several_inputs_are_logged_together() -> None:
    train, test = (from_numpy(np.full(3, number), name=name) for number, name in ((1, "train"), (2, "test")))
    with trackbook.start_run() as run:
        trackbook.log_inputs([train, None, test], ["training", None, None], [None, None, {"k": "v"}])
        trackbook.log_inputs([from_numpy(np.zeros(1), name="plain")])
        trackbook.log_inputs()
    assert read_by(run.info.run_id) == [("plain", None), ("test", None), ("train", "training")]


def test_inputs_of_one_run_can_be_logged_to_another() -> None:
    with trackbook.start_run() as run:
        trackbook.log_input(from_pandas(IRIS, name="iris"), "training")
    (read,) = trackbook.get_run(run.info.run_id).inputs.dataset_inputs
    with trackbook.start_run() as again:
        trackbook.log_input(read.dataset, "test")
    assert read_by(again.info.run_id) == [("iris", "test")]


def test_data_set_that_mlflow_made_is_taken() -> None:
    class Foreign:
        def _to_mlflow_entity(self) -> SimpleNamespace:
            return SimpleNamespace(name="f", digest="d", source_type="code", source="{}", schema=None, profile=None)

    with trackbook.start_run() as run:
        trackbook.log_input(Foreign())  # type: ignore[arg-type]
    assert trackbook.get_run(run.info.run_id).inputs.dataset_inputs == [DatasetInput(Dataset("f", "d", "code", "{}"))]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (IRIS, "from_pandas"),
        (pl.DataFrame({"a": [1]}), "from_polars"),
        (np.zeros(3), "from_numpy"),
        ([1], "asarray"),
        ("iris.csv", "type str"),
        (None, "from_pandas"),
    ],
)
def test_plain_data_is_refused_and_no_run_started(data: Any, said: str) -> None:
    with pytest.raises(InvalidParameter, match=said):
        trackbook.log_input(data)
    assert trackbook.active_run() is None
    assert trackbook.search_runs(output_format="list") == []


@pytest.mark.parametrize(
    "call",
    [
        {"datasets": [from_numpy(np.zeros(1))], "contexts": ["a", "b"]},
        {"datasets": [from_numpy(np.zeros(1))], "tags_list": [None, None]},
        {"datasets": from_numpy(np.zeros(1))},
        {"datasets": [from_numpy(np.zeros(1))], "contexts": "training"},
        {"datasets": [from_numpy(np.zeros(1))], "contexts": ["x" * 501]},
        {"datasets": [from_numpy(np.zeros(1))], "tags_list": [["a"]]},
        {"datasets": [from_numpy(np.zeros(1))], "tags_list": [{"": "v"}]},
        {"datasets": [IRIS]},
    ],
)
def test_bad_inputs_are_refused_and_no_run_started(call: dict[str, Any]) -> None:
    with pytest.raises(InvalidParameter):
        trackbook.log_inputs(**call)
    assert trackbook.active_run() is None


def test_what_is_no_model_is_refused_before_a_run_is_made() -> None:
    dataset = from_numpy(np.zeros(1))
    with pytest.raises(InvalidParameter, match="LoggedModelInput"):
        trackbook.log_input(dataset, model=object())
    with pytest.raises(InvalidParameter, match="LoggedModelInput"):
        trackbook.log_inputs(models=[object()])
    run = trackbook.Client().create_run("0")
    with pytest.raises(InvalidParameter, match="LoggedModelInput"):
        trackbook.Client().log_inputs(run.info.run_id, models=[object()])
    assert trackbook.active_run() is None


def test_metric_is_tied_to_its_data_set_which_becomes_an_input() -> None:
    train, test = from_pandas(IRIS, name="train"), from_pandas(IRIS.head(10), name="test")
    with trackbook.start_run() as run:
        trackbook.log_input(train, "training")
        for step in range(3):
            trackbook.log_metric("rmse", 1.0 / (step + 1), step=step, dataset=train)
        trackbook.log_metrics({"rmse": 2.0}, step=3, dataset=test)
    assert read_by(run.info.run_id) == [("test", None), ("train", "training")]
    history = trackbook.Client().get_metric_history(run.info.run_id, "rmse")
    assert [(m.dataset_name, m.dataset_digest) for m in history] == [("train", train.digest)] * 3 + [
        ("test", test.digest)
    ]
    assert trackbook.get_run(run.info.run_id).data.metrics == {"rmse": 2.0}


def test_metric_of_plain_data_is_refused_and_the_right_function_named() -> None:
    with pytest.raises(InvalidParameter, match="from_pandas"):
        trackbook.log_metric("rmse", 1.0, dataset=IRIS)
    assert trackbook.active_run() is None


def test_metric_of_a_named_thing_is_tied_to_it_and_notes_nothing() -> None:
    with trackbook.start_run() as run:
        trackbook.log_metric("rmse", 1.0, dataset=SimpleNamespace(name="wine", digest="d"))
    assert read_by(run.info.run_id) == []


def test_client_logs_inputs_by_a_runs_id() -> None:
    client = trackbook.Client()
    run_id = client.create_run("0").info.run_id
    read = DatasetInput(Dataset("wine", "d", "code", "{}"), [InputTag("mlflow.data.context", "training")])
    client.log_inputs(run_id, [read])
    client.log_inputs(run_id)
    assert client.get_run(run_id).inputs.dataset_inputs == [read]
    assert client.get_run(run_id).to_dictionary()["inputs"]["dataset_inputs"] == [read.to_dictionary()]
    with pytest.raises(InvalidParameter, match="datasets is a list"):
        client.log_inputs(run_id, "wine")  # type: ignore[arg-type]
    with pytest.raises(InvalidParameter, match="deleted"):
        client.delete_run(run_id)
        client.log_inputs(run_id, [read])


def test_data_set_of_a_frame_with_missing_values_of_every_kind_is_logged() -> None:
    frame = pd.DataFrame(
        {"a": [1.0, None], "b": ["x", None], "c": pd.to_datetime(pd.Series([None, "2024"])), "d": [None, [1]]}
    )
    with trackbook.start_run() as run:
        trackbook.log_input(from_pandas(frame, name="holes"))
    assert read_by(run.info.run_id) == [("holes", None)]
