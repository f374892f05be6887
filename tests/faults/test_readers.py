"""Readers beside a training: nobody disturbs anybody, and a look at many runs needs little memory."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import trackbook.stores.sql.store  # warm: the children fork from this process
from trackbook.entities import Metric, Param
from trackbook.stores import open_store
from trackbook.stores.base import NewRun


def fork(work: Callable[[], None]) -> int:
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        finally:
            os._exit(1)
    return child


def read_for(path: Path, run_id: str, until: float) -> None:
    """What a page does ten times a second; an error ends this process with 1."""
    store = open_store(path, read_only=True)
    seen = cursor = looks = 0
    while time.monotonic() < until:
        answer = store.read_feed(run_id, cursor)
        cursor = answer.cursor
        found = answer.points["loss"].steps.tolist() if answer.points else []
        seen = len(found) if answer.reload else seen + len(found)
        assert len(store.search_runs(["0"], order_by=["metrics.loss DESC"])) == 1
        assert store.run_table(["0"]).run_ids == [run_id]
        history = store.points(run_id, "loss").steps.tolist()
        assert history == list(range(len(history)))
        assert len(history) >= seen
        looks += 1
        time.sleep(0.05)
    assert looks > 3
    assert seen > 0


def test_readers_and_a_writer_at_full_speed_do_not_disturb_each_other(tmp_path: Path) -> None:
    """F2."""
    path = tmp_path / "trackbook.db"
    store = open_store(path)
    run_id = store.create_run(NewRun("0", owned=True)).info.run_id
    store.run_started(run_id)
    recorder = store.recorder(run_id)
    recorder.log("loss", 0.5, 0)
    store.flush()
    until = time.monotonic() + 3
    readers = [fork(lambda: read_for(path, run_id, until)) for _ in range(3)]
    step = 1
    while time.monotonic() < until:
        for _ in range(40):
            recorder.log("loss", 0.5, step)
            step += 1
        time.sleep(0.002)
    assert [os.waitstatus_to_exitcode(os.waitpid(reader, 0)[1]) for reader in readers] == [0, 0, 0]
    store.run_ended(run_id, "FINISHED")
    assert store.points(run_id, "loss").steps.tolist() == list(range(step))


def test_log_stays_short_beside_a_reader_that_never_stops(tmp_path: Path) -> None:
    """A reader's transaction ends with its call; were one left open, the write-ahead log would grow for ever."""
    path = tmp_path / "trackbook.db"
    store, reader = open_store(path), open_store(path, read_only=True)
    run_id = store.create_run(NewRun("0")).info.run_id
    for turn in range(30):
        store.log_batch(run_id, [Metric(f"k{n}", 0.5, 1, turn) for n in range(400)])
        store.flush()
        reader.search_runs(["0"])
        reader.points(run_id, "k1")
        reader.read_feed(run_id)
        store.database.checkpoint()  # type: ignore[attr-defined]
        assert path.with_name("trackbook.db-wal").stat().st_size == 0


SEARCH = """
    import sys
    from trackbook.stores import open_store
    store = open_store(sys.argv[1], read_only=True)
    def peak():
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    store.search_runs(["0"], max_results=1)
    store.run_table(["0"], max_results=1)
    before = peak()
    assert len(store.search_runs(["0"], "metrics.m1 > 0", max_results=1000, order_by=["metrics.m2 DESC"])) == 1000
    assert len(store.run_table(["0"], "params.p1 = 'v'").run_ids) == 3000
    print(peak() - before)
"""


def test_search_needs_little_memory(tmp_path: Path) -> None:
    """F44, at 3,000 runs of 20 metrics and 10 params: well under 150 MiB at 10,000."""
    path = tmp_path / "trackbook.db"
    store = open_store(path)
    with store.database.write() as connection:  # type: ignore[attr-defined]
        for number in range(20):
            connection.execute("INSERT INTO series (key) VALUES (?)", (f"m{number}",))
            connection.execute("INSERT INTO names (name) VALUES (?)", (f"p{number}",))
        for run in range(1, 3001):
            connection.execute(
                "INSERT INTO runs (run_id, experiment, name, status, start_time, lifecycle_stage) "
                "VALUES (?, 0, 'a run', 3, ?, 'active')",
                (f"{run:032x}", run),
            )
            summary = "INSERT INTO metric_summary (run, series, last, last_class, last_step, last_time, count) "
            connection.executemany(summary + "VALUES (?, ?, ?, 0, 1, 1, 1)", [(run, s, 0.5) for s in range(1, 21)])
            connection.executemany("INSERT INTO params VALUES (?, ?, 'v')", [(run, name) for name in range(1, 11)])
    store.close()
    root = str(Path(trackbook.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(SEARCH), str(path)],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONPATH": root},
    )
    assert 0 < int(done.stdout) < 45 * 1024  # KiB


def test_feed_of_a_read_only_store_follows_another_process(tmp_path: Path) -> None:
    path = tmp_path / "trackbook.db"
    store = open_store(path)
    run_id = store.create_run(NewRun("0")).info.run_id
    reader = open_store(path, read_only=True)
    child = fork(lambda: store.recorder(run_id).log_points([Metric("loss", 0.5, 1, 7)]) or store.flush())
    os.waitpid(child, 0)
    assert reader.read_feed(run_id).points["loss"].steps.tolist() == [7]
    store.log_batch(run_id, params=[Param("lr", "1")])
    assert reader.get_run(run_id).data.params == {"lr": "1"}
