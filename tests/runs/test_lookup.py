"""Which run is meant."""

from __future__ import annotations

import pytest

from trackbook.errors import InvalidParameter, NotFound
from trackbook.runs.lookup import all_experiment_ids, find_run, run_by_id
from trackbook.runs.session import set_tracking_uri
from trackbook.stores.base import NewRun, Store

ID = "abcd" + "0" * 28


@pytest.fixture
def store(file_store: Store) -> Store:
    set_tracking_uri(file_store.uri)
    file_store.create_run(NewRun("0", "keen-heron", run_id=ID))
    return file_store


@pytest.mark.parametrize("text", [ID, ID[:4], ID[:31]])
def test_run_is_found_by_its_id_or_the_beginning_of_it(store: Store, text: str) -> None:
    assert run_by_id(store, text).info.run_id == ID
    assert find_run(store, text).info.run_id == ID


@pytest.mark.parametrize("text", ["abc", "abce", "ABCD", "keen-heron", ID + "0"])
def test_what_is_no_id_of_a_run_is_not_found(store: Store, text: str) -> None:
    with pytest.raises(NotFound, match=text):
        run_by_id(store, text)


@pytest.mark.parametrize("text", ["", "abcd%", "ab cd", "abcd'", "../abcd"])
def test_what_can_be_no_id_is_refused(store: Store, text: str) -> None:
    with pytest.raises(InvalidParameter):
        run_by_id(store, text)


def test_deleted_run_is_found_by_id_and_not_by_name(store: Store) -> None:
    store.delete_run(ID)
    assert run_by_id(store, "abcd").info.run_id == ID
    with pytest.raises(NotFound, match="Ask the list"):
        find_run(store, "keen-heron", "Ask the list.")


def test_run_of_a_deleted_experiment_is_found_by_id(store: Store) -> None:
    store.create_run(NewRun(store.create_experiment("digits"), "gone", run_id="ef01" + "0" * 28))
    store.delete_experiment("1")
    assert run_by_id(store, "ef01").info.run_name == "gone"
    assert all_experiment_ids(store) == ["0"]


def test_whole_id_wins_over_ids_that_begin_so(store: Store) -> None:
    store.create_run(NewRun("0", "client's own", run_id="abcd"))
    assert run_by_id(store, "abcd").info.run_name == "client's own"


def test_several_candidates_are_listed(store: Store) -> None:
    for place in range(12):
        store.create_run(NewRun("0", f"run-{place}", run_id=f"abcd{place + 1:028}"))
    for find in (run_by_id, find_run):
        with pytest.raises(InvalidParameter, match=r"Several run ids begin with 'abcd': abcd.*run-11.* and more\."):
            find(store, "abcd")


@pytest.mark.parametrize("name", ["brisk-otter", "it's", 'say "x"', 'it\'s "both"'])
def test_newest_run_of_a_name_is_found(store: Store, name: str) -> None:
    newest = store.create_run(NewRun("0", name, start_time=2)).info.run_id
    store.create_run(NewRun("0", name, start_time=1))
    assert find_run(store, name).info.run_id == newest
