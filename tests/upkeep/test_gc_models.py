"""Logged models and gc: what a registered version needs stays whatever is deleted, and nothing else is kept."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from shutil import rmtree

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from trackbook.entities import StoredFile
from trackbook.entities.logged_models import LoggedModel
from trackbook.errors import InvalidState, NotFound
from trackbook.stores import open_store
from trackbook.stores.base import NewRun, Store
from trackbook.stores.models import NewModel
from trackbook.stores.registry import NewVersion
from trackbook.upkeep.doctor.checkup import examine
from trackbook.upkeep.gc import Piece, Wanted, collect_garbage, collect_orphans

ALL = Wanted(older_than=0)
DAY = 86_400


def log_model(store: Store, experiment: str = "0", run_id: str | None = None, data: bytes = b"weights") -> LoggedModel:
    """A READY model with two files that lie where they should."""
    model_id = f"m-{token_hex(16)}"
    location = Path(store.model_location(experiment, model_id))
    files = []
    for path, content in (("MLmodel", b"flavors: {}"), ("data/weights.bin", data)):
        (location / path).parent.mkdir(parents=True, exist_ok=True)
        (location / path).write_bytes(content)
        files.append(StoredFile(path, len(content), hashlib.sha256(content).hexdigest(), 1))
    return store.create_logged_model(NewModel(experiment, source_run_id=run_id, model_id=model_id), files)


def register(store: Store, model: LoggedModel, name: str = "digits") -> int:
    files = store.logged_model_files(model.model_id)
    new = NewVersion(name, model.model_uri, files, model.source_run_id, model.model_id, make_model=True)
    return int(store.create_model_version(new).version)


def new_run(store: Store, experiment: str = "0") -> str:
    return store.create_run(NewRun(experiment)).info.run_id


def collect(store: Store, wanted: Wanted = ALL, *, dry_run: bool = False) -> dict[str, str]:
    """Which things went, or would: id and kind."""
    pieces: list[Piece] = list(collect_garbage(store, wanted, dry_run=dry_run))
    assert not [piece for piece in pieces if piece.problem]
    return {piece.id: piece.kind for piece in pieces}


def there(model: LoggedModel) -> bool:
    return Path(model.artifact_location, "data/weights.bin").exists()


def test_purged_run_takes_its_models_along(file_store: Store) -> None:
    run_id, other = new_run(file_store), new_run(file_store)
    gone, kept, free = (log_model(file_store, run_id=of) for of in (run_id, other, None))
    file_store.delete_run(run_id)
    assert collect(file_store, dry_run=True) == {run_id: "run", gone.model_id: "model"}
    assert collect(file_store, Wanted(0, run_ids=[run_id])) == {run_id: "run", gone.model_id: "model"}
    assert [there(model) for model in (gone, kept, free)] == [False, True, True]
    assert not Path(gone.artifact_location).parent.exists()
    with pytest.raises(NotFound):
        file_store.get_logged_model(gone.model_id)
    assert collect(file_store) == {}


def test_deleting_what_a_version_needs_is_refused_and_names_the_version(file_store: Store) -> None:
    number = file_store.create_experiment("digits")
    run_id = new_run(file_store, number)
    model = log_model(file_store, number, run_id)
    assert [register(file_store, model) for _ in range(2)] == [1, 2]
    named = r"digits version 1, digits version 2"
    with pytest.raises(InvalidState, match=named):
        file_store.delete_run(run_id)
    with pytest.raises(InvalidState, match=named):
        file_store.delete_experiment(number)
    with pytest.raises(InvalidState, match=named):
        file_store.delete_logged_model(model.model_id)
    assert file_store.get_run(run_id).info.lifecycle_stage == "active"
    for version in (1, 2):
        file_store.delete_model_version("digits", version)
    file_store.delete_logged_model(model.model_id)
    file_store.delete_experiment(number)


def test_version_keeps_its_files_after_the_forced_deletion_of_its_run(file_store: Store) -> None:
    run_id = new_run(file_store)
    needed, other = (log_model(file_store, run_id=run_id) for _ in range(2))
    version = register(file_store, needed)
    file_store.delete_run(run_id, force=True)
    assert collect(file_store) == {run_id: "run", other.model_id: "model"}
    assert [there(needed), there(other)] == [True, False]
    assert file_store.get_logged_model(needed.model_id).source_run_id == run_id
    assert collect(file_store) == {}
    file_store.delete_model_version("digits", version)
    assert collect(file_store) == {needed.model_id: "model"}, "nothing needs it now, and its run is gone"
    assert not there(needed)


def test_experiment_stays_with_the_model_of_a_version_and_goes_with_all_others(file_store: Store) -> None:
    kept, gone = (file_store.create_experiment(name) for name in ("kept", "gone"))
    needed, unneeded = log_model(file_store, kept), log_model(file_store, gone)
    version = register(file_store, needed)
    file_store.delete_experiment(kept, force=True)
    file_store.delete_experiment(gone)
    assert collect(file_store) == {unneeded.model_id: "model", gone: "experiment"}
    assert not Path(unneeded.artifact_location).parents[2].exists()
    assert there(needed)
    with pytest.raises(InvalidState, match="digits version 1"):
        collect(file_store, Wanted(0, experiment_ids=[kept]))
    file_store.delete_model_version("digits", version)
    assert collect(file_store) == {needed.model_id: "model", kept: "experiment"}


def test_deleted_model_waits_for_its_time(file_store: Store) -> None:
    model = log_model(file_store)
    file_store.delete_logged_model(model.model_id)
    assert collect(file_store, Wanted()) == {}
    assert there(model)
    assert collect(file_store) == {model.model_id: "model"}
    assert not there(model)


def test_model_whose_purge_was_interrupted_is_finished(file_store: Store) -> None:
    run_id = new_run(file_store)
    model = log_model(file_store, run_id=run_id)
    file_store.delete_run(run_id)
    file_store.begin_purge([run_id])
    file_store.finish_purge([run_id])
    assert file_store.begin_model_purge([model.model_id]) == {model.model_id}
    assert "half deleted" in " ".join(finding.what for finding in examine(file_store.uri))
    with pytest.raises(NotFound):
        file_store.get_logged_model(model.model_id)
    assert collect(file_store, Wanted()) == {model.model_id: "model"}


def test_model_that_is_registered_meanwhile_is_not_hidden(file_store: Store) -> None:
    model = log_model(file_store)
    register(file_store, model)
    assert file_store.begin_model_purge([model.model_id]) == set()
    assert file_store.get_logged_model(model.model_id) == model


def test_folders_without_a_row_are_orphans_after_a_day(file_store: Store) -> None:
    model = log_model(file_store)
    models = Path(model.artifact_location).parents[1]
    lost, unfinished = models / f"m-{'0' * 32}", models / f".tmp-{'1' * 32}"
    for folder in (lost, unfinished, models / "of-a-user"):
        (folder / "artifacts").mkdir(parents=True)
        (folder / "artifacts" / "MLmodel").write_text("x")
    now = os.stat(lost).st_mtime
    assert list(collect_orphans(file_store, now + DAY - 60)) == []
    found = {piece.id: piece.gone for piece in collect_orphans(file_store, now + DAY + 60)}
    assert found == {str(lost): True, str(unfinished): True}
    assert sorted(path.name for path in models.iterdir()) == sorted([model.model_id, "of-a-user"])
    assert there(model)


def test_models_of_a_copy_of_the_store_are_no_orphans(file_store: Store, tmp_path: Path) -> None:
    other = open_store(tmp_path / "other.db")
    model = log_model(other)
    other.close()
    assert list(collect_orphans(file_store, os.stat(model.artifact_location).st_mtime + 2 * DAY)) == []
    assert there(model)


def test_link_in_place_of_the_models_folder_is_not_followed(file_store: Store, tmp_path: Path) -> None:
    model = log_model(file_store)
    models, elsewhere = Path(model.artifact_location).parents[1], tmp_path / "elsewhere"
    models.rename(elsewhere)
    models.symlink_to(elsewhere)
    file_store.delete_logged_model(model.model_id)
    (piece,) = collect_garbage(file_store, ALL)
    assert "cannot be deleted" in piece.problem
    assert (elsewhere / model.model_id / "artifacts" / "MLmodel").exists()


@dataclass
class Made:
    """What a logged model should be."""

    experiment: str
    run_id: str | None
    model: LoggedModel
    deleted_at: int | None = None
    versions: set[int] = field(default_factory=set)


class References(RuleBasedStateMachine):
    """Rules over a store whose clock the rules move; the truth is kept in dicts."""

    experiments, runs, models = Bundle("experiments"), Bundle("runs"), Bundle("models")

    @initialize(target=experiments)
    def open(self) -> str:
        self.folder = Path(tempfile.mkdtemp())
        self.now = 1_000
        self.store: Store = open_store(self.folder / "trackbook.db")
        self.store._clock = lambda: self.now  # type: ignore[attr-defined]
        self.made: dict[str, Made] = {}
        self.run_of: dict[str, tuple[str, int | None]] = {}  # experiment, and when it was deleted
        self.experiment: dict[str, int | None] = {"0": None}
        return "0"

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
            rmtree(self.folder)

    def needed(self, run_id: str | None = None, experiment: str | None = None) -> bool:
        of = [m for m in self.made.values() if m.run_id == run_id] if run_id else []
        of += [m for m in self.made.values() if experiment in (m.experiment, self.run_of.get(m.run_id or "", ("",))[0])]
        return any(made.versions for made in of)

    @rule(target=experiments)
    def create_experiment(self) -> str:
        number = self.store.create_experiment(token_hex(4))
        self.experiment[number] = None
        return number

    @rule(target=runs, number=experiments)
    def create_run(self, number: str) -> str:
        if self.experiment.get(number, 0) is not None:
            return "f" * 32
        run_id = new_run(self.store, number)
        self.run_of[run_id] = (number, None)
        return run_id

    @rule(target=models, run_id=runs, own=st.booleans(), data=st.binary(max_size=9))
    def log(self, run_id: str, own: bool, data: bytes) -> str:
        number, deleted = self.run_of.get(run_id, ("0", 0))
        if deleted is not None:
            return f"m-{'f' * 32}"
        model = log_model(self.store, number, run_id if own else None, data)
        self.made[model.model_id] = Made(number, run_id if own else None, model)
        return model.model_id

    @rule(model_id=models)
    def register(self, model_id: str) -> None:
        made = self.made.get(model_id)
        if made is not None and made.deleted_at is not None:
            with pytest.raises(InvalidState, match="deleted"):
                self.store.create_model_version(NewVersion("d", f"models:/{model_id}", make_model=True))
        elif made is not None:
            made.versions.add(register(self.store, made.model, "d"))

    @rule(model_id=models)
    def delete_version(self, model_id: str) -> None:
        made = self.made.get(model_id)
        if made is not None and made.versions:
            self.store.delete_model_version("d", made.versions.pop())

    @rule(model_id=models)
    def delete_model(self, model_id: str) -> None:
        made = self.made.get(model_id)
        if made is None or made.deleted_at is not None:
            with pytest.raises(NotFound):
                self.store.delete_logged_model(model_id)
        elif made.versions:
            with pytest.raises(InvalidState, match="d version"):
                self.store.delete_logged_model(model_id)
        else:
            self.store.delete_logged_model(model_id)
            made.deleted_at = self.now

    @rule(run_id=runs, force=st.booleans())
    def delete_run(self, run_id: str, force: bool) -> None:
        if run_id not in self.run_of:
            return
        if self.needed(run_id) and not force:
            with pytest.raises(InvalidState, match="d version"):
                self.store.delete_run(run_id)
            return
        self.store.delete_run(run_id, force)
        number, deleted = self.run_of[run_id]
        self.run_of[run_id] = (number, self.now if deleted is None else deleted)

    @rule(number=experiments, force=st.booleans())
    def delete_experiment(self, number: str, force: bool) -> None:
        if self.experiment.get(number, 0) is not None:
            return
        if self.needed(experiment=number) and not force:
            with pytest.raises(InvalidState, match="d version"):
                self.store.delete_experiment(number)
            return
        self.store.delete_experiment(number, force)
        self.experiment[number] = self.now
        for run_id, (of, deleted) in self.run_of.items():
            if of == number and deleted is None:
                self.run_of[run_id] = (of, self.now)

    @rule(forward=st.integers(1, 3))
    def wait(self, forward: int) -> None:
        self.now += forward

    @rule(older_than=st.integers(1, 4))
    def collect(self, older_than: int) -> None:
        before = self.now - older_than
        assert not [piece for piece in collect_garbage(self.store, Wanted(older_than, now=self.now)) if piece.problem]
        self.run_of = {r: (of, at) for r, (of, at) in self.run_of.items() if at is None or at > before}
        in_use = (
            {of for of, _ in self.run_of.values()} | {m.experiment for m in self.made.values() if m.versions} | {"0"}
        )
        for number, at in list(self.experiment.items()):
            if at is not None and at <= before and number not in in_use:
                del self.experiment[number]
        for model_id, made in list(self.made.items()):
            due = made.deleted_at is not None and made.deleted_at <= before
            gone = made.run_id is not None and made.run_id not in self.run_of
            if not made.versions and (due or gone or made.experiment not in self.experiment):
                del self.made[model_id]

    @rule()
    def is_sound(self) -> None:
        assert list(examine(self.store.uri, now=self.now)) == []

    @invariant()
    def files_agree(self) -> None:
        if not hasattr(self, "store"):
            return
        root = self.folder / "trackbook-artifacts"
        found = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
        expected = {
            f"{made.experiment}/models/{model_id}/artifacts/{file}"
            for model_id, made in self.made.items()
            for file in ("MLmodel", "data/weights.bin")
        }
        assert found == expected
        assert self.store.existing_models(self.made) == self.made.keys()
        assert self.store.artifact_locations().keys() == self.experiment.keys()


TestReferences = References.TestCase
TestReferences.settings = settings(
    max_examples=25, stateful_step_count=40, deadline=None, phases=[Phase.generate, Phase.shrink]
)
