"""User code, as a type checker sees it: `mypy` reads this file, and nobody runs it."""

from __future__ import annotations

from typing import assert_type

import pandas as pd

import trackbook as mlflow
from trackbook.entities import (
    Experiment,
    FileInfo,
    Metric,
    ModelVersion,
    PagedList,
    Param,
    RegisteredModel,
    Run,
    RunTag,
    ViewType,
)
from trackbook.exceptions import MlflowException, NotFound
from trackbook.tracking import MlflowClient


def train() -> str:
    mlflow.set_tracking_uri("runs.db")
    assert_type(mlflow.set_experiment("digits"), Experiment)
    with mlflow.start_run(run_name="first", tags={"team": "vision"}) as run:
        assert_type(run, mlflow.ActiveRun)
        mlflow.log_params({"lr": 0.1, "model": "tree"})
        mlflow.log_metric("loss", 0.5, step=1)
        mlflow.log_metrics({"loss": 0.25, "accuracy": 0.9}, step=2)
        mlflow.log_dict({"classes": 10}, "labels.json")
        run.log_metric("loss", 0.1, 3)
        with mlflow.start_run(nested=True) as child:
            assert_type(mlflow.get_parent_run(child.info.run_id), Run | None)
    return run.info.run_id


def look() -> None:
    assert_type(mlflow.search_runs(), pd.DataFrame)
    assert_type(mlflow.search_runs(["0"], "metrics.loss < 1", order_by=["metrics.loss ASC"]), pd.DataFrame)
    assert_type(mlflow.search_runs(output_format="list", run_view_type=ViewType.ALL), list[Run])
    assert_type(mlflow.search_experiments(), list[Experiment])
    assert_type(mlflow.get_experiment_by_name("digits"), Experiment | None)
    assert_type(mlflow.last_active_run(), Run | None)
    assert_type(mlflow.artifacts.download_artifacts("runs:/abc/model"), str)
    assert_type(mlflow.artifacts.download_zip(run_id="abc", artifact_path="model"), str)
    try:
        mlflow.get_run("abc")
    except NotFound as error:
        assert_type(error.error_code, str)
    except MlflowException:
        raise


def register(client: MlflowClient) -> None:
    assert_type(mlflow.register_model("runs:/abc/model", "digits", tags={"a": 1}), ModelVersion)
    assert_type(mlflow.search_registered_models(filter_string="name = 'digits'"), list[RegisteredModel])
    assert_type(client.search_model_versions("stage = 'Production'"), PagedList[ModelVersion])
    assert_type(client.get_model_version_by_alias("digits", "champion").version, int)
    assert_type(client.transition_model_version_stage("digits", 1, "Production"), ModelVersion)
    client.set_registered_model_alias("digits", "champion", "1")


def by_id(client: MlflowClient) -> None:
    run = client.create_run(client.create_experiment("wine"), run_name="second")
    assert_type(run, Run)
    assert_type(run.data.metrics, dict[str, float])
    client.log_batch(run.info.run_id, [Metric("loss", 0.5, 1, 0)], [Param("lr", "1")], (RunTag("a", "b") for _ in [1]))
    assert_type(client.get_metric_history(run.info.run_id, "loss"), list[Metric])
    assert_type(client.search_runs(["0"]), PagedList[Run])
    assert_type(client.search_runs(["0"]).token, str | None)
    assert_type(client.list_artifacts(run.info.run_id), list[FileInfo])
    assert_type(client.download_zip(run.info.run_id, "model"), str)
    assert_type(client.tracking_uri, str)
    client.set_terminated(run.info.run_id, "FINISHED")


def mistakes(client: MlflowClient) -> None:
    mlflow.log_metrik("loss", 1)  # type: ignore[attr-defined]
    mlflow.log_metric("loss", "high")  # type: ignore[arg-type]
    mlflow.log_params(["lr"])  # type: ignore[arg-type]
    mlflow.autolog()  # type: ignore[attr-defined]
    client.get_rum("abc")  # type: ignore[attr-defined]
    client.create_run(experiment_id=1)  # type: ignore[arg-type]
