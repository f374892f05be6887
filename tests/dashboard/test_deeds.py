"""What somebody does with a whole page, as its front end asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from trackbook.dashboard import Dashboard
from trackbook.dashboard.standing import decode_view
from trackbook.errors import NotFound
from trackbook.stores import open_store
from trackbook.stores.base import NewRun, Store
from trackbook.widgets.permission import Permission

FORBIDDEN = Permission(False, "This page only reads. Ask its host.")


@pytest.fixture
def runs(file_store: Store) -> list[str]:
    """Two runs of the experiment digits; there is another experiment, forests."""
    digits, forests = file_store.create_experiment("digits"), file_store.create_experiment("forests")
    file_store.create_run(NewRun(forests, "tree", start_time=1))
    found = [file_store.create_run(NewRun(digits, f"run-{n}", start_time=n)).info.run_id for n in range(2)]
    file_store.flush()
    return found


def asked(page: Dashboard, kind: str, /, **given: Any) -> Any:
    """What the kernel answers; a refusal as text."""
    sent: list[dict[str, Any]] = []
    page.send = lambda content, buffers=None: sent.append(content)
    page._hear(page, {"type": "ask", "page": "p", "number": 1, "kind": kind, "given": given}, [])
    (answer,) = [one for one in sent if one["type"] == "answer"]
    return answer["refused"]["message"] if "refused" in answer else answer["value"]


@pytest.fixture
def page(file_store: Store, runs: list[str]) -> Iterator[Dashboard]:
    digits = file_store.get_experiment_by_name("digits")
    assert digits is not None
    opened = Dashboard(file_store.uri, experiment=digits.experiment_id, permission=Permission(True, actor="voila:ada"))
    assert opened.table is not None
    opened.table.selected = [runs[1], runs[0]]
    opened.table.selected = [runs[0]]
    opened.tab = "curves"
    yield opened
    opened.close()


def reopened(store: Store, **begin: Any) -> Dashboard:
    return Dashboard(store.uri, permission=FORBIDDEN, **begin)


def test_link_opens_the_same_experiment_tab_selection_and_colour(
    page: Dashboard, file_store: Store, runs: list[str]
) -> None:
    query = asked(page, "link")
    assert query.startswith("?view=")
    again = reopened(file_store, view=decode_view(query.removeprefix("?view=")))
    assert again.table is not None
    assert (again.experiment, again.tab, again.selected) == (page.experiment, "curves", 1)
    assert (again.table.selected, again.table.slots) == ([runs[0]], {runs[0]: 2})
    assert again.curves is not None
    assert list(again.curves._cast.shown) == [runs[0]]
    again.close()


def test_view_is_saved_with_who_and_opened_by_its_name(page: Dashboard, file_store: Store, runs: list[str]) -> None:
    assert asked(page, "save_view", name="best of each family") is None
    assert [view["name"] for view in page.views] == ["best of each family"]
    assert file_store.get_view("best of each family").created_by == "voila:ada"
    assert asked(page, "link", name="best of each family") == "?saved=best%20of%20each%20family"
    again = reopened(file_store, saved="best of each family")
    assert (again.tab, again.selected, again.shown_view, again.notice) == ("curves", 1, "best of each family", "")
    again.close()
    page.tab = "runs"
    assert asked(page, "open_view", name="best of each family") is None
    assert (page.tab, page.shown_view) == ("curves", "best of each family")


def test_saved_view_finds_its_experiment_by_name_in_another_store(page: Dashboard, tmp_path: Path) -> None:
    store = open_store(tmp_path / "other.db")
    view = {**page.standing(), "experiment": "4711"}
    other = store.create_experiment("digits")
    store.create_run(NewRun(other, "x"))
    again = reopened(store, view=view)
    assert (again.experiment, again.tab, again.selected) == (other, "curves", 0)
    again.close()
    store.close()


def test_taken_name_is_told_and_replaced_when_asked(page: Dashboard) -> None:
    asked(page, "save_view", name="one")
    assert "already" in asked(page, "save_view", name="one")
    assert asked(page, "save_view", name="one", replace=True) is None


def test_view_is_renamed_deleted_and_brought_back(page: Dashboard, file_store: Store) -> None:
    asked(page, "save_view", name="one")
    assert asked(page, "rename_view", name="one", new_name="two") is None
    assert page.shown_view == "two"
    state = asked(page, "delete_view", name="two")
    assert page.views == []
    assert asked(page, "restore_view", name="two", state=state) is None
    assert file_store.get_view("two").state["tab"] == "curves"


def test_new_experiment_is_made_and_shown(page: Dashboard, file_store: Store) -> None:
    assert asked(page, "new_experiment", name="churn") is None
    made = file_store.get_experiment_by_name("churn")
    assert made is not None
    assert page.experiment == made.experiment_id
    assert "churn" in page.vacant["title"]


@pytest.mark.parametrize("kind", ["save_view", "rename_view", "delete_view", "restore_view", "new_experiment"])
def test_page_that_only_reads_refuses_in_the_kernel(file_store: Store, runs: list[str], kind: str) -> None:
    file_store.save_view("one", {"tab": "runs"})
    only_reads = reopened(file_store)
    assert only_reads.permission == {"allowed": False, "why": FORBIDDEN.why}
    assert asked(only_reads, kind, name="one", new_name="two", state={}) == FORBIDDEN.why
    assert [view.name for view in file_store.list_views()] == ["one"]
    only_reads.close()


def test_unknown_view_is_told_and_the_page_opens(file_store: Store, runs: list[str]) -> None:
    opened = reopened(file_store, saved="none")
    assert "'none'" in opened.notice
    assert opened.table is not None
    opened.close()


def test_code_of_the_page_shows_it_again(
    page: Dashboard, file_store: Store, runs: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import trackbook
    from trackbook import panels

    code = asked(page, "code", page=True)
    monkeypatch.setenv("TRACKBOOK_TRACKING_URI", file_store.uri)
    again = eval(code, {"trackbook": trackbook})
    assert (again.tab, again.table.selected) == ("curves", [runs[0]])
    again.close()
    with pytest.raises(NotFound, match="none"):
        panels.view("none")
