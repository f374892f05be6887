"""The compare panel in the kernel: what is sent again, what it answers, and the code that shows it again."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from trackbook.entities import Metric, Param
from trackbook.stores.base import NewRun, Store
from trackbook.widgets.compare import MOST_RUNS, ComparePanel

pytestmark = pytest.mark.usefixtures("comms")
Sent = Callable[[Any], list[tuple[dict[str, Any], list[bytes]]]]


def ask(panel: ComparePanel, sent: Sent, kind: str, **given: Any) -> dict[str, Any]:
    panel._handle_custom_msg({"type": "ask", "page": "p", "number": 1, "kind": kind, "given": given}, [])
    return sent(panel)[-1][0]


@pytest.fixture
def ids(digits: Store) -> list[str]:
    return digits.run_table(["1"]).run_ids


def updates(panel: ComparePanel) -> list[str]:
    """The traits that were sent since the last look."""
    sent = [data for data, _ in panel.comm.sent]
    panel.comm.sent.clear()
    plain = [name for data in sent if data.get("method") == "update" for name in data["state"]]
    return plain + [data["content"]["name"] for data in sent if data.get("content", {}).get("type") == "bulk"]


def test_refresh_sends_only_what_changed(digits: Store, ids: list[str]) -> None:
    panel = ComparePanel(digits, ["1"], ids[:2])
    assert "_sections" in updates(panel)
    panel.refresh()
    assert updates(panel) == []
    digits.log_batch(ids[0], [Metric("val_loss", 0.05, 1_800_000_000_000)])
    digits.flush()
    panel.refresh()
    assert sorted(updates(panel)) == ["_around", "_columns", "_sections"]


def test_another_run_around_sends_the_column_that_changed(digits: Store, ids: list[str]) -> None:
    panel = ComparePanel(digits, ["1"], ids[:2])
    updates(panel)
    digits.log_batch(ids[2], [Metric("val_loss", 0.05, 1_800_000_000_000)])
    digits.flush()
    panel.refresh()
    _, buffers = panel.comm.sent[-1]
    assert sum(map(len, buffers)) == 8 * len(ids), "one column"
    assert sorted(updates(panel)) == ["_around", "_columns"]


def test_other_runs_keep_their_colours_and_the_view(digits: Store, ids: list[str]) -> None:
    panel = ComparePanel(digits, ["1"], ids[:2], view={"chart": "scatter"})
    assert panel.slots == {ids[0]: 1, ids[1]: 2}
    panel.show(ids[1:])
    assert panel.slots == {ids[1]: 2, ids[2]: 1}
    assert [run["id"] for run in panel._runs] == ids[1:]
    assert panel.view["chart"] == "scatter"
    panel.show(ids[1:], {ids[1]: 5, ids[2]: 6})
    assert panel.slots == {ids[1]: 5, ids[2]: 6}


def test_code_says_how_it_stands(digits: Store, ids: list[str]) -> None:
    first, second = ids[:2]
    panel = ComparePanel(digits, ["1"], [first, second])
    assert panel.code == f"%track_compare {first[:12]} {second[:12]}"
    panel.view = {"chart": "scatter", "x": "lr", "y": "val loss", "differs": False, "baseline": second}
    assert panel.code == (
        f"%track_compare {first[:12]} {second[:12]} --view scatter --baseline {second[:12]} --all --x lr --y 'val loss'"
    )
    other = digits.create_experiment("it's")
    assert ComparePanel(digits, ["1", other], [first]).code.endswith('''-e digits-mlp -e "it's"''')


def test_columns_of_the_view_are_sent_by_their_names(digits: Store, ids: list[str], sent: Sent) -> None:
    panel = ComparePanel(digits, ["1"], ids, view={"chart": "scatter", "x": "solver"})
    answer = ask(panel, sent, "columns")["value"]
    assert answer["ids"] == ids
    assert answer["names"] == ["run-2", "run-1", "run-0"]
    assert {"params.solver", "metrics.val_loss"} <= {axis["id"] for axis in answer["axes"]}
    assert panel.column("val_loss") == "metrics.val_loss"
    assert panel.column("gone") == "gone"


def test_contour_and_drivers_answer_or_say_why_not(digits: Store, ids: list[str], sent: Sent) -> None:
    panel = ComparePanel(digits, ["1"], ids)
    drivers = ask(panel, sent, "drivers", metric="val_loss")["value"]
    assert drivers["note"].startswith("0 finished runs have val_loss; from 12 on")
    contour = ask(panel, sent, "contour", x="params.solver", y="metrics.val_loss", z="metrics.val_loss")["value"]
    assert "span no surface" in contour["note"]
    refused = ask(panel, sent, "contour", x="params.gone", y="", z="")["refused"]
    assert "not in the store any more" in refused["message"]


def test_difference_of_long_params(digits: Store, ids: list[str], sent: Sent) -> None:
    for place, run_id in enumerate(ids[:2]):
        digits.log_batch(run_id, params=[Param("prompt", "word " * 800 + str(place))])
    panel = ComparePanel(digits, ["1"], ids[:2])
    found = ask(panel, sent, "difference", section="params", key="prompt", a=ids[0], b=ids[1])["value"]
    assert {sign for sign, _ in found["lines"]} >= {"+", "-"}
    for given in ({"a": ids[0], "b": ids[2], "section": "params"}, {"a": ids[0], "b": ids[1], "section": "run"}):
        assert "refused" in ask(panel, sent, "difference", key="prompt", **given)


def test_runs_without_anything_are_told_what_to_log(file_store: Store) -> None:
    run_id = file_store.create_run(NewRun("0", "bare")).info.run_id
    assert "no metrics and no params yet" in ComparePanel(file_store, ["0"], [run_id])._empty["title"]
    assert "No runs are selected" in ComparePanel(file_store, ["0"], [])._empty["title"]


def test_too_many_and_purged_runs_are_said(file_store: Store) -> None:
    ids = [file_store.create_run(NewRun("0", f"r{place}")).info.run_id for place in range(MOST_RUNS + 2)]
    panel = ComparePanel(file_store, ["0"], ["f" * 32, *ids])
    assert len(panel._runs) == MOST_RUNS - 1
    assert panel._around["note"] == "The first 24 of 27 runs are side by side. 1 of the runs is no longer in the store."


def test_state_is_strict_json_whatever_was_logged(file_store: Store) -> None:
    run_id = file_store.create_run(NewRun("0", "\u202eשלום 🎉")).info.run_id
    strange = [float("nan"), float("inf"), float("-inf"), 1e308, -0.0]
    file_store.log_batch(
        run_id, [Metric(f"m{place}", value, 1) for place, value in enumerate(strange)], [Param("p", "x" * 5_000)]
    )
    file_store.flush()
    panel = ComparePanel(file_store, ["0"], [run_id])
    json.dumps([panel._runs, panel._sections, panel._around], allow_nan=False)
    panel.static_picture()


def test_two_thousand_runs_take_little_to_send(digits: Store, ids: list[str], sent: Sent) -> None:
    panel = ComparePanel(digits, ["1"], ids)
    table, count = panel._seen.table, 2_000
    values = np.linspace(0.1, 1, count)
    wide = {f"m{place}": dict.fromkeys(("last", "min", "max", "count"), values) for place in range(40)}
    many = type(table)(
        [f"{place:032x}" for place in range(count)],
        {name: (each * count)[:count] for name, each in table.attributes.items()},
        wide,
        {},
        {},
    )
    panel._seen = panel._seen._replace(table=many)
    ask(panel, sent, "columns")
    _, buffers = sent(panel)[-1]
    assert 500_000 < sum(map(len, buffers)) < 1_000_000
