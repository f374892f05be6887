"""Where the files of a run lie: the contract of every artifact store, and the one on a local disk."""

from __future__ import annotations

import os
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from itertools import chain
from typing import BinaryIO
from urllib.parse import quote

from trackbook.config import read_settings
from trackbook.entities import FileInfo
from trackbook.errors import InvalidParameter, NotFound, NotSupported, PermissionDenied
from trackbook.stores.artifacts.locks import locked
from trackbook.stores.artifacts.paths import SafeFolder, is_reserved
from trackbook.stores.artifacts.problems import reading_source
from trackbook.stores.artifacts.sources import Source, scan_folder
from trackbook.uris import SafeRelPath, local_path

__all__ = ["ArtifactRepository", "LocalArtifacts", "join_uri", "open_artifacts"]

_CHUNK = 1 << 20
_COMING = {
    "s3": "object stores come with the fsspec store",
    "gs": "object stores come with the fsspec store",
    "az": "object stores come with the fsspec store",
    "abfs": "object stores come with the fsspec store",
    "abfss": "object stores come with the fsspec store",
    "wasbs": "object stores come with the fsspec store",
    "hdfs": "object stores come with the fsspec store",
    "http": "artifacts through a server come with the tracking server",
    "https": "artifacts through a server come with the tracking server",
    "mlflow-artifacts": "artifacts through a server come with the tracking server",
}


class ArtifactRepository(ABC):
    """The files under one root, for example those of a run.

    A file is seen whole or not at all, whatever happens while it is written; a later write of the same path replaces
    it. Every path is a SafeRelPath, None stands for the root. Sizes are not limited, and memory does not grow with
    them. Safe in any thread and after a fork.

    Attributes:
        uri: where it is, absolute.
    """

    uri: str

    @abstractmethod
    def put_stream(self, stream: BinaryIO, path: SafeRelPath) -> None:
        """Store what is left in a binary stream; InvalidParameter if it yields text."""

    @abstractmethod
    def put_file(self, local: str, path: SafeRelPath) -> None:
        """Store a local file; InvalidParameter if there is none."""

    @abstractmethod
    def put_folder(self, local: str, path: SafeRelPath | None = None) -> None:
        """Store the content of a local folder in a folder, all of it or nothing.

        Links in it are followed where they stay inside it. Every name is checked before the first byte is stored;
        InvalidParameter names all that cannot be.
        """

    @abstractmethod
    def put_bytes(self, data: bytes, path: SafeRelPath) -> None:
        """Store bytes."""

    @abstractmethod
    def update(self, path: SafeRelPath, change: Callable[[bytes | None], bytes]) -> None:
        """Replace a file by what `change` makes of its content (None if there is no file).

        One update of a repository at a time, over all processes; a raising `change` leaves the file as it was.
        """

    @abstractmethod
    def info(self, path: SafeRelPath | None = None) -> FileInfo | None:
        """What is at a path: a file, a folder, or None."""

    @abstractmethod
    def list_artifacts(self, path: SafeRelPath | None = None) -> list[FileInfo]:
        """One level of a folder, sorted, with paths relative to the root; [] if there is no such folder."""

    @abstractmethod
    def open(self, path: SafeRelPath) -> BinaryIO:
        """A file opened for reading; NotFound."""

    def read_bytes(self, path: SafeRelPath) -> bytes:
        """The content of a file; NotFound."""
        with self.open(path) as stream:
            return stream.read()

    def download(self, path: SafeRelPath | None, dst: str, keep_folders: bool = True) -> str:
        """Copy a file, a folder or all to a local folder.

        Nothing is ever written outside `dst`, whatever the names and whichever links lie there.

        Args:
            path: what to copy; all if None.
            dst: the folder to copy to, made if need be.
            keep_folders: copy to ``<dst>/<path>``; else to ``<dst>/<last part of path>``.

        Returns:
            Where the copy is.

        Raises:
            NotFound: there is nothing at that path.
        """
        target = SafeFolder(os.path.abspath(dst), durable=False)
        found = self.info(path)
        if found is None:
            raise self._not_found(path)
        skipped = 0 if keep_folders or path is None else len(path.parts) - 1
        if path and not found.is_dir:
            self._fetch(path, target, skipped)
        else:
            self._fetch_folder(path, target, skipped)
        return os.path.join(target.root, *path.parts[skipped:]) if path else target.root

    def _fetch_folder(self, path: SafeRelPath | None, target: SafeFolder, skipped: int) -> None:
        target.mkdir(SafeRelPath(path.parts[skipped:]) if path else None)
        for entry in self.list_artifacts(path):
            below = SafeRelPath.parse(entry.path)  # the names come from whoever keeps the files
            if entry.is_dir:
                self._fetch_folder(below, target, skipped)
            else:
                self._fetch(below, target, skipped)

    def _fetch(self, path: SafeRelPath, target: SafeFolder, skipped: int) -> None:
        with self.open(path) as stream, target.create(SafeRelPath(path.parts[skipped:])) as sink:
            for chunk in _chunks(stream):
                sink.write(chunk)

    def _not_found(self, path: SafeRelPath | None) -> NotFound:
        names = [f"{entry.path}/" if entry.is_dir else entry.path for entry in self.list_artifacts()]
        there = f"has {', '.join(names[:10])}{' ...' if len(names) > 10 else ''}" if names else "is empty"
        return NotFound(
            f"There is no artifact {str(path or '')!r} in {self.uri}. Its listing (list_artifacts) {there}."
        )


