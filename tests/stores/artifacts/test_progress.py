"""A bar is shown when a transfer takes long, where somebody can see it, and nowhere else."""

from __future__ import annotations

import io
import os
import sys
import termios
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr

import pytest

from trackbook.stores.artifacts.progress import Transfer

MB = 1_000_000


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@contextmanager
def terminal() -> Iterator[Callable[[], str]]:
    """Standard error as a terminal; call what is given for what was shown there."""
    screen, device = os.openpty()
    termios.tcsetwinsize(device, (24, 80))
    with open(device, "w", encoding="utf-8") as stream, redirect_stderr(stream):

        def shown() -> str:
            print("<end>", end="", file=stream, flush=True)  # what a terminal is sent takes a moment to come through
            seen = ""
            while not seen.endswith("<end>"):
                seen += os.read(screen, 100_000).decode(errors="replace")
            return seen.removesuffix("<end>")

        yield shown
    os.close(screen)


def test_short_transfer_shows_nothing(clock: Clock) -> None:
    with terminal() as shown:
        transfer = Transfer("Storing a", 40 * MB, clock)
        for _ in range(40):
            transfer.advance(MB)
            clock.now += 0.02
        transfer.close()
        assert shown() == ""


def test_transfer_of_more_than_a_second_shows_a_bar(clock: Clock) -> None:
    with terminal() as shown:
        transfer = Transfer("Storing a", 4 * MB, clock)
        transfer.advance(MB)
        clock.now += 1.5
        transfer.advance(MB)
        seen = shown()
        transfer.close()
    assert "Storing a" in seen
    assert "2.00M/4.00M" in seen


def test_large_transfer_shows_a_bar_at_once_and_takes_it_away(clock: Clock) -> None:
    with terminal() as shown:
        transfer = Transfer("Downloading big", 60 * MB, clock)
        transfer.advance(MB)
        assert "Downloading big" in shown()
        transfer.close()
        assert shown().endswith("\r")


@pytest.mark.parametrize("name", ["TRACKBOOK_ENABLE_ARTIFACTS_PROGRESS_BAR", "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"])
def test_setting_switches_the_bar_off(clock: Clock, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "false")
    with terminal() as shown:
        Transfer("Downloading big", 60 * MB, clock).advance(MB)
        assert shown() == ""


def test_nothing_is_shown_where_nobody_looks(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    log = io.StringIO()
    with redirect_stderr(log):
        Transfer("Downloading big", 60 * MB, clock).advance(MB)
    monkeypatch.setattr(sys, "stderr", None)
    Transfer("Downloading big", 60 * MB, clock).advance(MB)
    assert log.getvalue() == ""


def test_missing_library_is_no_error(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tqdm", None)
    with terminal() as shown:
        Transfer("Downloading big", 60 * MB, clock).advance(MB)
        assert shown() == ""
