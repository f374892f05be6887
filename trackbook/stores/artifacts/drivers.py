"""Which libraries serve which address, and what they raise, as errors that name the file, the rule and the remedy."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager

from trackbook.errors import (
    InvalidParameter,
    NotFound,
    NotSupported,
    PermissionDenied,
    ReadOnlyStore,
    StorageFull,
    StoreAway,
    TrackbookError,
)

__all__ = ["READ_ONLY", "WHOLE_BY_THEMSELVES", "is_known", "missing_driver", "reached"]

#: What to install for a scheme.
_PACKAGES = {
    "abfs": "'trackbook[azure]'",
    "abfss": "'trackbook[azure]'",
    "az": "'trackbook[azure]'",
    "gcs": "'trackbook[gcs]'",
    "gs": "'trackbook[gcs]'",
    "hdfs": "pyarrow",
    "http": "aiohttp",
    "https": "aiohttp",
    "s3": "'trackbook[s3]'",
    "s3a": "'trackbook[s3]'",
    "sftp": "paramiko",
    "smb": "smbprotocol",
    "ssh": "paramiko",
}
#: What fsspec knows and is no place of its own, but a way to look at another one, or at code, or at the local disk.
_WRAPPERS = {"blockcache", "cached", "dask", "dir", "dvc", "filecache", "generic", "reference", "simplecache"}
_ARCHIVES = {"libarchive", "tar", "zip"}
_NO_STORES = {"data", "dbfs", "gist", "git", "github", "jlab", "jupyter", "pyscript", "root", "wandb"}
_NO_PLACES = _WRAPPERS | _ARCHIVES | _NO_STORES | {"asynclocal", "asyncwrapper", "file", "local"}
#: Stores that show an object when its upload is complete, and not before.
WHOLE_BY_THEMSELVES = frozenset(["abfs", "abfss", "az", "gcs", "gs", "oci", "oss", "s3", "s3a", "tos"])
READ_ONLY = frozenset({"http", "https"})
_ASYNC_LIBRARIES = {
    "adlfs",
    "aiobotocore",
    "aiohttp",
    "asyncio",
    "azure",
    "botocore",
    "gcsfs",
    "google",
    "msal",
    "s3fs",
}
_LIBRARIES = _ASYNC_LIBRARIES | {
    "fsspec",
    "ocifs",
    "ossfs",
    "paramiko",
    "pyarrow",
    "requests",
    "smbprotocol",
    "urllib3",
}
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def is_known(scheme: str) -> bool:
    """Whether artifacts may lie at addresses of that scheme."""
    from fsspec import available_protocols

    return scheme in _PACKAGES or scheme in set(available_protocols()) - _NO_PLACES


def missing_driver(scheme: str, problem: ImportError) -> str:
    """What to say when the library for a scheme is not installed."""
    package = _PACKAGES.get(scheme)
    if package is None:
        return f"Artifacts at {scheme}:// need a library that is not installed: {problem}"
    return f"Artifacts at {scheme}:// need a library that is not installed. pip install {package}"


@contextmanager
def reached(uri: str, path: object, writing: bool = False) -> Iterator[None]:
    """Errors met while `path` below `uri` is read or written through a library."""
    try:
        yield
    except Exception as problem:
        error = _translated(problem, uri, str(path or ""), writing)
        if error is not None:
            raise error from problem
        raise


def _translated(problem: Exception, uri: str, path: str, writing: bool) -> TrackbookError | None:
    status = getattr(problem, "status", None)
    if isinstance(problem, TrackbookError):
        return None
    if isinstance(problem, FileNotFoundError) or status == 404:
        return NotFound(f"There is no artifact {path!r} in {uri}; list_artifacts shows what is there.")
    if isinstance(problem, PermissionError) or status in (401, 403):
        kind = ReadOnlyStore if writing else PermissionDenied
        return kind(
            f"{uri} does not let this user {'write' if writing else 'read'} {path!r}: {_text(problem)}. Check the "
            "credentials that its library finds in the environment, and what they allow."
        )
    if isinstance(problem, IsADirectoryError | NotADirectoryError | FileExistsError):
        return InvalidParameter(
            f"{path!r} in {uri} cannot be {'stored' if writing else 'read'}, because a file or folder is in the way "
            "(a file has no files below it, and a folder no content). Use another artifact path."
        )
    if isinstance(problem, NotImplementedError):
        return NotSupported(f"{uri} cannot do that: {_text(problem)}. Keep artifacts in another kind of place.")
    if isinstance(problem, OSError) and problem.errno in _FULL:
        return StorageFull(
            f"No space for the artifact {path!r} in {uri}: {_text(problem)}. Nothing of it was stored; make room and "
            "log it again."
        )
    if isinstance(problem, OSError) or type(problem).__module__.partition(".")[0] in _LIBRARIES:
        return StoreAway(
            f"{uri} could not be reached for {path!r}: {_text(problem)}. Try again; if it stays so, check its address "
            "and the network."
        )
    return None


def _text(problem: Exception) -> str:
    """What a library says, without user names and passwords in addresses."""
    said = re.sub(r"//[^/@\s]+@", "//", str(problem)).strip().rstrip(".") or "no reason given"
    return f"{type(problem).__name__}: {said:.300}"
