"""Registering: what becomes of each kind of address, and that nothing is left behind when it fails."""

from __future__ import annotations

from pathlib import Path

import pytest

import trackbook
from trackbook.client import Client
from trackbook.entities import StoredFile
from trackbook.errors import DamagedArtifact, InvalidParameter, InvalidState, NotFound, TrackbookError
from trackbook.registry.versions import Stores, create_version
from trackbook.runs.session import current_store
from trackbook.stores.models import NewModel
from trackbook.stores.registry import NewVersion


def model_folder(name: str = "local", text: str = "a model") -> Path:
    """A folder with an MLmodel file."""
    folder = Path(name)
    folder.mkdir(parents=True)
    Path(folder, "MLmodel").write_text("flavors: {}\n")
    Path(folder, "data.txt").write_text(text)
    return folder


def files_of(name: str, version: int) -> list[str]:
    return [file.path for file in current_store().model_version_files(name, version)]


def stored_folders() -> list[str]:
    """Folders of models among the artifacts."""
    return sorted(path.name for path in Path(current_store().artifact_root()).glob("*/models/*"))


def test_folder_is_copied_into_a_logged_model_that_does_not_change() -> None:
    folder = model_folder()
    made = trackbook.register_model(folder, "digits", tags={"a": 1})
    Path(folder, "data.txt").write_text("another")
    assert (made.version, made.tags, made.source) == (1, {"a": "1"}, f"models:/{made.model_id}")
    assert files_of("digits", 1) == ["MLmodel", "data.txt"]
    place = Client().get_model_version_download_uri("digits", 1)
    assert Path(place, "data.txt").read_text() == "a model"
    with pytest.raises(InvalidState, match="digits"):
        current_store().delete_logged_model(str(made.model_id))


def test_logged_model_is_registered_as_it_is_by_each_of_its_addresses() -> None:
    first = trackbook.register_model(str(model_folder()), "digits")
    Client().set_registered_model_alias("digits", "champion", 1)
    for address in (first.source, "models:/digits/1", "models:/digits/latest", "models:/digits@champion"):
        assert trackbook.register_model(str(address), "digits").model_id == first.model_id
    assert len(stored_folders()) == 1


def test_artifacts_of_a_run_are_copied_and_the_run_is_remembered() -> None:
    with trackbook.start_run() as run:
        trackbook.log_artifacts(str(model_folder()), "out/model")
    run_id = run.info.run_id
    made = trackbook.register_model(f"runs:/{run_id}/out/model", "digits")
    logged = current_store().get_logged_model(str(made.model_id))
    assert (made.run_id, logged.source_run_id) == (run_id, run_id)
    assert files_of("digits", 1) == ["MLmodel", "data.txt"]
    assert [(found.name, found.version) for found in current_store().versions_of(run_id)] == [("digits", 1)]
    Path(str(run.info.artifact_uri), "out", "model", "data.txt").write_text("changed behind our back")
    with pytest.raises(TrackbookError, match=r"data\.txt"):
        trackbook.register_model(f"runs:/{run_id}/out/model", "digits")
    assert [version.version for version in trackbook.search_model_versions()] == [1]


def test_part_of_a_model_becomes_a_model_of_its_own() -> None:
    folder = model_folder()
    model_folder(str(folder / "inner"), "inside")
    trackbook.register_model(str(folder), "digits")
    inner = trackbook.register_model("models:/digits/1/inner", "inner")
    assert files_of("inner", inner.version) == ["MLmodel", "data.txt"]


def test_client_takes_any_file_but_registering_a_model_needs_mlmodel() -> None:
    Path("weights.bin").write_bytes(b"1234")
    Client().create_registered_model("raw")
    made = Client().create_model_version("raw", "weights.bin", description="d", run_link="http://x", tags={"a": 1})
    assert (made.description, made.run_link, made.tags) == ("d", "http://x", {"a": "1"})
    assert files_of("raw", 1) == ["weights.bin"]
    with pytest.raises(InvalidParameter, match="MLmodel"):
        trackbook.register_model("weights.bin", "raw")


def test_copied_version_has_the_same_files_and_another_name() -> None:
    made = trackbook.register_model(str(model_folder()), "digits", tags={"a": "1"})
    Client().update_model_version("digits", 1, "first")
    copied = Client().copy_model_version("models:/digits/1", "production")
    assert (copied.model_id, copied.version, copied.tags, copied.description) == (made.model_id, 1, {"a": "1"}, "first")
    assert Client().copy_model_version("models:/digits/latest", "production").version == 2
    for wrong in ("models:/m-" + "0" * 32, "digits/1", "runs:/a/b", "models:/digits/1/inner", 7):
        with pytest.raises(InvalidParameter):
            Client().copy_model_version(wrong, "production")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "address",
    ["", " ", "nowhere", "models:/digits/1", "models:/m-" + "0" * 32, "runs:/" + "0" * 32 + "/a", "models:/", "empty",
     "models:/m-1?x=/etc", "models:/m-1#../../etc/passwd", "../../etc\\passwd", "ftp://[", "file://host/etc", None, 7],
)  # fmt: skip
def test_failed_registration_leaves_nothing(address: str) -> None:
    Path("empty").mkdir()
    with pytest.raises(TrackbookError):
        trackbook.register_model(address, "digits")
    assert trackbook.search_registered_models() == []
    assert (stored_folders(), current_store().audit_head().seq) == ([], 0)


