"""The contracts of experiments, runs, searches, points, files and upkeep, and all of them together."""

from __future__ import annotations

import math
import time

import pytest

from trackbook.entities import Experiment, Metric, Param, RunTag, StoredFile, ViewType
from trackbook.errors import AlreadyExists, InvalidParameter, InvalidState, NotFound, TrackbookError
from trackbook.stores.base import NewRun, Store
from trackbook.testing.inputs import InputContract
from trackbook.testing.logged_model_search import LoggedModelSearchContract
from trackbook.testing.logged_models import LoggedModelContract
from trackbook.testing.moving import MovingContract
from trackbook.testing.registry import RegistryContract
from trackbook.testing.samples import EXACT, INT64_LIMITS, bits, named, new_run, stored_file
from trackbook.testing.views import ViewContract

__all__ = [
    "ExperimentContract",
    "FileContract",
    "PointContract",
    "RunContract",
    "SearchContract",
    "StoreContract",
    "UpkeepContract",
]


class ExperimentContract:
    """What `ExperimentStore` promises."""

    def test_default_experiment_is_there(self, store: Store) -> None:
        assert store.get_experiment("0").name == "Default"

    def test_created_experiment_is_found_by_id_and_by_name(self, store: Store) -> None:
        experiment_id = store.create_experiment("digits", tags={"team": "vision"})
        found = store.get_experiment(experiment_id)
        assert (found.name, found.tags, found.lifecycle_stage) == ("digits", {"team": "vision"}, "active")
        assert store.get_experiment_by_name("digits") == found

    def test_name_is_taken_also_by_a_deleted_experiment(self, store: Store) -> None:
        store.delete_experiment(store.create_experiment("digits"))
        with pytest.raises(AlreadyExists, match="digits"):
            store.create_experiment("digits")

    def test_ensure_experiment_makes_it_once(self, store: Store) -> None:
        assert store.ensure_experiment("digits") == store.ensure_experiment("digits")

    @pytest.mark.parametrize("name", ["", "  ", "x" * 501, None, 7, "a\x00b"])
    def test_bad_name_is_refused_and_nothing_made(self, store: Store, name: str) -> None:
        before = len(store.search_experiments(ViewType.ALL))
        with pytest.raises(InvalidParameter):
            store.create_experiment(name)
        assert len(store.search_experiments(ViewType.ALL)) == before

    def test_unknown_experiment_is_not_found(self, store: Store) -> None:
        assert store.get_experiment_by_name("none") is None
        with pytest.raises(NotFound, match="4711"):
            store.get_experiment("4711")

    def test_delete_hides_an_experiment_with_its_runs_and_restore_brings_both_back(self, store: Store) -> None:
        experiment_id = store.create_experiment("digits")
        run_id = new_run(store, experiment_id=experiment_id).info.run_id
        store.delete_experiment(experiment_id)
        assert "digits" not in self._names(store.search_experiments())
        assert "digits" in self._names(store.search_experiments(ViewType.DELETED_ONLY))
        assert store.get_run(run_id).info.lifecycle_stage == "deleted"
        store.restore_experiment(experiment_id)
        assert "digits" in self._names(store.search_experiments())
        assert store.get_run(run_id).info.lifecycle_stage == "active"

    def test_deleted_experiment_cannot_be_deleted_again(self, store: Store) -> None:
        experiment_id = store.create_experiment("digits")
        store.delete_experiment(experiment_id)
        with pytest.raises(NotFound):
            store.delete_experiment(experiment_id)

    def test_rename_changes_the_name_and_no_two_get_the_same(self, store: Store) -> None:
        experiment_id = store.create_experiment("digits")
        store.create_experiment("wine")
        store.rename_experiment(experiment_id, "numerals")
        assert store.get_experiment(experiment_id).name == "numerals"
        with pytest.raises(AlreadyExists):
            store.rename_experiment(experiment_id, "wine")

    def test_experiment_tags_are_set_replaced_and_removed(self, store: Store) -> None:
        store.set_experiment_tags("0", {"team": "vision", "goal": "1"})
        store.set_experiment_tags("0", {"team": "sound"})
        store.delete_experiment_tag("0", "goal")
        assert store.get_experiment("0").tags == {"team": "sound"}
        with pytest.raises(NotFound, match="goal"):
            store.delete_experiment_tag("0", "goal")

    def test_search_experiments_goes_on_where_a_page_ended(self, store: Store) -> None:
        for name in ("a", "b", "c"):
            store.create_experiment(name)
        first = store.search_experiments(max_results=2, order_by=["name ASC"])
        rest = store.search_experiments(max_results=2, order_by=["name ASC"], page_token=first.token)
        assert self._names([*first, *rest]) == ["Default", "a", "b", "c"]
        assert rest.token is None

    @staticmethod
    def _names(experiments: list[Experiment]) -> list[str]:
        return [experiment.name for experiment in experiments]


