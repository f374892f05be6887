"""Every example of the tutorial and of the how-tos runs, in its order, and prints what the page says.

A block marked ``python`` is a cell of a notebook, one marked ``sh`` a script of the shell, and one marked ``text`` what
the block above it prints, with ``...`` for anything. ``python file=NAME`` is a file that is there from the start.
Blocks without a mark are only read.
"""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config

from trackbook import magics

DOCS = Path(__file__).parents[1] / "docs"
FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", flags=re.DOTALL | re.MULTILINE)
LOOSE = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


class Block(NamedTuple):
    """A fenced block: what stands behind its fence, what is in it, and in which line of the page it begins."""

    mark: str
    code: str
    line: int


def blocks_of(text: str, first: int = 1) -> list[Block]:
    return [Block(m[1].strip(), m[2], first + text.count("\n", 0, m.start())) for m in FENCE.finditer(text)]


def recipes() -> dict[str, list[Block]]:
    """The sections of the how-tos, each with its blocks."""
    text = (DOCS / "howto.md").read_text(encoding="utf-8")
    starts = [found.start() for found in re.finditer(r"^## ", text, flags=re.MULTILINE)]
    sections = [(start, text[start:end]) for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]
    return {
        part.partition("\n")[0].removeprefix("## "): blocks_of(part, 1 + text.count("\n", 0, start))
        for start, part in sections
    }


HOWTO = recipes()
MODELS = blocks_of((DOCS / "models.md").read_text(encoding="utf-8"))
TUTORIAL = blocks_of((DOCS / "tutorial.md").read_text(encoding="utf-8"))


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[list[Block]], None]]:
    """Runs the blocks of a page in one shell, whose folder and environment are the test's."""
    settings = Config()
    settings.HistoryManager.enabled = False
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(config=settings)
    monkeypatch.syspath_prepend(os.getcwd())
    monkeypatch.setenv("PATH", os.path.dirname(sys.executable), prepend=os.pathsep)
    environment, modules = dict(os.environ), set(sys.modules)
    yield lambda blocks: run_blocks(blocks, shell)
    magics.unload(shell)
    InteractiveShell.clear_instance()
    os.environ.clear()
    os.environ.update(environment)
    for name in set(sys.modules) - modules:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(os.getcwd()):
            del sys.modules[name]


def run_blocks(blocks: list[Block], shell: InteractiveShell) -> None:
    for block in blocks:
        kind, _, name = block.mark.partition(" file=")
        if kind == "python" and name:
            Path(name).write_text(block.code, encoding="utf-8")
    said = ""
    for block in blocks:
        if block.mark == "python":
            said = run_cell(shell, block)
        elif block.mark == "sh":
            said = run_script(block)
        elif block.mark == "text":
            assert doctest.OutputChecker().check_output(block.code, said, LOOSE), f"line {block.line}: {said}"


def run_cell(shell: Any, block: Block) -> str:
    with capture_output() as captured:
        result = shell.run_cell(block.code, store_history=True)
    said: str = re.sub(r"\x1b\[[0-9;]*m", "", captured.stdout + captured.stderr)
    assert result.success, f"line {block.line}: {said}"
    return said


def run_script(block: Block) -> str:
    ended = subprocess.run(["bash", "-euc", block.code], capture_output=True, text=True, check=False, timeout=120)
    assert ended.returncode == 0, f"line {block.line}: {ended.stderr}"
    return ended.stdout


@pytest.mark.slow
def test_tutorial_runs_from_top_to_bottom(play: Callable[[list[Block]], None]) -> None:
    play(TUTORIAL)


@pytest.mark.parametrize("recipe", HOWTO)
def test_recipe_runs(recipe: str, play: Callable[[list[Block]], None]) -> None:
    play(HOWTO[recipe])


def test_page_of_models_runs_from_top_to_bottom(play: Callable[[list[Block]], None]) -> None:
    play([block for block in MODELS if block.mark != "console"])


def test_every_block_says_what_it_is() -> None:
    blocks = [*TUTORIAL, *(block for recipe in HOWTO.values() for block in recipe)]
    unknown = [b for b in blocks if not re.fullmatch(r"|sh|text|python( file=\w+\.py)?", b.mark)]
    assert not unknown
    assert len(blocks) > 40


def test_every_recipe_is_tried() -> None:
    assert [name for name, blocks in HOWTO.items() if not any(block.mark in ("python", "sh") for block in blocks)] == []