@pytest.mark.parametrize(
    "wrong", [{"name": "a/b"}, {"tags": {"": 1}}, {"tags": ["a"]}, {"tags": {"a": "x" * 100_001}}, {"env_pack": "x"}]
)
def test_what_is_wrong_is_told_before_anything_is_copied(wrong: dict[str, object]) -> None:
    folder = model_folder()
    with pytest.raises(TrackbookError):
        trackbook.register_model(str(folder), **{"name": "digits", **wrong})  # type: ignore[arg-type]
    assert (stored_folders(), trackbook.search_registered_models()) == ([], [])


def test_version_of_an_unknown_model_is_refused_before_anything_is_copied() -> None:
    model_folder()
    with pytest.raises(NotFound, match="digits"):
        Client().create_model_version("digits", "local")
    assert stored_folders() == []


def test_copy_is_taken_back_when_the_store_refuses() -> None:
    folder = model_folder()
    with trackbook.start_run() as run:
        trackbook.log_artifacts(str(folder), "model")
    trackbook.delete_run(run.info.run_id)
    with pytest.raises(TrackbookError, match="deleted"):
        trackbook.register_model(f"runs:/{run.info.run_id}/model", "digits")
    assert (stored_folders(), trackbook.search_registered_models()) == ([], [])


def test_model_that_is_not_ready_cannot_be_registered() -> None:
    pending = current_store().create_logged_model(NewModel("0", "clf"))
    with pytest.raises(InvalidState, match="READY"):
        trackbook.register_model(pending.model_uri, "digits")
    with pytest.raises(InvalidState, match="READY"):
        create_version(Stores.current(), NewVersion("digits", pending.model_uri, make_model=True))
    current_store().finalize_logged_model(pending.model_id, "READY", [StoredFile("a", 1, "0" * 64, 1)])
    current_store().delete_logged_model(pending.model_id)
    with pytest.raises(TrackbookError):
        create_version(Stores.current(), NewVersion("digits", pending.model_uri, make_model=True))
    assert trackbook.search_registered_models() == []


def test_source_and_model_id_must_not_contradict() -> None:
    made = trackbook.register_model(str(model_folder()), "digits")
    other = trackbook.register_model(str(model_folder("other")), "digits")
    client = Client()
    assert client.create_model_version("digits", "anything", model_id=made.model_id).model_id == made.model_id
    with pytest.raises(InvalidParameter, match="is not the logged model"):
        client.create_model_version("digits", str(other.source), model_id=made.model_id)


def test_registry_may_be_another_store_than_that_of_the_runs(tmp_path: Path) -> None:
    folder = model_folder()
    client = Client(str(tmp_path / "runs.db"), str(tmp_path / "registry.db"))
    client.create_registered_model("digits")
    made = client.create_model_version("digits", str(folder))
    assert client.get_model_version("digits", 1) == made
    assert Client(str(tmp_path / "runs.db")).search_model_versions() == []
    assert Client(str(tmp_path / "runs.db")).registry_uri.endswith("runs.db")
    assert client.copy_model_version("models:/digits/1", "copy").model_id == made.model_id
    assert client.create_model_version("digits", "models:/digits/1").model_id == made.model_id


def test_version_has_the_params_and_metrics_of_its_logged_model() -> None:
    new = NewModel("0", "clf", params={"depth": "3"})
    logged = current_store().create_logged_model(new, [StoredFile("a", 1, "0" * 64, 1)])
    create_version(Stores.current(), NewVersion("digits", logged.model_uri, make_model=True))
    Client().set_registered_model_alias("digits", "champion", 1)
    assert Client().get_model_version("digits", 1).params == {"depth": "3"}
    assert Client().get_model_version_by_alias("digits", "champion").params == {"depth": "3"}


def test_files_of_a_version_are_those_of_its_logged_model() -> None:
    files = [StoredFile("a", 1, "0" * 64, 1)]
    logged = current_store().create_logged_model(NewModel("0", "clf"), files)
    other = [StoredFile("a", 1, "1" * 64, 1)]
    with pytest.raises(InvalidParameter, match="files are not those"):
        current_store().create_model_version(
            NewVersion("digits", logged.model_uri, other, model_id=logged.model_id, make_model=True)
        )
    assert trackbook.search_registered_models() == []


def test_file_that_was_changed_behind_a_version_is_never_handed_out() -> None:
    trackbook.register_model(str(model_folder()), "digits")
    place = Path(Client().get_model_version_download_uri("digits", 1))
    Path(place, "data.txt").write_bytes(b"b model")  # one byte is another
    with pytest.raises(DamagedArtifact, match=r"data\.txt"):
        trackbook.artifacts.download_artifacts("models:/digits/1", dst_path="out")
    assert not list(Path("out").rglob("data.txt"))
    with pytest.raises(TrackbookError):
        Client().create_model_version("digits", "models:/digits/1/data.txt")
    assert [model.name for model in trackbook.search_registered_models()] == ["digits"]
