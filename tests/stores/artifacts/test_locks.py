"""The lock of a folder admits one holder and leaves nothing behind."""

from __future__ import annotations

import fcntl
import multiprocessing
import os
from pathlib import Path

import pytest

from trackbook.errors import StoreAway
from trackbook.stores.artifacts.locks import LOCK_NAME, locked

FORK = multiprocessing.get_context("fork")


def count_up(folder: str, times: int) -> None:
    file = Path(folder, "count")
    for _ in range(times):
        with locked(folder):
            file.write_text(str(int(file.read_text()) + 1))


def test_lock_admits_one_process_at_a_time(tmp_path: Path) -> None:
    (tmp_path / "count").write_text("0")
    processes = [FORK.Process(target=count_up, args=(str(tmp_path), 50)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert (tmp_path / "count").read_text() == "200"
    assert LOCK_NAME not in os.listdir(tmp_path)


def test_lock_that_another_holds_is_an_error_after_a_while(tmp_path: Path) -> None:
    with locked(str(tmp_path)), pytest.raises(StoreAway, match="has held"), locked(str(tmp_path), seconds=0.02):
        pass


def test_lock_on_a_file_that_its_holder_has_just_removed_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flock = fcntl.flock
    removed: list[int] = []

    def remove_first(descriptor: int, operation: int) -> None:
        if not removed:
            removed.append(descriptor)
            os.unlink(tmp_path / LOCK_NAME)
        flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", remove_first)
    with locked(str(tmp_path)), pytest.raises(StoreAway), locked(str(tmp_path), seconds=0.02):
        pass
    assert removed


def test_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    child = os.fork()
    if child == 0:
        with locked(str(tmp_path)):
            os.kill(os.getpid(), 9)
    os.waitpid(child, 0)
    assert (tmp_path / LOCK_NAME).exists()
    with locked(str(tmp_path), seconds=1):
        pass
    assert not (tmp_path / LOCK_NAME).exists()
