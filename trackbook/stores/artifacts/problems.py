"""What the operating system refuses, as errors that name the file, the rule and the remedy."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from trackbook.errors import (
    InvalidParameter,
    NotFound,
    PermissionDenied,
    ReadOnlyStore,
    StorageFull,
    StoreError,
    TrackbookError,
)

__all__ = ["ABSENT", "free_bytes", "reading", "reading_source", "write_error", "writing"]

#: Errors of an open that mean: no such thing below this folder. Links are never followed, so they count as absent.
ABSENT = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EXDEV})
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_LOCKED = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
_IN_THE_WAY = frozenset({errno.EEXIST, errno.EISDIR, errno.ELOOP, errno.ENOTDIR, errno.ENOTEMPTY, errno.EXDEV})


@contextmanager
def reading(root: str, path: object) -> Iterator[None]:
    """Errors met while `path` below `root` is read."""
    try:
        yield
    except OSError as problem:
        if problem.errno in ABSENT:
            raise NotFound(
                f"There is no artifact {str(path)!r} in {root}; list_artifacts shows what is there."
            ) from None
        if problem.errno in (errno.EACCES, errno.EPERM):
            raise PermissionDenied(
                f"The artifact {str(path)!r} in {root} may not be read by this user. Ask its owner for read permission."
            ) from problem
        raise StoreError(f"The artifact {str(path)!r} in {root} cannot be read: {problem.strerror}.") from problem


@contextmanager
def writing(root: str, path: object) -> Iterator[None]:
    """Errors met while `path` below `root` is written."""
    try:
        yield
    except OSError as problem:
        raise write_error(root, path, problem) from problem


def write_error(root: str, path: object, problem: OSError) -> TrackbookError:
    """What an error means that was met while `path` below `root` was written."""
    if problem.errno in _FULL:
        return StorageFull(
            f"No space for the artifact {str(path)!r} in {root}: {problem.strerror}; {free_bytes(root)} bytes are free."
            " Nothing of it was stored; make room and log it again."
        )
    if problem.errno in _LOCKED:
        return ReadOnlyStore(
            f"The artifact {str(path)!r} cannot be written, because {root} is read-only for this user "
            f"({problem.strerror}). Change its permissions, or keep artifacts in another folder."
        )
    if problem.errno in _IN_THE_WAY:
        return InvalidParameter(
            f"{str(path)!r} cannot be stored in {root}, because a file, folder or link of that name, or of the name of "
            "one of the folders above it, is in the way. Use another artifact path."
        )
    return StoreError(f"The artifact {str(path)!r} cannot be written in {root}: {problem.strerror}.")


@contextmanager
def reading_source(path: str) -> Iterator[None]:
    """Errors met while a local file of the user's is read."""
    try:
        yield
    except (FileNotFoundError, NotADirectoryError):
        raise InvalidParameter(
            f"There is no file {path!r} (working directory: {os.getcwd()}). Write it before it is logged."
        ) from None
    except OSError as problem:
        raise InvalidParameter(f"The file {path!r} cannot be read: {problem.strerror}.") from problem


def free_bytes(path: str) -> int:
    """Bytes that this user may still write on the device of a path, or of the nearest folder above it that exists."""
    while True:
        try:
            return shutil.disk_usage(path).free
        except OSError:
            above = os.path.dirname(path)
            if above == path:
                return 0
            path = above
