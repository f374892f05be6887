"""The cell that runs: which cell of which notebook it is, so that running it again can be told from running another."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["Cell", "cell_key", "current_cell"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One execution of one cell.

    Attributes:
        key: the same for every execution of this cell, in any kernel of its notebook.
        turn: differs between executions.
    """

    key: str
    turn: int


def cell_key(shell: InteractiveShell, cell_id: str | None, source: str) -> str:
    """Identify a cell.

    Args:
        shell: the shell that runs it.
        cell_id: the front end's id of the cell; its source identifies it if the front end gives none.
        source: as the user wrote it.

    Returns:
        32 hexadecimal digits.
    """
    identity = ["id", cell_id] if cell_id else ["source", source.strip()]
    text = json.dumps([_notebook(shell), *identity])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _notebook(shell: InteractiveShell) -> str:
    """The notebook's path as Jupyter Server or VS Code tells it; the working folder where neither does."""
    told = os.environ.get("JPY_SESSION_NAME") or shell.user_ns.get("__vsc_ipynb_file__")
    return str(told) if told else os.getcwd()


def current_cell(shell: InteractiveShell) -> tuple[str | None, str]:
    """Id and source of the cell that runs now, for a moment when no hook has told us."""
    parent = shell.get_parent() if hasattr(shell, "get_parent") else {}
    content, metadata = parent.get("content", {}), parent.get("metadata", {})
    past = shell.user_ns.get("In") or [""]
    return metadata.get("cellId"), str(content.get("code") or past[-1])
