"""The frame of a page: top bar, experiments at the left, tabs, and the panels that a dashboard puts into them."""

from __future__ import annotations

import anywidget
import traitlets
from ipywidgets import Widget, widget_serialization

from trackbook.widgets.assets import module, styles

__all__ = ["TABS", "PageShell"]

TABS = ("runs", "curves", "run")


def _panel() -> traitlets.Instance[Widget]:
    return traitlets.Instance(Widget, allow_none=True).tag(sync=True, **widget_serialization)


class PageShell(anywidget.AnyWidget):
    """What a page looks like around its panels. All of it is state, so a front end that attaches late shows it too.

    The one message from Python is ``read``, after each look at the store: the page says how long ago that was.

    Attributes:
        tab: the tab in view, one of `TABS`.
        experiment: id of the experiment in view; "" where there is none.
        run: id of the opened run; "" if none was.
        store: ``path`` of the store, and the same ``short``, for people.
        experiments: ``id``, ``name``, ``total``, ``running``, ``note`` of each experiment.
        details: of the opened run, see `trackbook.dashboard.details`.
        empty: ``title``, ``text``, ``code``: what to do where there is nothing to show; {} else.
        trouble: ``title`` and ``since`` (ms of the last good look, or None) while the store does not answer; {} else.
        table: panel of the tab "runs".
        curves: panel of the tab "curves".
        curves_note: what the curves are of, where nothing was selected.
        ticker: the clock that has the page refreshed.
    """

    _esm = module("shared", "shell_parts", "shell_run", "shell")
    _css = styles("shared", "shell")
    tab = traitlets.Enum(TABS, "runs").tag(sync=True)
    experiment = traitlets.Unicode().tag(sync=True)
    run = traitlets.Unicode().tag(sync=True)
    store = traitlets.Dict().tag(sync=True)
    experiments = traitlets.List(traitlets.Dict()).tag(sync=True)
    details = traitlets.Dict().tag(sync=True)
    empty = traitlets.Dict().tag(sync=True)
    trouble = traitlets.Dict().tag(sync=True)
    selected = traitlets.Int(0).tag(sync=True)
    curves_note = traitlets.Unicode().tag(sync=True)
    table = _panel()
    curves = _panel()
    ticker = _panel()

    def __repr__(self) -> str:
        return "Trackbook dashboard"
