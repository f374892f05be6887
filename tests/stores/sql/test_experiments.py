"""Experiments: one a name, whoever asks at once; what deleting takes along and restoring brings back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from trackbook.errors import InvalidParameter, InvalidState, NotFound
from trackbook.stores.base import NewRun, Store
from trackbook.stores.sql.store import SqlStore
from trackbook.uris import parse_store_uri


def test_threads_that_ask_for_one_name_get_one_experiment(store: Store) -> None:
    found: list[str] = []
    barrier = threading.Barrier(8)

    def ask() -> None:
        barrier.wait()
        found.extend(store.ensure_experiment(f"same{number}").experiment_id for number in range(5))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(found), len(set(found))) == (40, 5)


def test_names_that_look_alike_are_different(store: Store) -> None:
    ids = {store.ensure_experiment(name).experiment_id for name in ("Loss", "loss", "loss ", "../loss", "a/b", "🎯")}
    assert len(ids) >= 5


def test_deleted_experiment_says_how_to_go_on(store: Store) -> None:
    experiment_id = store.create_experiment("digits")
    store.delete_experiment(experiment_id)
    with pytest.raises(InvalidState, match="restore"):
        store.ensure_experiment("digits")
    calls: list[Callable[[], None]] = [
        lambda: store.rename_experiment(experiment_id, "other"),
        lambda: store.set_experiment_tags(experiment_id, {"a": "b"}),
    ]
    for call in calls:
        with pytest.raises(InvalidState, match="restore_experiment"):
            call()


def test_deleting_stops_the_recorders_of_its_runs_and_restoring_lets_them_go_on(store: Store) -> None:
    experiment_id = store.create_experiment("digits")
    run_id = store.create_run(NewRun(experiment_id)).info.run_id
    recorder = store.recorder(run_id)
    recorder.log("loss", 1.0, 1)
    store.delete_experiment(experiment_id)
    with pytest.raises(InvalidParameter, match="deleted"):
        recorder.log("loss", 2.0, 2)
    store.restore_experiment(experiment_id)
    recorder.log("loss", 3.0, 3)
    assert [metric.step for metric in store.get_metric_history(run_id, "loss")] == [1, 3]
    with pytest.raises(NotFound, match="no deleted experiment"):
        store.restore_experiment(experiment_id)


def test_refused_tag_leaves_no_experiment_behind(store: Store) -> None:
    with pytest.raises(InvalidParameter, match="tag"):
        store.create_experiment("digits", tags={"": "v"})
    assert store.get_experiment_by_name("digits") is None


@pytest.mark.parametrize("location", [7, "a\0b", ["x"]])
def test_location_that_is_none_is_refused(store: Store, location: str) -> None:
    with pytest.raises(InvalidParameter, match="artifact_location"):
        store.create_experiment("digits", location)
    assert store.get_experiment_by_name("digits") is None


def test_artifacts_move_with_the_database_unless_they_have_a_place_of_their_own(tmp_path: Path) -> None:
    before = SqlStore(parse_store_uri(tmp_path / "here" / "trackbook.db"))
    beside = before.create_experiment("beside")
    away = before.create_experiment("away", str(tmp_path / "elsewhere"))
    before.close()
    (tmp_path / "here").rename(tmp_path / "there")
    after = SqlStore(parse_store_uri(tmp_path / "there" / "trackbook.db"))
    assert after.get_experiment(beside).artifact_location == f"{tmp_path}/there/trackbook-artifacts/{beside}"
    assert after.get_experiment(away).artifact_location == f"{tmp_path}/elsewhere"
    after.close()
