"""Trackbook's scenes."""

from __future__ import annotations

import os
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import scenes
from scenes import CALLS, KEYS, POINTS, Scene

BLOCK = 2000


def _start_end(folder: Path) -> dict[str, float]:
    import trackbook

    trackbook.set_tracking_uri(str(folder))
    trackbook.set_experiment("bench")

    def once(_: int) -> None:
        trackbook.start_run()
        trackbook.end_run()

    scenes.per_call(once, 20)
    return {"us": scenes.median_call(once, 200)}


def _log_metric(folder: Path) -> dict[str, float]:
    import trackbook

    trackbook.set_tracking_uri(str(folder))
    log_metric = trackbook.log_metric
    with trackbook.start_run():
        scenes.per_call(lambda step: log_metric("loss", 0.5, step=step), 1000)
        bare, taken = [], []
        for block in range(0, CALLS, BLOCK):  # by turns, so that both meet the same moods of the machine
            bare += scenes.bare_write(folder, BLOCK)
            taken += _log_block(log_metric, block)
        begun_all = time.perf_counter()
        _log_block(log_metric, CALLS, CALLS)
        acknowledged = time.perf_counter() - begun_all
        trackbook.flush_async_logging()
        stored = time.perf_counter() - begun_all
    return {
        "p50_us": scenes.percentile(taken, 0.5),
        "p99_us": scenes.percentile(taken, 0.99),
        "bare_p50_us": scenes.percentile(bare, 0.5),
        "bare_p99_us": scenes.percentile(bare, 0.99),
        "durable_a_second": CALLS / acknowledged,
        "in_database_a_second": CALLS / stored,
    }


def _log_block(log_metric: Callable[..., object], first: int, calls: int = BLOCK) -> list[int]:
    clock, taken = time.perf_counter_ns, []
    for step in range(first, first + calls):
        begun = clock()
        log_metric("loss", 0.25, step=step)
        taken.append(clock() - begun)
    return taken


def _log_metric_slowly(folder: Path) -> dict[str, float]:
    import trackbook

    trackbook.set_tracking_uri(str(folder))
    taken = []
    with trackbook.start_run():
        trackbook.log_metric("loss", 0.5)
        for step in range(1000):
            time.sleep(0.001)
            begun = time.perf_counter_ns()
            trackbook.log_metric("loss", 0.5, step=step)
            taken.append(time.perf_counter_ns() - begun)
    return {"p50_us": scenes.percentile(taken, 0.5), "p99_us": scenes.percentile(taken, 0.99)}


def _log_metrics(folder: Path) -> dict[str, float]:
    import trackbook

    trackbook.set_tracking_uri(str(folder))
    with trackbook.start_run():
        trackbook.log_metrics(KEYS, step=0)
        begun = time.perf_counter()
        for step in range(1, 501):
            trackbook.log_metrics(KEYS, step=step)
        acknowledged = time.perf_counter() - begun
        trackbook.flush_async_logging()
        stored = time.perf_counter() - begun
    return {"durable_a_second": 50_000 / acknowledged, "in_database_a_second": 50_000 / stored}


def _log_batch(folder: Path) -> dict[str, float]:
    import trackbook
    from trackbook.entities import Metric

    trackbook.set_tracking_uri(str(folder))
    client = trackbook.MlflowClient()
    with trackbook.start_run() as run:
        batches = [
            [Metric("loss", 0.5, 1_700_000_000_000 + step, step) for step in range(begin, begin + 1000)]
            for begin in range(0, 50_000, 1000)
        ]
        begun = time.perf_counter()
        for batch in batches:
            client.log_batch(run.info.run_id, metrics=batch)
        acknowledged = time.perf_counter() - begun
        trackbook.flush_async_logging()
        stored = time.perf_counter() - begun
    return {"durable_a_second": 50_000 / acknowledged, "in_database_a_second": 50_000 / stored}


def _params(folder: Path) -> dict[str, float]:
    import trackbook

    trackbook.set_tracking_uri(str(folder))
    figures: dict[str, list[int]] = {"param": [], "params_100": [], "tags_20": []}
    many = {f"p{number}": number for number in range(100)}
    few = {f"t{number}": number for number in range(20)}
    for _ in range(30):
        with trackbook.start_run():
            figures["param"] += scenes.per_call(lambda n: trackbook.log_param(f"one{n}", n), 5)
            figures["params_100"] += scenes.per_call(lambda _: trackbook.log_params(many), 1)
            figures["tags_20"] += scenes.per_call(lambda _: trackbook.set_tags(few), 2)
    return {f"{name}_us": scenes.percentile(taken, 0.5) for name, taken in figures.items()}


def _bytes(folder: Path) -> dict[str, float]:
    import trackbook
    from trackbook.stores import close_stores, open_store

    path = folder / "trackbook.db"
    open_store(path).close()
    empty = scenes.table_bytes(path)
    trackbook.set_tracking_uri(str(path))
    chance = Random(3)
    run = trackbook.start_run()
    for step in range(POINTS):
        trackbook.log_metric("loss", chance.random(), step=step)
    trackbook.flush_async_logging()
    hot = scenes.table_bytes(path) - empty
    trackbook.end_run()
    close_stores()
    left = [name for name in os.listdir(folder) if name.endswith(("-wal", "-shm"))]
    left += os.listdir(folder / "trackbook.db.d" / "writers")
    assert not left, f"left behind: {left}"
    packed = scenes.table_bytes(path) - empty
    assert run is not None
    return {"hot": hot / POINTS, "packed": packed / POINTS}