class LocalArtifacts(ArtifactRepository):
    """Artifacts in a local folder, which is made by the first write.

    Args:
        root: absolute path.
        folder: how the folder is reached, for another way than the usual.
    """

    def __init__(self, root: str, folder: SafeFolder | None = None) -> None:
        if not os.path.isabs(root) or "\x00" in root:
            raise InvalidParameter(f"An artifact root is an absolute path; {root!r} is not. Write it from '/' on.")
        self.uri = root
        self._folder = folder or SafeFolder(os.path.normpath(root), _file_mode())

    def put_stream(self, stream: BinaryIO, path: SafeRelPath) -> None:
        self._check_file(path)
        chunks = _chunks(stream)
        first = next(chunks, b"")
        with self._folder.create(path) as sink:
            for chunk in chain((first,), chunks):
                sink.write(chunk)

    def put_file(self, local: str, path: SafeRelPath) -> None:
        self._check_file(path)
        with _open_local(local) as stream, reading_source(local):
            self.put_stream(stream, path)

    def put_folder(self, local: str, path: SafeRelPath | None = None) -> None:
        local = os.path.realpath(local)
        self._check_not_inside(local)
        sources = scan_folder(local, path)
        above = path.parts if path else ()
        self._check_places(above, [(SafeRelPath(above + source.path.parts), source.is_folder) for source in sources])
        origin = SafeFolder(local)
        with self._folder.create_folder(path) as staged:
            for source in sources:
                if source.is_folder:
                    staged.mkdir(source.path)
                else:
                    _copy_source(origin, source, staged)

    def put_bytes(self, data: bytes, path: SafeRelPath) -> None:
        self._check_file(path)
        with self._folder.create(path) as sink:
            sink.write(data)

    def update(self, path: SafeRelPath, change: Callable[[bytes | None], bytes]) -> None:
        self._check_file(path)
        self._folder.mkdir()
        with locked(self._folder.root, self._folder.file_mode):
            self.put_bytes(change(self.read_bytes(path) if self.info(path) else None), path)

    def info(self, path: SafeRelPath | None = None) -> FileInfo | None:
        return self._folder.info(path)

    def list_artifacts(self, path: SafeRelPath | None = None) -> list[FileInfo]:
        return list(self._folder.list(path))

    def open(self, path: SafeRelPath) -> BinaryIO:
        try:
            return self._folder.open(path)
        except NotFound:
            raise self._not_found(path) from None

    def remove_leftovers(self, age: float = 86_400.0) -> int:
        """Delete what killed processes have left unfinished for `age` seconds; return how many files and folders."""
        return self._folder.remove_leftovers(age)

    # -- checks before the first byte

    def _check_file(self, path: SafeRelPath) -> None:
        self._check_places(path.parts[:-1], [(path, False)])

    def _check_not_inside(self, local: str) -> None:
        root = os.path.realpath(self._folder.root)
        if os.path.commonpath([root, local]) == local:
            raise InvalidParameter(
                f"The folder {local!r} contains the run's own artifacts ({root}), which cannot be stored in themselves."
                " Log a folder below it."
            )

    def _check_places(self, above: tuple[str, ...], places: list[tuple[SafeRelPath, bool]]) -> None:
        """No folder comes where a file is, no file where a folder is, and no name is one that we keep.

        Args:
            above: the names of the folder that holds all of the places.
            places: what will be stored, and whether it is a folder.
        """
        folders = [(SafeRelPath(above[:depth]), True) for depth in range(1, len(above) + 1)]
        for place, is_folder in folders + places:
            found = self.info(place)
            if is_reserved(place.parts[-1]):
                raise InvalidParameter(f"{str(place)!r} has a name kept for unfinished writes. Use another.")
            if found is not None and found.is_dir != is_folder:
                kind, other = ("folder", "file") if found.is_dir else ("file", "folder")
                raise InvalidParameter(
                    f"{str(place)!r} in {self.uri} is a {kind}, and a {other} of that name cannot be stored there. "
                    "Use another artifact path."
                )


