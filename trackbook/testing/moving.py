"""The contract of moving runs to another experiment."""

from __future__ import annotations

import pytest

from trackbook.entities import Dataset, DatasetInput, InputTag, Metric
from trackbook.errors import InvalidParameter, InvalidState, NotFound
from trackbook.stores.base import Store
from trackbook.testing.samples import named, new_run

__all__ = ["MovingContract"]


class MovingContract:
    """What `RunStore.move_runs` promises."""

    def test_moved_run_is_found_where_it_went_with_all_it_has(self, store: Store) -> None:
        here, there = store.create_experiment("here"), store.create_experiment("there")
        run = new_run(store, "mover", experiment_id=here)
        store.log_batch(run.info.run_id, [Metric("loss", 0.5, 1, 1)])
        assert store.move_runs([run.info.run_id], there) == {run.info.run_id: here}
        assert named(store.search_runs([there])) == ["mover"]
        assert store.search_runs([here]) == []
        moved = store.get_run(run.info.run_id)
        assert (moved.info.experiment_id, moved.data.metrics) == (there, {"loss": 0.5})
        assert store.run_counts().get(here) is None

    def test_artifacts_of_a_moved_run_stay_where_its_uri_says(self, store: Store) -> None:
        here, there = store.create_experiment("here"), store.create_experiment("there")
        run = new_run(store, "mover", experiment_id=here)
        new_run(store, "native", experiment_id=there)
        store.move_runs([run.info.run_id], there)
        uri = run.info.artifact_uri
        assert store.get_run(run.info.run_id).info.artifact_uri == uri
        assert named(store.search_runs([there], f"artifact_uri = '{uri}'")) == ["mover"]
        table = store.run_table([there])
        assert table.attributes["artifact_uri"][table.run_ids.index(run.info.run_id)] == uri
        assert {kept.run_id: kept.artifact_uri for kept in store.kept_runs()}[run.info.run_id] == uri
        assert store.move_runs([run.info.run_id], here) == {run.info.run_id: there}
        assert store.get_run(run.info.run_id) == run

    def test_moved_run_outlives_the_experiment_that_it_left(self, store: Store) -> None:
        here, there = store.create_experiment("here"), store.create_experiment("there")
        run_id = new_run(store, "mover", experiment_id=here).info.run_id
        dataset = Dataset("digits", "abc123", "local", "{}")
        store.log_inputs(run_id, [DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])])
        before = store.get_run(run_id)
        store.move_runs([run_id], there)
        store.delete_experiment(here)
        store.begin_purge((), [here])
        store.finish_purge((), [here])
        after = store.get_run(run_id)
        assert (after.inputs, after.info.artifact_uri) == (before.inputs, before.info.artifact_uri)

    def test_runs_move_all_or_none_and_only_to_an_experiment_that_takes_them(self, store: Store) -> None:
        here, there, gone = (store.create_experiment(name) for name in ("here", "there", "gone"))
        first, second = (new_run(store, experiment_id=here).info.run_id for _ in range(2))
        store.delete_experiment(gone)
        with pytest.raises(InvalidState, match="restore_experiment"):
            store.move_runs([first], gone)
        with pytest.raises(NotFound, match="4711"):
            store.move_runs([first], "4711")
        with pytest.raises(NotFound, match="no run with the id"):
            store.move_runs([first, "0" * 32], there)
        store.delete_run(second)
        with pytest.raises(InvalidParameter, match="deleted"):
            store.move_runs([first, second], there)
        assert store.get_run(first).info.experiment_id == here
        assert store.move_runs([first], here) == {}
