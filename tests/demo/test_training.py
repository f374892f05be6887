"""The demo's runs: real training, shortened."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

import trackbook
from trackbook.demo.plans import EXPERIMENTS, plans
from trackbook.demo.training import count_runs, run_demo, train_demo
from trackbook.entities import Run
from trackbook.runs.artifacts import list_artifacts
from trackbook.stores import open_store
from trackbook.stores.base import Store


def test_there_are_some_40_runs_with_names_of_their_own() -> None:
    chosen = plans()
    names = [plan.name for plan in chosen] + [child.name for plan in chosen for child in plan.children]
    assert 38 <= count_runs(chosen) == len(names) == len(set(names)) <= 45
    assert {plan.experiment for plan in chosen} == set(EXPERIMENTS)


@pytest.mark.slow
def test_each_recipe_logs_its_curve_and_its_artifacts(tmp_path: Path) -> None:
    named = {"mlp-base-s0", "l2-a0.0001-e0.01-s0", "boost-base", "linear-sgd", "depth-sweep"}
    chosen = [plan.shortened(4) for plan in plans() if plan.name in named]
    store = open_store(train_demo(tmp_path / "demo", chosen))
    runs = [run for plan in EXPERIMENTS for run in runs_of(store, plan)]
    assert {run.info.status for run in runs} == {"FINISHED"}
    assert len(runs) == count_runs(chosen)
    trained = [run for run in runs if run.info.run_name != "depth-sweep"]
    for run in trained:
        key = "val_rmse" if "val_rmse" in run.data.metrics else "val_loss"
        assert [point.step for point in store.get_metric_history(run.info.run_id, key)] == [1, 2, 3, 4]
        assert len(list_artifacts(store, run)) == 3
    (sweep,) = [run for run in runs if run.info.run_name == "depth-sweep"]
    assert sum(run.data.tags.get("mlflow.parentRunId") == sweep.info.run_id for run in runs) == 4


def runs_of(store: Store, experiment: str) -> list[Run]:
    found = store.get_experiment_by_name(experiment)
    return list(store.search_runs([found.experiment_id])) if found else []


@pytest.mark.slow
def test_learning_rate_that_is_too_large_ends_in_nan_and_failed(tmp_path: Path) -> None:
    chosen = [plan for plan in plans() if plan.name == "mlp-linear-diverges"]
    store = open_store(train_demo(tmp_path / "demo", chosen))
    (run,) = store.search_runs(["1"])
    assert run.info.status == "FAILED"
    assert not math.isfinite(run.data.metrics["weight_norm"])
    assert [file.path for file in list_artifacts(store, run)] == ["traceback.txt"]


def test_demo_is_trained_once_a_folder(tmp_path: Path) -> None:
    said: list[str] = []
    (tmp_path / "trackbook.db").touch()
    assert run_demo(tmp_path, said.append) == str(tmp_path / "trackbook.db")
    assert "delete the folder" in said[0]


def test_choice_of_a_store_is_kept(tmp_path: Path) -> None:
    trackbook.set_tracking_uri(tmp_path / "mine.db")
    train_demo(tmp_path / "demo", [])
    assert trackbook.get_tracking_uri().endswith("mine.db")
