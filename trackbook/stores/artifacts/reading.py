"""Reading artifacts, wherever they lie: listed, opened, copied, and compared with what was stored."""

from __future__ import annotations

import io
import os
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO, Protocol, TypeVar

from trackbook.entities import FileInfo, StoredFile
from trackbook.entities.keys import check_int64
from trackbook.errors import DamagedArtifact, InvalidParameter, NotFound
from trackbook.stores.artifacts.digests import CheckedReader, Digest, damaged
from trackbook.stores.artifacts.paths import SafeFolder
from trackbook.stores.artifacts.plain import target_folder
from trackbook.stores.artifacts.progress import Transfer, transfer
from trackbook.stores.artifacts.records import NO_RECORDS, Records
from trackbook.uris import SafeRelPath

__all__ = ["CHUNK", "ReadableArtifacts", "WritesBytes", "chunks_of"]

CHUNK = 1 << 20
_REPLACED_MEANWHILE = 3
T = TypeVar("T")


class WritesBytes(Protocol):
    """The writing end of a file."""

    def write(self, data: bytes, /) -> object:
        """Write all of the data."""


class ReadableArtifacts(ABC):
    """The files under one root, for example those of a run, as they are read.

    Every path is a SafeRelPath, None stands for the root. What is read is compared with what `records` remembers; a
    file of which nothing is known is read as it is.

    Attributes:
        uri: where it is, absolute.
        records: what is remembered of its files.
        patience: seconds to wait before what is remembered is asked for again, when a file is something else: where
            writers cannot take turns, the record of one may stand beside the bytes of another for a moment.
    """

    uri: str
    patience: Sequence[float] = ()
    records: Records = NO_RECORDS

    @abstractmethod
    def info(self, path: SafeRelPath | None = None) -> FileInfo | None:
        """What is at a path: a file, a folder, or None."""

    @abstractmethod
    def list_artifacts(self, path: SafeRelPath | None = None) -> list[FileInfo]:
        """One level of a folder, sorted, with paths relative to the root; [] if there is no such folder."""

    def open(self, path: SafeRelPath) -> BinaryIO:
        """A file opened for reading, which raises DamagedArtifact at its end if it is not what was stored; NotFound."""
        expected, stream = self._expected(path), self._open(path)
        if expected is None:
            return stream
        return io.BufferedReader(CheckedReader(stream, expected, self.uri, lambda: self._expected(path)), CHUNK)

    def read_bytes(self, path: SafeRelPath) -> bytes:
        """The content of a file.

        Raises:
            NotFound: there is none.
            DamagedArtifact: it is not what was stored.
        """

        def read(expected: StoredFile | None) -> bytes:
            data = io.BytesIO()
            self._copy(path, data, expected, Transfer("", None))
            return data.getvalue()

        return self._settled(path, read)

    def copy_to(self, path: SafeRelPath, sink: WritesBytes, moved: Transfer) -> None:
        """Write the content of a file to a sink that cannot start again.

        Raises:
            NotFound: there is no such file.
            DamagedArtifact: it is not what was stored, or was replaced meanwhile; the sink has got all of it.
        """
        self._copy(path, sink, self._expected(path), moved)

    def read_range(self, path: SafeRelPath, start: int, length: int) -> bytes:
        """Some bytes of a file, fewer where it ends; only their number is checked.

        Args:
            path: the file.
            start: its first byte is 0.
            length: how many.

        Raises:
            NotFound: there is no such file.
            DamagedArtifact: the file is shorter than what was stored.
        """
        if check_int64("The start of a range", start) < 0 or check_int64("The length of a range", length) < 0:
            raise InvalidParameter(f"A range starts at 0 or later and has 0 or more bytes, not {start} and {length}.")

        def read(expected: StoredFile | None) -> bytes:
            data = self._read_range(path, start, length)
            if expected is not None and len(data) < min(length, max(expected.size - start, 0)):
                raise damaged(self.uri, expected, f"{start + len(data)} bytes")
            return data

        return self._settled(path, read)

    def download(self, path: SafeRelPath | None, dst: str, keep_folders: bool = True) -> str:
        """Copy a file, a folder or all to a local folder.

        Nothing is ever written outside `dst`, whatever the names and whichever links lie there, and no file that is
        not whole.

        Args:
            path: what to copy; all if None.
            dst: the folder to copy to, made if need be.
            keep_folders: copy to ``<dst>/<path>``; else to ``<dst>/<last part of path>``.

        Returns:
            Where the copy is.

        Raises:
            NotFound: there is nothing at that path.
            DamagedArtifact: a file is not what was stored.
            IncompleteDownload: the connection broke again and again.
        """
        target = target_folder(dst)
        files, folders = self.tree(path)
        skipped = 0 if keep_folders or path is None else len(path.parts) - 1
        known = {file.path: file for file in self.records.known(str(path) if path else None)}
        name = str(path) if path else "artifacts"
        for folder in folders:
            target.mkdir(SafeRelPath(folder.parts[skipped:]) if folder else None)
        with transfer(f"Downloading {name}", sum(size or 0 for _, size in files)) as moved:

            def fetch(file: SafeRelPath) -> None:
                self._fetch(file, target, SafeRelPath(file.parts[skipped:]), known.get(str(file)), moved)

            self._for_each([file for file, _ in files], fetch)
        return os.path.join(target.root, *path.parts[skipped:]) if path else target.root

    def tree(
        self, path: SafeRelPath | None = None
    ) -> tuple[list[tuple[SafeRelPath, int | None]], list[SafeRelPath | None]]:
        """All files (with their sizes) and folders at and below a path, folders from the top.

        Raises:
            NotFound: there is nothing at that path.
            InvalidParameter: names that whoever keeps the files has given lead elsewhere.
        """
        found = self.info(path)
        if found is None:
            raise self._not_found(path)
        if path and not found.is_dir:
            return [(path, found.file_size)], []
        files, folders = [], [path]
        for entry in self._below(path):
            below = SafeRelPath.parse(entry.path)  # the names come from whoever keeps the files
            if str(below) != entry.path:
                raise InvalidParameter(f"The artifact path {entry.path!r} in {self.uri} has a percent sign.")
            if entry.is_dir:
                folders.append(below)
            else:
                files.append((below, entry.file_size))
        return files, folders

    # -- what a kind of place does its own way

    @abstractmethod
    def _open(self, path: SafeRelPath) -> BinaryIO:
        """A file opened for reading; NotFound."""

    def _read_range(self, path: SafeRelPath, start: int, length: int) -> bytes:
        with self._open(path) as stream:
            stream.seek(start)
            return stream.read(length)

    def _below(self, path: SafeRelPath | None) -> Iterator[FileInfo]:
        """Everything below a folder, each folder before what is in it."""
        for entry in self.list_artifacts(path):
            yield entry
            if entry.is_dir:
                yield from self._below(SafeRelPath.parse(entry.path))

    def _for_each(self, things: Sequence[T], do: Callable[[T], object]) -> None:
        """Do something to each of many files, several at a time where waiting for an answer takes longest."""
        for thing in things:
            do(thing)

    def _copy(self, path: SafeRelPath, sink: WritesBytes, expected: StoredFile | None, moved: Transfer) -> None:
        """Write a file's bytes to a sink; DamagedArtifact if they are not what was expected."""
        digest = Digest()
        with self._open(path) as stream:
            for chunk in chunks_of(stream):
                sink.write(chunk)
                digest.update(chunk)
                moved.advance(len(chunk))
        if expected is not None and not digest.matches(expected):
            moved.advance(-digest.size)
            raise damaged(self.uri, expected, digest)

    # -- steps

    def _fetch(
        self, path: SafeRelPath, target: SafeFolder, place: SafeRelPath, expected: StoredFile | None, moved: Transfer
    ) -> None:
        def fetch(expected: StoredFile | None) -> None:
            with target.create(place) as sink:
                self._copy(path, sink, expected, moved)

        self._settled(path, fetch, [expected])

    def _settled(
        self, path: SafeRelPath, read: Callable[[StoredFile | None], T], known: Sequence[StoredFile | None] = ()
    ) -> T:
        """What `read` gives, asked again if the file was replaced while it was read."""
        expected = known[0] if known else self._expected(path)
        patience = iter(self.patience)
        for _ in range(_REPLACED_MEANWHILE):
            try:
                return read(expected)
            except DamagedArtifact:
                before, expected = expected, self._expected(path)
                while expected == before:
                    pause = next(patience, None)
                    if pause is None:
                        raise
                    time.sleep(pause)
                    expected = self._expected(path)
        return read(expected)

    def _expected(self, path: SafeRelPath) -> StoredFile | None:
        return next((file for file in self.records.known(str(path)) if file.path == str(path)), None)

    def _not_found(self, path: SafeRelPath | None) -> NotFound:
        names = [f"{entry.path}/" if entry.is_dir else entry.path for entry in self.list_artifacts()]
        there = f"has {', '.join(names[:10])}{' ...' if len(names) > 10 else ''}" if names else "is empty"
        return NotFound(
            f"There is no artifact {str(path or '')!r} in {self.uri}. Its listing (list_artifacts) {there}."
        )


def chunks_of(stream: BinaryIO) -> Iterator[bytes]:
    """What is left in a stream, a MiB at a time; InvalidParameter if that is text."""
    while chunk := stream.read(CHUNK):
        if not isinstance(chunk, bytes):
            raise InvalidParameter(f"A stream yields bytes, not {type(chunk).__name__}. Open the file with mode 'rb'.")
        yield chunk
