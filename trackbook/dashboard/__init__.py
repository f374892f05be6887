"""The page of a store: experiments, the table of runs, their curves and the details of one run.

In a notebook, and served by Voila: ``from trackbook.dashboard import Dashboard; Dashboard()``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trackbook.dashboard.page import Dashboard

__all__ = ["Dashboard"]

if not TYPE_CHECKING:  # `trackbook ui` starts a server from this package and needs no widget for it

    def __getattr__(name: str) -> Any:
        if name != "Dashboard":
            raise AttributeError(f"The module trackbook.dashboard has no {name!r}.")
        from trackbook.libraries import require

        require("Dashboard", "anywidget", "ipywidgets", "plotly")
        from trackbook.dashboard.page import Dashboard

        return Dashboard
