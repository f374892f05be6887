"""MLflow's scenes: the same work through MLflow's own API on SQLite."""

from __future__ import annotations

import logging
import os
import sqlite3
import sys
import time
from pathlib import Path
from random import Random

import scenes
from scenes import KEYS, POINTS, Scene

logging.disable(logging.WARNING)


def _use(folder: Path):  # type: ignore[no-untyped-def]
    import mlflow

    mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
    mlflow.set_experiment("bench")
    return mlflow


def _start_end(folder: Path) -> dict[str, float]:
    mlflow = _use(folder)

    def once(_: int) -> None:
        mlflow.start_run()
        mlflow.end_run()

    scenes.per_call(once, 3)
    return {"us": scenes.median_call(once, 30)}


def _log_metric(folder: Path) -> dict[str, float]:
    mlflow = _use(folder)
    with mlflow.start_run():
        scenes.per_call(lambda step: mlflow.log_metric("loss", 0.5, step=step), 5)
        begun = time.perf_counter()
        taken = scenes.per_call(lambda step: mlflow.log_metric("loss", 0.25, step=step), 200)
        whole = time.perf_counter() - begun
    return {
        "p50_us": scenes.percentile(taken, 0.5),
        "p99_us": scenes.percentile(taken, 0.99),
        "durable_a_second": 200 / whole,
    }


def _log_metrics(folder: Path) -> dict[str, float]:
    mlflow = _use(folder)
    with mlflow.start_run():
        mlflow.log_metrics(KEYS, step=0)
        whole = scenes.seconds(lambda: [mlflow.log_metrics(KEYS, step=step) for step in range(1, 21)])
    return {"durable_a_second": 2000 / whole}


def _log_batch(folder: Path) -> dict[str, float]:
    mlflow = _use(folder)
    from mlflow.entities import Metric

    client = mlflow.MlflowClient()
    with mlflow.start_run() as run:
        batches = [
            [Metric("loss", 0.5, 1_700_000_000_000 + step, step) for step in range(begin, begin + 1000)]
            for begin in range(0, 10_000, 1000)
        ]
        whole = scenes.seconds(lambda: [client.log_batch(run.info.run_id, metrics=batch) for batch in batches])
    return {"durable_a_second": 10_000 / whole}


def _params(folder: Path) -> dict[str, float]:
    mlflow = _use(folder)
    figures: dict[str, list[int]] = {"param": [], "params_100": [], "tags_20": []}
    many = {f"p{number}": number for number in range(100)}
    few = {f"t{number}": number for number in range(20)}
    for _ in range(5):
        with mlflow.start_run():
            figures["param"] += scenes.per_call(lambda n: mlflow.log_param(f"one{n}", n), 5)
            figures["params_100"] += scenes.per_call(lambda _: mlflow.log_params(many), 1)
            figures["tags_20"] += scenes.per_call(lambda _: mlflow.set_tags(few), 2)
    return {f"{name}_us": scenes.percentile(taken, 0.5) for name, taken in figures.items()}


def _log_points(mlflow, run_id: str) -> None:  # type: ignore[no-untyped-def]
    from mlflow.entities import Metric

    chance, client = Random(3), mlflow.MlflowClient()
    for begin in range(0, POINTS, 1000):
        points = [Metric("loss", chance.random(), 1_700_000_000_000 + s, s) for s in range(begin, begin + 1000)]
        client.log_batch(run_id, metrics=points)


def _bytes(folder: Path) -> dict[str, float]:
    mlflow = _use(folder)
    path = folder / "mlflow.db"
    with mlflow.start_run() as run:
        empty = scenes.table_bytes(path)
        _log_points(mlflow, run.info.run_id)
    return {"hot": (scenes.table_bytes(path) - empty) / POINTS}


def _history(folder: Path) -> dict[str, float]:
    mlflow = _use(folder)
    with mlflow.start_run() as run:
        _log_points(mlflow, run.info.run_id)
    client = mlflow.MlflowClient()
    whole = scenes.best_seconds(lambda: client.get_metric_history(run.info.run_id, "loss"), 3)
    return {"objects_s": whole, "arrays_s": whole}  # MLflow has objects only


def _search(folder: Path) -> dict[str, float]:
    mlflow = _use(folder)
    _fill(folder / "mlflow.db", 10_000)
    client = mlflow.MlflowClient()
    assert len(client.search_runs(["1"], max_results=100)) == 100
    return {
        "page_s": scenes.best_seconds(lambda: client.search_runs(["1"], max_results=100)),
        "filter_s": scenes.best_seconds(
            lambda: client.search_runs(["1"], "metrics.m01 > 0.5", max_results=100, order_by=["metrics.m02 DESC"])
        ),
        "frame_s": scenes.seconds(lambda: mlflow.search_runs(["1"])),
    }


def _fill(path: Path, count: int) -> None:
    with sqlite3.connect(path) as connection:
        for run in scenes.invented_runs(count):
            start, run_id = run["start"], run["id"]
            connection.execute(
                "INSERT INTO runs (run_uuid, name, status, start_time, end_time, lifecycle_stage, artifact_uri, "
                "experiment_id, source_type, user_id) VALUES (?, ?, 'FINISHED', ?, ?, 'active', ?, 1, 'LOCAL', 'u')",
                (run_id, run["name"], start, start, f"/tmp/{run_id}"),
            )
            connection.executemany(
                "INSERT INTO latest_metrics VALUES (?, ?, ?, 0, 0, ?)",
                [(key, value, start, run_id) for key, value in run["metrics"].items()],
            )
            connection.executemany(
                "INSERT INTO params VALUES (?, ?, ?)", [(key, value, run_id) for key, value in run["params"].items()]
            )


def _models(folder: Path) -> dict[str, float]:
    mlflow = _use(folder)
    from mlflow import sklearn

    return scenes.models(mlflow, sklearn)


def _serving(folder: Path) -> dict[str, float]:
    import numpy as np
    import pandas as pd
    from sklearn.linear_model import LogisticRegression

    mlflow = _use(folder)
    table = pd.DataFrame(np.random.default_rng(0).normal(size=(500, 10)), columns=[f"x{n}" for n in range(10)])
    model = LogisticRegression().fit(table, table.x0 > 0)
    signature = mlflow.models.infer_signature(table, model.predict(table))
    mlflow.sklearn.save_model(model, str(folder / "model"), signature=signature)
    own = Path(sys.executable).parent
    command = [str(own / "mlflow"), "models", "serve", "-m", str(folder / "model"), "--env-manager", "local"]
    return scenes.serving(command, {"PATH": f"{own}:{os.environ['PATH']}"})  # it looks for uvicorn there


SCENES: dict[str, Scene] = {
    "import": lambda _: scenes.importing("mlflow"),
    "first_query": lambda folder: scenes.first_query("mlflow", f"sqlite:///{folder}/mlflow.db"),
    "start_end": _start_end,
    "log_metric": _log_metric,
    "log_metrics": _log_metrics,
    "log_batch": _log_batch,
    "params": _params,
    "bytes": _bytes,
    "history": _history,
    "search": _search,
    "models": _models,
    "serving": _serving,
}

if __name__ == "__main__":
    scenes.main(SCENES)
