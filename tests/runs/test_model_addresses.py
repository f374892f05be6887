"""A model is found by every address that names it, and what is read is what was stored."""

from __future__ import annotations

from pathlib import Path

import pytest

from trackbook.entities import StoredFile
from trackbook.errors import DamagedArtifact, InvalidParameter, NotFound
from trackbook.runs import addresses, artifacts
from trackbook.runs.model_addresses import FixedFiles, locate
from trackbook.runs.session import set_tracking_uri
from trackbook.stores.artifacts.repository import open_artifacts
from trackbook.stores.base import NewRun, Store
from trackbook.stores.models import NewModel
from trackbook.stores.registry import NewVersion
from trackbook.uris import parse_model_uri

HEX = "0123456789abcdef" * 2


class Digits:
    """A logged model with two files, and the run that made it."""

    def __init__(self, store: Store, folder: Path) -> None:
        set_tracking_uri(store.uri)
        self.store = store
        self.experiment = store.create_experiment("digits")
        self.run = store.create_run(NewRun(self.experiment))
        self.folder = folder / "made"
        (self.folder / "data").mkdir(parents=True)
        (self.folder / "MLmodel").write_text("flavors: {}\n")
        (self.folder / "data" / "weights").write_bytes(b"\x00\x01")
        self.id = self.log()

    def log(self, name: str = "model") -> str:
        model_id = f"m-{len(self.store.search_logged_models([self.experiment])):032x}"
        location = self.store.model_location(self.experiment, model_id)
        files = open_artifacts(location).put_folder(str(self.folder))
        new = NewModel(self.experiment, name, self.run.info.run_id, model_id=model_id)
        return self.store.create_logged_model(new, files).model_id

    def register(self, model_id: str, name: str = "digits") -> int:
        files = self.store.logged_model_files(model_id)
        new = NewVersion(name, f"models:/{model_id}", files, self.run.info.run_id, model_id, make_model=True)
        return int(self.store.create_model_version(new).version)


@pytest.fixture
def digits(file_store: Store, tmp_path: Path) -> Digits:
    return Digits(file_store, tmp_path)


def test_logged_model_is_found_by_its_id_and_by_its_runs_name(digits: Digits) -> None:
    for uri in (f"models:/{digits.id}", f"runs:/{digits.run.info.run_id}/model"):
        found = locate(uri)
        assert found.model is not None
        assert found.model.model_id == digits.id
        assert [file.path for file in found.files or []] == ["MLmodel", "data/weights"]
        assert found.run_id == digits.run.info.run_id


def test_newest_model_of_a_name_is_meant(digits: Digits) -> None:
    newer = digits.log()
    found = locate(f"runs:/{digits.run.info.run_id}/model/data")
    assert found.model is not None
    assert found.model.model_id == newer
    assert [file.path for file in found.files or []] == ["weights"]


def test_version_stage_alias_and_latest_name_versions(digits: Digits) -> None:
    first, second = digits.register(digits.id), digits.register(digits.log())
    store = digits.store
    store.set_registered_model_alias("digits", "champion", first)
    store.transition_model_version_stage("digits", first, "Production")
    expected = {
        "models:/digits/1": first,
        "models:/digits/2": second,
        "models:/digits/latest": second,
        "models:/digits/LATEST": second,
        "models:/digits@champion": first,
        "models:/digits/Production": first,
        "models:/digits/production": first,
        "models:/digits/None": second,
    }
    for uri, version in expected.items():
        found = locate(uri).version
        assert found is not None
        assert int(found.version) == version, uri
    assert locate("models:/digits@champion/data/weights").files is not None


@pytest.mark.parametrize(
    ("uri", "error"),
    [
        ("models:/digits/3", NotFound),
        ("models:/other/1", NotFound),
        ("models:/digits@absent", InvalidParameter),
        ("models:/digits/Staging", NotFound),
        ("models:/digits/Canary", InvalidParameter),
        (f"models:/m-{HEX}", NotFound),
        ("models:/", InvalidParameter),
        ("models://host/x", InvalidParameter),
        ("models:digits/1", InvalidParameter),
        ("models:/@champion", InvalidParameter),
        ("models:/digits@", InvalidParameter),
        ("models:/digits/1/../../x", InvalidParameter),
        ("models:/digits/1/%2e%2e/x", InvalidParameter),
        ("runs:/" + "0" * 32 + "/model", NotFound),
        ("/no/such/folder", NotFound),
        ("", InvalidParameter),
        (None, InvalidParameter),
        (7, InvalidParameter),
    ],
)
def test_address_that_names_nothing_is_a_typed_error(digits: Digits, uri: object, error: type[Exception]) -> None:
    digits.register(digits.id)
    with pytest.raises(error):
        locate(uri)


def test_download_by_a_models_address(digits: Digits) -> None:
    digits.register(digits.id)
    local = addresses.download_artifacts("models:/digits/1", dst_path="out")
    assert (Path(local) / "data" / "weights").read_bytes() == b"\x00\x01"
    local = addresses.download_artifacts(f"runs:/{digits.run.info.run_id}/model/data/weights", dst_path="one")
    assert Path(local).read_bytes() == b"\x00\x01"
    assert [entry.path for entry in addresses.list_artifacts("models:/digits/1")] == ["MLmodel", "data"]


def test_changed_file_of_a_version_is_not_handed_out(digits: Digits) -> None:
    digits.register(digits.id)
    found = locate("models:/digits/1")
    assert found.model is not None
    Path(found.model.artifact_location, "data", "weights").write_bytes(b"\x00\x02")
    with pytest.raises(DamagedArtifact):
        addresses.download_artifacts("models:/digits/1", dst_path="out")


def test_run_that_has_the_folder_itself_comes_first(digits: Digits) -> None:
    artifacts.log_artifacts(digits.store, digits.run, digits.folder, "model")
    found = locate(f"runs:/{digits.run.info.run_id}/model")
    assert found.model is None
    assert sorted(file.path for file in found.files or []) == ["MLmodel", "data/weights"]


def test_fixed_files_take_nothing() -> None:
    files = FixedFiles([StoredFile("a/b", 1, "0" * 64, 0)], "the model m-1")
    assert files.known("a") == files.known("a/b") == files.known() != []
    assert files.known("b") == []
    with pytest.raises(InvalidParameter, match="the model m-1 cannot be changed"):
        files.written([])


def test_every_form_of_a_models_address_is_parsed() -> None:
    assert parse_model_uri("models:/a b@c d/x/y").alias == "c d"
    assert parse_model_uri("MODELS:/name/12").version == 12
    assert parse_model_uri(f"models:/m-{HEX}/x").model_id == f"m-{HEX}"
    assert parse_model_uri("models:/anything").model_id == "anything"
    assert parse_model_uri("models:/name/Staging/x").stage == "Staging"
    assert parse_model_uri("models:/name/latest").stage is None
    assert parse_model_uri("models:/" + "x/" + "9" * 400).version == int("9" * 18)
