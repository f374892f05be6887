"""Fixtures for previews: a run to which a test logs files, and the preview of one of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trackbook.entities import Run
from trackbook.runs.artifacts import log_artifact
from trackbook.stores.base import NewRun, Store
from trackbook.widgets.artifact_files import ArtifactFile, files_of_run
from trackbook.widgets.previews.choice import preview_of
from trackbook.widgets.previews.preview import Preview, Wishes
from trackbook.widgets.previews.tables import Places


@pytest.fixture
def run(file_store: Store) -> Run:
    return file_store.create_run(NewRun("0", "first"))


@pytest.fixture
def logged(file_store: Store, run: Run, tmp_path: Path) -> Callable[[str, bytes], ArtifactFile]:
    """Logs a file of a name and some bytes, and opens it."""

    def log(name: str, data: bytes) -> ArtifactFile:
        local = tmp_path / name
        local.write_bytes(data)
        log_artifact(file_store, run, local)
        return files_of_run(file_store, run).open(name)

    return log


@pytest.fixture
def preview() -> Callable[..., Preview]:
    """The preview of a file, with what the page wishes."""
    places = Places()

    def show(file: ArtifactFile, **wishes: Any) -> Preview:
        return preview_of(file, Wishes.of(wishes), places)

    return show
