"""Two gcs at once, and a gc beside processes that log: each run goes once, and nobody is harmed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from trackbook.entities import Run
from trackbook.stores import open_store
from trackbook.upkeep.doctor.checkup import examine
from trackbook.upkeep.gc import Wanted, collect_garbage

CHILDREN = 3


def in_child(action: Callable[[], object]) -> int:
    child = os.fork()
    if child == 0:
        code = 1
        try:
            action()
            code = 0
        finally:
            os._exit(code)
    return child


def test_gcs_at_once_and_a_writer_beside_them(tmp_path: Path, fill: Callable[..., Run]) -> None:
    store = open_store(tmp_path / "trackbook.db")
    kept = fill(store)
    for _ in range(60):
        store.delete_run(fill(store, files=3).info.run_id)
    store.close()

    def collect() -> None:
        pieces = list(collect_garbage(open_store(tmp_path / "trackbook.db"), Wanted(older_than=0)))
        assert not [piece for piece in pieces if piece.problem]

    def log() -> None:
        opened = open_store(tmp_path / "trackbook.db")
        recorder = opened.recorder(kept.info.run_id)
        for step in range(2_000):
            recorder.log("beside", float(step), step)
        opened.close()

    children = [in_child(action) for action in [collect] * CHILDREN + [log] * CHILDREN]
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * len(children)
    store = open_store(tmp_path / "trackbook.db")
    assert list(examine(store.uri)) == []
    assert {path.name for path in (tmp_path / "trackbook-artifacts" / "0").iterdir()} == {kept.info.run_id}
    (summary,) = [summary for summary in store.summaries(kept.info.run_id) if summary.key == "beside"]
    assert summary.count == 2_000 * CHILDREN
    store.close()
