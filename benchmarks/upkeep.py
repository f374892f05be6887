"""Measure doctor, gc and du on a store of 100,000 points and 10,000 artifacts: ``python benchmarks/upkeep.py``.

Prints a line a verb. The files are made without waiting for the disk, which is not what is measured here.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

RUNS, FILES, POINTS, KEYS = 100, 100, 100, 10  # runs; files a run; points a metric and run; metrics a run


def build(folder: Path) -> str:
    """A store with RUNS * FILES artifacts of 10 KB and RUNS * POINTS * KEYS points; its URI."""
    from trackbook.entities import Metric, StoredFile
    from trackbook.stores import open_store
    from trackbook.stores.base import NewRun

    store = open_store(folder / "trackbook.db")
    for number in range(RUNS):
        run = store.create_run(NewRun("0", start_time=number))
        run_id, root = run.info.run_id, Path(str(run.info.artifact_uri))
        points = [Metric(f"k{key}", 1 / (step + 1), step, step) for step in range(POINTS) for key in range(KEYS)]
        store.log_batch(run_id, points)
        (root / "files").mkdir(parents=True)
        stored = []
        for place in range(FILES):
            data = os.urandom(10_000)
            (root / "files" / f"{place}.bin").write_bytes(data)
            stored.append(StoredFile(f"files/{place}.bin", len(data), hashlib.sha256(data).hexdigest(), 1))
        store.record_files(run_id, stored)
        store.update_run(run_id, status="FINISHED", end_time=number + 1)
    store.close()
    return store.uri


def timed(what: str, action: Callable[[], object]) -> None:
    """Print how long something takes, and how large the process has become."""
    import resource

    began = time.perf_counter()
    told = action()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(f"{what:10} {time.perf_counter() - began:6.2f} s  {peak:5.0f} MB  {told}\n")


def main() -> None:
    """Build, then measure."""
    from trackbook.stores import open_store
    from trackbook.upkeep.doctor.checkup import examine
    from trackbook.upkeep.du import by_experiment
    from trackbook.upkeep.gc import Wanted, collect_garbage

    with tempfile.TemporaryDirectory() as folder:
        uri = build(Path(folder))
        timed("doctor", lambda: f"{len(list(examine(uri)))} findings")
        timed("du", lambda: f"{by_experiment(open_store(uri))[0].total} bytes")
        timed("du --walk", lambda: f"{by_experiment(open_store(uri), walk=True)[0].total} bytes")
        store = open_store(uri)
        for run in store.search_runs(["0"]):
            store.delete_run(run.info.run_id)
        timed("gc", lambda: f"{len(list(collect_garbage(store, Wanted(older_than=0))))} runs")
        store.close()


if __name__ == "__main__":
    main()
