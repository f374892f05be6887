"""Packages and uncommitted changes of runs, read once from where they lie."""

from __future__ import annotations

from typing import Any

from trackbook.entities import RunTag
from trackbook.runs.artifacts import log_text
from trackbook.stores.base import NewRun, Store
from trackbook.widgets.compare_files import RunFiles
from trackbook.widgets.compare_rows import Compared, read_compared

PACKAGES, DIFF = "trackbook/packages.txt", "trackbook/uncommitted.diff"


def three(store: Store) -> list[Compared]:
    """One with a list of its own, one that shares it, one without any."""
    runs = [store.create_run(NewRun("0", name)) for name in ("own", "shares", "none")]
    log_text(store, runs[0], "numpy==2.1.0\nours @ https://host/ours.git\n\nnonsense\n", PACKAGES)
    log_text(store, runs[0], "--- a\n+++ b\n+new\n", DIFF)
    store.log_batch(runs[1].info.run_id, tags=[RunTag("trackbook.context", runs[0].info.run_id)])
    return read_compared(store, [run.info.run_id for run in runs])[0]


def by_key(section: dict[str, Any]) -> dict[str, list[int]]:
    return {row["k"]: row["c"] for row in section["rows"]}


def test_packages_of_runs_that_started_together_are_shared(file_store: Store) -> None:
    found = RunFiles(file_store).packages(three(file_store))
    rows = by_key(found)
    assert rows["numpy"] == rows["ours"] == [0, 0, -1]
    assert found["note"] == "1 of 3 runs keep no list of packages."


def test_uncommitted_changes_are_told_apart_by_what_they_hold(file_store: Store) -> None:
    runs = three(file_store)
    files = RunFiles(file_store)
    (row,) = [row for row in files.packages(runs)["rows"] if row["k"] == "uncommitted changes"]
    assert row["c"] == [0, 0, -1]
    assert row["t"][0].startswith("1 line, ")
    assert "+new" in (files.changes(runs[1].run) or "")


def test_reading_stops_when_time_is_up(file_store: Store) -> None:
    clock = iter([0.0, 1.0, 9.0, 9.0, 9.0])
    found = RunFiles(file_store, lambda: next(clock)).packages(three(file_store))
    assert by_key(found)["numpy"] == [0, -1, -1]
    assert "Those of 2 runs were not read within 3 s." in found["note"]


def test_context_that_leads_nowhere_leaves_rows_empty(file_store: Store) -> None:
    run = file_store.create_run(NewRun("0", "lost", tags={"trackbook.context": "f" * 32}))
    assert RunFiles(file_store).changes(run) is None
