"""The folders of runs' artifacts, as whoever looks after a store sees them: measured, and removed for good."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import NamedTuple

from trackbook.entities.keys import check_model_id, check_run_id
from trackbook.errors import StoreError
from trackbook.stores.artifacts.beneath import opens_folders
from trackbook.stores.artifacts.repository import open_artifacts
from trackbook.uris import SafeRelPath, local_path

__all__ = [
    "MODELS",
    "Measure",
    "claimed_folders",
    "local_root",
    "measure",
    "model_folder",
    "remove_model_folder",
    "remove_run_folder",
    "run_folder",
]

_RETRIES = 5
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
#: The folder of an experiment's logged models, below its location.
MODELS = "models"
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)


class Measure(NamedTuple):
    """What lies in a folder: how many files, their bytes, and the last change of any (seconds since 1970)."""

    files: int
    size: int
    changed: float


def local_root(location: str) -> str | None:
    """The local folder that an artifact location names; None if it is elsewhere."""
    path = local_path(location)
    return path if os.path.isabs(path) and "://" not in path else None


def run_folder(location: str, run_id: str) -> str:
    """Where the artifacts of a run lie, given its experiment's location."""
    return f"{location.rstrip('/')}/{check_run_id(run_id)}"


def model_folder(location: str, model_id: str) -> str:
    """Where the files of a logged model lie, in a folder of their own, given its experiment's location."""
    return f"{location.rstrip('/')}/{MODELS}/{check_model_id(model_id)}"


def claimed_folders(locations: Iterable[str]) -> set[str]:
    """Local folders in which, or below which, some experiment keeps its artifacts: none of them may be removed."""
    claimed: set[str] = set()
    for location in locations:
        folder = local_root(location)
        while folder is not None and (real := os.path.realpath(folder)) not in claimed:
            claimed.add(real)
            folder = os.path.dirname(real)
    return claimed


def measure(path: str) -> Measure:
    """What lies in a local folder and below it; links count as themselves, and what vanishes meanwhile as nothing."""
    files, size, changed = 0, 0, 0.0
    for entry in _walk(path):
        with suppress(OSError):
            found = entry.stat(follow_symlinks=False)
            changed = max(changed, found.st_mtime)
            if not stat.S_ISDIR(found.st_mode):
                files, size = files + 1, size + found.st_size
    with suppress(OSError):
        changed = max(changed, os.lstat(path).st_mtime)
    return Measure(files, size, changed)


def _walk(path: str) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(path) as entries:
            found = list(entries)
    except OSError:
        return
    for entry in found:
        yield entry
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(entry.path)


def remove_run_folder(location: str, run_id: str) -> None:
    """Delete the folder that bears a run's id below its experiment's location; nothing there is no error.

    On a local disk it is reached through a descriptor of the location, and no link in it is followed. It keeps its
    name until it is empty, so that whoever is interrupted finds it again.

    Raises:
        TrackbookError: the disk or the place where it lies refuses.
    """
    _remove_below(location, (check_run_id(run_id),))


def remove_model_folder(location: str, name: str) -> None:
    """Delete the folder that bears a logged model's id below ``models`` of its experiment's location.

    It is done as `remove_run_folder` does it.

    Raises:
        TrackbookError: the disk or the place where it lies refuses.
    """
    _remove_below(location, (MODELS, name))


def _remove_below(location: str, path: tuple[str, ...]) -> None:
    root = local_root(location)
    if root is None or not opens_folders():
        open_artifacts(location).remove(SafeRelPath(path))
        return
    opened: list[int] = []
    try:
        opened.append(os.open(root, _FOLDER))
        for name in path[:-1]:
            opened.append(os.open(name, _FOLDER | _NO_LINK, dir_fd=opened[-1]))
        _remove(path[-1], opened[-1])
    except FileNotFoundError:
        return
    except OSError as error:
        if not opened and isinstance(error, NotADirectoryError):
            return
        where = "/".join((root, *path))
        raise StoreError(
            f"The artifacts in {where} cannot be deleted: {error.strerror}. Check the permissions."
        ) from error
    finally:
        for descriptor in opened:
            os.close(descriptor)


def _remove(name: str, above: int) -> None:
    for _ in range(_RETRIES):
        try:
            found = os.stat(name, dir_fd=above, follow_symlinks=False)
            if stat.S_ISDIR(found.st_mode):
                shutil.rmtree(name, dir_fd=above)
            else:
                os.unlink(name, dir_fd=above)
        except FileNotFoundError:  # gone, or another gc deletes the same things: look again
            if not _is_there(name, above):
                return


def _is_there(name: str, above: int) -> bool:
    try:
        os.stat(name, dir_fd=above, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True
