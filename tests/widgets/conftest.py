"""Fixtures for widgets: a comm that records, feeds that a test fills, and a page that shows widgets as Jupyter does."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import count
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import comm
import numpy as np
import pytest
from comm.base_comm import BaseComm

from trackbook.entities import Experiment, Metric, Param, Run, RunInfo
from trackbook.stores.base import FeedAnswer, NewRun, PointArrays, RunTable, Store
from trackbook.widgets.delivery import split_buffers

if TYPE_CHECKING:
    from playwright.sync_api import Page


_DELIVERY = ("program", "bulk")


class RecordingComm(BaseComm):
    """A comm that keeps what is sent, after a round through JSON that takes no NaN."""

    def __init__(self, **kwargs: Any) -> None:
        self.sent: list[tuple[dict[str, Any], list[bytes]]] = []
        super().__init__(**kwargs)

    def publish_msg(self, msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None, **_: Any) -> None:
        plain = json.loads(json.dumps(data or {}, allow_nan=False))
        self.sent.append(({"msg_type": msg_type, **plain}, [bytes(part) for part in buffers or []]))


@pytest.fixture
def comms(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every widget that the test makes gets a `RecordingComm`, as `widget.comm`."""
    monkeypatch.setattr(comm, "create_comm", RecordingComm)


def customs(widget: Any) -> list[tuple[dict[str, Any], list[bytes]]]:
    """The custom messages that a widget has sent, with their buffers, oldest first; without its program and bulk."""
    every = [(data["content"], buffers) for data, buffers in widget.comm.sent if data.get("method") == "custom"]
    return [(content, buffers) for content, buffers in every if content.get("type") not in _DELIVERY]


@pytest.fixture
def sent() -> Callable[[Any], list[tuple[dict[str, Any], list[bytes]]]]:
    return customs


class ListFeed:
    """A feed whose points a test puts in; `commit` tells the followers as a store's nudge does."""

    def __init__(self, **metrics: Sequence[tuple[float, float]]) -> None:
        self._new: dict[str, list[tuple[float, float]]] = {key: list(points) for key, points in metrics.items()}
        self._cursor, self._reload = 0, False
        self.callbacks: list[Callable[[FeedAnswer], None]] = []

    def put(self, key: str, *points: tuple[float, float]) -> None:
        self._new.setdefault(key, []).extend(points)

    def start_over(self) -> None:
        self._reload = True

    def read(self) -> FeedAnswer:
        points = {key: _arrays(pairs) for key, pairs in self._new.items()}
        answer = FeedAnswer(self._cursor + 1, self._reload, points)
        self._new, self._reload, self._cursor = {}, False, self._cursor + 1
        return answer

    def follow(self, callback: Callable[[FeedAnswer], None]) -> Callable[[], None]:
        self.callbacks.append(callback)
        return lambda: self.callbacks.remove(callback)

    def commit(self, key: str, *points: tuple[float, float]) -> None:
        self.put(key, *points)
        answer = self.read()
        for callback in self.callbacks:
            callback(answer)


def _arrays(pairs: list[tuple[float, float]]) -> PointArrays:
    steps = np.array([step for step, _ in pairs], dtype=np.int64)
    values = np.array([value for _, value in pairs], dtype=np.float64)
    return PointArrays(steps, np.zeros(len(pairs), dtype=np.int64), values)


class FewRuns:
    """As much of a store as a panel of curves asks for."""

    def __init__(self, *runs: Run, experiment: str = "digits-mlp") -> None:
        self.runs = {run.info.run_id: run for run in runs}
        self.experiment = Experiment("1", experiment, "file:///tmp")
        self.lost: set[str] = set()
        self.asked: list[str] = []

    def get_run(self, run_id: str) -> Run:
        self.asked.append(run_id)
        return self.runs[run_id]

    def get_experiment(self, experiment_id: str) -> Experiment:
        return self.experiment

    def summaries(self, run_id: str) -> list[Any]:
        return []

    def run_life(self, run_id: str) -> SimpleNamespace:
        return SimpleNamespace(lost=run_id in self.lost)

    def end(self, run_id: str, status: str = "FINISHED") -> None:
        info = self.runs[run_id].info
        self.runs[run_id] = Run(replace(info, status=status, end_time=(info.start_time or 0) + 13_000))


def make_run(run_id: str = "r1", name: str = "amber-otter-23", status: str = "RUNNING", end: int | None = None) -> Run:
    """A run that began at a fixed time."""
    return Run(RunInfo(run_id, "1", "ada", status, 1_700_000_000_000, end, run_name=name))