class RunContract:
    """What `RunStore` promises, searching left out."""

    def test_created_run_runs_and_has_an_id_and_a_name(self, store: Store) -> None:
        run = store.create_run(NewRun("0", run_name="first", start_time=1_000, tags={"team": "vision"}))
        assert store.get_run(run.info.run_id) == run
        assert (run.info.status, run.info.run_name, run.info.start_time) == ("RUNNING", "first", 1_000)
        assert run.data.tags == {"team": "vision", "mlflow.runName": "first"}
        assert len(run.info.run_id) == 32

    def test_run_needs_an_active_experiment(self, store: Store) -> None:
        gone = store.create_experiment("gone")
        store.delete_experiment(gone)
        with pytest.raises(NotFound):
            new_run(store, experiment_id="4711")
        with pytest.raises(InvalidState):
            new_run(store, experiment_id=gone)

    def test_unknown_run_is_not_found(self, store: Store) -> None:
        with pytest.raises(NotFound, match="f" * 32):
            store.get_run("f" * 32)

    def test_update_changes_only_what_it_is_given(self, store: Store) -> None:
        run_id = new_run(store, "old").info.run_id
        store.update_run(run_id, status="FINISHED", end_time=2_000)
        store.update_run(run_id, run_name="new")
        run = store.get_run(run_id)
        assert (run.info.status, run.info.end_time, run.info.run_name) == ("FINISHED", 2_000, "new")
        assert run.data.tags["mlflow.runName"] == "new"

    def test_deleted_run_is_marked_kept_and_closed_for_changes(self, store: Store) -> None:
        run_id = new_run(store).info.run_id
        store.delete_run(run_id)
        store.delete_run(run_id)
        assert store.get_run(run_id).info.lifecycle_stage == "deleted"
        with pytest.raises(InvalidParameter, match="deleted"):
            store.update_run(run_id, status="FINISHED")
        store.restore_run(run_id)
        assert store.get_run(run_id).info.lifecycle_stage == "active"

    def test_runs_are_counted_by_experiment_and_status(self, store: Store) -> None:
        other = store.create_experiment("other")
        done, gone = new_run(store).info.run_id, new_run(store).info.run_id
        new_run(store)
        new_run(store, experiment_id=other)
        store.update_run(done, status="FINISHED", end_time=2_000)
        store.delete_run(gone)
        assert store.run_counts() == {"0": {"FINISHED": 1, "RUNNING": 1}, other: {"RUNNING": 1}}

    def test_resumed_run_runs_again_in_its_next_attempt(self, store: Store) -> None:
        run_id = new_run(store).info.run_id
        store.update_run(run_id, status="FAILED", end_time=2_000)
        run = store.resume_run(run_id)
        assert (run.info.status, run.info.end_time) == ("RUNNING", None)
        assert store.run_life(run_id).attempt == 2
        store.update_run(run_id, status="FINISHED", end_time=3_000)

    def test_attempts_are_listed_oldest_first_with_the_present_one_last(self, store: Store) -> None:
        run_id = new_run(store).info.run_id
        store.update_run(run_id, status="FAILED", end_time=2_000)
        store.resume_run(run_id)
        first, second = store.list_attempts(run_id)
        assert (first.number, first.status, first.start_time, first.end_time) == (1, "FAILED", 1_000, 2_000)
        assert (second.number, second.status, second.end_time) == (2, "RUNNING", None)
        store.update_run(run_id, status="FINISHED", end_time=9_000_000_000_000)
        assert [attempt.status for attempt in store.list_attempts(run_id)] == ["FAILED", "FINISHED"]
        with pytest.raises(NotFound):
            store.list_attempts("f" * 32)

    def test_param_is_set_once_and_the_same_value_again_is_no_error(self, store: Store) -> None:
        run_id = new_run(store).info.run_id
        store.log_batch(run_id, params=[Param("lr", "0.1")])
        store.log_batch(run_id, params=[Param("lr", "0.1")])
        with pytest.raises(InvalidParameter, match="lr"):
            store.log_batch(run_id, params=[Param("lr", "0.2")])
        assert store.get_run(run_id).data.params == {"lr": "0.1"}

    def test_refused_batch_leaves_nothing_behind(self, store: Store) -> None:
        run_id = new_run(store).info.run_id
        store.log_batch(run_id, params=[Param("lr", "0.1")])
        with pytest.raises(TrackbookError):
            store.log_batch(
                run_id, [Metric("loss", 1.0, 5)], [Param("depth", "3"), Param("lr", "9")], [RunTag("a", "b")]
            )
        data = store.get_run(run_id).data
        assert (data.metrics, data.params, "a" in data.tags) == ({}, {"lr": "0.1"}, False)

    def test_long_param_is_kept_whole_or_refused(self, store: Store) -> None:
        run_id = new_run(store).info.run_id
        store.log_batch(run_id, params=[Param("long", "x" * 65_536)])
        assert len(store.get_run(run_id).data.params["long"]) == 65_536
        with pytest.raises(InvalidParameter, match="65537"):
            store.log_batch(run_id, params=[Param("longer", "x" * 65_537)])

    @pytest.mark.parametrize("key", ["", "a//b", "/a", "a/", "../a", "a\x00b", "x" * 251, "a;b"])
    def test_malformed_key_is_refused(self, store: Store, key: str) -> None:
        run_id = new_run(store).info.run_id
        for batch in ({"metrics": [Metric(key, 1.0, 1)]}, {"params": [Param(key, "1")]}, {"tags": [RunTag(key, "1")]}):
            with pytest.raises(InvalidParameter):
                store.log_batch(run_id, **batch)

    def test_text_of_any_script_comes_back_as_it_was(self, store: Store) -> None:
        run_id = new_run(store, "läuft 🏃").info.run_id
        value = "<img src=x onerror=1> 'quoted' \"twice\" 数据 🧪\n\ttab"
        store.log_batch(run_id, params=[Param("größe", value)], tags=[RunTag("データ", value)])
        data = store.get_run(run_id).data
        assert data.params == {"größe": value}
        assert data.tags["データ"] == value

    def test_tag_is_replaced_and_removed(self, store: Store) -> None:
        run_id = new_run(store).info.run_id
        store.log_batch(run_id, tags=[RunTag("team", "vision")])
        store.log_batch(run_id, tags=[RunTag("team", "sound")])
        assert store.get_run(run_id).data.tags["team"] == "sound"
        store.delete_tag(run_id, "team")
        with pytest.raises(NotFound, match="team"):
            store.delete_tag(run_id, "team")

    def test_control_word_is_seen(self, store: Store) -> None:
        run_id = new_run(store).info.run_id
        assert store.run_life(run_id).control == ""
        store.set_control(run_id, "stop")
        assert store.run_life(run_id).control == "stop"

    def test_run_that_no_process_runs_is_never_lost(self, store: Store) -> None:
        run_id = new_run(store).info.run_id
        life = store.run_life(run_id, now=10**15)
        assert (life.heartbeat, life.lost, life.attempt) == (None, False, 1)