def _history(folder: Path) -> dict[str, float]:
    import trackbook
    from trackbook.stores import close_stores, open_store

    trackbook.set_tracking_uri(str(folder))
    chance = Random(3)
    with trackbook.start_run() as run:
        for step in range(POINTS):
            trackbook.log_metric("loss", chance.random(), step=step)
    close_stores()
    store, client = open_store(folder), trackbook.MlflowClient()
    run_id = run.info.run_id
    assert len(client.get_metric_history(run_id, "loss")) == POINTS
    return {
        "objects_s": scenes.best_seconds(lambda: client.get_metric_history(run_id, "loss")),
        "arrays_s": scenes.best_seconds(lambda: store.points(run_id, "loss")),
    }


def fill(path: Path, count: int) -> None:
    """A store of invented runs, put into its tables directly."""
    from trackbook.stores import open_store

    open_store(path).close()
    with sqlite3.connect(path) as connection:
        for m in range(scenes.METRICS):
            connection.execute("INSERT INTO series VALUES (?, ?, '', '')", (m + 1, f"m{m:02d}"))
        for p in range(scenes.PARAMS):
            connection.execute("INSERT INTO names VALUES (?, ?)", (p + 1, f"p{p:02d}"))
        for key, run in enumerate(scenes.invented_runs(count), 1):
            _insert(connection, key, run)
        connection.execute("ANALYZE")


def _insert(connection: sqlite3.Connection, key: int, run: dict[str, object]) -> None:
    start = run["start"]
    connection.execute(
        "INSERT INTO runs (id, run_id, experiment, name, status, start_time, end_time, lifecycle_stage) "
        "VALUES (?, ?, 0, ?, 3, ?, ?, 'active')",
        (key, run["id"], run["name"], start, start),
    )
    connection.executemany(
        "INSERT INTO metric_summary VALUES (?, ?, ?, 0, 0, ?, ?, 0, ?, 0, ?, 0, 1)",
        [(key, m + 1, v, start, v, v, v) for m, v in enumerate(run["metrics"].values())],  # type: ignore[attr-defined]
    )
    connection.executemany(
        "INSERT INTO params VALUES (?, ?, ?)",
        [(key, p + 1, v) for p, v in enumerate(run["params"].values())],  # type: ignore[attr-defined]
    )


def _search(folder: Path) -> dict[str, float]:
    import trackbook

    fill(folder / "trackbook.db", 10_000)
    trackbook.set_tracking_uri(str(folder))
    client = trackbook.MlflowClient()
    assert len(client.search_runs(["0"], max_results=100)) == 100
    return {
        "page_s": scenes.best_seconds(lambda: client.search_runs(["0"], max_results=100)),
        "filter_s": scenes.best_seconds(
            lambda: client.search_runs(["0"], "metrics.m01 > 0.5", max_results=100, order_by=["metrics.m02 DESC"])
        ),
        "frame_s": scenes.best_seconds(lambda: trackbook.search_runs(["0"]), 3),
    }


def _search_many(folder: Path) -> dict[str, float]:
    import trackbook

    fill(folder / "trackbook.db", 100_000)
    trackbook.set_tracking_uri(str(folder))
    client = trackbook.MlflowClient()

    def ask(condition: str) -> float:
        order = ["metrics.m02 DESC"]
        return scenes.best_seconds(lambda: client.search_runs(["0"], condition, max_results=100, order_by=order)) * 1000

    return {
        "some_ms": ask("metrics.m01 > 0.5 and params.p01 = 'v3'"),
        "few_ms": ask("metrics.m01 > 0.999 and params.p01 = 'v3'"),
        "all_ms": ask("metrics.m01 >= 0 and params.p01 LIKE 'v%'"),
    }


def _models(folder: Path) -> dict[str, float]:
    import trackbook
    import trackbook.sklearn

    trackbook.set_tracking_uri(str(folder))
    return scenes.models(trackbook, trackbook.sklearn)


def _serving(folder: Path) -> dict[str, float]:
    import numpy as np
    import pandas as pd
    from sklearn.linear_model import LogisticRegression

    import trackbook.sklearn
    from trackbook.models import infer_signature

    table = pd.DataFrame(np.random.default_rng(0).normal(size=(500, 10)), columns=[f"x{n}" for n in range(10)])
    model = LogisticRegression().fit(table, table.x0 > 0)
    trackbook.sklearn.save_model(model, folder / "model", signature=infer_signature(table, model.predict(table)))
    return scenes.serving([sys.executable, "-m", "trackbook", "models", "serve", "-m", str(folder / "model")])


SCENES: dict[str, Scene] = {
    "import": lambda _: scenes.importing("trackbook"),
    "first_query": lambda folder: scenes.first_query("trackbook", str(folder)),
    "start_end": _start_end,
    "log_metric": _log_metric,
    "log_metric_slowly": _log_metric_slowly,
    "log_metrics": _log_metrics,
    "log_batch": _log_batch,
    "params": _params,
    "bytes": _bytes,
    "history": _history,
    "search": _search,
    "models": _models,
    "search_many": _search_many,
    "serving": _serving,
}

if __name__ == "__main__":
    scenes.main(SCENES)
