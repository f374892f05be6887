"""Client has MLflow's method names and meanings, by explicit ids."""

from __future__ import annotations

import io
import math
import pickle
import tempfile
from pathlib import Path

import numpy as np
import pytest

import trackbook
from trackbook.client import Client
from trackbook.entities import Metric, Param, Run, RunTag, ViewType
from trackbook.errors import AlreadyExists, InvalidParameter, InvalidState, NotFound
from trackbook.stores import close_stores


@pytest.fixture
def client(tmp_path: Path) -> Client:
    return Client(str(tmp_path / "runs.db"))


@pytest.fixture
def run_id(client: Client) -> str:
    return client.create_run("0").info.run_id


@pytest.fixture
def own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_client_talks_to_what_the_process_uses_unless_told_otherwise(tmp_path: Path) -> None:
    trackbook.set_tracking_uri(tmp_path / "mine.db")
    client = Client()
    trackbook.set_tracking_uri(tmp_path / "other.db")
    assert client.tracking_uri == f"sqlite:///{tmp_path}/mine.db"
    assert Client("other").tracking_uri == f"sqlite:///{Path.cwd()}/other/trackbook.db"
    assert Client("a.db", registry_uri="b.db").registry_uri == f"sqlite:///{Path.cwd()}/b.db"


def test_client_is_made_without_touching_the_disk(tmp_path: Path) -> None:
    Client(str(tmp_path / "none" / "runs.db"))
    assert not (tmp_path / "none").exists()


def test_client_survives_pickling_and_closed_stores(client: Client, run_id: str) -> None:
    client.log_metric(run_id, "loss", 1.0)
    close_stores()
    client.log_metric(run_id, "loss", 2.0, step=1)
    assert pickle.loads(pickle.dumps(client)).get_run(run_id).data.metrics == {"loss": 2.0}


def test_created_run_runs_without_an_owner_and_is_not_active(client: Client) -> None:
    run = client.create_run("0", start_time=5, tags={"mlflow.user": "ada", "n": 1}, run_name="first")
    assert (run.info.status, run.info.start_time, run.info.end_time) == ("RUNNING", 5, None)
    assert (run.info.user_id, run.info.run_name) == ("ada", "first")
    assert run.data.tags == {"mlflow.user": "ada", "mlflow.runName": "first", "n": "1"}
    assert client._store.run_life(run.info.run_id).heartbeat is None
    assert trackbook.active_run() is None


def test_run_without_a_name_gets_one_and_its_start_is_now(client: Client) -> None:
    one, two = client.create_run("0").info, client.create_run("0").info
    assert one.run_name
    assert one.run_name != two.run_name
    assert abs((one.start_time or 0) - (two.start_time or 0)) < 60_000


def test_terminated_run_is_finished_now_unless_said_otherwise(client: Client, run_id: str) -> None:
    client.set_terminated(run_id)
    info = client.get_run(run_id).info
    assert (info.status, info.end_time is not None) == ("FINISHED", True)
    client.set_terminated(run_id, "KILLED", 17)
    info = client.get_run(run_id).info
    assert (info.status, info.end_time) == ("KILLED", 17)


def test_update_changes_status_and_name_each_alone(client: Client, run_id: str) -> None:
    client.update_run(run_id, name="best")
    run = client.get_run(run_id)
    assert (run.info.run_name, run.data.tags["mlflow.runName"], run.info.status) == ("best", "best", "RUNNING")
    client.update_run(run_id, status="FAILED")
    assert client.get_run(run_id).info.status == "FAILED"
    client.set_tag(run_id, "mlflow.runName", "worst")
    assert client.get_run(run_id).info.run_name == "worst"


def test_parent_is_found_by_the_tag(client: Client, run_id: str) -> None:
    child = client.create_run("0", tags={"mlflow.parentRunId": run_id}).info.run_id
    parent = client.get_parent_run(child)
    assert parent is not None
    assert parent.info.run_id == run_id
    assert client.get_parent_run(run_id) is None


def test_metric_has_the_given_time_and_step_or_now_and_zero(client: Client, run_id: str) -> None:
    client.log_metric(run_id, "loss", 0.5, timestamp=1234, step=-7)
    client.log_metric(run_id, "loss", "0.25")  # type: ignore[arg-type]
    first, second = client.get_metric_history(run_id, "loss")
    assert (first.value, first.timestamp, first.step) == (0.5, 1234, -7)
    assert (second.value, second.timestamp > 1234, second.step) == (0.25, True, 0)


def test_latest_metric_has_the_greatest_step_then_time_then_value(client: Client, run_id: str) -> None:
    for step, timestamp, value in [(2, 1, 5.0), (2, 9, 3.0), (2, 9, 4.0), (1, 99, 8.0)]:
        client.log_metric(run_id, "loss", value, timestamp, step)
    assert client.get_run(run_id).data.metrics == {"loss": 4.0}


