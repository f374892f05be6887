"""Folders of artifacts as one .zip, written as a stream; and the one checked way to unpack an archive."""

from __future__ import annotations

import lzma
import shutil
import stat
import tarfile
import time
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

from trackbook.entities import StoredFile
from trackbook.errors import ArchiveError, InvalidParameter
from trackbook.stores.artifacts.paths import SafeFolder
from trackbook.stores.artifacts.plain import target_folder
from trackbook.stores.artifacts.progress import transfer
from trackbook.stores.artifacts.reading import ReadableArtifacts, WritesBytes, chunks_of
from trackbook.uris import SafeRelPath

__all__ = ["Packed", "unpack", "write_zip", "zip_pieces"]

_CHUNK = 1 << 20
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # of a zip
_DAMAGED = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    RuntimeError,
    ValueError,
)


# -- packing


def write_zip(repository: ReadableArtifacts, path: SafeRelPath | None, sink: WritesBytes) -> None:
    """Write a file, a folder or all as a .zip, with names below the path, in memory that does not grow.

    Args:
        repository: where the files are.
        path: what to pack; all if None.
        sink: where the archive goes; it only needs `write`.

    Raises:
        NotFound: there is nothing at that path.
        DamagedArtifact: a file is not what was stored; what the sink got is then no whole archive.
    """
    files, folders = repository.tree(path)
    known = {file.path: file for file in repository.records.known(str(path) if path else None)}
    above = len(path.parts) if path and folders else len(path.parts) - 1 if path else 0
    total = sum(size or 0 for _, size in files)
    stream: Any = _Stream(sink)
    with (
        transfer(f"Packing {path or 'artifacts'}", total) as moved,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
    ):
        for folder in folders:
            if folder and len(folder.parts) > above:
                archive.writestr(_member("/".join(folder.parts[above:]) + "/", None), b"")
        for file, _ in files:
            member = _member("/".join(file.parts[above:]), known.get(str(file)))
            with archive.open(member, "w", force_zip64=True) as packed:
                repository.copy_to(file, packed, moved)


class Packed(NamedTuple):
    """A file that comes into an archive.

    Attributes:
        name: in the archive.
        repository: where it is.
        path: in the repository.
        stored: what was stored, if that is known.
    """

    name: SafeRelPath
    repository: ReadableArtifacts
    path: SafeRelPath
    stored: StoredFile | None = None


def zip_pieces(files: Iterable[Packed], size: int) -> Iterator[bytes]:
    """A .zip in pieces of about `size` bytes, each made when it is asked for, in memory that does not grow.

    Raises:
        NotFound: a file is no longer there.
        DamagedArtifact: a file is not what was stored; what was handed out is then no whole archive.
    """
    sink = _Tray()
    stream: Any = _Stream(sink)
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for file in files:
            member = _member(str(file.name), file.stored)
            with file.repository.open(file.path) as content, archive.open(member, "w", force_zip64=True) as packed:
                for chunk in chunks_of(content):
                    packed.write(chunk)
                    if sink.size >= size:
                        yield sink.take()
    yield sink.take()


