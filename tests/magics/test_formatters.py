"""Cards as the value of a cell: quick, complete, and without a call over a network."""

from __future__ import annotations

from trackbook.entities import Experiment, Metric, Run, RunData, RunInfo
from trackbook.magics.formatters import experiment_html, run_html
from trackbook.runs import session
from trackbook.stores.base import NewRun, Store

DEAD = "http://127.0.0.1:9/"


def test_card_of_a_run_in_a_file_has_its_curve(file_store: Store) -> None:
    session.set_tracking_uri(file_store.uri)
    run_id = file_store.create_run(NewRun("0", "first")).info.run_id
    file_store.log_batch(run_id, [Metric("val_loss", 1 / step, 0, step) for step in range(1, 9)])
    file_store.flush()
    html = run_html(file_store.get_run(run_id))
    assert "val_loss" in html
    assert "8 points" in html


def test_card_of_a_run_elsewhere_asks_nobody() -> None:
    """Nobody answers at this address: a card that asked would be the plain one, after a while."""
    session.set_tracking_uri(DEAD)
    run = Run(
        RunInfo("a" * 32, "7", "mira", "FINISHED", 0, 1_000, run_name="far"), RunData({"loss": 0.25}, {"lr": "1"}, {})
    )
    html = run_html(run)
    assert "tb-paper" in html
    assert "0.2500" in html
    assert "far" in experiment_html(Experiment("7", "far", "file:///a"))


def test_card_of_an_experiment_counts_its_runs(file_store: Store) -> None:
    session.set_tracking_uri(file_store.uri)
    for status in ("FINISHED", "FINISHED", "RUNNING"):
        run_id = file_store.create_run(NewRun("0", "one")).info.run_id
        if status != "RUNNING":
            file_store.update_run(run_id, status=status, end_time=1)
    html = experiment_html(file_store.get_experiment("0"))
    assert "3 runs" in html
    assert "2 finished" in html
    assert "1 running" in html
