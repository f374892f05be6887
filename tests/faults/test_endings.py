"""How processes end, and what their runs say afterwards: real scripts, real signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from trackbook.entities import Run
from trackbook.runs.life import end_lost_runs, find_lost_runs
from trackbook.stores import open_store

START = "import trackbook\nrun = trackbook.start_run(run_name='script')\ntrackbook.log_metric('loss', 0.5)\n"
#: In short naps: a signal that comes just before a sleep is heard after it.
WAIT = "import time\nfor _ in range(600): time.sleep(0.1)"
READY = "print('ready', flush=True)\n"


class Ended(NamedTuple):
    """A script that has ended, and its only run."""

    code: int
    run: Run
    files: list[str]


def ended(code: int) -> Ended:
    (run,) = open_store("trackbook.db").search_runs(["0"])
    folder = Path(str(run.info.artifact_uri))
    return Ended(code, run, sorted(path.name for path in folder.rglob("*") if path.is_file()))


def begin(script: str) -> subprocess.Popen[str]:
    """A script that runs until it has said that it is ready."""
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def finish(process: subprocess.Popen[str], number: int | None = None) -> Ended:
    if number is not None:
        process.send_signal(number)
    try:
        process.communicate(timeout=60)
    finally:
        process.kill()
    return ended(process.returncode)


def run_script(script: str) -> Ended:
    Path("train.py").write_text(script)
    return ended(subprocess.run([sys.executable, "train.py"], check=False, capture_output=True, timeout=60).returncode)


THREAD = """import sys, threading
thread = threading.Thread(target=sys.exit, args=(3,))
thread.start(); thread.join()"""
PARSER = "import argparse, sys; sys.argv[1:] = ['--no']; argparse.ArgumentParser().parse_args()"
BLOCK = """trackbook.end_run()
trackbook.delete_run(run.info.run_id)
with trackbook.start_run():
    def broken():
        raise ValueError('no')
    broken()"""

#: Script, exit code, status, tag trackbook.error; whoever fails has a traceback, but for those that exit.
ENDINGS: dict[str, tuple[str, int, str, str | None]] = {
    "1 / 0": ("1 / 0", 1, "FAILED", "ZeroDivisionError: division by zero"),
    "sys.exit(3)": ("import sys; sys.exit(3)", 3, "FAILED", "SystemExit: 3"),
    "exit(2)": ("exit(2)", 2, "FAILED", "SystemExit: 2"),
    "exit()": ("exit()", 0, "FINISHED", None),
    "sys.exit(0)": ("import sys; sys.exit(0)", 0, "FINISHED", None),
    "the end": ("", 0, "FINISHED", None),
    "caught": ("import sys\ntry:\n    sys.exit(3)\nexcept SystemExit:\n    pass", 0, "FINISHED", None),
    "in a thread": (THREAD, 0, "FINISHED", None),
    "argparse": (PARSER, 2, "FAILED", "SystemExit: 2"),
    "Ctrl-C": ("raise KeyboardInterrupt", -signal.SIGINT, "KILLED", None),
    "with": (BLOCK, 1, "FAILED", "ValueError: no"),
}


@pytest.mark.parametrize("name", ENDINGS)
def test_script_ends_its_run_truthfully(name: str) -> None:
    """F8."""
    script, code, status, error = ENDINGS[name]
    found = run_script(START + script)
    assert (found.code, found.run.info.status) == (code, status)
    assert found.files == ([] if error is None or "Exit" in error else ["traceback.txt"])
    assert found.run.data.tags.get("trackbook.error") == error
    assert found.run.info.end_time is not None


def test_signal_ends_a_loop_that_does_nothing_but_log_at_once() -> None:
    loop = "while True:\n    trackbook.log_metric('x', 1)\n"
    process = begin(START + READY + loop)
    time.sleep(1)
    begun = time.monotonic()
    found = finish(process, signal.SIGTERM)
    assert (found.code, found.run.info.status) == (-signal.SIGTERM, "KILLED")
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_signal_kills_the_run_and_then_the_process(number: int) -> None:
    """F7."""
    found = finish(begin(START + READY + WAIT), number)
    assert (found.code, found.run.info.status) == (-number, "KILLED")
    assert (found.run.info.end_time or 0) >= (found.run.info.start_time or 0)
    assert found.run.data.metrics == {"loss": 0.5}


def test_interrupt_kills_the_run() -> None:
    found = finish(begin(START + READY + WAIT), signal.SIGINT)
    assert (found.code, found.run.info.status) == (-signal.SIGINT, "KILLED")


def test_signal_in_the_middle_of_logging_loses_nothing() -> None:
    loop = "step = 0\nwhile True:\n    trackbook.log_metric('x', step, step=step); trackbook.log_metrics({'y': 1.0})\n"
    loop += "    step += 1\n    if step % 50 == 0: trackbook.set_tag('t', step)\n"
    process = begin(START + READY + loop)
    time.sleep(0.3)
    found = finish(process, signal.SIGTERM)
    assert (found.code, found.run.info.status) == (-signal.SIGTERM, "KILLED")
    steps = [point.step for point in open_store("trackbook.db").get_metric_history(found.run.info.run_id, "x")]
    assert steps == list(range(len(steps)))


OWN_HANDLER = """import signal, sys
def mine(number, frame):
    print('mine', flush=True)
    sys.exit(7)
