"""Which run is meant: threads, tasks, notebook cells and forked children each find theirs."""

from __future__ import annotations

import asyncio
import contextvars
import os
import pickle
import threading
from collections.abc import Callable
from typing import Any

import pytest

import trackbook
from trackbook.entities import Run
from trackbook.errors import InvalidState


def in_threads(work: Callable[[int], object], count: int) -> None:
    """Run `work` in so many threads at once, and raise what one of them raised."""
    errors: list[BaseException] = []
    barrier = threading.Barrier(count)

    def guarded(number: int) -> None:
        try:
            barrier.wait(timeout=30)
            work(number)
        except BaseException as error:  # noqa: BLE001 - handed to the test
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def in_a_fresh_context(work: Callable[[], Any]) -> Any:
    """As a notebook runs a cell."""
    return contextvars.Context().run(work)


def history(run_id: str, key: str) -> list[tuple[int, float]]:
    return [(point.step, point.value) for point in trackbook.Client().get_metric_history(run_id, key)]


def test_sixteen_threads_log_to_one_run_object() -> None:
    """F38, first half."""
    with trackbook.start_run() as run:

        def work(number: int) -> None:
            for step in range(1_000):
                run.log_metric(f"m{number}", step, step)

        in_threads(work, 16)
    assert all(len(history(run.info.run_id, f"m{number}")) == 1_000 for number in range(16))


def test_sixteen_threads_with_runs_of_their_own_never_cross() -> None:
    """F38, second half."""
    ids: dict[int, str] = {}

    def work(number: int) -> None:
        with trackbook.start_run() as run:
            ids[number] = run.info.run_id
            for step in range(200):
                trackbook.log_metric("mine", number, step)
            trackbook.log_param("number", number)

    in_threads(work, 16)
    for number, run_id in ids.items():
        assert history(run_id, "mine") == [(step, number) for step in range(200)]
        assert trackbook.get_run(run_id).data.params == {"number": str(number)}
        assert "mlflow.parentRunId" not in trackbook.get_run(run_id).data.tags


def test_fifty_interleaved_tasks_each_keep_their_run() -> None:
    """F39."""
    ids: dict[int, str] = {}

    async def work(number: int) -> None:
        with trackbook.start_run() as run:
            ids[number] = run.info.run_id
            for step in range(20):
                trackbook.log_metric("mine", number, step)
                await asyncio.sleep(0)

    async def main() -> None:
        await asyncio.gather(*(work(number) for number in range(50)))

    asyncio.run(main())
    for number, run_id in ids.items():
        assert history(run_id, "mine") == [(step, number) for step in range(20)]
    assert trackbook.active_run() is None


def test_task_inherits_the_run_around_it_and_nests_inside_it() -> None:
    parents: list[str] = []

    async def work() -> None:
        with trackbook.start_run(nested=True) as run:
            await asyncio.sleep(0)
            parents.append(run.data.tags["mlflow.parentRunId"])

    async def main() -> str:
        with trackbook.start_run() as outer:
            await asyncio.gather(work(), work(), work())
            return outer.info.run_id

    assert {asyncio.run(main())} == set(parents)


def test_thread_without_a_run_logs_to_the_only_open_stack() -> None:
    with trackbook.start_run(), trackbook.start_run(nested=True) as inner:
        in_threads(lambda number: trackbook.log_metrics({f"m{number}": number}), 3)
        in_threads(lambda number: trackbook.log_metric(f"n{number}", number), 3)
    metrics = trackbook.get_run(inner.info.run_id).data.metrics
    assert metrics == {f"{letter}{number}": float(number) for letter in "mn" for number in range(3)}


def test_threads_nest_inside_the_main_threads_run_and_not_inside_each_other() -> None:
    parents: list[str] = []
    together = threading.Barrier(4)

    def work(_: int) -> None:
        with trackbook.start_run(nested=True) as run:
            together.wait(timeout=30)
            parents.append(run.data.tags["mlflow.parentRunId"])
            together.wait(timeout=30)

    with trackbook.start_run() as outer:
        in_threads(work, 4)
        assert trackbook.active_run() is outer
    assert set(parents) == {outer.info.run_id}


