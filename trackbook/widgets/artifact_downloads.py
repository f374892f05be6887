"""Downloads through the page: a file, or many files as a .zip that is packed while it is sent."""

from __future__ import annotations

import re
import secrets
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from trackbook.errors import InvalidParameter, NotFound
from trackbook.stores.artifacts.archives import Packed, zip_pieces
from trackbook.uris import SafeRelPath
from trackbook.widgets.artifact_files import WALKED, ArtifactFile, ArtifactFiles, first_of
from trackbook.widgets.previews.preview import IN_MEMORY, PIECE, in_bytes

__all__ = ["Downloads", "Part", "safe_name"]

_AT_ONCE = 4
_UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|%#;]+')
_BIDI = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class Part(NamedTuple):
    """Files of one run for an archive.

    Attributes:
        name: of the run, for its folder in the archive; "" for none.
        files: of the run.
        path: of a file or folder; "" for all.
    """

    name: str
    files: ArtifactFiles
    path: str


class Downloads:
    """The archives that are under way; a page takes their pieces one by one."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, Iterator[bytes]] = OrderedDict()

    def begin(self, parts: Iterable[Part]) -> dict[str, Any]:
        """Look through what will be packed.

        Returns:
            ``token`` for `piece`, number of ``files``, and their ``size``.

        Raises:
            InvalidParameter: it is more than a page can hold; the message says what to do.
            NotFound: there is nothing to pack.
        """
        packed, size, folders = list[Packed](), 0, set[str]()
        for part in parts:
            folder = _unused(safe_name(part.name), folders) if part.name else ""
            for name, file in _files_of(part):
                size += file.size
                _check(size, len(packed))
                repository, inside = part.files.repository_of(file.path)
                if inside is not None:
                    place = SafeRelPath.parse(f"{folder}/{name}" if folder else name)
                    packed.append(Packed(place, repository, inside, file.expected))
        if not packed:
            raise NotFound("There is no file to download.")
        return {"token": self._keep(zip_pieces(packed, PIECE)), "files": len(packed), "size": size}

    def begin_file(self, file: ArtifactFile, as_is: bool = False) -> dict[str, Any]:
        """One file, as it is.

        Args:
            file: the file.
            as_is: also where it is not what was stored.

        Raises:
            InvalidParameter: it is more than a page can hold.
        """
        _check(file.size, 0)
        return {"token": self._keep(file.pieces(PIECE, as_is)), "files": 1, "size": file.size}

    def _keep(self, pieces: Iterator[bytes]) -> str:
        token = secrets.token_hex(8)
        self._open[token] = pieces
        while len(self._open) > _AT_ONCE:
            self._open.popitem(last=False)
        return token

    def piece(self, token: str) -> bytes | None:
        """The next piece; None after the last.

        Raises:
            NotFound: the download was given up.
            DamagedArtifact: a file is not what was stored; the archive ends here.
        """
        pieces = self._open.get(token)
        if pieces is None:
            raise NotFound("This download was given up. Start it again.")
        try:
            found = next(pieces, None)
        except BaseException:
            del self._open[token]
            raise
        if found is None:
            del self._open[token]
        return found

    def drop(self, token: str) -> None:
        """Give a download up."""
        self._open.pop(token, None)


def safe_name(name: str) -> str:
    """A name that any system takes as that of a file: without what leads elsewhere or turns the text around."""
    plain = _BIDI.sub("", _UNSAFE.sub("_", name)).strip(". ")
    return (plain.encode()[:120].decode(errors="ignore").strip(". ")) or "run"


def _unused(name: str, taken: set[str]) -> str:
    found, number = name, 2
    while found.casefold() in taken:
        found, number = f"{name}-{number}", number + 1
    taken.add(found.casefold())
    return found


def _files_of(part: Part) -> Iterator[tuple[str, ArtifactFile]]:
    """The files of a part, each with its name from the last part of the path on."""
    found = part.files.info(part.path) if part.path else None
    if found is not None and not found.is_dir:
        yield part.path.rpartition("/")[2], part.files.open(part.path)
        return
    above = len(part.path.rpartition("/")[0]) + 1 if "/" in part.path else 0
    entries, complete = first_of(part.files.walk(part.path))
    if not complete:
        raise InvalidParameter(f"It has more than {WALKED} files. {_BY_CODE}")
    for entry in entries:
        if not entry.is_dir:
            yield entry.path[above:], part.files.open(entry.path)


_BY_CODE = "Take it by trackbook.artifacts.download_artifacts, which has no limit."


def _check(size: int, count: int) -> None:
    if size > IN_MEMORY:
        raise InvalidParameter(f"A page holds {in_bytes(IN_MEMORY)} at the most, and this is more. {_BY_CODE}")
    if count >= WALKED:
        raise InvalidParameter(f"It has more than {WALKED} files. {_BY_CODE}")