"""


@pytest.mark.parametrize("when", ["before", "after"])
def test_handler_of_the_program_is_called_and_decides(when: str) -> None:
    install = "signal.signal(signal.SIGTERM, mine)\n"
    script = OWN_HANDLER + (install + START if when == "before" else START + install)
    process = begin(script + READY + WAIT)
    process.terminate()
    said, _ = process.communicate(timeout=60)
    found = ended(process.returncode)
    assert (said, found.code, found.run.info.status) == ("mine\n", 7, "FAILED")


def test_handlers_and_exit_are_given_back_when_the_last_run_ends() -> None:
    script = """import signal, sys, builtins
before = (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGHUP), sys.exit, type(exit).__call__)
import trackbook
with trackbook.start_run(run_name='script'):
    with trackbook.start_run(nested=True) as inner:
        during = signal.getsignal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is during is not before[0]
trackbook.delete_run(inner.info.run_id)
assert before == (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGHUP), sys.exit, type(exit).__call__)
"""
    assert run_script(script).code == 0


def test_ignored_signal_stays_ignored() -> None:
    script = "import signal\nsignal.signal(signal.SIGHUP, signal.SIG_IGN)\n" + START
    found = run_script(script + "import os; os.kill(os.getpid(), signal.SIGHUP)")
    assert (found.code, found.run.info.status) == (0, "FINISHED")


def test_run_started_in_a_thread_alone_is_not_ended_by_a_signal() -> None:
    script = "import trackbook, threading\nthread = threading.Thread(target=trackbook.start_run)\n"
    script += "thread.start(); thread.join()\n"
    found = finish(begin(script + READY + WAIT), signal.SIGTERM)
    assert found.code == -signal.SIGTERM  # no handler may be set from a thread: the run is lost later
    assert found.run.info.status == "RUNNING"


CHILDREN: dict[str, Callable[[], object]] = {
    "exits": lambda: sys.exit(3),
    "fails": lambda: int("x"),
    "is terminated": lambda: os.kill(os.getpid(), signal.SIGTERM),
    "is killed": lambda: os.kill(os.getpid(), signal.SIGKILL),
}


@pytest.mark.parametrize("way", CHILDREN)
def test_forked_child_never_ends_the_run_of_its_parent(way: str) -> None:
    """J11."""
    import trackbook

    with trackbook.start_run() as run:
        child = os.fork()
        if child == 0:
            try:
                with run:
                    CHILDREN[way]()
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        stored = trackbook.get_run(run.info.run_id)
        assert (stored.info.status, stored.info.end_time) == ("RUNNING", None)
        assert "trackbook.error" not in stored.data.tags
        assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    assert trackbook.get_run(run.info.run_id).info.status == "FINISHED"


def test_killed_process_is_lost_after_a_minute_and_ends_killed_at_its_last_heartbeat() -> None:
    """F7: the clock is passed in."""
    process = begin(START + READY + WAIT)
    store = open_store("trackbook.db")
    (running,) = store.search_runs(["0"])
    run_id = running.info.run_id
    beat = store.run_life(run_id).heartbeat or 0
    assert find_lost_runs(store, beat + 3_600_000) == [], "slow, but alive"
    process.kill()
    process.communicate(timeout=60)
    life = store.run_life(run_id)
    last = life.heartbeat or 0
    assert find_lost_runs(store, last + 60_000) == []
    assert [(run.info.run_id, when) for run, when in find_lost_runs(store, last + 60_001)] == [(run_id, last)]
    assert store.get_run(run_id).info.status == "RUNNING"
    assert end_lost_runs(store, last + 30_000) == []
    (gone,) = end_lost_runs(store, last + 3_600_000)
    info = store.get_run(run_id).info
    assert (gone.end_time, info.status, info.end_time) == (last, "KILLED", last)
    assert store.get_run(run_id).data.tags["trackbook.ended_by"] == "doctor"
    assert store.get_run(run_id).data.metrics == {"loss": 0.5}
    assert end_lost_runs(store, last + 3_600_000) == []


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata"])
def test_times_are_stored_in_utc_whatever_the_zone(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """F50."""
    monkeypatch.setenv("TZ", zone)
    before = time.time_ns() // 1_000_000
    found = run_script(START + "trackbook.log_metric('when', 1.0, timestamp=1_700_000_000_000)")
    after = time.time_ns() // 1_000_000
    info = found.run.info
    assert before <= (info.start_time or 0) <= (info.end_time or 0) <= after
    history = open_store("trackbook.db").get_metric_history(info.run_id, "when")
    assert [point.timestamp for point in history] == [1_700_000_000_000]
