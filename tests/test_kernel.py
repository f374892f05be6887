"""A run's life in real kernels: cells run again, kernels that are shut down, and kernels that die."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

from trackbook.entities import Run
from trackbook.runs.artifacts import list_artifacts
from trackbook.stores import open_store

pytestmark = [pytest.mark.kernel, pytest.mark.slow]

LOAD = "%load_ext trackbook"
TRAIN = """%track_start first
import trackbook
for step in range(20):
    trackbook.log_metric('loss', 1 / (step + 1), step=step)
"""
BUSY = "import time\nprint('begun', flush=True)\ntime.sleep(60)"
SLOW = """import time, trackbook
for step in range(9):
    trackbook.log_metric('loss', step, step=step)
    time.sleep(0.05)
"""


class Kernel:
    """A kernel in a folder of its own, whose cells are run one after the other.

    Attributes:
        said: what the last cell wrote.
        shown: the MIME types of each display of the last cell.
    """

    def __init__(self, folder: Path, notebook: str = "") -> None:
        environment = {**os.environ, "MPLBACKEND": "agg"}
        if notebook:
            environment["JPY_SESSION_NAME"] = notebook
        self._manager = KernelManager()
        self._manager.start_kernel(cwd=str(folder), env=environment)
        self._client: BlockingKernelClient = self._manager.blocking_client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=60)
        self.said, self.shown = "", list[set[str]]()

    def run(self, code: str, cell: str | None = None) -> str:
        """Run a cell as a front end would; "ok" or the name of its error."""
        message = self._client.session.msg(
            "execute_request", {"code": code, "silent": False, "store_history": True, "allow_stdin": False}
        )
        if cell:
            message["metadata"]["cellId"] = cell
        self._client.shell_channel.send(message)
        return self._answer(message["header"]["msg_id"])

    def _answer(self, request: str) -> str:
        self.said, self.shown, ended = "", [], "ok"
        while True:
            message = self._client.get_iopub_msg(timeout=60)
            if message["parent_header"].get("msg_id") != request:
                continue
            ended = self._take(message["msg_type"], message["content"]) or ended
            if message["content"].get("execution_state") == "idle":
                return ended

    def _take(self, kind: str, content: dict[str, Any]) -> str | None:
        if kind == "stream":
            self.said += content["text"]
        elif kind in ("display_data", "execute_result"):
            self.shown.append(set(content["data"]))
        return str(content["ename"]) if kind == "error" else None

    def begin(self, code: str) -> str:
        """Run a cell that takes long, until it has written "begun"; its number for `interrupt`."""
        request = str(self._client.execute(code))
        while True:
            message = self._client.get_iopub_msg(timeout=60)
            if message["msg_type"] == "stream" and "begun" in message["content"]["text"]:
                return request

    def interrupt(self, request: str) -> str:
        """Interrupt the cell that was begun; the name of its error."""
        self._manager.interrupt_kernel()
        return self._answer(request)

    def kill(self) -> None:
        """End it as the kernel of the operating system does when memory is short."""
        self._manager.signal_kernel(signal.SIGKILL)
        self._manager.provisioner.process.wait(10)  # type: ignore[union-attr]
        self.end(now=True)

    def terminate(self) -> None:
        """End it as the operating system does when it is shut down."""
        self._manager.signal_kernel(signal.SIGTERM)
        self._manager.provisioner.process.wait(20)  # type: ignore[union-attr]
        self.end(now=True)

    def end(self, now: bool = False) -> None:
        """Shut it down as Jupyter does."""
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=now)
        self._manager.cleanup_resources()


@pytest.fixture
def start_kernel(own_folder: None) -> Iterator[Callable[..., Kernel]]:
    """Starts kernels in the test's folder, with the extension loaded."""
    started: list[Kernel] = []

    def start(**settings: Any) -> Kernel:
        kernel = Kernel(Path.cwd(), **settings)
        started.append(kernel)
        assert kernel.run(LOAD) == "ok", kernel.said
        return kernel

    yield start
    for kernel in started:
        if kernel._manager.has_kernel:
            kernel.end(now=True)


def stored() -> list[Run]:
    """The runs in the test's folder, oldest first."""
    return list(reversed(open_store("trackbook.db").search_runs(["0"])))


def age_heartbeats(milliseconds: int) -> None:
    with sqlite3.connect("trackbook.db") as database:
        database.execute("UPDATE runs SET heartbeat = heartbeat - ?", (milliseconds,))
    database.close()


@pytest.mark.parametrize("cell", ["8a1f0c", None], ids=["cell id", "source"])
def test_rerun_of_a_cell_ends_the_run_before_it(start_kernel: Callable[..., Kernel], cell: str | None) -> None:
    kernel = start_kernel()
    assert [kernel.run(TRAIN, cell) for _ in range(3)] == ["ok"] * 3
    kernel.end()
    runs = stored()
    assert [run.info.status for run in runs] == ["FINISHED"] * 3
    assert [run.data.tags.get("trackbook.ended_by") for run in runs] == ["rerun", "rerun", None]
    assert [run.data.metrics for run in runs] == [{"loss": 0.05}] * 3