class SearchContract:
    """What `search_runs` and `run_table` promise."""

    @pytest.fixture
    def three_runs(self, store: Store) -> Store:
        """Runs a, b and c: started in that order, with loss 3 and 1 and none, and lr 0.1, 0.2, 0.1."""
        for number, (name, loss, rate) in enumerate([("a", 3.0, "0.1"), ("b", 1.0, "0.2"), ("c", None, "0.1")]):
            run_id = new_run(store, name, start_time=1_000 + number).info.run_id
            metrics = [] if loss is None else [Metric("loss", loss, 1)]
            store.log_batch(run_id, metrics, [Param("lr", rate)])
        return store

    def test_newest_run_comes_first(self, three_runs: Store) -> None:
        assert named(three_runs.search_runs(["0"])) == ["c", "b", "a"]

    def test_filter_picks_by_metric_and_param(self, three_runs: Store) -> None:
        assert named(three_runs.search_runs(["0"], "metrics.loss > 2 and params.lr = '0.1'")) == ["a"]
        assert named(three_runs.search_runs(["0"], "params.lr LIKE '0%' AND NOT metrics.loss < 2")) == ["c", "a"]

    def test_missing_value_sorts_last_both_ways(self, three_runs: Store) -> None:
        assert named(three_runs.search_runs(["0"], order_by=["metrics.loss ASC"])) == ["b", "a", "c"]
        assert named(three_runs.search_runs(["0"], order_by=["metrics.loss DESC"])) == ["a", "b", "c"]

    def test_pages_join_to_the_whole(self, three_runs: Store) -> None:
        first = three_runs.search_runs(["0"], max_results=2)
        rest = three_runs.search_runs(["0"], max_results=2, page_token=first.token)
        assert named([*first, *rest]) == ["c", "b", "a"]
        assert rest.token is None

    def test_view_shows_deleted_runs_only_when_asked(self, three_runs: Store) -> None:
        [a] = three_runs.search_runs(["0"], "run_name = 'a'")
        three_runs.delete_run(a.info.run_id)
        assert named(three_runs.search_runs(["0"])) == ["c", "b"]
        assert named(three_runs.search_runs(["0"], run_view_type=ViewType.DELETED_ONLY)) == ["a"]
        assert len(three_runs.search_runs(["0"], run_view_type=ViewType.ALL)) == 3

    def test_no_experiment_has_no_runs(self, three_runs: Store) -> None:
        assert three_runs.search_runs([]) == []

    @pytest.mark.parametrize("text", ["loss >", "metrics.loss > 'x'", "params.lr = 1", "'; DROP TABLE runs; --", "a b"])
    def test_bad_filter_is_refused(self, three_runs: Store, text: str) -> None:
        with pytest.raises(InvalidParameter):
            three_runs.search_runs(["0"], text)

    def test_table_holds_what_the_search_finds(self, three_runs: Store) -> None:
        table = three_runs.run_table(["0"], order_by=["metrics.loss ASC"], aggregates=("last", "count"))
        found = three_runs.search_runs(["0"], order_by=["metrics.loss ASC"])
        assert table.run_ids == [run.info.run_id for run in found]
        assert table.attributes["run_name"] == named(found)
        assert table.params["lr"] == ["0.2", "0.1", "0.1"]
        assert [bits(v) for v in table.metrics["loss"]["last"]] == [bits(1.0), bits(3.0), b"nan"]
        assert table.metrics["loss"]["count"][0] == 1


