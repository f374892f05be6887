"""The contract of logged models."""

from __future__ import annotations

import math

import pytest

from trackbook.entities import LoggedModelInput, LoggedModelOutput, LoggedModelStatus, Metric
from trackbook.entities.logged_models import LoggedModel
from trackbook.errors import AlreadyExists, InvalidParameter, InvalidState, NotFound
from trackbook.stores.base import NewRun, Store
from trackbook.stores.models import NewModel
from trackbook.testing.samples import new_run, stored_file

__all__ = ["LoggedModelContract", "new_model"]

UNKNOWN = f"m-{'f' * 32}"


def new_model(store: Store, name: str | None = None, run_id: str | None = None, **more: str) -> LoggedModel:
    """A PENDING model in the experiment Default."""
    return store.create_logged_model(NewModel("0", name, run_id, params=more))


class LoggedModelContract:
    """What `LoggedModelStore` promises, searching left out."""

    def test_created_model_is_pending_and_found_by_its_id(self, store: Store) -> None:
        run_id = new_run(store).info.run_id
        made = store.create_logged_model(NewModel("0", "forest", run_id, "classifier", {"team": "a"}, {"depth": "3"}))
        assert store.get_logged_model(made.model_id) == made
        assert (made.name, made.model_type, made.source_run_id) == ("forest", "classifier", run_id)
        assert (made.tags, made.params, made.metrics) == ({"team": "a"}, {"depth": "3"}, [])
        assert (made.status, made.status_message) == (LoggedModelStatus.PENDING, None)
        assert made.creation_timestamp == made.last_updated_timestamp > 0
        assert store.logged_model_files(made.model_id) == []

    def test_files_lie_below_the_experiment_and_not_below_a_run(self, store: Store) -> None:
        made = new_model(store)
        assert made.artifact_location == store.model_location("0", made.model_id)
        assert made.artifact_location == f"{store.artifact_root()}/0/models/{made.model_id}/artifacts"

    def test_files_stay_where_a_user_had_an_experiment_keep_them(self, store: Store) -> None:
        number = store.create_experiment("far", "s3://bucket/far/")
        made = store.create_logged_model(NewModel(number))
        assert made.artifact_location == f"s3://bucket/far/models/{made.model_id}/artifacts"

    def test_model_with_files_is_ready_in_one_step(self, store: Store) -> None:
        model_id = f"m-{'1' * 32}"
        files = [stored_file("model.skops", 9), stored_file("MLmodel", 7)]
        made = store.create_logged_model(NewModel("0", model_id=model_id), files)
        assert (made.model_id, made.status) == (model_id, LoggedModelStatus.READY)
        assert store.logged_model_files(model_id) == [files[1], files[0]]
        with pytest.raises(AlreadyExists, match=model_id):
            store.create_logged_model(NewModel("0", model_id=model_id))

    def test_finalized_model_keeps_its_files_and_its_status(self, store: Store) -> None:
        model_id = new_model(store).model_id
        files = [stored_file("MLmodel")]
        assert store.finalize_logged_model(model_id, "READY", files).status == LoggedModelStatus.READY
        store.finalize_logged_model(model_id, "READY", [stored_file("other")])
        assert store.logged_model_files(model_id) == files
        with pytest.raises(InvalidState, match="READY"):
            store.finalize_logged_model(model_id, "FAILED")

    def test_failed_model_says_why_and_has_no_files(self, store: Store) -> None:
        model_id = new_model(store).model_id
        failed = store.finalize_logged_model(model_id, "FAILED", [stored_file("MLmodel")], "out of memory")
        assert (failed.status, failed.status_message) == (LoggedModelStatus.FAILED, "out of memory")
        assert store.logged_model_files(model_id) == []
        with pytest.raises(InvalidState, match="FAILED"):
            store.finalize_logged_model(model_id, "READY")

    @pytest.mark.parametrize("status", ["PENDING", "UNSPECIFIED", "ready", "", None, 7])
    def test_model_is_finalized_as_ready_or_failed_only(self, store: Store, status: str) -> None:
        model_id = new_model(store).model_id
        with pytest.raises(InvalidParameter):
            store.finalize_logged_model(model_id, status)

    @pytest.mark.parametrize("name", ["", " ", "x" * 501, 7, "a\nb", *(f"a{c}b" for c in "/:.%\"'")])
    def test_bad_name_is_refused_and_nothing_made(self, store: Store, name: str) -> None:
        with pytest.raises(InvalidParameter, match="name"):
            new_model(store, name)
        assert store.search_logged_models(["0"]) == []

    def test_model_without_a_name_gets_one_and_names_may_be_shared(self, store: Store) -> None:
        assert new_model(store).name
        assert [new_model(store, "forêt 🌲").name for _ in range(2)] == ["forêt 🌲"] * 2

    @pytest.mark.parametrize(
        "model_id", ["", "m-1", f"m-{'A' * 32}", f"m-{'1' * 33}", f"x-{'1' * 32}", "m-../../../..", 7]
    )
    def test_malformed_id_is_refused(self, store: Store, model_id: str) -> None:
        for refused in (
            lambda: store.create_logged_model(NewModel("0", model_id=model_id)),
            lambda: store.model_location("0", model_id),
            lambda: store.get_logged_model(model_id),
            lambda: store.delete_logged_model(model_id),
        ):
            with pytest.raises(InvalidParameter, match="no id of a logged model"):
                refused()

    def test_model_needs_an_active_experiment_and_run(self, store: Store) -> None:
        gone, run_id = store.create_experiment("gone"), new_run(store).info.run_id
        store.delete_experiment(gone)
        store.delete_run(run_id)
        for error, new in (
            (NotFound, NewModel("4711")),
            (InvalidState, NewModel(gone)),
            (NotFound, NewModel("0", source_run_id="f" * 32)),
            (InvalidState, NewModel("0", source_run_id=run_id)),
        ):
            with pytest.raises(error):
                store.create_logged_model(new)
        with pytest.raises(InvalidState):
            store.model_location(gone, UNKNOWN)
        assert store.search_logged_models(["0", gone]) == []

    @pytest.mark.parametrize("run_id", ["models", "Models", "MODELS"])
    def test_run_cannot_take_the_folder_of_models(self, store: Store, run_id: str) -> None:
        with pytest.raises(InvalidParameter, match="models"):
            store.create_run(NewRun("0", run_id=run_id))

    def test_unknown_model_is_not_found(self, store: Store) -> None:
        for asked in (store.get_logged_model, store.logged_model_files, store.delete_logged_model):
            with pytest.raises(NotFound, match=UNKNOWN):
                asked(UNKNOWN)

    def test_tags_are_set_replaced_and_removed(self, store: Store) -> None:
        model_id = new_model(store).model_id
        store.set_logged_model_tags(model_id, {"team": "vision", "goal": 1})
        store.set_logged_model_tags(model_id, {"team": "sound"})
        store.delete_logged_model_tag(model_id, "goal")
        assert store.get_logged_model(model_id).tags == {"team": "sound"}
        with pytest.raises(NotFound, match="goal"):
            store.delete_logged_model_tag(model_id, "goal")
        with pytest.raises(InvalidParameter):
            store.set_logged_model_tags(model_id, {"new": "1", "a//b": "2"})
        assert store.get_logged_model(model_id).tags == {"team": "sound"}

    def test_param_is_set_once_and_a_refused_batch_leaves_nothing(self, store: Store) -> None:
        model_id = new_model(store, depth="3").model_id
        store.log_model_params(model_id, {"depth": 3, "trees": 100})
        with pytest.raises(InvalidParameter, match=r"depth.*3.*4"):
            store.log_model_params(model_id, {"new": "1", "depth": "4"})
        assert store.get_logged_model(model_id).params == {"depth": "3", "trees": "100"}

    def test_metrics_are_the_latest_of_each_key_run_and_data_set(self, store: Store) -> None:
        model_id = new_model(store).model_id
        first, second = (new_run(store).info.run_id for _ in range(2))
        points = [
            Metric("accuracy", 0.5, 1, 0, model_id, "wine", "d1"),
            Metric("accuracy", 0.75, 2, 1, model_id, "wine", "d1"),
            Metric("accuracy", 0.25, 2, 1, model_id),
            Metric("accuracy", 0.125, 3, 2),
            Metric("loss", math.inf, 1, 0, model_id, "iris"),
        ]
        store.log_batch(first, points)
        store.log_batch(second, points[:1])
        found = store.get_logged_model(model_id).metrics
        assert found == [
            Metric("accuracy", 0.25, 2, 1, model_id, None, None, first),
            Metric("accuracy", 0.75, 2, 1, model_id, "wine", "d1", first),
            Metric("accuracy", 0.5, 1, 0, model_id, "wine", "d1", second),
            Metric("loss", math.inf, 1, 0, model_id, "iris", None, first),
        ]
        assert store.search_logged_models(["0"])[0].metrics == found

    def test_deleted_model_is_not_found(self, store: Store) -> None:
        model_id = new_model(store).model_id
        store.delete_logged_model(model_id)
        assert store.search_logged_models(["0"]) == []
        for asked in (store.get_logged_model, store.logged_model_files, store.delete_logged_model):
            with pytest.raises(NotFound, match="deleted"):
                asked(model_id)

    def test_newest_model_comes_first_and_pages_join(self, store: Store) -> None:
        made = [new_model(store).model_id for _ in range(5)]
        store.create_logged_model(NewModel(store.create_experiment("other")))
        first = store.search_logged_models(["0"], max_results=3)
        rest = store.search_logged_models(["0"], max_results=3, page_token=first.token)
        assert [model.model_id for model in (*first, *rest)] == made[::-1]
        assert (rest.token, store.search_logged_models([])) == (None, [])

    def test_run_lists_the_models_that_it_read_and_made(self, store: Store) -> None:
        runs = [new_run(store, name, start_time=start).info.run_id for start, name in enumerate("abc")]
        read, late, early = (new_model(store).model_id for _ in range(3))
        made = new_model(store, run_id=runs[2]).model_id
        store.log_models(runs[0], [LoggedModelInput(read)], [LoggedModelOutput(late, 7), LoggedModelOutput(early, 3)])
        store.log_models(runs[0], [LoggedModelInput(read)], [LoggedModelOutput(early, 2)])
        run = store.get_run(runs[0])
        assert run.inputs.model_inputs == [LoggedModelInput(read)]
        assert run.outputs.model_outputs == [LoggedModelOutput(early, 2), LoggedModelOutput(late, 7)]
        assert [each.outputs.model_outputs for each in store.search_runs(["0"])] == [
            [LoggedModelOutput(made, 0)],
            [],
            run.outputs.model_outputs,
        ]

    def test_models_are_noted_all_or_none(self, store: Store) -> None:
        run_id, model_id = new_run(store).info.run_id, new_model(store).model_id
        with pytest.raises(NotFound, match=UNKNOWN):
            store.log_models(run_id, [LoggedModelInput(model_id)], [LoggedModelOutput(UNKNOWN, 0)])
        assert store.get_run(run_id).inputs.model_inputs == []
        store.delete_run(run_id)
        with pytest.raises(InvalidParameter, match="deleted"):
            store.log_models(run_id, [LoggedModelInput(model_id)])
