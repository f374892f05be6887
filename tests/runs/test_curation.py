"""Deeds on runs: each changes the store, says what it did, and can be taken back by what it gives."""

from __future__ import annotations

import pytest

from trackbook.entities import ViewType
from trackbook.errors import InvalidParameter, NotFound
from trackbook.runs import curation
from trackbook.runs.curation import NOTE_TAG, STAR_TAG, Done
from trackbook.stores.base import NewRun, Store


@pytest.fixture
def runs(file_store: Store) -> list[str]:
    experiment = file_store.create_experiment("digits")
    return [file_store.create_run(NewRun(experiment, f"run-{place}")).info.run_id for place in range(3)]


def undo(store: Store, done: Done) -> Done:
    assert done.undo is not None
    verb, given = done.undo
    taken: Done = getattr(curation, verb)(store, **given)
    return taken


def test_a_name_is_given_and_taken_back(file_store: Store, runs: list[str]) -> None:
    done = curation.rename(file_store, runs[0], "best so far 🙂")
    assert file_store.get_run(runs[0]).info.run_name == "best so far 🙂"
    undo(file_store, done)
    assert file_store.get_run(runs[0]).info.run_name == "run-0"
    assert curation.rename(file_store, runs[0], "run-0") == Done([])
    with pytest.raises(InvalidParameter):
        curation.rename(file_store, runs[0], "a\x00b")


def test_a_star_is_a_tag_and_undone_only_where_it_was_new(file_store: Store, runs: list[str]) -> None:
    curation.star(file_store, runs[:1])
    done = curation.star(file_store, runs)
    assert done.run_ids == runs[1:]
    assert all(file_store.get_run(run_id).data.tags[STAR_TAG] == "true" for run_id in runs)
    undo(file_store, done)
    starred = [STAR_TAG in file_store.get_run(run_id).data.tags for run_id in runs]
    assert starred == [True, False, False]
    curation.star(file_store, runs, on=False)
    assert STAR_TAG not in file_store.get_run(runs[0]).data.tags


def test_a_note_is_replaced_and_the_one_before_comes_back(file_store: Store, runs: list[str]) -> None:
    curation.annotate(file_store, runs[0], "# First")
    done = curation.annotate(file_store, runs[0], "")
    assert NOTE_TAG not in file_store.get_run(runs[0]).data.tags
    undo(file_store, done)
    assert file_store.get_run(runs[0]).data.tags[NOTE_TAG] == "# First"


def test_deleted_runs_are_restored(file_store: Store, runs: list[str]) -> None:
    done = curation.delete(file_store, runs[:2])
    assert [run.info.run_id for run in file_store.search_runs(["1"], run_view_type=ViewType.ACTIVE_ONLY)] == runs[2:]
    undo(file_store, done)
    assert len(file_store.search_runs(["1"])) == 3


def test_moved_runs_go_back_each_to_its_own_experiment(file_store: Store, runs: list[str]) -> None:
    second, third = file_store.create_experiment("second"), file_store.create_experiment("third")
    curation.move(file_store, runs[:1], second)
    done = curation.move(file_store, runs, third)
    assert len(file_store.search_runs([third])) == 3
    undo(file_store, done)
    homes = [file_store.get_run(run_id).info.experiment_id for run_id in runs]
    assert homes == [second, "1", "1"]


def test_one_that_is_refused_does_not_stop_the_others(file_store: Store, runs: list[str]) -> None:
    done = curation.delete(file_store, [runs[0], "0" * 32, runs[1]])
    assert done.run_ids == runs[:2]
    assert "no run with the id" in done.refused["0" * 32]
    with pytest.raises(NotFound):
        curation.delete(file_store, ["0" * 32])
    with pytest.raises(InvalidParameter, match="No run is named"):
        curation.restore(file_store, [])