def test_history_collapses_exact_duplicates_and_is_empty_for_an_unknown_key(client: Client, run_id: str) -> None:
    for _ in range(2):
        client.log_metric(run_id, "loss", math.nan, timestamp=1, step=1)
    assert len(client.get_metric_history(run_id, "loss")) == 1
    assert client.get_metric_history(run_id, "accuracy") == []


def test_metric_remembers_its_model_and_data_set(client: Client, run_id: str) -> None:
    client.log_metric(run_id, "rmse", 1.0, dataset_name="wine", dataset_digest="abc", model_id="m-1")
    (point,) = client.get_metric_history(run_id, "rmse")
    assert (point.dataset_name, point.dataset_digest, point.model_id) == ("wine", "abc", "m-1")
    assert client.get_run(run_id).data.metrics == {"rmse": 1.0}


def test_param_is_set_once_and_its_value_given_back(client: Client, run_id: str) -> None:
    assert client.log_param(run_id, "depth", 3) == 3
    assert client.log_param(run_id, "depth", "3") == "3"
    with pytest.raises(InvalidParameter, match=r"depth.*'3'.*'4'"):
        client.log_param(run_id, "depth", 4)
    assert client.get_run(run_id).data.params == {"depth": "3"}


def test_values_are_kept_as_text(client: Client, run_id: str) -> None:
    for number, value in enumerate([None, True, 1.5, [1, 2]]):
        client.log_param(run_id, f"p{number}", value)
        client.set_tag(run_id, f"t{number}", value)
    data = client.get_run(run_id).data
    assert list(data.params.values()) == ["None", "True", "1.5", "[1, 2]"]
    assert [data.tags[f"t{number}"] for number in range(4)] == ["None", "True", "1.5", "[1, 2]"]


def test_batch_takes_any_iterables_of_any_length(client: Client, run_id: str) -> None:
    client.log_batch(
        run_id,
        (Metric("loss", step / 2, 1, step) for step in range(3_000)),
        tuple(Param(f"p{n}", str(n)) for n in range(300)),
        iter([RunTag("team", "vision")]),
    )
    data = client.get_run(run_id).data
    assert (data.metrics, len(data.params), data.tags["team"]) == ({"loss": 1499.5}, 300, "vision")
    assert len(client.get_metric_history(run_id, "loss")) == 3_000


def test_refused_batch_writes_nothing(client: Client, run_id: str) -> None:
    client.log_param(run_id, "lr", "1")
    with pytest.raises(InvalidParameter, match="lr"):
        client.log_batch(run_id, [Metric("loss", 1.0, 1)], [Param("new", "1"), Param("lr", "2")], [RunTag("t", "1")])
    data = client.get_run(run_id).data
    assert (data.metrics, data.params, "t" in data.tags) == ({}, {"lr": "1"}, False)


def test_asynchronous_call_gives_something_to_wait_for(client: Client, run_id: str) -> None:
    for operation in (
        client.log_metric(run_id, "loss", 1.0, synchronous=False),
        client.log_param(run_id, "lr", 1, synchronous=False),
        client.set_tag(run_id, "a", "b", synchronous=False),
        client.log_batch(run_id, [Metric("acc", 1.0, 1)], synchronous=False),
    ):
        assert isinstance(operation, trackbook.RunOperations)
        operation.wait()
    assert client.get_run(run_id).data.metrics == {"loss": 1.0, "acc": 1.0}


def test_tag_is_removed_once(client: Client, run_id: str) -> None:
    client.set_tag(run_id, "team", "vision")
    client.delete_tag(run_id, "team")
    with pytest.raises(NotFound, match="team"):
        client.delete_tag(run_id, "team")


def test_deleted_run_takes_nothing_and_comes_back(client: Client, run_id: str) -> None:
    client.log_metric(run_id, "loss", 1.0)
    client.delete_run(run_id)
    client.delete_run(run_id)
    assert client.get_run(run_id).info.lifecycle_stage == "deleted"
    with pytest.raises(InvalidParameter, match="restore_run"):
        client.log_metric(run_id, "loss", 2.0)
    client.restore_run(run_id)
    client.log_metric(run_id, "loss", 3.0, step=1)
    assert client.get_run(run_id).data.metrics == {"loss": 3.0}


