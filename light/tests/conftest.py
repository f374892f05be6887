"""Fixtures for the tests of the light install, which need pytest and nothing else: a folder of its own for each."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

#: What a light install leaves out.
ABSENT = ("IPython", "PIL", "anywidget", "ipywidgets", "matplotlib", "pandas", "plotly", "tornado", "voila")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--hide", action="store_true", help="hide what a light install leaves out, where it is installed")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--hide"):
        sys.modules.update(dict.fromkeys(ABSENT))  # type: ignore[arg-type]  # None makes an import fail


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Start in an empty folder without a store, and close what the test opened."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    yield
    from trackbook.runs import active, session
    from trackbook.stores import close_stores

    for run in reversed(active.open_runs()):
        run.end()
    session.set_tracking_uri("")
    session._experiment = session._found = None
    close_stores()
