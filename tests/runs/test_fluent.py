"""Runs are started, logged to and ended by the functions of the module."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

import trackbook
from trackbook.entities import Metric, Param, RunTag
from trackbook.errors import InvalidParameter, InvalidState, NotFound


class Wine:
    """What log_metric needs to know of a data set."""

    name, digest = "wine", "abc123"


def only_run() -> trackbook.entities.Run:
    (run,) = trackbook.search_runs(output_format="list", search_all_experiments=True)
    return run


def test_run_is_running_inside_its_block_and_finished_after_it() -> None:
    with trackbook.start_run() as run:
        assert trackbook.active_run() is run
        assert trackbook.get_run(run.info.run_id).info.status == "RUNNING"
    assert trackbook.active_run() is None
    info = trackbook.get_run(run.info.run_id).info
    assert (info.status, (info.end_time or 0) >= (info.start_time or 0)) == ("FINISHED", True)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ValueError("no"), "FAILED"),
        (SystemExit(3), "FAILED"),
        (SystemExit("no"), "FAILED"),
        (SystemExit(), "FINISHED"),
        (SystemExit(0), "FINISHED"),
        (KeyboardInterrupt(), "KILLED"),
    ],
    ids=repr,
)
def test_block_left_by_an_exception_ends_the_run_truthfully(error: BaseException, status: str) -> None:
    with pytest.raises(type(error)), trackbook.start_run():
        raise error
    assert only_run().info.status == status


def test_run_has_its_name_tags_description_and_who_and_where() -> None:
    with trackbook.start_run(run_name="first", tags={"team": "vision", "n": 1}, description="**bold**") as run:
        pass
    tags = trackbook.get_run(run.info.run_id).data.tags
    assert (tags["team"], tags["n"], tags["mlflow.note.content"]) == ("vision", "1", "**bold**")
    assert (run.info.run_name, tags["mlflow.runName"]) == ("first", "first")
    assert {"mlflow.user", "mlflow.source.name", "mlflow.source.type"} <= set(tags)


def test_second_run_needs_nested_and_becomes_a_child() -> None:
    with trackbook.start_run() as outer:
        with pytest.raises(InvalidState, match="nested=True"):
            trackbook.start_run()
        with trackbook.start_run(nested=True) as inner:
            assert trackbook.active_run() is inner
        assert trackbook.active_run() is outer
    assert inner.data.tags["mlflow.parentRunId"] == outer.info.run_id


def test_run_may_be_made_the_child_of_any_run() -> None:
    with trackbook.start_run() as first:
        pass
    with trackbook.start_run(parent_run_id=first.info.run_id) as second:
        assert second.data.tags["mlflow.parentRunId"] == first.info.run_id


def test_resumed_run_runs_again_and_keeps_what_it_has() -> None:
    with trackbook.start_run() as run:
        trackbook.log_metric("loss", 1.0)
    with trackbook.start_run(run.info.run_id, run_name="again", tags={"round": 2}, description="more"):
        info = trackbook.get_run(run.info.run_id).info
        assert (info.status, info.end_time, info.run_name) == ("RUNNING", None, "again")
        trackbook.log_metric("loss", 0.5, step=1)
    found = only_run()
    assert (found.info.status, found.data.metrics) == ("FINISHED", {"loss": 0.5})
    assert (found.data.tags["round"], found.data.tags["mlflow.note.content"]) == ("2", "more")


def test_run_of_the_environment_is_resumed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = trackbook.Client().create_run("0").info.run_id
    monkeypatch.setenv("MLFLOW_RUN_ID", run_id)
    with trackbook.start_run() as run, trackbook.start_run(nested=True) as inner:
        assert run.info.run_id == run_id
        assert inner.info.run_id != run_id


def test_refused_resumption_leaves_the_run_as_it_was() -> None:
    with trackbook.start_run() as run:
        pass
    for wrong in ({"tags": {"a//b": 1}}, {"run_name": "x" * 501}, {"tags": ["a"]}):
        arguments: dict[str, Any] = wrong
        with pytest.raises(InvalidParameter):
            trackbook.start_run(run.info.run_id, **arguments)
    assert only_run().info.status == "FINISHED"


def test_logging_starts_a_run_and_end_run_ends_it() -> None:
    trackbook.log_metric("loss", 1.0)
    assert trackbook.active_run() is not None
    trackbook.end_run("FAILED")
    trackbook.end_run()
    assert only_run().info.status == "FAILED"


def log_badly() -> dict[str, Any]:
    return {
        "metric key": lambda: trackbook.log_metric("a//b", 1),
        "metric value": lambda: trackbook.log_metric("a", "high"),  # type: ignore[arg-type]
        "metrics": lambda: trackbook.log_metrics({"a": 1, "b": None}),  # type: ignore[dict-item]
        "param": lambda: trackbook.log_param("", 1),
        "params": lambda: trackbook.log_params({"a": "x" * 65_537}),
        "tag": lambda: trackbook.set_tag("a\nb", 1),
        "tags": lambda: trackbook.set_tags([("a", 1)]),  # type: ignore[arg-type]
        "batch": lambda: trackbook.log_batch([Metric("a", 1, 1)], ["lr"]),  # type: ignore[list-item]
    }


@pytest.mark.parametrize("name", log_badly())
def test_call_that_breaks_a_rule_starts_no_run(name: str) -> None:
    with pytest.raises(InvalidParameter):
        log_badly()[name]()
    assert trackbook.active_run() is None
    assert len(trackbook.search_runs()) == 0


def test_points_of_all_kinds_arrive_exactly() -> None:
    with trackbook.start_run() as run:
        trackbook.log_metric("loss", math.inf, step=-1, timestamp=5)
        trackbook.log_metrics({"loss": 2.0, "acc": True}, step=3, timestamp=7)
        trackbook.log_metric("loss", 0.25, run_id=run.info.run_id, step=4, timestamp=9)
        trackbook.log_metrics({"loss": -0.0}, run_id=run.info.run_id, step=5, timestamp=9)
        run.log_metric("loss", 7, 6, 9)
    history = trackbook.Client().get_metric_history(run.info.run_id, "loss")
    assert [(p.step, p.timestamp, p.value) for p in history] == [
        *((-1, 5, math.inf), (3, 7, 2.0), (4, 9, 0.25), (5, 9, -0.0), (6, 9, 7.0))
    ]
    assert math.copysign(1, history[3].value) == -1
    assert only_run().data.metrics["acc"] == 1.0


def test_metric_can_name_its_model_and_data_set() -> None:
    model_id = trackbook.create_external_model().model_id
    with trackbook.start_run() as run:
        trackbook.log_metric("rmse", 1.0, dataset=Wine, model_id=model_id)
        trackbook.log_metrics({"mae": 2.0}, dataset=Wine())
    client = trackbook.Client()
    (rmse,) = client.get_metric_history(run.info.run_id, "rmse")
    (mae,) = client.get_metric_history(run.info.run_id, "mae")
    assert (rmse.model_id, rmse.dataset_name, rmse.dataset_digest) == (model_id, "wine", "abc123")
    assert (mae.model_id, mae.dataset_name) == (None, "wine")


def test_params_tags_and_batches_reach_the_active_run_or_the_named_one() -> None:
    other = trackbook.Client().create_run("0").info.run_id
    with trackbook.start_run() as run:
        assert trackbook.log_param("lr", 0.1) == 0.1
        trackbook.log_params({"depth": 3, "loss": None})
        trackbook.set_tags({"a": 1, "b": 2})
        trackbook.delete_tag("a")
        trackbook.log_params({"lr": 1}, run_id=other)
        trackbook.log_batch([Metric("m", 1, 1)], [Param("p", "1")], [RunTag("t", "1")], run_id=other)
        trackbook.log_batch(metrics=(Metric("m", n, 1, n) for n in range(3)))
    mine, others = trackbook.get_run(run.info.run_id).data, trackbook.get_run(other).data
    assert (mine.params, mine.metrics) == ({"lr": "0.1", "depth": "3", "loss": "None"}, {"m": 2.0})
    assert ("a" in mine.tags, mine.tags["b"]) == (False, "2")
    assert (others.params, others.metrics, others.tags["t"]) == ({"lr": "1", "p": "1"}, {"m": 1.0}, "1")


def test_asynchronous_call_gives_something_to_wait_for() -> None:
    with trackbook.start_run():
        operations = [
            trackbook.log_metric("loss", 1.0, synchronous=False),
            trackbook.log_metrics({"acc": 1.0}, synchronous=False),
            trackbook.log_param("lr", 0, synchronous=False),
            trackbook.log_params({"depth": 1}, synchronous=False),
            trackbook.set_tag("a", 1, synchronous=False),
            trackbook.set_tags({"b": 1}, synchronous=False),
        ]
        for operation in operations:
            assert isinstance(operation, trackbook.RunOperations)
            operation.wait()
        assert trackbook.log_metric("loss", 2.0, step=1) is None
        assert trackbook.log_metric("loss", 2.0, step=2, synchronous=True) is None
    trackbook.flush_async_logging()
    trackbook.flush_artifact_async_logging()


def test_run_used_last_is_remembered_as_it_is_stored() -> None:
    assert trackbook.last_active_run() is None
    with trackbook.start_run() as run:
        pass
    last = trackbook.last_active_run()
    assert last is not None
    assert (last.info.run_id, last.info.status) == (run.info.run_id, "FINISHED")


def test_chosen_experiment_is_where_runs_go() -> None:
    chosen = trackbook.set_experiment("digits")
    with trackbook.start_run() as run:
        assert run.info.experiment_id == chosen.experiment_id
    assert trackbook.set_experiment(experiment_id="0").name == "Default"
    with trackbook.start_run(experiment_id=chosen.experiment_id) as run:
        assert run.info.experiment_id == chosen.experiment_id


def test_run_deleted_while_it_is_active_ends_without_leaving_threads() -> None:
    run = trackbook.start_run()
    trackbook.log_metric("loss", 1.0)
    trackbook.delete_run(run.info.run_id)
    with pytest.raises(InvalidParameter, match="restore_run"):
        trackbook.log_metric("loss", 2.0)
    with pytest.raises(InvalidParameter, match="restore_run"):
        trackbook.end_run()
    assert trackbook.active_run() is None
    with trackbook.start_run():
        pass


def test_files_of_the_active_run_are_logged_and_found() -> None:
    Path("notes.txt").write_text("hello")
    with trackbook.start_run() as run:
        trackbook.log_artifact("notes.txt", "docs")
        trackbook.log_text("x", "a.txt")
        trackbook.log_dict({"lr": 0.1}, "b.json")
        trackbook.log_table({"x": [1]}, "t.json")
        assert trackbook.get_artifact_uri("docs/notes.txt") == f"{run.info.artifact_uri}/docs/notes.txt"
    trackbook.log_text("y", "later.txt", run_id=run.info.run_id)
    listed = [file.path for file in trackbook.artifacts.list_artifacts(run_id=run.info.run_id)]
    assert listed == ["a.txt", "b.json", "docs", "later.txt", "t.json"]
    assert trackbook.artifacts.load_text(f"runs:/{run.info.run_id}/docs/notes.txt") == "hello"
    assert list(trackbook.load_table("t.json", [run.info.run_id])["x"]) == [1]
    assert trackbook.active_run() is None


def test_image_is_logged_under_a_path_or_as_a_step_of_a_series() -> None:
    with trackbook.start_run() as run:
        operation = trackbook.log_image([[0, 255], [255, 0]], "chess.png")
        trackbook.log_image(trackbook.Image([[0.0, 1.0]]), key="epoch", step=3, timestamp=5)
    assert isinstance(operation, trackbook.RunOperations)
    client = trackbook.Client()
    assert "chess.png" in [file.path for file in client.list_artifacts(run.info.run_id)]
    assert len(client.list_artifacts(run.info.run_id)) == 2


def test_deleted_run_takes_no_files() -> None:
    with trackbook.start_run():
        pass
    run_id = only_run().info.run_id
    trackbook.delete_run(run_id)
    with pytest.raises(InvalidState, match="restore_run"):
        trackbook.log_text("x", "a.txt", run_id=run_id)
    with pytest.raises(NotFound):
        trackbook.log_text("x", "a.txt", run_id="0" * 32)
