"""Runs and experiments are found again by the functions of the module."""

from __future__ import annotations

import pandas as pd
import pytest

import trackbook
from trackbook.entities import Metric, Param, RunTag, ViewType
from trackbook.errors import BadFilter, InvalidParameter, NotFound

BASE = ["run_id", "experiment_id", "status", "artifact_uri", "start_time", "end_time"]


@pytest.fixture
def two_runs() -> list[str]:
    """An ended run with everything, and a younger one that still runs and has nothing."""
    client = trackbook.Client()
    first = client.create_run("0", start_time=1_000, run_name="first").info.run_id
    client.log_batch(first, [Metric("loss", 0.5, 1)], [Param("lr", "0.1")], [RunTag("team", "vision")])
    client.set_terminated(first, end_time=61_001)
    return [first, client.create_run("0", start_time=2_000, run_name="second").info.run_id]


def test_frame_has_mlflows_columns_in_mlflows_order(two_runs: list[str]) -> None:
    frame = trackbook.search_runs()
    assert list(frame.columns) == [*BASE, "metrics.loss", "params.lr", "tags.mlflow.runName", "tags.team"]
    assert list(frame["run_id"]) == two_runs[::-1], "newest first"
    assert list(frame["status"]) == ["RUNNING", "FINISHED"]
    assert list(frame["artifact_uri"]) == [trackbook.get_run(run_id).info.artifact_uri for run_id in two_runs[::-1]]


def test_frame_has_times_in_utc_and_nat_while_a_run_goes_on(two_runs: list[str]) -> None:
    frame = trackbook.search_runs()
    assert frame["end_time"].dtype == frame["start_time"].dtype == pd.DatetimeTZDtype("ms", "UTC")
    assert list(frame["start_time"]) == [pd.Timestamp(2, unit="s", tz="UTC"), pd.Timestamp(1, unit="s", tz="UTC")]
    assert frame["end_time"][0] is pd.NaT
    assert frame["end_time"][1] == pd.Timestamp("1970-01-01T00:01:01.001Z")


def test_frame_has_none_for_missing_text_and_nan_for_missing_metrics(two_runs: list[str]) -> None:
    second = trackbook.search_runs().iloc[0]
    assert second["params.lr"] is None
    assert second["tags.team"] is None
    assert pd.isna(second["metrics.loss"])
    assert trackbook.search_runs()["metrics.loss"].dtype == float


def test_frame_of_nothing_has_the_base_columns() -> None:
    empty = trackbook.search_runs(filter_string="params.none = 'x'")
    assert (list(empty.columns), len(empty)) == (BASE, 0)
    assert empty["start_time"].dtype == pd.DatetimeTZDtype("ms", "UTC")


def test_frame_takes_a_thousand_columns_without_a_warning() -> None:
    with trackbook.start_run():
        trackbook.log_metrics({f"m{n}": n for n in range(1_000)})
    frame = trackbook.search_runs()
    frame["new"] = 1  # pandas warns here if a frame consists of many single blocks
    assert frame.shape == (1, 6 + 1_000 + len([c for c in frame if str(c).startswith("tags.")]) + 1)


def test_time_that_no_calendar_has_is_no_error() -> None:
    trackbook.Client().create_run("0", start_time=2**62)
    assert trackbook.search_runs()["start_time"].astype("int64").tolist() == [2**62]


def test_list_holds_the_same_runs_as_the_frame(two_runs: list[str]) -> None:
    runs = trackbook.search_runs(output_format="list", order_by=["start_time ASC"])
    assert [run.info.run_id for run in runs] == two_runs
    assert runs[0].data.metrics == {"loss": 0.5}


def test_search_sees_what_was_logged_a_moment_ago() -> None:
    with trackbook.start_run():
        for step in range(10):
            trackbook.log_metric("loss", step, step)
            assert trackbook.search_runs()["metrics.loss"].tolist() == [step]


@pytest.mark.parametrize(("most", "found"), [(0, 0), (1, 1), (100_000, 2)], ids=["none", "one", "more than there are"])
def test_no_more_are_found_than_wanted(two_runs: list[str], most: int, found: int) -> None:
    assert len(trackbook.search_runs(max_results=most)) == found
    assert len(trackbook.search_runs(max_results=most, output_format="list")) == found
    assert list(trackbook.search_runs(max_results=0).columns) == BASE


