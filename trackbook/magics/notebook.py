"""What a kernel knows of its notebook: the cell that runs, and the runs that its cells have opened and kept open."""

from __future__ import annotations

import logging
import os
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trackbook.entities import RunTag
from trackbook.errors import TrackbookError
from trackbook.magics.cells import Cell, cell_key, current_cell
from trackbook.magics.frames import users_frames
from trackbook.magics.hooks import guarded
from trackbook.magics.panels import CurvesUnderCell
from trackbook.runs.active import ActiveRun
from trackbook.runs.failures import record_failure, status_after
from trackbook.runs.life import ENDED_BY

if TYPE_CHECKING:
    from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult, InteractiveShell

__all__ = ["KeptRun", "Notebook", "notebook_of"]

log = logging.getLogger("trackbook")


@dataclass(slots=True)
class KeptRun:
    """A run that stays open when the cell that started it has ended.

    Attributes:
        run: the run.
        cell: the execution that started it.
        panel: its live curves; None without a front end or with --no-live.
        status: how it ends if it ends now: as its last cell did.
    """

    run: ActiveRun
    cell: Cell
    panel: CurvesUnderCell | None
    status: str = "FINISHED"

    def end(self) -> None:
        """End the run as its last cell did, and show how it ended."""
        self.run.end_quietly(self.status)
        if self.panel is not None:
            self.panel.finish()


class Notebook:
    """One shell's cells and runs.

    Args:
        shell: the shell.

    Attributes:
        shows_widgets: whether there is a front end, so that live curves can be seen.
    """

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = weakref.proxy(shell)
        self._process = os.getpid()
        self._cells: list[Cell] = []
        self._turn = 0
        self._kept: list[KeptRun] = []
        self.shows_widgets = getattr(shell, "kernel", None) is not None

    # ---- cells ----

    @property
    def cell(self) -> Cell:
        """The execution of the user's cell; cells run by a cell (%%capture, %run) are part of it."""
        if not self._cells:
            self._cells.append(self._new_cell(*current_cell(self._shell)))
        return self._cells[0]

    def _new_cell(self, cell_id: str | None, source: str) -> Cell:
        self._turn += 1
        return Cell(cell_key(self._shell, cell_id, source), self._turn)

    @guarded
    def before_cell(self, info: ExecutionInfo) -> None:
        """A cell begins."""
        self._cells.append(self._new_cell(getattr(info, "cell_id", None), str(info.raw_cell)))
        if len(self._cells) == 1:
            for kept in self.kept():
                if kept.panel is not None:
                    kept.panel.cell_begins()

    @guarded
    def after_cell(self, result: ExecutionResult) -> None:
        """A cell has ended: keep its error with the open run, and remember how it ended."""
        if self._cells:
            self._cells.pop()
        if self._cells:
            return
        error = result.error_before_exec or result.error_in_exec
        kept_runs = self.kept()
        for kept in kept_runs:
            kept.status = status_after(error)
            if kept.panel is not None:
                kept.panel.cell_ends()
        if error is not None and kept_runs and kept_runs[-1].status == "FAILED":
            run = kept_runs[-1].run
            record_failure(run.store, run, error, users_frames(error.__traceback__))

    # ---- runs ----

    def kept(self) -> list[KeptRun]:
        """The runs that are open across cells, outermost first."""
        for gone in [kept for kept in self._kept if kept.run.ended]:
            self._kept.remove(gone)
            if gone.panel is not None:
                gone.panel.finish()
        return list(self._kept)

    def keep(self, run: ActiveRun, panel: CurvesUnderCell | None) -> None:
        """Keep a run open until the notebook ends it."""
        self._kept.append(KeptRun(run, self.cell, panel))
        if panel is not None:
            panel.cell_begins()

    def end_runs_of_cell(self) -> list[tuple[ActiveRun, str]]:
        """End the runs that an earlier execution of this cell has left open; they and how they ended."""
        mine = [kept for kept in self.kept() if kept.cell.key == self.cell.key and kept.cell.turn != self.cell.turn]
        ended = []
        for kept in mine:
            if not kept.run.ended:  # it may have been inside the one before
                _tag_as_rerun(kept.run)
                kept.end()
            ended.append((kept.run, kept.status))
        return ended

    def end_run(self, run: ActiveRun, status: str) -> None:
        """End one run, whoever started it, with its panel."""
        run.end(status)
        self.kept()

    @guarded
    def shut_down(self) -> None:
        """The kernel ends, and its runs as their last cells did, or KILLED amid one; the innermost first."""
        if os.getpid() == self._process:  # a forked child that exits ends nothing
            for kept in reversed(self.kept()):
                if self._cells:
                    kept.status = "KILLED"
                kept.end()

    @contextmanager
    def curves_during(self, panel: CurvesUnderCell | None) -> Iterator[None]:
        """Show a run's curves under the cell that runs inside it."""
        if panel is None:
            yield
            return
        panel.cell_begins()
        try:
            yield
        finally:
            panel.finish()


def _tag_as_rerun(run: ActiveRun) -> None:
    """Say why a run ends; that it ends matters more."""
    try:
        run.store.log_batch(run.info.run_id, tags=[RunTag(ENDED_BY, "rerun")])
    except TrackbookError as error:
        log.warning("The run %s was not tagged: %s", run.info.run_id, error)


_notebooks: weakref.WeakKeyDictionary[InteractiveShell, Notebook] = weakref.WeakKeyDictionary()


def notebook_of(shell: InteractiveShell) -> Notebook:
    """The notebook of a shell; the same one after the extension was loaded anew."""
    found = _notebooks.get(shell)
    if found is None:
        found = _notebooks[shell] = Notebook(shell)
    return found
