"""Where the journal of a store lies that is no local file: the first folder that takes it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from trackbook.config import read_settings
from trackbook.stores.filesystems import FileSystem, file_system_of
from trackbook.stores.permissions import make_folder

__all__ = ["spool_folder"]


def spool_folder(
    store_id: str, file_system: Callable[[str | os.PathLike[str]], FileSystem] = file_system_of
) -> Path | None:
    """The folder for the journals of a store on a server.

    TRACKBOOK_SPOOL_DIR, else the user's data folder, else the working directory: the first that can be written; of the
    last two rather one that is on this machine's own disk.

    Args:
        store_id: of the store, so that each has its own.
        file_system: tells what a folder lies on.

    Returns:
        the folder, made; None if there is none.
    """
    chosen = read_settings().spool_dir
    if chosen and (made := _made(Path(chosen).expanduser().absolute() / store_id / "writers")):
        return made
    usual = [_data_folder() / "trackbook", Path.cwd() / ".trackbook"]
    usual.sort(key=lambda folder: file_system(_existing(folder)).is_network)
    return next((made for folder in usual if (made := _made(folder / store_id / "writers"))), None)


def _data_folder() -> Path:
    named = os.environ.get("XDG_DATA_HOME", "")
    return Path(named) if named.startswith("/") else Path("~/.local/share").expanduser()


def _existing(folder: Path) -> Path:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder


def _made(folder: Path) -> Path | None:
    """The folder, if it is there or can be made, and takes files."""
    try:
        make_folder(folder)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK | os.X_OK) else None
