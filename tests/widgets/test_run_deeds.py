"""What a page asks of a runs table to do, asked without a page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from trackbook.entities import Param
from trackbook.stores.base import RunTable, Store
from trackbook.widgets.permission import Permission
from trackbook.widgets.runs_table import RunsTable

pytestmark = pytest.mark.usefixtures("comms")
Sent = Callable[[Any], list[tuple[dict[str, Any], list[bytes]]]]


@pytest.fixture
def ask(sent: Sent) -> Callable[..., Any]:
    """Ask a panel; its answer, or the sentence with which it refuses."""

    def put(panel: RunsTable, kind: str, **given: Any) -> Any:
        panel._handle_custom_msg({"type": "ask", "page": "p", "number": 1, "kind": kind, "given": given}, [])
        answer, _ = sent(panel)[-1]
        return answer["refused"]["message"] if "refused" in answer else answer["value"]

    return put


def shown(panel: RunsTable) -> list[str]:
    return list(panel._rows.run_ids)


def test_deleting_takes_the_rows_away_and_undo_brings_them_back(digits: Store, ask: Callable[..., Any]) -> None:
    panel = RunsTable.of(digits, ["1"])
    first, *others = shown(panel)
    answer = ask(panel, "delete", run_ids=[first])
    assert (answer["done"], shown(panel)) == ([first], others)
    kind, given = answer["undo"]
    ask(panel, kind, **given)
    assert shown(panel) == [first, *others]


def test_a_page_that_only_looks_changes_nothing(digits: Store, ask: Callable[..., Any]) -> None:
    panel = RunsTable.of(digits, ["1"], permission=Permission(False, "This page only reads."))
    first = shown(panel)[0]
    for kind in ("delete", "rename", "tag", "put_tags", "star", "note", "restore", "purge"):
        assert ask(panel, kind, run_ids=[first], run_id=first, name="x", key="k", text="t") == "This page only reads."
    assert digits.get_run(first).info.lifecycle_stage == "active"
    assert STAR not in digits.get_run(first).data.tags
    assert ask(panel, "cell", run_id=first, column="params.solver") == {"text": "adam"}


STAR = "trackbook.star"


def test_deleted_runs_are_a_view_of_their_own_and_are_purged_there(digits: Store, ask: Callable[..., Any]) -> None:
    panel = RunsTable.of(digits, ["1"])
    first = shown(panel)[0]
    ask(panel, "delete", run_ids=[first])
    panel.view = {"deleted": True}
    assert (shown(panel), panel._about["deleted"]) == ([first], True)
    plan = ask(panel, "purge_plan", run_ids=[first])
    assert [piece["name"] for piece in plan["pieces"]] == ["run-2"]
    assert plan["size"] == 0
    assert digits.get_run(first).info.run_id == first
    assert ask(panel, "purge", run_ids=[first])["gone"] == 1
    assert shown(panel) == []
    assert "no run with the id" in ask(panel, "restore", run_ids=[first])


def test_purging_asks_for_deleted_runs_only(digits: Store, ask: Callable[..., Any]) -> None:
    panel = RunsTable.of(digits, ["1"])
    assert "is not deleted" in ask(panel, "purge_plan", run_ids=shown(panel)[:1])
    assert "No run is selected" in ask(panel, "purge", run_ids=[])


def test_moved_runs_leave_the_table_and_undo_brings_them_back(digits: Store, ask: Callable[..., Any]) -> None:
    other = digits.create_experiment("other")
    panel = RunsTable.of(digits, ["1"])
    before = shown(panel)
    assert {"id": other, "name": "other"} in ask(panel, "experiments")
    answer = ask(panel, "move", run_ids=before[:2], experiment_id=other)
    assert (set(answer["done"]), shown(panel)) == (set(before[:2]), before[2:])
    kind, given = answer["undo"]
    ask(panel, kind, **given)
    assert shown(panel) == before
    digits.delete_experiment(other)
    assert "is deleted" in ask(panel, "move", run_ids=before, experiment_id=other)


def test_a_long_param_is_whole_where_it_is_asked_for(digits: Store, ask: Callable[..., Any]) -> None:
    text = "מילה 🙂" * 700
    run_id = digits.search_runs(["1"])[0].info.run_id
    digits.log_batch(run_id, params=[Param("prompt", text)])
    panel = RunsTable.of(digits, ["1"])
    assert ask(panel, "cell", run_id=run_id, column="params.prompt") == {"text": text}


def test_a_table_of_columns_alone_says_why_it_changes_nothing(
    table_of: Callable[..., RunTable], ask: Callable[..., Any]
) -> None:
    panel = RunsTable(table_of(["a"]))
    assert "columns alone" in ask(panel, "delete", run_ids=["id-a"])
    assert panel.permission["allowed"] is False
