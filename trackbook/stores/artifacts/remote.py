"""Artifacts wherever fsspec reaches: object stores, file servers, memory."""

from __future__ import annotations

import hashlib
import io
import os
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from typing import Any, BinaryIO, TypeVar
from urllib.parse import unquote

from trackbook.config import read_settings
from trackbook.entities import FileInfo, StoredFile
from trackbook.errors import (
    IncompleteDownload,
    InvalidParameter,
    MissingDependency,
    NotFound,
    ReadOnlyStore,
    StoreAway,
    TrackbookError,
)
from trackbook.stores.artifacts.contract import ArtifactRepository, Place, open_local
from trackbook.stores.artifacts.digests import Digest, damaged
from trackbook.stores.artifacts.drivers import READ_ONLY, WHOLE_BY_THEMSELVES, missing_driver, reached
from trackbook.stores.artifacts.paths import Around, is_reserved
from trackbook.stores.artifacts.progress import Transfer, transfer
from trackbook.stores.artifacts.reading import CHUNK, WritesBytes, chunks_of
from trackbook.stores.artifacts.records import NO_RECORDS, Records
from trackbook.stores.artifacts.sources import Source, scan_folder
from trackbook.stores.artifacts.streams import RemoteReader, RemoteSink, discard
from trackbook.uris import SafeRelPath

__all__ = ["RemoteArtifacts"]

T = TypeVar("T")

_PAUSES = (0.0, 0.5, 2.0, 5.0)
#: Bytes asked for at a time, after each break that gave none of them: a smaller piece may get through.
_PIECES = (None, 1 << 20, 1 << 17, 1 << 14)
_MOST_BREAKS = 1_000
_THREADS, _FEW = 8, 4
_SMALL = 4 << 20
_LOOKED_UP_ONE_BY_ONE = 3