def test_cell_run_again_after_the_kernel_was_killed_ends_the_lost_run(start_kernel: Callable[..., Kernel]) -> None:
    killed = start_kernel(notebook="/home/ada/train.ipynb")
    assert killed.run(TRAIN, "8a1f0c") == "ok"
    killed.kill()
    age_heartbeats(120_000)
    (old,) = stored()
    life = open_store("trackbook.db").run_life(old.info.run_id)
    assert (old.info.status, life.lost) == ("RUNNING", True)
    kernel = start_kernel(notebook="/home/ada/train.ipynb")
    assert kernel.run(TRAIN, "8a1f0c") == "ok"
    assert "is now KILLED" in kernel.said
    old, new = stored()
    assert (old.info.status, old.info.end_time, old.data.tags["trackbook.ended_by"]) == (
        "KILLED",
        life.heartbeat,
        "rerun",
    )
    assert (new.info.status, old.data.metrics) == ("RUNNING", {"loss": 0.05})


def test_run_of_a_kernel_that_may_be_alive_is_left_alone(start_kernel: Callable[..., Kernel]) -> None:
    first, second = start_kernel(notebook="/n.ipynb"), start_kernel(notebook="/n.ipynb")
    assert [first.run("%track_start first", "a"), second.run("%track_start second", "a")] == ["ok", "ok"]
    assert [run.info.status for run in stored()] == ["RUNNING", "RUNNING"]


def test_cell_of_another_notebook_leaves_a_lost_run_alone(start_kernel: Callable[..., Kernel]) -> None:
    killed = start_kernel(notebook="/one.ipynb")
    killed.run("%track_start first", "a")
    killed.kill()
    age_heartbeats(120_000)
    start_kernel(notebook="/two.ipynb").run("%track_start second", "a")
    assert [run.info.status for run in stored()] == ["RUNNING", "RUNNING"]


@pytest.mark.parametrize(("last_cells", "status"), [(["1 / 0", "1"], "FINISHED"), (["1", "1 / 0"], "FAILED")])
def test_shutdown_ends_the_run_as_its_last_cell_did(
    start_kernel: Callable[..., Kernel], last_cells: list[str], status: str
) -> None:
    kernel = start_kernel()
    for code in ["%track_start first", *last_cells]:
        kernel.run(code)
    kernel.end()
    (run,) = stored()
    assert run.info.status == status
    assert run.info.end_time is not None
    assert run.data.tags["trackbook.error"] == "ZeroDivisionError: division by zero"
    assert [each.path for each in list_artifacts(open_store("trackbook.db"), run)] == ["traceback.txt"]


@pytest.mark.parametrize(
    ("last_cell", "busy", "status"), [("1", False, "FINISHED"), ("1 / 0", False, "FAILED"), ("1", True, "KILLED")]
)
def test_kernel_ended_by_sigterm_ends_its_run_truthfully(
    start_kernel: Callable[..., Kernel], last_cell: str, busy: bool, status: str
) -> None:
    kernel = start_kernel()
    kernel.run("%track_start first;")
    kernel.run(last_cell)
    if busy:
        kernel.begin(BUSY)
    kernel.terminate()
    (run,) = stored()
    assert run.info.status == status
    assert run.info.end_time is not None


@pytest.mark.parametrize("start", ["%%track first\n", "%track_start first\n"], ids=["%%track", "%track_start"])
def test_interrupted_cell_kills_its_run(start_kernel: Callable[..., Kernel], start: str) -> None:
    kernel = start_kernel()
    request = kernel.begin(start + BUSY)
    assert kernel.interrupt(request) == "KeyboardInterrupt"
    kernel.end()
    assert [run.info.status for run in stored()] == ["KILLED"]


def test_shutdown_of_a_busy_kernel_ends_its_run(start_kernel: Callable[..., Kernel]) -> None:
    kernel = start_kernel()
    kernel.begin("%track_start first\n" + BUSY)
    kernel.end()
    assert [run.info.status for run in stored()] == ["KILLED"]


def test_curves_appear_under_the_cell_that_logs_one(start_kernel: Callable[..., Kernel]) -> None:
    kernel = start_kernel()
    kernel.run("%track_start first;")
    assert kernel.shown == []
    kernel.run("%track_metric score=1")
    assert kernel.shown == [], "one value is no curve"
    kernel.run(SLOW)
    widgets = ["application/vnd.jupyter.widget-view+json" in kinds for kinds in kernel.shown]
    assert widgets == [True, False, False], "the curves, and below them their table and picture"
    kernel.run("trackbook.log_metric('loss', 1, step=9)\ntrackbook.log_metric('loss', 1, step=10)")
    assert len(kernel.shown) == 3, "a quick cell shows them when it ends"
