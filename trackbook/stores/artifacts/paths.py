"""Files below one root folder, reached by descriptor: read, listed, and written so that only whole ones are seen."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import BinaryIO

from trackbook.entities import FileInfo
from trackbook.errors import InvalidParameter, NotFound
from trackbook.stores.artifacts.beneath import Opener, is_plain_name, open_beneath
from trackbook.stores.artifacts.problems import ABSENT, reading, writing
from trackbook.uris import SafeRelPath

__all__ = ["Around", "SafeFolder", "Sink", "is_reserved"]

_RESERVED = re.compile(r"\.tmp-(?:[0-9a-f]{32}|lock)")
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0)
#: What surrounds the moment in which something takes its place.
Around = Callable[[], AbstractContextManager[object]]
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL


def is_reserved(name: str) -> bool:
    """Whether a file name is one of those under which unfinished writes lie, which no listing shows."""
    return _RESERVED.fullmatch(name) is not None


class Sink:
    """The writing end of a file that is not visible yet."""

    def __init__(self, descriptor: int, root: str, path: object) -> None:
        self._descriptor, self._root, self._path = descriptor, root, path

    def write(self, data: bytes | bytearray | memoryview) -> int:
        """Write all of the data.

        Raises:
            StorageFull: there is no space for it.
        """
        rest = memoryview(data).cast("B")
        with writing(self._root, self._path):
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        return memoryview(data).nbytes


class SafeFolder:
    """A root folder; whatever lies below it is opened by descriptor, and no link below it is followed.

    A file or folder that is being written lies under a reserved name in the root and is renamed into its place when
    it is whole, so that a reader, also after a kill or a crash, sees all of it or nothing.

    Args:
        root: absolute path; made, with the folders above it, by the first write.
        file_mode: permissions of what is made (folders get x where it has r); those of the umask if None.
        durable: whether what was written also survives a loss of power.
        opener: how descriptors below the root are opened.
    """

    def __init__(
        self, root: str, file_mode: int | None = None, durable: bool = True, opener: Opener = open_beneath
    ) -> None:
        self.root = root
        self.file_mode, self._durable, self._open = file_mode, durable, opener

    # -- reading

    def open(self, path: SafeRelPath) -> BinaryIO:
        """A file opened for reading; NotFound if there is none or a link leads to it."""
        with reading(self.root, path), self._folder() as root:
            descriptor = self._open(root, _names(path), os.O_RDONLY | os.O_NONBLOCK, 0)  # a pipe must not block us
        kind = os.fstat(descriptor).st_mode
        if stat.S_ISREG(kind):
            return os.fdopen(descriptor, "rb")
        os.close(descriptor)
        if stat.S_ISDIR(kind):
            raise InvalidParameter(f"The artifact {str(path)!r} in {self.root} is a folder; name a file in it.")
        raise NotFound(f"{str(path)!r} in {self.root} is no regular file; list_artifacts shows what can be read.")

    def info(self, path: SafeRelPath | None) -> FileInfo | None:
        """What is there: a file, a folder, or None for nothing, a link or something else."""
        with self._opened_above(path) as above:
            if above is None:
                return None
            try:
                found = os.stat(_names(path)[-1] if path else ".", dir_fd=above, follow_symlinks=False)
            except FileNotFoundError:
                return None
        return _file_info(str(path or ""), found)

    def list(self, path: SafeRelPath | None = None) -> Sequence[FileInfo]:
        """What lies in a folder, one level, sorted by path; nothing if there is no such folder.

        Only what `open` would open is listed: no links, no pipes, no unfinished writes, no unsafe names.
        """
        above = _names(path)
        found = []
        with reading(self.root, path or ""), self._opened(above) as folder:
            if folder is None:
                return []
            with os.scandir(folder) as entries:
                for entry in entries:
                    info = _file_info("/".join((*above, entry.name)), entry.stat(follow_symlinks=False))
                    if info and not is_reserved(entry.name) and _is_safe(info.path):
                        found.append(info)
        return sorted(found, key=lambda info: info.path)

    def names(self, parts: Sequence[str]) -> Sequence[str]:
        """All names in a folder, also those that `list` leaves out; none if there is no such folder."""
        with reading(self.root, "/".join(parts)), self._opened(parts) as folder:
            return [] if folder is None else os.listdir(folder)

    # -- writing

    def mkdir(self, path: SafeRelPath | None = None) -> None:
        """Make a folder and those above it; it may be there already."""
        with writing(self.root, path or ""):
            self._make_root()
            with self._folder() as root:
                os.close(self._make_folders(root, _names(path)))

    @contextmanager
    def create(self, path: SafeRelPath, around: Around = nullcontext) -> Iterator[Sink]:
        """A new file, or a new content of one, which is there, whole, when the block has ended without an error.

        Args:
            path: of the file.
            around: entered when the file is written, before it takes its place, and left when it has.
        """
        with self._staged(path, around) as (root, name):
            with writing(self.root, path):
                descriptor = self._open(root, (name,), _NEW_FILE, 0o666)
            try:
                yield Sink(descriptor, self.root, path)
                with writing(self.root, path):
                    self._finish(descriptor)
            finally:
                os.close(descriptor)

    @contextmanager
    def create_folder(self, path: SafeRelPath | None, around: Around = nullcontext) -> Iterator[SafeFolder]:
        """A folder to fill, whose files and folders take their places below `path` when the block has ended well.

        A folder that was not there appears in one step; into one that was there, files are moved one by one.
        """
        with self._staged(path, around) as (root, name):
            with writing(self.root, path or ""):
                os.close(self._make_folders(root, (name,)))
            yield SafeFolder(os.path.join(self.root, name), self.file_mode, self._durable, self._open)
            with writing(self.root, path or ""):
                for *_, folder in os.fwalk(name, dir_fd=root):
                    self._sync(folder)

    @contextmanager
    def write_new(self, path: SafeRelPath) -> Iterator[Sink]:
        """A file written in place; only for folders that `create_folder` gave, which nobody sees yet."""
        with writing(self.root, path), self._folder() as root:
            above = self._make_folders(root, _names(path)[:-1])
            try:
                descriptor = self._open(above, _names(path)[-1:], _NEW_FILE, 0o666)
            finally:
                os.close(above)
        try:
            yield Sink(descriptor, self.root, path)
            with writing(self.root, path):
                self._finish(descriptor)
        finally:
            os.close(descriptor)

    def remove(self, path: SafeRelPath | None = None) -> None:
        """Delete a file or folder, which vanishes in one step, or all with the root; nothing there is no error."""
        parts = _names(path)
        with writing(self.root, path or ""), self._opened(()) as root, self._opened(parts[:-1]) as above:
            if root is None or above is None:
                return
            if parts:
                name = f".tmp-{secrets.token_hex(16)}"
                with suppress(FileNotFoundError):
                    os.rename(parts[-1], name, src_dir_fd=above, dst_dir_fd=root)
                    self._sync(above)
                _remove(name, root)
                return
            for name in os.listdir(root):
                _remove(name, root)
            with suppress(OSError):  # somebody has just stored something
                os.rmdir(self.root)

    def remove_leftovers(self, age: float = 86_400.0, now: float | None = None) -> int:
        """Delete unfinished writes of processes that were killed; return how many.

        Args:
            age: seconds since their last change; a slow upload is not a leftover.
            now: seconds since 1970-01-01 UTC; the clock's if None.
        """
        now = time.time() if now is None else now
        removed = 0
        with writing(self.root, ""), self._opened(()) as root:
            if root is None:
                return 0
            for name in filter(is_reserved, os.listdir(root)):
                with suppress(FileNotFoundError):
                    if now - os.lstat(name, dir_fd=root).st_mtime > age:
                        _remove(name, root)
                        removed += 1
        return removed

    # -- the steps of a write

    @contextmanager
    def _staged(self, path: SafeRelPath | None, around: Around) -> Iterator[tuple[int, str]]:
        """Descriptor of the root and a new reserved name; what the block made of it is moved to `path` after it."""
        parts = _names(path)
        with writing(self.root, path or ""):
            self._make_root()
            root = os.open(self.root, _FOLDER)
        name = f".tmp-{secrets.token_hex(16)}"
        try:
            yield root, name
            with around(), writing(self.root, path or ""):
                self._publish(root, name, parts)
        except BaseException:
            _remove(name, root)
            raise
        finally:
            os.close(root)

    def _publish(self, root: int, name: str, parts: Sequence[str]) -> None:
        if not parts:
            self._merge(root, name, root)
            return
        above = self._make_folders(root, parts[:-1])
        try:
            self._move(root, name, above, parts[-1])
            self._sync(above)
        finally:
            os.close(above)

    def _move(self, source: int, name: str, target: int, new_name: str) -> None:
        if _is_folder(source, name) and _is_folder(target, new_name):
            into = self._open(target, (new_name,), _FOLDER, 0)
            try:
                self._merge(source, name, into)
            finally:
                os.close(into)
        else:
            os.rename(name, new_name, src_dir_fd=source, dst_dir_fd=target)

    def _merge(self, source: int, name: str, target: int) -> None:
        """Move what lies in the folder `name` into the folder `target`, and remove the empty folder."""
        folder = self._open(source, (name,), _FOLDER, 0)
        try:
            for entry in sorted(os.listdir(folder)):
                self._move(folder, entry, target, entry)
            self._sync(target)
        finally:
            os.close(folder)
        os.rmdir(name, dir_fd=source)

    def _finish(self, descriptor: int) -> None:
        if self.file_mode is not None:
            os.fchmod(descriptor, self.file_mode)
        self._sync(descriptor)

    def _sync(self, descriptor: int) -> None:
        if self._durable:
            os.fsync(descriptor)

    # -- folders

    @contextmanager
    def _folder(self) -> Iterator[int]:
        descriptor = os.open(self.root, _FOLDER)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    @contextmanager
    def _opened(self, parts: Sequence[str]) -> Iterator[int | None]:
        """Descriptor of a folder below the root; None if it is absent."""
        descriptor = None
        try:
            with self._folder() as root:
                descriptor = self._open(root, parts, _FOLDER, 0)
        except OSError as problem:
            if problem.errno not in ABSENT:
                raise
        try:
            yield descriptor
        finally:
            if descriptor is not None:
                os.close(descriptor)

    @contextmanager
    def _opened_above(self, path: SafeRelPath | None) -> Iterator[int | None]:
        with reading(self.root, path or ""), self._opened(_names(path)[:-1]) as folder:
            yield folder

    def _make_root(self) -> None:
        missing = []
        folder = self.root
        while not os.path.isdir(folder) and folder != os.path.dirname(folder):
            missing.append(folder)
            folder = os.path.dirname(folder)
        for made in reversed(missing):
            with suppress(FileExistsError):
                os.mkdir(made)
            if self.file_mode is not None:
                os.chmod(made, _folder_mode(self.file_mode))
            self._sync_folder(os.path.dirname(made))

    def _sync_folder(self, path: str) -> None:
        descriptor = os.open(path, _FOLDER)
        try:
            self._sync(descriptor)
        finally:
            os.close(descriptor)

    def _make_folders(self, root: int, parts: Sequence[str]) -> int:
        """Descriptor of the folder `parts`, made if need be."""
        current = os.dup(root)
        try:
            for part in parts:
                deeper = self._make_folder(current, part)
                os.close(current)
                current = deeper
        except BaseException:
            os.close(current)
            raise
        return current

    def _make_folder(self, above: int, name: str) -> int:
        try:
            return self._open(above, (name,), _FOLDER, 0)
        except FileNotFoundError:
            with suppress(FileExistsError):
                os.mkdir(name, dir_fd=above)
            self._sync(above)
        folder = self._open(above, (name,), _FOLDER, 0)
        if self.file_mode is not None:
            os.fchmod(folder, _folder_mode(self.file_mode))
        return folder


def _names(path: SafeRelPath | None) -> tuple[str, ...]:
    """The names on a path, each of which is one entry of one folder, also if somebody made the path without parse.

    Not every call below takes its name through `Opener`: rename, stat and mkdir would follow a slash or a `..`.
    """
    parts = path.parts if path else ()
    if path is not None and not (parts and all(is_plain_name(part) for part in parts)):
        raise InvalidParameter(f"The artifact path {str(path)!r} may lead elsewhere. Make it by SafeRelPath.parse.")
    return parts


def _folder_mode(file_mode: int) -> int:
    return file_mode | (file_mode & 0o444) >> 2


def _file_info(path: str, found: os.stat_result) -> FileInfo | None:
    if stat.S_ISDIR(found.st_mode):
        return FileInfo(path, is_dir=True, file_size=None)
    if stat.S_ISREG(found.st_mode):
        return FileInfo(path, is_dir=False, file_size=found.st_size)
    return None


def _is_safe(path: str) -> bool:
    try:
        return str(SafeRelPath.parse(path)) == path
    except InvalidParameter:
        return False


def _is_folder(above: int, name: str) -> bool:
    try:
        return stat.S_ISDIR(os.stat(name, dir_fd=above, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return False


def _remove(name: str, above: int) -> None:
    if _is_folder(above, name):
        shutil.rmtree(name, dir_fd=above)
    else:
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=above)
