from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from trackbook.errors import BadFilter
from trackbook.stores.base import NewRun, RunTable, Store
from trackbook.widgets.runs_query import RunQuery
from trackbook.widgets.runs_table import RunsTable, slots_of

pytestmark = pytest.mark.usefixtures("comms")
MakeTable = Callable[..., RunTable]
PAYLOAD = "<img src=x onerror=window.hacked=1>"


# ---- slots ----


def test_slots_take_the_lowest_free_one_and_keep_it() -> None:
    slots = slots_of(["a", "b", "c"], {})
    assert slots == {"a": 1, "b": 2, "c": 3}
    slots = slots_of(["b", "c"], slots)
    assert slots_of(["b", "c", "d", "e"], slots) == {"b": 2, "c": 3, "d": 1, "e": 4}


def test_slots_end_at_twenty_four() -> None:
    slots = slots_of([f"r{i}" for i in range(30)], {})
    assert sorted(slots.values()) == list(range(1, 25))
    assert "r29" not in slots


def test_selecting_gives_slots(table_of: MakeTable) -> None:
    widget = RunsTable(table_of(["a", "b"]))
    widget.selected = ["id-b", "id-a"]
    assert widget.slots == {"id-b": 1, "id-a": 2}


# ---- what a page gets ----


def test_state_that_a_late_page_reads_is_the_table_as_it_is_now(table_of: MakeTable) -> None:
    widget = RunsTable(table_of(["a"]))
    widget.update(table_of(["a", "b"]))
    assert widget._table["meta"]["ids"] == ["id-a", "id-b"]
    assert "_table" not in widget.get_state()  # a saved notebook keeps no rows


def test_update_without_a_change_sends_nothing(table_of: MakeTable) -> None:
    widget = RunsTable(table_of(["a", "b"]))
    before = len(widget.comm.sent)
    widget.update(table_of(["a", "b"]))
    assert len(widget.comm.sent) == before
    widget.update(table_of(["a", "b", "c"]))
    assert len(widget.comm.sent) == before + 1


def test_state_holds_no_nan_in_json(table_of: MakeTable) -> None:
    table = table_of(["a"])
    table.metrics["loss"]["last"] = np.array([np.nan])
    widget = RunsTable(table)
    widget.update(table_of(["b"]))  # RecordingComm takes no NaN
    assert widget.comm.sent


def test_bundle_has_a_constant_text_and_an_escaped_table(table_of: MakeTable) -> None:
    widget = RunsTable(table_of([PAYLOAD]), experiments={"1": PAYLOAD})
    data, _ = widget._repr_mimebundle_()  # type: ignore[misc]
    assert data["text/plain"] == repr(widget) == "Trackbook runs"
    assert "application/vnd.jupyter.widget-view+json" in data
    assert "<img" not in widget.static_table()
    assert "&lt;img" in widget.static_table()


# ---- messages ----


def test_opening_a_run_calls_back(table_of: MakeTable) -> None:
    opened: list[str] = []
    widget = RunsTable(table_of(["a"]))
    widget.on_open(opened.append)
    widget._handle_custom_msg({"type": "open", "run_id": "id-a"}, [])
    widget._handle_custom_msg({"type": "open", "run_id": 7}, [])
    assert opened == ["id-a"]


def test_curves_button_is_there_once_somebody_listens(table_of: MakeTable) -> None:
    asked: list[list[str]] = []
    widget = RunsTable(table_of(["a"]))
    assert widget._deeds == []
    widget.on_curves(asked.append)
    widget.selected = ["id-a"]
    widget._handle_custom_msg({"type": "curves"}, [])
    assert (widget._deeds, asked) == (["curves"], [["id-a"]])


def test_filter_without_a_store_is_refused_with_the_remedy(
    sent: Callable[[Any], list[Any]], table_of: MakeTable
) -> None:
    widget = RunsTable(table_of(["a"]))
    widget._handle_custom_msg({"type": "filter", "view": "v", "number": 1, "text": "a OR b"}, [])
    (answer, _) = sent(widget)[-1]
    assert (answer["type"], answer["view"], answer["number"]) == ("refused", "v", 1)
    assert "RunsTable.of" in answer["message"]


def names_of(meta: dict[str, Any]) -> list[str]:
    column = next(each for each in meta["columns"] if each["key"] == "run_name")
    return list(column["texts"])


def test_table_of_a_store_shows_its_runs_newest_first(digits: Store) -> None:
    widget = RunsTable.of(digits, ["1"])
    assert names_of(widget._table["meta"]) == ["run-2", "run-1", "run-0"]
    assert widget._about["title"] == "digits-mlp"
    assert repr(digits.uri) in widget._about["code"]


def test_filter_is_answered_by_the_store(digits: Store, sent: Callable[[Any], list[Any]]) -> None:
    widget = RunsTable.of(digits, ["1"], "metrics.val_loss < 0.25")
    text = "params.solver = 'sgd' OR params.solver = 'none'"
    widget._handle_custom_msg({"type": "filter", "view": "v", "number": 4, "text": text}, [])
    answer, buffers = sent(widget)[-1]
    assert (answer["type"], answer["number"], names_of(answer["meta"])) == ("filtered", 4, ["run-1"])
    assert buffers


def test_bad_filter_is_refused_with_its_column(digits: Store, sent: Callable[[Any], list[Any]]) -> None:
    widget = RunsTable.of(digits, ["1"], "metrics.val_loss < 0.25")
    before = widget._table
    widget._handle_custom_msg({"type": "filter", "view": "v", "number": 1, "text": "params.solver > 3"}, [])
    answer, _ = sent(widget)[-1]
    assert (answer["type"], answer["column"]) == ("refused", 15)
    assert not answer["message"].startswith("col")
    assert widget._table is before


def test_table_of_a_bad_filter_raises(digits: Store) -> None:
    with pytest.raises(BadFilter):
        RunsTable.of(digits, ["1"], "metrics.val_loss <")


def test_refresh_reads_the_store_again(digits: Store) -> None:
    widget = RunsTable.of(digits, ["1"], order_by=["metrics.val_loss ASC"])
    digits.create_run(NewRun("1", "run-3"))
    widget.refresh()
    assert names_of(widget._table["meta"]) == ["run-2", "run-1", "run-0", "run-3"]
    assert widget._about["order"] == [{"id": "metrics.val_loss", "descending": False}]


def test_query_counts_what_a_browser_does_not_hold(digits: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trackbook.widgets.runs_query.ROW_LIMIT", 1)
    table, total = RunQuery(digits, ("1",)).read()
    assert (len(table.run_ids), total) == (2, 3)


def test_selection_made_in_a_page_arrives_with_its_slots(table_of: MakeTable) -> None:
    widget = RunsTable(table_of(["a", "b"]))
    widget.set_state({"selected": ["id-b"], "slots": {"id-b": 1}})
    assert (widget.selected, widget.slots) == (["id-b"], {"id-b": 1})