class RemoteArtifacts(ArtifactRepository):
    """Artifacts at an address of fsspec's.

    When a file is seen: an object store (S3, Google, Azure, ...) shows an object once its upload is complete. Elsewhere
    a file is written under a reserved name in the root and then moved; on SFTP, HDFS, SMB and a disk that is one step.
    Where moving is copying (memory in one step; FTP and WebDAV may not) a reader may meet an unfinished copy, which the
    hash tells. HTTP is read only. Empty folders are kept by places that have folders, not by object stores.

    Args:
        uri: the address.
        records: what is remembered of its files.
        options: for fsspec, instead of what the environment says.
        pauses: seconds to wait before each attempt to go on with a transfer that broke and gives no more bytes.
        threads: how many files of a folder are moved at a time; 8 for object stores, else 1, if None.
    """

    def __init__(
        self,
        uri: str,
        records: Records = NO_RECORDS,
        options: dict[str, Any] | None = None,
        pauses: Sequence[float] = _PAUSES,
        threads: int | None = None,
    ) -> None:
        self.uri, self.records = uri.rstrip("/") if uri.rpartition("://")[2] else uri, records
        self._scheme = uri.partition("://")[0].lower()
        self._options, self._pauses = options or {}, pauses
        self._shared: tuple[int, Any, str] | None = None
        self._threads = threads or (_THREADS if self._scheme in WHOLE_BY_THEMSELVES else 1)

    patience: Sequence[float] = (0.1, 1.0)

    # -- writing

    def put_folder(self, local: str, path: SafeRelPath | None = None) -> list[StoredFile]:
        sources = scan_folder(local, path)
        above = path.parts if path else ()
        places: list[Place] = [(SafeRelPath(above + source.path.parts), source.is_folder) for source in sources]
        replaced = self._check_places(above, places)
        files = [(place, source) for (place, _), source in zip(places, sources, strict=True) if not source.is_folder]
        top, stored = os.path.realpath(local), dict[SafeRelPath, StoredFile]()
        if replaced:
            self.records.replacing(replaced)
        try:
            with transfer(f"Storing {path or 'artifacts'}", sum(source.size for source in sources)) as moved:

                def store(file: tuple[SafeRelPath, Source]) -> None:
                    place, source = file
                    stored[place] = self._store(os.path.join(top, *source.real.parts), place, moved)

                self._for_each(files, store)
        except BaseException:
            with suppress(TrackbookError):
                for place in stored.keys() - {SafeRelPath.parse(path) for path in replaced}:
                    self.remove(place)
            raise
        done = [stored[place] for place, _ in files]
        self.records.written(done)
        return done

    def _store(self, local: str, place: SafeRelPath, moved: Transfer) -> StoredFile:
        digest = Digest()
        with open_local(local) as stream, self._create(place, nullcontext) as sink:
            for chunk in chunks_of(stream):
                sink.write(chunk)
                digest.update(chunk)
                moved.advance(len(chunk))
        return digest.file(place)

    def remove(self, path: SafeRelPath | None = None) -> None:
        with suppress(NotFound), reached(self.uri, path, writing=True):
            fs, key = self._reach(path)
            fs.rm(key, recursive=True)

    def remove_leftovers(self, age: float = 86_400.0) -> int:
        removed = 0
        with reached(self.uri, "", writing=True):
            fs, root = self._reach()
            with suppress(FileNotFoundError, NotImplementedError):
                for entry in fs.ls(root, detail=True):
                    name = entry["name"].rpartition("/")[2]
                    if is_reserved(name) and time.time() - fs.modified(entry["name"]).timestamp() > age:
                        fs.rm(entry["name"], recursive=True)
                        removed += 1
        return removed

    @contextmanager
    def _create(self, path: SafeRelPath, around: Around) -> Iterator[WritesBytes]:
        if self._scheme in READ_ONLY:
            raise ReadOnlyStore(f"{self.uri} can only be read. Keep artifacts in another kind of place.")
        staged = self._scheme not in WHOLE_BY_THEMSELVES
        with reached(self.uri, path, writing=True):
            fs, key = self._reach(path)
            place = f"{self._reach()[1]}/.tmp-{secrets.token_hex(16)}" if staged else key
            if staged:
                fs.makedirs(place.rpartition("/")[0], exist_ok=True)
            stream = fs.open(place, "wb")
        try:
            yield RemoteSink(stream, self.uri, path)
            with around(), reached(self.uri, path, writing=True):
                stream.close()
                if staged:
                    fs.makedirs(key.rpartition("/")[0], exist_ok=True)
                    fs.mv(place, key)
        except BaseException:
            with suppress(TrackbookError), reached(self.uri, path, writing=True):
                discard(fs, stream, place, staged)
            raise

    @contextmanager
    def _alone(self) -> Iterator[None]:
        from filelock import FileLock, Timeout

        cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
        folder = os.path.join(cache, "trackbook", "locks")
        os.makedirs(folder, mode=0o700, exist_ok=True)
        lock = FileLock(os.path.join(folder, hashlib.sha256(self.uri.encode()).hexdigest()[:32]), timeout=60)
        try:
            with lock:
                yield
        except Timeout:
            raise StoreAway(f"Another process has been changing {self.uri} for 60 s. Try again later.") from None

    # -- reading

    def info(self, path: SafeRelPath | None = None) -> FileInfo | None:
        try:
            with reached(self.uri, path):
                fs, key = self._reach(path)
                fs.invalidate_cache()
                found = fs.info(key)
        except NotFound:
            return None
        return _file_info(str(path or ""), found)

    def list_artifacts(self, path: SafeRelPath | None = None) -> list[FileInfo]:
        try:
            with reached(self.uri, path):
                fs, key = self._reach(path)
                fs.invalidate_cache()
                entries = [entry for entry in fs.ls(key, detail=True) if entry["name"].rstrip("/") != key]
        except (NotFound, InvalidParameter):  # nothing there, or a file
            return []
        found = [_file_info(self._relative(entry["name"]), entry) for entry in entries]
        listed = [info for info in found if _is_safe(info.path) and not is_reserved(info.path.rpartition("/")[2])]
        return sorted(listed, key=lambda info: info.path)

    def _below(self, path: SafeRelPath | None) -> Iterator[FileInfo]:
        with reached(self.uri, path):
            fs, key = self._reach(path)
            fs.invalidate_cache()
            found = fs.find(key, withdirs=True, detail=True)
        for name, entry in sorted(found.items()):
            if name.rstrip("/") != key and not is_reserved(self._relative(name).partition("/")[0]):
                yield _file_info(self._relative(name), entry)

    def _open(self, path: SafeRelPath, piece: int | None = None) -> BinaryIO:
        try:
            reader = RemoteReader(self._stream(path, piece), self.uri, path)
        except NotFound:
            raise self._not_found(path) from None
        return io.BufferedReader(reader, min(piece or CHUNK, CHUNK))

    def _stream(self, path: SafeRelPath, piece: int | None) -> Any:
        with reached(self.uri, path):
            fs, key = self._reach(path)
            fs.invalidate_cache()
            if self._scheme == "memory":  # which hands all readers one and the same stream
                return io.BytesIO(fs.cat_file(key))
            return fs.open(key, "rb", block_size=piece) if piece else fs.open(key, "rb")

    def _read_range(self, path: SafeRelPath, start: int, length: int) -> bytes:
        found = self.info(path)
        if found is None or found.is_dir:
            raise self._not_found(path)
        end = start + length if found.file_size is None else min(start + length, found.file_size)
        if start >= end:
            return b""
        with reached(self.uri, path):
            fs, key = self._reach(path)
            return bytes(fs.cat_file(key, start=start, end=end))

    def _copy(self, path: SafeRelPath, sink: WritesBytes, expected: StoredFile | None, moved: Transfer) -> None:
        if expected is not None and expected.size <= _SMALL and (data := self._at_once(path)) is not None:
            digest = Digest(data)
            sink.write(data)
            moved.advance(len(data))
        else:
            digest = self._piece_by_piece(path, sink, moved)
        if expected is not None and not digest.matches(expected):
            moved.advance(-digest.size)
            raise damaged(self.uri, expected, digest)

    def _at_once(self, path: SafeRelPath) -> bytes | None:
        """A small file by one request; None if the connection broke."""
        try:
            with reached(self.uri, path):
                fs, key = self._reach(path)
                return bytes(fs.cat_file(key))
        except NotFound:
            raise self._not_found(path) from None
        except StoreAway:
            return None

    def _piece_by_piece(self, path: SafeRelPath, sink: WritesBytes, moved: Transfer) -> Digest:
        """Any file, taken up again wherever the connection breaks."""
        found = self.info(path)
        if found is None:
            raise self._not_found(path)
        digest, breaks, in_vain = Digest(), 0, 0
        while True:
            before = digest.size
            trouble = self._copy_rest(path, digest, sink, moved, _PIECES[min(in_vain, len(_PIECES) - 1)])
            if trouble is None and (found.file_size is None or digest.size >= found.file_size):
                break
            breaks += 1
            in_vain = in_vain + 1 if digest.size == before else min(in_vain, 1)
            if in_vain > len(self._pauses) or breaks > _MOST_BREAKS:
                moved.advance(-digest.size)
                raise IncompleteDownload(
                    f"Only {digest.size} of {found.file_size} bytes of {str(path)!r} came from {self.uri}, also when "
                    f"asked again ({trouble or 'the stream ended early'}). Nothing of it was kept; try again later."
                ) from trouble
            time.sleep(self._pauses[in_vain - 1] if in_vain else 0)
        return digest

    def _copy_rest(
        self, path: SafeRelPath, digest: Digest, sink: WritesBytes, moved: Transfer, piece: int | None
    ) -> StoreAway | None:
        """Copy on from where it broke off; return what broke it this time."""
        try:
            with self._open(path, piece) as stream:
                if digest.size:
                    stream.seek(digest.size)
                for chunk in chunks_of(stream):
                    sink.write(chunk)
                    digest.update(chunk)
                    moved.advance(len(chunk))
        except StoreAway as trouble:
            return trouble
        return None

    def _for_each(self, things: Sequence[T], do: Callable[[T], object]) -> None:
        if self._threads == 1 or len(things) < _FEW:
            return super()._for_each(things, do)
        pool = ThreadPoolExecutor(self._threads, thread_name_prefix="trackbook-artifacts")
        try:
            for outcome in [pool.submit(do, thing) for thing in things]:
                outcome.result()
        finally:
            pool.shutdown(cancel_futures=True)  # waits for those under way
        return None

    # -- addresses

    def _reach(self, path: SafeRelPath | None = None) -> tuple[Any, str]:
        """The file system and a path in it.

        fsspec keeps one for each thread, and makes a new one after a fork. One for an object store serves all threads:
        it does its work in a thread of its own.
        """
        shared = self._shared
        if shared is None or shared[0] != os.getpid():
            fs, root = self._connect()
            if self._scheme in WHOLE_BY_THEMSELVES:
                self._shared = (os.getpid(), fs, root)
        else:
            _, fs, root = shared
        return fs, f"{root}/{path}" if path else root

    def _connect(self) -> tuple[Any, str]:
        from fsspec.core import url_to_fs

        options = dict(self._options)
        if self._scheme in ("s3", "s3a") and (endpoint := read_settings().s3_endpoint_url):
            options.setdefault("endpoint_url", endpoint)
        try:
            fs, root = url_to_fs(self.uri, **options)
        except ImportError as problem:
            raise MissingDependency(missing_driver(self._scheme, problem)) from problem
        return fs, root.rstrip("/")

    def _relative(self, name: str) -> str:
        """A name that the store gives, from the root on; one outside the root keeps something that no path may have."""
        root = self._reach()[1]
        below = name.rstrip("/").removeprefix(f"{root}/") if name.startswith(f"{root}/") else f"../{name}"
        return unquote(below) if self._scheme in READ_ONLY else below

    def _finder(self, above: tuple[str, ...], places: Sequence[Place]) -> Callable[[SafeRelPath], FileInfo | None]:
        """One listing instead of a question for each of many files."""
        if len(places) <= _LOOKED_UP_ONE_BY_ONE:
            return self.info
        folder = SafeRelPath(above) if above else None
        found = self.info(folder)
        known = {info.path: info for info in self._below(folder)} if found and found.is_dir else {}
        return lambda place: self.info(place) if len(place.parts) <= len(above) else known.get(str(place))


def _file_info(path: str, found: dict[str, Any]) -> FileInfo:
    is_dir = found["type"] == "directory"
    size = found.get("size")
    return FileInfo(path, is_dir, None if is_dir or size is None else int(size))


def _is_safe(path: str) -> bool:
    try:
        return str(SafeRelPath.parse(path)) == path
    except InvalidParameter:
        return False
