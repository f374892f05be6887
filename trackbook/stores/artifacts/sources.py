"""What a folder of the user's holds, checked whole before the first byte of it is stored."""

from __future__ import annotations

import os
import stat
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from trackbook.errors import InvalidParameter
from trackbook.stores.artifacts.names import folded, portability_problem
from trackbook.stores.artifacts.paths import is_reserved
from trackbook.stores.artifacts.problems import reading_source
from trackbook.uris import SafeRelPath

__all__ = ["Source", "file_name", "scan_folder"]

_SHOWN = 50


class Source(NamedTuple):
    """One file or folder to store.

    Attributes:
        path: under which it is stored, below the folder that it is stored in.
        real: where it lies below the real path of the scanned folder; no part of it is a link.
        is_folder: whether it is a folder.
        size: bytes of a file, 0 of a folder.
    """

    path: SafeRelPath
    real: SafeRelPath
    is_folder: bool
    size: int


class _Refused(Exception):
    """Why one entry cannot be stored."""


def file_name(local_path: str) -> str:
    """The name under which a local file or folder is stored: its own, in Unicode's normal form NFC."""
    return unicodedata.normalize("NFC", os.path.basename(os.path.abspath(local_path)))


def scan_folder(folder: str, below: SafeRelPath | None = None) -> list[Source]:
    """Every file and folder in a folder, with links resolved, sorted by path.

    Args:
        folder: a local folder. Links in it are followed where they stay inside it.
        below: the artifact folder that it goes to; it counts for the length of the paths.

    Raises:
        InvalidParameter: there is no such folder, or some names or links in it cannot be stored; names all of them.
    """
    if not os.path.isdir(folder):
        kind = "a file; use log_artifact" if os.path.exists(folder) else f"absent (working directory: {os.getcwd()})"
        raise InvalidParameter(f"log_artifacts stores a folder, and {folder!r} is {kind}.")
    top = Path(folder).resolve()
    found: dict[str, Source] = {}
    spellings: dict[str, str] = {}
    refused: list[str] = []
    with reading_source(folder):
        entries = list(_walk(top, top, (), (top,)))
    for name, entry in entries:
        try:
            source = _source(name, entry, top, below)
            if str(source.path) in found:
                raise _Refused("has the same name as another one once both are in Unicode's normal form NFC")
            other = spellings.setdefault(folded(str(source.path)), str(source.path))
            if other != str(source.path) and _parent(other) == _parent(str(source.path)):
                raise _Refused(f"differs from {other!r} only by upper and lower case, which not every disk tells apart")
            found[str(source.path)] = source
        except _Refused as reason:
            refused.append(f"{'/'.join(name)!r} {reason}.")
        except InvalidParameter as problem:
            refused.append(str(problem))
    if refused:
        more = f"\n... and {len(refused) - _SHOWN} more" if len(refused) > _SHOWN else ""
        raise InvalidParameter(
            f"{len(refused)} of the entries of {folder!r} cannot be stored, so none was. Rename or remove them:\n"
            + "\n".join(refused[:_SHOWN])
            + more
        )
    return [found[path] for path in sorted(found)]


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _walk(
    folder: Path, top: Path, above: tuple[str, ...], chain: tuple[Path, ...]
) -> Iterator[tuple[tuple[str, ...], Path | _Refused]]:
    """Name below the top and real path of every entry; instead of the path, why it cannot be followed.

    The chain holds the real folders on the way down, by which a link that leads back up is recognised.
    """
    with os.scandir(folder) as entries:
        names = sorted(entry.name for entry in entries)
    for entry in names:
        name = (*above, entry)
        real = _follow(folder / entry, top, chain)
        yield name, real
        if isinstance(real, Path) and real.is_dir():
            yield from _walk(real, top, name, (*chain, real))


def _follow(entry: Path, top: Path, chain: tuple[Path, ...]) -> Path | _Refused:
    try:
        real = entry.resolve(strict=True) if entry.is_symlink() else entry
    except (OSError, RuntimeError):
        return _Refused("is a link that leads nowhere")
    if not real.is_relative_to(top):
        return _Refused(f"is a link that leads outside, to {str(real)!r}")
    if real in chain:
        return _Refused("is a link to a folder that contains it")
    return real


def _source(name: tuple[str, ...], entry: Path | _Refused, top: Path, below: SafeRelPath | None) -> Source:
    if isinstance(entry, _Refused):
        raise entry
    with reading_source(str(entry)):
        about = entry.stat()
    kind, size = about.st_mode, about.st_size
    if not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
        raise _Refused("is neither a file nor a folder")
    stored = unicodedata.normalize("NFC", "/".join(name))
    whole = f"{below}/{stored}" if below else stored
    if str(SafeRelPath.parse(whole)) != whole:
        raise _Refused("has a percent sign, which is not allowed")
    if is_reserved(name[-1]):
        raise _Refused("is a name that Trackbook keeps for unfinished writes")
    problem = portability_problem(unicodedata.normalize("NFC", name[-1]))
    if problem:
        raise _Refused(problem)
    path, real = SafeRelPath(tuple(stored.split("/"))), SafeRelPath(entry.relative_to(top).parts)
    return Source(path, real, stat.S_ISDIR(kind), 0 if stat.S_ISDIR(kind) else size)
