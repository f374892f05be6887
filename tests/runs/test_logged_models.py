"""Logged models as a notebook meets them: made, given files, measured, found and listed with their runs."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

import trackbook
from trackbook.artifacts import download_artifacts
from trackbook.entities import LoggedModelInput, LoggedModelOutput, LoggedModelStatus
from trackbook.errors import DamagedArtifact, InvalidParameter, InvalidState, NotFound
from trackbook.runs.session import current_store

UNKNOWN = f"m-{'0' * 32}"


@pytest.fixture
def data() -> object:
    import pandas as pd

    return trackbook.data.from_pandas(pd.DataFrame({"x": [1, 2]}), name="wine")


def test_model_of_the_active_run_belongs_to_it_and_its_experiment() -> None:
    trackbook.set_experiment("digits")
    with trackbook.start_run() as run:
        model = trackbook.initialize_logged_model("forest", tags={"team": "a"}, params={"depth": 3}, model_type="tree")
    assert (model.source_run_id, model.experiment_id) == (run.info.run_id, run.info.experiment_id)
    assert (model.status, model.params, model.tags["team"]) == (LoggedModelStatus.PENDING, {"depth": "3"}, "a")
    assert model.tags["mlflow.source.type"]
    assert trackbook.get_run(run.info.run_id).outputs.model_outputs == [LoggedModelOutput(model.model_id, 0)]
    other = trackbook.initialize_logged_model(source_run_id=run.info.run_id)
    assert other.experiment_id == run.info.experiment_id
    assert trackbook.last_logged_model() is None


def test_pending_model_takes_files_which_are_fixed_when_it_is_ready(tmp_path: Path) -> None:
    client = trackbook.Client()
    model_id = trackbook.initialize_logged_model("forest").model_id
    Path("sub").mkdir()
    for name in ("MLmodel", "sub/weights.bin"):
        Path(name).write_text(name)
    client.log_model_artifact(model_id, "MLmodel")
    client.log_model_artifacts(model_id, "sub", "data")
    assert [file.path for file in client.list_logged_model_artifacts(model_id)] == ["MLmodel", "data"]
    assert trackbook.finalize_logged_model(model_id, "READY").status == LoggedModelStatus.READY
    files = current_store().logged_model_files(model_id)
    assert [(file.path, file.size) for file in files] == [("MLmodel", 7), ("data/weights.bin", 15)]
    for change in (client.log_model_artifact, client.log_model_artifacts):
        with pytest.raises(InvalidState, match=r"READY.*fixed"):
            change(model_id, "MLmodel" if change == client.log_model_artifact else "sub")
    copy = Path(download_artifacts(f"models:/{model_id}", dst_path=str(tmp_path / "copy")))
    assert sorted(path.name for path in copy.rglob("*") if path.is_file()) == ["MLmodel", "weights.bin"]
    Path(trackbook.get_logged_model(model_id).artifact_location, "MLmodel").write_text("mlmodel")
    with pytest.raises(DamagedArtifact, match="MLmodel"):
        download_artifacts(f"models:/{model_id}")


def test_failed_and_empty_models_can_be_finalized() -> None:
    failed, empty = (trackbook.initialize_logged_model().model_id for _ in range(2))
    assert trackbook.finalize_logged_model(failed, LoggedModelStatus.FAILED).status == LoggedModelStatus.FAILED
    assert trackbook.finalize_logged_model(empty, "READY").status == LoggedModelStatus.READY
    assert current_store().logged_model_files(empty) == []
    with pytest.raises(InvalidState, match="FAILED"):
        trackbook.finalize_logged_model(failed, "READY")


def test_external_model_is_ready_without_files() -> None:
    model = trackbook.create_external_model("elsewhere", tags={"team": "a"})
    assert (model.status, model.tags["mlflow.model.isExternal"], model.tags["team"]) == ("READY", "true", "a")
    assert trackbook.last_logged_model() == model


def test_metric_of_a_model_is_listed_with_it_and_the_model_is_an_input(data: object) -> None:
    model_id = trackbook.create_external_model("forest").model_id
    with trackbook.start_run() as run:
        trackbook.log_metric("accuracy", 0.5, model_id=model_id, dataset=data)
        trackbook.log_metrics({"accuracy": 0.75, "loss": 0.25}, step=1, model_id=model_id, dataset=data)
    found = {metric.key: metric for metric in trackbook.get_logged_model(model_id).metrics}
    last = {key: (metric.value, metric.step) for key, metric in found.items()}
    assert last == {"accuracy": (0.75, 1), "loss": (0.25, 1)}
    assert {metric.dataset_name for metric in found.values()} == {"wine"}
    inputs = trackbook.get_run(run.info.run_id).inputs
    assert (inputs.model_inputs, len(inputs.dataset_inputs)) == ([LoggedModelInput(model_id)], 1)
    (listed,) = trackbook.search_logged_models(
        filter_string="metrics.accuracy > 0.7", datasets=[{"dataset_name": "wine"}], output_format="list"
    )
    assert listed.model_id == model_id


def test_model_that_a_run_has_made_is_not_its_input_too() -> None:
    with trackbook.start_run() as run:
        model_id = trackbook.initialize_logged_model().model_id
        trackbook.log_metric("accuracy", 0.5, model_id=model_id)
    assert trackbook.get_run(run.info.run_id).inputs.model_inputs == []


def test_metric_of_an_unknown_model_is_refused_and_not_logged() -> None:
    with trackbook.start_run() as run:
        with pytest.raises(NotFound, match=UNKNOWN):
            trackbook.log_metric("accuracy", 0.5, model_id=UNKNOWN)
        with pytest.raises(NotFound, match=UNKNOWN):
            trackbook.log_metrics({"accuracy": 0.5}, model_id=UNKNOWN)
    assert trackbook.get_run(run.info.run_id).data.metrics == {}


def test_active_model_is_what_metrics_measure_in_this_thread() -> None:
    first, second = (trackbook.create_external_model(name).model_id for name in ("first", "second"))
    seen: list[str | None] = []
    with trackbook.start_run():
        trackbook.set_active_model(model_id=first)
        trackbook.log_metric("a", 1.0)
        with trackbook.set_active_model(name="second") as active:
            assert (active.model_id, active.name, active.model_uri) == (second, "second", f"models:/{second}")
            trackbook.log_metrics({"b": 1.0})
            thread = threading.Thread(target=lambda: seen.append(trackbook.get_active_model_id()))
            thread.start()
            thread.join()
        assert trackbook.get_active_model_id() == first
        trackbook.log_model_params({"depth": 3})
        trackbook.clear_active_model()
        trackbook.log_metric("c", 1.0)
    assert seen == [None]
    listed = {m.name: [metric.key for metric in m.metrics] for m in map(trackbook.get_logged_model, (first, second))}
    assert listed == {"first": ["a"], "second": ["b"]}
    assert trackbook.get_logged_model(first).params == {"depth": "3"}


def test_active_model_is_made_where_none_has_the_name(caplog: pytest.LogCaptureFixture) -> None:
    made = trackbook.set_active_model(name="forest")
    assert trackbook.get_logged_model(made.model_id).status == "READY"
    trackbook.create_external_model("forest")
    assert trackbook.set_active_model(name="forest").model_id != made.model_id
    assert "newest" in caplog.text
    with pytest.raises(InvalidParameter, match="forest"):
        trackbook.set_active_model(name="tree", model_id=made.model_id)
    with pytest.raises(InvalidParameter, match="clear_active_model"):
        trackbook.set_active_model()
    trackbook.clear_active_model()
    with pytest.raises(InvalidParameter, match="No model is active"):
        trackbook.log_model_params({"depth": 3})
    caplog.clear()


def test_environment_names_the_active_model(monkeypatch: pytest.MonkeyPatch) -> None:
    model_id = trackbook.create_external_model().model_id
    monkeypatch.setenv("MLFLOW_ACTIVE_MODEL_ID", model_id)
    with trackbook.start_run():
        trackbook.log_metric("a", 1.0)
    assert [metric.key for metric in trackbook.get_logged_model(model_id).metrics] == ["a"]
    trackbook.clear_active_model()
    assert trackbook.get_active_model_id() is None


def test_search_gives_a_frame_as_mlflow_does() -> None:
    columns = (
        "artifact_location creation_timestamp experiment_id last_updated_timestamp metrics model_id model_type name "
        "params source_run_id status status_message tags"
    )
    empty = trackbook.search_logged_models()
    assert (list(empty.columns), len(empty)) == (columns.split(), 0)
    model = trackbook.create_external_model("forest", params={"depth": "3"})
    frame = trackbook.search_logged_models(order_by=[{"field_name": "name"}])
    row = frame.iloc[0]
    assert (row["model_id"], row["params"], row["status"], row["model_type"]) == (
        model.model_id,
        {"depth": "3"},
        "READY",
        None,
    )
    assert (str(frame["creation_timestamp"].dtype), row["metrics"]) == ("int64", [])
    for number in range(3):
        trackbook.create_external_model(f"m{number}")
    assert len(trackbook.search_logged_models(max_results=2)) == 2
    assert trackbook.search_logged_models(max_results=0, output_format="list") == []


def test_inputs_and_outputs_are_noted() -> None:
    read, made = (trackbook.create_external_model().model_id for _ in range(2))
    with trackbook.start_run() as run:
        trackbook.log_input(model=LoggedModelInput(read))
        trackbook.log_inputs(models=[LoggedModelInput(made)])
        trackbook.log_outputs([LoggedModelOutput(made, 3)])
    client = trackbook.Client()
    client.log_outputs(run.info.run_id, [LoggedModelOutput(read, 1)])
    client.log_inputs(run.info.run_id, models=[LoggedModelInput(read)])
    found = client.get_run(run.info.run_id)
    assert sorted(model.model_id for model in found.inputs.model_inputs) == sorted([read, made])
    assert found.outputs.model_outputs == [LoggedModelOutput(read, 1), LoggedModelOutput(made, 3)]
    card = found._repr_html_()
    assert "Models made" in card
    assert f"{made}</th>" in card


def test_card_of_a_model_escapes_what_users_wrote() -> None:
    model = trackbook.create_external_model("<script>x", tags={"note": "<img onerror=1>"}, params={"p": "<b>"})
    with trackbook.start_run():
        trackbook.log_metric("accuracy", 0.5, model_id=model.model_id)
    card = trackbook.get_logged_model(model.model_id)._repr_html_()
    assert "<script>" not in card
    assert "<img" not in card
    assert "&lt;script&gt;x" in card
    assert "0.5" in card