@pytest.fixture
def curves_kit() -> SimpleNamespace:
    """ListFeed, FewRuns and make_run."""
    return SimpleNamespace(ListFeed=ListFeed, FewRuns=FewRuns, make_run=make_run)


_STUB = """
window.asBuffer = (text) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const shifted = new Uint8Array(bytes.length + 3);  // as in Jupyter, a buffer starts at any byte
  shifted.set(bytes, 3);
  return new DataView(shifted.buffer, 3, bytes.length);
};
window.makeModel = (name, traits) => {
  const handlers = {};
  const model = {
    outbox: [],
    changed: {},
    get: (key) => traits[key],
    set: (key, value) => { traits[key] = value; model.changed[key] = value; model.fire(`change:${key}`); },
    save_changes: () => {},
    learn: (key, value) => { traits[key] = value; model.fire(`change:${key}`); },
    on: (event, handler) => { (handlers[event] ||= []).push(handler); },
    off: (event, handler) => { handlers[event] = (handlers[event] || []).filter((one) => one !== handler); },
    send: (message) => { model.outbox.push(message); },
    fire: (event, ...args) => { for (const handler of handlers[event] || []) handler(...args); },
    deliver: (content, buffers) => model.fire("msg:custom", content, buffers.map(window.asBuffer)),
    learnBulk: (content, buffers) => {  // as loader.js does
      const holder = { value: content.value };
      content.paths.forEach((path, place) => {
        const steps = ["value", ...path], last = steps.pop();
        steps.reduce((node, step) => node[step], holder)[last] = window.asBuffer(buffers[place]);
      });
      model.learn(content.name, holder.value);
    },
  };
  (window.models ||= {})[name] = model;
  return model;
};
window.openWidget = async (name, source, traits, host, bulk) => {
  const module = (await import(URL.createObjectURL(new Blob([source], {type: "text/javascript"})))).default;
  const model = window.makeModel(name, traits);
  for (const [content, buffers] of bulk || []) model.learnBulk(content, buffers);
  await module.initialize?.({model});
  const view = {module, model, host};
  (window.views ||= {})[name] = view;
  if (host && module.render) view.remove = await module.render({model, el: host});
};
"""
_DARK = """
--jp-layout-color1:#111;--jp-ui-font-color0:#fff;--jp-ui-font-color1:rgba(255,255,255,.87);
--jp-ui-font-color2:rgba(255,255,255,.54);--jp-border-color1:#616161;--jp-border-color2:#424242;
--jp-brand-color1:#2196f3;background:#111
"""
_OPEN = """async ([name, source, traits, shown, bulk]) => {
  const host = shown ? document.createElement("div") : null;
  await window.openWidget(name, source, traits, host, bulk);
  if (host) { host.id = name; document.body.append(host); }  // JupyterLab, too, attaches what was rendered
}"""


_SOURCES = frozenset({"_esm", "_css", "layout", "_anywidget_id"})


def _coded(buffers: list[bytes]) -> list[str]:
    return [base64.b64encode(part).decode() for part in buffers]


def _text_of(widget: Any, kind: str) -> str:
    """JavaScript ("script") or CSS ("sheet"): of a `Delivered` its own, and not the loader of it."""
    own = getattr(widget, f"_own_{kind}", None)
    return str(getattr(widget, {"script": "_esm", "sheet": "_css"}[kind], "") if own is None else own)


def _bulk_of(widget: Any) -> list[list[Any]]:
    """What travels beside the state, as it is now."""
    found = []
    for name in getattr(widget, "_bulk", []):
        value, paths, buffers = split_buffers(getattr(widget, name))
        found.append([{"name": name, "value": value, "paths": paths}, _coded(buffers)])
    return found


