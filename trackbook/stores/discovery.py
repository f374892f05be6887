"""Which store: where a process that was told nothing keeps its runs, so that a kernel, the page and the shell meet."""

from __future__ import annotations

import os
from pathlib import Path

from trackbook.config import Settings
from trackbook.errors import ForeignDatabase
from trackbook.uris import DATABASE_NAME

__all__ = ["default_store_path", "refuse_mlflow_runs"]


def default_store_path(settings: Settings, folder: str | None = None) -> str:
    """The database of a folder: the nearest one there is, else where a new one belongs.

    Args:
        settings: its `root` is Jupyter's root, if our server extension has set it.
        folder: where to begin; the working directory if None.

    Returns:
        the nearest existing ``trackbook.db`` in the folder or a parent (up to the git root or home); else a new one in
        the git root, else in Jupyter's root, else in the folder.
    """
    here = Path(folder or os.getcwd()).absolute()
    home = Path.home()
    for place in (here, *here.parents):
        if (place / DATABASE_NAME).is_file():
            return str(place / DATABASE_NAME)
        if (place / ".git").exists():
            return str(place / DATABASE_NAME)
        if place == home:
            break
    if settings.root and Path(settings.root).is_dir():
        return str(Path(settings.root).absolute() / DATABASE_NAME)
    return str(here / DATABASE_NAME)


def refuse_mlflow_runs(path: str) -> None:
    """Leave a folder alone in which MLflow keeps runs as files, instead of making a database among them.

    Args:
        path: of the database that would be made.

    Raises:
        ForeignDatabase: the folder holds experiments of MLflow's file store.
    """
    folder = Path(path).parent
    if not Path(path).exists() and next(folder.glob("*/meta.yaml"), None) is not None:
        raise ForeignDatabase(
            f"{folder} is a folder of MLflow runs and was left untouched. Name another folder for Trackbook, and bring "
            f"the runs over with: trackbook import {folder}"
        )
