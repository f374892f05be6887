from __future__ import annotations

from typing import Any

import pytest

from trackbook.stores.base import Store
from trackbook.widgets.runs_query import RunQuery, order_clauses
from trackbook.widgets.runs_table import RunsTable

pytestmark = pytest.mark.usefixtures("comms")
_CALL = "from trackbook import panels\n\npanels.runs(experiments=['digits-mlp']"


@pytest.mark.parametrize(
    ("view", "code"),
    [
        ({}, "%track_runs -e digits-mlp"),
        ({"filter": "metrics.loss < 1"}, "%track_runs metrics.loss < 1 -e digits-mlp"),
        ({"differs": True}, f"{_CALL}, view={{'differs': True}})"),
        ({"filter": "words only"}, f"{_CALL}, view={{'filter': 'words only'}})"),
        ({"filter": "metrics.loss > -1"}, f"{_CALL}, view={{'filter': 'metrics.loss > -1'}})"),
    ],
)
def test_a_table_says_the_code_that_shows_it(digits: Store, view: dict[str, Any], code: str) -> None:
    assert RunsTable.of(digits, ["1"], view=view).code == code


def test_a_filter_of_its_own_and_one_of_the_box_are_both_in_the_code(digits: Store) -> None:
    panel = RunsTable.of(digits, ["1"], "metrics.val_loss < 1", view={"filter": "status = 'FINISHED'"}, last=5)
    assert panel.code == "%track_runs (metrics.val_loss < 1) and (status = 'FINISHED') -e digits-mlp --last 5"


def test_clauses_for_the_store_quote_every_key() -> None:
    order = [
        {"id": "metrics.val loss", "descending": False, "shown": "min"},
        {"id": "params.a.b", "descending": True},
        {"id": "attributes.start_time", "descending": True},
        {"id": "attributes.experiment", "descending": True},
    ]
    clauses = ["metrics.`val loss`.min ASC", "params.`a.b` DESC", "start_time DESC"]
    assert order_clauses(order) == clauses


def test_the_store_sorts_by_what_the_page_sorts_by(digits: Store) -> None:
    query = RunQuery(digits, ("1",)).sorted_by(order_clauses([{"id": "metrics.val_loss", "shown": "min"}]))
    table, total = query.read()
    assert (table.attributes["run_name"], total) == (["run-2", "run-1", "run-0"], 3)
    assert RunQuery(digits, ("1",)).read(skip=2)[0].attributes["run_name"] == ["run-0"]