def _is_plain(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return False
    return True


class Stage:
    """A page that shows widgets: it carries their messages to and fro when told to, so that tests are deterministic."""

    def __init__(self, page: Page, theme: str = "light") -> None:
        self.page, self._names = page, count(1)
        self._widgets: dict[str, Any] = {}
        self._read: dict[str, int] = {}
        self._learnt: dict[str, int] = {}
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        light, look = json.dumps(theme == "light"), "" if theme == "light" else _DARK
        body = f'data-jp-theme-light="{light}" style="margin:12px;{look}"'
        page.set_content(f'<!doctype html><meta charset="utf-8"><body {body}></body>')
        page.add_script_tag(content=_STUB)

    def open(self, widget: Any, shown: bool = True) -> str:
        """Attach a front end to a widget, late: it sees the state as it is now and no message sent before."""
        name = f"widget{next(self._names)}"
        state = widget.get_state()
        traits = {key: value for key, value in state.items() if key not in _SOURCES and _is_plain(value)}
        self._widgets[name], self._read[name], self._learnt[name] = widget, len(customs(widget)), len(widget.comm.sent)
        if sheet := _text_of(widget, "sheet"):
            self.page.add_style_tag(content=sheet)
        self.page.evaluate(_OPEN, [name, _text_of(widget, "script"), traits, shown, _bulk_of(widget)])
        return name

    def carry(self, rounds: int = 3) -> None:
        """Bring the messages and the changed traits of all widgets to the page, and the page's to the widgets."""
        for _ in range(rounds):
            for name, widget in self._widgets.items():
                changed = self.page.evaluate("(name) => window.models[name].changed", name)
                self.page.evaluate("(name) => { window.models[name].changed = {}; }", name)
                if changed:
                    widget.set_state(changed)
                self._teach(name, widget)
                for message in self.page.evaluate("(name) => window.models[name].outbox.splice(0)", name):
                    widget._handle_custom_msg(message, [])
                new, self._read[name] = customs(widget)[self._read[name] :], len(customs(widget))
                for content, buffers in new:
                    self.deliver(name, content, buffers)

    def _teach(self, name: str, widget: Any) -> None:
        """Tell the page which traits have changed in Python since it attached, as far as JSON can say them."""
        new, self._learnt[name] = widget.comm.sent[self._learnt[name] :], len(widget.comm.sent)
        learn = "([name, key, value]) => window.models[name].learn(key, value)"
        bulk = "([name, content, buffers]) => window.models[name].learnBulk(content, buffers)"
        for data, buffers in new:
            if data.get("content", {}).get("type") == "bulk":
                self.page.evaluate(bulk, [name, data["content"], _coded(buffers)])
            for key, value in (data.get("state", {}) if data.get("method") == "update" else {}).items():
                if key not in _SOURCES:
                    self.page.evaluate(learn, [name, key, value])

    def deliver(self, name: str, content: dict[str, Any], buffers: list[bytes]) -> None:
        """One message to the page, as a kernel would send it."""
        coded = _coded(buffers)
        script = "([name, content, buffers]) => window.models[name].deliver(content, buffers)"
        self.page.evaluate(script, [name, content, coded])

    def outbox(self, name: str) -> list[dict[str, Any]]:
        """What the page wants to tell the kernel and was not carried yet."""
        found: list[dict[str, Any]] = self.page.evaluate("(name) => window.models[name].outbox", name)
        return found


@pytest.fixture
def stage(page: Page, comms: None) -> Iterator[Callable[..., Stage]]:
    """Makes a `Stage`; at the end, no script of the page may have thrown."""
    stages: list[Stage] = []

    def make(theme: str = "light") -> Stage:
        stages.append(Stage(page, theme))
        return stages[-1]

    yield make
    assert not [error for one in stages for error in one.errors]


def runs_as_columns(names: list[str], **params: list[str | None]) -> RunTable:
    """Finished runs of experiment 1 whose losses fall from 0.1 a run to 0.1."""
    count = len(names)
    attributes: dict[str, list[Any]] = {
        "experiment_id": ["1"] * count,
        "run_name": list(names),
        "status": ["FINISHED"] * count,
        "start_time": [1_700_000_000_000 + i for i in range(count)],
        "end_time": [1_700_000_013_000 + i for i in range(count)],
    }
    losses = np.array([0.1 * (count - i) for i in range(count)])
    return RunTable([f"id-{name}" for name in names], attributes, {"loss": {"last": losses}}, dict(params), {})


@pytest.fixture
def table_of() -> Callable[..., RunTable]:
    return runs_as_columns


@pytest.fixture
def digits(file_store: Store) -> Store:
    """Three runs with losses 0.3, 0.2, 0.1 and solvers adam, sgd, adam."""
    experiment = file_store.create_experiment("digits-mlp")
    for place, solver in enumerate(["adam", "sgd", "adam"]):
        run = file_store.create_run(NewRun(experiment, f"run-{place}", start_time=1_700_000_000_000 + place))
        loss = Metric("val_loss", 0.3 - place / 10, 1_700_000_000_000)
        file_store.log_batch(run.info.run_id, [loss], [Param("solver", solver)])
    file_store.flush()
    return file_store


@pytest.fixture
def show(stage: Callable[..., Stage], page: Page) -> Callable[[Any], Any]:
    """Shows a runs table in a page of 1000 x 640: `tests.widgets.table_page.TablePage`."""
    from tests.widgets.table_page import TablePage

    page.set_viewport_size({"width": 1000, "height": 640})
    stage()
    return lambda widget: TablePage(page, widget)