def open_artifacts(uri: str) -> ArtifactRepository:
    """The repository at an artifact root.

    Args:
        uri: an absolute local path or a ``file:`` URI.

    Raises:
        NotSupported: another scheme; the message says what will serve it.
    """
    match = re.match(r"([A-Za-z][A-Za-z0-9+.\-]+):", uri)
    scheme = match[1].lower() if match else ""
    if scheme == "file":
        if "?" in uri or "#" in uri:
            raise InvalidParameter(f"The file URI {uri!r} has a '?' or '#'; write %3F or %23, or give the plain path.")
        return LocalArtifacts(local_path(uri))
    if not scheme:
        return LocalArtifacts(uri)
    reason = _COMING.get(scheme.split("+")[0], "it is not a scheme that Trackbook knows")
    raise NotSupported(
        f"Artifacts at {scheme}: are not supported in this version ({reason}). Use an absolute path or a file: URI."
    )


def join_uri(root: str, path: SafeRelPath) -> str:
    """The address of an artifact below a root, escaped where the root is a URI."""
    plain = "/".join(path.parts)
    return f"{root.rstrip('/')}/{quote(plain) if root.lower().startswith('file:') else plain}"


def _file_mode() -> int | None:
    text = read_settings().file_mode
    if text is None:
        return None
    if not re.fullmatch(r"0?[0-7]{3}", text):
        raise InvalidParameter(f"TRACKBOOK_FILE_MODE is {text!r}; it is three octal digits, such as 660.")
    return int(text, 8)


def _open_local(path: str) -> BinaryIO:
    with reading_source(path):
        if not os.path.isfile(path) and os.path.exists(path):
            raise InvalidParameter(f"{path!r} is no regular file. Give a file, or a folder to log_artifacts.")
        return open(path, "rb")


def _copy_source(origin: SafeFolder, source: Source, staged: SafeFolder) -> None:
    local = os.path.join(origin.root, *source.real.parts)
    try:
        stream = origin.open(source.real)
    except (NotFound, PermissionDenied) as problem:
        raise InvalidParameter(f"The file {local!r} cannot be read any more: {problem}") from None
    with stream, reading_source(local), staged.write_new(source.path) as sink:
        for chunk in _chunks(stream):
            sink.write(chunk)


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    while chunk := stream.read(_CHUNK):
        if not isinstance(chunk, bytes):
            raise InvalidParameter(f"A stream yields bytes, not {type(chunk).__name__}. Open the file with mode 'rb'.")
        yield chunk
