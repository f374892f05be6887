"""A model's folder on its way into an artifact store: built in private, seen whole or not at all, hashed as it is."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trackbook.config import read_settings
from trackbook.entities import StoredFile
from trackbook.stores.artifacts.problems import write_error
from trackbook.stores.permissions import file_mode
from trackbook.uris import SafeRelPath

__all__ = ["Staged", "hash_files", "private_folder", "remove_placed", "staged"]

_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0)


class Staged:
    """A private folder to build in, and the way to its place.

    Attributes:
        folder: where to build.
    """

    def __init__(self, folder: Path, location: str, mode: int) -> None:
        self.folder, self._location, self._mode = folder, location, mode

    def place(self) -> list[StoredFile]:
        """Bring what was built to its location; the files, sorted by path.

        Raises:
            StoreError: it cannot be written there; nothing is there then.
        """
        if not os.path.isabs(self._location):
            from trackbook.stores.artifacts.repository import open_artifacts

            return open_artifacts(self._location).put_folder(str(self.folder))
        try:
            files = hash_files(self.folder, self._mode)
            os.makedirs(os.path.dirname(self._location), exist_ok=True)
            os.rename(self.folder, self._location)
            _sync_folder(os.path.dirname(self._location))
        except OSError as error:
            raise write_error(self._location, "a model", error) from error
        return files


@contextmanager
def staged(location: str) -> Iterator[Staged]:
    """A private folder for what will be at a location: on the same disk where that is a local folder.

    Args:
        location: an absolute path below which nothing is yet, or an address that fsspec knows.
    """
    local = os.path.isabs(location)
    above = os.path.dirname(os.path.dirname(location)) if local else tempfile.gettempdir()
    folder = Path(above, f".tmp-{secrets.token_hex(16)}")  # a name that artifacts.paths keeps for unfinished writes
    try:
        os.makedirs(above, exist_ok=True)
        mode = private_folder(folder)
    except OSError as error:
        raise write_error(location, "a model", error) from error
    try:
        yield Staged(folder, location, _file_mode(mode))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_placed(location: str) -> None:
    """Delete what was brought to a location, with the folder above it, which bears the model's id."""
    folder = os.path.dirname(location)
    if os.path.isabs(location):
        shutil.rmtree(folder, ignore_errors=True)
    else:
        from trackbook.stores.artifacts.repository import open_artifacts

        above, _, name = folder.rpartition("/")
        open_artifacts(above).remove(SafeRelPath((name,)))


def hash_files(folder: str | os.PathLike[str], mode: int | None = None) -> list[StoredFile]:
    """Size and SHA-256 of every file in a folder of ours, sorted by path.

    Args:
        folder: nobody else writes to it.
        mode: the permissions that files get, folders with x where there is r, and then all is brought to the disk;
            None changes nothing.
    """
    now, files, root = time.time_ns() // 1_000_000, [], os.fspath(folder)
    for above, _, names in os.walk(root, topdown=False):
        inside = os.path.relpath(above, root).replace(os.sep, "/")
        for name in names:
            with open(os.path.join(above, name), "rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
                size = os.fstat(stream.fileno()).st_size
                if mode is not None:
                    os.chmod(stream.fileno(), mode)
                    os.fsync(stream.fileno())
            files.append(StoredFile(name if inside == "." else f"{inside}/{name}", size, digest, now))
        if mode is not None:
            os.chmod(above, mode | (mode & 0o444) >> 2)
            _sync_folder(above)
    return sorted(files, key=lambda file: file.path)


def _sync_folder(path: str) -> None:
    descriptor = os.open(path, _FOLDER)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def private_folder(path: Path) -> int:
    """Make a folder that only this user can enter; the permissions that it would have had otherwise."""
    path.mkdir()
    mode = path.stat().st_mode & 0o777
    path.chmod(0o700)
    return mode


def _file_mode(folder_mode: int) -> int:
    """Permissions of stored files: what TRACKBOOK_FILE_MODE says, else those of any new file."""
    return file_mode() if read_settings().file_mode is not None else folder_mode & 0o666
