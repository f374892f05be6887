"""The contract of data sets as inputs of runs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from trackbook.entities import Dataset, DatasetInput, InputTag
from trackbook.errors import InvalidParameter, NotFound
from trackbook.stores.base import Store
from trackbook.testing.samples import named, new_run

__all__ = ["InputContract", "read_data"]


def read_data(name: str, digest: str = "d1", context: str | None = None, **described: str) -> DatasetInput:
    """A data set as an input, read for something."""
    tags = [] if context is None else [InputTag("mlflow.data.context", context)]
    about = {"source_type": "local", "source": '{"uri": "/data/train.csv"}'} | described
    return DatasetInput(Dataset(name, digest, **about), tags)


class InputContract:
    """What `RunStore` promises of inputs."""

    def test_logged_data_sets_are_inputs_of_the_run_by_name_and_digest(self, store: Store) -> None:
        run_id = new_run(store).info.run_id
        train, test = read_data("wine", "d2", "training", schema="{}", profile="{}"), read_data("test", "d1")
        store.log_inputs(run_id, [train, test])
        assert store.get_run(run_id).inputs.dataset_inputs == [test, train]
        assert [run.inputs.dataset_inputs for run in store.search_runs(["0"])] == [[test, train]]

    def test_each_run_of_a_page_has_its_own_inputs(self, store: Store) -> None:
        runs = [new_run(store, name, start_time=start).info.run_id for start, name in enumerate("abc")]
        store.log_inputs(runs[0], [read_data("wine", context="training")])
        store.log_inputs(runs[2], [read_data("wine", context="test"), read_data("iris")])
        found = [run.inputs.dataset_inputs for run in store.search_runs(["0"])]
        told = [[(item.dataset.name, item.context) for item in inputs] for inputs in found]
        assert told == [[("iris", None), ("wine", "test")], [], [("wine", "training")]]

    def test_data_set_logged_again_is_one_input_with_all_tags_the_last_values_winning(self, store: Store) -> None:
        run_id = new_run(store).info.run_id
        store.log_inputs(run_id, [read_data("wine", context="training"), read_data("wine", context="test")])
        store.log_inputs(run_id, [DatasetInput(read_data("wine").dataset, [InputTag("split", "0")])])
        (found,) = store.get_run(run_id).inputs.dataset_inputs
        assert {tag.key: tag.value for tag in found.tags} == {"mlflow.data.context": "test", "split": "0"}

    def test_what_was_stored_first_for_a_name_and_digest_stays_within_its_experiment(self, store: Store) -> None:
        other = store.create_experiment("other")
        runs = [new_run(store, experiment_id=id_).info.run_id for id_ in ("0", "0", other)]
        for run_id, source in zip(runs, ("one", "two", "three"), strict=True):
            store.log_inputs(run_id, [read_data("wine", source=source)])
        sources = [store.get_run(run_id).inputs.dataset_inputs[0].dataset.source for run_id in runs]
        assert sources == ["one", "one", "three"]

    def test_limits_of_a_data_set_are_kept_whole_and_beyond_them_nothing_is_written(self, store: Store) -> None:
        run_id = new_run(store).info.run_id
        most = Dataset("é" * 500, "d" * 36, "t" * 36, "s" * 65_535, "c" * 1_048_575, "p" * 70_000)
        largest = DatasetInput(most, [InputTag("k" * 255, "ü" * 500)])
        store.log_inputs(run_id, [largest])
        for longer in ("name", "digest", "source_type", "source", "schema"):
            bad = replace(most, **{longer: getattr(most, longer) + "x"})
            with pytest.raises(InvalidParameter, match=longer):
                store.log_inputs(run_id, [read_data("good"), DatasetInput(bad)])
        for tag in (InputTag("k" * 256, "v"), InputTag("k", "v" * 501), InputTag("", "v")):
            with pytest.raises(InvalidParameter, match="tag"):
                store.log_inputs(run_id, [read_data("good"), DatasetInput(most, [tag])])
        assert store.get_run(run_id).inputs.dataset_inputs == [largest]

    def test_passwords_in_addresses_are_not_stored(self, store: Store) -> None:
        run_id = new_run(store).info.run_id
        store.log_inputs(run_id, [read_data("wine", source='{"url": "https://ada:s3cret@example.org/a@b.csv"}')])
        (found,) = store.get_run(run_id).inputs.dataset_inputs
        assert found.dataset.source == '{"url":"https://example.org/a@b.csv"}'

    def test_deleted_or_unknown_run_takes_no_inputs(self, store: Store) -> None:
        run_id = new_run(store).info.run_id
        store.delete_run(run_id)
        with pytest.raises(InvalidParameter, match="deleted"):
            store.log_inputs(run_id, [read_data("wine")])
        with pytest.raises(NotFound):
            store.log_inputs("f" * 32, [read_data("wine")])
        assert store.get_run(run_id).inputs.dataset_inputs == []

    @pytest.mark.parametrize(
        ("condition", "found"),
        [
            ("dataset.name = 'wine'", "ab"), ("datasets.name != 'wine'", "b"), ("dataset.name IS NULL", "c"),
            ("dataset.digest IN ('d2', 'd3')", "b"), ("dataset.context = 'training'", "a"),
            ("dataset.context ILIKE 'T%'", "ab"), ("dataset.context IS NULL", "c"),
            ("NOT dataset.name LIKE 'w%' OR dataset.digest = 'd2'", "bc"),
            ("dataset.name = 'wine' AND dataset.context = 'test'", "b"),
        ],
    )  # fmt: skip
    def test_runs_are_found_by_what_they_read(self, store: Store, condition: str, found: str) -> None:
        runs = {name: new_run(store, name).info.run_id for name in "abc"}
        store.log_inputs(runs["a"], [read_data("wine", context="training")])
        store.log_inputs(runs["b"], [read_data("wine", context="test"), read_data("iris", "d2")])
        assert named(store.search_runs(["0"], condition, order_by=["run_name ASC"])) == list(found)
