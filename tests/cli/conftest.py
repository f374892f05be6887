"""The shell's commands in process, and a store for them in the working directory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from trackbook.cli import main
from trackbook.stores import open_store
from trackbook.stores.base import Store

Shell = Callable[..., Result]


@pytest.fixture
def shell() -> Shell:
    """Runs a line of words, and expects an exit code."""

    def run(*words: str, code: int = 0) -> Result:
        answer = CliRunner().invoke(main, words)
        assert answer.exit_code == code, answer.output
        assert answer.exception is None or isinstance(answer.exception, SystemExit)
        return answer

    return run


@pytest.fixture
def here(own_folder: None) -> Iterator[Store]:
    """An empty store, which the commands find from the working directory."""
    store = open_store(str(Path("trackbook.db").absolute()))
    yield store
    store.close()