def test_deleting_an_experiment_stops_its_runs_until_it_is_restored(client: Client) -> None:
    experiment = client.create_experiment("digits")
    run_id = client.create_run(experiment).info.run_id
    client.log_metric(run_id, "loss", 1.0)
    client.delete_experiment(experiment)
    with pytest.raises(InvalidParameter, match="deleted"):
        client.log_metric(run_id, "loss", 2.0)
    with pytest.raises(InvalidState, match="restore_experiment"):
        client.create_run(experiment)
    client.restore_experiment(experiment)
    client.log_metric(run_id, "loss", 3.0, step=1)
    assert len(client.get_metric_history(run_id, "loss")) == 2


def test_search_goes_on_by_its_token_and_sees_what_was_just_logged(client: Client) -> None:
    for number in range(5):
        run = client.create_run("0", start_time=number, run_name=f"r{number}")
        client.log_metric(run.info.run_id, "loss", number)
    names: list[str | None] = []
    page = client.search_runs(["0"], "metrics.loss > 0", max_results=2, order_by=["metrics.loss ASC"])
    names += [run.info.run_name for run in page]
    while page.token:
        page = client.search_runs(["0"], "metrics.loss > 0", ViewType.ALL, 2, ["metrics.loss ASC"], page.token)
        names += [run.info.run_name for run in page]
    assert names == ["r1", "r2", "r3", "r4"]
    assert client.search_runs([]) == []


def test_experiment_is_made_found_renamed_tagged_and_deleted(client: Client, tmp_path: Path) -> None:
    made = client.create_experiment("digits", str(tmp_path / "files"), {"team": "vision", "n": 1})
    client.set_experiment_tag(made, "goal", 0.9)
    client.delete_experiment_tag(made, "n")
    client.rename_experiment(made, "numerals")
    found = client.get_experiment_by_name("numerals")
    assert found is not None
    assert (found.experiment_id, found.tags) == (made, {"team": "vision", "goal": "0.9"})
    assert found.artifact_location == str(tmp_path / "files")
    assert client.get_experiment(made) == found
    assert client.get_experiment_by_name("digits") is None
    client.delete_experiment(made)
    assert [e.name for e in client.search_experiments()] == ["Default"]
    assert [e.name for e in client.search_experiments(ViewType.ALL, order_by=["name ASC"])] == ["Default", "numerals"]
    with pytest.raises(AlreadyExists, match="deleted"):
        client.create_experiment("numerals")


def test_files_of_a_run_are_logged_listed_and_fetched(client: Client, run_id: str, own_temporary_folder: None) -> None:
    Path("model").mkdir()
    Path("model/weights.bin").write_bytes(b"123")
    client.log_artifact(run_id, "model/weights.bin", "best")
    client.log_artifacts(run_id, "model", "all")
    client.log_text(run_id, "hello", "notes/a.txt")
    client.log_dict(run_id, {"lr": 0.1}, "config.yaml")
    client.log_stream(run_id, io.BytesIO(b"bytes"), "raw.bin")
    client.log_image(run_id, np.zeros((4, 4)), "black.png")
    assert [f.path for f in client.list_artifacts(run_id)] == [
        *("all", "best", "black.png", "config.yaml", "notes", "raw.bin")
    ]
    (weights,) = client.list_artifacts(run_id, "best")
    assert (weights.path, weights.is_dir, weights.file_size) == ("best/weights.bin", False, 3)
    assert Path(client.download_artifacts(run_id, "notes/a.txt", "out")).read_text() == "hello"
    assert (Path(client.download_artifacts(run_id, "")) / "all/weights.bin").read_bytes() == b"123"


def test_tables_of_an_experiment_are_read_together(client: Client) -> None:
    runs = [client.create_run("0", run_name=name, start_time=n).info.run_id for n, name in enumerate("ab")]
    for run_id in runs:
        client.log_table(run_id, {"x": [1, 2], "run": [run_id, run_id]}, "scores.json")
    table = client.load_table("0", "scores.json", extra_columns=["run_id"])
    assert sorted(table["run"]) == sorted(table["run_id"]) == sorted(runs * 2)
    assert list(client.load_table("0", "scores.json", runs[:1])["x"]) == [1, 2]


def test_figure_is_stored_in_the_format_of_its_ending(client: Client, run_id: str) -> None:
    import plotly.graph_objects as go

    client.log_figure(run_id, go.Figure(), "curve.html", save_kwargs={"full_html": False})
    assert [f.path for f in client.list_artifacts(run_id)] == ["curve.html"]


def test_run_read_back_is_equal_to_the_one_created(client: Client) -> None:
    run = client.create_run("0", tags={"a": "b"})
    assert client.get_run(run.info.run_id) == run
    assert isinstance(run, Run)


def test_client_shows_no_login_of_its_store() -> None:
    shown = repr(Client("postgresql://ada:hunter2@db.example/runs"))
    assert shown == "Client(tracking_uri='postgresql://db.example/runs')"
