"""The path of a point from `log_metric` to the widget: few rooms, so that one can be read from end to end."""

from __future__ import annotations

import _thread
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import trackbook
from trackbook.runs.fluent import log_metric, start_run
from trackbook.stores.base import Store
from trackbook.widgets.curves import LiveCurves

PACKAGE = Path(trackbook.__file__).parent
ROOMS = 8


class WatchedCurves(LiveCurves):
    """A panel that tells when points have left for the page."""

    def __init__(self, store: Store, run_id: str) -> None:
        self.sent = threading.Event()
        super().__init__(store, run_id)

    def send(self, content: dict[str, Any], buffers: Any = None) -> None:
        super().send(content, buffers)
        if content["type"] == "points":
            self.sent.set()


START = _thread.start_new_thread


class Rooms:
    """The files of the package that threads started from now on, and this one, enter while `open`."""

    def __init__(self) -> None:
        self.open, self.entered = False, set[str]()

    def __call__(self, frame: FrameType, event: str, argument: Any) -> None:
        if self.open and event == "call" and frame.f_code.co_filename.startswith(str(PACKAGE)):
            self.entered.add(Path(frame.f_code.co_filename).relative_to(PACKAGE).as_posix())


def _followed(found: Rooms, work: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    """What a thread runs that is started without `threading`, as the drainer's is."""
    sys.setprofile(found)
    work(*arguments)


@pytest.fixture
def rooms(monkeypatch: pytest.MonkeyPatch) -> Iterator[Rooms]:
    found, before = Rooms(), sys.getprofile()
    sys.setprofile(found)
    threading.setprofile(found)
    monkeypatch.setattr(_thread, "start_new_thread", lambda work, arguments: START(_followed, (found, work, arguments)))
    yield found
    threading.setprofile(None)
    sys.setprofile(before)


def test_point_enters_eight_files_at_most_on_its_way_to_the_widget(rooms: Rooms) -> None:
    with start_run() as run:
        panel = WatchedCurves(run.store, run.info.run_id)
        passed = []
        for step in range(8):
            panel.sent.clear()
            rooms.entered, rooms.open = set(), True
            log_metric("loss", 1 / (step + 1), step=step)
            assert panel.sent.wait(20), "the point did not arrive"
            rooms.open = False
            passed.append(rooms.entered)
        panel.close()
    path = set.intersection(*passed[2:])  # without what beats once a second beside it
    assert {"runs/fluent.py", "stores/journal/drainer.py", "stores/journal/records.py", "widgets/curves.py"} <= path
    assert len(path) <= ROOMS, " ".join(sorted(path))