class PointContract:
    """What `PointStore` and `Recorder` promise."""

    @pytest.fixture
    def run_id(self, store: Store) -> str:
        """A run without points."""
        return new_run(store).info.run_id

    @pytest.mark.parametrize("value", EXACT)
    def test_value_comes_back_bit_by_bit(self, store: Store, run_id: str, value: float) -> None:
        store.recorder(run_id).log("loss", value, 3, 7)
        store.flush()
        assert [(bits(m.value), m.step, m.timestamp) for m in store.get_metric_history(run_id, "loss")] == [
            (bits(value), 3, 7)
        ]
        assert bits(store.get_run(run_id).data.metrics["loss"]) == bits(value)

    def test_steps_reach_the_limits_of_64_bits(self, store: Store, run_id: str) -> None:
        for step in reversed(INT64_LIMITS):
            store.recorder(run_id).log("loss", 0.5, step, 1)
        store.flush()
        assert [m.step for m in store.get_metric_history(run_id, "loss")] == INT64_LIMITS
        assert store.points(run_id, "loss").steps.tolist() == INT64_LIMITS

    def test_last_value_is_the_greatest_step_time_and_value(self, store: Store, run_id: str) -> None:
        points = [
            Metric("loss", 9.0, 5, 2),
            Metric("loss", 1.0, 9, 1),
            Metric("loss", 8.0, 5, 2),
            Metric("loss", 99.0, 4, 2),
        ]
        store.log_batch(run_id, points)
        assert store.get_run(run_id).data.metrics == {"loss": 9.0}

    def test_exact_duplicates_are_read_once_and_counted(self, store: Store, run_id: str) -> None:
        store.log_batch(run_id, [Metric("loss", 1.0, 5, 1)] * 3)
        assert len(store.get_metric_history(run_id, "loss")) == 1
        assert [summary.count for summary in store.summaries(run_id)] == [3]

    def test_summary_ignores_nan_but_for_the_last(self, store: Store, run_id: str) -> None:
        values = [math.nan, 2.0, -1.0, 5.0, math.nan]
        store.log_batch(run_id, [Metric("loss", v, 1, step) for step, v in enumerate(values)])
        [summary] = store.summaries(run_id)
        assert (summary.minimum, summary.min_step, summary.maximum, summary.max_step) == (-1.0, 2, 5.0, 3)
        assert (summary.first, summary.first_step, summary.last_step, summary.count) == (2.0, 1, 4, 5)
        assert math.isnan(summary.last)

    def test_arrays_equal_the_history_also_when_packed(self, store: Store, run_id: str) -> None:
        store.log_batch(run_id, [Metric("loss", 1 / (step + 1), 1_000 + step, step % 700) for step in range(1_000)])
        before = [(m.step, m.timestamp, m.value) for m in store.get_metric_history(run_id, "loss")]
        store.update_run(run_id, status="FINISHED", end_time=9_999)
        store.flush()
        arrays = store.points(run_id, "loss")
        assert list(zip(*(column.tolist() for column in arrays), strict=True)) == before
        assert before == sorted(before)
        assert [(m.step, m.timestamp, m.value) for m in store.get_metric_history(run_id, "loss")] == before

    def test_metric_without_points_has_an_empty_history(self, store: Store, run_id: str) -> None:
        assert store.get_metric_history(run_id, "none") == []
        assert len(store.points(run_id, "none").values) == 0

    def test_points_of_one_call_are_stored_all_or_none(self, store: Store, run_id: str) -> None:
        recorder = store.recorder(run_id)
        recorder.log_many({"a": 1.0, "b": 2.0}, 1, 1)
        for bad in ({"a": 2.0, "b": "x"}, {"a": 2.0, "": 1.0}):
            with pytest.raises(InvalidParameter):
                recorder.log_many(bad, 2, 2)  # type: ignore[arg-type]
        store.flush()
        assert store.get_run(run_id).data.metrics == {"a": 1.0, "b": 2.0}

    @pytest.mark.parametrize(("value", "step"), [("x", 0), (None, 0), ([1], 0), (1.0, 2**63), (1.0, 0.5), (1.0, "x")])
    def test_point_of_a_wrong_type_is_refused(self, store: Store, run_id: str, value: float, step: int) -> None:
        with pytest.raises(InvalidParameter, match=r"loss|[Ss]tep"):
            store.recorder(run_id).log("loss", value, step)
        store.flush()
        assert store.get_metric_history(run_id, "loss") == []

    def test_feed_gives_each_point_once(self, store: Store, run_id: str) -> None:
        store.log_batch(run_id, [Metric("loss", 1.0, 1, 0), Metric("acc", 2.0, 1, 0)])
        store.flush()  # a feed never does
        first = store.read_feed(run_id)
        assert {key: points.values.tolist() for key, points in first.points.items()} == {"loss": [1.0], "acc": [2.0]}
        assert store.read_feed(run_id, first.cursor).points == {}
        store.log_batch(run_id, [Metric("loss", 3.0, 2, 1), Metric("acc", 4.0, 2, 1)])
        store.flush()
        second = store.read_feed(run_id, first.cursor, keys=["loss"])
        assert {key: points.values.tolist() for key, points in second.points.items()} == {"loss": [3.0]}
        assert second.cursor > first.cursor

    def test_listener_hears_of_new_points_until_it_ends(self, store: Store, run_id: str) -> None:
        heard: list[int] = []
        end = store.listen(lambda: heard.append(1))
        store.recorder(run_id).log("loss", 1.0)
        store.flush()
        assert heard
        end()
        heard.clear()
        store.recorder(run_id).log("loss", 2.0)
        store.flush()
        assert not heard


