"""The frame of a page: top bar, experiments and saved views at the left, tabs, and the panels put into them."""

from __future__ import annotations

import traitlets
from ipywidgets import Widget, widget_serialization

from trackbook.widgets.assets import module, styles
from trackbook.widgets.panel import Panel

__all__ = ["PARTS", "TABS", "PageShell"]

TABS = ("runs", "curves", "compare", "artifacts", "models", "run")
#: What the tab "compare" shows.
PARTS = ("compare", "statistics")


def _panel() -> traitlets.Instance[Widget]:
    return traitlets.Instance(Widget, allow_none=True).tag(sync=True, **widget_serialization)


class PageShell(Panel):
    """What a page looks like around its panels. All of it is state, so a front end that attaches late shows it too.

    The messages from Python are ``read``, after each look at the store (the page says how long ago that was), and the
    answers of `Panel`.

    Attributes:
        tab: the tab in view, one of `TABS`.
        part: which of `PARTS` the tab "compare" shows.
        experiment: id of the experiment in view; "" where there is none.
        run: id of the opened run; "" if none was.
        place: ``path`` of the store, and the same ``short``, for people.
        experiments: ``id``, ``name``, ``total``, ``running``, ``note`` of each experiment.
        views: ``name``, ``user``, ``time`` of each saved view.
        shown_view: name of the saved view that was opened last; "" if none was.
        details: of the opened run, see `trackbook.dashboard.details`.
        empty: ``title``, ``text``, ``code``: what to do where there is nothing to show; {} else.
        vacant: the same for one tab, in an experiment without runs.
        trouble: ``title``, ``since`` (ms since the last good look, or None), ``again`` (ms until the next), ``tries``,
            while the store does not answer; {} else.
        selected: how many runs are selected.
        models: how many registered models there are.
        note: of which runs the panel in view is, where none was selected.
        notice: a sentence to show once, such as why an address could not be read.
        table, curves, comparison, statistics, artifacts, registry: the panels.
        ticker: the clock that has the page refreshed.
    """

    _esm = module("shared", "ask", "floats", "shell_parts", "shell_run", "shell_rail", "shell_bar", "shell")
    _css = styles("shared", "floats", "shell", "shell_run")
    tab = traitlets.Enum(TABS, "runs").tag(sync=True)
    part = traitlets.Enum(PARTS, "compare").tag(sync=True)
    experiment = traitlets.Unicode().tag(sync=True)
    run = traitlets.Unicode().tag(sync=True)
    place = traitlets.Dict().tag(sync=True)
    experiments = traitlets.List(traitlets.Dict()).tag(sync=True)
    views = traitlets.List(traitlets.Dict()).tag(sync=True)
    shown_view = traitlets.Unicode().tag(sync=True)
    details = traitlets.Dict().tag(sync=True)
    empty = traitlets.Dict().tag(sync=True)
    vacant = traitlets.Dict().tag(sync=True)
    trouble = traitlets.Dict().tag(sync=True)
    selected = traitlets.Int(0).tag(sync=True)
    models = traitlets.Int(0).tag(sync=True)
    note = traitlets.Unicode().tag(sync=True)
    notice = traitlets.Unicode().tag(sync=True)
    table = _panel()
    curves = _panel()
    comparison = _panel()
    statistics = _panel()
    artifacts = _panel()
    registry = _panel()
    ticker = _panel()

    def __repr__(self) -> str:
        return "Trackbook dashboard"