def test_pages_are_joined(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trackbook.runs.queries._PAGE", 2)
    client = trackbook.Client()
    names = [client.create_run("0", start_time=n, run_name=f"r{n}").info.run_name for n in range(5)]
    experiments = ["Default", *(f"e{n}" for n in range(4))]
    for name in experiments[1:]:
        trackbook.create_experiment(name)
    runs = trackbook.search_runs(output_format="list", order_by=["start_time ASC"])
    assert [run.info.run_name for run in runs] == names
    assert sorted(e.name for e in trackbook.search_experiments()) == experiments
    assert len(trackbook.search_experiments(max_results=3)) == 3


def test_search_looks_in_the_chosen_experiment_unless_told_otherwise(two_runs: list[str]) -> None:
    other = trackbook.set_experiment("other").experiment_id
    with trackbook.start_run() as run:
        pass
    found = {
        "chosen": trackbook.search_runs(),
        "ids": trackbook.search_runs(["0"]),
        "names": trackbook.search_runs(experiment_names=["other", "Default"]),
        "all": trackbook.search_runs(search_all_experiments=True),
        "ids before all": trackbook.search_runs([other], search_all_experiments=True),
        "none": trackbook.search_runs([]),
    }
    mine = {run.info.run_id}
    expected = {"chosen": mine, "ids": {*two_runs}, "names": mine | {*two_runs}, "all": mine | {*two_runs}}
    expected |= {"ids before all": mine, "none": set()}
    assert {name: set(frame["run_id"]) for name, frame in found.items()} == expected


def test_search_takes_ids_or_names_and_not_both() -> None:
    with pytest.raises(InvalidParameter, match="not both"):
        trackbook.search_runs(["0"], experiment_names=["Default"])


def test_search_in_an_unknown_experiment_says_so() -> None:
    with pytest.raises(NotFound, match="'99'"):
        trackbook.search_runs(["99"])
    with pytest.raises(NotFound, match="'nowhere'"):
        trackbook.search_runs(experiment_names=["nowhere"])


def test_filter_order_and_view_reach_the_store(two_runs: list[str]) -> None:
    first, second = two_runs
    assert list(trackbook.search_runs(filter_string="metrics.loss < 1")["run_id"]) == [first]
    assert list(trackbook.search_runs(order_by=["attributes.start_time ASC"])["run_id"]) == two_runs
    trackbook.delete_run(first)
    assert list(trackbook.search_runs()["run_id"]) == [second]
    assert list(trackbook.search_runs(run_view_type=ViewType.DELETED_ONLY)["run_id"]) == [first]
    trackbook.restore_run(first)
    assert len(trackbook.search_runs()) == 2
    with pytest.raises(BadFilter):
        trackbook.search_runs(filter_string="metrics.loss <", max_results=0)


def test_parent_of_a_nested_run_is_found() -> None:
    with trackbook.start_run() as outer, trackbook.start_run(nested=True) as inner:
        parent = trackbook.get_parent_run(inner.info.run_id)
    assert parent is not None
    assert parent.info.run_id == outer.info.run_id
    assert trackbook.get_parent_run(outer.info.run_id) is None


def test_experiment_is_made_tagged_deleted_and_restored() -> None:
    made = trackbook.create_experiment("digits", tags={"team": "vision"})
    assert trackbook.get_experiment(made) == trackbook.get_experiment_by_name("digits")
    trackbook.set_experiment("digits")
    trackbook.set_experiment_tag("goal", 0.9)
    trackbook.set_experiment_tags({"a": 1, "b": None})
    trackbook.delete_experiment_tag("team")
    assert trackbook.get_experiment(made).tags == {"goal": "0.9", "a": "1", "b": "None"}
    trackbook.delete_experiment(made)
    assert trackbook.search_experiments(filter_string="name = 'digits'") == []
    trackbook.restore_experiment(made)
    assert [e.name for e in trackbook.search_experiments(order_by=["name DESC"])] == ["digits", "Default"]
    assert trackbook.get_experiment_by_name("none") is None
