"""Panels for a notebook and for the page, one a module."""

from trackbook.libraries import require

require("A panel", "anywidget", "ipywidgets", "plotly")
