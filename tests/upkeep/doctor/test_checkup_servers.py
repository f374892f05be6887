"""A store on a database server is examined and freed of what was deleted, like one in a file."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from trackbook.entities import Run
from trackbook.stores import open_store
from trackbook.stores.base import NewRun
from trackbook.upkeep.doctor.checkup import examine
from trackbook.upkeep.du import by_kind
from trackbook.upkeep.gc import Wanted, collect_garbage, collect_orphans


def test_store_on_a_server_is_looked_after(server_uri: str, fill: Callable[..., Run]) -> None:
    store = open_store(server_uri)
    gone, kept = fill(store), fill(store)
    store.delete_run(gone.info.run_id)
    assert [piece.gone for piece in collect_garbage(store, Wanted(older_than=0))] == [True]
    assert not Path(str(gone.info.artifact_uri)).exists()
    assert list(collect_orphans(store, time.time() + 90_000)) == []
    assert Path(str(kept.info.artifact_uri)).exists()
    assert list(examine(server_uri)) == []
    assert by_kind(store)["artifacts"] == 200
    Path(str(kept.info.artifact_uri), "folder/0.bin").unlink()
    store.create_run(NewRun("0", owned=True))
    findings = list(examine(server_uri, now=1))
    assert {finding.check for finding in findings} == {"artifacts", "clock"}
    assert not [finding for finding in findings if "s3cr" in str(finding.row())]
    store.close()
