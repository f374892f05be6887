"""gc driven at random beside a model of plain dicts: no referenced file is lost, no unreferenced one is kept."""

from __future__ import annotations

import hashlib
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
from trackbook.errors import InvalidParameter, InvalidState, NotFound
from trackbook.stores import open_store
from trackbook.stores.base import NewRun, Store
from trackbook.upkeep.doctor.checkup import examine
from trackbook.upkeep.gc import Wanted, collect_garbage

NAMES = st.sampled_from(["a.txt", "folder/b.txt", "folder/deep/c.txt"])


@dataclass
class ModelRun:
    """What a run should be."""

    experiment: str
    files: dict[str, bytes] = field(default_factory=dict)
    deleted_at: int | None = None


class Garbage(RuleBasedStateMachine):
    """Rules over a store whose clock the rules move."""

    experiments = Bundle("experiments")
    runs = Bundle("runs")

    @initialize(target=experiments)
    def open(self) -> str:
        self.folder = Path(tempfile.mkdtemp())
        self.now = 1_000
        self.store: Store = open_store(self.folder / "trackbook.db")
        self.store._clock = lambda: self.now  # type: ignore[attr-defined]
        self.model: dict[str, ModelRun] = {}
        self.gone_experiments: dict[str, int | None] = {"0": None}
        return "0"

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
            rmtree(self.folder)

    @rule(target=experiments)
    def create_experiment(self) -> str:
        number = self.store.create_experiment(token_hex(4))
        self.gone_experiments[number] = None
        return number

    @rule(target=runs, number=experiments)
    def create_run(self, number: str) -> str:
        if self.gone_experiments.get(number, 0) is not None:
            with pytest.raises((InvalidState, NotFound)):
                self.store.create_run(NewRun(number))
            return "f" * 32
        run_id = self.store.create_run(NewRun(number)).info.run_id
        self.model[run_id] = ModelRun(number)
        return run_id

    @rule(run_id=runs, path=NAMES, data=st.binary(max_size=20))
    def put(self, run_id: str, path: str, data: bytes) -> None:
        run = self.model.get(run_id)
        file = StoredFile(path, len(data), hashlib.sha256(data).hexdigest(), 1)
        if run is None or run.deleted_at is not None:
            with pytest.raises((NotFound, InvalidParameter)):
                self.store.record_files(run_id, [file])
            return
        target = Path(str(self.store.get_run(run_id).info.artifact_uri), path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        self.store.record_files(run_id, [file])
        self.store.recorder(run_id).log("loss", float(len(data)))
        run.files[path] = data

    @rule(run_id=runs)
    def delete_run(self, run_id: str) -> None:
        run = self.model.get(run_id)
        if run is None:
            with pytest.raises(NotFound):
                self.store.delete_run(run_id)
            return
        self.store.delete_run(run_id)
        run.deleted_at = self.now if run.deleted_at is None else run.deleted_at

    @rule(run_id=runs)
    def restore_run(self, run_id: str) -> None:
        if run_id in self.model:
            self.store.restore_run(run_id)
            self.model[run_id].deleted_at = None
        else:
            with pytest.raises(NotFound):
                self.store.restore_run(run_id)

    @rule(number=experiments)
    def delete_experiment(self, number: str) -> None:
        if self.gone_experiments.get(number, 0) is not None:
            return
        self.store.delete_experiment(number)
        self.gone_experiments[number] = self.now
        for run in self.model.values():
            if run.experiment == number and run.deleted_at is None:
                run.deleted_at = self.now

    @rule(number=experiments)
    def restore_experiment(self, number: str) -> None:
        if self.gone_experiments.get(number) is None:
            with pytest.raises(NotFound):
                self.store.restore_experiment(number)
            return
        self.store.restore_experiment(number)
        self.gone_experiments[number] = None
        for run in self.model.values():
            if run.experiment == number:
                run.deleted_at = None

    @rule(forward=st.integers(1, 5))
    def wait(self, forward: int) -> None:
        self.now += forward

    @rule(older_than=st.integers(1, 6))
    def collect(self, older_than: int) -> None:
        before = self.now - older_than
        assert not [p for p in collect_garbage(self.store, Wanted(older_than, now=self.now)) if p.problem]
        self.model = {
            run_id: run for run_id, run in self.model.items() if run.deleted_at is None or run.deleted_at > before
        }
        in_use = {run.experiment for run in self.model.values()} | {"0"}
        for number, deleted in list(self.gone_experiments.items()):
            if deleted is not None and deleted <= before and number not in in_use:
                del self.gone_experiments[number]

    @rule()
    def is_sound(self) -> None:
        self.store.flush()
        assert list(examine(self.store.uri, now=self.now)) == []

    @invariant()
    def files_agree(self) -> None:
        if not hasattr(self, "store"):
            return
        root = self.folder / "trackbook-artifacts"
        found = {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}
        assert found == {
            f"{run.experiment}/{run_id}/{path}": data
            for run_id, run in self.model.items()
            for path, data in run.files.items()
        }
        assert self.store.artifact_locations().keys() == self.gone_experiments.keys()
        assert self.store.existing_runs(self.model) == self.model.keys()


TestGarbage = Garbage.TestCase
# Without its phase "explain" hypothesis need not trace every line, which takes five times as long.
TestGarbage.settings = settings(
    max_examples=20, stateful_step_count=25, deadline=None, phases=[Phase.generate, Phase.shrink]
)
