"""The panels called by names: what they find, and what they say when there is none."""

from __future__ import annotations

import pytest

import trackbook
from trackbook import panels
from trackbook.entities import Run
from trackbook.errors import InvalidParameter, NotFound
from trackbook.runs.session import current_store


@pytest.fixture
def two_runs() -> list[str]:
    trackbook.set_experiment("digits")
    for place in range(2):
        with trackbook.start_run(run_name=f"run-{place}"):
            trackbook.log_metric("loss", 0.5 - place / 10)
    current_store().flush()
    return [run.info.run_id for run in trackbook.search_runs(output_format="list", order_by=["start_time"])]


def test_runs_are_those_of_an_experiment_and_a_filter(two_runs: list[str]) -> None:
    assert set(panels.runs()._rows.run_ids) == set(two_runs)
    assert panels.runs("metrics.loss < 0.45", ["digits"])._rows.run_ids == two_runs[1:]
    assert len(panels.runs(last=1)._rows.run_ids) == 1
    with pytest.raises(InvalidParameter, match="from 1 on"):
        panels.runs(last=0)
    with pytest.raises(NotFound, match="no experiment 'others'"):
        panels.runs(experiments=["others"])


def test_runs_are_given_by_name_by_id_and_by_themselves(two_runs: list[str]) -> None:
    first, second = two_runs
    given: list[str | Run] = ["run-1", second[:8], trackbook.get_run(first)]
    assert panels.run_ids(current_store(), given) == [second, first]
    with pytest.raises(NotFound, match="%track_runs lists"):
        panels.run_ids(current_store(), ["run-2"])


def test_models_are_those_of_the_store_and_one_is_named() -> None:
    for name in ("digits", "letters"):
        current_store().create_registered_model(name)
    panel = panels.models("letters", 2)
    assert panel.code == "%track_models letters --version 2"
    assert [row["name"] for row in panel._models["rows"]] == ["digits", "letters"]


def test_a_metric_that_no_run_has_is_named(two_runs: list[str]) -> None:
    panels.curves(two_runs, ["loss"]).close()
    with pytest.raises(NotFound, match="None of these runs has a metric 'acc'; there is loss"):
        panels.curves(two_runs, ["acc"])
    with pytest.raises(NotFound, match="The run 'run-0' has no metric 'acc'"):
        panels.curves(["run-0"], ["acc"])


def test_runs_are_compared_by_name_and_a_missing_column_is_named(two_runs: list[str]) -> None:
    panel = panels.compare(["run-0", "run-1"], chart="scatter", x="loss", baseline="run-1")
    assert [run["id"] for run in panel._runs] == two_runs
    assert panel.view == {"chart": "scatter", "x": "loss", "baseline": two_runs[1]}
    assert [run["id"] for run in panels.compare()._runs] == two_runs[::-1]
    panel.selected = two_runs[:1]
    assert [run["id"] for run in panel._runs] == two_runs[:1]
    with pytest.raises(NotFound, match="param or metric 'acc'; there is loss"):
        panels.compare(two_runs, metric="acc")
    with pytest.raises(InvalidParameter, match="no chart 'pie'; there are table"):
        panels.compare(two_runs, "digits", "pie")
    with pytest.raises(InvalidParameter, match="A chart has no 'z'; it has x, y"):
        panels.compare(two_runs, z="loss")