class FileContract:
    """What `FileStore` promises."""

    @pytest.fixture
    def run_id(self, store: Store) -> str:
        """A run without files."""
        return new_run(store).info.run_id

    def test_recorded_files_are_listed_by_path(self, store: Store, run_id: str) -> None:
        files = [stored_file("b"), stored_file("plots/roc.png", 2**40), stored_file("plots/日本/グラフ 🎉.png", 0)]
        assert store.record_files(run_id, files[::-1]) == 0
        assert store.stored_files(run_id) == files

    def test_one_file_is_found_and_what_lies_below_a_folder(self, store: Store, run_id: str) -> None:
        files = [stored_file(path) for path in ("a", "a_b/c", "aXb/c", "aä/c", "plots", "plots.txt", "plots2/c")]
        below = [stored_file(path) for path in ("a-b/1", "a-b/c/2")]
        store.record_files(run_id, files + below)
        assert store.stored_files(run_id, "plots") == [stored_file("plots")]
        assert store.stored_files(run_id, "a-b") == below
        assert store.stored_files(run_id, "a_b") == [stored_file("a_b/c")]
        assert store.stored_files(run_id, "a-b/c") == below[1:]
        assert store.stored_files(run_id, "A-B") == store.stored_files(run_id, "none") == []

    def test_file_that_is_recorded_again_is_replaced(self, store: Store, run_id: str) -> None:
        store.record_files(run_id, [stored_file("a", 1), stored_file("b", 1)])
        assert store.record_files(run_id, [stored_file("a", 2), stored_file("c", 2)]) == 1
        assert [(file.path, file.size) for file in store.stored_files(run_id)] == [("a", 2), ("b", 1), ("c", 2)]

    def test_paths_are_kept_apart_by_case_and_by_run(self, store: Store, run_id: str) -> None:
        other = new_run(store).info.run_id
        store.record_files(run_id, [stored_file("a"), stored_file("A", 2)])
        store.record_files(other, [stored_file("a", 3)])
        assert [file.size for file in store.stored_files(run_id)] == [2, 7]
        assert [file.size for file in store.stored_files(other)] == [3]

    def test_forgotten_files_are_gone_and_counted(self, store: Store, run_id: str) -> None:
        store.record_files(run_id, [stored_file(path) for path in ("a", "b/1", "b/2", "bc", "d")])
        assert [store.forget_files(run_id, path) for path in ("a", "b", "none")] == [1, 2, 0]
        assert [file.path for file in store.stored_files(run_id)] == ["bc", "d"]
        assert store.forget_files(run_id, ["bc", "b", "none"]) == 1
        assert (store.forget_files(run_id), store.stored_files(run_id)) == (1, [])
        assert store.forget_files(run_id, []) == 0

    def test_files_of_an_unknown_run_are_not_found(self, store: Store) -> None:
        unknown = "f" * 32
        with pytest.raises(NotFound, match=unknown):
            store.record_files(unknown, [stored_file("a")])
        with pytest.raises(NotFound, match=unknown):
            store.stored_files(unknown)
        with pytest.raises(NotFound, match=unknown):
            store.forget_files(unknown)

    def test_deleted_run_takes_no_files_but_shows_them(self, store: Store, run_id: str) -> None:
        store.record_files(run_id, [stored_file("a")])
        store.delete_run(run_id)
        with pytest.raises(InvalidParameter, match="deleted"):
            store.record_files(run_id, [stored_file("b")])
        assert store.stored_files(run_id) == [stored_file("a")]

    @pytest.mark.parametrize(
        "file",
        [
            StoredFile("", 1, "0" * 64, 1),
            StoredFile("../a", 1, "0" * 64, 1),
            StoredFile("/a", 1, "0" * 64, 1),
            StoredFile("a%41", 1, "0" * 64, 1),
            StoredFile("a", -1, "0" * 64, 1),
            StoredFile("a", 2**63, "0" * 64, 1),
            StoredFile("a", 1, "0" * 63, 1),
            StoredFile("a", 1, "G" * 64, 1),
        ],
    )
    def test_file_that_cannot_be_right_is_refused_with_all_others(
        self, store: Store, run_id: str, file: StoredFile
    ) -> None:
        with pytest.raises(InvalidParameter):
            store.record_files(run_id, [stored_file("b"), file])
        assert store.stored_files(run_id) == []

    def test_ten_thousand_files_are_recorded_at_once(self, store: Store, run_id: str) -> None:
        files = [stored_file(f"images/step-{number:05d}.png", number) for number in range(10_000)]
        began = time.process_time()
        store.record_files(run_id, files)
        assert store.stored_files(run_id) == files
        assert time.process_time() - began < 2, "seconds"


