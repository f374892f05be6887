"""Runs, their status and how they show themselves."""

from __future__ import annotations

import pytest

from trackbook.entities import Metric, Run, RunData, RunInfo, RunStatus, SourceType
from trackbook.errors import InvalidParameter

PAYLOAD = '<img src=x onerror=alert(1)>"&'


@pytest.mark.parametrize(
    ("name", "number"), [("RUNNING", 1), ("SCHEDULED", 2), ("FINISHED", 3), ("FAILED", 4), ("KILLED", 5)]
)
def test_status_has_mlflows_number(name: str, number: int) -> None:
    assert RunStatus.from_string(name) == number
    assert RunStatus.to_string(number) == name
    assert RunStatus.is_terminated(number) == (number >= 3)


def test_unknown_status_names_those_that_there_are() -> None:
    with pytest.raises(InvalidParameter, match=r"run status 'DONE'.*FINISHED"):
        RunStatus.from_string("DONE")
    with pytest.raises(InvalidParameter, match="source type"):
        SourceType.to_string(9)


def test_metric_survives_its_dictionary() -> None:
    metric = Metric("loss", 0.5, 1_000, 3)
    assert Metric.from_dictionary(metric.to_dictionary()) == metric


def test_run_becomes_nested_dicts() -> None:
    run = Run(RunInfo("r", "0", "ada", "RUNNING", 1, None), RunData({"loss": 0.5}, {"lr": "0.1"}, {"a": "b"}))
    assert run.to_dictionary()["info"]["run_id"] == run.info.run_uuid == "r"
    assert run.to_dictionary()["data"] == {"metrics": {"loss": 0.5}, "params": {"lr": "0.1"}, "tags": {"a": "b"}}


def test_card_of_a_run_escapes_what_was_logged() -> None:
    info = RunInfo("r", "0", "ada", "RUNNING", 1, None, run_name=PAYLOAD)
    html = Run(info, RunData({PAYLOAD: 1.0}, {PAYLOAD: PAYLOAD}, {PAYLOAD: PAYLOAD}))._repr_html_()
    assert "<img" not in html
    assert html.count("&lt;img") == 6
