"""Completion, and leaving no trace."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell

from trackbook import magics
from trackbook.entities import Run
from trackbook.magics.notebook import notebook_of
from trackbook.runs.session import current_store

Cells = Callable[..., Any]
Runs = Callable[..., list[Run]]


def completed(shell: InteractiveShell, line: str) -> list[str]:
    with provisionalcompleter():
        return [each.text for each in shell.Completer.completions(line, len(line))]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("%track_experiment dig", ["digits"]),
        ("%track_experiment ", ["digits", "Default"]),
        ("%track_start -e d", ["digits"]),
        ("run = %track_start --experiment d", ["digits"]),
        ("%%track x -e d", ["digits"]),
        ("%track_show f", ["first"]),
        ("%track_compare f", ["first"]),
        ("%track_compare x --baseline f", ["first"]),
        ("%track_start --resume f", ["first"]),
        ("%track_start --no", ["--no-live"]),
        ("%track_models let", ["letters"]),
    ],
)
def test_names_and_options_are_completed(shell: InteractiveShell, cells: Cells, line: str, found: list[str]) -> None:
    cells("%%track first -e digits\n1")
    current_store().create_experiment("not {typed}")
    current_store().create_registered_model("letters")
    assert completed(shell, line) == found


def test_completion_makes_no_database(shell: InteractiveShell) -> None:
    completed(shell, "%track_experiment ")
    assert list(Path.cwd().iterdir()) == []


def test_unload_leaves_the_shell_as_it_was(shell: InteractiveShell) -> None:
    magics.unload(shell)

    def state() -> list[Any]:
        formatters = shell.display_formatter.formatters  # type: ignore[union-attr]
        hooked = [len(shell.events.callbacks[event]) for event in ("pre_run_cell", "post_run_cell")]
        tables = [sorted(shell.magics_manager.magics[kind]) for kind in ("line", "cell")]
        shown = [len(formatters[kind].type_printers) for kind in ("text/html", "text/plain")]
        return [hooked, tables, shown, len(shell.Completer.custom_matchers), sorted(shell.magics_manager.registry)]

    before = state()
    magics.load(shell)
    magics.load(shell)
    assert state() != before
    magics.unload(shell)
    assert state() == before
    magics.load(shell)
    assert notebook_of(shell) is notebook_of(shell)


def test_loading_imports_nothing_heavy() -> None:
    code = (
        "import sys, IPython.core.interactiveshell; before = set(sys.modules)\n"
        "from trackbook import magics\n"
        "new = {name.split('.')[0] for name in set(sys.modules) - before}\n"
        "print(sorted(new & set('anywidget fsspec lark numpy pandas plotly sqlalchemy tornado yaml'.split())))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "[]"
