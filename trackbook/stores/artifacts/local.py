"""Artifacts on a local disk."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import BinaryIO

from trackbook.config import read_settings
from trackbook.entities import FileInfo, StoredFile
from trackbook.errors import InvalidParameter, NotFound, PermissionDenied
from trackbook.stores.artifacts.contract import ArtifactRepository
from trackbook.stores.artifacts.digests import Digest
from trackbook.stores.artifacts.locks import locked
from trackbook.stores.artifacts.paths import Around, SafeFolder
from trackbook.stores.artifacts.problems import reading_source
from trackbook.stores.artifacts.progress import Transfer, transfer
from trackbook.stores.artifacts.reading import WritesBytes, chunks_of
from trackbook.stores.artifacts.records import NO_RECORDS, Records
from trackbook.stores.artifacts.sources import Source, scan_folder
from trackbook.stores.artifacts.spellings import Spellings
from trackbook.uris import SafeRelPath

__all__ = ["LocalArtifacts"]


class LocalArtifacts(ArtifactRepository):
    """Artifacts in a local folder, which is made by the first write.

    Args:
        root: absolute path.
        folder: how the folder is reached, for another way than the usual.
        records: what is remembered of its files.
    """

    def __init__(self, root: str, folder: SafeFolder | None = None, records: Records = NO_RECORDS) -> None:
        if not os.path.isabs(root) or "\x00" in root:
            raise InvalidParameter(f"An artifact root is an absolute path; {root!r} is not. Write it from '/' on.")
        self.uri, self.records = root, records
        self._folder = folder or SafeFolder(os.path.normpath(root), _file_mode())
        self._spellings = Spellings(self._folder)

    def put_folder(self, local: str, path: SafeRelPath | None = None) -> list[StoredFile]:
        local = os.path.realpath(local)
        self._check_not_inside(local)
        sources = scan_folder(local, path)
        above = path.parts if path else ()
        places = [SafeRelPath(above + source.path.parts) for source in sources]
        replaced = self._check_places(
            above, [(place, source.is_folder) for place, source in zip(places, sources, strict=True)]
        )
        origin = SafeFolder(local)
        stored: list[StoredFile] = []
        total = sum(source.size for source in sources)
        with (
            transfer(f"Storing {path or 'artifacts'}", total) as moved,
            self._folder.create_folder(path, lambda: self._recorded(stored, replaced)) as staged,
        ):
            for place, source in zip(places, sources, strict=True):
                if source.is_folder:
                    staged.mkdir(source.path)
                else:
                    stored.append(_copy_source(origin, source, staged, moved).file(place))
        self._added([place for place in places if place.parts[:-1] == above])
        return stored

    def remove(self, path: SafeRelPath | None = None) -> None:
        self._folder.remove(path)

    def remove_leftovers(self, age: float = 86_400.0) -> int:
        return self._folder.remove_leftovers(age)

    def info(self, path: SafeRelPath | None = None) -> FileInfo | None:
        return self._folder.info(path)

    def list_artifacts(self, path: SafeRelPath | None = None) -> list[FileInfo]:
        return list(self._folder.list(path))

    def _create(self, path: SafeRelPath, around: Around) -> AbstractContextManager[WritesBytes]:
        return self._folder.create(path, around)

    def _open(self, path: SafeRelPath) -> BinaryIO:
        try:
            return self._folder.open(path)
        except NotFound:
            raise self._not_found(path) from None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self._folder.mkdir()
        with locked(self._folder.root, self._folder.file_mode):
            yield

    def _in_turn(self) -> AbstractContextManager[None]:
        return self._alone()

    def _replaced(self, stored: Sequence[StoredFile], before: Sequence[str]) -> Sequence[str]:
        return [file.path for file in stored if self.info(SafeRelPath(tuple(file.path.split("/")))) is not None]

    def _spelled(self, place: SafeRelPath) -> str | None:
        return self._spellings.other(place)

    def _added(self, places: Sequence[SafeRelPath]) -> None:
        self._spellings.added(places)

    def _check_not_inside(self, local: str) -> None:
        root = os.path.realpath(self._folder.root)
        if os.path.commonpath([root, local]) == local:
            raise InvalidParameter(
                f"The folder {local!r} contains the run's own artifacts ({root}), which cannot be stored in themselves."
                " Log a folder below it."
            )


def _file_mode() -> int | None:
    text = read_settings().file_mode
    if text is None:
        return None
    if not re.fullmatch(r"0?[0-7]{3}", text):
        raise InvalidParameter(f"TRACKBOOK_FILE_MODE is {text!r}; it is three octal digits, such as 660.")
    return int(text, 8)


def _copy_source(origin: SafeFolder, source: Source, staged: SafeFolder, moved: Transfer) -> Digest:
    local, digest = os.path.join(origin.root, *source.real.parts), Digest()
    try:
        stream = origin.open(source.real)
    except (NotFound, PermissionDenied) as problem:
        raise InvalidParameter(f"The file {local!r} cannot be read any more: {problem}") from None
    with stream, reading_source(local), staged.write_new(source.path) as sink:
        for chunk in chunks_of(stream):
            sink.write(chunk)
            digest.update(chunk)
            moved.advance(len(chunk))
    return digest
