"""Fixtures for the magics: a shell within this process, whose cells a test runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config

from trackbook import magics
from trackbook.entities import Run
from trackbook.runs.session import current_store


@dataclass
class Ran:
    """What a cell did; what it said is without colours."""

    error: BaseException | None
    value: Any
    said: str
    shown: list[dict[str, Any]]


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    settings = Config()
    settings.HistoryManager.enabled = False
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(config=settings)
    magics.load(shell)
    yield shell
    magics.unload(shell)
    InteractiveShell.clear_instance()


@pytest.fixture
def cells(shell: InteractiveShell) -> Callable[..., Ran]:
    """Runs a cell; `cell` is the front end's id of it."""
    run_cell: Any = shell.run_cell

    def run(code: str, cell: str | None = None) -> Ran:
        with capture_output() as captured:
            result = run_cell(code, store_history=True, cell_id=cell)
        error = result.error_before_exec or result.error_in_exec
        said = re.sub(r"\x1b\[[0-9;]*m", "", captured.stdout + captured.stderr)
        return Ran(error, result.result, said, [each.data for each in captured.outputs])

    return run


@pytest.fixture
def runs() -> Callable[..., list[Run]]:
    """The runs of an experiment, oldest first."""
    return lambda experiment="0": list(reversed(current_store().search_runs([experiment])))
