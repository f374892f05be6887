"""Copy artifacts, file by file: each is whole when it bears its name, and what is there already stays."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from trackbook.errors import DamagedStore
from trackbook.stores.permissions import make_file, make_folder
from trackbook.stores.sql.copying import put_in_place
from trackbook.upkeep.backups.manifest import hash_file

__all__ = ["copy_artifacts", "merge_artifacts"]

_PIECE = 1 << 20
_UNFINISHED = re.compile(r"\.tmp-")  # what an upload is called until it is whole


def copy_artifacts(source: Path, target: Path) -> dict[str, str]:
    """Copy a folder of artifacts into a new one. Links are left out, as is what is still being uploaded.

    Returns:
        SHA-256 by path.
    """
    found = {}
    for path in _files(source):
        name = path.relative_to(source).as_posix()
        try:
            found[name] = _copy(path, target / name)
        except FileNotFoundError:  # deleted meanwhile
            (target / name).unlink(missing_ok=True)
    return found


def merge_artifacts(source: Path, names: dict[str, str], target: Path) -> list[Path]:
    """Copy files that a target folder lacks.

    Args:
        names: SHA-256 by path below the source.

    Returns:
        files of the target that have another content, and were left as they are.

    Raises:
        DamagedStore: a file of the source is not as its hash says.
    """
    other = []
    for name, digest in names.items():
        there = target / name
        if os.path.lexists(there):
            if there.is_symlink() or not there.is_file() or hash_file(there) != digest:
                other.append(there)
        elif _copy(source / name, there) != digest:
            there.unlink()
            raise DamagedStore(f"{source / name} is not as it was written. Take another backup.")
    return other


def _files(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(place, name)
            if not _UNFINISHED.match(name) and path.is_file() and not path.is_symlink():
                yield path


def _copy(source: Path, target: Path) -> str:
    """Copy a file; its SHA-256."""
    make_folder(target.parent)
    nascent = target.with_name(f".tmp-{os.urandom(16).hex()}")
    digest = hashlib.sha256()
    descriptor = os.open(source, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    try:
        with open(descriptor, "rb") as reading:
            make_file(nascent)
            with open(nascent, "wb") as writing:
                while piece := reading.read(_PIECE):
                    digest.update(piece)
                    writing.write(piece)
        put_in_place(nascent, target)
    finally:
        nascent.unlink(missing_ok=True)
    return digest.hexdigest()
