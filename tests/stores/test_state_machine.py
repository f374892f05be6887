"""A store driven at random beside a model of plain dicts: after every step the two agree."""

from __future__ import annotations

import math
import struct
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from shutil import rmtree

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from trackbook.entities import Metric, Param, RunTag
from trackbook.errors import InvalidParameter, NotFound
from trackbook.stores import open_store
from trackbook.stores.base import NewRun, Store

keys = st.sampled_from(["loss", "val/loss", "accuracy", "précision", "🎯"])
values = st.one_of(st.floats(), st.sampled_from([0.0, -0.0, math.nan, math.inf, -math.inf, 5e-324]))
steps = st.one_of(st.integers(-3, 6), st.sampled_from([-(2**63), 2**63 - 1]))
times = st.integers(0, 4)
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
Point = tuple[int, int, float]


@dataclass
class ModelRun:
    """What a run should be."""

    points: dict[str, list[Point]] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    status: str = "RUNNING"
    deleted: bool = False
    attempt: int = 1


def order(point: Point) -> tuple[int, int, bool, float, bool]:
    """By step, time and value; NaN below all numbers and -0.0 below 0.0."""
    step, time, value = point
    number = not math.isnan(value)
    return step, time, number, value if number else 0.0, math.copysign(1.0, value) > 0


def bits(point: Point) -> bytes:
    """A point to the last bit, with one NaN for all."""
    step, time, value = point
    return struct.pack("<qqd", step, time, math.nan if math.isnan(value) else value)


