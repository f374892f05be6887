"""The cell magic: `%%track` runs its cell inside a run, which ends with the cell."""

from __future__ import annotations

import ast
import inspect
from types import CodeType
from typing import Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, magics_class

from trackbook.magics.arguments import cell_verb, parse
from trackbook.magics.frames import users_frames
from trackbook.magics.line import RUN_OPTIONS, ending
from trackbook.magics.notebook import Notebook
from trackbook.magics.starts import begin, wish_of
from trackbook.magics.words import say
from trackbook.runs.active import ActiveRun

__all__ = ["CellMagics"]


@magics_class
class CellMagics(Magics):
    """`%%track`.

    Args:
        notebook: the shell's cells and runs.
        shell: the shell.
    """

    def __init__(self, notebook: Notebook, shell: Any) -> None:
        super().__init__(shell)
        self._shell, self._notebook = shell, notebook

    @cell_verb(*RUN_OPTIONS)
    def track(self, line: str, cell: str) -> Any:
        """Run the cell inside a run of its own, which ends as the cell does."""
        wish = wish_of(parse(self.track, line))
        body = _compiled(self._shell, cell)  # a cell that cannot run makes no run
        run, panel = begin(self._notebook, wish)
        with self._notebook.curves_during(panel):
            value = self._inside(run, body)
        say(ending(run, "FINISHED"))
        return value

    def _inside(self, run: ActiveRun, body: tuple[CodeType | None, CodeType | None]) -> Any:
        statements, last = body
        try:
            if statements is not None:
                self._shell.ex(statements)
            value = None if last is None else self._shell.ev(last)
        except BaseException as error:
            _show_users_frames_only(self._shell, error)
            say(ending(run, run.end_after(error, users_frames(error.__traceback__))))
            raise
        run.end()
        return value


def _compiled(shell: Any, cell: str) -> tuple[CodeType | None, CodeType | None]:
    """A cell's statements, and its last expression, whose value is shown, as IPython would compile them."""
    source = "\n" + shell.transform_cell(cell)  # line numbers as in the cell
    name = shell.compile.cache(source, len(shell.user_ns.get("In", "?")) - 1, raw_code=cell)
    tree = shell.transform_ast(shell.compile.ast_parse(source, filename=name))
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) and not _silenced(cell) else None
    with shell.compile.extra_flags(ast.PyCF_ALLOW_TOP_LEVEL_AWAIT):
        statements = shell.compile(tree, name, "exec") if tree.body else None
        value = shell.compile(ast.Expression(last.value), name, "eval") if last is not None else None
    if any(code is not None and code.co_flags & inspect.CO_COROUTINE for code in (statements, value)):
        raise UsageError("%%track runs no cell with await. Write `with trackbook.start_run():` around it.")
    return statements, value


def _silenced(cell: str) -> bool:
    """Whether the cell ends with a semicolon, by which IPython's users ask for no output."""
    return cell.rstrip().endswith(";")


def _show_users_frames_only(shell: Any, error: BaseException) -> None:
    """Have IPython show the traceback as if the cell had run without us."""
    frames = users_frames(error.__traceback__)
    shown = shell.InteractiveTB.structured_traceback(type(error), error, frames, tb_offset=0)
    error._render_traceback_ = lambda: shown  # type: ignore[attr-defined]  # what IPython looks for
