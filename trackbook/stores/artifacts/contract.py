"""The contract of every place where artifacts lie; what is the same for all of them is written here once."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import chain
from typing import BinaryIO

from trackbook.entities import FileInfo, StoredFile
from trackbook.errors import InvalidParameter
from trackbook.stores.artifacts.digests import Digest
from trackbook.stores.artifacts.names import check_portable
from trackbook.stores.artifacts.paths import Around, is_reserved
from trackbook.stores.artifacts.problems import reading_source
from trackbook.stores.artifacts.progress import transfer
from trackbook.stores.artifacts.reading import ReadableArtifacts, WritesBytes, chunks_of
from trackbook.uris import SafeRelPath

__all__ = ["ArtifactRepository", "Place", "open_local"]

#: Where something will be stored, and whether it is a folder.
Place = tuple[SafeRelPath, bool]


class ArtifactRepository(ReadableArtifacts):
    """The files under one root, for example those of a run.

    A file is seen whole or not at all, whatever happens while it is written; a later write of the same path replaces
    it. Every path is a SafeRelPath, None stands for the root. Sizes are not limited, and memory does not grow with
    them. Safe in any thread and after a fork.

    Size and hash of what is written are computed on the way and handed to `records`.
    """

    def put_stream(self, stream: BinaryIO, path: SafeRelPath) -> StoredFile:
        """Store what is left in a binary stream; InvalidParameter if it yields text."""
        return self._put(chunks_of(stream), path)

    def put_file(self, local: str, path: SafeRelPath) -> StoredFile:
        """Store a local file; InvalidParameter if there is none."""
        with open_local(local) as stream, reading_source(local):
            return self._put(chunks_of(stream), path, os.fstat(stream.fileno()).st_size)

    def put_bytes(self, data: bytes, path: SafeRelPath) -> StoredFile:
        """Store bytes."""
        return self._put((data,), path)

    @abstractmethod
    def put_folder(self, local: str, path: SafeRelPath | None = None) -> list[StoredFile]:
        """Store the content of a local folder in a folder.

        Links in it are followed where they stay inside it. Every name is checked before the first byte is stored;
        InvalidParameter names all that cannot be. On a disk all of it is stored or nothing; elsewhere what was stored
        before a failure is deleted again, as far as it has not replaced something.
        """

    def update(self, path: SafeRelPath, change: Callable[[bytes | None], bytes]) -> StoredFile:
        """Replace a file by what `change` makes of its content (None if there is no file).

        One update of a repository at a time, over all processes of this machine, and of all machines that share its
        disk; a raising `change` leaves the file as it was.
        """
        self._check_file(path)
        with self._alone():
            return self._put((change(self.read_bytes(path) if self.info(path) else None),), path, alone=True)

    @abstractmethod
    def remove(self, path: SafeRelPath | None = None) -> None:
        """Delete a file, a folder or everything; nothing there is no error."""

    @abstractmethod
    def remove_leftovers(self, age: float = 86_400.0) -> int:
        """Delete what killed processes have left unfinished for `age` seconds; return how many files and folders."""

    # -- what a kind of place does its own way

    @abstractmethod
    def _create(self, path: SafeRelPath, around: Around) -> AbstractContextManager[WritesBytes]:
        """A new file, or a new content of one, which is there, whole, when the block has ended without an error.

        Args:
            path: of the file.
            around: entered when the file is written, before it takes its place, and left when it has.
        """

    @abstractmethod
    def _alone(self) -> AbstractContextManager[None]:
        """No other process changes this repository by `update` while the block runs."""

    def _in_turn(self) -> AbstractContextManager[None]:
        """What keeps the bytes of one writer and the record of another one apart, where that costs little."""
        return nullcontext()

    def _replaced(self, stored: Sequence[StoredFile], before: Sequence[str]) -> Sequence[str]:
        """Which files are about to be replaced, after it is this writer's turn."""
        return before

    def _spelled(self, place: SafeRelPath) -> str | None:
        """Another spelling, in upper and lower case, of the place's last name that is there already."""
        return None

    def _added(self, places: Sequence[SafeRelPath]) -> None:
        """What was not there before is there now."""

    def _finder(self, above: tuple[str, ...], places: Sequence[Place]) -> Callable[[SafeRelPath], FileInfo | None]:
        """What tells what is at each of the places, and at the folders above them."""
        return self.info

    # -- steps

    def _put(
        self, chunks: Iterable[bytes], path: SafeRelPath, size: int | None = None, alone: bool = False
    ) -> StoredFile:
        replaced = self._check_file(path)
        chunks, digest = iter(chunks), Digest()
        first = next(chunks, b"")  # a stream of text is refused before anything is made
        stored: list[StoredFile] = []
        with (
            transfer(f"Storing {path}", size) as moved,
            self._create(path, lambda: self._recorded(stored, replaced, alone)) as sink,
        ):
            for chunk in chain((first,), chunks):
                sink.write(chunk)
                digest.update(chunk)
                moved.advance(len(chunk))
            stored.append(digest.file(path))
        self._added([path])
        return stored[0]

    @contextmanager
    def _recorded(self, stored: Sequence[StoredFile], replaced: Sequence[str], alone: bool = False) -> Iterator[None]:
        """While files take their places: forget what they replace before, remember them afterwards.

        Args:
            stored: the files.
            replaced: those of them that were there when they were looked for.
            alone: whether this process holds the lock already.
        """
        with nullcontext() if alone else self._in_turn():
            if there := self._replaced(stored, replaced):
                self.records.replacing(there)
            yield
            self.records.written(stored)

    # -- checks before the first byte

    def _check_file(self, path: SafeRelPath) -> list[str]:
        return self._check_places(path.parts[:-1], [(path, False)])

    def _check_places(self, above: tuple[str, ...], places: Sequence[Place]) -> list[str]:
        """No folder comes where a file is, no file where a folder is, and every name is one that may be stored.

        Args:
            above: the names of the folder that holds all of the places.
            places: what will be stored, and whether it is a folder.

        Returns:
            The files that will be replaced.
        """
        folders = [(SafeRelPath(above[:depth]), True) for depth in range(1, len(above) + 1)]
        replaced, new = [], []
        check_portable(place for place, _ in places)
        find = self._finder(above, places)
        for place, is_folder in [*folders, *places]:
            found = find(place)
            if is_reserved(place.parts[-1]):
                raise InvalidParameter(f"{str(place)!r} has a name kept for unfinished writes. Use another.")
            if found is not None and found.is_dir != is_folder:
                kind, other = ("folder", "file") if found.is_dir else ("file", "folder")
                raise InvalidParameter(
                    f"{str(place)!r} in {self.uri} is a {kind}, and a {other} of that name cannot be stored there. "
                    "Use another artifact path."
                )
            if found is None:
                new.append(place)
            elif not is_folder:
                replaced.append(str(place))
        self._check_spellings(new)
        return replaced

    def _check_spellings(self, new: Sequence[SafeRelPath]) -> None:
        fresh = {place.parts for place in new}
        beside = [(place, self._spelled(place)) for place in new if place.parts[:-1] not in fresh]
        clashes = [f"{str(place)!r} (there is {other!r})" for place, other in beside if other]
        if clashes:
            raise InvalidParameter(
                f"Nothing was stored in {self.uri}, because these differ from what is there only by upper and lower "
                f"case, which not every disk tells apart: {', '.join(clashes[:50])}. Use another artifact path."
            )


def open_local(path: str) -> BinaryIO:
    """A local file of the user's, opened for reading; InvalidParameter if there is none."""
    with reading_source(path):
        if not os.path.isfile(path) and os.path.exists(path):
            raise InvalidParameter(f"{path!r} is no regular file. Give a file, or a folder to log_artifacts.")
        return open(path, "rb")