class _Tray:
    """A sink from which the bytes are taken away."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self.size = 0

    def write(self, data: bytes) -> None:
        self._parts.append(bytes(data))
        self.size += len(data)

    def take(self) -> bytes:
        taken = b"".join(self._parts)
        self._parts, self.size = [], 0
        return taken


def _member(name: str, stored: StoredFile | None) -> zipfile.ZipInfo:
    when = _EARLIEST if stored is None else max(time.gmtime(stored.time / 1000)[:6], _EARLIEST)
    member = zipfile.ZipInfo(name, when)
    kind = stat.S_IFDIR | 0o755 if name.endswith("/") else stat.S_IFREG | 0o644
    member.external_attr, member.compress_type = kind << 16, zipfile.ZIP_DEFLATED
    return member


class _Stream:
    """A sink as a file that is written from its start to its end: zipfile sees that it can neither seek nor tell."""

    def __init__(self, sink: WritesBytes) -> None:
        self._sink = sink

    def write(self, data: bytes) -> int:
        self._sink.write(data)
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""


# -- unpacking


class _Member(NamedTuple):
    name: str
    is_folder: bool
    size: int
    link_or_device: bool


def unpack(archive: str, folder: str, most_members: int = 100_000, most_bytes: int = 100 << 30) -> None:
    """Unpack a .zip or .tar (also compressed) into a new folder that only this user can read.

    Every name is checked before the first byte is written.

    Args:
        archive: path of the file.
        folder: path of the folder, which must not be there.
        most_members: refuse archives with more.
        most_bytes: refuse archives that become larger, whatever sizes they tell.

    Raises:
        ArchiveError: it is no archive, is damaged or too large, or has a member that is a link, a device, or leads out
            of the folder; the folder is not there then.
    """
    target = Path(folder)
    try:
        target.mkdir(mode=0o700)
    except FileExistsError:
        raise InvalidParameter(f"{folder!r} is there already; archives are unpacked into a new folder.") from None
    try:
        with _opened(archive) as opened:
            _unpack(archive, opened, target_folder(str(target.resolve())), most_members, most_bytes)
    except _DAMAGED as problem:
        shutil.rmtree(target)
        raise ArchiveError(
            f"The archive {archive!r} cannot be unpacked, and nothing of it was: {problem}."
        ) from problem
    except BaseException:
        shutil.rmtree(target)
        raise


def _unpack(
    name: str, opened: zipfile.ZipFile | tarfile.TarFile, target: SafeFolder, most_members: int, most_bytes: int
) -> None:
    members: list[tuple[SafeRelPath, _Member]] = []
    left = most_bytes
    for member in _members(opened):
        left -= member.size
        if len(members) >= most_members or left < 0:
            raise ArchiveError(
                f"The archive {name!r} has more than {most_members} members or {most_bytes} bytes; it was left."
            )
        members.append((_place(name, member), member))
    left = most_bytes
    for place, member in members:
        if member.is_folder:
            target.mkdir(place)
            continue
        with _content(opened, member.name) as stream, target.create(place) as sink:
            while chunk := stream.read(_CHUNK):
                left -= len(chunk)
                if left < 0:
                    raise ArchiveError(f"The archive {name!r} unpacks to more than {most_bytes} bytes.")
                sink.write(chunk)


def _place(archive: str, member: _Member) -> SafeRelPath:
    refusal = f"The archive {archive!r} has the member {member.name!r:.200}, and nothing of it was unpacked: "
    if member.link_or_device:
        raise ArchiveError(f"{refusal}it is neither a file nor a folder.")
    try:
        place = SafeRelPath.parse(member.name.removesuffix("/"))
    except InvalidParameter as problem:
        raise ArchiveError(f"{refusal}{problem}") from None
    if str(place) != member.name.removesuffix("/"):
        raise ArchiveError(f"{refusal}its name has a percent sign.")
    return place


@contextmanager
def _opened(archive: str) -> Iterator[zipfile.ZipFile | tarfile.TarFile]:
    with ExitStack() as stack:
        if zipfile.is_zipfile(archive):
            yield stack.enter_context(zipfile.ZipFile(archive))
        else:
            yield stack.enter_context(tarfile.open(archive))


def _members(opened: zipfile.ZipFile | tarfile.TarFile) -> Iterator[_Member]:
    """The members, as they are read: a list of a million would be too long already."""
    if isinstance(opened, zipfile.ZipFile):
        for zipped in opened.infolist():
            kind = stat.S_IFMT(zipped.external_attr >> 16)
            odd = kind not in (0, stat.S_IFREG, stat.S_IFDIR)
            yield _Member(zipped.orig_filename, zipped.is_dir(), zipped.file_size, odd)
    else:
        for tarred in opened:
            odd = not (tarred.isreg() or tarred.isdir()) or tarred.issparse()
            yield _Member(tarred.name, tarred.isdir(), tarred.size, odd)


def _content(opened: zipfile.ZipFile | tarfile.TarFile, name: str) -> IO[bytes]:
    content = opened.open(name) if isinstance(opened, zipfile.ZipFile) else opened.extractfile(name)
    if content is None:
        raise ArchiveError(f"The member {name!r} has no content.")
    return content
