"""Doctor reads the files of logged models and knows which versions have lost theirs; du and backups count them too."""

from __future__ import annotations

from pathlib import Path
from shutil import rmtree

from tests.upkeep.test_gc_models import log_model, register
from trackbook.stores import open_store
from trackbook.stores.base import Store
from trackbook.stores.models import NewModel
from trackbook.stores.registry import NewVersion
from trackbook.upkeep.backups.backup import backup
from trackbook.upkeep.backups.restoring import restore
from trackbook.upkeep.doctor.checkup import examine
from trackbook.upkeep.du import by_experiment, by_kind


def told(store: Store) -> list[tuple[str, str, str]]:
    """Where, how bad and what, for short."""
    return [(Path(f.where).name, f.severity, f.what) for f in examine(store.uri) if f.check == "models"]


def test_whole_models_are_no_finding(file_store: Store) -> None:
    register(file_store, log_model(file_store))
    file_store.create_logged_model(NewModel("0"))
    assert told(file_store) == []


def test_missing_changed_and_added_files_are_found(file_store: Store) -> None:
    folder = Path(log_model(file_store).artifact_location)
    (folder / "MLmodel").write_bytes(b"flavors: []")
    (folder / "data" / "weights.bin").unlink()
    (folder / "data" / "new.bin").write_bytes(b"x")
    found = {where: (severity, what) for where, severity, what in told(file_store)}
    assert found.keys() == {"MLmodel", "weights.bin", "new.bin"}
    assert [found[name][0] for name in ("MLmodel", "weights.bin", "new.bin")] == ["error", "error", "warning"]
    assert "SHA-256" in found["MLmodel"][1]
    assert "missing" in found["weights.bin"][1]


def test_version_whose_model_is_gone_is_found(file_store: Store) -> None:
    files = file_store.logged_model_files(log_model(file_store).model_id)
    file_store.create_model_version(NewVersion("elsewhere", f"models:/m-{'0' * 32}", files, make_model=True))
    ((where, severity, what),) = told(file_store)
    assert (where, severity) == ("elsewhere version 1", "warning")
    assert "not in this store" in what


def test_registry_without_models_of_its_own_is_sound(file_store: Store) -> None:
    file_store.create_model_version(NewVersion("elsewhere", f"models:/m-{'0' * 32}", make_model=True))
    assert [severity for _, severity, _ in told(file_store)] == ["note"]


def test_du_counts_models(file_store: Store) -> None:
    log_model(file_store, data=b"x" * 100)
    (share,) = by_experiment(file_store)
    assert (share.files, share.file_bytes) == (2, 111)
    assert by_kind(file_store)["logged models"] == by_kind(file_store, walk=True)["logged models"] == 111


def test_backup_takes_models_along_and_restores_them(file_store: Store, tmp_path: Path) -> None:
    model = log_model(file_store, data=b"the weights")
    register(file_store, model)
    copy = backup(file_store.uri, tmp_path / "copy", artifacts=True)
    rmtree(Path(file_store.artifact_root()))
    assert len(told(file_store)) == 2
    restore(copy, str(tmp_path / "back" / "trackbook.db"))
    back = open_store(tmp_path / "back" / "trackbook.db")
    again = back.get_logged_model(model.model_id)
    assert Path(again.artifact_location, "data/weights.bin").read_bytes() == b"the weights"
    assert back.model_version_files("digits", 1) == file_store.model_version_files("digits", 1)
    assert told(back) == []
    back.close()
