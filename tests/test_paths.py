"""Paths of data through few rooms, each to be read from end to end: a point to its widget, a model to its row."""

from __future__ import annotations

import _thread
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from sklearn.linear_model import LinearRegression

import trackbook
from trackbook import sklearn
from trackbook.runs.fluent import log_metric, start_run
from trackbook.stores.base import Store
from trackbook.widgets.curves import LiveCurves

PACKAGE = Path(trackbook.__file__).parent
POINT_ROOMS, MODEL_ROOMS = 8, 14


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
    assert {
        "runs/fluent.py",
        "stores/journal/drainer.py",
        "stores/journal/records.py",
        "widgets/curve_stream.py",
    } <= path
    assert len(path) <= POINT_ROOMS, " ".join(sorted(path))


def test_model_enters_fourteen_files_at_most_on_its_way_into_the_registry(rooms: Rooms) -> None:
    model = LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0])
    passed = []
    with start_run():
        for _ in range(4):
            rooms.entered, rooms.open = set(), True
            info = sklearn.log_model(model, name="line", registered_model_name="line")
            rooms.open = False
            passed.append(rooms.entered)
    path = set.intersection(*passed[1:])
    assert info.registered_model_version == 4
    assert {"models/flavors/sklearn.py", "stores/sql/logged_models.py", "stores/sql/registry/trail.py"} <= path
    assert len(path) <= MODEL_ROOMS, " ".join(sorted(path))