class Runs(RuleBasedStateMachine):
    """Rules over a store in a file; a subclass has one in memory."""

    runs = Bundle("runs")
    in_memory = False

    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.model: dict[str, ModelRun] = {}
        self.store = self._open()

    def _open(self) -> Store:
        return open_store("sqlite://" if self.in_memory else self.folder / "trackbook.db")

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
            rmtree(self.folder)

    @rule(target=runs, tags=st.dictionaries(keys, texts, max_size=2))
    def create(self, tags: dict[str, str]) -> str:
        run = self.store.create_run(NewRun("0", run_name="a run", tags=tags))
        self.model[run.info.run_id] = ModelRun(tags={**tags, "mlflow.runName": "a run"})
        return run.info.run_id

    @rule(run_id=runs, key=keys, value=values, step=steps, time=times)
    def log_point(self, run_id: str, key: str, value: float, step: int, time: int) -> None:
        if self.model[run_id].deleted:
            with pytest.raises(InvalidParameter, match="deleted"):
                self.store.recorder(run_id).log(key, value, step, time)
            return
        self.store.recorder(run_id).log(key, value, step, time)
        self.model[run_id].points.setdefault(key, []).append((step, time, value))

    @rule(run_id=runs, metrics=st.dictionaries(keys, values, max_size=4), step=steps, time=times)
    def log_many(self, run_id: str, metrics: dict[str, float], step: int, time: int) -> None:
        if self.model[run_id].deleted:
            return
        self.store.recorder(run_id).log_many(metrics, step, time)
        for key, value in metrics.items():
            self.model[run_id].points.setdefault(key, []).append((step, time, value))

    @rule(
        run_id=runs,
        key=keys,
        points=st.lists(st.tuples(steps, times, values), max_size=4),
        params=st.dictionaries(keys, texts, max_size=3),
    )
    def log_batch(self, run_id: str, key: str, points: list[Point], params: dict[str, str]) -> None:
        run = self.model[run_id]
        metrics = [Metric(key, value, time, step) for step, time, value in points]
        given = [Param(name, value) for name, value in params.items()]
        conflict = any(run.params.get(name, value) != value for name, value in params.items())
        if run.deleted or conflict:
            if params or run.deleted:
                with pytest.raises(InvalidParameter):
                    self.store.log_batch(run_id, metrics, given)
            return
        self.store.log_batch(run_id, metrics, given)
        run.params.update(params)
        if points:
            run.points.setdefault(key, []).extend(points)

    @rule(run_id=runs, tags=st.dictionaries(keys, texts, min_size=1, max_size=3))
    def set_tags(self, run_id: str, tags: dict[str, str]) -> None:
        if not self.model[run_id].deleted:
            self.store.log_batch(run_id, tags=[RunTag(key, value) for key, value in tags.items()])
            self.model[run_id].tags.update(tags)

    @rule(run_id=runs, key=keys)
    def delete_tag(self, run_id: str, key: str) -> None:
        run = self.model[run_id]
        if run.deleted:
            return
        if key in run.tags:
            self.store.delete_tag(run_id, key)
            del run.tags[key]
        else:
            with pytest.raises(NotFound):
                self.store.delete_tag(run_id, key)

    @rule(run_id=runs, status=st.sampled_from(["FINISHED", "FAILED", "KILLED"]))
    def end(self, run_id: str, status: str) -> None:
        if not self.model[run_id].deleted:
            self.store.run_ended(run_id, status)
            self.model[run_id].status = status

    @rule(run_id=runs)
    def resume(self, run_id: str) -> None:
        if not self.model[run_id].deleted:
            assert self.store.resume_run(run_id).info.end_time is None
            self.model[run_id].status = "RUNNING"
            self.model[run_id].attempt += 1

    @rule(run_id=runs)
    def delete(self, run_id: str) -> None:
        self.store.delete_run(run_id)
        self.model[run_id].deleted = True

    @rule(target=runs, run_id=consumes(runs))
    def restore(self, run_id: str) -> str:
        self.store.restore_run(run_id)
        self.model[run_id].deleted = False
        return run_id

    @rule()
    def reopen(self) -> None:
        if not self.in_memory:
            self.store.close()
            self.store = self._open()

    @rule(target=runs)
    def nothing(self) -> object:
        return multiple()

    @invariant()
    def agrees(self) -> None:
        for run_id, expected in getattr(self, "model", {}).items():
            run = self.store.get_run(run_id)
            assert run.info.status == expected.status
            assert (run.info.end_time is None) == (expected.status == "RUNNING")
            assert run.info.lifecycle_stage == ("deleted" if expected.deleted else "active")
            assert (run.data.params, run.data.tags) == (expected.params, expected.tags)
            assert self.store.run_life(run_id).attempt == expected.attempt
            assert set(run.data.metrics) == set(expected.points)
            for key, points in expected.points.items():
                self._same_points(run_id, key, points, run.data.metrics[key])

    def _same_points(self, run_id: str, key: str, points: list[Point], latest: float) -> None:
        history = [(m.step, m.timestamp, m.value) for m in self.store.get_metric_history(run_id, key)]
        expected = sorted({bits(point): point for point in points}.values(), key=order)
        assert sorted(map(bits, history)) == sorted(map(bits, expected))
        assert [order(point)[:4] for point in history] == [order(point)[:4] for point in expected]
        last = max(expected, key=lambda point: order(point)[:4])
        assert latest == last[2] or (math.isnan(latest) and math.isnan(last[2]))
        (summary,) = [s for s in self.store.summaries(run_id) if s.key == key]
        numbers = [value for _, _, value in points if not math.isnan(value)]
        assert summary.count == len(points)
        assert (summary.minimum, summary.maximum) == (min(numbers, default=None), max(numbers, default=None))


class RunsInMemory(Runs):
    in_memory = True


def test_runs_on_a_server(server_uri: str) -> None:
    class RunsOnServer(Runs):
        def _open(self) -> Store:
            return open_store(server_uri)

    run_state_machine_as_test(RunsOnServer, settings=settings(SETTINGS, max_examples=8))


SETTINGS = settings(max_examples=25, stateful_step_count=25, deadline=None)
TestRuns = Runs.TestCase
TestRuns.settings = SETTINGS
TestRunsInMemory = RunsInMemory.TestCase
TestRunsInMemory.settings = SETTINGS