def test_thread_that_started_none_is_told_the_ways_out_when_several_stacks_are_open() -> None:
    opened, done = threading.Event(), threading.Event()

    def worker() -> None:
        with trackbook.start_run(run_name="theirs"):
            opened.set()
            done.wait(timeout=30)

    thread = threading.Thread(target=worker)
    with trackbook.start_run(run_name="mine") as mine:
        thread.start()
        opened.wait(timeout=30)
        with pytest.raises(InvalidState, match=r"'mine', 'theirs'.*run_id=") as caught:
            in_threads(lambda _: trackbook.log_metric("loss", 1), 1)
        assert "run.log_metric" in str(caught.value)
        in_threads(lambda _: mine.log_metric("loss", 1), 1)
        in_threads(lambda _: trackbook.log_metric("loss", 2, step=1, run_id=mine.info.run_id), 1)
        done.set()
        thread.join()
    assert history(mine.info.run_id, "loss") == [(0, 1.0), (1, 2.0)]


def test_end_run_in_a_thread_leaves_the_run_of_another() -> None:
    with trackbook.start_run() as run:
        in_threads(lambda _: trackbook.end_run(), 2)
        assert trackbook.active_run() is run
        assert not run.ended


def test_cells_with_contexts_of_their_own_share_the_run() -> None:
    run = in_a_fresh_context(trackbook.start_run)
    in_a_fresh_context(lambda: trackbook.log_metric("loss", 1.0))
    with pytest.raises(InvalidState, match="already active"):
        in_a_fresh_context(trackbook.start_run)
    child = in_a_fresh_context(lambda: trackbook.start_run(nested=True))
    assert child.data.tags["mlflow.parentRunId"] == run.info.run_id
    in_a_fresh_context(trackbook.end_run)
    assert in_a_fresh_context(trackbook.active_run) is run
    in_a_fresh_context(trackbook.end_run)
    assert in_a_fresh_context(trackbook.active_run) is None
    assert trackbook.get_run(run.info.run_id).data.metrics == {"loss": 1.0}


def test_cell_finds_its_run_beside_that_of_a_background_thread() -> None:
    opened, done = threading.Event(), threading.Event()

    def background() -> None:
        with trackbook.start_run():
            opened.set()
            done.wait(timeout=30)

    thread = threading.Thread(target=background)
    thread.start()
    opened.wait(timeout=30)
    run = in_a_fresh_context(trackbook.start_run)
    in_a_fresh_context(lambda: trackbook.log_metric("loss", 1.0))
    done.set()
    thread.join()
    in_a_fresh_context(trackbook.end_run)
    assert trackbook.get_run(run.info.run_id).data.metrics == {"loss": 1.0}


def test_cell_logs_to_its_own_run_and_not_to_a_workers_inside_it() -> None:
    opened, done = threading.Event(), threading.Event()

    def worker() -> None:
        with trackbook.start_run(nested=True):
            opened.set()
            done.wait(timeout=30)

    outer = in_a_fresh_context(trackbook.start_run)
    thread = threading.Thread(target=worker)
    thread.start()
    opened.wait(timeout=30)
    in_a_fresh_context(lambda: trackbook.log_metric("loss", 1.0))
    done.set()
    thread.join()
    assert trackbook.get_run(outer.info.run_id).data.metrics == {"loss": 1.0}


def test_ending_an_outer_run_ends_those_inside_it() -> None:
    outer = trackbook.start_run()
    inner = trackbook.start_run(nested=True)
    outer.end("KILLED")
    assert inner.ended
    assert {trackbook.get_run(run.info.run_id).info.status for run in (outer, inner)} == {"KILLED"}
    assert trackbook.active_run() is None


def test_ended_run_ends_once() -> None:
    with trackbook.start_run() as run:
        run.end("FAILED")
    assert trackbook.get_run(run.info.run_id).info.status == "FAILED"


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_forked_child_logs_to_the_run_and_does_not_end_it() -> None:
    with trackbook.start_run() as run:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                trackbook.log_metric("loss", 1.0)
                run.end()
                trackbook.Client()._store.close()
                code = 0
            finally:
                os._exit(code)
        assert os.waitpid(child, 0)[1] == 0
        assert trackbook.get_run(run.info.run_id).info.status == "RUNNING"
    assert trackbook.get_run(run.info.run_id).data.metrics == {"loss": 1.0}


def test_active_run_reaches_another_process_as_a_plain_run() -> None:
    with trackbook.start_run() as run:
        sent = pickle.loads(pickle.dumps(run))
    assert type(sent) is Run
    assert sent == run


def test_active_run_is_equal_to_what_is_read_back() -> None:
    with trackbook.start_run() as run:
        assert run == trackbook.get_run(run.info.run_id)
        assert {run: 1}[run] == 1
