"""Every endpoint is answered, and none of those that read can change a store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from trackbook.errors import TrackbookError
from trackbook.server.api.answers import ANSWERS
from trackbook.stores import open_store
from trackbook.stores.base import NewRun
from trackbook.wire import ENDPOINTS, Request

ASKED: dict[str, dict[str, Any]] = {
    "getExperiment": {"experiment_id": "0"},
    "getExperimentByName": {"experiment_name": "Default"},
    "searchRuns": {"experiment_ids": ["0"]},
}


@pytest.mark.parametrize("name", sorted({one.name for one in ENDPOINTS if one.permission == "read"}))
def test_endpoint_that_reads_works_on_a_store_that_can_only_be_read(name: str, tmp_path: Path) -> None:
    writer = open_store(tmp_path / "s.db")
    run = writer.create_run(NewRun("0", "otter"))
    writer.close()
    store = open_store(tmp_path / "s.db", read_only=True)
    asked = ASKED.get(name, {"run_id": run.info.run_id})
    assert ANSWERS[name](store, Request(asked))
    with pytest.raises(TrackbookError):
        store.create_run(NewRun("0"))
    store.close()