class UpkeepContract:
    """What `UpkeepStore` promises."""

    EVER = 2**63 - 1

    @pytest.fixture
    def full_run(self, store: Store) -> str:
        """A run with something in every table."""
        run_id = new_run(store).info.run_id
        values = enumerate([*EXACT, 1.0, -1.0])
        store.log_batch(run_id, [Metric("loss", value, 1, step) for step, value in values], [Param("lr", "1")])
        store.log_batch(run_id, [Metric("loss", 0.5, 1, 1, None, "digits", "d1"), Metric("none", math.nan, 1, 1)])
        store.record_files(run_id, [stored_file("folder/a.txt", 3), stored_file("b.txt", 4)])
        store.resume_run(run_id)
        store.update_run(run_id, status="FINISHED", end_time=2_000)
        store.flush()
        return run_id

    def test_what_was_logged_has_no_faults(self, store: Store, full_run: str) -> None:
        assert list(store.database_faults()) == []
        assert list(store.run_faults()) == []
        before = store.summaries(full_run)
        store.mend_run(full_run)
        assert str(store.summaries(full_run)) == str(before)
        assert (list(store.rejected()), store.half_purged()) == ([], 0)

    def test_purged_run_is_as_if_it_had_never_been(self, store: Store, full_run: str) -> None:
        kept = new_run(store, "kept").info.run_id
        store.delete_run(full_run)
        (run,) = store.purgeable(self.EVER).runs
        assert (run.run_id, run.experiment_id) == (full_run, "0")
        assert store.begin_purge([full_run, kept]) == {full_run}
        for call in (store.get_run, store.restore_run, store.resume_run, store.stored_files):
            with pytest.raises(NotFound):
                call(full_run)
        assert named(store.search_runs(["0"], run_view_type=ViewType.ALL)) == ["kept"]
        assert (store.summaries(full_run), store.get_metric_history(full_run, "loss")) == ([], [])
        assert store.half_purged() == 1
        assert [run.deleted for run in store.purgeable(0).runs] == [None]
        store.finish_purge([full_run, kept])
        store.finish_purge([full_run, kept])
        assert store.existing_runs([full_run, kept]) == {kept}
        assert store.purgeable(self.EVER) == ([], [])
        assert list(store.run_faults()) == []
        made = store.create_run(NewRun("0", run_id=full_run))
        assert (made.data.metrics, store.summaries(full_run), store.stored_files(full_run)) == ({}, [], [])

    def test_purged_experiment_frees_its_name(self, store: Store) -> None:
        number = store.create_experiment("digits", tags={"team": "vision"})
        run_id = new_run(store, experiment_id=number).info.run_id
        store.delete_experiment(number)
        found = store.purgeable(self.EVER)
        assert ([e.name for e in found.experiments], [r.run_id for r in found.runs]) == (["digits"], [run_id])
        assert store.begin_purge([], [number]) == {run_id}
        with pytest.raises(NotFound):
            store.restore_experiment(number)
        store.finish_purge([], [number])
        assert number in store.artifact_locations()  # it has a run yet
        store.finish_purge([run_id], [number])
        assert number not in store.artifact_locations()
        assert store.create_experiment("digits") != number

    def test_only_what_was_deleted_in_time_may_go(self, store: Store, full_run: str) -> None:
        store.delete_run(full_run)
        assert store.purgeable(1_000) == ([], [])
        with pytest.raises(InvalidState):
            store.purgeable(1_000, run_ids=[full_run])
        store.restore_run(full_run)
        with pytest.raises(InvalidState):
            store.purgeable(self.EVER, run_ids=[full_run])

    def test_usage_counts_points_and_files(self, store: Store, full_run: str) -> None:
        new_run(store)
        used, empty = store.usage()
        assert (used.run_id, used.points, used.files, used.file_bytes) == (full_run, len(EXACT) + 4, 2, 7)
        assert (empty.points, empty.files, empty.file_bytes) == (0, None, 0)
        assert [run.run_id for run in store.kept_runs()] == [used.run_id, empty.run_id]


class StoreContract(
    ExperimentContract,
    RunContract,
    MovingContract,
    InputContract,
    SearchContract,
    PointContract,
    FileContract,
    LoggedModelContract,
    LoggedModelSearchContract,
    RegistryContract,
    ViewContract,
    UpkeepContract,
):
    """All that `trackbook.stores.base` promises of a store; give it a fixture `store` with an empty one."""
